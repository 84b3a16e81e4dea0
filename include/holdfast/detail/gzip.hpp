#ifndef HOLDFAST_DETAIL_GZIP_HPP
#define HOLDFAST_DETAIL_GZIP_HPP

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <holdfast/core/byte_stream.hpp>
#include <holdfast/detail/config.hpp>

struct z_stream_s;

namespace holdfast::detail {

/// Compresses a stream. The same bytes and level give the same result: the header holds no time, name or system.
///
/// @param level 0 (stored) to 9 (smallest)
/// Errors: `invalid_argument` for another level; whatever `plain` throws.
/// Wire: RFC 1952.
HOLDFAST_DECL byte_stream gzip(byte_stream plain, int level = 6);

/// Decompresses a stream. Errors: `corrupt`; whatever `packed` throws.
HOLDFAST_DECL byte_stream gunzip_stream(byte_stream packed);

/// Decompresses what is written to it, and hands it on in pieces of at most `piece_size` bytes, so that a consumer
/// that counts can stop a bomb by throwing. After any exception only the destructor may be called.
///
/// Wire: RFC 1952; like Python's gzip it takes several members, and zero bytes after a member.
class gunzip {
public:
    static constexpr std::size_t piece_size = 64 * 1024;

    HOLDFAST_DECL explicit gunzip(std::function<void(std::span<const std::byte>)> consume);

    /// Errors: `corrupt`; whatever the consumer throws.
    HOLDFAST_DECL void write(std::span<const std::byte> packed);

    /// Says that everything was written. Errors: `corrupt` where the stream is cut short or empty.
    HOLDFAST_DECL void finish();

private:
    struct release {
        HOLDFAST_DECL void operator()(z_stream_s* stream) const noexcept;
    };
    enum class position : unsigned char { before_first, inside, after_member };

    HOLDFAST_DECL void inflate_some();

    std::function<void(std::span<const std::byte>)> consume_;
    std::unique_ptr<z_stream_s, release> stream_;
    std::vector<std::byte> buffer_;
    position position_ = position::before_first;
};

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/gzip.ipp>
#endif

#endif
