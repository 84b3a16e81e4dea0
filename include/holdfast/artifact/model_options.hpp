#ifndef HOLDFAST_ARTIFACT_MODEL_OPTIONS_HPP
#define HOLDFAST_ARTIFACT_MODEL_OPTIONS_HPP

#include <boost/json/object.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <holdfast/archive/file_tree.hpp>
#include <holdfast/artifact/documents.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/core/clock.hpp>
#include <holdfast/core/environment.hpp>
#include <holdfast/reference.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast {

struct model_save_options {
    std::optional<std::string> label = {};        ///< none: "<flow>_<step>"; no '/', at most 128 bytes
    boost::json::object metadata = {};            ///< the user's own; NaN and infinities are stored as text
    std::optional<symlink_policy> symlinks = {};  ///< none: the archive's default
    digest_kind digest = digest_kind::crc32c;
    std::stop_token stop = {};
};

/// What is to be loaded under a name. Wire: an element of `load` of `@model`.
struct model_to_load {
    std::string name = {};                                ///< empty: the key of the reference
    std::vector<reference> references = {};               ///< of several, each is named "<name>/<index from 0>"
    std::optional<std::filesystem::path> directory = {};  ///< none: a temporary one; of several, below it "<index>"
};

struct model_options {
    std::vector<model_to_load> load = {};      ///< loaded at construction, verified; `model::load` has options
    bool best_effort = false;                  ///< what of these cannot be loaded is noted in `loaded().failures()`
    std::filesystem::path temp_dir_root = {};  ///< where temporary directories are made; empty: the system's
    environment surroundings = environment::of_process();
    clock_function clock = system_clock();
    transfer_limits limits = {};
};

struct model_list_options {
    std::string pathspec = {};                ///< only below this "flow[/run[/step[/task]]]"; empty: the whole store
    std::optional<std::string> label = {};    ///< only of this label
    std::optional<std::string> attempt = {};  ///< digits: only of this attempt
    std::optional<std::size_t> limit = {};    ///< the newest so many; all documents are read, names carry no time
    damage_handler on_damage = {};            ///< told of each document that cannot be read; they are passed over
    std::stop_token stop = {};
};

}  // namespace holdfast

#endif
