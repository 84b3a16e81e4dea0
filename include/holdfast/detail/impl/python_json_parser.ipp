#ifndef HOLDFAST_DETAIL_IMPL_PYTHON_JSON_PARSER_IPP
#define HOLDFAST_DETAIL_IMPL_PYTHON_JSON_PARSER_IPP

#include <holdfast/detail/python_json.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/hex.hpp>
#include <holdfast/detail/utf8.hpp>

namespace holdfast::detail {

class python_json_parser {
public:
    python_json_parser(std::string_view text, std::string_view origin, boost::json::storage_ptr storage)
        : text_(text), origin_(origin), storage_(std::move(storage)) {}

    boost::json::value parse() {
        boost::json::value document = value(1);
        skip_space();
        if (at_ != text_.size()) fail("expected the end of the text");
        return document;
    }

private:
    static constexpr int max_depth = 512;
    static constexpr std::size_t usual_members = 14;  // of a document that this library wrote

    [[noreturn]] void fail(std::string_view what) const {
        throw error(errc::corrupt, "parse", origin_,
                    "not JSON at byte " + std::to_string(at_) + ": " + std::string(what));
    }

    bool is_next(char c) const noexcept { return at_ < text_.size() && text_[at_] == c; }
    bool is_digit_next() const noexcept { return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; }

    bool take(char c) noexcept {
        const bool found = is_next(c);
        at_ += found ? 1 : 0;
        return found;
    }

    bool take(std::string_view word) noexcept {
        const bool found = text_.substr(at_).starts_with(word);
        at_ += found ? word.size() : 0;
        return found;
    }

    void skip_space() noexcept {
        while (is_next(' ') || is_next('\t') || is_next('\n') || is_next('\r')) ++at_;
    }

    boost::json::value value(int depth) {
        skip_space();
        if (is_next('{')) return object(depth);
        if (is_next('[')) return array(depth);
        if (is_next('"')) return boost::json::string(string(buffer_), storage_);
        if (is_next('-') || is_digit_next()) return number();
        return name();
    }

    boost::json::value name() {
        if (take("null")) return nullptr;
        if (take("true")) return true;
        if (take("false")) return false;
        if (take("NaN")) return std::numeric_limits<double>::quiet_NaN();
        if (take("Infinity")) return std::numeric_limits<double>::infinity();
        fail("expected a value");
    }

    void enter(char opening, int depth) {
        if (depth > max_depth) fail("more than 512 levels");
        take(opening);
    }

    boost::json::value array(int depth) {
        boost::json::array items(storage_);
        enter('[', depth);
        skip_space();
        if (take(']')) return items;
        do {
            items.push_back(value(depth + 1));
            skip_space();
        } while (take(','));
        if (!take(']')) fail("expected ',' or ']'");
        return items;
    }

    boost::json::value object(int depth) {
        boost::json::object members(storage_);
        enter('{', depth);
        skip_space();
        if (take('}')) return members;
        if (depth == 1) members.reserve(usual_members);
        std::string buffer;
        do {
            skip_space();
            if (!is_next('"')) fail("expected a key in quotes");
            const std::string_view key = string(buffer);
            skip_space();
            if (!take(':')) fail("expected ':'");
            members.insert_or_assign(key, value(depth + 1));
            skip_space();
        } while (take(','));
        if (!take('}')) fail("expected ',' or '}'");
        return members;
    }

    // Part of the text where nothing is escaped, else of `buffer`.
    std::string_view string(std::string& buffer) {
        take('"');
        const std::string_view start = plain_characters();
        if (take('"')) return start;
        buffer = start;
        while (take('\\')) {
            escape(buffer);
            buffer += plain_characters();
        }
        take('"');
        return buffer;
    }

    // Those up to a quote or an escape.
    std::string_view plain_characters() {
        const auto is_special = [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; };
        const std::string_view rest = text_.substr(at_);
        const auto end = std::find_if(rest.begin(), rest.end(), is_special);
        const std::string_view run = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
        if (!is_utf8(run)) fail("the string that goes on here is not UTF-8");
        at_ += run.size();
        if (end == rest.end()) fail("the text ends inside a string");
        if (*end != '"' && *end != '\\') fail("a control character inside a string");
        return run;
    }

