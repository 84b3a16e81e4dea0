#ifndef HOLDFAST_CORE_IMPL_BYTE_SINK_IPP
#define HOLDFAST_CORE_IMPL_BYTE_SINK_IPP

#include <holdfast/core/byte_sink.hpp>

#include <algorithm>
#include <iterator>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/copy_bytes.hpp>
#include <holdfast/detail/crc32c.hpp>

namespace holdfast {

HOLDFAST_DECL memory_sink::memory_sink(std::uint64_t origin, std::uint64_t limit) : origin_(origin), limit_(limit) {}

HOLDFAST_DECL void memory_sink::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    const std::scoped_lock lock(mutex_);
    if (offset < origin_) throw error(errc::invalid_argument, "write", "", "the range starts before this sink's");
    const std::uint64_t begin = offset - origin_;
    const std::uint64_t limit = std::min<std::uint64_t>(limit_, text_.max_size());
    if (begin > limit || bytes.size() > limit - begin) {
        throw error(errc::too_large, "write", "",
                    "the object is larger than the " + std::to_string(limit) + " bytes allowed; raise the limit");
    }
    const auto at = static_cast<std::size_t>(begin);
    if (text_.size() < at) text_.resize(at);
    text_.replace(at, bytes.size(), reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

HOLDFAST_DECL void span_sink::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (offset < begin_ || offset - begin_ > room_.size() || bytes.size() > room_.size() - (offset - begin_)) {
        throw error(errc::corrupt, "get", "", "the store sent bytes outside the range that was asked for");
    }
    detail::copy_bytes(bytes, room_.subspan(static_cast<std::size_t>(offset - begin_)));
    arrived_ += bytes.size();
}

HOLDFAST_DECL void span_sink::check_whole(std::string_view key) const {
    if (arrived_ == room_.size()) return;
    throw error(errc::corrupt, "get", key,
                arrived_ < room_.size()
                    ? "the store sent fewer bytes than the object has; get it again"
                    : "the store sent bytes twice; a retry inside its `get` has to go on where the last write ended");
}

HOLDFAST_DECL file_sink::file_sink(std::filesystem::path path) : file_(detail::file::create_new(path)) {}

HOLDFAST_DECL void file_sink::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    file_.write_at(offset, bytes);
}

HOLDFAST_DECL void file_sink::close() {
    file_.close_checked();
}

HOLDFAST_DECL void crc32c_sink::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    next_.write(offset, bytes);
    has(offset, bytes);
}

HOLDFAST_DECL void crc32c_sink::has(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    range added{offset, bytes.size(), detail::crc32c(0, bytes)};
    const std::scoped_lock lock(mutex_);
    // ranges that overlap are never joined, so one range is left only where every byte was written once
    auto next = std::ranges::upper_bound(ranges_, offset, {}, &range::offset);
    if (next != ranges_.end() && added.offset + added.size == next->offset) {
        added.crc = detail::crc32c_combine(added.crc, next->crc, next->size);
        added.size += next->size;
        next = ranges_.erase(next);
    }
    if (next != ranges_.begin() && std::prev(next)->offset + std::prev(next)->size == offset) {
        range& previous = *std::prev(next);
        previous.crc = detail::crc32c_combine(previous.crc, added.crc, added.size);
        previous.size += added.size;
    } else {
        ranges_.insert(next, added);
    }
}

HOLDFAST_DECL std::uint32_t crc32c_sink::value(std::uint64_t size) const {
    const std::scoped_lock lock(mutex_);
    if (size == 0 && ranges_.empty()) return 0;
    if (ranges_.size() != 1 || ranges_.front().offset != 0 || ranges_.front().size != size) {
        throw error(errc::corrupt, "digest", "",
                    "what arrived is not every byte of the object once; get the object again");
    }
    return ranges_.front().crc;
}

}  // namespace holdfast

#endif
