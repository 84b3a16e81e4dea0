#ifndef HOLDFAST_ARCHIVE_FORMAT_HPP
#define HOLDFAST_ARCHIVE_FORMAT_HPP

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <holdfast/archive/file_tree.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/byte_stream.hpp>

namespace holdfast {

/// One object that a saved tree becomes.
struct packed_object {
    std::string path;      ///< below the save's key; empty: the object is the key itself
    byte_source content;
};

/// The objects of a saved tree: a list of known sizes, or one stream whose size shows at its end.
/// The stream is made anew at each call, so that a failed upload can start again.
using packed_tree = std::variant<std::vector<packed_object>, std::function<byte_stream()>>;

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
concept archive_format = requires(const file_tree& tree) {
    { Format::storage_format } -> std::convertible_to<std::string_view>;
    { Format::name } -> std::convertible_to<std::string_view>;
    { Format::default_symlinks } -> std::convertible_to<symlink_policy>;
    { Format::pack(tree) } -> std::same_as<packed_tree>;
};

}  // namespace holdfast

#endif
