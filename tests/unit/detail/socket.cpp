#include <holdfast/detail/socket.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <fstream>
#include <latch>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/refused_calls.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using namespace holdfast::detail;
using namespace std::chrono_literals;
using testing_support::failure_of;
using tree_building::read_file;

namespace {

using pieces = std::vector<std::span<const std::byte>>;

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

network_address loopback(std::uint16_t port) {
    struct ::sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return {std::string(reinterpret_cast<const char*>(&address), sizeof(address))};
}

// Listens on a port of its own and accepts nothing by itself.
class listener {
public:
    explicit listener(int backlog = 8) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        struct ::sockaddr_in address {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::socklen_t size = sizeof(address);
        REQUIRE(::bind(descriptor_, reinterpret_cast<struct ::sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(descriptor_, backlog) == 0);
        ::getsockname(descriptor_, reinterpret_cast<struct ::sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
    }
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    ~listener() { ::close(descriptor_); }

    std::uint16_t port() const noexcept { return port_; }

    detail::socket accept() const {
        return detail::socket::adopt(::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    }

private:
    int descriptor_;
    std::uint16_t port_ = 0;
};

struct connected_pair {
    listener server;
    detail::socket client = connect_to_any({loopback(server.port())}, "host", {});
    detail::socket accepted = server.accept();
};

std::string receive_all(const detail::socket& from, std::size_t size) {
    std::string text(size, '?');
    std::size_t done = 0;
    while (done < size) {
        const io_step step = from.receive(std::as_writable_bytes(std::span(text)).subspan(done));
        if (step.status == io_status::blocked) {
            from.wait({.readable = true}, steady_time::max());
        } else if (step.status != io_status::done) {
            break;
        }
        done += step.count;
    }
    text.resize(done);
    return text;
}

void send_all(const detail::socket& to, std::string_view text) {
    while (!text.empty()) {
        const pieces one{bytes_of(text)};
        const io_step step = to.send(one, false);
        if (step.status == io_status::blocked) to.wait({.writable = true}, steady_time::max());
        if (step.status == io_status::lost) return;
        text.remove_prefix(step.count);
    }
}

}  // namespace

TEST_CASE("bytes go both ways, gathered") {
    const connected_pair pair;
    const pieces parts{bytes_of("one "), bytes_of(""), bytes_of("two "), bytes_of("three")};
    CHECK(pair.client.send(parts, false).count == 13);
    CHECK(receive_all(pair.accepted, 13) == "one two three");
    send_all(pair.accepted, "back");
    CHECK(receive_all(pair.client, 4) == "back");
}

TEST_CASE("more pieces than one call takes are sent as far as they go") {
    const connected_pair pair;
    const pieces many(100, bytes_of("x"));
    const io_step step = pair.client.send(many, false);
    REQUIRE(step.status == io_status::done);
    CHECK(step.count >= 1);
    CHECK(step.count <= 100);
}

TEST_CASE("a call that would wait says so") {
    const connected_pair pair;
    std::byte one{};
    CHECK(pair.client.receive({&one, 1}).status == io_status::blocked);
    const readiness early = pair.client.wait({.readable = true, .writable = true}, steady_time::max());
    CHECK(!early.readable);
    CHECK(early.writable);
    const readiness none = pair.client.wait({.readable = true}, std::chrono::steady_clock::now() + 1ms);
    CHECK(!none.readable);
    const std::string much(1 << 20, 'x');
    const pieces block{bytes_of(much)};
    io_step step;
    while ((step = pair.client.send(block, false)).status == io_status::done) {
    }
    CHECK(step.status == io_status::blocked);
}

TEST_CASE("the end of the other side is told") {
    connected_pair pair;
    pair.accepted = {};
    std::byte one{};
    CHECK(pair.client.wait({.readable = true}, steady_time::max()).readable);
    CHECK(pair.client.receive({&one, 1}).status == io_status::ended);
}

TEST_CASE("a broken connection raises no signal, whatever is sent over it") {
    connected_pair pair;
    const temp_directory directory;
    const auto path = directory.path() / "file";
    std::ofstream(path) << std::string(100'000, 'x');
    const file source = file::open_read(path);
    struct ::sigaction before {};
    REQUIRE(::sigaction(SIGPIPE, nullptr, &before) == 0);
    REQUIRE((before.sa_handler == SIG_DFL));  // a signal would end this program
    pair.client.shut_down();
    const pieces parts{bytes_of("x")};
    CHECK(pair.client.send(parts, false).status == io_status::lost);
    CHECK(pair.client.send_file(source, 0, 100'000).status == io_status::lost);
    ::sigset_t pending;
    ::sigpending(&pending);
    CHECK(::sigismember(&pending, SIGPIPE) == 0);
    ::sigset_t blocked;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    CHECK(::sigismember(&blocked, SIGPIPE) == 0);
}

TEST_CASE("a signal that the caller holds back stays pending") {
    connected_pair pair;
    const temp_directory directory;
    const auto path = directory.path() / "file";
    std::ofstream(path) << std::string(1000, 'x');
    const file source = file::open_read(path);
    ::sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, SIGPIPE);
    ::sigset_t before;
    ::pthread_sigmask(SIG_BLOCK, &only, &before);
    ::raise(SIGPIPE);
    pair.client.shut_down();
    CHECK(pair.client.send_file(source, 0, 1000).status == io_status::lost);
    ::sigset_t pending;
    ::sigpending(&pending);
    CHECK(::sigismember(&pending, SIGPIPE) == 1);
    const struct ::timespec at_once {};
    CHECK(::sigtimedwait(&only, nullptr, &at_once) == SIGPIPE);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("a part of a file is sent, and its end is told") {
    const connected_pair pair;
    const temp_directory directory;
    const auto path = directory.path() / "file";
    std::ofstream(path) << "0123456789";
    const file source = file::open_read(path);
    CHECK(pair.client.send_file(source, 2, 5).count == 5);
    CHECK(receive_all(pair.accepted, 5) == "23456");
    CHECK(pair.client.send_file(source, 8, 5).count == 2);
    CHECK(pair.client.send_file(source, 10, 5).status == io_status::ended);
}

#if defined(__linux__)
TEST_CASE("a file that can't be read is not taken for a broken connection") {
    const connected_pair pair;
    const temp_directory directory;
    const auto path = directory.path() / "file";
    std::ofstream(path) << "0123456789";
    const file closed_to_reading = file::adopt(::open(path.c_str(), O_WRONLY | O_CLOEXEC), path);
    CHECK(pair.client.send_file(closed_to_reading, 0, 10).status == io_status::unsupported);
    testing_support::run_refused(SYS_sendfile, EIO, [&] {
        CHECK(pair.client.send_file(file::open_read(path), 0, 10).status == io_status::unsupported);
    });
}
#endif

TEST_CASE("bytes move from a socket into a file at an offset") {
    const connected_pair pair;
    const temp_directory directory;
    std::string text;
    for (int i = 0; i < 500'000; ++i) text += std::to_string(i);
    std::thread sender([&] { send_all(pair.accepted, text); });
    const file target = file::create_new(directory.path() / "file");
    socket_to_file mover;
    std::uint64_t done = 0;
    while (done < text.size()) {
        const io_step step = mover.move(pair.client, target, 3 + done, text.size() - done);
        REQUIRE((step.status == io_status::done || step.status == io_status::blocked));
        if (step.status == io_status::blocked) pair.client.wait({.readable = true}, steady_time::max());
        done += step.count;
    }
    sender.join();
    CHECK((read_file(target.path()) == std::string(3, '\0') + text));
    CHECK(mover.move(pair.client, target, 0, 1).status == io_status::blocked);
    pair.accepted.shut_down();
    pair.client.wait({.readable = true}, steady_time::max());
    CHECK(mover.move(pair.client, target, 0, 1).status == io_status::ended);
}

TEST_CASE("a file's turn is taken while it is written, and not while nothing has arrived") {
    const connected_pair pair;
    const temp_directory directory;
    const file target = file::create_new(directory.path() / "file");
    socket_to_file mover;
    std::mutex turn;
    {
        const std::scoped_lock other(turn);
        CHECK(mover.move(pair.client, target, 0, 3, &turn).status == io_status::blocked);
    }
    send_all(pair.accepted, "abc");
    std::unique_lock other(turn);
    std::thread mine([&] { CHECK(mover.move(pair.client, target, 0, 3, &turn).count == 3); });
    while (pair.client.wait({.readable = true}, std::chrono::steady_clock::now()).readable) std::this_thread::yield();
    CHECK(read_file(target.path()).empty());  // it has left the socket and waits for its turn
    other.unlock();
    mine.join();
    CHECK(read_file(target.path()) == "abc");
    CHECK(turn.try_lock());
    turn.unlock();
}

TEST_CASE("a file that takes no bytes from a pipe gets them by hand") {
    const connected_pair pair;
    const temp_directory directory;
    const auto path = directory.path() / "file";
    const file target = file::adopt(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600), path);
    const std::string text(100'000, 'x');
    std::thread sender([&] { send_all(pair.accepted, text); });
    socket_to_file mover;
    std::uint64_t done = 0;
    while (done < text.size()) {
        const io_step step = mover.move(pair.client, target, done, text.size() - done);
        if (step.status == io_status::blocked) pair.client.wait({.readable = true}, steady_time::max());
        done += step.count;
    }
    sender.join();
    CHECK(read_file(path).size() == text.size());
}

TEST_CASE("a file that can't be written is reported as such") {
    const connected_pair pair;
    const temp_directory directory;
    const auto path = directory.path() / "file";
    std::ofstream(path) << "x";
    const file target = file::open_read(path);
    send_all(pair.accepted, "bytes");
    pair.client.wait({.readable = true}, steady_time::max());
    socket_to_file mover;
    CHECK(failure_of([&] { mover.move(pair.client, target, 0, 5); }) == errc::io_failure);
}

TEST_CASE("shutting down wakes who waits") {
    const connected_pair pair;
    std::latch waiting(1);
    std::thread waker([&] {
        waiting.wait();
        pair.client.shut_down();
    });
    waiting.count_down();
    CHECK(pair.client.wait({.readable = true}, steady_time::max()).readable);
    waker.join();
}

TEST_CASE("an address in digits is its own") {
    const auto four = look_up("127.0.0.1", 80, {});
    REQUIRE(four.size() == 1);
    CHECK(four[0].bytes == loopback(80).bytes);
    CHECK(look_up("::1", 80, {}).size() == 1);
    CHECK(!look_up("localhost", 80, {}).empty());
}

TEST_CASE("a name that no one knows is unavailable") {
    CHECK(failure_of([] { look_up("no such name", 80, {}); }) == errc::unavailable);
}

TEST_CASE("a look-up that hangs is left behind") {
    std::latch never(1);
    std::latch over(2);
    const auto hang = [&]() -> std::vector<network_address> {
        never.wait();
        over.count_down();
        return {};
    };
    CHECK(failure_of([&] { await_look_up(hang, "host", {.deadline = std::chrono::steady_clock::now() + 10ms}); }) ==
          errc::timed_out);
    std::stop_source stop;
    std::thread stopper([&] { stop.request_stop(); });
    CHECK(failure_of([&] { await_look_up(hang, "host", {.stop = stop.get_token()}); }) == errc::cancelled);
    stopper.join();
    never.count_down();
    over.wait();  // the threads use what is on this stack
}

TEST_CASE("a look-up passes on what it finds and how it fails") {
    const auto found = await_look_up([] { return std::vector{loopback(1), loopback(2)}; }, "host", {});
    CHECK(found.size() == 2);
    const auto fail = []() -> std::vector<network_address> { throw error(errc::unavailable, "connect", "host", "x"); };
    CHECK(failure_of([&] { await_look_up(fail, "host", {}); }) == errc::unavailable);
}

TEST_CASE("the next address is tried when one refuses") {
    const listener server;
    const std::uint16_t gone = listener().port();
    const detail::socket there = connect_to_any({loopback(gone), loopback(server.port())}, "host", {});
    CHECK(there);
    CHECK(server.accept());
    CHECK(failure_of([&] { connect_to_any({loopback(gone), loopback(gone)}, "host", {}); }) == errc::unavailable);
    CHECK(failure_of([&] { connect_to_any({}, "host", {}); }) == errc::unavailable);
}

namespace {

// A port whose queue is full, so that connections to it stay half open.
class deaf_port {
public:
    deaf_port() {
        for (;;) {
            const wait_limits brief{.deadline = std::chrono::steady_clock::now() + 50ms};
            try {
                waiting_.push_back(connect_to_any({address()}, "host", brief));
            } catch (const error&) {
                return;
            }
        }
    }
    network_address address() const { return loopback(listener_.port()); }

private:
    listener listener_{0};
    std::vector<detail::socket> waiting_;
};

}  // namespace

TEST_CASE("an address that stays silent does not hold up the next") {
    const deaf_port silent;
    const listener server;
    CHECK(connect_to_any({silent.address(), loopback(server.port())}, "host", {}));
}

#if defined(__linux__)
TEST_CASE("an interrupted attempt is not taken for a connection") {
    const listener server;
    testing_support::run_refused(SYS_connect, EINTR, [&] {
        CHECK(failure_of([&] { connect_to_any({loopback(server.port())}, "host", {}); }) == errc::unavailable);
    });
}
#endif

TEST_CASE("connecting ends at its deadline and when asked to stop") {
    const deaf_port silent;
    const auto soon = std::chrono::steady_clock::now() + 20ms;
    CHECK(failure_of([&] { connect_to_any({silent.address()}, "host", {.deadline = soon}); }) == errc::timed_out);
    std::stop_source stop;
    std::thread stopper([&] { stop.request_stop(); });
    CHECK(failure_of([&] { connect_to_any({silent.address()}, "host", {.stop = stop.get_token()}); }) ==
          errc::cancelled);
    stopper.join();
    CHECK(failure_of([&] { connect_to_any({silent.address()}, "host", {.stop = stop.get_token()}); }) ==
          errc::cancelled);
}
