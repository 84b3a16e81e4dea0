#ifndef HOLDFAST_ARTIFACT_SAVED_TREE_HPP
#define HOLDFAST_ARTIFACT_SAVED_TREE_HPP

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include <holdfast/archive/extraction.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/core/object_key.hpp>

namespace holdfast {

struct load_options {
    extract_limits limits = {};  ///< what is accepted before the load fails with `too_large`
    bool verify = true;          ///< check sizes and digests against what was saved; without it the manifest is not
                                 ///< read: of `files` neither modes nor empty directories come back
    bool resume = true;          ///< keep what has arrived when the store is lost, and go on there the next time
    std::stop_token stop = {};
};

/// What a document says of a saved tree, as far as a load needs it.
struct saved_tree {
    object_key key;
    std::string storage_format;         ///< "files" or "tar"
    std::optional<std::uint64_t> size;  ///< bytes, as documents count them; none: the document does not say
    std::optional<manifest> contents;   ///< none: Python wrote it
};

/// What a load brought.
struct fetched_tree {
    std::filesystem::path directory;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;  ///< sum of the file sizes
};

}  // namespace holdfast

#endif
