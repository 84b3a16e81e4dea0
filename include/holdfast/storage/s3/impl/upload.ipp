#ifndef HOLDFAST_STORAGE_S3_IMPL_UPLOAD_IPP
#define HOLDFAST_STORAGE_S3_IMPL_UPLOAD_IPP

#include <holdfast/storage/s3/upload.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/storage/s3/content.hpp>
#include <holdfast/storage/s3/multipart.hpp>
#include <holdfast/storage/s3/parallel_parts.hpp>

namespace holdfast::s3 {

inline constexpr std::uint64_t largest_single_put = 5'000'000'000;

HOLDFAST_DECL part_plan plan_parts(std::string_view verb, const object_key& key, std::uint64_t size,
                                   std::uint64_t wanted) {
    constexpr std::uint64_t step = 1U << 20;
    const std::uint64_t least = size == 0 ? 0 : (size - 1) / most_parts + 1;
    const std::uint64_t part_size = (std::max(wanted, least) - 1) / step * step + step;
    if (part_size > largest_part) {
        throw error(errc::too_large, verb, key.str(), "S3 holds objects of at most 10,000 parts of 5 GiB; split it");
    }
    return {.part_size = part_size, .size = size};
}

inline std::uint64_t largest_single(const s3_options& options) {
    return std::min(2 * options.part_size, largest_single_put);
}

inline multipart_upload::plan plan_upload(const client& store, const object_key& key, const put_options& options,
                                          const put_condition& condition) {
    return {.verb = "put",
            .key = key,
            .condition = condition,
            .stop = options.stop,
            .checksums = store.options().integrity == s3_integrity::crc32c,
            .digest = options.digest};
}

inline bool is_own(client& store, const object_key& key, const std::string& mark, const std::stop_token& stop) {
    const auto found = find_object(store, "put", key, stop);
    return found && found->mark == mark;
}

inline std::optional<object_info> put_single(client& store, const object_key& key, const byte_source& source,
                                             const put_options& options, const put_condition& condition) {
    const std::string mark = condition.is_any() ? std::string() : new_writer_mark();
    operation what{.verb = "put",
                   .shown = key.str(),
                   .method = "PUT",
                   .object = store.object_name("put", key),
                   .stop = options.stop};
    add_object_headers(what, store.options(), mark);
    add_condition_headers(what, condition);
    const auto crc32c = seal_body(what, source, store.options().integrity, options.digest, store.blocks());
    const outcome result = store.send(what);
    object_info info{.key = key,
                     .size = source.size(),
                     .modified = date_of(result.answer, store),
                     .etag = etag_of(result.answer),
                     .crc32c = options.digest ? crc32c : std::nullopt};
    if (!find_failure(result.answer)) return info;
    if (!is_condition_failure(result.answer, condition)) store.fail(what, result.answer);
    if (result.repeated && is_own(store, key, mark, options.stop)) return info;
    return std::nullopt;
}

// The part that the server has, where it is what would be sent.
inline std::optional<part> confirm_part(client& store, part theirs, const byte_source& ours, bool with_crc32c,
                                        const std::stop_token& stop) {
    if (theirs.size != ours.size()) return std::nullopt;
    const bool by_crc32c = theirs.crc32c.has_value();
    const digest_choice choice{.crc32c = by_crc32c || with_crc32c, .md5 = !by_crc32c};
    const auto digests = digest_content(ours, choice, store.blocks(), stop);
    const bool is_same = by_crc32c ? *theirs.crc32c == digests.crc32c : theirs.etag == '"' + digests.md5 + '"';
    if (!is_same) return std::nullopt;
    if (with_crc32c) theirs.crc32c = digests.crc32c;
    return theirs;
}

// Sends the parts of one object that the server does not have yet.
class part_sender {
public:
    part_sender(client& store, multipart_upload& upload, const byte_source& source, const part_plan& plan,
                const put_options& options)
        : store_(store),
          upload_(upload),
          source_(source),
          plan_(plan),
          options_(options),
          sent_(static_cast<std::size_t>(plan.count())),
          found_(sent_.size()) {}

