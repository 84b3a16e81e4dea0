#include <holdfast/storage/s3/client.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <latch>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/operations.hpp>
#include <holdfast/storage/s3.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/fake_s3.hpp>
#include <tests/support/s3_options.hpp>

using namespace holdfast;
using testing_support::error_of;
using testing_support::fake_s3;
using testing_support::options_for;
using testing_support::scripted_transport;

namespace {

const object_key key{"key"};

http::response answer_of(unsigned status, std::vector<http::fields::field> headers = {}, std::string text = {}) {
    http::response answer;
    answer.status = status;
    for (auto& [name, value] : headers) answer.headers.set(name, value);
    answer.text = std::move(text);
    return answer;
}

http::response found_of(std::string size) {
    return answer_of(200, {{"Content-Length", std::move(size)}, {"ETag", "\"e\""}});
}

std::string error_text(const std::string& code, const std::string& more = {}) {
    return "<Error><Code>" + code + "</Code><Message>said the server</Message>" + more +
           "<RequestId>4442587FB7D0A2F9</RequestId></Error>";
}

std::string header(const http::request& message, std::string_view name) {
    const std::string* value = message.headers.find(name);
    return value != nullptr ? *value : "none";
}

s3_options aws_options(http::any_transport transport) {
    s3_options options = options_for(std::move(transport));
    options.endpoint.clear();
    return options;
}

std::size_t count_to(const scripted_transport& script, std::string_view host) {
    const auto requests = script.requests();
    return static_cast<std::size_t>(
        std::ranges::count_if(requests, [&](const http::request& one) { return one.server.host == host; }));
}

}  // namespace

TEST_CASE("where requests go") {
    const scripted_transport script([](const http::request&) { return found_of("0"); });
    const auto asked = [&](const std::string& url, const std::string& object, s3_options options) {
        s3_storage(url, std::move(options)).head(object_key(object));
        return script.requests().back();
    };
    CHECK(asked("s3://bucket", "k", aws_options(script)).server.host == "bucket.s3.us-east-1.amazonaws.com");
    CHECK(asked("s3://bucket", "k", aws_options(script)).server.tls);
    CHECK(asked("s3://bucket", "a b/c+d%e", aws_options(script)).target == "/a%20b/c%2Bd%25e");
    CHECK(asked("s3://bucket/p/q", "ü", aws_options(script)).target == "/p/q/%C3%BC");
    CHECK(asked("s3://bucket/p", "k", options_for(script)).target == "/bucket/p/k");
    CHECK(asked("s3://bucket/p", "k", options_for(script)).server == http::origin{false, "127.0.0.1", 9});
    s3_options behind = options_for(script);
    behind.endpoint = "https://host/storage/s3/";
    CHECK(asked("s3://bucket/p", "k", behind).target == "/storage/s3/bucket/p/k");
    behind.endpoint = "https://host/a%20b%25";
    CHECK(asked("s3://bucket/p", "k", behind).target == "/a%20b%25/bucket/p/k");
}

TEST_CASE("every attempt is signed, with the credentials of that moment") {
    const scripted_transport script = scripted_transport::in_order({answer_of(503), answer_of(500), found_of("0")});
    s3_options options = options_for(script);
    const auto number = std::make_shared<std::atomic<int>>(0);
    options.provider = [=] {
        return std::optional(auth::aws_credentials{.access_key_id = "KEY" + std::to_string(++*number),
                                                   .secret_access_key = secret("x"),
                                                   .session_token = secret("token")});
    };
    s3_storage("s3://bucket", options).head(key);
    const auto requests = script.requests();
    REQUIRE(requests.size() == 3);
    CHECK(header(requests[0], "Authorization").find("Credential=KEY1/") != std::string::npos);
    CHECK(header(requests[2], "Authorization").find("Credential=KEY3/") != std::string::npos);
    CHECK(header(requests[2], "Authorization").find("/us-east-1/s3/aws4_request") != std::string::npos);
    CHECK(header(requests[2], "x-amz-security-token") == "token");

    SUBCASE("or not at all") {
        const scripted_transport open([](const http::request&) { return found_of("0"); });
        s3_options anonymous = options_for(open);
        anonymous.anonymous = true;
        s3_storage("s3://bucket", anonymous).head(key);
        CHECK(header(open.requests().front(), "Authorization") == "none");
    }
    SUBCASE("and nothing is sent without any") {
        s3_options without = options_for(script);
        without.provider = [] { return std::optional<auth::aws_credentials>(); };
        CHECK(error_of([&] { s3_storage("s3://bucket", without).head(key); })->kind() == errc::access_denied);
        CHECK(script.requests().size() == 3);
    }
}

