#include <holdfast/http/beast_transport/response_parser.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <holdfast/core/error.hpp>

using namespace holdfast;

namespace {

constexpr std::size_t limit = 65536;

// A whole header of that size, in fields of 1 KiB at most.
std::string header_of(std::size_t size) {
    std::string header = "HTTP/1.1 200 OK\r\n";
    const std::string name = "X-Padding: ";
    for (std::size_t left = size - header.size() - 2; left > 0;) {
        const std::size_t field = left > 2048 ? 1024 : left;
        header += name + std::string(field - name.size() - 2, 'x') + "\r\n";
        left -= field;
    }
    return header + "\r\n";
}

// What becomes of a header that arrives in pieces of one size.
std::optional<errc> failure_of_pieces(std::string_view header, std::size_t size) {
    http::response_parser parser(true, "host");
    std::string unread;
    try {
        while (!header.empty()) {
            const auto piece = header.substr(0, size);
            header.remove_prefix(piece.size());
            unread += piece;
            unread.erase(0, parser.read_head(std::as_bytes(std::span(unread))));
        }
    } catch (const error& e) {
        return e.kind();
    }
    REQUIRE(parser.has_head());
    return std::nullopt;
}

}  // namespace

TEST_CASE("a header is at most 64 KiB, however it arrives") {
    REQUIRE(header_of(limit).size() == limit);
    for (const std::size_t piece : {std::size_t{1000}, std::size_t{1024}, std::size_t{4096}, limit - 1, 2 * limit}) {
        CAPTURE(piece);
        CHECK(failure_of_pieces(header_of(limit), piece) == std::nullopt);
        CHECK(failure_of_pieces(header_of(limit + 1), piece) == errc::too_large);
        CHECK(failure_of_pieces(header_of(70'000), piece) == errc::too_large);
    }
}

TEST_CASE("a field without end is refused where the limit is reached") {
    const std::string endless = "HTTP/1.1 200 OK\r\nX: " + std::string(2 * limit, 'x');
    for (const std::size_t piece : {std::size_t{1000}, limit, 3 * limit}) {
        CAPTURE(piece);
        CHECK(failure_of_pieces(endless, piece) == errc::too_large);
    }
}
