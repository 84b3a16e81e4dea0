#ifndef HOLDFAST_ARTIFACT_OPTIONS_HPP
#define HOLDFAST_ARTIFACT_OPTIONS_HPP

#include <boost/json/object.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include <holdfast/archive/file_tree.hpp>
#include <holdfast/artifact/documents.hpp>
#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/core/clock.hpp>
#include <holdfast/core/environment.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast {

/// Where a restarted task looks for its state. Wire: `load_policy` of `@checkpoint`.
enum class load_policy {
    fresh,  ///< what `latest` of this task names, of whatever attempt
    eager,  ///< that, else what `latest` of this step and scope names, of whatever run
    none,   ///< nowhere
};

struct checkpoint_options {
    std::filesystem::path temp_dir_root = {};  ///< where `directory()` is made; empty: the system's
    bool init_dir = false;                     ///< make `directory()` at construction
    environment surroundings = environment::of_process();
    clock_function clock = system_clock();
    transfer_limits limits = {};
};

struct save_options {
    std::string name = "mfchckpt";                ///< as `metaflow::check_checkpoint_name` wants it
    boost::json::object metadata = {};            ///< the user's own; NaN and infinities are stored as text
    bool latest = true;                           ///< make it what a restart restores
    std::optional<symlink_policy> symlinks = {};  ///< none: the archive's default
    digest_kind digest = digest_kind::crc32c;
    std::stop_token stop = {};
};

struct restore_options {
    std::optional<std::string> name =
        {};                 ///< restore the newest good checkpoint of this name; `latest` does not matter
    bool step_back = true;  ///< where the newest is damaged, take the newest good one before it
    std::optional<std::filesystem::path> directory = {};  ///< none: the own `directory()`, whose content gives way
    load_options load = {};
};

struct list_options {
    std::optional<std::string> name = {};     ///< only of this name
    std::optional<std::string> task = {};     ///< "flow/run/step/task", its latest attempt; none: the context's, all
    std::optional<std::string> attempt = {};  ///< digits: only of this attempt
    bool whole_namespace = false;  ///< of every run and task with the context's step, scope and identifier; no `task`
    std::optional<std::size_t> limit = {};  ///< the newest so many
    damage_handler on_damage = {};          ///< told of each document that cannot be read; they are passed over
    std::stop_token stop = {};
};

}  // namespace holdfast

#endif
