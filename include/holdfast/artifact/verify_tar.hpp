#ifndef HOLDFAST_ARTIFACT_VERIFY_TAR_HPP
#define HOLDFAST_ARTIFACT_VERIFY_TAR_HPP

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>

#include <holdfast/archive/tar_extractor.hpp>
#include <holdfast/archive/unpack_target.hpp>
#include <holdfast/artifact/fetch_tar.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/artifact/saved_tree.hpp>
#include <holdfast/artifact/tree_check.hpp>
#include <holdfast/core/byte_sink.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/transfer_limits.hpp>

namespace holdfast::detail {

/// Keeps nothing of what is unpacked but the SHA-256 of each file, where that is asked for.
class unpacked_digests final : public unpack_target, private byte_sink {
public:
    explicit unpacked_digests(bool sha256) : is_asked_(sha256) {}

    std::string sha256(const std::string& path) const { return digests_.at(path); }

    void make_directory(const std::string&, std::uint32_t) override {}
    byte_sink& begin_file(const std::string& path) override {
        path_ = path;
        if (is_asked_) digest_.emplace(digest_kind::sha256);
        return *this;
    }
    void end_file(const member_attributes&) override {
        if (is_asked_) digests_[path_] = digest_->finish();
    }
    void remove_file(const std::string&) override {}
    void make_hard_link(const std::string& first, const std::string& path) override {
        if (is_asked_) digests_[path] = digests_.at(first);
    }
    void make_symlink(const std::string&, const std::string&, std::int64_t) override {}
    void finish_directory(const std::string&, const member_attributes&) override {}

private:
    void write(std::uint64_t, std::span<const std::byte> bytes) override {
        if (is_asked_) digest_->update(bytes);
    }

    bool is_asked_;
    std::string path_;
    std::optional<file_digest> digest_;
    std::map<std::string, std::string> digests_;
};

/// Reads every byte of a tree's tar, and keeps none. Errors: as `fetch_tar`.
template <storage_backend Storage>
void check_tar(const Storage& storage, const saved_tree& tree, const std::stop_token& stop,
               const transfer_limits& limits) {
    member_check members(tree.key.str(), tree.contents);
    unpacked_digests unpacked(members.digest() == digest_kind::sha256);
    const auto saw = [&](const extracted_file& file) { members.saw(file, [&] { return unpacked.sha256(file.path); }); };
    tar_extractor extractor(unpacked, {}, saw, members.digest() == digest_kind::crc32c);
    tar_feed(storage, require_tar(storage, tree, true), stop, limits)
        .run(extractor, members.digest() == digest_kind::sha256 ? feed_order::as_stored : feed_order::any);
    members.finish();
}

}  // namespace holdfast::detail

#endif
