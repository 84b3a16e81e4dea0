#include <holdfast/storage/s3/upload.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/secret.hpp>
#include <holdfast/detail/copy_bytes.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/operations.hpp>
#include <holdfast/storage/s3.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/fake_s3.hpp>
#include <tests/support/s3_options.hpp>

using namespace holdfast;
using testing_support::fail_at_every_request;
using testing_support::failure_of;
using testing_support::fake_s3;
using testing_support::options_for;

namespace {

constexpr std::size_t part = 5U << 20;
const object_key key{"dir/key"};

std::string random_text(std::size_t size, unsigned seed = 1) {
    std::mt19937_64 random(seed);
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
}

const std::string& large_text() {
    static const std::string text = random_text(3 * part + 1000);
    return text;
}

byte_source view(const std::string& text) {
    return byte_source::from_view(std::as_bytes(std::span(text)));
}

std::size_t count(const fake_s3& server, std::string_view method, std::string_view in_target = "") {
    return static_cast<std::size_t>(std::ranges::count_if(server.state().requests, [&](const http::request& one) {
        return one.method == method && one.target.find(in_target) != std::string::npos;
    }));
}

std::size_t count_parts(const fake_s3& server) {
    return count(server, "PUT", "partNumber=");
}

void clear(const fake_s3& server) {
    server.state().objects.clear();
    server.state().uploads.clear();
    server.state().requests.clear();
}

bool holds(const fake_s3& server, const std::string& content) {
    const auto found = server.state().objects.find("dir/key");
    return found != server.state().objects.end() && found->second.content == content;
}

s3_options checked_options(http::any_transport transport) {
    s3_options options = options_for(std::move(transport));
    options.integrity = s3_integrity::crc32c;
    return options;
}

/// Refuses every request from the given one on, as for a process that was killed: nothing is cleaned up.
http::any_transport dead_after(const fake_s3& server, std::size_t requests) {
    return [server, left = std::make_shared<std::atomic<std::size_t>>(requests)](
               const http::request& message, const http::exchange_options& options) {
        std::size_t seen = left->load();
        while (seen > 0 && !left->compare_exchange_weak(seen, seen - 1)) {
        }
        if (seen == 0) throw error(errc::unavailable, "send", "", "the script is dead");
        return server(message, options);
    };
}

/// Passes requests on, but answers those of one kind itself.
http::any_transport answering(const http::any_transport& server, std::string method, std::string in_target,
                              const http::response& answer) {
    return [=](const http::request& message, const http::exchange_options& options) {
        const bool is_meant = message.method == method && message.target.find(in_target) != std::string::npos;
        return is_meant ? testing_support::deliver(answer, options) : server(message, options);
    };
}

/// An upload of the key that another writer began just now.
void begin_elsewhere(const fake_s3& server) {
    server.state().uploads["stranger"] = {.key = "dir/key", .initiated = server.state().now};
}

/// Whether it is still there, and nobody else wrote to it.
bool is_left_alone(const fake_s3& server) {
    const auto found = server.state().uploads.find("stranger");
    return found != server.state().uploads.end() && found->second.parts.empty();
}

}  // namespace

