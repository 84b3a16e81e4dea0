#ifndef HOLDFAST_AUTH_AWS_IMPL_TIMESTAMP_IPP
#define HOLDFAST_AUTH_AWS_IMPL_TIMESTAMP_IPP

#include <holdfast/auth/aws/timestamp.hpp>

#include <algorithm>
#include <cstdio>

#include <holdfast/detail/ascii.hpp>

namespace holdfast::detail {

class timestamp_reader {
public:
    explicit timestamp_reader(std::string_view text) : rest_(text) {}

    std::optional<std::chrono::system_clock::time_point> read() {
        const auto day = date();
        if (day && rest_.empty()) return auth::clamp_to_clock(*day);
        if (!day || !(take("T") || take("t") || take(" "))) return std::nullopt;
        const auto time = clock_time();
        const auto offset = time ? zone() : std::nullopt;
        if (!offset || !rest_.empty()) return std::nullopt;
        return auth::clamp_to_clock(*day + *time - *offset);
    }

private:
    std::optional<std::chrono::sys_days> date() {
        const auto year = number(4);
        const bool dashed = take("-");
        const auto month = number(2);
        if (dashed && !take("-")) return std::nullopt;
        const auto day = number(2);
        if (!year || !month || !day) return std::nullopt;
        const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                               std::chrono::day(*day)};
        return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
    }

    std::optional<std::chrono::seconds> clock_time() {
        const auto hour = number(2);
        const bool colons = take(":");
        const auto minute = number(2);
        if (colons && !take(":")) return std::nullopt;
        const auto second = number(2);
        if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
        if (take(".")) {
            if (!number(1)) return std::nullopt;
            while (number(1)) {
            }
        }
        return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
    }

    std::optional<std::chrono::seconds> zone() {
        take(" ");
        if (rest_.empty() || take("Z") || take("z") || take("UTC") || take("GMT")) return std::chrono::seconds(0);
        const bool east = take("+");
        if (!east && !take("-")) return std::nullopt;
        const auto hours = number(2);
        take(":");
        const auto minutes = rest_.empty() ? std::optional(0U) : number(2);
        if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
        const auto offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
        return east ? offset : -offset;
    }

    std::optional<unsigned> number(std::size_t digits) {
        if (rest_.size() < digits) return std::nullopt;
        const auto value = parse_decimal<unsigned>(rest_.substr(0, digits));
        if (value) rest_.remove_prefix(digits);
        return value;
    }

    bool take(std::string_view word) {
        const bool found = rest_.starts_with(word);
        if (found) rest_.remove_prefix(word.size());
        return found;
    }

    std::string_view rest_;
};

}  // namespace holdfast::detail

namespace holdfast::auth {

HOLDFAST_DECL std::optional<std::chrono::system_clock::time_point> parse_timestamp(std::string_view text) {
    return detail::timestamp_reader(text).read();
}

HOLDFAST_DECL std::string format_timestamp(std::chrono::system_clock::time_point time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(seconds - day);
    char text[64];
    const int size = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                   static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                                   static_cast<int>(clock.seconds().count()));
    return std::string(text, static_cast<std::size_t>(size));
}

HOLDFAST_DECL std::chrono::system_clock::time_point clamp_to_clock(
    std::chrono::sys_time<std::chrono::milliseconds> time) {
    using clock = std::chrono::system_clock;
    constexpr std::chrono::sys_seconds last = std::chrono::floor<std::chrono::seconds>(clock::time_point::max());
    return std::clamp<decltype(time)>(time, {}, last);
}

}  // namespace holdfast::auth

#endif
