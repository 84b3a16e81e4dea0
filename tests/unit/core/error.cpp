#include <holdfast/core/error.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

using namespace holdfast;

TEST_CASE("an error is one line: operation, key, kind, message") {
    const error failure(errc::not_found, "load", "a/b", "no such object; list the store");
    CHECK(std::string(failure.what()) == "load a/b: not_found: no such object; list the store");
    CHECK(failure.kind() == errc::not_found);
    CHECK(failure.operation() == "load");
    CHECK(failure.key() == "a/b");
    CHECK(failure.message() == "no such object; list the store");
    CHECK(std::string(error(errc::timed_out, "put", "", "late").what()) == "put: timed_out: late");
}

TEST_CASE("control characters are printed as spaces and kept in the parts") {
    const error failure(errc::corrupt, "get\t", "a\nb\x7F", std::string("x\x1B[2Jy\xC2\x9Bz\xC3\x9B\0w", 13));
    CHECK(std::string(failure.what()) == "get  a b : corrupt: x [2Jy z\xC3\x9B w");
    CHECK(failure.key() == "a\nb\x7F");
    CHECK(std::string(error(errc::corrupt, "get", "\xC2", "m").what()) == "get \xC2: corrupt: m");
}

TEST_CASE("every kind has its own name, and its code prints it") {
    const std::vector<std::pair<errc, std::string>> kinds{
        {errc::not_found, "not_found"},
        {errc::corrupt, "corrupt"},
        {errc::key_not_compatible, "key_not_compatible"},
        {errc::incompatible_type, "incompatible_type"},
        {errc::invalid_argument, "invalid_argument"},
        {errc::not_in_task, "not_in_task"},
        {errc::not_configured, "not_configured"},
        {errc::precondition_failed, "precondition_failed"},
        {errc::access_denied, "access_denied"},
        {errc::throttled, "throttled"},
        {errc::timed_out, "timed_out"},
        {errc::unavailable, "unavailable"},
        {errc::untrusted, "untrusted"},
        {errc::unsafe_path, "unsafe_path"},
        {errc::too_large, "too_large"},
        {errc::unsupported, "unsupported"},
        {errc::cancelled, "cancelled"},
        {errc::no_space, "no_space"},
        {errc::io_failure, "io_failure"},
    };
    for (const auto& [kind, name] : kinds) {
        CHECK(to_string(kind) == name);
        CHECK(make_error_code(kind).message() == name);
        CHECK(error(kind, "o", "k", "m").kind() == kind);
    }
    CHECK(to_string(static_cast<errc>(99)) == "unknown");
    CHECK(to_string(static_cast<errc>(0)) == "unknown");
}

TEST_CASE("an error code is made of a kind and compares with it") {
    const boost::system::error_code code = errc::cancelled;
    CHECK(code == errc::cancelled);
    CHECK(code != errc::corrupt);
    CHECK(code.failed());
    CHECK(std::string(code.category().name()) == "holdfast");
    CHECK(&error_category() == &code.category());
    CHECK_THROWS_AS(throw error(errc::corrupt, "o", "k", "m"), boost::system::system_error);
}

TEST_CASE("errno stands for a kind") {
    const std::vector<std::pair<int, errc>> table{
        {ENOENT, errc::not_found},
        {EACCES, errc::access_denied},
        {EPERM, errc::access_denied},
        {EROFS, errc::access_denied},
        {ENOSPC, errc::no_space},
        {EDQUOT, errc::no_space},
        {ELOOP, errc::unsafe_path},
        {EXDEV, errc::unsafe_path},
        {ENOTDIR, errc::invalid_argument},
        {EISDIR, errc::invalid_argument},
        {EINVAL, errc::invalid_argument},
        {ENAMETOOLONG, errc::invalid_argument},
        {EIO, errc::io_failure},
        {EMFILE, errc::io_failure},
        {EEXIST, errc::io_failure},
    };
    for (const auto& [number, kind] : table) {
        const error failure = error::from_errno(number, "open", "dir/file");
        CHECK(failure.kind() == kind);
        CHECK(failure.key() == "dir/file");
        CHECK(failure.operation() == "open");
        CHECK(failure.message().starts_with(std::generic_category().message(number)));
    }
}

TEST_CASE("only what may pass by itself is retryable") {
    int retryable = 0;
    for (int kind = static_cast<int>(errc::not_found); kind <= static_cast<int>(errc::io_failure); ++kind) {
        retryable += error(static_cast<errc>(kind), "o", "k", "m").is_retryable() ? 1 : 0;
    }
    CHECK(retryable == 3);
    CHECK(error(errc::throttled, "o", "k", "m").is_retryable());
    CHECK(error(errc::timed_out, "o", "k", "m").is_retryable());
    CHECK(error(errc::unavailable, "o", "k", "m").is_retryable());
}