TEST_CASE("parts are as large as asked for, larger where 10,000 would not do, and whole MiB") {
    const auto plan = [](std::uint64_t size, std::uint64_t wanted) { return s3::plan_parts("put", key, size, wanted); };
    constexpr std::uint64_t mib = 1U << 20;
    constexpr std::uint64_t gib = 1U << 30;
    CHECK(plan(100 * mib, 16 * mib).part_size == 16 * mib);
    CHECK(plan(100 * mib, 16 * mib).count() == 7);
    CHECK(plan(112 * mib, 16 * mib).count() == 7);
    CHECK(plan(100 * mib, 16 * mib + 1).part_size == 17 * mib);
    CHECK(plan(160'000 * mib, 16 * mib).part_size == 16 * mib);
    CHECK(plan(160'000 * mib + 1, 16 * mib).part_size == 17 * mib);
    CHECK(plan(160'000 * mib + 1, 16 * mib).count() <= 10'000);
    CHECK(plan(50'000 * gib, 16 * mib).part_size == 5 * gib);
    CHECK(failure_of([&] { plan(50'000 * gib + 1, 16 * mib); }) == errc::too_large);
}

TEST_CASE("requests of a put") {
    const fake_s3 server;
    const s3_storage store("s3://bucket", checked_options(server));

    SUBCASE("up to two parts: one") {
        CHECK(store.put(key, byte_source{}).size == 0);
        CHECK(server.request_count() == 1);
        const std::string text = random_text(2 * part);
        const object_info info = store.put(key, view(text), {.digest = true});
        CHECK(server.request_count() == 2);
        CHECK(holds(server, text));
        CHECK(info.size == text.size());
        CHECK(info.etag == server.state().objects["dir/key"].etag);
        CHECK(info.modified == server.state().now);
        CHECK(info.crc32c == server.state().objects["dir/key"].crc32c);
    }
    SUBCASE("beyond: a look for an unfinished upload, a beginning, the parts, an end") {
        const object_info info = store.put(key, view(large_text()), {.digest = true});
        CHECK(holds(server, large_text()));
        CHECK(info.crc32c == detail::crc32c(0, std::as_bytes(std::span(large_text()))));
        CHECK(info.etag == server.state().objects["dir/key"].etag);
        CHECK(count(server, "GET", "uploads=") == 1);
        CHECK(count(server, "POST", "uploads=") == 1);
        CHECK(count_parts(server) == 4);
        CHECK(server.request_count() == 7);
        CHECK(server.state().uploads.empty());
    }
    SUBCASE("no digest where none was asked for") {
        CHECK_FALSE(store.put(key, byte_source::from_text("x")).crc32c);
        CHECK_FALSE(store.put(key, view(large_text())).crc32c);
    }
}

TEST_CASE("what proves a body") {
    const fake_s3 server;
    s3_options options = options_for(server);
    const auto sent = [&](s3_integrity integrity) {
        options.integrity = integrity;
        s3_storage("s3://bucket", options).put(key, byte_source::from_text("content"));
        return server.state().requests.back().headers;
    };
    const auto value = [](const http::fields& fields, std::string_view name) {
        const std::string* found = fields.find(name);
        return found != nullptr ? *found : "none";
    };
    const auto none = sent(s3_integrity::none);
    CHECK(value(none, "x-amz-content-sha256") == "UNSIGNED-PAYLOAD");
    CHECK(value(none, "x-amz-checksum-crc32c") == "none");
    const auto crc32c = sent(s3_integrity::crc32c);
    CHECK(value(crc32c, "x-amz-content-sha256") == "UNSIGNED-PAYLOAD");
    CHECK(value(crc32c, "x-amz-checksum-crc32c") ==
          s3::render_crc32c(detail::crc32c(0, std::as_bytes(std::span("content", 7)))));
    const auto sha256 = sent(s3_integrity::sha256);
    CHECK(value(sha256, "x-amz-content-sha256") == "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73");
    CHECK(value(sha256, "x-amz-checksum-crc32c") == "none");
}

TEST_CASE("files are sent as they are, and not where they change") {
    const detail::temp_directory scratch;
    const auto path = scratch.path() / "file";
    const fake_s3 server;
    const s3_storage store("s3://bucket", options_for(server));
    for (const std::size_t size : {std::size_t{10}, std::size_t{300'000}, 3 * part}) {
        const std::string text = random_text(size, 5);
        std::ofstream(path, std::ios::binary) << text;
        store.put(key, byte_source::from_file(path), {.digest = true});
        CHECK(holds(server, text));
        const auto source = byte_source::from_file(path);
        std::ofstream(path, std::ios::app) << "more";
        CHECK(failure_of([&] { store.put(object_key("changed"), source); }) == errc::precondition_failed);
        CHECK_FALSE(server.state().objects.contains("changed"));
        CHECK(server.state().uploads.empty());
    }
}

TEST_CASE("the network fails once, at any request of a put") {
    for (const bool reaches_server : {false, true}) {
        CAPTURE(reaches_server);
        const fake_s3 server;
        const auto store_over = [](const http::any_transport& transport) {
            return s3_storage("s3://bucket", checked_options(transport));
        };
        const auto check = [&](const std::string& text, const auto& put) {
            return fail_at_every_request(server, reaches_server, [&](const http::any_transport& transport) {
                clear(server);
                CHECK(put(store_over(transport)));
                CHECK(holds(server, text));
                CHECK(server.state().uploads.empty());
            });
        };
        SUBCASE("small") {
            const auto put = [](const s3_storage& s) { return s.put(key, byte_source::from_text("small")).size == 5; };
            CHECK(check("small", put) == 1);
        }
        SUBCASE("large") {
            const auto put = [](const s3_storage& s) { return s.put(key, view(large_text())).size > part; };
            CHECK(check(large_text(), put) == 7);
        }
        SUBCASE("create only") {
            const auto source = byte_source::from_text("new");
            CHECK(check("new", [&](const s3_storage& s) { return s.put_if_absent(key, source); }) == 1);
        }
        SUBCASE("create only, large") {
            const auto put = [](const s3_storage& s) { return s.put_if_absent(key, view(large_text())); };
            CHECK(check(large_text(), put) == 9);
        }
        SUBCASE("compare and swap") {
            const auto put = [&](const s3_storage& s) {
                const std::string etag = s3_storage("s3://bucket", options_for(server)).put(key, byte_source{}).etag;
                return s.put_if_match(key, byte_source::from_text("later"), etag);
            };
            CHECK(check("later", put) == 1);
        }
        SUBCASE("a stream") {
            const auto put = [](const s3_storage& s) {
                std::size_t done = 0;
                const byte_stream stream = [&](std::span<std::byte> buffer) {
                    const std::size_t size = std::min(buffer.size(), large_text().size() - done);
                    detail::copy_bytes(std::as_bytes(std::span(large_text())).subspan(done, size), buffer);
                    done += size;
                    return size;
                };
                return s.put_stream(key, stream).size == large_text().size();
            };
            CHECK(check(large_text(), put) == 7);
        }
    }
}

TEST_CASE("the network is gone from any request on: nothing half is visible") {
    for (std::size_t alive = 0; alive < 7; ++alive) {
        CAPTURE(alive);
        const fake_s3 server;
        const s3_storage store("s3://bucket", options_for(dead_after(server, alive)));
        CHECK(failure_of([&] { store.put(key, view(large_text())); }) == errc::unavailable);
        CHECK(server.state().objects.empty());
    }
}

TEST_CASE("an upload that a killed process left is continued") {
    const fake_s3 server;
    s3_options dying = checked_options(dead_after(server, 4));
    dying.connections = 1;
    CHECK(failure_of([&] { s3_storage("s3://bucket", dying).put(key, view(large_text())); }) == errc::unavailable);
    REQUIRE(server.state().uploads.size() == 1);
    CHECK(server.state().uploads.begin()->second.parts.size() == 2);
    server.state().requests.clear();
    s3_options options = checked_options(server);

    SUBCASE("by the parts that match") {
        CHECK(s3_storage("s3://bucket", options).put(key, view(large_text()), {.digest = true}).crc32c);
        CHECK(count_parts(server) == 2);
        CHECK(count(server, "POST", "uploads=") == 0);
        CHECK(holds(server, large_text()));
    }
    SUBCASE("by their MD5 where there is no checksum") {
        for (auto& [number, one] : server.state().uploads.begin()->second.parts) one.crc32c.reset();
        server.state().uploads.begin()->second.has_checksums = false;
        options.integrity = s3_integrity::sha256;
        s3_storage("s3://bucket", options).put(key, view(large_text()));
        CHECK(count_parts(server) == 2);
        CHECK(holds(server, large_text()));
    }
    SUBCASE("with parts that were sent for other bytes sent anew") {
        const std::string other = large_text().substr(0, part) + random_text(2 * part + 1000, 9);
        s3_storage("s3://bucket", options).put(key, view(other));
        CHECK(count_parts(server) == 3);
        CHECK(holds(server, other));
    }
    SUBCASE("also by a create-only put") {
        CHECK(s3_storage("s3://bucket", options).put_if_absent(key, view(large_text())));
        CHECK(count_parts(server) == 2);
        CHECK(holds(server, large_text()));
    }
    SUBCASE("not of another key") {
        s3_storage("s3://bucket", options).put(object_key("dir/key2"), view(large_text()));
        CHECK(count_parts(server) == 4);
        CHECK(server.state().uploads.size() == 1);
    }
    SUBCASE("not where it isn't wanted") {
        options.resume = false;
        s3_storage("s3://bucket", options).put(key, view(large_text()));
        CHECK(count_parts(server) == 4);
        CHECK(server.state().uploads.size() == 1);
    }
    SUBCASE("not where it may lack what the options ask for") {
        SUBCASE("encryption") {
            options.server_side_encryption = "AES256";
        }
        SUBCASE("a key of encryption") {
            options.kms_key_id = "key";
        }
        SUBCASE("a storage class") {
            options.storage_class = "STANDARD_IA";
        }
        s3_storage("s3://bucket", options).put(key, view(large_text()));
        CHECK(count_parts(server) == 4);
        CHECK(count(server, "POST", "uploads=") == 1);
        CHECK(server.state().uploads.size() == 1);
    }
    SUBCASE("or begun anew where the server finds fault with its parts") {
        for (auto& [number, one] : server.state().uploads.begin()->second.parts) one.crc32c.reset();
        s3_options plain = options;
        plain.integrity = s3_integrity::none;
        s3_storage("s3://bucket", plain).put(key, view(large_text()));
        CHECK(holds(server, large_text()));
        CHECK(server.state().uploads.empty());
    }
    SUBCASE("or begun anew where nobody tells its parts") {
        http::response portal;
        portal.status = 200;
        portal.text = "<html>sign in</html>";
        const auto parts_answered = [&](const http::response& answer) {
            return answering(server, "GET", "uploadId=", answer);
        };
        SUBCASE("to these credentials") {
            options.custom_transport = parts_answered(fake_s3::failure(403, "AccessDenied"));
        }
        SUBCASE("at all") {
            options.custom_transport = parts_answered(fake_s3::failure(501, "NotImplemented"));
        }
        SUBCASE("in an answer that can be read") {
            options.custom_transport = parts_answered(portal);
        }
        s3_storage("s3://bucket", options).put(key, view(large_text()));
        CHECK(holds(server, large_text()));
        CHECK(server.state().uploads.empty());
    }
    SUBCASE("or begun anew beside it where it may be neither read nor aborted") {
        const auto denied = fake_s3::failure(403, "AccessDenied");
        options.custom_transport = answering(answering(server, "GET", "uploadId=", denied), "DELETE", "", denied);
        s3_storage("s3://bucket", options).put(key, view(large_text()));
        CHECK(holds(server, large_text()));
        CHECK(server.state().uploads.size() == 1);
    }
    SUBCASE("or cleaned away when it is old") {
        const s3_storage store("s3://bucket", options);
        server.state().now += std::chrono::hours(2);
        CHECK(store.clean_unfinished("", std::chrono::seconds::max()) == 0);
        CHECK(store.clean_unfinished("dir", std::chrono::hours(3)) == 0);
        CHECK(store.clean_unfinished("di", std::chrono::hours(1)) == 0);
        CHECK(store.clean_unfinished("", std::chrono::hours(1)) == 1);
        CHECK(server.state().uploads.empty());
    }
    SUBCASE("or cleaned away at once, where the server's Date is earlier than its beginning") {
        const s3_storage store("s3://bucket", options);
        server.state().now -= std::chrono::seconds(1);
        CHECK(store.clean_unfinished("", std::chrono::seconds(1)) == 0);
        CHECK(store.clean_unfinished("", std::chrono::seconds(0)) == 1);
        CHECK(server.state().uploads.empty());
    }
}

TEST_CASE("an old upload that may not be aborted keeps no other from it, and is an error in the end") {
    const fake_s3 server;
    for (const std::string name : {"a", "b", "c"}) {
        server.state().uploads["id-" + name] = {.key = name, .initiated = server.state().now};
    }
    server.state().now += std::chrono::hours(2);
    const auto refusing = answering(server, "DELETE", "/a?", fake_s3::failure(403, "AccessDenied"));
    const s3_storage store("s3://bucket", options_for(refusing));
    CHECK(failure_of([&] { store.clean_unfinished(std::chrono::hours(1)); }) == errc::access_denied);
    CHECK(server.state().uploads.size() == 1);
    CHECK(server.state().uploads.contains("id-a"));
}

TEST_CASE("credentials that expire during a large upload are replaced, and no part is lost") {
    const fake_s3 server;
    const auto session = std::make_shared<std::atomic<int>>(1);  // of which the server knows the credentials
    const auto refusals = std::make_shared<std::atomic<int>>(0);
    const auto expiring = [=](const http::request& message, const http::exchange_options& options) {
        const auto wanted = "Credential=SESSION" + std::to_string(session->load()) + '/';
        if (message.headers.find("Authorization")->find(wanted) == std::string::npos) {
            ++*refusals;
            return testing_support::deliver(fake_s3::failure(400, "ExpiredToken"), options);
        }
        auto answer = server(message, options);
        if (message.target.find("partNumber=2") != std::string::npos) *session = 2;  // a part later, these are over
        return answer;
    };
    s3_options options = checked_options(expiring);
    options.connections = 1;
    // as a source that learns of the end by the refusal alone
    options.provider = [=] {
        const int own = *refusals > 0 ? 2 : 1;
        return std::optional(auth::aws_credentials{.access_key_id = "SESSION" + std::to_string(own),
                                                   .secret_access_key = secret("x"),
                                                   .session_token = secret("token" + std::to_string(own))});
    };
    s3_storage("s3://bucket", options).put(key, view(large_text()));
    CHECK(holds(server, large_text()));
    CHECK(*refusals == 1);
    CHECK(count_parts(server) == 4);
    CHECK(server.state().uploads.empty());
}

TEST_CASE("a server that lists no uploads still takes them") {
    const fake_s3 server;
    const auto without_lists = answering(server, "GET", "uploads=", fake_s3::failure(403, "AccessDenied"));
    s3_storage("s3://bucket", options_for(without_lists)).put(key, view(large_text()));
    CHECK(holds(server, large_text()));
}

TEST_CASE("an upload that another program ends is begun anew") {
    const fake_s3 server;
    const auto ended = std::make_shared<std::atomic<bool>>(false);
    const auto with_rival = [=](const http::request& message, const http::exchange_options& options) {
        const bool is_part = message.target.find("partNumber=3") != std::string::npos;
        if (is_part && !ended->exchange(true)) {
            const std::scoped_lock lock(server.state().mutex);
            server.state().uploads.clear();
        }
        return server(message, options);
    };
    s3_storage("s3://bucket", options_for(with_rival)).put(key, view(large_text()));
    CHECK(holds(server, large_text()));
    CHECK(server.state().uploads.empty());
}

TEST_CASE("stopping an upload ends it and leaves nothing") {
    const fake_s3 server;
    std::stop_source stop;
    const auto stopping = [&](const http::request& message, const http::exchange_options& options) {
        if (message.target.find("partNumber=2") != std::string::npos) stop.request_stop();
        if (options.stop.stop_requested()) throw error(errc::cancelled, "send", "", "stopped");
        return server(message, options);
    };
    const s3_storage store("s3://bucket", options_for(stopping));
    CHECK(failure_of([&] { store.put(key, view(large_text()), {.stop = stop.get_token()}); }) == errc::cancelled);
    CHECK(server.state().objects.empty());
    CHECK(server.state().uploads.empty());
}

TEST_CASE("an upload that another writer has just begun is neither taken over nor aborted") {
    const fake_s3 server;
    begin_elsewhere(server);
    std::stop_source stop;
    bool is_first = true;
    std::function<http::response(const http::exchange_options&)> meet;
    const auto meeting = [&](const http::request& message, const http::exchange_options& options) {
        const bool begins = message.method == "POST" && message.target.find("uploads=") != std::string::npos;
        return begins && std::exchange(is_first, false) ? meet(options) : server(message, options);
    };
    s3_options options = options_for(meeting);
    options.resume = false;
    const s3_storage store("s3://bucket", options);
    const auto put = [&] { store.put(key, view(large_text()), {.stop = stop.get_token()}); };
    SUBCASE("by a put that is stopped before it begins its own") {
        meet = [&](const http::exchange_options&) -> http::response {
            stop.request_stop();
            throw error(errc::cancelled, "send", "", "stopped");
        };
        CHECK(failure_of(put) == errc::cancelled);
    }
    SUBCASE("by a put that is stopped while it begins its own") {
        meet = [&](const http::exchange_options& how) -> http::response {
            how.state->sent = true;
            stop.request_stop();
            throw error(errc::cancelled, "send", "", "stopped");
        };
        CHECK(failure_of(put) == errc::cancelled);
    }
    SUBCASE("by a put whose first request to begin is refused for now") {
        meet = [](const http::exchange_options& how) {
            return testing_support::deliver(fake_s3::failure(503, "SlowDown"), how);
        };
        put();
        CHECK(holds(server, large_text()));
    }
    SUBCASE("by a put whose first request to begin is lost") {
        meet = [](const http::exchange_options& how) -> http::response {
            how.state->sent = true;
            throw error(errc::unavailable, "send", "", "cut");
        };
        put();
        CHECK(holds(server, large_text()));
    }
    CHECK(is_left_alone(server));
}

TEST_CASE("an upload that is stopped while it begins is aborted") {
    const fake_s3 server;
    std::stop_source stop;
    const auto stopping = [&](const http::request& message, const http::exchange_options& options) {
        const http::response answer = server(message, options);
        if (message.method != "POST") return answer;
        stop.request_stop();
        throw error(errc::cancelled, "send", "", "stopped");
    };
    const s3_storage store("s3://bucket", options_for(stopping));
    CHECK(failure_of([&] { store.put(key, view(large_text()), {.stop = stop.get_token()}); }) == errc::cancelled);
    CHECK(count(server, "POST", "uploads=") == 1);
    CHECK(server.state().uploads.empty());
}

TEST_CASE("a part that lands after the abort is freed too") {
    const fake_s3 server;
    std::stop_source stop;
    std::atomic<bool> has_landed = false;
    const auto late = [&](const http::request& message, const http::exchange_options& options) {
        if (message.target.find("partNumber=2") != std::string::npos) stop.request_stop();
        if (options.stop.stop_requested()) throw error(errc::cancelled, "send", "", "stopped");
        if (message.method != "DELETE" || has_landed.exchange(true)) return server(message, options);
        const auto under_way = server.state().uploads;  // no request but this one is sent now
        http::response answer = server(message, options);
        server.state().uploads = under_way;
        return answer;
    };
    const s3_storage store("s3://bucket", options_for(late));
    CHECK(failure_of([&] { store.put(key, view(large_text()), {.stop = stop.get_token()}); }) == errc::cancelled);
    CHECK(has_landed);
    CHECK(server.state().uploads.empty());
}

TEST_CASE("a create-only put that meets another's object is false, also after a lost answer") {
    const fake_s3 server;
    const auto lose_first = std::make_shared<std::atomic<bool>>(true);
    const auto losing = [=](const http::request& message, const http::exchange_options& options) {
        if (message.method == "PUT" && lose_first->exchange(false)) {
            {
                const std::scoped_lock lock(server.state().mutex);
                server.state().objects["dir/key"] = {.content = "another's", .etag = "\"e\"", .mark = "another"};
            }
            if (options.state != nullptr) options.state->sent = true;
            throw error(errc::unavailable, "send", "", "cut");
        }
        return server(message, options);
    };
    CHECK_FALSE(s3_storage("s3://bucket", options_for(losing)).put_if_absent(key, byte_source::from_text("ours")));
    CHECK(holds(server, "another's"));
}

TEST_CASE("a large conditional put that can't succeed sends nothing") {
    const fake_s3 server;
    const s3_storage store("s3://bucket", options_for(server));
    store.put(key, byte_source::from_text("there"));
    CHECK_FALSE(store.put_if_absent(key, view(large_text())));
    CHECK_FALSE(store.put_if_match(key, view(large_text()), "\"other\""));
    CHECK(count_parts(server) == 0);
    CHECK(store.put_if_match(key, view(large_text()), server.state().objects["dir/key"].etag));
    CHECK(holds(server, large_text()));
}

TEST_CASE("a large conditional put by one who may not read is decided at its end") {
    const fake_s3 server;
    http::response denied;
    denied.status = 403;
    const s3_storage store("s3://bucket", options_for(answering(server, "HEAD", "", denied)));
    CHECK(store.put_if_absent(key, view(large_text())));
    CHECK(holds(server, large_text()));
    const std::string etag = server.state().objects["dir/key"].etag;
    CHECK_FALSE(store.put_if_absent(key, view(random_text(large_text().size(), 3))));
    CHECK_FALSE(store.put_if_match(key, view(random_text(large_text().size(), 3)), "\"other\""));
    CHECK(holds(server, large_text()));
    CHECK(store.put_if_match(key, view(large_text()), etag));
    CHECK(server.state().uploads.empty());
}

TEST_CASE("a conflict of two writers is tried again") {
    const fake_s3 server;
    const auto conflicts = std::make_shared<std::atomic<int>>(1);
    const auto conflicting = [=](const http::request& message, const http::exchange_options& options) {
        const bool commits = message.headers.find("If-None-Match") != nullptr;
        if (commits && conflicts->fetch_sub(1) > 0) {
            return testing_support::deliver(fake_s3::failure(409, "ConditionalRequestConflict"), options);
        }
        return server(message, options);
    };
    const s3_storage store("s3://bucket", options_for(conflicting));
    SUBCASE("one request") {
        CHECK(store.put_if_absent(key, byte_source::from_text("x")));
        CHECK(holds(server, "x"));
    }
    SUBCASE("an upload, from its beginning") {
        CHECK(store.put_if_absent(key, view(large_text())));
        CHECK(holds(server, large_text()));
        CHECK(count(server, "POST", "uploads=") == 2);
        CHECK(server.state().uploads.empty());
    }
}

TEST_CASE("an error inside a 200 is no success") {
    const fake_s3 server;
    const auto failures = std::make_shared<std::atomic<int>>(1);
    const auto failing = [=](const http::request& message, const http::exchange_options& options) {
        const bool completes = message.method == "POST" && message.target.find("uploadId=") != std::string::npos;
        if (completes && failures->fetch_sub(1) > 0) {
            return testing_support::deliver(fake_s3::failure(200, "InternalError"), options);
        }
        return server(message, options);
    };
    const s3_storage store("s3://bucket", options_for(failing));
    SUBCASE("and is tried again") {
        store.put(key, view(large_text()));
        CHECK(holds(server, large_text()));
    }
    SUBCASE("and fails where it stays") {
        failures->store(1000);
        CHECK(failure_of([&] { store.put(key, view(large_text())); }) == errc::unavailable);
        CHECK(server.state().objects.empty());
        CHECK(server.state().uploads.empty());
    }
}

TEST_CASE("what is generated is sent in one request and in parts") {
    const fake_s3 server;
    for (const std::size_t size : {std::size_t{1000}, 2 * part, large_text().size()}) {
        CAPTURE(size);
        const auto source = byte_source::from_generator(size, [](std::uint64_t offset, std::span<std::byte> buffer) {
            detail::copy_bytes(std::as_bytes(std::span(large_text())).subspan(offset, buffer.size()), buffer);
            return buffer.size();
        });
        const s3_storage store("s3://bucket", checked_options(server));
        const auto info = store.put(key, source, {.digest = true});
        CHECK(holds(server, large_text().substr(0, size)));
        CHECK(info.crc32c == detail::crc32c(0, std::as_bytes(std::span(large_text())).first(size)));
    }
    CHECK(count_parts(server) > 0);
}
