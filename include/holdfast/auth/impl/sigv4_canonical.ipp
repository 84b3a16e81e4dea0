#ifndef HOLDFAST_AUTH_IMPL_SIGV4_CANONICAL_IPP
#define HOLDFAST_AUTH_IMPL_SIGV4_CANONICAL_IPP

#include <holdfast/auth/sigv4_canonical.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

#include <holdfast/detail/ascii.hpp>
#include <holdfast/detail/percent_encoding.hpp>

namespace holdfast::detail {

HOLDFAST_DECL std::string sigv4_normalised_path(std::string_view path) {
    const bool ends_in_slash = path.ends_with('/');
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        const std::string_view segment = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(segment.size() + 1, path.size()));
        if (segment == ".." && !segments.empty()) segments.pop_back();
        if (!segment.empty() && segment != "." && segment != "..") segments.push_back(segment);
    }
    std::string normalised;
    for (const std::string_view segment : segments) normalised.append(1, '/').append(percent_encode(segment, false));
    if (ends_in_slash || segments.empty()) normalised += '/';
    return normalised;
}

HOLDFAST_DECL sigv4_query sigv4_parse_query(std::string_view query) {
    const auto canonical = [](std::string_view text) {
        return percent_encode(percent_decode(text).value_or(std::string(text)), false);
    };
    sigv4_query parsed;
    while (!query.empty()) {
        const std::string_view field = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(field.size() + 1, query.size()));
        if (field.empty()) continue;
        const std::size_t name_end = std::min(field.find('='), field.size());
        const std::string_view value = field.substr(std::min(name_end + 1, field.size()));
        parsed.emplace_back(canonical(field.substr(0, name_end)), canonical(value));
    }
    return parsed;
}

HOLDFAST_DECL std::string sigv4_canonical_query(sigv4_query query) {
    std::ranges::sort(query);
    std::string text;
    for (const auto& [name, value] : query) {
        if (!text.empty()) text += '&';
        text.append(name).append(1, '=').append(value);
    }
    return text;
}

inline bool sigv4_name_less(std::string_view left, std::string_view right) noexcept {
    return std::ranges::lexicographical_compare(
        left, right, {}, [](char c) { return to_ascii_lower(c); }, [](char c) { return to_ascii_lower(c); });
}

inline void append_lower(std::string& text, std::string_view name) {
    const std::size_t begin = text.size();
    text += name;
    for (char& c : std::span(text).subspan(begin)) c = to_ascii_lower(c);
}

// Without white space at either end, and with one blank for any inside.
inline void append_trimmed(std::string& text, std::string_view value) {
    const std::size_t begin = text.size();
    for (auto end = value.begin();;) {
        const auto word = std::find_if_not(end, value.end(), is_ascii_space);
        if (word == value.end()) return;
        end = std::find_if(word, value.end(), is_ascii_space);
        if (text.size() > begin) text += ' ';
        text.append(word, end);
    }
}

HOLDFAST_DECL sigv4_canonical_fields sigv4_canonicalise(sigv4_field_list list) {
    std::ranges::stable_sort(list, sigv4_name_less, [](const auto& field) { return field.first; });
    std::size_t size = 0;
    for (const auto& [name, value] : list) size += name.size() + value.size() + 2;
    sigv4_canonical_fields canonical;
    canonical.lines.reserve(size);
    canonical.names.reserve(size);
    std::string_view last;
    for (const auto& [name, value] : list) {
        if (!canonical.names.empty() && equals_ignoring_ascii_case(name, last)) {
            canonical.lines.back() = ',';
        } else {
            if (!canonical.names.empty()) canonical.names += ';';
            append_lower(canonical.names, name);
            append_lower(canonical.lines, name);
            canonical.lines += ':';
        }
        append_trimmed(canonical.lines, value);
        canonical.lines += '\n';
        last = name;
    }
    return canonical;
}

// botocore's list, aws-c-auth's sec-websocket fields, and Accept-Encoding, which Google's front end rewrites.
inline bool is_sigv4_signed(std::string_view name) noexcept {
    constexpr std::string_view unsigned_names[] = {"accept-encoding",
                                                   "authorization",
                                                   "connection",
                                                   "expect",
                                                   "host",
                                                   "keep-alive",
                                                   "proxy-authenticate",
                                                   "proxy-authorization",
                                                   "proxy-connection",
                                                   "te",
                                                   "trailer",
                                                   "transfer-encoding",
                                                   "upgrade",
                                                   "user-agent",
                                                   "x-amzn-trace-id"};
    constexpr std::string_view web_socket = "sec-websocket-";
    return !equals_ignoring_ascii_case(name.substr(0, web_socket.size()), web_socket) &&
           std::ranges::none_of(unsigned_names,
                                [&](std::string_view each) { return equals_ignoring_ascii_case(name, each); });
}

HOLDFAST_DECL sigv4_field_list sigv4_signed_fields(std::string_view host, const http::fields& headers) {
    sigv4_field_list list;
    list.reserve(16);
    list.emplace_back("host", host);
    for (const auto& [name, value] : headers) {
        if (is_sigv4_signed(name)) list.emplace_back(name, value);
    }
    return list;
}

}  // namespace holdfast::detail

#endif
