#ifndef HOLDFAST_DETAIL_IMPL_READ_AHEAD_IPP
#define HOLDFAST_DETAIL_IMPL_READ_AHEAD_IPP

#include <holdfast/detail/read_ahead.hpp>

#include <algorithm>
#include <utility>

namespace holdfast::detail {

HOLDFAST_DECL read_ahead::read_ahead(std::uint64_t size, std::uint64_t largest_block, fill_function fill)
    : size_(size), largest_block_(std::max(largest_block, smallest_block)), fill_(std::move(fill)) {}

HOLDFAST_DECL std::span<const std::byte> read_ahead::at(std::uint64_t offset, std::uint64_t wanted) {
    if (offset >= size_) return {};
    if (offset < begin_ || offset - begin_ >= block_.size()) refill(offset, wanted);
    return std::span<const std::byte>(block_).subspan(static_cast<std::size_t>(offset - begin_));
}

HOLDFAST_DECL void read_ahead::refill(std::uint64_t offset, std::uint64_t wanted) {
    const std::uint64_t end = begin_ + block_.size();
    const bool goes_on = offset >= end && offset - end <= wanted_;
    wanted_ = std::clamp(std::max(goes_on ? 2 * wanted_ : 0, wanted), smallest_block, largest_block_);
    const auto count = static_cast<std::size_t>(std::min(wanted_, size_ - offset));
    if (count > block_.capacity()) block_ = {};  // not both blocks at once
    block_.resize(count);
    begin_ = offset;
    try {
        fill_(offset, block_);
    } catch (...) {
        block_.clear();
        throw;
    }
}

}  // namespace holdfast::detail

#endif
