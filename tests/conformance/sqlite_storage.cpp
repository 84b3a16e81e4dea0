// The storage backend of examples/sqlite_storage: the suite, and what it promises beyond.
#include <examples/sqlite_storage/sqlite_storage.hpp>

#include <tests/conformance/storage_backend.hpp>

#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>

#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/any.hpp>

using namespace holdfast;
using conformance::failure_of;
using conformance::storage_backend_suite;
using example::sqlite_storage;

namespace {

const object_key key{"dir/object"};

/// The database seen by another program.
class other_program {
public:
    explicit other_program(const std::filesystem::path& file) {
        sqlite3* opened = nullptr;
        REQUIRE(sqlite3_open(file.c_str(), &opened) == SQLITE_OK);
        connection_.reset(opened);
    }

    void run(const char* sql) const {
        REQUIRE(sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    }

private:
    struct closer {
        void operator()(sqlite3* connection) const noexcept { sqlite3_close(connection); }
    };
    std::unique_ptr<sqlite3, closer> connection_;
};

/// Runs `body` in `count` processes at once and returns in how many it was true.
template <class Body>
int count_true_in_processes(int count, Body body) {
    std::fflush(nullptr);  // what is buffered is printed once
    for (int i = 0; i < count; ++i) {
        if (fork() != 0) continue;
        bool result = false;
        const auto failure = failure_of([&] { result = body(); });
        _exit(result && !failure ? 0 : 1);
    }
    int trues = 0;
    for (int status = 0; wait(&status) > 0;) trues += status == 0 ? 1 : 0;
    return trues;
}

}  // namespace

TEST_SUITE_BEGIN("sqlite_storage");

TEST_CASE("conformance") {
    const detail::temp_directory scratch;
    storage_backend_suite([&] { return sqlite_storage(scratch.path() / "store.db"); });
}

TEST_CASE("conformance of any_storage over it") {
    const detail::temp_directory scratch;
    storage_backend_suite([&] { return any_storage(sqlite_storage(scratch.path() / "store.db")); });
}

TEST_CASE("handles of one file name one store, which outlives them") {
    const detail::temp_directory scratch;
    std::string etag;
    {
        const sqlite_storage one(scratch.path() / "store.db");
        const sqlite_storage other(scratch.path() / "store.db");
        etag = put_text(one, key, "content").etag;
        CHECK(get_text(other, key) == "content");
        CHECK_FALSE(other.put_if_absent(key, byte_source::from_text("x")));
    }
    const sqlite_storage later(scratch.path() / "store.db");
    REQUIRE(later.head(key));
    CHECK(later.head(key)->etag == etag);
    CHECK(later.put_if_match(key, byte_source::from_text("new"), etag));
    CHECK(later.url().str() == "sqlite://" + (scratch.path() / "store.db").string());
}

TEST_CASE("processes that open a new store at once share it") {
    const detail::temp_directory scratch;
    const auto file = scratch.path() / "store.db";
    const auto increment_often = [&] {
        const sqlite_storage storage(file);
        storage.put_if_absent(key, byte_source::from_text("0"));
        for (int done = 0; done < 10;) {
            memory_sink sink;
            const std::string etag = storage.get(key, sink).etag;
            const auto next = byte_source::from_text(std::to_string(std::stoi(sink.text()) + 1));
            done += storage.put_if_match(key, next, etag) ? 1 : 0;
        }
        return true;
    };
    CHECK(count_true_in_processes(6, increment_often) == 6);
    CHECK(get_text(sqlite_storage(file), key) == "60");
    CHECK(count_true_in_processes(6, [&] { return sqlite_storage(file).put_if_absent(object_key("new"), {}); }) == 1);
}

TEST_CASE("a writer that is killed leaves what was there") {
    const detail::temp_directory scratch;
    const auto file = scratch.path() / "store.db";
    put_text(sqlite_storage(file), key, "old");
    const auto die_while_writing = [&] {
        const rlimit limit{.rlim_cur = 5'000'000, .rlim_max = 5'000'000};
        setrlimit(RLIMIT_FSIZE, &limit);  // the kernel kills who writes more to a file
        put_text(sqlite_storage(file), key, std::string(20'000'000, 'n'));
        return true;
    };
    CHECK(count_true_in_processes(1, die_while_writing) == 0);
    CHECK(get_text(sqlite_storage(file), key) == "old");
    put_text(sqlite_storage(file), key, "new");
    CHECK(get_text(sqlite_storage(file), key) == "new");
    CHECK(std::filesystem::file_size(file) < 100'000);
}

TEST_CASE("ranges of an object of several chunks") {
    const detail::temp_directory scratch;
    const sqlite_storage storage(scratch.path() / "store.db");
    constexpr std::uint64_t chunk = 1 << 18;
    const std::string content = conformance::random_text(2 * chunk + 100, 5);
    put_text(storage, key, content);
    for (const std::uint64_t begin :
         {std::uint64_t{0}, chunk - 1, chunk, chunk + 1, 2 * chunk - 1, 2 * chunk, 2 * chunk + 99}) {
        for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{2}, chunk - 1, chunk, chunk + 1, 3 * chunk}) {
            CAPTURE(begin);
            CAPTURE(size);
            CHECK((conformance::range_of(storage, key, {begin, size}) == content.substr(begin, size)));
        }
    }
}

