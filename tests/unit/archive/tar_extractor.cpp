#include <holdfast/archive/tar_extractor.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/gzip.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/tar_building.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using namespace tree_building;
namespace build = tar_building;

namespace {

using lines = std::vector<std::string>;

// A directory to unpack into, with something beside it that no archive may touch.
struct scratch {
    detail::temp_directory base;
    fs::path target = base.path() / "target";
    std::map<std::string, extracted_file> files;

    scratch() {
        fs::create_directory(target);
        write_file(base.path() / "beside", "untouched");
    }

    void unpack(std::string_view archive, extract_limits limits = {}, std::size_t piece = SIZE_MAX) {
        tar_extractor extractor(target, limits, [this](const extracted_file& file) { files[file.path] = file; });
        for (std::size_t i = 0; i < archive.size();) {
            const std::string_view part = archive.substr(i, piece);
            extractor.write(std::as_bytes(std::span(part)));
            i += part.size();
        }
        extractor.finish();
    }

    errc failure(const std::string& members, extract_limits limits = {}) {
        const errc kind = failure_of([&] { unpack(members + build::end(), limits); });
        CHECK(fs::is_symlink(target) == false);
        lines beside;
        for (const auto& entry : fs::directory_iterator(base.path())) beside.push_back(entry.path().filename());
        std::ranges::sort(beside);
        CHECK(beside == lines{"beside", "target"});
        CHECK(read_file(base.path() / "beside") == "untouched");
        return kind;
    }
};

std::string gzipped(const std::string& plain) {
    auto rest = std::as_bytes(std::span(plain));
    const byte_stream stream = detail::gzip([rest](std::span<std::byte> out) mutable {
        const std::size_t count = std::min(out.size(), rest.size());
        std::ranges::copy(rest.first(count), out.begin());
        rest = rest.subspan(count);
        return count;
    });
    std::string packed(plain.size() + 1024, '\0');
    std::size_t size = 0;
    while (const std::size_t count = stream(std::as_writable_bytes(std::span(packed)).subspan(size))) size += count;
    packed.resize(size);
    return packed;
}

std::uint32_t crc_of(std::string_view text) {
    return detail::crc32c(0, std::as_bytes(std::span(text)));
}

}  // namespace

