#ifndef HOLDFAST_ARCHIVE_FORMAT_HPP
#define HOLDFAST_ARCHIVE_FORMAT_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <holdfast/archive/file_tree.hpp>
#include <holdfast/core/byte_stream.hpp>
#include <holdfast/core/pending_object.hpp>

namespace holdfast {

/// The objects of a saved tree, at and below the save's key: a list of known sizes, or one stream whose size shows at
/// its end. The stream is made anew at each call, so that a failed upload can start again.
using packed_tree = std::variant<std::vector<pending_object>, std::function<byte_stream()>>;

/// Sees the content of a tree's files pass: the next bytes of an entry.
using content_visitor = std::function<void(const tree_entry&, std::span<const std::byte>)>;

namespace detail {

template <class Format>
concept has_storage_format = requires {
    { Format::storage_format } -> std::convertible_to<std::string_view>;
};

template <class Format>
concept has_format_name = requires {
    { Format::name } -> std::convertible_to<std::string_view>;
};

template <class Format>
concept has_default_symlinks = requires {
    { Format::default_symlinks } -> std::convertible_to<symlink_policy>;
};

template <class Format>
concept has_pack = requires(const file_tree& tree) {
    { Format::pack(tree) } -> std::same_as<packed_tree>;
};

}  // namespace detail

/// How a tree becomes objects in the store. A policy without state; a load follows the stored document, whatever
/// the policy.
///
/// | expression             | meaning                                                              | errors |
/// | ---------------------- | -------------------------------------------------------------------- | ------ |
/// | `F::storage_format`    | what the document says and Python understands: "files" or "tar"      |        |
/// | `F::name`              | what people say: "files", "tar", "tar.gz"                            |        |
/// | `F::default_symlinks`  | the link policy of a save that names none                            |        |
/// | `F::pack(tree)`        | The objects, without reading a file's content. Deterministic: equal trees give equal bytes. | `unsupported` (an entry the format cannot hold) |
///
/// Models: `files`, `tar`, `tar_gz`.
template <class Format>
concept archive_format = detail::has_storage_format<Format> && detail::has_format_name<Format> &&
                         detail::has_default_symlinks<Format> && detail::has_pack<Format>;

/// Ability: the tree as one stream that shows what passes.
///
/// | expression             | meaning                                                              | errors |
/// | ---------------------- | -------------------------------------------------------------------- | ------ |
/// | `F::stream(tree, see)` | The bytes of the one object that `pack` gives, as a `byte_stream` that refers to the tree. It reads each file once, in order, and calls `see`, where there is one, with what it read before it returns those bytes. | those of `pack`; the stream's: as `byte_source::read`, whatever `see` throws |
/// | `F::is_sized`          | whether `pack` tells the size of the object, so that a store can take its parts in any order |        |
///
/// Models: `tar`, `tar_gz`.
template <class Format>
concept streamed_archive_format = archive_format<Format> && requires(const file_tree& tree, content_visitor see) {
    { Format::stream(tree, see) } -> std::same_as<byte_stream>;
    { Format::is_sized } -> std::convertible_to<bool>;
};

/// True for an archive format; for any other type a compile error whose first line names the member that is missing
/// or of another type.
template <class Format>
consteval bool require_archive_format() {
    static_assert(detail::has_storage_format<Format>,
                  "archive_format: no `static constexpr std::string_view storage_format`");
    static_assert(detail::has_format_name<Format>, "archive_format: no `static constexpr std::string_view name`");
    static_assert(detail::has_default_symlinks<Format>,
                  "archive_format: no `static constexpr symlink_policy default_symlinks`");
    static_assert(detail::has_pack<Format>, "archive_format: no `static packed_tree pack(const file_tree&)`");
    return true;
}

}  // namespace holdfast

#endif
