#ifndef HOLDFAST_ARCHIVE_IMPL_TAR_GZ_IPP
#define HOLDFAST_ARCHIVE_IMPL_TAR_GZ_IPP

#include <holdfast/archive/tar_gz.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <holdfast/archive/tar.hpp>
#include <holdfast/core/byte_stream.hpp>
#include <holdfast/detail/gzip.hpp>

namespace holdfast {

namespace detail {

// Reads ahead, because each read of a source opens its file anew.
class buffered_source_reader {
public:
    explicit buffered_source_reader(std::shared_ptr<const byte_source> source) : source_(std::move(source)) {}

    std::size_t operator()(std::span<std::byte> out) {
        if (begin_ == end_) fill();
        const std::size_t count = std::min(out.size(), end_ - begin_);
        std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), count, out.begin());
        begin_ += count;
        return count;
    }

private:
    void fill() {
        buffer_.resize(256 * 1024);
        begin_ = 0;
        end_ = source_->read(offset_, buffer_);
        offset_ += end_;
    }

    std::shared_ptr<const byte_source> source_;
    std::uint64_t offset_ = 0;
    std::vector<std::byte> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace detail

HOLDFAST_DECL packed_tree tar_gz::pack(const file_tree& tree) {
    const auto source = std::make_shared<const byte_source>(detail::tar_source(tree));
    return [source]() -> byte_stream { return detail::gzip(detail::buffered_source_reader(source)); };
}

}  // namespace holdfast

#endif