TEST_CASE("members become files, directories and links") {
    scratch made;
    const std::string archive = build::directory(".") + build::file("./a", "content") + build::directory("d/empty") +
                                build::file("x/y/z", std::string(5000, 'z')) + build::symlink("x/l", "../a") +
                                build::hard_link("d/h", "a") + build::file("none", "") + build::end();
    for (const std::size_t piece : {1U, 9U, 10U, 512U, 100'000U}) {
        CAPTURE(piece);
        scratch again;
        again.unpack(archive, {}, piece);
        CHECK(listing(again.target) ==
              lines{"directory d", "directory d/empty", "directory x", "directory x/y", "file a: content",
                    "file d/h: content", "file none: ", "file x/y/z: " + std::string(5000, 'z'), "link x/l -> ../a"});
        CHECK(again.files.size() == 4);
        CHECK(again.files["x/y/z"].size == 5000);
        CHECK(again.files["x/y/z"].crc32c == crc_of(std::string(5000, 'z')));
        CHECK(again.files["d/h"].size == 7);
        CHECK(again.files["d/h"].crc32c == crc_of("content"));
        CHECK(again.files["none"].crc32c == 0);
        CHECK(fs::equivalent(again.target / "d/h", again.target / "a"));
    }
}

TEST_CASE("modes and times come back, and no set-user-id bit") {
    scratch made;
    const auto entry = [](std::string path, build::tar_type type, unsigned mode, std::int64_t ns) {
        return build::tar_entry{.path = std::move(path), .type = type, .mode = mode, .modified_ns = ns, .target = "f"};
    };
    using type = build::tar_type;
    made.unpack(build::member(entry(".", type::directory, 0500, 1'000'000'001)) +
                build::member(entry("d", type::directory, 0555, 2'000'000'002)) +
                build::member(entry("d/e", type::directory, 03711, 3'000'000'003)) +
                build::member(entry("d/e/f", type::regular, 06751, -4)) +
                build::member(entry("l", type::symlink, 0777, 5'000'000'005)) + build::file("read-only", "x", 0400) +
                build::end());
    CHECK(mode(made.target / "d/e/f") == 0751);
    CHECK(modified_ns(made.target / "d/e/f") == -4);
    CHECK(mode(made.target / "d") == 0555);
    CHECK(modified_ns(made.target / "d") == 2'000'000'002);
    CHECK(mode(made.target / "d/e") == 0711);
    CHECK(modified_ns(made.target / "d/e") == 3'000'000'003);
    CHECK(modified_ns(made.target / "l") == 5'000'000'005);
    CHECK(mode(made.target / "read-only") == 0400);
    CHECK(modified_ns(made.target) == 1'000'000'001);
    CHECK(mode(made.target) == 0700);
}

TEST_CASE("a later member of the same type replaces the earlier one") {
    scratch made;
    made.unpack(build::file("a", "old") + build::hard_link("b", "a") + build::file("a", "new", 0600) +
                build::directory("d", 0700) + build::directory("d", 0750) + build::symlink("l", "a") +
                build::symlink("l", "b") + build::file("i/f", "") + build::directory("i", 0711) +
                build::file("h", "mine") + build::hard_link("h", "b") + build::hard_link("h", "h") + build::end());
    CHECK(read_file(made.target / "a") == "new");
    CHECK(read_file(made.target / "b") == "old");
    CHECK(read_file(made.target / "h") == "old");
    CHECK(mode(made.target / "d") == 0750);
    CHECK(mode(made.target / "i") == 0711);
    CHECK(fs::read_symlink(made.target / "l") == "b");
    CHECK(made.files["a"].crc32c == crc_of("new"));
    CHECK(made.files["b"].crc32c == crc_of("old"));
    CHECK(made.files["h"].crc32c == crc_of("old"));
}

TEST_CASE("D-29 names that leave the directory are refused") {
    for (const auto* name : {"/absolute", "../beside", "a/../../beside", "..", "a/.."}) {
        CAPTURE(name);
        CHECK(scratch().failure(build::file(name, "x")) == errc::unsafe_path);
        CHECK(scratch().failure(build::directory(name)) == errc::unsafe_path);
        CHECK(scratch().failure(build::symlink(name, "a")) == errc::unsafe_path);
        CHECK(scratch().failure(build::typed('x', build::record("path", name)) + build::file("a", "")) ==
              errc::unsafe_path);
        CHECK(scratch().failure(build::typed('L', name) + build::file("a", "")) == errc::unsafe_path);
    }
    const std::string with_nul("a\0b", 3);
    CHECK(scratch().failure(build::typed('x', build::record("path", with_nul)) + build::file("a", "")) ==
          errc::unsafe_path);
    CHECK(scratch().failure(build::typed('L', std::string(5000, 'n')) + build::file("a", "")) == errc::too_large);
    CHECK(scratch().failure(build::file("./", "")) == not_thrown);
    CHECK(scratch().failure(build::file(".", "x")) == errc::corrupt);
}

TEST_CASE("nothing is written through a link") {
    const std::string inside = build::directory("d") + build::symlink("l", "d");
    CHECK(scratch().failure(inside + build::file("l/f", "x")) == errc::unsafe_path);
    CHECK(scratch().failure(inside + build::directory("l/f")) == errc::unsafe_path);
    CHECK(scratch().failure(inside + build::symlink("l/f", "x")) == errc::unsafe_path);
    CHECK(scratch().failure(inside + build::file("d/f", "x") + build::hard_link("l/f", "d/f")) == errc::unsafe_path);
    CHECK(scratch().failure(inside + build::file("l", "x")) == errc::unsafe_path);
    CHECK(scratch().failure(inside + build::directory("l")) == errc::unsafe_path);
    CHECK(scratch().failure(inside + build::file("d/f", "x") + build::hard_link("l", "d/f")) == errc::unsafe_path);
    CHECK(scratch().failure(inside + build::hard_link("h", "l/f")) == errc::corrupt);
    CHECK(scratch().failure(build::file("f", "") + build::file("f/g", "x")) == errc::unsafe_path);
}

TEST_CASE("links that leave the directory are refused, by any way") {
    for (const auto* target : {"/", "/etc/passwd", "..", "../beside", "d/../../beside", "./.."}) {
        CAPTURE(target);
        CHECK(scratch().failure(build::symlink("l", target)) == errc::unsafe_path);
    }
    CHECK(scratch().failure(build::symlink("d/l", "..")) == not_thrown);
    CHECK(scratch().failure(build::symlink("d/l", "../..")) == errc::unsafe_path);
    CHECK(scratch().failure(build::symlink("d/e/f", "../..") + build::symlink("p", "d/e/f/..")) == errc::unsafe_path);
    CHECK(scratch().failure(build::symlink("p", "d/e/f/..") + build::symlink("d/e/f", "../..")) == errc::unsafe_path);
    CHECK(scratch().failure(build::symlink("l", "good") + build::symlink("l", "../beside")) == errc::unsafe_path);
    CHECK(scratch().failure(build::symlink("a", "b") + build::symlink("b", "a")) == errc::unsafe_path);
    CHECK(scratch().failure(build::typed('x', build::record("linkpath", std::string("a\0b", 3))) +
                            build::symlink("l", "a")) == errc::unsafe_path);
    CHECK(scratch().failure(build::symlink("l", "")) == errc::corrupt);
    CHECK(scratch().failure(build::symlink("l", std::string(4096, 't'))) == errc::too_large);
}

TEST_CASE("links exist only when all are known to be good") {
    scratch made;
    CHECK(made.failure(build::symlink("good", "f") + build::symlink("bad", "..") + build::file("f", "x")) ==
          errc::unsafe_path);
    CHECK(listing(made.target) == lines{"file f: x"});
}

TEST_CASE("hard links name earlier files of the archive") {
    const std::string earlier = build::file("f", "x") + build::directory("d") + build::symlink("l", "f");
    for (const auto* target : {"../beside", "/etc/passwd", "d", "l", "d/../../beside"}) {
        CAPTURE(target);
        CHECK(scratch().failure(earlier + build::hard_link("h", target)) == errc::unsafe_path);
    }
    for (const auto* target : {"later", "h", "", "d/f"}) {
        CAPTURE(target);
        CHECK(scratch().failure(earlier + build::hard_link("h", target) + build::file("later", "")) == errc::corrupt);
    }
    CHECK(scratch().failure(earlier + build::hard_link("d", "f")) == errc::unsafe_path);
    CHECK(scratch().failure(earlier + build::hard_link("d/h", "./f")) == not_thrown);
}

TEST_CASE("devices, pipes and sparse files are refused") {
    for (const char flag : {'3', '4', '6'}) {
        scratch made;
        CHECK(made.failure(build::typed(flag, "", "device")) == errc::unsafe_path);
        CHECK(listing(made.target).empty());
    }
    CHECK(scratch().failure(build::typed('S', "", "sparse")) == errc::unsupported);
}

TEST_CASE("members that change their type are refused") {
    const lines members{build::file("m", "x"), build::directory("m"), build::symlink("m", "n")};
    for (std::size_t first = 0; first < members.size(); ++first) {
        for (std::size_t second = 0; second < members.size(); ++second) {
            CAPTURE(first);
            CAPTURE(second);
            CHECK(scratch().failure(members[first] + members[second]) ==
                  (first == second ? not_thrown : errc::unsafe_path));
        }
    }
    CHECK(scratch().failure(build::file("m/n", "x") + build::file("m", "x")) == errc::unsafe_path);
}

TEST_CASE("limits hold before anything is written") {
    const std::string members = build::file("a", std::string(600, 'a')) + build::file("b", std::string(400, 'b'));
    CHECK(scratch().failure(members, {.bytes = 1000}) == not_thrown);
    scratch made;
    CHECK(made.failure(members, {.bytes = 999}) == errc::too_large);
    CHECK(listing(made.target) == lines{"file a: " + std::string(600, 'a')});
    CHECK(scratch().failure(members, {.entries = 2}) == not_thrown);
    CHECK(scratch().failure(members, {.entries = 1}) == errc::too_large);
    CHECK(scratch().failure(build::file("a/b/c/d", ""), {.entries = 4}) == not_thrown);
    CHECK(scratch().failure(build::file("a/b/c/d", ""), {.entries = 3}) == errc::too_large);
    CHECK(scratch().failure(
              members + build::typed('x', build::record("size", "9000000000000000000")) + build::file("c", ""),
              {.bytes = 2000}) == errc::too_large);
}

TEST_CASE("gzip is told by the first bytes") {
    const std::string content = std::string(100'000, 'g') + "end";
    const std::string packed = gzipped(build::file("f", content) + build::end());
    for (const std::size_t piece : {1U, 9U, 1000U, 1U << 20}) {
        scratch made;
        made.unpack(packed, {}, piece);
        CHECK(read_file(made.target / "f") == content);
        CHECK(made.files["f"].crc32c == crc_of(content));
    }
    for (const std::size_t size : {std::size_t{12}, packed.size() / 2, packed.size() - 1}) {
        scratch made;
        CHECK(failure_of([&] { made.unpack(packed.substr(0, size)); }) == errc::corrupt);
    }
    scratch made;
    CHECK(failure_of([&] { made.unpack(packed, {.bytes = 1000}); }) == errc::too_large);
    CHECK(listing(made.target).empty());
}

TEST_CASE("other compressions are named, and names that look like one are not") {
    using namespace std::string_view_literals;
    for (const auto start : {"BZh91AY&SY"sv, "BZh9\x17rE8P\x90"sv,
                             "\xFD"
                             "7zXZ\0"sv,
                             "\x28\xB5\x2F\xFD"sv}) {
        scratch made;
        CHECK(failure_of([&] { made.unpack(std::string(start).append(600, '_')); }) == errc::unsupported);
    }
    CHECK(scratch().failure(build::file("BZh91AY&S", "x")) == not_thrown);
}

TEST_CASE("what is no whole archive is corrupt") {
    const std::string archive = build::file("a", "x") + build::file("b", std::string(600, 'y'));
    for (std::size_t size = 0; size <= archive.size(); size += 128) {
        CAPTURE(size);
        scratch made;
        CHECK(failure_of([&] { made.unpack(std::string_view(archive).substr(0, size)); }) == errc::corrupt);
    }
    scratch made;
    CHECK(failure_of([&] { made.unpack("no archive at all, but longer than a magic" + std::string(1000, 'x')); }) ==
          errc::corrupt);
}

TEST_CASE("the directory must be there and empty") {
    const scratch made;
    const auto open = [&](const fs::path& path) { tar_extractor(path, {}, {}); };
    CHECK(failure_of([&] { open(made.target); }) == not_thrown);
    CHECK(failure_of([&] { open(made.target / "absent"); }) == errc::not_found);
    CHECK(failure_of([&] { open(made.base.path()); }) == errc::precondition_failed);
    CHECK(failure_of([&] { open(made.base.path() / "beside"); }) == errc::precondition_failed);
    write_file(made.target / "empty", "");
    CHECK(failure_of([&] { open(made.target / "empty"); }) == errc::precondition_failed);
}

TEST_CASE("content that is ahead may be brought, in any order, instead of written") {
    const std::string content = "0123456789";
    const std::string archive = build::file("a", content) + build::file("b", "short") + build::end();
    const auto header = std::as_bytes(std::span(archive)).first(detail::tar_block_size);
    for (const std::size_t written : {0U, 1U, 9U}) {
        CAPTURE(written);
        scratch made;
        tar_extractor extractor(made.target, {}, [&](const extracted_file& file) { made.files[file.path] = file; });
        CHECK(extractor.content_ahead() == 0);
        extractor.write(header);
        CHECK(extractor.content_ahead() == content.size());
        extractor.write(std::as_bytes(std::span(content)).first(written));
        const std::size_t rest = content.size() - written;
        CHECK(extractor.content_ahead() == rest);
        const auto bytes = std::as_bytes(std::span(content)).subspan(written);
        extractor.bring(rest, [&](byte_sink& sink, crc32c_sink*) {
            sink.write(rest / 2, bytes.subspan(rest / 2));
            sink.write(0, bytes.first(rest / 2));
        });
        CHECK(extractor.content_ahead() == 0);
        extractor.write(std::as_bytes(std::span(archive)).subspan(detail::tar_block_size + content.size()));
        extractor.finish();
        CHECK(read_file(made.target / "a") == content);
        CHECK(read_file(made.target / "b") == "short");
        CHECK(made.files["a"].crc32c == crc_of(content));
        CHECK(made.files["a"].size == content.size());
    }
}

TEST_CASE("content that is brought must be whole where it is digested") {
    scratch made;
    const std::string archive = build::file("a", "0123456789");
    tar_extractor extractor(made.target, {}, {});
    extractor.write(std::as_bytes(std::span(archive)).first(detail::tar_block_size));
    CHECK(failure_of([&] {
              extractor.bring(
                  10, [&](byte_sink& sink, crc32c_sink*) { sink.write(1, std::as_bytes(std::span("123456789", 9))); });
          }) == errc::corrupt);
}

TEST_CASE("a digest is told where it is asked for, and a compressed archive has no content ahead") {
    const std::string archive = build::file("a", "content") + build::end();
    for (const bool digest : {true, false}) {
        scratch made;
        tar_extractor extractor(
            made.target, {}, [&](const extracted_file& file) { CHECK(file.crc32c.has_value() == digest); }, digest);
        const auto packed = gzipped(archive);
        for (const char& byte : packed) {
            extractor.write(std::as_bytes(std::span(&byte, 1)));
            CHECK(extractor.content_ahead() == 0);
        }
        extractor.finish();
        CHECK(read_file(made.target / "a") == "content");
    }
}
