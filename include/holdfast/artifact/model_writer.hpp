#ifndef HOLDFAST_ARTIFACT_MODEL_WRITER_HPP
#define HOLDFAST_ARTIFACT_MODEL_WRITER_HPP

#include <array>
#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/archive/file_tree.hpp>
#include <holdfast/archive/format.hpp>
#include <holdfast/artifact/documents.hpp>
#include <holdfast/artifact/model_options.hpp>
#include <holdfast/artifact/new_document.hpp>
#include <holdfast/artifact/store_tree.hpp>
#include <holdfast/core/clock.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/hex.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/metaflow/model_document.hpp>
#include <holdfast/metaflow/task_context.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast {
namespace detail {

/// "<label>_<uuid>", the uuid of version 4. Wire: `_get_id` of metaflow-checkpoint.
inline std::string new_model_id(std::string_view label) {
    std::array<std::byte, 16> uuid{};
    random_bytes(uuid);
    uuid[6] = (uuid[6] & std::byte{0x0F}) | std::byte{0x40};
    uuid[8] = (uuid[8] & std::byte{0x3F}) | std::byte{0x80};
    return std::string(label) + "_" + to_hex(uuid);
}

}  // namespace detail

/// Writes the models of one task: stores data and manifest, then commits the documents. An id is random, so no two
/// writers share one and nothing has to be claimed.
template <storage_backend Storage>
class model_writer {
public:
    /// @param context resolved
    model_writer(Storage storage, task_context context, transfer_limits limits, clock_function clock)
        : storage_(std::move(storage)), context_(std::move(context)), limits_(limits), clock_(std::move(clock)) {}

    template <archive_format Archive>
    model_reference save(const file_tree& tree, const model_save_options& options) const {
        auto model = describe(options, Archive::storage_format);
        try {
            const auto stored = store_tree<Archive>(storage_, metaflow::model_data_key(model.model_id), tree,
                                                    options.digest, limits_, options.stop);
            model.size = stored.size;
            const auto key = metaflow::model_manifest_key(model.model_id);
            const auto manifest = detail::store_manifest(storage_, key, stored.contents);
            metaflow::write_document(model, options.metadata, manifest);
            commit(model, options.stop);
        } catch (...) {
            withdraw(model);
            throw;
        }
        return model;
    }

private:
    model_reference describe(const model_save_options& options, std::string_view storage_format) const {
        model_reference model;
        model.label = options.label ? *options.label : metaflow::default_model_label(context_.flow, context_.step);
        metaflow::check_model_label(model.label);
        model.model_id = detail::new_model_id(model.label);
        detail::describe_new(model, metaflow::model_data_key(model.model_id), storage_.url(), context_, storage_format,
                             clock_);
        return model;
    }

    object_key task_document(const model_reference& model) const {
        return metaflow::model_task_document_key(model.pathspec, model.attempt, model.model_id);
    }

    /// From the first document on, the model loads by its key; from the second on, it is listed.
    void commit(const model_reference& model, std::stop_token stop) const {
        if (stop.stop_requested()) throw error(errc::cancelled, "save", model.key, "the caller asked to stop");
        const auto text = model.to_json();
        const auto document = metaflow::model_artifact_document_key(model.model_id);
        detail::check_readable(document, text.size(), detail::document_limit);
        put_text(storage_, document, text);
        put_text(storage_, task_document(model), text);
    }

    /// Takes back what a failed save left; what cannot be removed is invisible.
    void withdraw(const model_reference& model) const noexcept {
        try {
            storage_.remove(task_document(model));
            storage_.remove(metaflow::model_artifact_document_key(model.model_id));
            remove_prefix(storage_, metaflow::model_data_key(model.model_id), limits_);
            storage_.remove(metaflow::model_manifest_key(model.model_id));
        } catch (...) {
            return;  // the error that made the save fail is the one to tell
        }
    }

    Storage storage_;
    task_context context_;
    transfer_limits limits_;
    clock_function clock_;
};

}  // namespace holdfast

#endif
