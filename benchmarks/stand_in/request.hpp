#ifndef HOLDFAST_BENCHMARKS_STAND_IN_REQUEST_HPP
#define HOLDFAST_BENCHMARKS_STAND_IN_REQUEST_HPP

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmarks/stand_in/stream.hpp>

namespace stand_in {

inline std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

inline std::uint64_t number(std::string_view text, int base = 10) {
    std::uint64_t value = 0;
    const auto end = text.data() + text.size();
    if (std::from_chars(text.data(), end, value, base).ec != std::errc{}) throw closed("a number was expected");
    return value;
}

inline std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            decoded += static_cast<char>(number(text.substr(i + 1, 2), 16));
            i += 2;
        } else {
            decoded += text[i] == '+' ? ' ' : text[i];
        }
    }
    return decoded;
}

struct request {
    std::string method;
    std::string path;  ///< decoded, without the first '/'
    std::map<std::string, std::string> query;
    std::map<std::string, std::string> headers;  ///< lower-case names

    const std::string& header(const std::string& name) const {
        static const std::string none;
        const auto found = headers.find(name);
        return found == headers.end() ? none : found->second;
    }
    bool asks(const std::string& field) const { return query.contains(field); }
    std::string field(const std::string& name) const { return asks(name) ? query.at(name) : std::string{}; }
};

inline request parse(std::string_view head) {
    request parsed;
    auto line = [&head] {
        const auto end = head.find("\r\n");
        const auto text = head.substr(0, end);
        head.remove_prefix(std::min(head.size(), end + 2));
        return text;
    };
    const auto first = line();
    const auto space = first.find(' ');
    auto target = first.substr(space + 1, first.rfind(' ') - space - 1);
    parsed.method = first.substr(0, space);
    const auto mark = target.find('?');
    std::string path(target.substr(1, std::min(mark, target.size()) - 1));
    for (auto plus = path.find('+'); plus != std::string::npos; plus = path.find('+', plus))
        path.replace(plus, 1, "%2B");
    parsed.path = percent_decoded(path);
    target = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
    while (!target.empty()) {
        const auto pair = target.substr(0, target.find('&'));
        target.remove_prefix(std::min(target.size(), pair.size() + 1));
        const auto equals = std::min(pair.find('='), pair.size());
        parsed.query[percent_decoded(pair.substr(0, equals))] =
            percent_decoded(pair.substr(std::min(pair.size(), equals + 1)));
    }
    while (!head.empty()) {
        const auto text = line();
        const auto colon = text.find(':');
        if (colon == std::string_view::npos) break;
        auto value = text.substr(colon + 1);
        value.remove_prefix(std::min(value.size(), value.find_first_not_of(" \t")));
        parsed.headers[lower(std::string(text.substr(0, colon)))] = value;
    }
    return parsed;
}

/// Bytes of a connection that were read ahead, then those that follow.
class raw_input {
public:
    explicit raw_input(stream& connection) : connection_(connection), ahead_(std::size_t{64} << 10) {}

    /// Up to and including the first `end`.
    std::string until(std::string_view end) {
        for (std::size_t looked = 0;;) {
            const std::string_view have(ahead_.data() + first_, last_ - first_);
            const auto found = have.find(end, looked);
            if (found != std::string_view::npos) {
                std::string text(have.substr(0, found + end.size()));
                first_ += text.size();
                return text;
            }
            looked = have.size() < end.size() ? 0 : have.size() - end.size();
            fill();
        }
    }

    std::size_t read_some(char* buffer, std::size_t size) {
        if (first_ == last_) return connection_.read_some(buffer, size);
        const auto taken = std::min(size, last_ - first_);
        std::memcpy(buffer, ahead_.data() + first_, taken);
        first_ += taken;
        return taken;
    }

    std::size_t discard_some(std::uint64_t size) {
        if (first_ == last_) return connection_.discard_some(size);
        const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(size, last_ - first_));
        first_ += taken;
        return taken;
    }

