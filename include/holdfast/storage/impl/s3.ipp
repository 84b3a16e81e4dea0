#ifndef HOLDFAST_STORAGE_IMPL_S3_IPP
#define HOLDFAST_STORAGE_IMPL_S3_IPP

#include <holdfast/storage/s3.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/storage/s3/bulk.hpp>
#include <holdfast/storage/s3/client.hpp>
#include <holdfast/storage/s3/condition.hpp>
#include <holdfast/storage/s3/download.hpp>
#include <holdfast/storage/s3/multipart.hpp>
#include <holdfast/storage/s3/upload.hpp>

namespace holdfast {

HOLDFAST_DECL s3_storage::s3_storage(std::string_view url, s3_options options)
    : s3_storage(store_url::parse(url), std::move(options)) {}

HOLDFAST_DECL s3_storage::s3_storage(const store_url& url, s3_options options) : url_(url) {
    s3::bucket_address address = s3::resolve(url, options);
    client_ = std::make_shared<s3::client>(std::move(address), std::move(options));
}

HOLDFAST_DECL store_url s3_storage::url() const {
    return url_;
}

HOLDFAST_DECL object_info s3_storage::put(const object_key& key, const byte_source& source,
                                          const put_options& options) const {
    auto info = s3::put_object(*client_, key, source, options);
    if (!info) throw error(errc::precondition_failed, "put", key.str(), "the server refused the object; put it again");
    return std::move(*info);
}

HOLDFAST_DECL object_info s3_storage::put_stream(const object_key& key, const byte_stream& stream,
                                                 const put_options& options) const {
    return s3::put_stream(*client_, key, stream, options);
}

HOLDFAST_DECL bool s3_storage::put_if_absent(const object_key& key, const byte_source& source,
                                             const put_options& options) const {
    return s3::put_object(*client_, key, source, options, {.if_absent = true}).has_value();
}

HOLDFAST_DECL bool s3_storage::put_if_match(const object_key& key, const byte_source& source, const std::string& etag,
                                            const put_options& options) const {
    if (etag.empty()) return false;  // no object has it
    return s3::put_object(*client_, key, source, options, {.if_match = etag}).has_value();
}

HOLDFAST_DECL object_info s3_storage::get(const object_key& key, byte_sink& sink, const get_options& options) const {
    return s3::download(*client_, key, sink, options).run();
}

HOLDFAST_DECL std::optional<object_info> s3_storage::head(const object_key& key) const {
    auto found = s3::find_object(*client_, "head", key);
    if (!found) return std::nullopt;
    s3::require_etag("head", found->info);
    return std::move(found->info);
}

HOLDFAST_DECL void s3_storage::list(std::string_view prefix, const list_visitor& visit) const {
    s3::list_objects(*client_, prefix, visit);
}

HOLDFAST_DECL void s3_storage::remove(const object_key& key) const {
    s3::remove_object(*client_, key);
}

HOLDFAST_DECL void s3_storage::remove_batch(std::span<const object_key> keys) const {
    s3::remove_objects(*client_, keys);
}

HOLDFAST_DECL object_info s3_storage::copy(const object_key& from, const object_key& to) const {
    return s3::copy_object(*client_, from, to);
}

HOLDFAST_DECL std::size_t s3_storage::clean_unfinished(std::string_view prefix, std::chrono::seconds age) const {
    const std::string below = client_->prefix() + (prefix.empty() ? "" : std::string(prefix) + '/');
    const s3::operation what{.verb = "clean", .shown = std::string(prefix)};
    std::size_t aborted = 0;
    std::exception_ptr first;
    const auto unfinished = s3::list_unfinished(*client_, what, below);
    for (const auto& upload : unfinished.uploads) {
        // a Date of whole seconds is earlier than what was begun in the same one
        const auto open_for = std::max(unfinished.as_of, upload.initiated) - upload.initiated;
        if (std::chrono::floor<std::chrono::seconds>(open_for) < age) continue;  // an age may overflow the clock's
        s3::operation one = what;
        one.object = upload.key;
        try {
            s3::abort_upload(*client_, std::move(one), upload.id);
            ++aborted;
        } catch (const error&) {  // the others may go all the same
            if (!first) first = std::current_exception();
        }
    }
    if (first) std::rethrow_exception(first);
    return aborted;
}

}  // namespace holdfast

#endif
