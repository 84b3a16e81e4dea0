#ifndef HOLDFAST_STORAGE_S3_IMPL_CONTENT_IPP
#define HOLDFAST_STORAGE_S3_IMPL_CONTENT_IPP

#include <holdfast/storage/s3/content.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <variant>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/digest.hpp>
#include <holdfast/detail/hex.hpp>
#include <holdfast/storage/s3/wire.hpp>

namespace holdfast::s3 {

// One pass over a source; every kind of digest sees each block.
class content_pass {
public:
    content_pass(const digest_choice& choice, block_pool& blocks, const std::stop_token& stop)
        : with_crc32c_(choice.crc32c), blocks_(blocks), stop_(stop) {
        if (choice.sha256) sha256_.emplace(detail::digest_algorithm::sha256);
        if (choice.md5) md5_.emplace(detail::digest_algorithm::md5);
    }

    void see(const byte_source::memory_extent& memory) {
        for (std::span<const std::byte> rest = memory.bytes; !rest.empty();) {
            const auto piece = rest.first(std::min(rest.size(), block_pool::block_size));
            see(piece);
            rest = rest.subspan(piece.size());
        }
    }

    void see(const byte_source::file_extent& part) {
        const auto block = blocks_.take();
        const detail::file opened = part.file->open();
        for (std::uint64_t done = 0; done < part.size;) {
            const auto room = block.bytes().first(
                static_cast<std::size_t>(std::min<std::uint64_t>(part.size - done, block_pool::block_size)));
            const std::size_t count = opened.read_at(part.offset + done, room);
            see(std::span<const std::byte>(room.first(count)));
            if (count < room.size()) break;  // shorter than it was: the check below says so
            done += count;
        }
        part.file->check_unchanged(opened);
    }

    void see(const byte_source::generated_extent& part) {
        const auto block = blocks_.take();
        for (std::uint64_t done = 0; done < part.size;) {
            const auto room = block.bytes().first(
                static_cast<std::size_t>(std::min<std::uint64_t>(part.size - done, block_pool::block_size)));
            detail::read_generated(part, done, room);
            see(std::span<const std::byte>(room));
            done += room.size();
        }
    }

    content_digests finish() {
        content_digests result{.crc32c = crc32c_};
        if (sha256_) result.sha256 = detail::to_hex(sha256_->finish());
        if (md5_) result.md5 = detail::to_hex(md5_->finish());
        return result;
    }

private:
    void see(std::span<const std::byte> bytes) {
        detail::check_not_stopped(stop_, "put", "");
        if (with_crc32c_) crc32c_ = detail::crc32c(crc32c_, bytes);
        if (sha256_) sha256_->update(bytes);
        if (md5_) md5_->update(bytes);
    }

    bool with_crc32c_;
    block_pool& blocks_;
    const std::stop_token& stop_;
    std::uint32_t crc32c_ = 0;
    std::optional<detail::digest> sha256_;
    std::optional<detail::digest> md5_;
};

HOLDFAST_DECL content_digests digest_content(const byte_source& source, const digest_choice& choice, block_pool& blocks,
                                             const std::stop_token& stop) {
    content_pass pass(choice, blocks, stop);
    for (const auto& piece : source.extents()) std::visit([&](const auto& extent) { pass.see(extent); }, piece);
    return pass.finish();
}

// Read once, a short file is digested and sent without being opened again, and what is generated is made once.
inline byte_source with_short_pieces_read(const byte_source& source) {
    constexpr std::uint64_t is_short = 256U << 10;
    const auto is_in_memory = [](const byte_source::extent& piece) {
        return std::holds_alternative<byte_source::memory_extent>(piece);
    };
    if (source.size() > is_short || std::ranges::all_of(source.extents(), is_in_memory)) return source;
    std::string text(static_cast<std::size_t>(source.size()), '\0');
    source.read(0, std::as_writable_bytes(std::span(text)));
    return byte_source::from_text(std::move(text));
}

HOLDFAST_DECL std::optional<std::uint32_t> seal_body(operation& what, const byte_source& source, s3_integrity integrity,
                                                     bool digest, block_pool& blocks) {
    const digest_choice choice{.crc32c = digest || integrity == s3_integrity::crc32c,
                               .sha256 = integrity == s3_integrity::sha256};
    what.body = with_short_pieces_read(source);
    what.payload_hash = auth::unsigned_payload;
    if (!choice.crc32c && !choice.sha256) return std::nullopt;
    const content_digests digests = digest_content(what.body, choice, blocks, what.stop);
    if (choice.sha256) what.payload_hash = digests.sha256;
    if (integrity == s3_integrity::crc32c) what.headers.set("x-amz-checksum-crc32c", render_crc32c(digests.crc32c));
    return choice.crc32c ? std::optional(digests.crc32c) : std::nullopt;
}

HOLDFAST_DECL void seal_text(operation& what, std::string text) {
    what.payload_hash = detail::sha256_hex(text);
    what.body = byte_source::from_text(std::move(text));
}

}  // namespace holdfast::s3

#endif
