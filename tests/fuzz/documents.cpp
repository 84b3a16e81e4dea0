// A document that is read and written again is the same document, from its text and from its fields alone; the same
// text is tried as a checkpoint's and as a model's.
#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/model_document.hpp>

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include <holdfast/core/error.hpp>

namespace {

using namespace holdfast;

const std::string manifest_digest(64, '0');

struct checkpoint_document {
    static checkpoint_reference parse(const auto& document) {
        return metaflow::parse_checkpoint_document(document, "fuzz");
    }
    static void rewrite(checkpoint_reference& reference) {
        metaflow::write_document(reference, reference.metadata(), false, manifest_digest);
    }
    static bool is_same(const checkpoint_reference& one, const checkpoint_reference& other) {
        return one.pathspec_hash == other.pathspec_hash && one.name == other.name && one.version == other.version;
    }
};

struct model_document {
    static model_reference parse(const auto& document) { return metaflow::parse_model_document(document, "fuzz"); }
    static void rewrite(model_reference& reference) {
        metaflow::write_document(reference, reference.metadata(), manifest_digest);
    }
    static bool is_same(const model_reference& one, const model_reference& other) {
        return one.model_id == other.model_id && one.label == other.label && one.source == other.source;
    }
};

bool has_same_fields(const artifact_document& one, const artifact_document& other) {
    return one.key == other.key && one.url == other.url && one.pathspec == other.pathspec &&
           one.attempt == other.attempt && one.created_on == other.created_on && one.size == other.size &&
           one.storage_format == other.storage_format && one.manifest_sha256() == other.manifest_sha256();
}

template <class Kind>
auto parse_or_refuse(const std::string& text) -> std::optional<decltype(Kind::parse(text))> {
    try {
        return Kind::parse(text);
    } catch (const error& failure) {
        const bool is_expected = failure.kind() == errc::corrupt || failure.kind() == errc::incompatible_type ||
                                 failure.kind() == errc::key_not_compatible;
        if (!is_expected) std::abort();
        return std::nullopt;
    }
}

template <class Kind>
void require_readable_as(const artifact_document& written, const auto& reference) {
    const std::string text = written.to_json();
    const auto again = Kind::parse(text);
    if (!has_same_fields(written, again) || !Kind::is_same(reference, again) || again.to_json() != text) std::abort();
}

template <class Kind>
void try_as(const std::string& text) {
    auto reference = parse_or_refuse<Kind>(text);
    if (!reference) return;
    require_readable_as<Kind>(*reference, *reference);
    const auto from_fields = Kind::parse(reference->fields());
    require_readable_as<Kind>(from_fields, *reference);
    Kind::rewrite(*reference);
    require_readable_as<Kind>(*reference, *reference);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    try_as<checkpoint_document>(text);
    try_as<model_document>(text);
    return 0;
}
