#include <holdfast/auth/aws/refreshing.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <latch>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <tests/support/aws_surroundings.hpp>

using namespace holdfast;
using auth::aws_credentials;
using auth::refreshing_credentials;
using std::chrono::minutes;
using std::chrono::seconds;
using testing_support::error_of;
using testing_support::test_now;

namespace {

// A clock that is set by hand, and a source that numbers what it gives; each lasts one hour.
class world {
public:
    auto clock() {
        return [this] { return test_now() + seconds(second_.load()); };
    }
    void advance(seconds time) { second_ += static_cast<int>(time.count()); }

    std::optional<aws_credentials> ask() {
        const int number = ++asked_;
        if (hook) hook();
        return credentials(number, clock()() + minutes(60));
    }
    static std::optional<aws_credentials> credentials(int number,
                                                      std::optional<std::chrono::system_clock::time_point> end) {
        return aws_credentials{
            .access_key_id = std::to_string(number), .secret_access_key = secret("planted"), .expires = end};
    }
    int asked() const { return asked_; }

    refreshing_credentials provider() {
        return {[this] { return ask(); }, clock()};
    }

    std::function<void()> hook;

private:
    std::atomic<int> second_{0};
    std::atomic<int> asked_{0};
};

std::string key_id(const refreshing_credentials& provider) {
    return provider().value().access_key_id;
}

[[noreturn]] void fail() {
    throw error(errc::unavailable, "ask", "", "the source is down");
}

// Opens once.
class gate {
public:
    void open() {
        const std::lock_guard lock(mutex_);
        is_open_ = true;
        opened_.notify_all();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        opened_.wait(lock, [this] { return is_open_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable opened_;
    bool is_open_ = false;
};

// A source that answers only once it is opened, and tells when it is asked.
class held_source {
public:
    explicit held_source(world& of) {
        of.hook = [this] {
            asked_.count_down();
            gate_.wait();
        };
    }
    void await_question() { asked_.wait(); }
    void open() { gate_.open(); }

private:
    std::latch asked_{1};
    gate gate_;
};

}  // namespace

TEST_CASE("credentials are kept until 15 minutes before their end") {
    world w;
    const auto provider = w.provider();
    CHECK(w.asked() == 0);
    CHECK(key_id(provider) == "1");
    w.advance(minutes(45));
    CHECK(key_id(provider) == "1");
    const auto copy = provider;
    w.advance(seconds(1));
    CHECK(key_id(copy) == "2");
    CHECK(key_id(provider) == "2");
    CHECK(w.asked() == 2);
}

TEST_CASE("what never ends is asked for once") {
    world w;
    int asked = 0;
    const refreshing_credentials provider([&] { return world::credentials(++asked, std::nullopt); }, w.clock());
    CHECK(key_id(provider) == "1");
    w.advance(std::chrono::hours(24 * 365));
    CHECK(key_id(provider) == "1");
    CHECK(asked == 1);
}

TEST_CASE("a source without credentials is asked again each time") {
    world w;
    int asked = 0;
    const refreshing_credentials provider(
        [&] { return ++asked < 3 ? std::nullopt : world::credentials(asked, std::nullopt); }, w.clock());
    CHECK_FALSE(provider());
    CHECK_FALSE(provider());
    CHECK(key_id(provider) == "3");
}

TEST_CASE("where refreshing fails the old ones do until their end, and the source is left alone for a while") {
    world w;
    const auto provider = w.provider();
    CHECK(key_id(provider) == "1");
    w.hook = fail;
    w.advance(minutes(46));
    CHECK(key_id(provider) == "1");
    CHECK(key_id(provider) == "1");
    CHECK(w.asked() == 2);
    w.advance(seconds(10));
    CHECK(key_id(provider) == "1");
    CHECK(w.asked() == 3);
    w.advance(minutes(6));  // mandatory
    CHECK(key_id(provider) == "1");
    CHECK(w.asked() == 4);
    w.advance(minutes(8));  // over
    CHECK(error_of(provider).kind() == errc::unavailable);
    CHECK(error_of(provider).kind() == errc::unavailable);
    CHECK(w.asked() == 6);
    w.hook = nullptr;
    CHECK(key_id(provider) == "7");
}

TEST_CASE("a first failure is reported, and the next call asks again") {
    world w;
    w.hook = fail;
    const auto provider = w.provider();
    CHECK(error_of(provider).kind() == errc::unavailable);
    w.hook = nullptr;
    CHECK(key_id(provider) == "2");
}

TEST_CASE("a source that has none any more is a failure") {
    world w;
    bool is_gone = false;
    const refreshing_credentials provider(
        [&] { return is_gone ? std::nullopt : world::credentials(1, test_now() + minutes(60)); }, w.clock());
    CHECK(key_id(provider) == "1");
    is_gone = true;
    w.advance(minutes(59));
    CHECK(key_id(provider) == "1");
    w.advance(minutes(1));
    CHECK(error_of(provider).kind() == errc::unavailable);
}

TEST_CASE("credentials that are over already are refused, and never replace good ones") {
    world w;
    const refreshing_credentials first([&] { return world::credentials(1, test_now()); }, w.clock());
    CHECK(error_of(first).kind() == errc::access_denied);

    int asked = 0;
    const refreshing_credentials later(
        [&] {
            ++asked;
            return world::credentials(asked, test_now() + (asked == 1 ? minutes(60) : minutes(10)));
        },
        w.clock());
    CHECK(key_id(later) == "1");
    w.advance(minutes(50));
    CHECK(key_id(later) == "1");
    CHECK(asked == 2);
    w.advance(minutes(10));
    CHECK(error_of(later).kind() == errc::access_denied);
}

TEST_CASE("credentials that last less than 15 minutes are not asked for at each call") {
    world w;
    int asked = 0;
    const refreshing_credentials provider([&] { return world::credentials(++asked, w.clock()() + minutes(5)); },
                                          w.clock());
    CHECK(key_id(provider) == "1");
    CHECK(key_id(provider) == "1");
    w.advance(seconds(10));
    CHECK(key_id(provider) == "2");
}

TEST_CASE("one thread refreshes ahead while others take the old ones") {
    world w;
    const auto provider = w.provider();
    CHECK(key_id(provider) == "1");
    w.advance(minutes(46));
    held_source source(w);
    std::string refreshed;
    std::jthread refresher([&] { refreshed = key_id(provider); });
    source.await_question();
    std::vector<std::string> others(4);
    {
        std::vector<std::jthread> threads;
        for (auto& other : others) threads.emplace_back([&] { other = key_id(provider); });
    }
    for (const auto& other : others) CHECK(other == "1");
    source.open();
    refresher.join();
    CHECK(refreshed == "2");
    CHECK(w.asked() == 2);
}

TEST_CASE("within ten minutes of the end, and for the first ones, everyone waits for one thread") {
    for (const bool is_first : {true, false}) {
        CAPTURE(is_first);
        world w;
        const auto provider = w.provider();
        if (!is_first) {
            CHECK(key_id(provider) == "1");
            w.advance(minutes(51));
        }
        held_source source(w);
        std::atomic<int> answered{0};
        std::vector<std::string> found(5);
        {
            std::vector<std::jthread> threads;
            for (auto& one : found) {
                threads.emplace_back([&] {
                    one = key_id(provider);
                    ++answered;
                });
            }
            source.await_question();
            CHECK(answered == 0);
            source.open();
        }
        for (const auto& one : found) CHECK(one == (is_first ? "1" : "2"));
        CHECK(w.asked() == (is_first ? 1 : 2));
    }
}

TEST_CASE("who is stopped, or out of time, does not wait for a source that hangs, and the source serves later calls") {
    for (const bool is_first : {true, false}) {
        CAPTURE(is_first);
        world w;
        gate source;
        const auto provider = w.provider();
        if (!is_first) CHECK(key_id(provider) == "1");
        w.advance(minutes(is_first ? 0 : 51));
        w.hook = [&] { source.wait(); };
        std::stop_source stop;
        stop.request_stop();
        const auto over = std::chrono::steady_clock::now();
        const auto out_of_time = [&] { return provider({}, over); };
        const auto stopped = [&] { return provider(stop.get_token()); };
        if (is_first) {
            CHECK(error_of(out_of_time).kind() == errc::timed_out);
            CHECK(error_of(stopped).kind() == errc::cancelled);
        } else {
            CHECK(out_of_time().value().access_key_id == "1");
            CHECK(stopped().value().access_key_id == "1");
        }
        source.open();
        CHECK(key_id(provider) == (is_first ? "1" : "2"));
        CHECK(w.asked() == (is_first ? 1 : 2));
    }
}

TEST_CASE("a failure reaches everyone who waits, and a later call asks again") {
    world w;
    const auto provider = w.provider();
    std::latch asking(1);
    gate source;
    w.hook = [&] {
        if (w.asked() > 1) return;
        asking.count_down();
        source.wait();
        fail();
    };
    std::atomic<int> failed{0};
    std::atomic<int> found{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 5; ++i) {
            threads.emplace_back([&] {
                try {
                    provider();
                    ++found;
                } catch (const error&) {
                    ++failed;
                }
            });
        }
        asking.wait();
        source.open();
    }
    CHECK(failed >= 1);
    CHECK(failed + found == 5);
    CHECK(key_id(provider) == "2");
}

TEST_CASE("what was refused is dropped and asked for anew, before its end, and only while it is kept") {
    world w;
    const auto provider = w.provider();
    const auto first = provider().value();
    CHECK(provider.renew(first)->access_key_id == "2");
    CHECK(provider.renew(first)->access_key_id == "2");
    CHECK(key_id(provider) == "2");
    CHECK(w.asked() == 2);
    CHECK(w.provider().renew(first)->access_key_id == "3");
}

TEST_CASE("many who were refused at once make one request, and nobody else goes on with what was refused") {
    world w;
    const auto provider = w.provider();
    const auto refused = provider().value();
    held_source source(w);
    std::vector<std::string> found(5);
    {
        std::vector<std::jthread> threads;
        for (auto& one : found) {
            threads.emplace_back([&] { one = provider.renew(refused).value().access_key_id; });
        }
        source.await_question();
        const auto out_of_time = [&] { provider({}, std::chrono::steady_clock::now()); };
        CHECK(error_of(out_of_time).kind() == errc::timed_out);
        source.open();
    }
    for (const auto& one : found) CHECK(one == "2");
    CHECK(w.asked() == 2);
}

TEST_CASE("what is refused while the source is asked already is dropped, and the source not asked twice") {
    world w;
    const auto provider = w.provider();
    const auto refused = provider().value();
    w.advance(minutes(46));
    held_source source(w);
    std::string refreshed;
    std::jthread refresher([&] { refreshed = key_id(provider); });
    source.await_question();
    const auto over = std::chrono::steady_clock::now();
    CHECK(provider({}, over)->access_key_id == "1");
    CHECK(error_of([&] { provider.renew(refused, {}, over); }).kind() == errc::timed_out);
    CHECK(error_of([&] { provider({}, over); }).kind() == errc::timed_out);
    source.open();
    refresher.join();
    CHECK(refreshed == "2");
    CHECK(provider.renew(refused)->access_key_id == "2");
    CHECK(w.asked() == 2);
}

TEST_CASE("a source that still has what was refused is left alone for a while") {
    world w;
    int asked = 0;
    const refreshing_credentials provider(
        [&] {
            ++asked;
            return world::credentials(1, std::nullopt);
        },
        w.clock());
    const auto refused = provider().value();
    CHECK(provider.renew(refused)->access_key_id == "1");
    CHECK(provider.renew(refused)->access_key_id == "1");
    CHECK(asked == 2);
    w.advance(seconds(10));
    CHECK(provider.renew(refused)->access_key_id == "1");
    CHECK(asked == 3);
}

TEST_CASE("what the source remembers is forgotten where its credentials were refused, and only there") {
    world w;
    int forgotten = 0;
    const refreshing_credentials provider([&] { return w.ask(); }, w.clock(), {}, [&] { ++forgotten; });
    const auto refused = provider().value();
    w.advance(minutes(46));
    CHECK(key_id(provider) == "2");
    CHECK(provider.renew(refused)->access_key_id == "2");
    CHECK(forgotten == 0);
    CHECK(provider.renew(provider().value())->access_key_id == "3");
    CHECK(forgotten == 1);
    w.advance(minutes(46));
    CHECK(key_id(provider) == "4");
    CHECK(forgotten == 1);
}

TEST_CASE("who was refused waits no longer for a source that hangs than the call may last") {
    world w;
    gate source;
    const auto provider = w.provider();
    const auto refused = provider().value();
    w.hook = [&] { source.wait(); };
    std::stop_source stop;
    stop.request_stop();
    const auto over = std::chrono::steady_clock::now();
    CHECK(error_of([&] { provider.renew(refused, {}, over); }).kind() == errc::timed_out);
    CHECK(error_of([&] { provider.renew(refused, stop.get_token()); }).kind() == errc::cancelled);
    source.open();
    CHECK(key_id(provider) == "2");
    CHECK(w.asked() == 2);
}

TEST_CASE("a source that fails after a refusal is asked again by the next call") {
    world w;
    const auto provider = w.provider();
    const auto refused = provider().value();
    w.hook = fail;
    CHECK(error_of([&] { provider.renew(refused); }).kind() == errc::unavailable);
    CHECK(error_of(provider).kind() == errc::unavailable);
    w.hook = nullptr;
    CHECK(key_id(provider) == "4");
}
