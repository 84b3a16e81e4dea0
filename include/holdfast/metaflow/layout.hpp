#ifndef HOLDFAST_METAFLOW_LAYOUT_HPP
#define HOLDFAST_METAFLOW_LAYOUT_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/metaflow/task_context.hpp>

// Keys of the store, composed and taken apart. Facts: the layout that metaflow-checkpoint writes
// (checkpoint_storage.py: key patterns; model_storage.py). Paths are relative to the store's root.
namespace holdfast::metaflow {

inline constexpr std::string_view checkpoints_prefix = "mf.checkpoints";
inline constexpr std::string_view models_prefix = "mf.models";
inline constexpr std::string_view hub_prefix = "mf.huggingface_hub";
inline constexpr std::string_view default_checkpoint_name = "mfchckpt";

/// "<pathspec hash>.<attempt>.<name>.<version>".
struct checkpoint_id {
    std::string pathspec_hash;  ///< 8 hex digits
    std::string attempt;        ///< digits
    std::string name;
    std::uint64_t version = 0;

    friend bool operator==(const checkpoint_id&, const checkpoint_id&) = default;
};

/// The four components between "artifacts" and the id.
struct artifact_folder {
    std::string root_prefix{checkpoints_prefix};  ///< or `hub_prefix`
    std::string flow;
    std::string step;
    std::string scope;
    std::string identifier;

    friend bool operator==(const artifact_folder&, const artifact_folder&) = default;
};

/// What a checkpoint's key says.
struct checkpoint_location {
    artifact_folder folder;
    checkpoint_id id;

    friend bool operator==(const checkpoint_location&, const checkpoint_location&) = default;
};

/// Errors: `invalid_argument` unless the name can stand in a key that Python reads back: not empty, no '.', no '/',
/// no '?', no control characters, UTF-8, at most 128 bytes.
HOLDFAST_DECL void check_checkpoint_name(std::string_view name);

/// The folder of a resolved context.
HOLDFAST_DECL artifact_folder folder_of(const task_context& context);

HOLDFAST_DECL object_key data_key(const checkpoint_location& where);  ///< the checkpoint's key
HOLDFAST_DECL object_key artifact_document_key(const checkpoint_location& where);
HOLDFAST_DECL object_key artifact_latest_key(const artifact_folder& folder);
HOLDFAST_DECL object_key task_document_key(std::string_view root_prefix, std::string_view pathspec,
                                           const checkpoint_id& id);
HOLDFAST_DECL object_key task_latest_key(std::string_view root_prefix, std::string_view pathspec);

/// The prefixes that a list reads: of one artifact folder, of a pathspec of one to four parts, of a scope
/// (`folder.identifier` empty: the whole scope; all identifiers).
HOLDFAST_DECL std::string artifact_documents_prefix(const artifact_folder& folder);
HOLDFAST_DECL std::string task_documents_prefix(std::string_view root_prefix, std::string_view pathspec);

/// Whether a text is "flow/run/step/task", of parts that a key can have.
HOLDFAST_DECL bool is_task_pathspec(std::string_view text);

/// Errors: `invalid_argument` unless the text is "", "flow", "flow/run", "flow/run/step" or "flow/run/step/task".
HOLDFAST_DECL void check_search_path(std::string_view pathspec);

/// Takes a checkpoint's key apart. A key below it ("<key>/file") is none; a name with '/', as Python lets one pass, is
/// known by the version that stands only at its end.
/// Errors: `key_not_compatible`, with a message that says what a key looks like.
HOLDFAST_DECL checkpoint_location parse_checkpoint_key(std::string_view text);

/// A document in an artifact folder, or nothing for `latest` and foreign objects.
HOLDFAST_DECL std::optional<checkpoint_location> parse_artifact_document_key(std::string_view text);

/// A document of a task, without what its name does not say.
struct task_document_location {
    std::string root_prefix;
    std::string pathspec;
    checkpoint_id id;  ///< the pathspec hash is computed
};
HOLDFAST_DECL std::optional<task_document_location> parse_task_document_key(std::string_view text);

/// What the last part alone of such keys says, for who has many of them: of a checkpoint's key, of its document in the
/// artifact folder, and of its document of the task, whose name has no pathspec hash (it is left empty).
HOLDFAST_DECL std::optional<checkpoint_id> parse_checkpoint_key_id(std::string_view text);
HOLDFAST_DECL std::optional<checkpoint_id> parse_artifact_document_id(std::string_view text);
HOLDFAST_DECL std::optional<checkpoint_id> parse_task_document_id(std::string_view text);

/// Objects of our own, beside what Python lists: "<root prefix>/checkpoints/holdfast/…".
/// The manifest of a checkpoint, and the claim of a version number, which all names of a task's attempt share (the
/// nodes of a gang too, whose identifiers differ while their task is one).
HOLDFAST_DECL object_key manifest_key(const checkpoint_location& where);
HOLDFAST_DECL std::string reservations_prefix(std::string_view root_prefix, std::string_view pathspec,
                                              std::string_view attempt);
HOLDFAST_DECL object_key reservation_key(std::string_view root_prefix, std::string_view pathspec,
                                         std::string_view attempt, std::uint64_t version);

/// Errors: `invalid_argument` unless the label can stand in a key that Python reads back: not empty, no '/', no '?', no
/// control characters, UTF-8, at most 128 bytes.
HOLDFAST_DECL void check_model_label(std::string_view label);

/// "<flow>_<step>", without the end of what would be too long.
HOLDFAST_DECL std::string default_model_label(std::string_view flow, std::string_view step);

/// "<label>_<uuid>"; the parts of a model's store.
HOLDFAST_DECL object_key model_data_key(std::string_view model_id);
HOLDFAST_DECL object_key model_manifest_key(std::string_view model_id);
HOLDFAST_DECL object_key model_artifact_document_key(std::string_view model_id);
HOLDFAST_DECL object_key model_task_document_key(std::string_view pathspec, std::string_view attempt,
                                                 std::string_view model_id);
/// The prefix that a list of models reads: of a pathspec of up to four parts.
HOLDFAST_DECL std::string model_documents_prefix(std::string_view pathspec);

/// The id in a model's key. Errors: `key_not_compatible`.
HOLDFAST_DECL std::string parse_model_key(std::string_view text);
/// What stands before "_<uuid>" in a model's id; all of it where another program chose the id.
HOLDFAST_DECL std::string label_of_model_id(std::string_view id);

struct model_task_document_location {
    std::string pathspec;
    std::string attempt;
    std::string model_id;
};
HOLDFAST_DECL std::optional<model_task_document_location> parse_model_task_document_key(std::string_view text);

/// What a key names, by its shape alone.
enum class artifact_kind { checkpoint, hub_entry, model };

/// Errors: `key_not_compatible`, with a message that says what the keys of each kind look like.
HOLDFAST_DECL artifact_kind kind_of_key(std::string_view text);

/// The folder of a hub entry shared by a flow, or by all.
HOLDFAST_DECL artifact_folder hub_flow_folder(std::string_view flow);
HOLDFAST_DECL artifact_folder hub_global_folder();

}  // namespace holdfast::metaflow

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/metaflow/impl/layout.ipp>
#endif

#endif
