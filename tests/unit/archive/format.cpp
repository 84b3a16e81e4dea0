#include <holdfast/archive/format.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>

using namespace holdfast;

namespace archive_format_models {

// The smallest model.
struct names_only {
    static constexpr std::string_view storage_format = "files";
    static constexpr std::string_view name = "names";
    static constexpr symlink_policy default_symlinks = symlink_policy::refuse;
    static packed_tree pack(const file_tree& tree) {
        std::string names;
        for (const auto& entry : tree.entries) names += entry.path + '\n';
        return std::vector<pending_object>{{"names", byte_source::from_text(names)}};
    }
};

struct streams_names : names_only {
    static constexpr bool is_sized = true;
    static byte_stream stream(const file_tree&, content_visitor) {
        return [](std::span<std::byte>) { return std::size_t{0}; };
    }
};

struct streams_without_visitor : streams_names {
    static byte_stream stream(const file_tree& tree) { return streams_names::stream(tree, {}); }
};

struct without_name {
    static constexpr std::string_view storage_format = "files";
    static constexpr symlink_policy default_symlinks = symlink_policy::refuse;
    static packed_tree pack(const file_tree& tree) { return names_only::pack(tree); }
};

struct with_number_as_format : names_only {
    static constexpr int storage_format = 1;
};

struct packs_one_source : names_only {
    static byte_source pack(const file_tree&) { return {}; }
};

struct packs_with_state : names_only {
    packed_tree pack(const file_tree& tree) const { return names_only::pack(tree); }
};

static_assert(archive_format<names_only> && require_archive_format<names_only>());
static_assert(archive_format<files>);
static_assert(archive_format<tar>);
static_assert(archive_format<tar_gz>);
static_assert(!archive_format<int>);
static_assert(!archive_format<without_name>);
static_assert(!archive_format<with_number_as_format>);
static_assert(!archive_format<packs_one_source>);
static_assert(!archive_format<packs_with_state>);
static_assert(streamed_archive_format<tar>);
static_assert(streamed_archive_format<tar_gz>);
static_assert(streamed_archive_format<streams_names>);
static_assert(!streamed_archive_format<streams_without_visitor>);
static_assert(!streamed_archive_format<names_only>);
static_assert(!streamed_archive_format<files>);

}  // namespace archive_format_models

TEST_CASE("the smallest format packs") {
    file_tree tree;
    tree.entries.push_back({.path = "a", .content = {}, .target = {}});
    const packed_tree packed = archive_format_models::names_only::pack(tree);
    CHECK(std::get<0>(packed).at(0).content.size() == 2);
}

TEST_CASE("formats say what Python understands and what people say") {
    CHECK(files::storage_format == "files");
    CHECK(tar::storage_format == "tar");
    CHECK(tar_gz::storage_format == "tar");
    CHECK(tar_gz::name == "tar.gz");
}
