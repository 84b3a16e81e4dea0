#ifndef HOLDFAST_DETAIL_IMPL_PYTHON_JSON_WRITER_IPP
#define HOLDFAST_DETAIL_IMPL_PYTHON_JSON_WRITER_IPP

#include <holdfast/detail/python_json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/utf8.hpp>

namespace holdfast::detail {

class python_json_writer {
public:
    explicit python_json_writer(const dump_options& options) : options_(options) {}

    std::string write(const boost::json::value& document) {
        value(document);
        return std::move(out_);
    }

    std::string write(std::string_view text) {
        string(text);
        return std::move(out_);
    }

private:
    void value(const boost::json::value& item) {
        switch (item.kind()) {
            case boost::json::kind::null:
                out_ += "null";
                break;
            case boost::json::kind::bool_:
                out_ += item.get_bool() ? "true" : "false";
                break;
            case boost::json::kind::int64:
                out_ += std::to_string(item.get_int64());
                break;
            case boost::json::kind::uint64:
                out_ += std::to_string(item.get_uint64());
                break;
            case boost::json::kind::double_:
                floating(item.get_double());
                break;
            case boost::json::kind::string:
                string(item.get_string());
                break;
            case boost::json::kind::array:
                array(item.get_array());
                break;
            case boost::json::kind::object:
                object(item.get_object());
                break;
        }
    }

    void array(const boost::json::array& items) {
        out_ += '[';
        for (const auto& item : items) {
            if (&item != &items.front()) out_ += ", ";
            value(item);
        }
        out_ += ']';
    }

    void object(const boost::json::object& members) {
        std::vector<const boost::json::key_value_pair*> ordered;
        ordered.reserve(members.size());
        for (const auto& member : members) ordered.push_back(&member);
        // The order of UTF-8 bytes is the order of code points.
        if (options_.sort_keys)
            std::sort(ordered.begin(), ordered.end(), [](auto* a, auto* b) { return a->key() < b->key(); });
        out_ += '{';
        for (const auto* member : ordered) {
            if (member != ordered.front()) out_ += ", ";
            string(member->key());
            out_ += ": ";
            value(member->value());
        }
        out_ += '}';
    }

    void string(std::string_view text) {
        if (!is_utf8(text))
            throw error(errc::invalid_argument, "dump", "", "a string of the document is not UTF-8; JSON has no bytes");
        out_ += '"';
        for (std::size_t at = 0; at < text.size();) {
            const auto plain = std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_plain);
            const auto next = static_cast<std::size_t>(plain - text.begin());
            out_.append(text, at, next - at);
            at = next;
            if (at < text.size()) character(take_code_point(text, at));
        }
        out_ += '"';
    }

    static bool is_plain(char c) noexcept { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

    static char32_t take_code_point(std::string_view text, std::size_t& at) noexcept {
        const auto next = [&] { return static_cast<char32_t>(static_cast<unsigned char>(text[at++])); };
        const char32_t lead = next();
        if (lead < 0x80) return lead;
        const int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        char32_t point = lead & (0x3Fu >> more);
        for (int byte = 0; byte < more; ++byte) point = point << 6 | (next() & 0x3F);
        return point;
    }

    // One that is not plain.
    void character(char32_t point) {
        constexpr std::string_view special = "\"\\\b\f\n\r\t";
        constexpr std::string_view names = "\"\\bfnrt";
        const std::size_t index = point < 0x80 ? special.find(static_cast<char>(point)) : std::string_view::npos;
        if (index != std::string_view::npos) {
            out_ += '\\';
            out_ += names[index];
        } else if (point < 0x10000) {
            code_unit(point);
        } else {
            code_unit(0xD800 + ((point - 0x10000) >> 10));
            code_unit(0xDC00 + ((point - 0x10000) & 0x3FF));
        }
    }

    void code_unit(char32_t unit) {
        out_ += "\\u";
        for (int shift = 12; shift >= 0; shift -= 4) out_ += "0123456789abcdef"[unit >> shift & 0xF];
    }

    void floating(double number) {
        if (std::isfinite(number)) {
            finite(number);
            return;
        }
        const std::string_view name = std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
        const std::string_view quote = options_.non_finite == non_finite_style::text ? "\"" : "";
        out_.append(quote).append(name).append(quote);
    }

    // Python's repr: the shortest digits that read back the same, with an exponent below -4 and from 16 on.
    void finite(double number) {
        std::array<char, 32> buffer{};
        const auto end =
            std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(number), std::chars_format::scientific)
                .ptr;
        const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
        const std::string_view mantissa = text.substr(0, text.find('e'));
        const char* exponent_at = text.data() + mantissa.size() + 1;
        int exponent = 0;
        std::from_chars(*exponent_at == '+' ? exponent_at + 1 : exponent_at, end, exponent);

        if (std::signbit(number)) out_ += '-';
        if (exponent < -4 || exponent >= 16)
            out_ += text;
        else
            fixed(mantissa, exponent);
    }

    void fixed(std::string_view mantissa, int exponent) {
        std::string digits(mantissa);
        std::erase(digits, '.');
        if (exponent < 0) {
            out_.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
            return;
        }
        const auto whole = static_cast<std::size_t>(exponent) + 1;
        if (digits.size() <= whole) digits.resize(whole + 1, '0');
        out_.append(digits, 0, whole).append(".").append(digits, whole);
    }

    dump_options options_;
    std::string out_;
};

}  // namespace holdfast::detail

#endif
