#ifndef HOLDFAST_ARTIFACT_IMPL_FILE_READER_IPP
#define HOLDFAST_ARTIFACT_IMPL_FILE_READER_IPP

#include <holdfast/artifact/file_reader.hpp>

#include <algorithm>
#include <utility>

#include <holdfast/artifact/tree_check.hpp>
#include <holdfast/detail/copy_bytes.hpp>

namespace holdfast {

HOLDFAST_DECL file_reader::state::state(parts from)
    : what(std::move(from)), ahead(what.file.size, what.largest_block, what.fill), digest(what.digest) {}

HOLDFAST_DECL file_reader::file_reader(parts what) : state_(std::make_unique<state>(std::move(what))) {}

HOLDFAST_DECL std::span<std::byte> file_reader::cut(std::uint64_t offset, std::span<std::byte> buffer) const noexcept {
    const std::uint64_t left = size() - std::min(offset, size());
    return buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size())));
}

// A large buffer is filled without a copy.
HOLDFAST_DECL std::size_t file_reader::read(std::span<std::byte> buffer) {
    const auto wanted = cut(tell(), buffer);
    if (wanted.size() >= state_->what.largest_block) {
        read_at(tell(), wanted);
    } else {
        for (std::size_t done = 0; done < wanted.size();) {
            const auto ready = state_->ahead.at(tell() + done, wanted.size() - done);
            const std::size_t count = std::min(ready.size(), wanted.size() - done);
            detail::copy_bytes(ready.first(count), wanted.subspan(done));
            done += count;
        }
    }
    digest(tell(), wanted);
    state_->position += wanted.size();
    return wanted.size();
}

HOLDFAST_DECL std::size_t file_reader::read_at(std::uint64_t offset, std::span<std::byte> buffer) {
    const auto wanted = cut(offset, buffer);
    if (!wanted.empty()) state_->what.fill(offset, wanted);
    return wanted.size();
}

// Digests what goes on where the last one ended; damage is told of each time that the end is read.
HOLDFAST_DECL void file_reader::digest(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    const std::uint64_t end = offset + bytes.size();
    if (offset <= state_->digested && end > state_->digested) {
        state_->digest.update(bytes.subspan(static_cast<std::size_t>(state_->digested - offset)));
        state_->digested = end;
        if (end == size()) state_->found = state_->digest.finish();
    }
    const auto& what = state_->what;
    if (end != size() || state_->digested != size() || what.digest == digest_kind::none) return;
    detail::check_file_digest(what.key, what.file, what.digest, state_->found);
}

}  // namespace holdfast

#endif
