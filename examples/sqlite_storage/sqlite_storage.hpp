#ifndef EXAMPLE_SQLITE_STORAGE_HPP
#define EXAMPLE_SQLITE_STORAGE_HPP

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <thread>

#include <holdfast/core/error.hpp>
#include <holdfast/storage/backend.hpp>

namespace example {
using namespace holdfast;

/// Objects in a SQLite database, for any number of threads, and of processes of one machine. A put is one transaction:
/// what was killed half-way never was, and what was stored outlives the process, though not a loss of power. Content
/// lies in chunks, so an object may be larger than memory. One call writes at a time; readers wait for nobody.
class sqlite_storage {
public:
    /// @param file made where it is missing; its directory is not
    /// @param patience how long a call waits for other writers before it fails with `unavailable`
    explicit sqlite_storage(const std::filesystem::path& file, std::chrono::seconds patience = std::chrono::minutes(1))
        : path_(std::filesystem::absolute(file).string()), patience_(patience) {
        open_ = std::make_shared<const call>(*this, "open", path_);
        open_->query("PRAGMA auto_vacuum = FULL");  // what is removed frees its bytes
        open_->query("PRAGMA journal_mode = WAL");
        open_->query(
            "CREATE TABLE IF NOT EXISTS holdfast_objects (id INTEGER PRIMARY KEY AUTOINCREMENT,"
            " key BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, modified INTEGER NOT NULL)");
        open_->query(
            "CREATE TABLE IF NOT EXISTS holdfast_chunks (object INTEGER REFERENCES holdfast_objects"
            " ON DELETE CASCADE, position INTEGER, bytes BLOB NOT NULL, PRIMARY KEY (object, position))");
    }

    object_info put(const object_key& key, const byte_source& source, const put_options& options = {}) const {
        return *write(key, source, options, [](const auto&) { return true; });
    }
    bool put_if_absent(const object_key& key, const byte_source& source, const put_options& options = {}) const {
        return write(key, source, options, [](const auto& old) { return !old; }).has_value();
    }
    bool put_if_match(const object_key& key, const byte_source& source, const std::string& etag,
                      const put_options& options = {}) const {
        return write(key, source, options, [&](const auto& old) { return old && old->etag == etag; }).has_value();
    }

    object_info get(const object_key& key, byte_sink& sink, const get_options& options = {}) const {
        const call reading(*this, "get", key.str(), options.stop);
        reading.query("BEGIN");  // the row and the chunks of one state
        const auto info = find(reading, key);
        if (!info) reading.fail(errc::not_found, "the store has no such object");
        const bool replaced = !options.if_match.empty() && options.if_match != info->etag;
        if (replaced) reading.fail(errc::precondition_failed, "the object was replaced; look at it again");
        std::uint64_t at = std::min(options.range.offset, info->size);
        const std::uint64_t end = at + std::min(options.range.size, info->size - at);
        auto part = reading.query(
            "SELECT substr(bytes, max(?2 - position, 0) + 1, ?3 - max(?2, position)) FROM holdfast_chunks"
            " JOIN holdfast_objects ON id = object WHERE key = ?1 AND position < ?3 AND position >="
            " (SELECT max(position) FROM holdfast_chunks WHERE object = id AND position <= ?2) ORDER BY position",
            {key.str()}, {at, end});
        for (; at < end && part; at += part.text(0).size(), part.next()) {
            reading.check_not_stopped();
            sink.write(at, std::as_bytes(std::span(part.text(0))));
        }
        if (at != end) reading.fail(errc::corrupt, "a part of the content is missing");
        return *info;
    }

    void list(std::string_view prefix, const list_visitor& visit) const {
        const std::string after = prefix.empty() ? "" : std::string(prefix) + '/';
        const std::string end = prefix.empty() ? "\xFF" : std::string(prefix) + '0';  // '0' comes next after '/'
        const call listing(*this, "list", prefix);
        const auto* sql = "SELECT id, size, modified, key FROM holdfast_objects WHERE key > ? AND key < ?";
        for (auto row = listing.query(sql, {after, end}); row; row.next()) {
            const auto key = object_key::parse(row.text(3));
            if (key && !visit(info_of(*key, row))) return;
        }
    }