TEST_CASE("a source of credentials that hangs is awaited no longer than the call may last") {
    std::stop_source stop;
    std::latch asked(1);
    std::latch may_answer(1);
    const scripted_transport script([&](const http::request& message) {
        CHECK(message.server.host == "169.254.170.2");
        stop.request_stop();
        asked.count_down();
        may_answer.wait();
        return answer_of(404);
    });
    s3_options options = options_for(script);
    options.credentials.reset();
    options.surroundings = environment({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/keys"}}, "/", "/nonexistent");
    memory_sink sink;
    SUBCASE("by its deadline") {
        options.deadline = std::chrono::milliseconds(1);
        const s3_storage store("s3://bucket", options);
        CHECK(error_of([&] { store.get(key, sink); })->kind() == errc::timed_out);
        asked.wait();
        may_answer.count_down();
    }
    SUBCASE("by its stop token") {
        const s3_storage store("s3://bucket", options);
        CHECK(error_of([&] { store.get(key, sink, {.stop = stop.get_token()}); })->kind() == errc::cancelled);
        may_answer.count_down();
    }
}

TEST_CASE("asking for credentials takes no connection") {
    const scripted_transport script([](const http::request&) { return found_of("3"); });
    s3_options options = options_for(script);
    options.connections = 1;
    options.deadline = std::chrono::seconds(2);
    std::function<void()> meanwhile;
    options.provider = [&, keys = *options.credentials] {
        if (meanwhile) std::exchange(meanwhile, nullptr)();
        return std::optional(keys);
    };
    const s3_storage store("s3://bucket", options);
    meanwhile = [&] { CHECK(store.head(object_key("other"))->size == 3); };
    CHECK(store.head(key)->size == 3);
    CHECK(script.requests().size() == 2);
}

TEST_CASE("a bucket in another region is found, once") {
    const auto in_frankfurt = [](http::response refusal) {
        return scripted_transport([refusal](const http::request& message) {
            const bool is_signed = header(message, "Authorization").find("/eu-central-1/s3/") != std::string::npos;
            return is_signed ? found_of("3") : refusal;
        });
    };
    for (const auto& refusal :
         {answer_of(301, {{"x-amz-bucket-region", "eu-central-1"}}),
          answer_of(400, {{"x-amz-bucket-region", "eu-central-1"}}),
          answer_of(400, {}, error_text("AuthorizationHeaderMalformed", "<Region>eu-central-1</Region>")),
          answer_of(307, {{"x-amz-bucket-region", "eu-central-1"}, {"Location", "https://elsewhere/"}})}) {
        CAPTURE(refusal.status);
        const auto script = in_frankfurt(refusal);
        const s3_storage store("s3://bucket", aws_options(script));
        CHECK(store.head(key)->size == 3);
        CHECK(script.requests().size() == 2);
        CHECK(script.requests().back().server.host == "bucket.s3.eu-central-1.amazonaws.com");
        CHECK(store.head(key)->size == 3);
        CHECK(script.requests().size() == 3);
    }
    SUBCASE("also at another endpoint, whose host stays") {
        const auto script = in_frankfurt(
            answer_of(400, {}, error_text("AuthorizationHeaderMalformed", "<Region>eu-central-1</Region>")));
        CHECK(s3_storage("s3://bucket", options_for(script)).head(key)->size == 3);
        CHECK(script.requests().back().server.host == "127.0.0.1");
    }
    SUBCASE("asking for it where the answer doesn't say") {
        const scripted_transport script = scripted_transport::in_order(
            {answer_of(301), answer_of(403, {{"x-amz-bucket-region", "eu-west-1"}}), found_of("3")});
        CHECK(s3_storage("s3://bucket", aws_options(script)).head(key)->size == 3);
        CHECK(script.requests()[1].target.starts_with("/?list-type=2"));
        CHECK(script.requests()[2].server.host == "bucket.s3.eu-west-1.amazonaws.com");
    }
    SUBCASE("also where only a body says it, which an answer to HEAD has not") {
        const auto script = scripted_transport::in_order(
            {answer_of(400), answer_of(400, {}, error_text("AuthorizationHeaderMalformed", "<Region>here</Region>")),
             found_of("3")});
        CHECK(s3_storage("s3://bucket/p", options_for(script)).head(key)->size == 3);
        CHECK(script.requests()[1].target == "/bucket?list-type=2&max-keys=1&prefix=p%2F");
        CHECK(header(script.requests()[2], "Authorization").find("/here/s3/") != std::string::npos);
    }
    SUBCASE("asking again where that fails for a passing reason") {
        const auto told = answer_of(400, {}, error_text("AuthorizationHeaderMalformed", "<Region>here</Region>"));
        for (const unsigned failure : {503U, 500U, 429U, 0U}) {
            CAPTURE(failure);
            const scripted_transport script([=, turn = 0](const http::request& message) mutable {
                if (header(message, "Authorization").find("/here/s3/") != std::string::npos) {
                    return found_of("3");
                }
                if (message.method == "HEAD") return answer_of(400);
                if (++turn > 1) return told;
                if (failure == 0) throw error(errc::unavailable, "send", "", "cut");
                return answer_of(failure);
            });
            CHECK(s3_storage("s3://bucket", options_for(script)).head(key)->size == 3);
            CHECK(script.requests().size() == 5);
        }
    }
    SUBCASE("asking no more than once") {
        const scripted_transport script([](const http::request&) { return answer_of(400); });
        const auto failure = error_of([&] { s3_storage("s3://bucket", options_for(script)).head(key); });
        CHECK(failure->kind() == errc::invalid_argument);
        CHECK(script.requests().size() == 2);
    }
    SUBCASE("and a ring of redirects ends") {
        const auto turn = std::make_shared<int>(0);
        const scripted_transport script([=](const http::request&) {
            return answer_of(301, {{"x-amz-bucket-region", ++*turn % 2 == 0 ? "eu-west-1" : "eu-west-2"}});
        });
        CHECK(error_of([&] { s3_storage("s3://bucket", aws_options(script)).head(key); })->kind() ==
              errc::not_configured);
        CHECK(script.requests().size() == 2);
    }
    SUBCASE("and no answer leads to another host") {
        const scripted_transport script([](const http::request&) {
            return answer_of(301, {{"x-amz-bucket-region", "evil.example.com"}});
        });
        CHECK(error_of([&] { s3_storage("s3://bucket", aws_options(script)).head(key); }));
        for (const auto& one : script.requests()) CHECK(one.server.host == "bucket.s3.us-east-1.amazonaws.com");
    }
}

TEST_CASE("any request may be the one that learns the region") {
    const fake_s3 server;
    server.state().region = "a-private-region";
    server.state().objects["there"] = {.content = "x", .etag = "\"e\""};
    const object_key there{"there"};
    const auto content = byte_source::from_text("y");
    const auto fresh = [&] { return s3_storage("s3://bucket", options_for(server)); };
    CHECK(fresh().head(there)->size == 1);
    CHECK_FALSE(fresh().head(key));
    CHECK(get_text(fresh(), there) == "x");
    CHECK(fresh().put_if_absent(key, content));
    CHECK(fresh().put_if_match(key, content, fresh().head(key)->etag));
    CHECK(fresh().copy(key, object_key("copy")).size == 1);
    CHECK(list_all(fresh(), "").size() == 3);
    fresh().remove_batch(std::vector{object_key("copy")});
    fresh().remove(key);
    CHECK(server.state().objects.size() == 1);
}

TEST_CASE("a wrong clock is corrected by the server's, for later requests too") {
    const scripted_transport script([](const http::request& message) {
        if (header(message, "X-Amz-Date").starts_with("20261124T1200")) {
            return found_of("3");
        }
        return answer_of(403, {{"Date", "Tue, 24 Nov 2026 12:00:00 GMT"}}, error_text("RequestTimeTooSkewed"));
    });
    s3_options options = options_for(script);
    options.clock = [] { return std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + std::chrono::hours(7); };
    const s3_storage store("s3://bucket", options);
    CHECK(store.head(key)->size == 3);
    CHECK(script.requests().size() == 2);
    CHECK(store.head(key)->size == 3);
    CHECK(script.requests().size() == 3);
}

TEST_CASE("a wrong clock is corrected for every request that was under way with it") {
    std::function<void()> meanwhile;
    const auto skewed = [&](const http::request& message, const http::exchange_options& how) {
        if (meanwhile) std::exchange(meanwhile, nullptr)();
        const bool is_right = header(message, "X-Amz-Date").starts_with("20261124T1200");
        return testing_support::deliver(
            is_right ? found_of("3")
                     : answer_of(403, {{"Date", "Tue, 24 Nov 2026 12:00:00 GMT"}}, error_text("RequestTimeTooSkewed")),
            how);
    };
    s3_options options = options_for(skewed);
    options.clock = [] { return std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}; };
    const s3_storage store("s3://bucket", options);
    meanwhile = [&] { CHECK(store.head(object_key("other"))->size == 3); };
    CHECK(store.head(key)->size == 3);
}

TEST_CASE("a Date of another century corrects no clock") {
    for (const std::string date : {"Fri, 01 Jan 1700 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
        CAPTURE(date);
        const scripted_transport script([=](const http::request&) {
            return answer_of(403, {{"Date", date}}, error_text("RequestTimeTooSkewed"));
        });
        CHECK(error_of([&] { s3_storage("s3://bucket", options_for(script)).head(key); })->kind() ==
              errc::access_denied);
        CHECK(script.requests().size() == 1);
    }
}

TEST_CASE("credentials that expired are asked for anew") {
    const scripted_transport script([](const http::request& message) {
        const bool is_new = header(message, "Authorization").find("Credential=NEW/") != std::string::npos;
        return is_new ? found_of("3") : answer_of(400, {}, error_text("ExpiredToken"));
    });
    s3_options options = options_for(script);
    const auto asked = std::make_shared<std::atomic<int>>(0);
    options.provider = [=] {
        return std::optional(
            auth::aws_credentials{.access_key_id = ++*asked > 1 ? "NEW" : "OLD", .secret_access_key = secret("x")});
    };
    CHECK(s3_storage("s3://bucket", options).head(key)->size == 3);
    CHECK(script.requests().size() == 2);

    SUBCASE("and the failure stands where they are the same") {
        options.provider = {};
        CHECK(error_of([&] { s3_storage("s3://bucket", options).head(key); })->kind() == errc::access_denied);
        CHECK(script.requests().size() == 3);
    }
}

TEST_CASE("keys that expired are read anew from their file") {
    const detail::temp_directory home;
    std::filesystem::create_directory(home.path() / ".aws");
    const auto write_key = [&](const std::string& id) {
        std::ofstream(home.path() / ".aws" / "credentials")
            << "[default]\naws_access_key_id = " << id << "\naws_secret_access_key = x\n";
    };
    write_key("OLD");
    const scripted_transport script([&](const http::request& message) {
        const bool is_new = header(message, "Authorization").find("Credential=NEW/") != std::string::npos;
        if (is_new) return found_of("3");
        write_key("NEW");
        return answer_of(400, {}, error_text("ExpiredToken"));
    });
    s3_options options = options_for(script);
    options.credentials.reset();
    options.surroundings = environment({}, home.path(), home.path());
    const s3_storage store("s3://bucket", options);
    CHECK(store.head(key)->size == 3);
    CHECK(script.requests().size() == 2);
    CHECK(store.head(key)->size == 3);
    CHECK(script.requests().size() == 3);
}

TEST_CASE("the end of credentials is judged by AWS's clock where it is known, and by no other endpoint's") {
    for (const bool at_aws : {true, false}) {
        CAPTURE(at_aws);
        constexpr const char* container = "169.254.170.2";
        const scripted_transport script([turn = 0](const http::request& message) mutable {
            if (message.server.host == container) {
                return answer_of(200, {},
                                 R"({"AccessKeyId": "K", "SecretAccessKey": "x", "Token": "t",
                                     "Expiration": "2026-11-24T13:00:00Z"})");
            }
            if (++turn > 1) return found_of("3");
            return answer_of(403, {{"Date", "Tue, 24 Nov 2026 12:00:00 GMT"}}, error_text("RequestTimeTooSkewed"));
        });
        s3_options options = at_aws ? aws_options(script) : options_for(script);
        options.credentials.reset();
        options.surroundings = environment({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/keys"}}, "/", "/nonexistent");
        std::atomic<int> minutes = 0;
        options.clock = [&] {
            return std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + std::chrono::hours(11) +
                   std::chrono::minutes(30 + minutes);
        };
        const s3_storage store("s3://bucket", options);
        CHECK(store.head(key)->size == 3);
        CHECK(count_to(script, container) == 1);
        minutes = 46;  // the end is 14 minutes away, and 44 to the clock here
        CHECK(store.head(key)->size == 3);
        CHECK(count_to(script, container) == (at_aws ? 2 : 1));
    }
}

TEST_CASE("an upload that took long is no wrong clock") {
    std::atomic<int> minutes = 0;
    const auto now = [&] {
        return std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + std::chrono::minutes(minutes.load());
    };
    const scripted_transport script([&](const http::request&) {
        minutes += 6;
        return answer_of(403, {{"Date", fake_s3::http_date(now())}}, error_text("AccessDenied"));
    });
    s3_options options = options_for(script);
    options.clock = now;
    const s3_storage store("s3://bucket", options);
    CHECK(error_of([&] { store.put(key, byte_source::from_text("x")); })->kind() == errc::access_denied);
    CHECK(script.requests().size() == 1);
}

TEST_CASE("the services that give credentials have hosts and certificates of their own") {
    SUBCASE("of AWS's hosts those that the bucket's are of") {
        const scripted_transport script([](const http::request&) { return answer_of(403); });
        s3_options options = aws_options(script);
        options.credentials.reset();
        options.surroundings =
            environment({{"AWS_ACCESS_KEY_ID", "K"}, {"AWS_SECRET_ACCESS_KEY", "x"}}, "/", "/nonexistent");
        options.role_arn = "arn:r";
        options.fips = true;
        CHECK(error_of([&] { s3_storage("s3://bucket", options).head(key); })->kind() == errc::access_denied);
        CHECK(script.requests().front().server.host == "sts-fips.us-east-1.amazonaws.com");
    }
    SUBCASE("by the options of their transport") {
        s3_options options = options_for({});
        options.credentials_transport.emplace().ca_bundle = "/nonexistent/ca.pem";
        const auto open = [&] { const s3_storage store("s3://bucket", options); };
        CHECK_FALSE(error_of(open));  // the keys are given, and no service is asked
        options.credentials.reset();
        CHECK(error_of(open)->kind() == errc::not_configured);
    }
}

TEST_CASE("a HEAD that is refused without a word is explained") {
    const scripted_transport script([](const http::request& message) {
        return answer_of(400, {}, message.method == "HEAD" ? "" : error_text("ExpiredToken"));
    });
    const auto failure = error_of([&] { s3_storage("s3://bucket", options_for(script)).head(key); });
    CHECK(failure->kind() == errc::access_denied);
    CHECK(failure->message().find("ExpiredToken") != std::string::npos);

    SUBCASE("but not by the answer to another question") {
        const auto other =
            scripted_transport::in_order({answer_of(400), answer_of(403, {}, error_text("AccessDenied"))});
        CHECK(error_of([&] { s3_storage("s3://bucket", options_for(other)).head(key); })->kind() ==
              errc::invalid_argument);
    }
}

TEST_CASE("what an error says, and what it never says") {
    const auto refusal = [](unsigned status, const std::string& text) {
        const scripted_transport script([=](const http::request&) { return answer_of(status, {}, text); });
        s3_options options = options_for(script);
        options.credentials->session_token = secret("a session token");
        memory_sink sink;
        const auto failure = error_of([&] { s3_storage("s3://bucket/p", options).get(key, sink); });
        REQUIRE(failure);
        const std::string line = failure->what();
        CHECK(line.find("a secret key") == std::string::npos);
        CHECK(line.find("a session token") == std::string::npos);
        CHECK(line.find("Signature=") == std::string::npos);
        CHECK(failure->operation() == "get");
        CHECK(failure->key() == "key");
        return *failure;
    };
    const error denied = refusal(403, error_text("AccessDenied"));
    CHECK(denied.kind() == errc::access_denied);
    CHECK(denied.message().find("AccessDenied") != std::string::npos);
    CHECK(denied.message().find("said the server") != std::string::npos);
    CHECK(denied.message().find("4442587FB7D0A2F9") != std::string::npos);
    CHECK(refusal(404, error_text("NoSuchKey")).kind() == errc::not_found);
    CHECK(refusal(404, error_text("NoSuchBucket")).kind() == errc::not_configured);
    CHECK(refusal(404, error_text("NoSuchBucket")).message().find("bucket bucket") != std::string::npos);
    CHECK(refusal(503, error_text("SlowDown")).kind() == errc::throttled);
    CHECK(refusal(500, error_text("InternalError")).kind() == errc::unavailable);
    CHECK(refusal(403, error_text("SignatureDoesNotMatch", "<StringToSign>Signature=1</StringToSign>")).kind() ==
          errc::access_denied);
    CHECK(refusal(403, "<html>Signature=abc</html>").kind() == errc::access_denied);
}

TEST_CASE("a missing bucket is told from a missing object") {
    const fake_s3 server;
    const s3_storage missing("s3://misspelt", options_for(server));
    memory_sink sink;
    const auto source = byte_source::from_text("x");
    CHECK(error_of([&] { missing.head(key); })->kind() == errc::not_configured);
    CHECK(error_of([&] { missing.get(key, sink); })->kind() == errc::not_configured);
    CHECK(error_of([&] { missing.put(key, source); })->kind() == errc::not_configured);
    CHECK(error_of([&] { missing.put_if_match(key, source, "\"e\""); })->kind() == errc::not_configured);
    CHECK(error_of([&] { missing.list("", [](const object_info&) { return true; }); })->kind() == errc::not_configured);
    CHECK(error_of([&] { missing.remove(key); })->kind() == errc::not_configured);
    CHECK(error_of([&] { missing.copy(key, object_key("to")); })->kind() == errc::not_configured);

    const s3_storage there("s3://bucket", options_for(server));
    const std::size_t before = server.request_count();
    CHECK_FALSE(there.head(key));
    CHECK(server.request_count() == before + 2);  // the bucket is looked for once
    CHECK_FALSE(there.head(key));
    CHECK(server.request_count() == before + 3);
}

TEST_CASE("a failure of the server doesn't show that the bucket exists") {
    const auto attempts = http::retry_options{}.attempts;
    const scripted_transport script([=, looks = 0U](const http::request& message) mutable {
        const bool is_bucket = message.target == "/bucket";
        return answer_of(is_bucket && ++looks <= attempts ? 503 : 404);
    });
    const s3_storage store("s3://bucket", options_for(script));
    CHECK_FALSE(store.head(key));
    CHECK(error_of([&] { store.head(key); })->kind() == errc::not_configured);
}

TEST_CASE("a key that S3 can't have is refused before any request") {
    const fake_s3 server;
    const s3_storage store("s3://bucket/prefix", options_for(server));
    const object_key longest{std::string(object_key::max_size - 7, 'k')};
    store.put(longest, byte_source{});
    CHECK(store.head(longest));
    const std::size_t before = server.request_count();
    const object_key too_long{std::string(object_key::max_size - 6, 'k')};
    CHECK(error_of([&] { store.put(too_long, byte_source{}); })->kind() == errc::invalid_argument);
    CHECK(error_of([&] { store.head(too_long); })->kind() == errc::invalid_argument);
    CHECK(server.request_count() == before);
}

TEST_CASE("headers that options add") {
    const fake_s3 server;
    s3_options options = options_for(server);
    options.server_side_encryption = "aws:kms";
    options.kms_key_id = "the-key";
    options.storage_class = "STANDARD_IA";
    options.requester_pays = true;
    const s3_storage store("s3://bucket", options);
    store.put(key, byte_source::from_text("x"));
    auto last = server.state().requests.back();
    CHECK(header(last, "x-amz-server-side-encryption") == "aws:kms");
    CHECK(header(last, "x-amz-server-side-encryption-aws-kms-key-id") == "the-key");
    CHECK(header(last, "x-amz-storage-class") == "STANDARD_IA");
    CHECK(header(last, "x-amz-request-payer") == "requester");
    store.head(key);
    last = server.state().requests.back();
    CHECK(header(last, "x-amz-server-side-encryption") == "none");
    CHECK(header(last, "x-amz-storage-class") == "none");
    CHECK(header(last, "x-amz-request-payer") == "requester");
}

TEST_CASE("a large body waits for the server's consent until it has answered well once") {
    const fake_s3 server;
    const s3_storage store("s3://bucket", options_for(server));
    const auto large = byte_source::from_text(std::string((1U << 20) + 1, 'x'));
    store.put(key, large);
    CHECK(server.state().requests.back().expect_continue);
    store.put(key, large);
    CHECK_FALSE(server.state().requests.back().expect_continue);
    const s3_storage other("s3://bucket", options_for(server));
    other.put(key, byte_source::from_text("small"));
    CHECK_FALSE(server.state().requests.back().expect_continue);
}

TEST_CASE("what refuses to be asked for consent is not asked again") {
    const fake_s3 server;
    int refused = 0;
    const auto refusing = [&](const http::request& message, const http::exchange_options& options) {
        if (!message.expect_continue) return server(message, options);
        ++refused;
        http::response answer;
        answer.status = 417;
        return testing_support::deliver(answer, options);
    };
    const s3_storage store("s3://bucket", options_for(refusing));
    const std::string large((1U << 20) + 1, 'x');
    store.put(key, byte_source::from_text(large));
    CHECK(get_text(store, key) == large);
    store.put(key, byte_source::from_text(large));
    CHECK(refused == 1);
}

TEST_CASE("no more requests at a time than connections") {
    const fake_s3 server;
    const auto now = std::make_shared<std::atomic<int>>(0);
    const auto most = std::make_shared<std::atomic<int>>(0);
    const auto arrived = std::make_shared<std::atomic<int>>(0);
    const auto counting = [=](const http::request& message, const http::exchange_options& options) {
        const int mine = ++*now;
        for (int seen = *most; seen < mine && !most->compare_exchange_weak(seen, mine);) {
        }
        ++*arrived;
        arrived->notify_all();
        for (int seen = *arrived; seen < 2; seen = *arrived) arrived->wait(seen);  // two are there at once
        auto answer = server(message, options);
        --*now;
        return answer;
    };
    s3_options options = options_for(counting);
    options.connections = 2;
    const s3_storage store("s3://bucket", options);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&, i] { store.put(object_key(std::to_string(i)), byte_source::from_text("x")); });
        }
    }
    CHECK(*most == 2);
    CHECK(server.state().objects.size() == 8);
}

TEST_CASE("an answer is read once, and a refused one again for its error") {
    const scripted_transport script([](const http::request&) { return answer_of(200, {}, "a document"); });
    auto options = options_for(script);
    const auto address = s3::resolve(store_url::parse("s3://bucket"), options);
    s3::client store(address, options);
    std::size_t readings = 0;
    s3::operation what{.verb = "list"};
    what.read = [&](const http::response&) { ++readings; };
    store.require(what);
    CHECK(readings == 1);
    what.read = [&](const http::response&) {
        ++readings;
        throw error(errc::corrupt, "list", "", "the document is cut off");
    };
    CHECK(error_of([&] { store.require(what); })->kind() == errc::corrupt);
    CHECK(script.requests().size() == 1 + options.retry.attempts);
    CHECK(readings == script.requests().size() + 1);
}
