#include <holdfast/auth/aws/container.hpp>

#include <doctest/doctest.h>

#include <string>

#include <holdfast/auth/aws/refreshing.hpp>
#include <tests/support/aws_surroundings.hpp>
#include <tests/support/scripted_transport.hpp>

using namespace holdfast;
using testing_support::answer;
using testing_support::aws_surroundings;
using testing_support::credential_document;
using testing_support::error_of;
using testing_support::header;
using testing_support::scripted_transport;

namespace {

auth::aws_credentials_provider provider_of(const aws_surroundings& place, const scripted_transport& transport) {
    return auth::container_credentials(place.get(), testing_support::test_caller(transport));
}

scripted_transport endpoint() {
    return scripted_transport([](const http::request&) { return answer(200, credential_document("ASIA")); });
}

}  // namespace

TEST_CASE("nothing, and no request, where no variable says so") {
    aws_surroundings place;
    const auto transport = endpoint();
    CHECK_FALSE(provider_of(place, transport)());
    place.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "");
    place.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "");
    place.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "planted");
    CHECK_FALSE(provider_of(place, transport)());
    CHECK(transport.requests().empty());
}

TEST_CASE("a relative address is one of the container agent, and goes before a full one") {
    aws_surroundings place;
    const auto transport = endpoint();
    place.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/planted?a=b");
    place.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "https://other/");
    CHECK(provider_of(place, transport)()->access_key_id == "ASIA");
    const auto message = transport.requests().front();
    CHECK(message.method == "GET");
    CHECK(message.server == http::origin{false, "169.254.170.2", 80});
    CHECK(message.target == "/v2/credentials/planted?a=b");
    CHECK(message.direct);
    CHECK(header(message, "Accept") == "application/json");
    CHECK(header(message, "Authorization") == "(none)");
}

TEST_CASE("a relative address can't change the host") {
    aws_surroundings place;
    for (const char* const path : {".planted.example/x", "@planted.example/x", ":90/planted", "planted"}) {
        CAPTURE(path);
        const auto transport = endpoint();
        place.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", path);
        const error failure = error_of(provider_of(place, transport));
        CHECK(failure.kind() == errc::not_configured);
        CHECK(failure.key() == "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
        CHECK(transport.requests().empty());
    }
}

TEST_CASE("a full address is https, or one of this machine or of the known services") {
    aws_surroundings place;
    for (const char* const url :
         {"https://anywhere.example/x", "http://localhost:8080/x", "http://127.0.0.1/x", "http://127.9.8.7:1/x",
          "http://[::1]:90/x", "http://169.254.170.2/x", "http://169.254.170.23/v1/credentials",
          "http://[fd00:ec2::23]/v1/credentials", "http://[fd00:ec2:0::23]/v1/credentials"}) {
        CAPTURE(url);
        const auto transport = endpoint();
        place.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
        CHECK(provider_of(place, transport)()->session_token.reveal() == "planted/token");
        CHECK(transport.requests().front().direct);
    }
    for (const char* const url :
         {"http://planted.example/x", "http://169.254.170.24/x", "http://169.254.169.254/x", "http://128.0.0.1/x",
          "http://[::2]/x", "http://localhost.planted.example/x", "ftp://localhost/planted", "planted"}) {
        CAPTURE(url);
        const auto transport = endpoint();
        place.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
        const error failure = error_of(provider_of(place, transport));
        CHECK(failure.kind() == errc::not_configured);
        CHECK(failure.key() == "AWS_CONTAINER_CREDENTIALS_FULL_URI");
        CHECK(transport.requests().empty());
    }
}

TEST_CASE("the token goes into a header; its file is read each time, and goes before the variable") {
    aws_surroundings place;
    const auto transport = endpoint();
    place.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials");
    place.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "planted variable");
    provider_of(place, transport)();
    CHECK(header(transport.requests()[0], "Authorization") == "planted variable");
    place.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", place.write("token", "planted one"));
    const auto provider = provider_of(place, transport);
    provider();
    place.write("token", "planted two");
    provider();
    CHECK(header(transport.requests()[1], "Authorization") == "planted one");
    CHECK(header(transport.requests()[2], "Authorization") == "planted two");
}

TEST_CASE("a token that no header can carry, and a file that is missing, are refused before anything is sent") {
    aws_surroundings place;
    const auto transport = endpoint();
    place.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials");
    place.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "planted\r\nX-Other: planted");
    CHECK(error_of(provider_of(place, transport)).key() == "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    place.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", place.write("token", "planted\n"));
    CHECK(error_of(provider_of(place, transport)).key() == "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    place.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/planted and missing");
    CHECK(error_of(provider_of(place, transport)).kind() == errc::not_configured);
    CHECK(transport.requests().empty());
}

TEST_CASE("three attempts, whatever the failure") {
    aws_surroundings place;
    place.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/planted");
    const auto good = scripted_transport::in_order(
        {answer(404, "planted"), answer(200, "planted"), answer(200, credential_document("ASIA"))});
    CHECK(provider_of(place, good)()->access_key_id == "ASIA");

    const auto kind = [&](http::response same) {
        const scripted_transport transport([=](const http::request&) { return same; });
        const errc found = error_of(provider_of(place, transport)).kind();
        CHECK(transport.requests().size() == 3);
        return found;
    };
    CHECK(kind(answer(404, "planted")) == errc::access_denied);
    CHECK(kind(answer(500, "planted")) == errc::unavailable);
    CHECK(kind(answer(429, "planted")) == errc::throttled);
    CHECK(kind(answer(200, "planted")) == errc::access_denied);
    const auto cut = scripted_transport::in_order({});
    CHECK(error_of(provider_of(place, cut)).kind() == errc::unavailable);
    CHECK(cut.requests().size() == 3);
}

TEST_CASE("credentials whose end no clock can hold are good") {
    aws_surroundings place;
    place.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/planted");
    const auto transport =
        scripted_transport::in_order({answer(200, credential_document("ASIA", "Token", "9999-12-31T23:59:59Z"))});
    const auth::refreshing_credentials kept(provider_of(place, transport), testing_support::test_now);
    CHECK(kept()->access_key_id == "ASIA");
    CHECK(kept()->access_key_id == "ASIA");
    CHECK(transport.requests().size() == 1);
}

TEST_CASE("a document without keys is refused at once") {
    aws_surroundings place;
    place.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/planted");
    const auto transport = scripted_transport::in_order({answer(200, R"({"AccessKeyId": "planted"})")});
    CHECK(error_of(provider_of(place, transport)).kind() == errc::access_denied);
    CHECK(transport.requests().size() == 1);
}
