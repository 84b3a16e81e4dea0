#ifndef HOLDFAST_ARCHIVE_IMPL_SAFE_PATH_IPP
#define HOLDFAST_ARCHIVE_IMPL_SAFE_PATH_IPP

#include <holdfast/archive/safe_path.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

#include <holdfast/core/error.hpp>

namespace holdfast::detail {

// Removes the first part, with the '/' after it, and returns it.
inline std::string_view take_path_part(std::string_view& rest) noexcept {
    const std::size_t size = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, size);
    rest.remove_prefix(std::min(size + 1, rest.size()));
    return part;
}

inline void append_path_part(std::string& path, std::string_view part) {
    if (!path.empty()) path += '/';
    path += part;
}

HOLDFAST_DECL std::string member_path(std::string_view name) {
    constexpr std::size_t too_long = 4096;
    const auto refuse = [&](errc kind, std::string_view why) {
        throw error(kind, "unpack", name.substr(0, too_long), why);
    };
    if (name.size() >= too_long) refuse(errc::too_large, "the name of this member is longer than any path");
    if (name.starts_with('/')) refuse(errc::unsafe_path, "the name of this member is absolute");
    if (name.find('\0') != std::string_view::npos) refuse(errc::unsafe_path, "the name of this member holds NUL");
    std::string path;
    for (std::string_view rest = name; !rest.empty();) {
        const std::string_view part = take_path_part(rest);
        if (part == "..") refuse(errc::unsafe_path, "the name of this member has a \"..\" part");
        if (!part.empty() && part != ".") append_path_part(path, part);
    }
    return path;
}

HOLDFAST_DECL std::string_view parent_path(std::string_view path) noexcept {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

HOLDFAST_DECL std::optional<std::string> follow_links(const tree_links& links, std::string_view path) {
    constexpr int most_links = 40;  // as many as Linux follows
    std::string at;
    std::vector<std::string_view> pending{path};  // what is being followed, innermost last
    int followed = 0;
    while (!pending.empty()) {
        if (pending.back().empty()) {
            pending.pop_back();
            continue;
        }
        const std::string_view part = take_path_part(pending.back());
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            if (at.empty()) return std::nullopt;
            at.resize(parent_path(at).size());
            continue;
        }
        const std::size_t directory_size = at.size();
        append_path_part(at, part);
        const auto link = links.find(at);
        if (link == links.end()) continue;
        at.resize(directory_size);
        pending.emplace_back(link->second);
        if (link->second.starts_with('/') || ++followed > most_links) return std::nullopt;
    }
    return at;
}

HOLDFAST_DECL bool leaves_tree(const tree_links& links, const std::string& path) {
    return !follow_links(links, path);
}

}  // namespace holdfast::detail

#endif
