#include <holdfast/artifact/documents.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <holdfast/storage/memory.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/failures.hpp>

using namespace holdfast;
using testing_support::failure_of;

namespace {

checkpoint_reference made(const char* attempt, std::uint64_t version, const char* created_on) {
    checkpoint_reference reference;
    reference.attempt = attempt;
    reference.version = version;
    reference.created_on = created_on;
    return reference;
}

std::vector<std::string> times(const std::vector<checkpoint_reference>& references) {
    std::vector<std::string> found;
    for (const auto& each : references) found.push_back(each.created_on);
    return found;
}

}  // namespace

TEST_CASE("attempts are ordered as numbers, then versions") {
    const auto before = [](const char* a, std::uint64_t x, const char* b, std::uint64_t y) {
        return saved_before({"", a, "n", x}, {"", b, "m", y});
    };
    CHECK(before("2", 9, "10", 0));
    CHECK(before("0", 1, "0", 2));
    CHECK_FALSE(before("1", 0, "01", 0));
    CHECK_FALSE(before("1", 0, "0", 5));
    CHECK_FALSE(before("0", 1, "0", 1));
}

TEST_CASE("an attempt to look for is a number in its one spelling") {
    for (const char* attempt : {"0", "7", "10"}) CHECK_NOTHROW(check_attempt_filter(attempt));
    CHECK_NOTHROW(check_attempt_filter(std::nullopt));
    for (const char* attempt : {"", "007", "-1", "1x", " 1"}) {
        CAPTURE(attempt);
        CHECK(failure_of([&] { check_attempt_filter(attempt); }) == errc::invalid_argument);
    }
}

TEST_CASE("newest first by attempt, version and time, or by time alone") {
    std::vector<checkpoint_reference> all{made("0", 10, "2026-01-04"), made("1", 0, "2026-01-02"),
                                          made("0", 9, "2026-01-03"), made("0", 9, "2026-01-05")};
    sort_newest_first(all);
    CHECK(times(all) == std::vector<std::string>{"2026-01-02", "2026-01-04", "2026-01-05", "2026-01-03"});
    sort_latest_created_first(all);
    CHECK(times(all) == std::vector<std::string>{"2026-01-05", "2026-01-04", "2026-01-03", "2026-01-02"});
}

TEST_CASE("the newest by name end where numbers tell which was first") {
    const auto listed = [](const std::string& attempt, std::uint64_t version, const std::string& name) {
        return listed_document{object_key{"d/" + attempt + name + std::to_string(version)},
                               {"", attempt, name, version}};
    };
    std::vector<listed_document> documents{listed("1", 1, "a"), listed("1", 0, "a"), listed("1", 0, "b"),
                                           listed("0", 0, "a")};
    CHECK(detail::end_of_newest(documents, 0) == 0);
    CHECK(detail::end_of_newest(documents, 1) == 1);
    CHECK(detail::end_of_newest(documents, 2) == 3);
    CHECK(detail::end_of_newest(documents, 3) == 3);
    CHECK(detail::end_of_newest(documents, 4) == 4);
    CHECK(detail::end_of_newest(documents, 5) == 4);
    CHECK(detail::end_of_newest({}, 5) == 0);

    detail::keep_latest_attempt(documents);
    REQUIRE(documents.size() == 3);
    CHECK(documents.back().id.name == "b");
    documents.clear();
    detail::keep_latest_attempt(documents);
    CHECK(documents.empty());
}

TEST_CASE("a name of a document is what a reference says") {
    checkpoint_reference reference = made("7", 3, "2026-01-01");
    reference.name = "n";
    reference.pathspec_hash = "fc6851aa";
    CHECK(id_of(reference) == metaflow::checkpoint_id{"fc6851aa", "7", "n", 3});
}

TEST_CASE("a listing takes documents only, and what vanished meanwhile is passed over") {
    const memory_storage store;
    const std::string folder = "mf.checkpoints/checkpoints/metadata/F/1/start/2";
    for (const auto* name : {"/0.a.1.metadata", "/0.a.10.metadata", "/latest", "/0.a.2", "/readme.txt"}) {
        store.put(object_key{folder + name}, byte_source::from_text("no document"));
    }
    auto found = detail::list_documents(store, folder, metaflow::parse_task_document_id);
    REQUIRE(found.size() == 2);
    CHECK(found[0].id.version == 10);
    CHECK(found[1].id.version == 1);

    store.remove(found[0].key);
    std::vector<std::string> damaged;
    detail::read_documents<checkpoint_reference>(
        store, found, {}, [&](const error& each) { damaged.push_back(each.key()); },
        [](const checkpoint_reference&) -> bool { throw std::logic_error("nothing here can be read"); });
    CHECK(damaged == std::vector<std::string>{folder + "/0.a.1.metadata"});
}

TEST_CASE("documents are read in batches that grow, damaged ones passed over") {
    const memory_storage memory;
    std::vector<object_info> documents;
    for (int i = 0; i < 200; ++i) {
        model_reference model;
        model.model_id = "m" + std::to_string(i);
        model.key = metaflow::model_data_key(model.model_id).str();
        model.url = model.pathspec = model.created_on = model.storage_format = "x";
        metaflow::write_document(model, {}, "");
        const auto key = metaflow::model_artifact_document_key(model.model_id);
        put_text(memory, key, i == 1 ? "{" : model.to_json());
        documents.push_back({key});
    }
    std::atomic<int> reads = 0;
    const failing_storage store{memory, [&](const storage_step& step) {
                                    if (step.operation == "get" && !step.done) ++reads;
                                }};
    const auto reads_before = [&](int stop) {
        reads = 0;
        int visited = 0;
        detail::read_documents<model_reference>(store, documents, {.connections = 2}, {},
                                                [&](const model_reference&) { return ++visited < stop; });
        return reads.load();
    };
    CHECK(reads_before(5) == 16);
    CHECK(reads_before(30) == 16 + 32);
    CHECK(reads_before(90) == 16 + 32 + 64);
    std::vector<std::string> ids;
    reads = 0;
    const auto keep = [&](const model_reference& model) {
        ids.push_back(model.model_id);
        return true;
    };
    detail::read_documents<model_reference>(store, std::span(documents).first(3), {}, {}, keep);
    CHECK(ids == std::vector<std::string>{"m0", "m2"});
    CHECK(reads == 3);
}
