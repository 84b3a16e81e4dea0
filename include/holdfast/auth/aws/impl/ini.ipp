#ifndef HOLDFAST_AUTH_AWS_IMPL_INI_IPP
#define HOLDFAST_AUTH_AWS_IMPL_INI_IPP

#include <holdfast/auth/aws/ini.hpp>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/ascii.hpp>

namespace holdfast::detail {

inline std::string_view trim_blanks(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t\r\n\v\f";
    const auto first = text.find_first_not_of(blanks);
    return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

inline std::size_t indentation(std::string_view line) noexcept {
    const auto first = line.find_first_not_of(" \t\r\v\f");
    return first == line.npos ? line.size() : first;
}

class aws_ini_parser {
public:
    explicit aws_ini_parser(std::string_view path) : path_(path) {}

    void read(std::string_view text) {
        if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
        while (!text.empty()) {
            const auto end = text.find('\n');
            ++number_;
            read_line(text.substr(0, end));
            text.remove_prefix(end == text.npos ? text.size() : end + 1);
        }
        finish_value();
    }

    auth::aws_ini take() { return std::move(result_); }

private:
    void read_line(std::string_view line) {
        const std::string_view content = trim_blanks(line);
        if (content.empty()) {
            if (value_ != nullptr) *value_ += '\n';
            return;
        }
        if (content.front() == '#' || content.front() == ';') return;
        const std::size_t depth = indentation(line);
        if (value_ != nullptr && depth > depth_) {
            *value_ += '\n';
            *value_ += content;
            return;
        }
        depth_ = depth;
        finish_value();
        if (content.front() == '[' && content.rfind(']') > 1 && content.rfind(']') != content.npos) {
            begin_section(content.substr(1, content.rfind(']') - 1));
        } else {
            begin_option(content);
        }
    }

    void begin_section(std::string_view name) {
        const auto [position, is_new] = result_.try_emplace(std::string(name));
        if (!is_new) fail("the section comes a second time; join the two");
        section_ = &position->second;
    }

    void begin_option(std::string_view content) {
        if (section_ == nullptr) fail("there is text before the first [section]");
        const auto delimiter = content.find_first_of("=:");
        if (delimiter == content.npos) fail("the line is neither a [section] nor an option of the form name = value");
        const std::string name = to_ascii_lower(trim_blanks(content.substr(0, delimiter)));
        if (name.empty()) fail("there is no name before the '='");
        const auto [position, is_new] = section_->try_emplace(name, trim_blanks(content.substr(delimiter + 1)));
        if (!is_new) fail("the option comes a second time in its section; remove one");
        value_ = &position->second;
    }

    void finish_value() {
        if (value_ == nullptr) return;
        value_->erase(value_->find_last_not_of(" \t\r\n\v\f") + 1);
        value_ = nullptr;
    }

    [[noreturn]] void fail(std::string_view flaw) const {
        throw error(errc::not_configured, "read AWS's configuration", path_,
                    "line " + std::to_string(number_) + ": " + std::string(flaw));
    }

    std::string_view path_;
    std::size_t number_ = 0;
    std::size_t depth_ = 0;
    auth::aws_ini result_;
    auth::aws_ini::mapped_type* section_ = nullptr;
    std::string* value_ = nullptr;  // of the option that the next lines may go on with
};

}  // namespace holdfast::detail

namespace holdfast::auth {

HOLDFAST_DECL aws_ini parse_aws_ini(std::string_view text, std::string_view path) {
    detail::aws_ini_parser parser(path);
    parser.read(text);
    return parser.take();
}

}  // namespace holdfast::auth

#endif
