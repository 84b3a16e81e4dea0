#ifndef HOLDFAST_ARTIFACT_VERIFY_TREE_HPP
#define HOLDFAST_ARTIFACT_VERIFY_TREE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>

#include <holdfast/artifact/documented_tree.hpp>
#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/artifact/tree_check.hpp>
#include <holdfast/artifact/verification.hpp>
#include <holdfast/artifact/verify_tar.hpp>
#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/detail/parallel.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/file_transfer.hpp>
#include <holdfast/storage/ordered_read.hpp>

namespace holdfast {

namespace detail {

/// Reads an object and returns its digest; of `crc32c` and `none` the ranges arrive in any order.
template <storage_backend Storage>
std::string digest_of_object(const Storage& storage, const saved_tree& tree, const stored_file& file, digest_kind kind,
                             const transfer_limits& limits, const std::stop_token& stop) {
    const auto key = tree.key / file.path;
    if (kind == digest_kind::sha256) {
        file_digest digest(kind);
        const auto info = read_in_order(
            storage, key, [&](std::span<const std::byte> bytes) { digest.update(bytes); }, {.stop = stop}, limits);
        check_file_size(tree.key.str(), file, info.size);
        return digest.finish();
    }
    discarding_sink nowhere;
    crc32c_sink digest(nowhere);
    const auto info = get_ranges(storage, key, digest, {.stop = stop}, limits);
    check_file_size(tree.key.str(), file, info.size);
    return kind == digest_kind::none ? std::string() : crc32c_hex(digest.value(info.size));
}

/// Reads every byte of a tree of one object a file, and keeps none. Errors: as `fetch_tree`.
template <storage_backend Storage>
void check_files(const Storage& storage, const saved_tree& tree, const transfer_limits& limits,
                 const std::stop_token& stop) {
    const auto files = files_to_load(storage, tree, true, stop);
    const auto kind = tree.contents ? tree.contents->digest : digest_kind::none;
    auto of_one = limits;
    of_one.memory /= std::max(limits.connections, 1U);
    const auto check_one = [&](std::size_t i) {
        const auto found = say_what_is_missing(
            storage, tree, files[i], [&] { return digest_of_object(storage, tree, files[i], kind, of_one, stop); });
        if (kind != digest_kind::none) check_file_digest(tree.key.str(), files[i], kind, found);
    };
    parallel_for(files.size(), limits.connections, check_one, stop);
}

}  // namespace detail

/// Reads every byte of what `find` says. Errors: only those that say nothing about the artifact (`unavailable`,
/// `access_denied`, `cancelled`).
///
/// Effects: nothing is written to disk.
/// @param find returns the documented tree
template <storage_backend Storage, class Find>
verification verify_tree(const Storage& storage, Find find, const transfer_limits& limits,
                         const verify_options& options = {}) {
    try {
        const auto tree = read_saved_tree(storage, find(), true, options.stop);
        detail::check_not_stopped(options.stop, "verify", tree.key.str());
        if (tree.storage_format == "files") {
            detail::check_files(storage, tree, limits, options.stop);
        } else if (tree.storage_format == "tar") {
            detail::check_tar(storage, tree, options.stop, limits);
        } else {
            detail::throw_unknown_format(tree.key.str(), tree.storage_format);
        }
        if (tree.contents && tree.contents->digest != digest_kind::none) return {};
        return {verification::result::unverifiable, "its size is right; nothing was stored to compare its bytes with"};
    } catch (const error& failed) {
        if (failed.kind() == errc::not_found) return {verification::result::not_found, failed.message()};
        if (failed.kind() == errc::unsupported) return {verification::result::unverifiable, failed.message()};
        if (is_damage(failed.kind()) || failed.kind() == errc::too_large)
            return {verification::result::corrupt, failed.message()};
        throw;
    }
}

}  // namespace holdfast

#endif