    std::optional<object_info> head(const object_key& key) const { return find(call(*this, "head", key.str()), key); }
    void remove(const object_key& key) const {
        call(*this, "remove", key.str()).query("DELETE FROM holdfast_objects WHERE key = ?", {key.str()});
    }
    store_url url() const { return {.scheme = "sqlite", .authority = "", .path = path_.substr(1)}; }

private:
    /// One operation: a connection of its own; what it did not commit is rolled back when it ends.
    struct call {
        /// The answer to a query, at one of its rows or behind the last.
        struct answer {
            const call& owner;
            std::shared_ptr<sqlite3_stmt> statement;
            int code = SQLITE_OK;
            void next() { owner.check(code = sqlite3_step(statement.get())); }
            explicit operator bool() const { return code == SQLITE_ROW; }
            auto number(int at) const { return static_cast<std::uint64_t>(sqlite3_column_int64(statement.get(), at)); }
            std::string_view text(int at) const {
                return {static_cast<const char*>(sqlite3_column_blob(statement.get(), at)),
                        static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), at))};
            }
        };

        call(const sqlite_storage& store, std::string_view doing, std::string_view name, std::stop_token stopping = {})
            : operation(doing), key(name), stop(stopping), patience(store.patience_) {
            check_not_stopped();
            sqlite3* opened = nullptr;
            const int code = sqlite3_open(store.path_.c_str(), &opened);
            connection.reset(opened, &sqlite3_close);
            check(code);
            sqlite3_busy_handler(opened, &call::wait, this);
            const auto* setup = "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 0";
            check(sqlite3_exec(opened, setup, nullptr, nullptr, nullptr));
        }

        answer query(const char* sql, std::initializer_list<std::string_view> texts = {},
                     std::initializer_list<std::uint64_t> numbers = {}) const {
            sqlite3_stmt* prepared = nullptr;
            check(sqlite3_prepare_v2(connection.get(), sql, -1, &prepared, nullptr));
            answer result{*this, {prepared, &sqlite3_finalize}};
            int i = 0;
            for (const auto text : texts) check(sqlite3_bind_blob64(prepared, ++i, text.data(), text.size(), nullptr));
            for (const auto n : numbers) check(sqlite3_bind_int64(prepared, ++i, static_cast<sqlite3_int64>(n)));
            result.next();
            return result;
        }

        void check(int code) const {
            if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
            check_not_stopped();
            fail(code == SQLITE_BUSY                                ? errc::unavailable
                 : code == SQLITE_FULL                              ? errc::no_space
                 : code == SQLITE_CORRUPT                           ? errc::corrupt
                 : code == SQLITE_NOTADB                            ? errc::invalid_argument
                 : code == SQLITE_READONLY                          ? errc::access_denied
                 : code != SQLITE_CANTOPEN                          ? errc::io_failure
                 : sqlite3_system_errno(connection.get()) == EACCES ? errc::access_denied
                                                                    : errc::not_configured,
                 sqlite3_errmsg(connection.get()));
        }
        void check_not_stopped() const {
            if (stop.stop_requested()) fail(errc::cancelled, "the caller asked to stop");
        }
        [[noreturn]] void fail(errc kind, std::string_view why) const { throw error(kind, operation, key, why); }
        static int wait(void* waiting, int times) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            const auto& self = *static_cast<const call*>(waiting);
            return !self.stop.stop_requested() && times * std::chrono::milliseconds(2) < self.patience;
        }

        std::string operation, key;
        std::stop_token stop;
        std::chrono::seconds patience;
        std::shared_ptr<sqlite3> connection;
    };

    std::optional<object_info> write(const object_key& key, const byte_source& source, const put_options& options,
                                     const auto& may_write) const {
        const call writing(*this, "put", key.str(), options.stop);
        writing.query("BEGIN IMMEDIATE");
        if (!may_write(find(writing, key))) return std::nullopt;
        const auto now = std::chrono::system_clock::now().time_since_epoch() / std::chrono::microseconds(1);
        writing.query("REPLACE INTO holdfast_objects VALUES (NULL, ?, ?, ?)", {key.str()},
                      {source.size(), static_cast<std::uint64_t>(now)});
        std::string chunk(1 << 18, '\0');
        for (std::uint64_t at = 0; at < source.size(); at += chunk.size()) {
            writing.check_not_stopped();
            chunk.resize(source.read(at, std::as_writable_bytes(std::span(chunk))));
            writing.query("INSERT INTO holdfast_chunks SELECT id, ?3, ?2 FROM holdfast_objects WHERE key = ?1",
                          {key.str(), chunk}, {at});
        }
        auto info = find(writing, key);
        writing.query("COMMIT");
        return info;
    }

    static std::optional<object_info> find(const call& reading, const object_key& key) {
        const auto row = reading.query("SELECT id, size, modified FROM holdfast_objects WHERE key = ?", {key.str()});
        return row ? std::optional(info_of(key, row)) : std::nullopt;
    }
    static object_info info_of(const object_key& key, const call::answer& row) {
        return {.key = key,
                .size = row.number(1),
                .modified = std::chrono::system_clock::time_point(std::chrono::microseconds(row.number(2))),
                .etag = std::to_string(row.number(0)) + "-" + std::to_string(row.number(2))};
    }

    std::string path_;
    std::chrono::seconds patience_;
    std::shared_ptr<const call> open_;  // the last connection to close would fold the log in and remove it
};

static_assert(create_only_storage<sqlite_storage> && compare_and_swap_storage<sqlite_storage>);
}  // namespace example

#endif
