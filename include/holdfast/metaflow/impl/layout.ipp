#ifndef HOLDFAST_METAFLOW_IMPL_LAYOUT_IPP
#define HOLDFAST_METAFLOW_IMPL_LAYOUT_IPP

#include <holdfast/metaflow/layout.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/utf8.hpp>
#include <holdfast/metaflow/identity.hpp>
#include <holdfast/metaflow/spelling.hpp>

namespace holdfast {

namespace detail {

inline constexpr std::string_view document_suffix = ".metadata";
inline constexpr std::size_t key_part_limit = 128;  // bytes; of a checkpoint's name, a model's label

inline std::string joined_path(std::initializer_list<std::string_view> parts) {
    std::string path;
    for (const std::string_view part : parts) {
        if (!path.empty()) path += '/';
        path += part;
    }
    return path;
}

using five_parts = std::array<std::string_view, 5>;

// The last one is all the rest, since Python lets a name hold '/'; nothing where the path has fewer parts.
inline std::optional<five_parts> split_path(std::string_view path) {
    five_parts parts;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        const std::size_t end = path.find('/');
        if (end == std::string_view::npos) return std::nullopt;
        parts[i] = path.substr(0, end);
        path.remove_prefix(end + 1);
    }
    parts.back() = path;
    return parts;
}

inline std::string_view label_flaw(std::string_view label) {
    if (label.size() > key_part_limit) return "is longer than 128 bytes";
    return key_part_flaw(label);
}

inline std::string_view checkpoint_name_flaw(std::string_view name) {
    if (name.find('.') != std::string_view::npos) return "holds '.', which separates the parts of a key";
    return label_flaw(name);
}

inline std::string checkpoint_id_text(const metaflow::checkpoint_id& id) {
    return id.pathspec_hash + "." + id.attempt + "." + id.name + "." + std::to_string(id.version);
}

inline std::string artifact_folder_path(const metaflow::artifact_folder& folder, std::string_view store) {
    return joined_path(
        {folder.root_prefix, "checkpoints", store, folder.flow, folder.step, folder.scope, folder.identifier});
}

// "<attempt>.<name>.<version>"; Python lets a name hold dots and '/', so it is all that stands between. What stands
// below a whole one is a file of it.
inline std::optional<metaflow::checkpoint_id> parse_attempt_name_version(std::string_view text) {
    const std::size_t folder = text.find('/');
    if (folder != std::string_view::npos && parse_attempt_name_version(text.substr(0, folder))) return std::nullopt;
    const std::size_t first = text.find('.');
    const std::size_t last = text.rfind('.');
    if (first == std::string_view::npos || last <= first + 1) return std::nullopt;
    const auto version = parse_count(text.substr(last + 1));
    if (!version || !parse_count(text.substr(0, first))) return std::nullopt;
    return metaflow::checkpoint_id{.pathspec_hash = {},
                                   .attempt = std::string(text.substr(0, first)),
                                   .name = std::string(text.substr(first + 1, last - first - 1)),
                                   .version = *version};
}

inline std::optional<metaflow::checkpoint_id> parse_checkpoint_id(std::string_view text) {
    const std::string_view hash = text.substr(0, text.find('.'));
    if (!is_hash_text(hash, pathspec_hash_size) || hash.size() == text.size()) return std::nullopt;
    auto id = parse_attempt_name_version(text.substr(hash.size() + 1));
    if (id) id->pathspec_hash = hash;
    return id;
}

inline constexpr std::string_view artifacts_mark = "/checkpoints/artifacts/";
inline constexpr std::string_view artifact_documents_mark = "/checkpoints/artifact_metadata/";
inline constexpr std::string_view task_documents_mark = "/checkpoints/metadata/";

// What stands before a mark, and the five parts after it.
struct stored_path {
    std::string_view root_prefix;
    five_parts parts;
};

inline std::optional<stored_path> parse_stored_path(std::string_view text, std::string_view mark) {
    const std::size_t begin = text.find(mark);
    if (begin == std::string_view::npos || !object_key::is_key(text)) return std::nullopt;
    const auto parts = split_path(text.substr(begin + mark.size()));
    if (!parts) return std::nullopt;
    return stored_path{text.substr(0, begin), *parts};
}

inline std::optional<std::string_view> without_document_suffix(std::string_view name) {
    if (!name.ends_with(document_suffix)) return std::nullopt;
    return name.substr(0, name.size() - document_suffix.size());
}

inline std::optional<metaflow::checkpoint_id> id_of_artifact_document(const stored_path& path) {
    const auto name = without_document_suffix(path.parts[4]);
    return name ? parse_checkpoint_id(*name) : std::nullopt;
}

inline std::optional<metaflow::checkpoint_id> id_of_task_document(const stored_path& path) {
    const auto name = without_document_suffix(path.parts[4]);
    return name ? parse_attempt_name_version(*name) : std::nullopt;
}

inline metaflow::artifact_folder folder_of_stored_path(const stored_path& path) {
    return {.root_prefix = std::string(path.root_prefix),
            .flow = std::string(path.parts[0]),
            .step = std::string(path.parts[1]),
            .scope = std::string(path.parts[2]),
            .identifier = std::string(path.parts[3])};
}

inline std::string pathspec_of_parts(const five_parts& parts) {
    return joined_path({parts[0], parts[1], parts[2], parts[3]});
}

inline constexpr std::string_view checkpoint_key_shape =
    "mf.checkpoints/checkpoints/artifacts/<flow>/<step>/<scope>/<task identifier>/"
    "<pathspec hash>.<attempt>.<name>.<version>";
inline constexpr std::string_view model_key_shape = "mf.models/models/artifacts/<label>_<uuid>";

[[noreturn]] inline void throw_no_key(std::string_view text, std::string_view message) {
    throw error(errc::key_not_compatible, "read key", is_utf8(text) ? text : std::string_view(), message);
}

[[noreturn]] inline void throw_no_checkpoint_key(std::string_view text) {
    throw_no_key(text, "this is no checkpoint's key; one looks like " + std::string(checkpoint_key_shape));
}

inline bool has_model_uuid(std::string_view id) {
    constexpr std::size_t tail = model_uuid_size + 1;
    return id.size() > tail && id[id.size() - tail] == '_' &&
           is_hash_text(id.substr(id.size() - model_uuid_size), model_uuid_size);
}

// Python lets a label hold '/': only the uuid tells such a model from a file of one.
inline bool is_model_id(std::string_view text) {
    return text.find('/') == std::string_view::npos || has_model_uuid(text);
}

// What stands in a model's key after the folder of all.
inline std::optional<std::string_view> model_id_of_key(std::string_view text) {
    const std::string folder = joined_path({metaflow::models_prefix, "models/artifacts"}) + "/";
    if (!text.starts_with(folder) || !object_key::is_key(text)) return std::nullopt;
    const std::string_view id = text.substr(folder.size());
    return is_model_id(id) ? std::optional(id) : std::nullopt;
}

}  // namespace detail

