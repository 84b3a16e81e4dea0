#ifndef HOLDFAST_STORAGE_IMPL_MEMORY_IPP
#define HOLDFAST_STORAGE_IMPL_MEMORY_IPP

#include <holdfast/storage/memory.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/detail/crc32c.hpp>

namespace holdfast {

namespace detail {

inline constexpr std::size_t memory_storage_block = 1 << 20;

inline std::string read_whole_source(const object_key& key, const byte_source& source, const std::stop_token& stop) {
    std::string content(static_cast<std::size_t>(source.size()), '\0');
    const auto bytes = std::as_writable_bytes(std::span(content));
    std::size_t done = 0;
    do {
        check_not_stopped(stop, "put", key.str());
        done += source.read(done, bytes.subspan(done, std::min(memory_storage_block, bytes.size() - done)));
    } while (done < bytes.size());
    return content;
}

inline std::string read_whole_stream(const object_key& key, const byte_stream& stream, const std::stop_token& stop) {
    std::string content;
    std::vector<std::byte> block(memory_storage_block);
    for (;;) {
        check_not_stopped(stop, "put", key.str());
        const std::size_t count = stream(block);
        if (count == 0) return content;
        content.append(reinterpret_cast<const char*>(block.data()), count);
    }
}

}  // namespace detail

HOLDFAST_DECL memory_storage::memory_storage(std::string name, clock_function clock)
    : store_(std::make_shared<store>()) {
    store_->name = std::move(name);
    store_->clock = std::move(clock);
}

HOLDFAST_DECL object_info memory_storage::put(const object_key& key, const byte_source& source,
                                              const put_options& options) const {
    return replace(key, detail::read_whole_source(key, source, options.stop), options);
}

HOLDFAST_DECL object_info memory_storage::put_stream(const object_key& key, const byte_stream& stream,
                                                     const put_options& options) const {
    return replace(key, detail::read_whole_stream(key, stream, options.stop), options);
}

HOLDFAST_DECL object_info memory_storage::get(const object_key& key, byte_sink& sink,
                                              const get_options& options) const {
    detail::check_not_stopped(options.stop, "get", key.str());
    const auto found = find(key);
    if (!found) throw error(errc::not_found, "get", key.str(), "the store has no such object; list what it has");
    object_info info = info_of(key, *found);
    if (!options.if_match.empty() && info.etag != options.if_match) {
        throw error(errc::precondition_failed, "get", key.str(), "the object was replaced; look at it again");
    }
    const auto bytes = std::as_bytes(std::span(*found->content));
    const auto begin = static_cast<std::size_t>(std::min<std::uint64_t>(options.range.offset, bytes.size()));
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(options.range.size, bytes.size() - begin));
    if (count > 0) sink.write(begin, bytes.subspan(begin, count));
    return info;
}

HOLDFAST_DECL std::optional<object_info> memory_storage::head(const object_key& key) const {
    const auto found = find(key);
    return found ? std::optional(info_of(key, *found)) : std::nullopt;
}

HOLDFAST_DECL void memory_storage::list(std::string_view prefix, const list_visitor& visit) const {
    std::vector<object_info> listed;
    {
        const std::scoped_lock lock(store_->mutex);
        for (const auto& [key, found] : store_->objects) {
            if (key.is_below(prefix)) listed.push_back(info_of(key, found));
        }
    }
    for (const auto& info : listed) {
        if (!visit(info)) return;
    }
}

HOLDFAST_DECL void memory_storage::remove(const object_key& key) const { remove_batch(std::span(&key, 1)); }

HOLDFAST_DECL void memory_storage::remove_batch(std::span<const object_key> keys) const {
    const std::scoped_lock lock(store_->mutex);
    for (const auto& key : keys) store_->objects.erase(key);
}

HOLDFAST_DECL store_url memory_storage::url() const { return {"memory", store_->name, ""}; }

HOLDFAST_DECL bool memory_storage::put_if_absent(const object_key& key, const byte_source& source,
                                                 const put_options& options) const {
    auto content = std::make_shared<const std::string>(detail::read_whole_source(key, source, options.stop));
    const std::scoped_lock lock(store_->mutex);
    if (store_->objects.contains(key)) return false;
    insert(key, std::move(content));
    return true;
}

HOLDFAST_DECL bool memory_storage::put_if_match(const object_key& key, const byte_source& source,
                                                const std::string& etag, const put_options& options) const {
    auto content = std::make_shared<const std::string>(detail::read_whole_source(key, source, options.stop));
    const std::scoped_lock lock(store_->mutex);
    const auto found = store_->objects.find(key);
    if (found == store_->objects.end() || info_of(key, found->second).etag != etag) return false;
    insert(key, std::move(content));
    return true;
}

HOLDFAST_DECL object_info memory_storage::copy(const object_key& from, const object_key& to) const {
    const std::scoped_lock lock(store_->mutex);
    const auto found = store_->objects.find(from);
    if (found == store_->objects.end()) {
        throw error(errc::not_found, "copy", from.str(), "the store has no such object; list what it has");
    }
    return insert(to, found->second.content);
}

HOLDFAST_DECL object_info memory_storage::info_of(const object_key& key, const object& found) {
    return {.key = key,
            .size = found.content->size(),
            .modified = found.modified,
            .etag = std::to_string(found.number)};
}

HOLDFAST_DECL auto memory_storage::find(const object_key& key) const -> std::optional<object> {
    const std::scoped_lock lock(store_->mutex);
    const auto found = store_->objects.find(key);
    return found == store_->objects.end() ? std::nullopt : std::optional(found->second);
}

HOLDFAST_DECL object_info memory_storage::replace(const object_key& key, std::string content,
                                                  const put_options& options) const {
    std::optional<std::uint32_t> digest;
    if (options.digest) digest = detail::crc32c(0, std::as_bytes(std::span(content)));
    auto shared = std::make_shared<const std::string>(std::move(content));
    const std::scoped_lock lock(store_->mutex);
    object_info info = insert(key, std::move(shared));
    info.crc32c = digest;
    return info;
}

HOLDFAST_DECL object_info memory_storage::insert(const object_key& key,
                                                 std::shared_ptr<const std::string> content) const {
    object added{.content = std::move(content), .modified = store_->clock(), .number = ++store_->last_number};
    object_info info = info_of(key, added);
    store_->objects.insert_or_assign(key, std::move(added));
    return info;
}

}  // namespace holdfast

#endif
