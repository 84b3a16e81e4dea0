#include <holdfast/http/beast_transport/connection_pool.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <tests/support/socket_pair.hpp>

using namespace holdfast;
using namespace holdfast::http;
using namespace std::chrono_literals;

namespace {

const route here{.first = {.tls = false, .host = "here", .port = 80}};
const route there{.first = {.tls = false, .host = "there", .port = 80}};

// The server's end of a connection that lies in a pool.
struct server_end {
    detail::socket socket;
    const connection* client = nullptr;

    void says(std::string_view text) const { testing_support::say(socket, text); }
    bool is_closed() const {
        std::array<std::byte, 1> room{};
        return socket.receive(room).status == detail::io_status::ended;
    }
};

server_end put_new(connection_pool& pool, const route& way = here) {
    auto ends = testing_support::connected_sockets();
    auto client = std::make_unique<connection>(way, std::move(ends.ours));
    server_end result{std::move(ends.theirs), client.get()};
    pool.put(std::move(client));
    return result;
}

}  // namespace

TEST_CASE("the connection used last is used next, and each once") {
    connection_pool pool(1h, 10);
    CHECK(pool.take(here) == nullptr);
    const auto first = put_new(pool);
    const auto second = put_new(pool);
    const auto taken = pool.take(here);
    CHECK(taken.get() == second.client);
    CHECK(pool.take(here).get() == first.client);
    CHECK(pool.take(here) == nullptr);
    CHECK_FALSE(second.is_closed());
}

TEST_CASE("a connection leads where it was made for") {
    connection_pool pool(1h, 10);
    const origin proxy{.tls = false, .host = "here", .port = 80};
    const route tunnel{.first = proxy, .tunnel = origin{.tls = true, .host = "there", .port = 443}};
    const auto direct_end = put_new(pool, here);
    const auto tunnel_end = put_new(pool, tunnel);
    CHECK(pool.take(there) == nullptr);
    CHECK(pool.take({.first = proxy, .tunnel = origin{.tls = true, .host = "there", .port = 444}}) == nullptr);
    CHECK(pool.take({.first = {.tls = true, .host = "here", .port = 80}}) == nullptr);
    CHECK(pool.take(here).get() == direct_end.client);
    CHECK(pool.take(tunnel).get() == tunnel_end.client);
}

TEST_CASE("a connection that the server ended, or spoke on unasked, is closed, and an older one found") {
    connection_pool pool(1h, 10);
    const auto alive = put_new(pool);
    auto ended = put_new(pool);
    const auto speaking = put_new(pool);
    ended.socket = {};
    speaking.says("HTTP/1.1 408 Request Timeout\r\n\r\n");
    CHECK(pool.take(here).get() == alive.client);
    CHECK(speaking.is_closed());
    CHECK(pool.take(here) == nullptr);
}

TEST_CASE("no more are kept than asked for, all servers together; the oldest goes") {
    connection_pool pool(1h, 2);
    const auto first = put_new(pool, here);
    const auto second = put_new(pool, there);
    CHECK_FALSE(first.is_closed());
    const auto third = put_new(pool, here);
    CHECK(first.is_closed());
    CHECK_FALSE(second.is_closed());
    CHECK(pool.take(here).get() == third.client);
    CHECK(pool.take(here) == nullptr);
    CHECK(pool.take(there).get() == second.client);
}

TEST_CASE("a pool of none closes what it is given") {
    connection_pool pool(1h, 0);
    CHECK(put_new(pool).is_closed());
    CHECK(pool.take(here) == nullptr);
}

TEST_CASE("a connection whose time is over is closed") {
    connection_pool pool(-1s, 10);  // over from the beginning
    CHECK(put_new(pool).is_closed());
    CHECK(pool.take(here) == nullptr);
}

TEST_CASE("connections are kept alive for as long as the type can say, and for a time that the clock can't hold") {
    connection_pool pool(std::chrono::seconds::max(), 10);
    const auto end = put_new(pool);
    CHECK_FALSE(end.is_closed());
    CHECK(pool.take(here).get() == end.client);
    connection_pool none(std::chrono::seconds::min(), 10);
    CHECK(put_new(none).is_closed());
}

TEST_CASE("a pool that goes closes its connections") {
    server_end end;
    {
        connection_pool pool(1h, 10);
        end = put_new(pool);
        CHECK_FALSE(end.is_closed());
    }
    CHECK(end.is_closed());
}

TEST_CASE("no connection is given to two threads at a time") {
    constexpr int threads = 4;
    constexpr std::uint64_t rounds = 500;
    connection_pool pool(1h, threads);
    std::vector<server_end> ends;
    for (int i = 0; i < threads; ++i) ends.push_back(put_new(pool));
    {
        std::vector<std::jthread> users;
        for (int i = 0; i < threads; ++i) {
            users.emplace_back([&] {
                for (std::uint64_t round = 0; round < rounds;) {
                    auto taken = pool.take(here);
                    if (taken == nullptr) continue;
                    taken->count_sent(1);
                    pool.put(std::move(taken));
                    ++round;
                }
            });
        }
    }
    std::uint64_t total = 0;
    for (int i = 0; i < threads; ++i) {
        const auto taken = pool.take(here);
        REQUIRE(taken != nullptr);
        total += taken->sent();
    }
    CHECK(total == threads * rounds);
}