private:
    void fill() {
        if (first_ > 0) {
            std::memmove(ahead_.data(), ahead_.data() + first_, last_ - first_);
            last_ -= first_;
            first_ = 0;
        }
        if (last_ == ahead_.size()) throw closed("a line is too long");
        last_ += connection_.read_some(ahead_.data() + last_, ahead_.size() - last_);
    }

    stream& connection_;
    std::vector<char> ahead_;
    std::size_t first_ = 0;
    std::size_t last_ = 0;
};

/// The frames of "Transfer-Encoding: chunked", or of aws-chunked, over another input.
template <class Input>
class chunked_input {
public:
    explicit chunked_input(Input& input) : input_(input) {}

    std::string until(std::string_view end) {
        std::string text;
        while (!text.ends_with(end)) {
            char c = 0;
            if (read_some(&c, 1) == 0) throw closed("a frame is cut short");
            text += c;
        }
        return text;
    }

    std::size_t read_some(char* buffer, std::size_t size) {
        if (!open_frame()) return 0;
        return took(input_.read_some(buffer, static_cast<std::size_t>(std::min<std::uint64_t>(size, left_))));
    }
    std::size_t discard_some(std::uint64_t size) {
        if (!open_frame()) return 0;
        return took(input_.discard_some(std::min(size, left_)));
    }

private:
    bool open_frame() {
        if (left_ > 0) return true;
        if (ended_) return false;
        if (std::exchange(begun_, true)) input_.until("\r\n");
        left_ = number(input_.until("\r\n"), 16);
        if (left_ > 0) return true;
        ended_ = true;
        while (input_.until("\r\n") != "\r\n") {
        }
        return false;
    }
    std::size_t took(std::size_t size) {
        left_ -= size;
        return size;
    }

    Input& input_;
    std::uint64_t left_ = 0;
    bool begun_ = false;
    bool ended_ = false;
};

/// The body of one request, its framing removed.
class body {
public:
    body(const request& message, raw_input& input) : input_(input), outer_(input), inner_(outer_), only_aws_(input) {
        chunked_ = lower(message.header("transfer-encoding")).find("chunked") != std::string::npos;
        aws_ = message.header("content-encoding").find("aws-chunked") != std::string::npos ||
               message.header("x-amz-content-sha256").starts_with("STREAMING-");
        const auto& length = message.header("content-length");
        left_ = length.empty() ? 0 : number(length);
        const auto& decoded = message.header("x-amz-decoded-content-length");
        if (!decoded.empty()) size_ = number(decoded);
        if (!chunked_ && !aws_) size_ = left_;
    }

    std::optional<std::uint64_t> size() const { return size_; }

    /// 0 at the end.
    std::size_t read_some(char* buffer, std::size_t size) {
        if (aws_ && chunked_) return inner_.read_some(buffer, size);
        if (aws_) return only_aws_.read_some(buffer, size);
        if (chunked_) return outer_.read_some(buffer, size);
        const auto done = left_ == 0 ? 0 : input_.read_some(buffer, std::min<std::size_t>(size, left_));
        left_ -= done;
        return done;
    }

    /// Drops what is left and returns its size.
    std::uint64_t discard() {
        std::uint64_t dropped = 0;
        while (const auto done = discard_some()) dropped += done;
        if (aws_ && chunked_) outer_.discard_some(UINT64_MAX);  // takes the outer framing's last line
        return dropped;
    }

    std::string text() {
        std::string collected;
        char buffer[std::size_t{16} << 10];
        while (const auto done = read_some(buffer, sizeof buffer)) collected.append(buffer, done);
        discard();
        return collected;
    }

private:
    std::size_t discard_some() {
        if (aws_ && chunked_) return inner_.discard_some(UINT64_MAX);
        if (aws_) return only_aws_.discard_some(UINT64_MAX);
        if (chunked_) return outer_.discard_some(UINT64_MAX);
        const auto done = left_ == 0 ? 0 : input_.discard_some(left_);
        left_ -= done;
        return done;
    }

    raw_input& input_;
    chunked_input<raw_input> outer_;
    chunked_input<chunked_input<raw_input>> inner_;
    chunked_input<raw_input> only_aws_;
    std::uint64_t left_ = 0;
    std::optional<std::uint64_t> size_;
    bool chunked_ = false;
    bool aws_ = false;
};

}  // namespace stand_in

#endif