    void escape(std::string& out) {
        constexpr std::string_view names = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        if (take('u')) {
            append_utf8(out, escaped_code_point());
            return;
        }
        const std::size_t index = at_ < text_.size() ? names.find(text_[at_]) : std::string_view::npos;
        if (index == std::string_view::npos) fail("an unknown escape");
        out += meanings[index];
        ++at_;
    }

    char32_t escaped_code_point() {
        constexpr char32_t replacement = 0xFFFD;
        const char32_t unit = code_unit();
        if (unit < 0xD800 || unit > 0xDFFF) return unit;
        const std::size_t after_first = at_;
        if (unit < 0xDC00 && take("\\u")) {
            const char32_t second = code_unit();
            if (second >= 0xDC00 && second <= 0xDFFF) return 0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00);
            at_ = after_first;
        }
        return replacement;
    }

    char32_t code_unit() {
        char32_t unit = 0;
        for (int digits = 0; digits < 4; ++digits, ++at_) {
            const auto digit = at_ < text_.size() ? hex_digit(text_[at_]) : std::nullopt;
            if (!digit) fail("\\u needs four hexadecimal digits");
            unit = unit << 4 | *digit;
        }
        return unit;
    }

    boost::json::value number() {
        const std::size_t start = at_;
        if (take('-') && take("Infinity")) return -std::numeric_limits<double>::infinity();
        if (!take('0') && !take_digits()) fail("expected a digit");
        const bool has_fraction = take_part([this] { return take('.'); });
        const bool has_exponent = take_part([this] {
            const bool is_exponent = take('e') || take('E');
            if (is_exponent && !take('-')) take('+');
            return is_exponent;
        });
        const std::string_view digits = text_.substr(start, at_ - start);
        return has_fraction || has_exponent ? to_double(digits) : to_integer(digits);
    }

    bool take_digits() noexcept {
        const std::size_t start = at_;
        while (is_digit_next()) ++at_;
        return at_ != start;
    }

    template <class TakeStart>
    bool take_part(TakeStart take_start) {
        if (!take_start()) return false;
        if (!take_digits()) fail("expected a digit");
        return true;
    }

    template <class Number>
    static std::optional<Number> exactly(std::string_view digits) noexcept {
        Number result{};
        const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), result);
        return status == std::errc{} ? std::optional(result) : std::nullopt;
    }

    static boost::json::value to_integer(std::string_view digits) noexcept {
        if (const auto number = exactly<std::int64_t>(digits)) return *number;
        if (const auto number = exactly<std::uint64_t>(digits)) return *number;
        return to_double(digits);
    }

    // std::from_chars does not say in which direction a number is out of range.
    static double to_double(std::string_view digits) noexcept {
        if (const auto number = exactly<double>(digits)) return *number;
        const double size = is_above_one(digits) ? std::numeric_limits<double>::infinity() : 0.0;
        return digits.front() == '-' ? -size : size;
    }

    static bool is_above_one(std::string_view digits) noexcept {
        const std::size_t exponent_at = std::min(digits.find_first_of("eE"), digits.size());
        const std::string_view mantissa = digits.substr(0, exponent_at);
        const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
        const std::size_t first = std::min(mantissa.find_first_of("123456789"), mantissa.size());
        const auto places = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);

        std::string_view exponent = digits.substr(std::min(exponent_at + 1, digits.size()));
        if (exponent.starts_with('+')) exponent.remove_prefix(1);
        if (exponent.empty()) return places > 0;
        const bool is_negative = exponent.starts_with('-');
        const auto power = exactly<std::int64_t>(exponent);
        return power ? *power > -places : !is_negative;
    }

    static void append_utf8(std::string& out, char32_t point) {
        const auto add = [&out](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
        if (point < 0x80) return add(point);
        if (point < 0x800)
            add(0xC0 | point >> 6);
        else if (point < 0x10000)
            add(0xE0 | point >> 12);
        else
            add(0xF0 | point >> 18);
        if (point >= 0x10000) add(0x80 | (point >> 12 & 0x3F));
        if (point >= 0x800) add(0x80 | (point >> 6 & 0x3F));
        add(0x80 | (point & 0x3F));
    }

    std::string_view text_;
    std::string_view origin_;
    boost::json::storage_ptr storage_;
    std::size_t at_ = 0;
    std::string buffer_;  // of the last string with an escape that was no key
};

}  // namespace holdfast::detail

#endif
