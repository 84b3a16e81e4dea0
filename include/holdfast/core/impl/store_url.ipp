#ifndef HOLDFAST_CORE_IMPL_STORE_URL_IPP
#define HOLDFAST_CORE_IMPL_STORE_URL_IPP

#include <holdfast/core/store_url.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/utf8.hpp>

namespace holdfast {

namespace detail {

// The text is never part of the error: it may hold a password or a signature.
[[noreturn]] inline void throw_bad_store_url(std::string_view message) {
    throw error(errc::invalid_argument, "parse store URL", "", message);
}

inline std::string_view without_slashes_at_end(std::string_view text, std::size_t least) {
    while (text.size() > least && text.ends_with('/')) text.remove_suffix(1);
    return text;
}

inline std::string known_store_scheme(std::string_view text) {
    constexpr std::array<std::string_view, 7> known{"file", "s3", "gs", "azure", "https", "http", "memory"};
    std::string scheme(text);
    std::ranges::transform(scheme, scheme.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (std::ranges::find(known, scheme) == known.end()) {
        throw_bad_store_url(
            "the scheme is none of file, s3, gs, azure, https, http, memory; a path with a ':' in its "
            "first part is written with './' before it");
    }
    return scheme;
}

inline store_url file_store_url(std::string_view path) {
    return {.scheme = "file", .authority = {}, .path = std::string(without_slashes_at_end(path, 1))};
}

inline store_url parse_file_store_url(std::string_view rest) {
    if (rest.starts_with("//")) {
        rest.remove_prefix(2);
        if (!rest.starts_with('/')) throw_bad_store_url("a file URL names no host; write file:///dir");
    }
    if (rest.empty()) throw_bad_store_url("the directory is missing; write file:///dir");
    return file_store_url(rest);
}

inline void check_store_authority(std::string_view authority) {
    if (authority.find('@') != std::string_view::npos) {
        throw_bad_store_url("a URL holds no credentials; remove what stands before the '@'");
    }
    if (!std::ranges::all_of(authority, [](char c) { return c > ' ' && c < '\x7F'; })) {
        throw_bad_store_url("the bucket, container or host holds a character that is not printable ASCII");
    }
}

inline void check_store_path(std::string_view path) {
    if (!is_utf8(path)) throw_bad_store_url("the path is not UTF-8");
    const std::string parts = "/" + std::string(path) + "/";
    if (parts.find("/./") != std::string::npos || parts.find("/../") != std::string::npos) {
        throw_bad_store_url("the path has a part '.' or '..'; write the path it stands for");
    }
}

inline store_url parse_remote_store_url(std::string scheme, std::string_view rest) {
    const bool is_memory = scheme == "memory";
    if (rest.starts_with("//")) {
        rest.remove_prefix(2);
    } else if (!is_memory) {
        throw_bad_store_url("'//' is missing after the scheme; write scheme://bucket/prefix");
    }
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view authority = rest.substr(0, slash);
    std::string_view path = without_slashes_at_end(rest.substr(slash), 0);
    while (path.starts_with('/')) path.remove_prefix(1);
    if (authority.empty() && !is_memory) {
        throw_bad_store_url("the bucket, container or host is missing; write scheme://bucket/prefix");
    }
    check_store_authority(authority);
    check_store_path(path);
    return {.scheme = std::move(scheme), .authority = std::string(authority), .path = std::string(path)};
}

}  // namespace detail

HOLDFAST_DECL store_url store_url::parse(std::string_view text) {
    if (text.empty()) detail::throw_bad_store_url("the store's place is empty; give a directory or a URL");
    if (text.find('\0') != std::string_view::npos) detail::throw_bad_store_url("the text holds NUL; remove it");
    const std::size_t colon = text.find(':');
    if (text.find('/') < colon || colon == std::string_view::npos) return detail::file_store_url(text);
    std::string scheme = detail::known_store_scheme(text.substr(0, colon));
    const std::string_view rest = text.substr(colon + 1);
    if (rest.find_first_of("?#") != std::string_view::npos) {
        detail::throw_bad_store_url("a store's URL has no query and no fragment; remove what follows '?' or '#'");
    }
    return scheme == "file" ? detail::parse_file_store_url(rest)
                            : detail::parse_remote_store_url(std::move(scheme), rest);
}

HOLDFAST_DECL std::string store_url::str() const {
    if (scheme == "file") return path;
    const std::string root = path.empty() ? authority : authority + "/" + path;
    if (scheme == "azure") return root;
    return scheme + (scheme == "memory" ? ":" : "://") + root;
}

HOLDFAST_DECL std::string store_url::of(const object_key& key) const {
    std::string root = str();
    if (!root.ends_with('/')) root += '/';
    return root + key.str();
}

}  // namespace holdfast

#endif
