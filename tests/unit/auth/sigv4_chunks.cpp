#include <holdfast/auth/sigv4_chunks.hpp>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/digest.hpp>
#include <holdfast/detail/temp_directory.hpp>

namespace {

using namespace holdfast;
using namespace std::chrono_literals;

// The worked examples of the Amazon S3 API reference, "sigv4-streaming" and "sigv4-streaming-trailers": 65 KiB of
// 'a' in chunks of 64 KiB. Also in awslabs/aws-c-auth, commit 495329c, tests/test_chunked_signing.c (Apache-2.0).
const auth::sigv4_signer signer("us-east-1", "s3");
const auth::aws_credentials keys{.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                                 .secret_access_key = secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")};
const auto moment = std::chrono::sys_days(std::chrono::year(2013) / 5 / 24);
const std::string content(66560, 'a');

http::request an_upload() {
    http::request message{.method = "PUT",
                          .server = {.tls = true, .host = "s3.amazonaws.com", .port = 443},
                          .target = "/examplebucket/chunkObject.txt",
                          .headers = {},
                          .body = {}};
    message.headers.add("x-amz-storage-class", "REDUCED_REDUNDANCY");
    return message;
}

std::string text_of(const byte_source& source) {
    std::string text(source.size(), '\0');
    source.read(0, std::as_writable_bytes(std::span(text)));
    return text;
}

std::string hash_of(std::size_t count) {
    return detail::sha256_hex(std::string(count, 'a'));
}

std::string sent(const byte_source& body, auth::aws_chunked_options options) {
    http::request message = an_upload();
    auth::sign_in_chunks(message, body, signer, keys, moment, options);
    return text_of(message.body);
}

// What a server makes of it: the content, each chunk's signature checked against its bytes.
std::string decoded(http::request message, auth::sigv4_chunk_signer expected) {
    const std::string body = text_of(message.body);
    std::string_view rest = body;
    std::string whole;
    for (std::size_t size = 1; size > 0;) {
        const std::size_t end = rest.find("\r\n");
        size = std::stoul(std::string(rest.substr(0, rest.find(';'))), nullptr, 16);
        const std::string chunk(rest.substr(end + 2, size));
        CHECK(rest.substr(0, end).ends_with(";chunk-signature=" + expected.sign_chunk(detail::sha256_hex(chunk))));
        rest.remove_prefix(end + 2 + size);
        CHECK(rest.starts_with("\r\n"));
        rest.remove_prefix(2);
        whole += chunk;
    }
    CHECK(rest.empty());
    return whole;
}

TEST_CASE("sigv4_chunks: the documentation's chunks, and aws-c-auth's trailer") {
    http::request message = an_upload();
    message.headers.add("Content-Encoding", "aws-chunked");
    message.headers.add("x-amz-decoded-content-length", "66560");
    message.headers.add("Content-Length", "66824");
    const auto seed = signer.sign(message, keys, moment, auth::signed_chunks);
    CHECK(seed.signature == "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
    auth::sigv4_chunk_signer chunks(signer, keys, seed);
    CHECK(chunks.sign_chunk(hash_of(65536)) == "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
    CHECK(chunks.sign_chunk(hash_of(1024)) == "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
    CHECK(chunks.sign_chunk(auth::empty_payload) == "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
    http::fields trailer;
    trailer.add("Second", " 2nd ");
    trailer.add("first", "1st");
    trailer.add("third", "3rd");
    CHECK(chunks.sign_trailer(trailer) == "df5735bd9f3295cd9386572292562fefc93ba94e80a0a1ddcbd652c4e0a75e6c");
}

TEST_CASE("sigv4_chunks: the documentation's chunks with a checksum behind them, as they are sent") {
    http::request message = an_upload();
    const auto seed = auth::sign_in_chunks(message, byte_source::from_view(std::as_bytes(std::span(content))), signer,
                                           keys, moment, {.chunk_size = 65536, .crc32c = true});
    CHECK(seed.signature == "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
    CHECK(text_of(message.body) ==
          "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n" +
              std::string(65536, 'a') +
              "\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n" +
              std::string(1024, 'a') +
              "\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
              "x-amz-checksum-crc32c:sOO8/Q==\r\n"
              "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n");
}

TEST_CASE("sigv4_chunks: the documentation's length") {
    const byte_source body = byte_source::from_view(std::as_bytes(std::span(content)));
    CHECK(sent(body, {.chunk_size = 65536}).size() == 66824);
}

TEST_CASE("sigv4_chunks: the fields of the message") {
    http::request message = an_upload();
    message.headers.add("content-encoding", "gzip");
    const byte_source body = byte_source::from_text("abc");
    for (int attempt = 0; attempt < 2; ++attempt) {
        auth::sign_in_chunks(message, body, signer, keys, moment, {.crc32c = true});
        CHECK(*message.headers.find("Content-Encoding") == "aws-chunked,gzip");
        CHECK(*message.headers.find("X-Amz-Decoded-Content-Length") == "3");
        CHECK(*message.headers.find("X-Amz-Trailer") == "x-amz-checksum-crc32c");
        CHECK(*message.headers.find("X-Amz-Content-SHA256") == auth::signed_chunks_trailer);
    }
    auth::sign_in_chunks(message, body, signer, keys, moment);
    CHECK(message.headers.find("X-Amz-Trailer") == nullptr);
    CHECK(*message.headers.find("X-Amz-Content-SHA256") == auth::signed_chunks);
}

TEST_CASE("sigv4_chunks: bodies around the size of a chunk") {
    for (const std::size_t size : {0u, 1u, 8191u, 8192u, 8193u, 16384u, 300000u}) {
        CAPTURE(size);
        std::string body;
        while (body.size() < size) body += static_cast<char>('A' + body.size() % 53);
        http::request message = an_upload();
        const auto seed = auth::sign_in_chunks(message, byte_source::from_text(body), signer, keys, moment,
                                               {.chunk_size = size == 300000 ? 290000u : 8192u});
        CHECK(decoded(message, auth::sigv4_chunk_signer(signer, keys, seed)) == body);
    }
}

TEST_CASE("sigv4_chunks: files are referred to, not copied; a body of several extents is one") {
    const detail::temp_directory directory;
    const auto path = directory.path() / "part";
    std::ofstream(path, std::ios::binary) << std::string(10000, 'f');
    byte_source body = byte_source::from_text("head");
    body.append(byte_source::from_file(path));
    http::request message = an_upload();
    const auto seed = auth::sign_in_chunks(message, body, signer, keys, moment, {.chunk_size = 8192});
    std::uint64_t from_files = 0;
    for (const auto& extent : message.body.extents()) {
        if (std::holds_alternative<byte_source::file_extent>(extent)) from_files += size_of(extent);
    }
    CHECK(from_files == 10000);
    CHECK(decoded(message, auth::sigv4_chunk_signer(signer, keys, seed)) == "head" + std::string(10000, 'f'));
}

TEST_CASE("sigv4_chunks: a chunk below S3's least size is refused") {
    http::request message = an_upload();
    try {
        auth::sign_in_chunks(message, byte_source::from_text("a"), signer, keys, moment, {.chunk_size = 8191});
        FAIL("not refused");
    } catch (const error& failure) {
        CHECK(failure.kind() == errc::invalid_argument);
    }
}

}  // namespace
