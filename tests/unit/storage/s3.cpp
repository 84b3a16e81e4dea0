#include <holdfast/storage/s3.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include <holdfast/core/error.hpp>
#include <holdfast/storage/any.hpp>
#include <holdfast/storage/operations.hpp>
#include <tests/conformance/storage_backend.hpp>
#include <tests/support/fake_s3.hpp>
#include <tests/support/s3_options.hpp>

using namespace holdfast;
using testing_support::fake_s3;
using testing_support::options_for;

static_assert(storage_backend<s3_storage>);
static_assert(create_only_storage<s3_storage>);
static_assert(compare_and_swap_storage<s3_storage>);
static_assert(copying_storage<s3_storage>);
static_assert(batch_remove_storage<s3_storage>);
static_assert(streaming_storage<s3_storage>);

TEST_CASE("s3_storage keeps what storage_backend promises") {
    conformance::storage_backend_suite([] { return s3_storage("s3://bucket", options_for(fake_s3())); });
}

// Below a prefix, in pages of two objects.
s3_storage paged_store(s3_integrity integrity) {
    const fake_s3 server;
    server.state().rules.page = 2;
    s3_options options = options_for(server);
    options.integrity = integrity;
    return s3_storage("s3://bucket/a", options);
}

TEST_CASE("s3_storage keeps it with checksums, below a prefix, in short pages") {
    conformance::storage_backend_suite([] { return paged_store(s3_integrity::crc32c); });
}

TEST_CASE("s3_storage keeps it without any integrity") {
    conformance::storage_backend_suite([] { return paged_store(s3_integrity::none); });
}
