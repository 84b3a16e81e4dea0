#include "words.hpp"

#include <boost/json/serialize.hpp>

#include <holdfast/detail/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <iomanip>
#include <sstream>
#include <utility>

namespace tool {

namespace {

/// How many bytes the first character of a text has; 0 where the text does not begin with UTF-8.
std::size_t character_size(std::string_view text) {
    for (std::size_t size = 1; size <= std::min<std::size_t>(text.size(), 4); ++size) {
        if (holdfast::detail::is_utf8(text.substr(0, size))) return size;
    }
    return 0;
}

}  // namespace

std::string count_in_words(std::uint64_t count, std::string_view noun) {
    return std::to_string(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

std::string size_in_words(std::uint64_t bytes) {
    if (bytes < 1000) return count_in_words(bytes, "byte");
    static constexpr std::array<const char*, 6> units = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double value = static_cast<double>(bytes) / 1000;
    std::size_t unit = 0;
    for (; value >= 999.95 && unit + 1 < units.size(); ++unit) value /= 1000;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f %s", value, units[unit]);
    return text.data();
}

std::string age_in_words(const std::string& created_on, std::chrono::system_clock::time_point now) {
    std::tm parts{};
    parts.tm_isdst = -1;
    std::istringstream in(created_on);
    in >> std::get_time(&parts, "%Y-%m-%dT%H:%M:%S");
    if (!in) return printable(created_on);
    const auto age = std::chrono::system_clock::to_time_t(now) - std::mktime(&parts);
    if (age < 0) return printable(created_on);

    static constexpr std::array<std::pair<std::time_t, const char*>, 6> units = {{{60 * 60 * 24 * 365, "year"},
                                                                                  {60 * 60 * 24 * 30, "month"},
                                                                                  {60 * 60 * 24, "day"},
                                                                                  {60 * 60, "hour"},
                                                                                  {60, "minute"},
                                                                                  {1, "second"}}};
    for (const auto& [seconds, name] : units) {
        if (age >= seconds) return count_in_words(static_cast<std::uint64_t>(age / seconds), name) + " ago";
    }
    return "just now";
}

std::string bar_of(std::size_t done, std::size_t total) {
    constexpr std::size_t width = 20;
    const auto filled = total == 0 ? width : done * width / total;
    return '[' + std::string(filled, '#') + std::string(width - filled, ' ') + "] " + std::to_string(done) + " of " +
           std::to_string(total);
}

std::string printable(std::string_view text) {
    std::string clean(text);
    for (std::size_t i = 0; i < clean.size(); ++i) {
        const auto byte = static_cast<unsigned char>(clean[i]);
        const auto next = i + 1 < clean.size() ? static_cast<unsigned char>(clean[i + 1]) : 0U;
        if (byte < 0x20 || byte == 0x7F) clean[i] = '?';
        if (byte == 0xC2 && next >= 0x80 && next < 0xA0) clean.replace(i, 2, "?");
    }
    return clean;
}

std::string json_text(const boost::json::value& value) {
    const auto text = boost::json::serialize(value);
    std::string clean;
    for (std::string_view rest = text; !rest.empty();) {
        const auto size = character_size(rest);
        clean += size > 0 ? rest.substr(0, size) : "\xEF\xBF\xBD";
        rest.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return clean;
}

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace tool
