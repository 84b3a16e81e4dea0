#ifndef HOLDFAST_STORAGE_MEMORY_HPP
#define HOLDFAST_STORAGE_MEMORY_HPP

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <holdfast/core/clock.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/storage/backend.hpp>

namespace holdfast {

/// Objects in the memory of this process: for tests, and the reference of what `storage_backend` means.
///
/// Copies share one store, which goes with the last of them. Models every ability but `batch_put_storage`. The etag is
/// a number that no two puts share.
class memory_storage {
public:
    /// A new, empty store.
    /// @param name only for `url()`
    HOLDFAST_DECL explicit memory_storage(std::string name = {}, clock_function clock = system_clock());

    HOLDFAST_DECL object_info put(const object_key& key, const byte_source& source,
                                  const put_options& options = {}) const;
    HOLDFAST_DECL object_info get(const object_key& key, byte_sink& sink, const get_options& options = {}) const;
    HOLDFAST_DECL std::optional<object_info> head(const object_key& key) const;

    /// Visits the objects as they were when the call began, so `visit` may change the store.
    HOLDFAST_DECL void list(std::string_view prefix, const list_visitor& visit) const;
    HOLDFAST_DECL void remove(const object_key& key) const;
    HOLDFAST_DECL store_url url() const;

    HOLDFAST_DECL bool put_if_absent(const object_key& key, const byte_source& source,
                                     const put_options& options = {}) const;
    HOLDFAST_DECL bool put_if_match(const object_key& key, const byte_source& source, const std::string& etag,
                                    const put_options& options = {}) const;
    HOLDFAST_DECL object_info copy(const object_key& from, const object_key& to) const;
    HOLDFAST_DECL void remove_batch(std::span<const object_key> keys) const;
    HOLDFAST_DECL object_info put_stream(const object_key& key, const byte_stream& stream,
                                         const put_options& options = {}) const;

private:
    struct object {
        std::shared_ptr<const std::string> content;
        std::chrono::system_clock::time_point modified;
        std::uint64_t number;
    };
    struct store {
        std::string name;
        clock_function clock;
        std::mutex mutex;
        std::map<object_key, object> objects;
        std::uint64_t last_number = 0;
    };

    HOLDFAST_DECL static object_info info_of(const object_key& key, const object& found);
    HOLDFAST_DECL std::optional<object> find(const object_key& key) const;
    HOLDFAST_DECL object_info replace(const object_key& key, std::string content, const put_options& options) const;
    // under the mutex
    HOLDFAST_DECL object_info insert(const object_key& key, std::shared_ptr<const std::string> content) const;

    std::shared_ptr<store> store_;
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/impl/memory.ipp>
#endif

#endif
