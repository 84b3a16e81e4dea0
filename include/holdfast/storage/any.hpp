#ifndef HOLDFAST_STORAGE_ANY_HPP
#define HOLDFAST_STORAGE_ANY_HPP

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/storage/abilities.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/list_objects.hpp>
#include <holdfast/storage/reservation.hpp>
#include <holdfast/storage/transfer_limits.hpp>

namespace holdfast {

namespace detail {

class storage_interface {
public:
    virtual ~storage_interface() = default;

    virtual object_info put(const object_key&, const byte_source&, const put_options&) const = 0;
    virtual object_info get(const object_key&, byte_sink&, const get_options&) const = 0;
    virtual std::optional<object_info> head(const object_key&) const = 0;
    virtual void list(std::string_view, const list_visitor&) const = 0;
    virtual void list_keys(std::string_view, const key_visitor&) const = 0;
    virtual void remove(const object_key&) const = 0;
    virtual store_url url() const = 0;
    virtual bool put_if_absent(const object_key&, const byte_source&, const put_options&) const = 0;
    virtual bool put_if_match(const object_key&, const byte_source&, const std::string&, const put_options&) const = 0;
    virtual object_info copy(const object_key&, const object_key&) const = 0;
    virtual void remove_all(std::span<const object_key>, const transfer_limits&, const std::stop_token&) const = 0;
    virtual object_info put_stream(const object_key&, const byte_stream&, const put_options&) const = 0;
    virtual std::vector<stored_object> put_batch(const object_key&, std::span<const pending_object>, const put_options&,
                                                 const transfer_limits&) const = 0;
    virtual bool gains_by_ranges() const = 0;
    virtual std::shared_ptr<const storage_interface> reading_below(std::string_view) const = 0;
    virtual bool writes_streams() const = 0;
    virtual std::size_t clean_unfinished(std::chrono::seconds) const = 0;
    virtual bool reserve(const object_key&) const = 0;
};

template <storage_backend Storage>
class held_storage final : public storage_interface {
public:
    explicit held_storage(Storage storage) : storage_(std::move(storage)) {}

    object_info put(const object_key& key, const byte_source& source, const put_options& options) const override {
        return storage_.put(key, source, options);
    }
    object_info get(const object_key& key, byte_sink& sink, const get_options& options) const override {
        return storage_.get(key, sink, options);
    }
    std::optional<object_info> head(const object_key& key) const override { return storage_.head(key); }
    void list(std::string_view prefix, const list_visitor& visit) const override { storage_.list(prefix, visit); }
    void list_keys(std::string_view prefix, const key_visitor& visit) const override {
        holdfast::list_keys(storage_, prefix, visit);
    }
    void remove(const object_key& key) const override { storage_.remove(key); }
    store_url url() const override { return storage_.url(); }
    bool put_if_absent(const object_key& key, const byte_source& source, const put_options& options) const override {
        return holdfast::put_if_absent(storage_, key, source, options);
    }
    bool put_if_match(const object_key& key, const byte_source& source, const std::string& etag,
                      const put_options& options) const override {
        return holdfast::put_if_match(storage_, key, source, etag, options);
    }
    object_info copy(const object_key& from, const object_key& to) const override {
        return holdfast::copy(storage_, from, to);
    }
    void remove_all(std::span<const object_key> keys, const transfer_limits& limits,
                    const std::stop_token& stop) const override {
        holdfast::remove_all(storage_, keys, limits, stop);
    }
    object_info put_stream(const object_key& key, const byte_stream& stream,
                           const put_options& options) const override {
        return holdfast::put_stream(storage_, key, stream, options);
    }
    std::vector<stored_object> put_batch(const object_key& prefix, std::span<const pending_object> objects,
                                         const put_options& options, const transfer_limits& limits) const override {
        return holdfast::put_all(storage_, prefix, objects, options, limits);
    }
    bool gains_by_ranges() const override { return holdfast::gains_by_ranges(storage_); }
    std::shared_ptr<const storage_interface> reading_below(std::string_view prefix) const override {
        return std::make_shared<const held_storage>(holdfast::reading_below(storage_, prefix));
    }
    bool writes_streams() const override { return holdfast::writes_streams(storage_); }
    std::size_t clean_unfinished(std::chrono::seconds age) const override {
        return holdfast::clean_unfinished(storage_, age);
    }
    bool reserve(const object_key& key) const override { return holdfast::reserve(storage_, key); }

private:
    Storage storage_;
};

}  // namespace detail

/// Any storage backend, chosen at run time. Copies share what is held.
///
/// Models every ability. Where the held backend lacks one, the call is the function of the same name over the
/// primitives, with that function's guarantees: `put_if_absent` and `put_if_match` are then not atomic, and
/// `reserve` still lets at most one win; `put_batch` stores one by one.
class any_storage {
public:
    template <class Storage>
        requires(!std::same_as<Storage, any_storage>) && storage_backend<Storage>
    any_storage(Storage storage) : held_(std::make_shared<const detail::held_storage<Storage>>(std::move(storage))) {}

    object_info put(const object_key& key, const byte_source& source, const put_options& options = {}) const {
        return held_->put(key, source, options);
    }
    object_info get(const object_key& key, byte_sink& sink, const get_options& options = {}) const {
        return held_->get(key, sink, options);
    }
    std::optional<object_info> head(const object_key& key) const { return held_->head(key); }
    void list(std::string_view prefix, const list_visitor& visit) const { held_->list(prefix, visit); }
    void list_keys(std::string_view prefix, const key_visitor& visit) const { held_->list_keys(prefix, visit); }
    void remove(const object_key& key) const { held_->remove(key); }
    store_url url() const { return held_->url(); }

    bool put_if_absent(const object_key& key, const byte_source& source, const put_options& options = {}) const {
        return held_->put_if_absent(key, source, options);
    }
    bool put_if_match(const object_key& key, const byte_source& source, const std::string& etag,
                      const put_options& options = {}) const {
        return held_->put_if_match(key, source, etag, options);
    }
    object_info copy(const object_key& from, const object_key& to) const { return held_->copy(from, to); }
    void remove_batch(std::span<const object_key> keys) const { held_->remove_all(keys, {}, {}); }
    object_info put_stream(const object_key& key, const byte_stream& stream, const put_options& options = {}) const {
        return held_->put_stream(key, stream, options);
    }
    std::vector<stored_object> put_batch(const object_key& prefix, std::span<const pending_object> objects,
                                         const put_options& options = {}, const transfer_limits& limits = {}) const {
        return held_->put_batch(prefix, objects, options, limits);
    }
    bool gains_by_ranges() const { return held_->gains_by_ranges(); }
    any_storage reading_below(std::string_view prefix) const { return any_storage(held_->reading_below(prefix)); }
    bool writes_streams() const { return held_->writes_streams(); }
    std::size_t clean_unfinished(std::chrono::seconds age) const { return held_->clean_unfinished(age); }

    /// As the function `remove_all` over what is held.
    void remove_all(std::span<const object_key> keys, const transfer_limits& limits = {},
                    const std::stop_token& stop = {}) const {
        held_->remove_all(keys, limits, stop);
    }

    /// As the function `reserve` over what is held.
    bool reserve(const object_key& key) const { return held_->reserve(key); }

private:
    explicit any_storage(std::shared_ptr<const detail::storage_interface> held) : held_(std::move(held)) {}

    std::shared_ptr<const detail::storage_interface> held_;
};

}  // namespace holdfast

#endif