namespace metaflow {

HOLDFAST_DECL void check_checkpoint_name(std::string_view name) {
    if (const std::string_view flaw = detail::checkpoint_name_flaw(name); !flaw.empty()) {
        throw error(errc::invalid_argument, "name checkpoint", detail::is_utf8(name) ? name : std::string_view(),
                    "Python could not read a checkpoint of this name back: it " + std::string(flaw) +
                        "; a name is 1 to 128 bytes of UTF-8 without '.', '/', '?' and control characters, "
                        "such as \"epoch_3\"");
    }
}

HOLDFAST_DECL void check_model_label(std::string_view label) {
    if (const std::string_view flaw = detail::label_flaw(label); !flaw.empty()) {
        throw error(errc::invalid_argument, "label model", detail::is_utf8(label) ? label : std::string_view(),
                    "a model cannot have this label: it " + std::string(flaw) +
                        "; a label is 1 to 128 bytes of UTF-8 without '/', '?' and control characters, such "
                        "as \"resnet-50\"");
    }
}

HOLDFAST_DECL std::string default_model_label(std::string_view flow, std::string_view step) {
    std::string label = std::string(flow) + "_" + std::string(step);
    if (label.size() <= detail::key_part_limit) return label;
    label.resize(detail::key_part_limit);
    while (!detail::is_utf8(label)) label.pop_back();
    return label;
}

HOLDFAST_DECL artifact_folder folder_of(const task_context& context) {
    return {.flow = context.flow, .step = context.step, .scope = context.scope, .identifier = context.identifier};
}

HOLDFAST_DECL object_key data_key(const checkpoint_location& where) {
    return object_key(detail::artifact_folder_path(where.folder, "artifacts") + "/" +
                      detail::checkpoint_id_text(where.id));
}

HOLDFAST_DECL object_key artifact_document_key(const checkpoint_location& where) {
    return object_key(detail::artifact_folder_path(where.folder, "artifact_metadata") + "/" +
                      detail::checkpoint_id_text(where.id) + std::string(detail::document_suffix));
}

HOLDFAST_DECL object_key artifact_latest_key(const artifact_folder& folder) {
    return object_key(detail::artifact_folder_path(folder, "artifact_metadata") + "/latest");
}

HOLDFAST_DECL object_key task_document_key(std::string_view root_prefix, std::string_view pathspec,
                                           const checkpoint_id& id) {
    return object_key(task_documents_prefix(root_prefix, pathspec) + "/" + id.attempt + "." + id.name + "." +
                      std::to_string(id.version) + std::string(detail::document_suffix));
}

HOLDFAST_DECL object_key task_latest_key(std::string_view root_prefix, std::string_view pathspec) {
    return object_key(task_documents_prefix(root_prefix, pathspec) + "/latest");
}

HOLDFAST_DECL std::string artifact_documents_prefix(const artifact_folder& folder) {
    std::string prefix = detail::artifact_folder_path(folder, "artifact_metadata");
    if (folder.identifier.empty()) prefix.pop_back();
    return prefix;
}

HOLDFAST_DECL std::string task_documents_prefix(std::string_view root_prefix, std::string_view pathspec) {
    std::string prefix = detail::joined_path({root_prefix, "checkpoints", "metadata"});
    if (!pathspec.empty()) prefix += "/" + std::string(pathspec);
    return prefix;
}

HOLDFAST_DECL void check_search_path(std::string_view pathspec) {
    constexpr std::ptrdiff_t most_parts = 4;
    const bool is_path = pathspec.empty() || object_key::is_key(pathspec);
    if (is_path && std::ranges::count(pathspec, '/') < most_parts) return;
    throw error(errc::invalid_argument, "search", pathspec, "this is no FLOW[/RUN[/STEP[/TASK]]]");
}

HOLDFAST_DECL bool is_task_pathspec(std::string_view text) {
    return object_key::is_key(text) && std::ranges::count(text, '/') == 3;
}

HOLDFAST_DECL checkpoint_location parse_checkpoint_key(std::string_view text) {
    const auto path = detail::parse_stored_path(text, detail::artifacts_mark);
    if (!path) detail::throw_no_checkpoint_key(text);
    auto id = detail::parse_checkpoint_id(path->parts[4]);
    if (!id) detail::throw_no_checkpoint_key(text);
    return {detail::folder_of_stored_path(*path), std::move(*id)};
}

HOLDFAST_DECL std::optional<checkpoint_location> parse_artifact_document_key(std::string_view text) {
    const auto path = detail::parse_stored_path(text, detail::artifact_documents_mark);
    auto id = path ? detail::id_of_artifact_document(*path) : std::nullopt;
    if (!id) return std::nullopt;
    return checkpoint_location{detail::folder_of_stored_path(*path), std::move(*id)};
}

HOLDFAST_DECL std::optional<checkpoint_id> parse_artifact_document_id(std::string_view text) {
    const auto path = detail::parse_stored_path(text, detail::artifact_documents_mark);
    return path ? detail::id_of_artifact_document(*path) : std::nullopt;
}

HOLDFAST_DECL std::optional<checkpoint_id> parse_task_document_id(std::string_view text) {
    const auto path = detail::parse_stored_path(text, detail::task_documents_mark);
    return path ? detail::id_of_task_document(*path) : std::nullopt;
}

HOLDFAST_DECL std::optional<checkpoint_id> parse_checkpoint_key_id(std::string_view text) {
    const auto path = detail::parse_stored_path(text, detail::artifacts_mark);
    return path ? detail::parse_checkpoint_id(path->parts[4]) : std::nullopt;
}

HOLDFAST_DECL std::optional<task_document_location> parse_task_document_key(std::string_view text) {
    const auto path = detail::parse_stored_path(text, detail::task_documents_mark);
    auto id = path ? detail::id_of_task_document(*path) : std::nullopt;
    if (!id) return std::nullopt;
    task_document_location where{std::string(path->root_prefix), detail::pathspec_of_parts(path->parts),
                                 std::move(*id)};
    where.id.pathspec_hash = pathspec_hash(where.pathspec);
    return where;
}

HOLDFAST_DECL object_key manifest_key(const checkpoint_location& where) {
    return object_key(detail::artifact_folder_path(where.folder, "holdfast/manifests") + "/" +
                      detail::checkpoint_id_text(where.id) + ".json");
}

HOLDFAST_DECL std::string reservations_prefix(std::string_view root_prefix, std::string_view pathspec,
                                              std::string_view attempt) {
    return detail::joined_path({root_prefix, "checkpoints/holdfast/reservations", pathspec, attempt});
}

HOLDFAST_DECL object_key reservation_key(std::string_view root_prefix, std::string_view pathspec,
                                         std::string_view attempt, std::uint64_t version) {
    return object_key(reservations_prefix(root_prefix, pathspec, attempt) + "/" + std::to_string(version));
}

HOLDFAST_DECL object_key model_data_key(std::string_view model_id) {
    return object_key(detail::joined_path({models_prefix, "models/artifacts", model_id}));
}

HOLDFAST_DECL object_key model_manifest_key(std::string_view model_id) {
    return object_key(detail::joined_path({models_prefix, "models/holdfast/manifests", model_id}) + ".json");
}

HOLDFAST_DECL object_key model_artifact_document_key(std::string_view model_id) {
    return object_key(detail::joined_path({models_prefix, "models/artifact_metadata", model_id}) +
                      std::string(detail::document_suffix));
}

HOLDFAST_DECL object_key model_task_document_key(std::string_view pathspec, std::string_view attempt,
                                                 std::string_view model_id) {
    return object_key(model_documents_prefix(pathspec) + "/" + std::string(attempt) + "." + std::string(model_id) +
                      std::string(detail::document_suffix));
}

HOLDFAST_DECL std::string model_documents_prefix(std::string_view pathspec) {
    std::string prefix = detail::joined_path({models_prefix, "models/metadata"});
    if (!pathspec.empty()) prefix += "/" + std::string(pathspec);
    return prefix;
}

HOLDFAST_DECL std::string parse_model_key(std::string_view text) {
    const auto id = detail::model_id_of_key(text);
    if (!id) {
        detail::throw_no_key(text, "this is no model's key; one looks like " + std::string(detail::model_key_shape));
    }
    return std::string(*id);
}

HOLDFAST_DECL std::string label_of_model_id(std::string_view id) {
    constexpr std::size_t tail = detail::model_uuid_size + 1;
    return std::string(detail::has_model_uuid(id) ? id.substr(0, id.size() - tail) : id);
}

HOLDFAST_DECL artifact_kind kind_of_key(std::string_view text) {
    if (detail::model_id_of_key(text)) return artifact_kind::model;
    const auto path = detail::parse_stored_path(text, detail::artifacts_mark);
    if (!path || !detail::parse_checkpoint_id(path->parts[4])) {
        detail::throw_no_key(text, "this is no key of this library's or Python's; a checkpoint's looks like " +
                                       std::string(detail::checkpoint_key_shape) + ", a model's like " +
                                       std::string(detail::model_key_shape));
    }
    return path->root_prefix == hub_prefix ? artifact_kind::hub_entry : artifact_kind::checkpoint;
}

HOLDFAST_DECL std::optional<model_task_document_location> parse_model_task_document_key(std::string_view text) {
    const std::string folder = model_documents_prefix("") + "/";
    if (!text.starts_with(folder) || !object_key::is_key(text)) return std::nullopt;
    text.remove_prefix(folder.size());
    const auto pathspec = detail::first_parts(text, 4);
    if (!pathspec || pathspec->size() == text.size()) return std::nullopt;
    const auto name = detail::without_document_suffix(text.substr(pathspec->size() + 1));
    if (!name) return std::nullopt;
    const std::string_view attempt = name->substr(0, name->find('.'));
    if (!detail::parse_count(attempt) || name->size() < attempt.size() + 2) return std::nullopt;
    const std::string_view id = name->substr(attempt.size() + 1);
    if (!detail::is_model_id(id)) return std::nullopt;
    return model_task_document_location{std::string(*pathspec), std::string(attempt), std::string(id)};
}

HOLDFAST_DECL artifact_folder hub_flow_folder(std::string_view flow) {
    return {.root_prefix = std::string(hub_prefix),
            .flow = "mf:internal",
            .step = "huggingface-hub",
            .scope = "registry:flow",
            .identifier = std::string(flow)};
}

HOLDFAST_DECL artifact_folder hub_global_folder() {
    return {.root_prefix = std::string(hub_prefix),
            .flow = "mf:internal",
            .step = "huggingface-hub",
            .scope = "registry:global",
            .identifier = "fully-global"};
}

}  // namespace metaflow
}  // namespace holdfast

#endif
