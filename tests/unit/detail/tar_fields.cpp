#include <holdfast/detail/tar_fields.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace holdfast::detail;

TEST_CASE("a number is octal with zeros before it and NUL after it") {
    std::string header(tar_block_size, '\0');
    put_tar_number(header, tar_size_field, 0777);
    CHECK(header.substr(124, 12) == std::string("00000000777\0", 12));
    CHECK(tar_number(std::as_bytes(std::span(header)), tar_size_field) == 0777);
    CHECK(fits_tar_number(tar_mode_field, 07777777));
    CHECK_FALSE(fits_tar_number(tar_mode_field, 010000000));
}

TEST_CASE("a text may fill its field and is cut there") {
    std::string header(tar_block_size, '\0');
    put_tar_text(header, tar_name_field, std::string(101, 'n'));
    CHECK(tar_text(std::as_bytes(std::span(header)), tar_name_field) == std::string(100, 'n'));
    CHECK(header[100] == '\0');
    CHECK(fits_tar_text(tar_name_field, std::string(100, 'n')));
    CHECK_FALSE(fits_tar_text(tar_name_field, std::string(101, 'n')));
    CHECK_FALSE(fits_tar_text(tar_name_field, "\xC3\xBC"));
}

TEST_CASE("a record's length counts its own digits") {
    for (std::size_t size = 0; size < 1100; ++size) {
        const std::string value(size, 'v');
        const std::string record = pax_record("k", value);
        CAPTURE(size);
        REQUIRE(record == std::to_string(record.size()) + " k=" + value + "\n");
    }
}

TEST_CASE("times are written and read back") {
    for (const std::int64_t ns : {0L, 1L, -1L, 999'999'999L, 1'795'553'232'286'700'634L, INT64_MAX, -INT64_MAX}) {
        CAPTURE(ns);
        CHECK(parse_pax_time(pax_time(ns)) == ns);
    }
    CHECK(pax_time(-1'500'000'000) == "-1.5");
    CHECK(pax_time(2'000'000'000) == "2.0");
}