    void keep(const std::vector<part>& found) {
        for (const auto& one : found) {
            if (one.number >= 1 && one.number <= found_.size()) found_[one.number - 1] = one;
        }
    }

    std::vector<part> run() {
        for_each_part(sent_.size(), store_.options().connections, options_.stop,
                      [&](std::size_t i, const std::stop_token& stop) { run_one(i, stop); });
        return std::move(sent_);
    }

private:
    void run_one(std::size_t i, const std::stop_token& stop) {
        detail::check_not_stopped(stop, "put", "");
        const std::uint64_t offset = i * plan_.part_size;
        const byte_source piece = source_.slice(offset, std::min(plan_.part_size, plan_.size - offset));
        const auto& there = found_[i];
        const bool is_usable = there && (there->crc32c || store_.options().integrity != s3_integrity::crc32c);
        const auto kept = is_usable ? confirm_part(store_, *there, piece, options_.digest, stop) : std::nullopt;
        sent_[i] = kept ? *kept : upload_.send_part(static_cast<unsigned>(i + 1), piece, stop);
    }

    client& store_;
    multipart_upload& upload_;
    const byte_source& source_;
    const part_plan& plan_;
    const put_options& options_;
    std::vector<part> sent_;
    std::vector<std::optional<part>> found_;
};

// An upload keeps the encryption and the storage class that it was begun with, which may be others.
inline bool may_take_over(const s3_options& options) {
    return options.resume && options.server_side_encryption.empty() && options.storage_class.empty();
}

// The parts of an upload that another process left. One whose parts can't be read, as where the policy does not allow
// it, is of no use, and no reason to fail.
inline std::vector<part> parts_left(multipart_upload& upload, const object_key& key) {
    try {
        return upload.parts();
    } catch (const error& failure) {
        if (failure.kind() == errc::cancelled || failure.kind() == errc::not_configured) throw;
        throw upload_lost(errc::unavailable, "put", key.str(),
                          "an upload that was left can't be continued: " + failure.message());
    }
}

inline std::optional<object_info> put_parts_once(client& store, const object_key& key, const byte_source& source,
                                                 const put_options& options, const put_condition& condition,
                                                 bool resume) {
    const part_plan plan = plan_parts("put", key, source.size(), store.options().part_size);
    multipart_upload upload(store, plan_upload(store, key, options, condition));
    part_sender sender(store, upload, source, plan, options);
    const auto unfinished = resume ? upload.find_unfinished() : std::nullopt;
    if (unfinished) {
        upload.take_over(*unfinished);
        sender.keep(parts_left(upload, key));
    } else {
        upload.create();
    }
    auto info = upload.complete(sender.run());
    if (info && !options.digest) info->crc32c.reset();
    return info;
}

// Sending a large object only to hear that its condition does not hold is worth a look beforehand.
inline bool can_hold(client& store, const object_key& key, const put_options& options, const put_condition& condition) {
    if (condition.is_any()) return true;
    try {
        const auto found = find_object(store, "put", key, options.stop);
        return condition.if_absent ? !found : found && found->info.etag == canonical_etag(condition.if_match);
    } catch (const error& failure) {
        if (failure.kind() != errc::access_denied) throw;
        return true;  // who may not read may still write, and the server checks the condition
    }
}

HOLDFAST_DECL std::optional<object_info> put_object(client& store, const object_key& key, const byte_source& source,
                                                    const put_options& options, const put_condition& condition) {
    detail::check_not_stopped(options.stop, "put", key.str());
    if (source.size() <= largest_single(store.options())) return put_single(store, key, source, options, condition);
    constexpr int rounds = 3;
    for (int round = 1;; ++round) {
        if (!can_hold(store, key, options, condition)) return std::nullopt;
        try {
            return put_parts_once(store, key, source, options, condition, may_take_over(store.options()) && round == 1);
        } catch (const upload_lost&) {
            if (round == rounds) throw;
        }
    }
}

}  // namespace holdfast::s3

#endif
