#ifndef HOLDFAST_ARTIFACT_VERIFICATION_HPP
#define HOLDFAST_ARTIFACT_VERIFICATION_HPP

#include <stop_token>
#include <string>
#include <string_view>

#include <holdfast/core/error.hpp>

namespace holdfast {

struct verify_options {
    std::stop_token stop = {};
};

/// What a look at every byte of a saved artifact showed.
struct verification {
    enum class result {
        ok,            ///< every file is what was saved
        corrupt,       ///< something is missing or differs
        not_found,     ///< nothing is stored under that key
        unverifiable,  ///< its size is right, but nothing was stored to compare its bytes with; or this version
                       ///< does not know its format
    };
    result status = result::ok;
    std::string detail;  ///< one line; empty for `ok`
};

constexpr std::string_view to_string(verification::result status) noexcept {
    switch (status) {
        case verification::result::ok:
            return "ok";
        case verification::result::corrupt:
            return "corrupt";
        case verification::result::not_found:
            return "not_found";
        case verification::result::unverifiable:
            return "unverifiable";
    }
    return "unknown";
}

/// A damaged artifact, as opposed to one that cannot be reached or written down: another one may be good.
inline bool is_damage(errc kind) noexcept {
    return kind == errc::corrupt || kind == errc::unsafe_path || kind == errc::key_not_compatible ||
           kind == errc::incompatible_type;
}

}  // namespace holdfast

#endif
