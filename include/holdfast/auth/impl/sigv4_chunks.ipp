#ifndef HOLDFAST_AUTH_IMPL_SIGV4_CHUNKS_IPP
#define HOLDFAST_AUTH_IMPL_SIGV4_CHUNKS_IPP

#include <holdfast/auth/sigv4_chunks.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <holdfast/auth/sigv4_canonical.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/ascii.hpp>
#include <holdfast/detail/base64.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/digest.hpp>
#include <holdfast/detail/hex.hpp>

namespace holdfast::detail {

constexpr std::size_t smallest_aws_chunk = 8192;
constexpr std::string_view aws_chunked_encoding = "aws-chunked";
constexpr std::string_view crc32c_trailer_name = "x-amz-checksum-crc32c";

inline void append_aws_chunk_header(std::string& text, std::uint64_t size, std::string_view signature) {
    std::array<char, 16> digits;
    char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
    text.append(digits.data(), end).append(";chunk-signature=").append(signature).append("\r\n");
}

inline void set_aws_chunked_fields(http::fields& headers, std::uint64_t size, bool trailer) {
    const std::string* encoding = headers.find("Content-Encoding");
    if (encoding == nullptr) {
        headers.set("Content-Encoding", std::string(aws_chunked_encoding));
    } else if (!encoding->starts_with(aws_chunked_encoding)) {
        headers.set("Content-Encoding", std::string(aws_chunked_encoding) + "," + *encoding);
    }
    headers.set("X-Amz-Decoded-Content-Length", std::to_string(size));
    headers.erase("X-Amz-Trailer");
    if (trailer) headers.set("X-Amz-Trailer", std::string(crc32c_trailer_name));
}

// A body while its chunks are being signed.
class aws_chunked_writer {
public:
    aws_chunked_writer(const byte_source& body, auth::sigv4_chunk_signer signer, auth::aws_chunked_options options)
        : body_(body),
          signer_(std::move(signer)),
          chunk_size_(std::min<std::uint64_t>(options.chunk_size, body.size())),
          has_trailer_(options.crc32c),
          buffer_(static_cast<std::size_t>(std::min<std::uint64_t>(chunk_size_, 256 * 1024))) {}

    byte_source write() {
        std::vector<std::size_t> ends;  // of the text before each chunk
        for (std::uint64_t offset = 0; offset < body_.size(); offset += chunk_size_) {
            const std::uint64_t size = chunk_size_at(offset);
            append_aws_chunk_header(text_, size, signer_.sign_chunk(hash(offset, size)));
            ends.push_back(text_.size());
            text_ += "\r\n";
        }
        append_aws_chunk_header(text_, 0, signer_.sign_chunk(auth::empty_payload));
        if (has_trailer_) append_trailer();
        text_ += "\r\n";
        return interleave(ends);
    }

private:
    std::uint64_t chunk_size_at(std::uint64_t offset) const {
        return std::min<std::uint64_t>(chunk_size_, body_.size() - offset);
    }

    std::string hash(std::uint64_t offset, std::uint64_t size) {
        for (const std::uint64_t end = offset + size; offset < end;) {
            const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), end - offset));
            const auto bytes = std::span(buffer_).first(part);
            body_.read(offset, bytes);
            sha256_.update(bytes);
            if (has_trailer_) crc32c_ = crc32c(crc32c_, bytes);
            offset += part;
        }
        return to_hex(sha256_.finish());
    }

    void append_trailer() {
        http::fields trailer;
        trailer.add(std::string(crc32c_trailer_name), to_base64(crc32c_));
        trailer.add("x-amz-trailer-signature", signer_.sign_trailer(trailer));
        for (const auto& [name, value] : trailer) text_.append(name).append(":").append(value).append("\r\n");
    }

    byte_source interleave(const std::vector<std::size_t>& ends) {
        const auto text = std::make_shared<const std::string>(std::move(text_));
        const auto bytes = std::as_bytes(std::span(*text));
        byte_source framed;
        std::size_t begin = 0;
        std::uint64_t offset = 0;
        for (const std::size_t end : ends) {
            framed.append(byte_source::memory_extent{bytes.subspan(begin, end - begin), text});
            framed.append(body_.slice(offset, chunk_size_at(offset)));
            begin = end;
            offset += chunk_size_;
        }
        framed.append(byte_source::memory_extent{bytes.subspan(begin), text});
        return framed;
    }

    const byte_source& body_;
    auth::sigv4_chunk_signer signer_;
    std::uint64_t chunk_size_;
    bool has_trailer_;
    std::vector<std::byte> buffer_;
    std::string text_;
    digest sha256_{digest_algorithm::sha256};
    std::uint32_t crc32c_ = 0;
};

}  // namespace holdfast::detail

namespace holdfast::auth {

HOLDFAST_DECL sigv4_chunk_signer::sigv4_chunk_signer(const sigv4_signer& signer, const aws_credentials& credentials,
                                                     const sigv4_artefacts& seed)
    : previous_(seed.signature) {
    const std::string_view text = seed.string_to_sign;
    const std::size_t begin = text.find('\n') + 1;
    scope_ = text.substr(begin, text.rfind('\n') + 1 - begin);
    key_ = signer.key_of(credentials, std::string_view(scope_).substr(0, scope_.find('T')));
}

HOLDFAST_DECL std::string sigv4_chunk_signer::sign_next(std::string_view algorithm, std::string_view rest) {
    std::string text(algorithm);
    text.reserve(algorithm.size() + scope_.size() + previous_.size() + rest.size() + 2);
    text.append(1, '\n').append(scope_).append(previous_).append(1, '\n').append(rest);
    previous_ = detail::to_hex(detail::hmac_sha256(key_, text));
    return previous_;
}

HOLDFAST_DECL std::string sigv4_chunk_signer::sign_chunk(std::string_view chunk_hash) {
    return sign_next("AWS4-HMAC-SHA256-PAYLOAD", std::string(empty_payload).append(1, '\n').append(chunk_hash));
}

HOLDFAST_DECL std::string sigv4_chunk_signer::sign_trailer(const http::fields& trailer) {
    const detail::sigv4_field_list list(trailer.begin(), trailer.end());
    return sign_next("AWS4-HMAC-SHA256-TRAILER", detail::sha256_hex(detail::sigv4_canonicalise(list).lines));
}

HOLDFAST_DECL sigv4_artefacts sign_in_chunks(http::request& message, const byte_source& body,
                                             const sigv4_signer& signer, const aws_credentials& credentials,
                                             std::chrono::system_clock::time_point now, aws_chunked_options options) {
    if (options.chunk_size < detail::smallest_aws_chunk) {
        throw error(errc::invalid_argument, "sign", "",
                    "S3 takes no chunk below 8 KiB but the last; choose a larger size");
    }
    detail::set_aws_chunked_fields(message.headers, body.size(), options.crc32c);
    sigv4_artefacts seed =
        signer.sign(message, credentials, now, options.crc32c ? signed_chunks_trailer : signed_chunks);
    detail::aws_chunked_writer writer(body, sigv4_chunk_signer(signer, credentials, seed), options);
    message.body = writer.write();
    return seed;
}

}  // namespace holdfast::auth

#endif
