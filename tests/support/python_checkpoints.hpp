#ifndef HOLDFAST_TESTS_SUPPORT_PYTHON_CHECKPOINTS_HPP
#define HOLDFAST_TESTS_SUPPORT_PYTHON_CHECKPOINTS_HPP

#include <cstdint>
#include <string>

#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/identity.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/operations.hpp>

/// Checkpoints of the tasks F/<run>/start/2 as Python stores them, one file each.
struct python_checkpoints {
    holdfast::memory_storage store;

    static holdfast::metaflow::checkpoint_location location(const std::string& run, std::uint64_t version,
                                                            const std::string& name = "mfchckpt") {
        return {{.flow = "F", .step = "start", .scope = "dabd1db8d35a", .identifier = "a92ae9615600"},
                {holdfast::metaflow::pathspec_hash("F/" + run + "/start/2"), "0", name, version}};
    }

    /// @param latest whether the pointers of its task and its step name it from now on
    holdfast::checkpoint_reference save(const std::string& run, std::uint64_t version, const std::string& created_on,
                                        bool latest = true, const std::string& name = "mfchckpt") const {
        using namespace holdfast;
        const auto where = location(run, version, name);
        checkpoint_reference saved;
        saved.key = metaflow::data_key(where).str();
        saved.url = "/" + saved.key;
        saved.pathspec = "F/" + run + "/start/2";
        saved.pathspec_hash = where.id.pathspec_hash;
        saved.name = where.id.name;
        saved.version = version;
        saved.created_on = created_on;
        saved.size = 1;
        saved.storage_format = "files";
        metaflow::write_document(saved, {}, false, "");
        put_text(store, metaflow::data_key(where) / "weights", "w");
        put_text(store, metaflow::artifact_document_key(where), saved.to_json());
        put_text(store, metaflow::task_document_key("mf.checkpoints", saved.pathspec, where.id), saved.to_json());
        if (!latest) return saved;
        put_text(store, metaflow::artifact_latest_key(where.folder), saved.to_json());
        put_text(store, metaflow::task_latest_key("mf.checkpoints", saved.pathspec), saved.to_json());
        return saved;
    }
};

#endif
