#ifndef HOLDFAST_STORAGE_IMPL_ARRIVED_RANGES_IPP
#define HOLDFAST_STORAGE_IMPL_ARRIVED_RANGES_IPP

#include <holdfast/storage/arrived_ranges.hpp>

#include <array>
#include <optional>
#include <span>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/ascii.hpp>
#include <holdfast/detail/percent_encoding.hpp>

namespace holdfast {
namespace detail {

inline constexpr std::string_view forget_line = "forget ";

struct arrived_range {
    std::uint64_t index;
    std::uint64_t range_size;
    std::uint64_t size;
    std::string etag;
    std::string key;
};

// Nothing for a line that no `add` has written.
inline std::optional<arrived_range> parse_range(std::string_view line) {
    std::array<std::string_view, 5> fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const std::size_t end = line.find(' ');
        if ((end == std::string_view::npos) != (i + 1 == fields.size())) return std::nullopt;
        fields[i] = line.substr(0, end);
        line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    }
    const auto index = parse_decimal<std::uint64_t>(fields[0]);
    const auto range_size = parse_decimal<std::uint64_t>(fields[1]);
    const auto size = parse_decimal<std::uint64_t>(fields[2]);
    auto etag = percent_decode(fields[3]);
    auto key = percent_decode(fields[4]);
    if (!index || !range_size || !size || !etag || !key) return std::nullopt;
    if (*range_size == 0 || *size == 0 || *index > (*size - 1) / *range_size) return std::nullopt;
    return arrived_range{*index, *range_size, *size, std::move(*etag), std::move(*key)};
}

}  // namespace detail

HOLDFAST_DECL arrived_ranges::arrived_ranges(std::filesystem::path file) : path_(std::move(file)) {
    std::string text;
    try {
        file_ = detail::file::open_update(path_);
        text.resize(static_cast<std::size_t>(file_.status().size));
        text.resize(file_.read_at(0, std::as_writable_bytes(std::span(text))));
    } catch (const error& failed) {
        if (failed.kind() != errc::not_found) throw;
    }
    std::string_view rest = text;
    for (std::size_t end = 0; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1)) {
        take_line(rest.substr(0, end));
    }
    end_ = text.size() - rest.size();  // what is cut off is written over
}

HOLDFAST_DECL void arrived_ranges::take_line(std::string_view line) {
    if (line.starts_with(detail::forget_line)) {
        const auto key = detail::percent_decode(line.substr(detail::forget_line.size()));
        if (key) parts_.erase(*key);
        return;
    }
    constexpr std::uint64_t most = 1U << 24;  // ranges of one object: no record of ours has as many
    auto found = detail::parse_range(line);
    if (!found || (found->size - 1) / found->range_size >= most) return;
    const auto count = static_cast<std::size_t>((found->size - 1) / found->range_size) + 1;
    part& noted = parts_[found->key];
    // a state of the object that came later takes the place of the one before
    if (noted.etag != found->etag || noted.size != found->size || noted.range_size != found->range_size) {
        noted = {std::move(found->etag), found->size, found->range_size, std::vector<bool>(count)};
    }
    noted.ranges[static_cast<std::size_t>(found->index)] = true;
}

HOLDFAST_DECL std::optional<arrived_ranges::part> arrived_ranges::find(const object_key& key) const {
    const std::scoped_lock lock(mutex_);
    const auto found = parts_.find(key.str());
    return found == parts_.end() ? std::nullopt : std::optional(found->second);
}

HOLDFAST_DECL std::vector<std::string> arrived_ranges::keys() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> found;
    for (const auto& [key, noted] : parts_) found.push_back(key);
    return found;
}

HOLDFAST_DECL void arrived_ranges::add(const object_info& object, std::uint64_t range_size, std::size_t range) {
    if (object.etag.empty()) return;
    append(std::to_string(range) + ' ' + std::to_string(range_size) + ' ' + std::to_string(object.size) + ' ' +
           detail::percent_encode(object.etag, true) + ' ' + detail::percent_encode(object.key.str(), true));
}

HOLDFAST_DECL void arrived_ranges::forget(const object_key& key) {
    append(std::string(detail::forget_line) + detail::percent_encode(key.str(), true));
}

HOLDFAST_DECL void arrived_ranges::append(const std::string& line) {
    const std::string ended = line + '\n';
    const std::scoped_lock lock(mutex_);
    if (!file_) file_ = detail::file::create_new(path_, 0600);
    file_.write_at(end_, std::as_bytes(std::span(ended)));
    end_ += ended.size();
    take_line(line);
}

}  // namespace holdfast

#endif