TEST_CASE("what is replaced or removed gives its bytes back") {
    const detail::temp_directory scratch;
    const auto file = scratch.path() / "store.db";
    for (int round = 0; round < 5; ++round) put_text(sqlite_storage(file), key, std::string(1'000'000, 'x'));
    CHECK(std::filesystem::file_size(file) < 1'200'000);
    sqlite_storage(file).remove(key);
    CHECK(std::filesystem::file_size(file) < 100'000);
}

TEST_CASE("a reader goes on with the object that it began, whatever is written meanwhile") {
    struct disturbing_sink final : byte_sink {
        explicit disturbing_sink(const sqlite_storage& to_disturb) : storage(to_disturb) {}
        void write(std::uint64_t offset, std::span<const std::byte> bytes) override {
            put_text(storage, key, "short");
            taken.write(offset, bytes);
        }
        const sqlite_storage& storage;
        memory_sink taken;
    };
    const detail::temp_directory scratch;
    const sqlite_storage storage(scratch.path() / "store.db");
    const std::string content = conformance::random_text(1'000'000, 6);
    put_text(storage, key, content);
    disturbing_sink sink(storage);
    CHECK(storage.get(key, sink).size == content.size());
    CHECK((sink.taken.text() == content));
    CHECK(get_text(storage, key) == "short");
}

TEST_CASE(
    "while another program writes, readers go on and writers wait, until their patience ends or they are stopped") {
    const detail::temp_directory scratch;
    const auto file = scratch.path() / "store.db";
    const sqlite_storage storage(file);
    const sqlite_storage hasty(file, std::chrono::seconds(0));
    const auto source = byte_source::from_text("new");
    put_text(storage, key, "old");
    const other_program writer(file);
    writer.run("BEGIN IMMEDIATE; DELETE FROM holdfast_objects");

    CHECK(get_text(hasty, key) == "old");
    CHECK(conformance::keys_below(hasty, "") == conformance::names{"dir/object"});
    CHECK(failure_of([&] { hasty.put(key, source); }) == errc::unavailable);
    CHECK(failure_of([&] { hasty.remove(key); }) == errc::unavailable);

    std::stop_source stop;
    std::optional<errc> failure;
    {
        const std::jthread waiting(
            [&] { failure = failure_of([&] { storage.put(key, source, {.stop = stop.get_token()}); }); });
        stop.request_stop();
    }
    CHECK(failure == errc::cancelled);
    {
        const std::jthread waiting([&] { storage.put(key, source); });
        writer.run("ROLLBACK");
    }
    CHECK(get_text(storage, key) == "new");
}

TEST_CASE("what is no store is told apart") {
    const detail::temp_directory scratch;
    const auto kind_of = [](const std::filesystem::path& file) { return failure_of([&] { sqlite_storage{file}; }); };
    std::ofstream(scratch.path() / "text") << std::string(5000, 'x');
    CHECK(kind_of(scratch.path() / "text") == errc::invalid_argument);
    CHECK(kind_of(scratch.path() / "absent" / "store.db") == errc::not_configured);
    CHECK(kind_of(scratch.path()) == errc::not_configured);
}

TEST_CASE("a damaged database is corrupt") {
    const detail::temp_directory scratch;
    const auto file = scratch.path() / "store.db";
    put_text(sqlite_storage(file), key, "content");
    SUBCASE("in its pages") {
        std::fstream pages(file, std::ios::in | std::ios::out | std::ios::binary);
        pages.seekp(4096);
        pages << std::string(std::filesystem::file_size(file) - 4096, '\xFF');
    }
    SUBCASE("where a part of the content is missing") {
        other_program(file).run("DELETE FROM holdfast_chunks");
    }
    CHECK(failure_of([&] { get_text(sqlite_storage(file), key); }) == errc::corrupt);
}

TEST_CASE("names that are no keys are passed over, and the longest key is not") {
    const detail::temp_directory scratch;
    const sqlite_storage storage(scratch.path() / "store.db");
    other_program(scratch.path() / "store.db")
        .run("INSERT INTO holdfast_objects (key, size, modified) VALUES (CAST('a//b' AS BLOB), 0, 0), (x'FF', 0, 0)");
    const object_key longest(std::string(object_key::max_size, 'k'));
    put_text(storage, longest, "content");
    CHECK(get_text(storage, longest) == "content");
    CHECK(conformance::keys_below(storage, "") == conformance::names{longest.str()});
}

TEST_SUITE_END();
