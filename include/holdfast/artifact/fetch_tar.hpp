#ifndef HOLDFAST_ARTIFACT_FETCH_TAR_HPP
#define HOLDFAST_ARTIFACT_FETCH_TAR_HPP

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <utility>

#include <holdfast/archive/tar_extractor.hpp>
#include <holdfast/archive/unpacked_directory.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/artifact/saved_tree.hpp>
#include <holdfast/artifact/staged_directory.hpp>
#include <holdfast/artifact/tree_check.hpp>
#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/storage/abilities.hpp>
#include <holdfast/storage/arrived_ranges.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/file_transfer.hpp>
#include <holdfast/storage/ordered_read.hpp>
#include <holdfast/storage/resumed_transfer.hpp>
#include <holdfast/storage/transfer_limits.hpp>

namespace holdfast::detail {

enum class feed_order {
    as_stored,
    any,  // of the content of a large member
};

/// Where what arrives of large members stays for a later load.
struct kept_members {
    std::filesystem::path directory;  // to which the tar is unpacked
    arrived_ranges& record;
};

/// Feeds a stored tar to an extractor: what is small in the order in which it stands, and the content of large members
/// by itself, straight to its place, in ranges that arrive in any order.
///
/// The order is read ahead no further than it has been read since the last large member, so that little of a large one
/// passes through memory and nothing is read twice.
template <storage_backend Storage>
class tar_feed {
public:
    /// @param object what the store says of the tar; all reads are of this state of it
    /// @param kept none: nothing stays
    tar_feed(const Storage& storage, object_info object, std::stop_token stop, const transfer_limits& limits,
             std::optional<kept_members> kept = {})
        : storage_(storage),
          object_(std::move(object)),
          stop_(std::move(stop)),
          limits_(limits),
          kept_(std::move(kept)) {
        if (gains_by_ranges(storage)) {
            large_ = worth_ranges(limits);
        } else {
            limits_.connections = 1;
            limits_.memory = std::min(limits.memory, first_look);
        }
    }

    /// Errors: those of the store and of the extractor; `precondition_failed` where the object is replaced meanwhile.
    void run(tar_extractor& extractor, feed_order order = feed_order::any) {
        while (position_ < object_.size) {
            read_on(extractor);
            if (order == feed_order::any) bring_content(extractor);
        }
        extractor.finish();
    }

private:
    static constexpr std::uint64_t first_look = 1U << 20;  // bytes
    static constexpr std::uint64_t longest_look = 64U << 20;

    // Never 0, so that nothing is brought where no content is ahead.
    static std::uint64_t worth_ranges(const transfer_limits& limits) noexcept {
        const std::uint64_t count = std::clamp(limits.connections, 1U, 4U);
        return std::min(longest_range(limits), UINT64_MAX / count) * count;
    }

    void read_on(tar_extractor& extractor) {
        const byte_range part{position_, std::min(look_, object_.size - position_)};
        read_part_in_order(
            storage_, object_, part, [&](std::span<const std::byte> bytes) { extractor.write(bytes); }, stop_, limits_);
        position_ += part.size;
        look_ = std::min(look_ * 2, longest_look);
    }

    void bring_content(tar_extractor& extractor) {
        const byte_range part{position_, extractor.content_ahead()};
        if (part.size < large_ || part.size > object_.size - position_) return;
        extractor.bring(part.size, [&](byte_sink& content, crc32c_sink* digest) {
            shifted_sink to(content, std::uint64_t{0} - part.offset);
            const auto name = object_key::parse(object_.key.str() + '/' + extractor.member());
            if (!kept_ || !name) return get_part(storage_, object_, part, to, stop_, limits_);
            const auto file = kept_->directory / extractor.member();
            resume_part(storage_, {object_, part, file, extractor.member_offset(), *name}, to, digest, kept_->record,
                        stop_, limits_);
        });
        position_ += part.size;
        look_ = first_look;
    }

    const Storage& storage_;
    object_info object_;
    std::stop_token stop_;
    transfer_limits limits_;
    std::optional<kept_members> kept_;
    std::uint64_t large_ = first_look;  // bytes of content that are brought by themselves
    std::uint64_t look_ = first_look;   // bytes that are read in order next
    std::uint64_t position_ = 0;
};

/// What the store says of a tree's tar. Errors: `not_found`; `corrupt` where `verify` is set and its size is not that
/// of the document.
template <storage_backend Storage>
object_info require_tar(const Storage& storage, const saved_tree& tree, bool verify) {
    auto object = storage.head(tree.key);
    if (!object) throw_missing_data(tree.key.str());
    if (verify) check_size(tree.key.str(), tree.size, object->size);
    return std::move(*object);
}

/// Where a tree's tar is unpacked to: from the start, or going on with what an earlier load has left.
inline unpacked_directory unpack_into(const staged_directory& staged, const object_key& key,
                                      const arrived_ranges& record) {
    if (!staged.is_resumed()) return unpacked_directory(staged.path());
    std::set<std::string> kept;
    const auto base = key.str().size() + 1;
    for (const auto& name : record.keys()) {
        if (object_key(name).is_below(key.str())) kept.insert(name.substr(base));
    }
    return {staged.path(), std::move(kept)};
}

/// Unpacks a tree's tar.
template <storage_backend Storage>
fetched_tree fetch_tar(const Storage& storage, const saved_tree& tree, const object_info& object,
                       const staged_directory& staged, const load_options& options, const transfer_limits& limits) {
    arrived_ranges record(staged.notes());
    auto target = unpack_into(staged, tree.key, record);
    member_check members(tree.key.str(), options.verify ? tree.contents : std::nullopt);
    fetched_tree result{staged.path(), 0, 0};
    const auto saw = [&](const extracted_file& file) {
        const auto path = staged.path() / file.path;
        members.saw(file, [&] { return digest_of(byte_source::from_file(path), members.digest()); });
        ++result.files;
        result.bytes += file.size;
    };
    tar_extractor extractor(target, options.limits, saw, members.digest() == digest_kind::crc32c);
    std::optional<kept_members> kept;
    if (options.resume) kept.emplace(kept_members{staged.path(), record});
    tar_feed(storage, object, options.stop, limits, kept).run(extractor);
    members.finish();
    return result;
}

/// Whether a later load may succeed where this one failed, so that what has arrived is of use to it.
inline bool may_pass(const error& failed) noexcept {
    return failed.is_retryable() || failed.kind() == errc::cancelled;
}

/// Keeps what has arrived of large members where the failure may pass.
template <storage_backend Storage>
fetched_tree load_tar(const Storage& storage, const saved_tree& tree, const std::filesystem::path& directory,
                      const load_options& options, const transfer_limits& limits) {
    const auto object = require_tar(storage, tree, options.verify);
    const auto content = storage.url().str() + '\n' + tree.key.str() + '\n' + object.etag;
    staged_directory staged{directory, options.resume && !object.etag.empty() ? content : std::string()};
    try {
        auto result =
            name_what_vanished(staged, [&] { return fetch_tar(storage, tree, object, staged, options, limits); });
        staged.commit();
        result.directory = directory;
        return result;
    } catch (const error& failed) {
        if (may_pass(failed) && is_there(staged.notes())) staged.keep();
        throw;
    }
}

}  // namespace holdfast::detail

#endif
