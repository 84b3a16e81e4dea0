// A document that is read and written again is the same document, from its text and from its fields alone.
#include <holdfast/metaflow/document.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <holdfast/core/error.hpp>

namespace {

using holdfast::checkpoint_reference;
using holdfast::metaflow::parse_checkpoint_document;

void require_same(const checkpoint_reference& one, const checkpoint_reference& other) {
    const bool is_same = one.key == other.key && one.url == other.url && one.pathspec == other.pathspec &&
                         one.pathspec_hash == other.pathspec_hash && one.attempt == other.attempt &&
                         one.name == other.name && one.version == other.version && one.created_on == other.created_on &&
                         one.size == other.size && one.storage_format == other.storage_format &&
                         one.manifest_sha256() == other.manifest_sha256();
    if (!is_same) std::abort();
}

void require_fixed_point(const checkpoint_reference& reference) {
    const std::string text = reference.to_json();
    const checkpoint_reference again = parse_checkpoint_document(text, "fuzz");
    require_same(reference, again);
    if (again.to_json() != text) std::abort();
}

void require_rewritable(checkpoint_reference reference) {
    holdfast::metaflow::write_fields(reference, false, std::string(64, '0'));
    require_same(reference, parse_checkpoint_document(reference.to_json(), "fuzz"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    checkpoint_reference reference;
    try {
        reference = parse_checkpoint_document({reinterpret_cast<const char*>(data), size}, "fuzz");
    } catch (const holdfast::error& failure) {
        const bool is_expected =
            failure.kind() == holdfast::errc::corrupt || failure.kind() == holdfast::errc::incompatible_type;
        if (!is_expected) std::abort();
        return 0;
    }
    require_fixed_point(reference);
    require_fixed_point(parse_checkpoint_document(reference.fields, "fuzz"));
    require_rewritable(reference);
    return 0;
}
