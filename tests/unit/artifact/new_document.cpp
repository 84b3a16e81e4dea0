#include <holdfast/artifact/new_document.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include <holdfast/detail/system.hpp>

using namespace holdfast;

namespace {

const object_key key{"mf.models/models/artifacts/m_1"};
const task_context task{.flow = "Unit", .run = "3", .step = "train", .task = "1", .attempt = "2"};

clock_function stopped_at(std::chrono::nanoseconds since_epoch) {
    return [=] { return std::chrono::system_clock::time_point{since_epoch}; };
}

artifact_document described(const store_url& root, std::chrono::nanoseconds now = std::chrono::seconds{1}) {
    artifact_document document;
    detail::describe_new(document, key, root, task, "files", stopped_at(now));
    return document;
}

}  // namespace

TEST_CASE("a new document says what, where, whose and how") {
    const artifact_document document = described(store_url::parse("s3://bucket/prefix"));
    CHECK(document.key == key.str());
    CHECK(document.url == "s3://bucket/prefix/mf.models/models/artifacts/m_1");
    CHECK(document.pathspec == "Unit/3/train/1");
    CHECK(document.attempt == "2");
    CHECK(document.storage_format == "files");
}

TEST_CASE("of a directory the url is a bare path, as Metaflow writes it") {
    CHECK(described(store_url::parse("file:///data/store")).url == "/data/store/mf.models/models/artifacts/m_1");
}

TEST_CASE("the time is the clock's, once, cut to microseconds") {
    int looks = 0;
    artifact_document document;
    const auto clock = [&] {
        ++looks;
        return std::chrono::system_clock::time_point{std::chrono::nanoseconds{1'700'000'000'123'456'999}};
    };
    detail::describe_new(document, key, store_url::parse("/data"), task, "tar", clock);
    CHECK(looks == 1);
    CHECK(document.created_on == detail::local_iso_time(1'700'000'000'123'456));
    CHECK(document.created_on.ends_with(".123456"));
}

TEST_CASE("times sort as their texts do") {
    const auto root = store_url::parse("/data");
    const auto earlier = described(root, std::chrono::seconds{1'700'000'000} + std::chrono::microseconds{9});
    const auto later = described(root, std::chrono::seconds{1'700'000'000} + std::chrono::microseconds{10});
    CHECK(earlier.created_on < later.created_on);
}

TEST_CASE("what is known only after the data are stored is left alone") {
    artifact_document document;
    document.size = 7;
    document.text = "{}";
    detail::describe_new(document, key, store_url::parse("/data"), task, "tar", stopped_at(std::chrono::seconds{1}));
    CHECK(document.size == 7);
    CHECK(document.text == "{}");
}
