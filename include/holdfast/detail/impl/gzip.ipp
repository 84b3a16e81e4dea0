#ifndef HOLDFAST_DETAIL_IMPL_GZIP_IPP
#define HOLDFAST_DETAIL_IMPL_GZIP_IPP

#include <holdfast/detail/gzip.hpp>

#include <algorithm>
#include <limits>
#include <utility>

#include <zlib.h>

#include <holdfast/core/error.hpp>

namespace holdfast::detail {

// zlib's number for "gzip header and trailer, window of 32 KiB".
inline constexpr int gzip_window_bits = 16 + 15;

inline uInt zlib_size(std::size_t size) noexcept {
    return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

class gzip_encoder {
public:
    gzip_encoder(byte_stream plain, int level) : plain_(std::move(plain)), buffer_(64 * 1024) {
        const bool known_level = level >= 0 && level <= 9;
        if (!known_level || deflateInit2(&stream_, level, Z_DEFLATED, gzip_window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            throw error(errc::invalid_argument, "compress", "", "zlib takes levels 0 to 9 and needs 256 KiB of memory");
        header_.os = 255;
        deflateSetHeader(&stream_, &header_);
    }
    gzip_encoder(const gzip_encoder&) = delete;
    gzip_encoder& operator=(const gzip_encoder&) = delete;
    ~gzip_encoder() { deflateEnd(&stream_); }

    std::size_t read(std::span<std::byte> out) {
        std::size_t size = 0;
        while (size == 0 && !out.empty() && !packed_all_) {
            if (stream_.avail_in == 0 && !read_all_) refill();
            stream_.next_out = reinterpret_cast<Bytef*>(out.data());
            stream_.avail_out = zlib_size(out.size());
            packed_all_ = deflate(&stream_, read_all_ ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_END;
            size = zlib_size(out.size()) - stream_.avail_out;
        }
        return size;
    }

private:
    void refill() {
        const std::size_t size = plain_(buffer_);
        read_all_ = size == 0;
        stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
        stream_.avail_in = zlib_size(size);
    }

    byte_stream plain_;
    std::vector<std::byte> buffer_;
    z_stream stream_{};
    gz_header header_{};
    bool read_all_ = false;
    bool packed_all_ = false;
};

HOLDFAST_DECL byte_stream gzip(byte_stream plain, int level) {
    auto encoder = std::make_shared<gzip_encoder>(std::move(plain), level);
    return [encoder](std::span<std::byte> out) { return encoder->read(out); };
}

HOLDFAST_DECL void gunzip::release::operator()(z_stream_s* stream) const noexcept {
    inflateEnd(stream);
    delete stream;
}

HOLDFAST_DECL gunzip::gunzip(std::function<void(std::span<const std::byte>)> consume)
    : consume_(std::move(consume)), stream_(new z_stream_s{}), buffer_(piece_size) {
    if (inflateInit2(stream_.get(), gzip_window_bits) != Z_OK)
        throw error(errc::unsupported, "decompress", "", "zlib cannot start; it needs 64 KiB of memory");
}

HOLDFAST_DECL void gunzip::write(std::span<const std::byte> packed) {
    while (!packed.empty()) {
        if (position_ == position::after_member && packed.front() == std::byte{0}) {
            packed = packed.subspan(1);
            continue;
        }
        const uInt size = zlib_size(packed.size());
        stream_->next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
        stream_->avail_in = size;
        position_ = position::inside;
        inflate_some();
        packed = packed.subspan(size - stream_->avail_in);
    }
}

// Inflates until the input is used up and nothing is left to hand on, or the member ends.
HOLDFAST_DECL void gunzip::inflate_some() {
    do {
        stream_->next_out = reinterpret_cast<Bytef*>(buffer_.data());
        stream_->avail_out = static_cast<uInt>(buffer_.size());
        const int result = inflate(stream_.get(), Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            throw error(errc::corrupt, "decompress", "",
                        stream_->msg != nullptr ? stream_->msg : "the bytes are not a gzip stream");
        if (const std::size_t size = buffer_.size() - stream_->avail_out; size != 0)
            consume_(std::span(buffer_).first(size));
        if (result == Z_STREAM_END) {
            position_ = position::after_member;
            inflateReset(stream_.get());
            return;
        }
    } while (stream_->avail_in != 0 || stream_->avail_out == 0);
}

HOLDFAST_DECL void gunzip::finish() {
    if (position_ != position::after_member)
        throw error(errc::corrupt, "decompress", "", "the gzip stream is cut short");
}

class gzip_decoder {
public:
    explicit gzip_decoder(byte_stream packed)
        : packed_(std::move(packed)), input_(16 * 1024), gunzip_([this](std::span<const std::byte> bytes) {
              output_.insert(output_.end(), bytes.begin(), bytes.end());
          }) {}
    gzip_decoder(const gzip_decoder&) = delete;
    gzip_decoder& operator=(const gzip_decoder&) = delete;

    std::size_t read(std::span<std::byte> out) {
        while (taken_ == output_.size() && !is_at_end_) refill();
        const std::size_t count = std::min(out.size(), output_.size() - taken_);
        std::copy_n(output_.begin() + static_cast<std::ptrdiff_t>(taken_), count, out.begin());
        taken_ += count;
        return count;
    }

private:
    void refill() {
        output_.clear();
        taken_ = 0;
        const std::size_t size = packed_(input_);
        is_at_end_ = size == 0;
        is_at_end_ ? gunzip_.finish() : gunzip_.write(std::span(input_).first(size));
    }

    byte_stream packed_;
    std::vector<std::byte> input_;  // small, because it may become a thousand times as much
    std::vector<std::byte> output_;
    std::size_t taken_ = 0;  // of output_
    bool is_at_end_ = false;
    gunzip gunzip_;
};

HOLDFAST_DECL byte_stream gunzip_stream(byte_stream packed) {
    auto decoder = std::make_shared<gzip_decoder>(std::move(packed));
    return [decoder](std::span<std::byte> out) { return decoder->read(out); };
}

}  // namespace holdfast::detail

#endif
