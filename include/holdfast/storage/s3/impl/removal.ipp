#ifndef HOLDFAST_STORAGE_S3_IMPL_REMOVAL_IPP
#define HOLDFAST_STORAGE_S3_IMPL_REMOVAL_IPP

#include <holdfast/storage/s3/bulk.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/base64.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/digest.hpp>
#include <holdfast/detail/parallel.hpp>
#include <holdfast/storage/s3/content.hpp>
#include <holdfast/storage/s3/failures.hpp>
#include <holdfast/storage/s3/wire.hpp>

namespace holdfast::s3 {

HOLDFAST_DECL void remove_object(client& store, const object_key& key) {
    operation what{
        .verb = "remove", .shown = key.str(), .method = "DELETE", .object = store.object_name("remove", key)};
    const http::response answer = store.send(what).answer;
    const auto why = find_failure(answer);
    if (why && (answer.status != 404 || why->code == "NoSuchBucket")) store.fail(what, answer);
}

// Removes many objects and keeps, for each, why it could not be removed.
class bulk_removal {
public:
    bulk_removal(client& store, std::span<const object_key> keys)
        : store_(store), keys_(keys), failures_(keys.size()) {}

    void run() {
        std::vector<std::size_t> single;
        std::vector<std::size_t> many;
        for (std::size_t i = 0; i < keys_.size(); ++i) (can_be_named(keys_[i]) ? many : single).push_back(i);
        if (many.size() == 1) single.push_back(std::exchange(many, {}).front());
        constexpr std::size_t most = 1000;
        const std::size_t batches = (many.size() + most - 1) / most;
        detail::parallel_for(batches, store_.options().connections, [&](std::size_t b) {
            const auto all = std::span(many).subspan(b * most);
            remove_batch(all.first(std::min(all.size(), most)));
        });
        remove_singly(single);
        for (const auto& failure : failures_) {
            if (failure) std::rethrow_exception(failure);
        }
    }

private:
    using indices = std::span<const std::size_t>;

    // Whether a request for many may hold the key; what is too long is refused on its own, so that it spoils no other.
    bool can_be_named(const object_key& key) const {
        const std::string name = store_.prefix() + key.str();
        return name.size() <= object_key::max_size && is_xml_text(name);
    }

    void remove_singly(indices chosen) {
        detail::parallel_for(chosen.size(), store_.options().connections, [&](std::size_t i) {
            try {
                remove_object(store_, keys_[chosen[i]]);
            } catch (...) {
                failures_[chosen[i]] = std::current_exception();
            }
        });
    }

    void remove_batch(indices batch) {
        try {
            remove_named(batch);
        } catch (const error& failure) {
            // servers without DeleteObjects
            if (failure.kind() == errc::unsupported) return remove_singly(batch);
            for (const std::size_t i : batch) failures_[i] = std::current_exception();
        } catch (...) {
            for (const std::size_t i : batch) failures_[i] = std::current_exception();
        }
    }

    void remove_named(indices batch) {
        std::vector<std::string> names;
        std::map<std::string, std::size_t, std::less<>> index_of;
        for (const std::size_t i : batch) {
            names.push_back(store_.object_name("remove", keys_[i]));
            index_of[names.back()] = i;
        }
        operation what{.verb = "remove", .shown = keys_[batch.front()].str(), .method = "POST"};
        what.fields = {{"delete", ""}};
        seal(what, render_delete(names));
        std::vector<delete_failure> refused_keys;
        what.read = [&](const http::response& answer) { refused_keys = parse_delete_failures(answer.text); };
        store_.require(what);
        std::vector<std::size_t> again;
        for (const auto& one : refused_keys) {
            const auto found = index_of.find(one.key);
            if (found == index_of.end()) return remove_singly(batch);  // any key may be the one that was refused
            if (one.what.code != "NoSuchKey") again.push_back(found->second);
        }
        remove_singly(again);  // with retries of their own, and each with an error of its own
    }

    void seal(operation& what, std::string xml) const {
        const auto bytes = std::as_bytes(std::span(xml));
        if (store_.options().integrity == s3_integrity::crc32c) {
            what.headers.set("x-amz-checksum-crc32c", render_crc32c(detail::crc32c(0, bytes)));
        } else {
            detail::digest md5(detail::digest_algorithm::md5);
            md5.update(bytes);
            what.headers.set("Content-MD5", detail::to_base64(md5.finish()));
        }
        seal_text(what, std::move(xml));
    }

    client& store_;
    std::span<const object_key> keys_;
    std::vector<std::exception_ptr> failures_;
};

HOLDFAST_DECL void remove_objects(client& store, std::span<const object_key> keys) {
    bulk_removal(store, keys).run();
}

}  // namespace holdfast::s3

#endif
