#ifndef HOLDFAST_TESTS_SUPPORT_ARCHETYPE_STORAGE_HPP
#define HOLDFAST_TESTS_SUPPORT_ARCHETYPE_STORAGE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/storage/backend.hpp>

/// The smallest storage backend: the six primitives and no ability.
class archetype_storage {
public:
    holdfast::object_info put(const holdfast::object_key& key, const holdfast::byte_source& source,
                              const holdfast::put_options& options) const {
        holdfast::detail::check_not_stopped(options.stop, "put", key.str());
        std::string content(static_cast<std::size_t>(source.size()), '\0');
        source.read(0, std::as_writable_bytes(std::span(content)));
        const std::scoped_lock lock(store_->mutex);
        auto& stored = store_->objects[key];
        stored = {std::move(content), ++store_->last_etag};
        return info_of(key, stored);
    }

    holdfast::object_info get(const holdfast::object_key& key, holdfast::byte_sink& sink,
                              const holdfast::get_options& options) const {
        holdfast::detail::check_not_stopped(options.stop, "get", key.str());
        const auto [content, info] = find(key, options);
        const auto begin = std::min<std::uint64_t>(options.range.offset, info.size);
        const auto part = std::string_view(content).substr(begin, options.range.size);
        if (!part.empty()) sink.write(begin, std::as_bytes(std::span(part)));
        return info;
    }

    std::optional<holdfast::object_info> head(const holdfast::object_key& key) const {
        const std::scoped_lock lock(store_->mutex);
        const auto found = store_->objects.find(key);
        return found == store_->objects.end() ? std::nullopt : std::optional(info_of(key, found->second));
    }

    void list(std::string_view prefix, const holdfast::list_visitor& visit) const {
        std::vector<holdfast::object_info> found;
        {
            const std::scoped_lock lock(store_->mutex);
            for (const auto& [key, stored] : store_->objects) {
                if (key.is_below(prefix)) found.push_back(info_of(key, stored));
            }
        }
        std::ranges::find_if_not(found, visit);
    }

    void remove(const holdfast::object_key& key) const {
        const std::scoped_lock lock(store_->mutex);
        store_->objects.erase(key);
    }

    holdfast::store_url url() const { return {"memory", "archetype", ""}; }

private:
    struct object {
        std::string content;
        std::uint64_t etag = 0;
    };
    struct store {
        std::mutex mutex;
        std::map<holdfast::object_key, object> objects;
        std::uint64_t last_etag = 0;
    };

    static holdfast::object_info info_of(const holdfast::object_key& key, const object& stored) {
        return {.key = key, .size = stored.content.size(), .etag = std::to_string(stored.etag)};
    }

    std::pair<std::string, holdfast::object_info> find(const holdfast::object_key& key,
                                                       const holdfast::get_options& options) const {
        using holdfast::errc;
        const std::scoped_lock lock(store_->mutex);
        const auto found = store_->objects.find(key);
        if (found == store_->objects.end()) throw holdfast::error(errc::not_found, "get", key.str(), "no such object");
        auto info = info_of(key, found->second);
        if (!options.if_match.empty() && options.if_match != info.etag) {
            throw holdfast::error(errc::precondition_failed, "get", key.str(), "the object was replaced");
        }
        return {found->second.content, std::move(info)};
    }

    std::shared_ptr<store> store_ = std::make_shared<store>();
};

#endif
