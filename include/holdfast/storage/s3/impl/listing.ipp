#ifndef HOLDFAST_STORAGE_S3_IMPL_LISTING_IPP
#define HOLDFAST_STORAGE_S3_IMPL_LISTING_IPP

#include <holdfast/storage/s3/bulk.hpp>

#include <future>
#include <stop_token>
#include <string>
#include <utility>

#include <holdfast/storage/s3/failures.hpp>
#include <holdfast/storage/s3/wire.hpp>

namespace holdfast::s3 {

inline object_page fetch_page(client& store, const std::string& shown, const std::string& prefix,
                              const std::string& token, const std::stop_token& stop) {
    operation what{.verb = "list", .shown = shown, .stop = stop};
    what.fields = {{"list-type", "2"}, {"encoding-type", "url"}};
    if (!prefix.empty()) what.fields.emplace_back("prefix", prefix);
    if (!token.empty()) what.fields.emplace_back("continuation-token", token);
    object_page page;
    what.read = [&](const http::response& answer) { page = parse_objects(answer.text); };
    store.require(what);
    if (!token.empty() && page.next_token == token) throw_same_page(what);
    return page;
}

// False where the visitor ends the listing. Names that are no object keys are passed over.
inline bool visit_page(const client& store, object_page& page, const list_visitor& visit) {
    for (auto& object : page.objects) {
        std::string_view name = object.key;
        if (!name.starts_with(store.prefix())) continue;
        name.remove_prefix(store.prefix().size());
        auto key = object_key::parse(name);
        if (!key) continue;
        const object_info info{
            .key = std::move(*key), .size = object.size, .modified = object.modified, .etag = std::move(object.etag)};
        if (!visit(info)) return false;
    }
    return true;
}

// Ends a request that nobody waits for any more.
class stop_at_exit {
public:
    stop_at_exit() = default;
    stop_at_exit(const stop_at_exit&) = delete;
    stop_at_exit& operator=(const stop_at_exit&) = delete;
    ~stop_at_exit() { source_.request_stop(); }

    std::stop_token token() const noexcept { return source_.get_token(); }

private:
    std::stop_source source_;
};

HOLDFAST_DECL void list_objects(client& store, std::string_view prefix, const list_visitor& visit) {
    if (!prefix.empty() && !object_key::parse(prefix)) return;
    const std::string shown(prefix);
    const std::string below = store.prefix() + (prefix.empty() ? "" : shown + '/');
    if (below.size() > object_key::max_size) return;
    object_page page = fetch_page(store, shown, below, {}, {});
    for (;;) {
        std::future<object_page> next;  // a future of std::async waits when it goes, so the stop has to go first
        const stop_at_exit stop;
        const std::string token = page.next_token;
        if (!token.empty()) {
            next = std::async([&store, &shown, &below, token, end = stop.token()] {
                return fetch_page(store, shown, below, token, end);
            });
        }
        if (!visit_page(store, page, visit) || token.empty()) return;
        page = next.get();
    }
}

}  // namespace holdfast::s3

#endif
