#ifndef HOLDFAST_TOOL_WORDS_HPP
#define HOLDFAST_TOOL_WORDS_HPP

#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tool {

/// "1 file", "3 files".
std::string count_in_words(std::uint64_t count, std::string_view noun);

/// "512 bytes", "1.2 MB".
std::string size_in_words(std::uint64_t bytes);

/// "3 minutes ago". @param created_on as documents hold it: local time; a text that is no time comes back as it is
std::string age_in_words(const std::string& created_on, std::chrono::system_clock::time_point now);

/// "[####      ] 2 of 5".
std::string bar_of(std::size_t done, std::size_t total);

/// The text without what could command a terminal.
std::string printable(std::string_view text);

/// The value on one line. A path may hold bytes that are not UTF-8, which JSON has to be: each becomes U+FFFD.
std::string json_text(const boost::json::value& value);

/// The number of characters of a UTF-8 text.
std::size_t width_of(std::string_view text);

}  // namespace tool

#endif
