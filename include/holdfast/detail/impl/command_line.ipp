#ifndef HOLDFAST_DETAIL_IMPL_COMMAND_LINE_IPP
#define HOLDFAST_DETAIL_IMPL_COMMAND_LINE_IPP

#include <holdfast/detail/command_line.hpp>

#include <cstddef>
#include <utility>

namespace holdfast::detail {

// Moves one word from the front of `text` to `word`; false where it has no end.
inline bool take_command_word(std::string_view& text, std::string& word) {
    constexpr std::string_view blanks = " \t\r\n";
    char quote = '\0';
    for (; !text.empty(); text.remove_prefix(1)) {
        const char c = text.front();
        if (c == quote) {
            quote = '\0';
        } else if (quote == '\0' && (c == '"' || c == '\'')) {
            quote = c;
        } else if (quote == '\0' && blanks.find(c) != std::string_view::npos) {
            return true;
        } else if (c == '\\' && quote != '\'') {
            text.remove_prefix(1);
            if (text.empty()) return false;
            if (quote == '"' && text.front() != '"' && text.front() != '\\') word += '\\';
            word += text.front();
        } else {
            word += c;
        }
    }
    return quote == '\0';
}

HOLDFAST_DECL std::optional<std::vector<std::string>> split_command_line(std::string_view text) {
    std::vector<std::string> words;
    for (;;) {
        const std::size_t start = text.find_first_not_of(" \t\r\n");
        if (start == std::string_view::npos) return words;
        text.remove_prefix(start);
        std::string word;
        if (!take_command_word(text, word)) return std::nullopt;
        words.push_back(std::move(word));
    }
}

}  // namespace holdfast::detail

#endif
