#ifndef HOLDFAST_CORE_SECRET_HPP
#define HOLDFAST_CORE_SECRET_HPP

#include <string>
#include <utility>

namespace holdfast {

/// A text that must not be shown: it has no stream operator and no conversion, so that printing it is a compile
/// error; the one who needs the bytes says `reveal`.
class secret {
public:
    secret() = default;
    explicit secret(std::string text) : text_(std::move(text)) {}

    const std::string& reveal() const noexcept { return text_; }
    bool empty() const noexcept { return text_.empty(); }

    friend bool operator==(const secret&, const secret&) = default;

private:
    std::string text_;
};

}  // namespace holdfast

#endif
