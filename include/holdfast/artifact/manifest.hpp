#ifndef HOLDFAST_ARTIFACT_MANIFEST_HPP
#define HOLDFAST_ARTIFACT_MANIFEST_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/core/byte_source.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/digest.hpp>

namespace holdfast {

/// How the bytes of a saved file are digested.
enum class digest_kind : std::uint8_t {
    none,    ///< only sizes are kept
    crc32c,  ///< finds accidents, costs next to nothing
    sha256,  ///< finds tampering too; about nine times the CPU
};

HOLDFAST_DECL std::string_view to_string(digest_kind kind) noexcept;

/// A file of a saved tree.
struct stored_file {
    std::string path;        ///< relative, parts joined by '/'
    std::uint64_t size = 0;  ///< bytes
    std::string digest;      ///< lower-case hex; empty for `digest_kind::none`, and where nothing is known
    std::uint32_t mode = 0644;
};

/// What a save stored, file by file. It travels beside the checkpoint as a JSON object of its own; the document
/// carries its SHA-256.
struct manifest {
    digest_kind digest = digest_kind::crc32c;
    std::vector<stored_file> files;        ///< sorted by path
    std::vector<std::string> directories;  ///< of the tree, empty ones too, parents first

    HOLDFAST_DECL std::string to_json() const;

    /// Errors: `corrupt` for anything that `to_json` does not write, paths that leave the tree and digests that are not
    /// the hex of their kind included.
    HOLDFAST_DECL static manifest from_json(std::string_view text, std::string_view origin);
};

namespace detail {

/// The digest of a file that is seen piece by piece.
class file_digest {
public:
    HOLDFAST_DECL explicit file_digest(digest_kind kind);

    HOLDFAST_DECL void update(std::span<const std::byte> bytes);

    /// After the last piece: in hex; empty for `none`.
    HOLDFAST_DECL std::string finish();

private:
    digest_kind kind_;
    std::uint32_t crc32c_ = 0;
    std::optional<digest> sha256_;
};

}  // namespace detail

/// The digest of a source's bytes in hex; empty for `none`. Reads the source once.
HOLDFAST_DECL std::string digest_of(const byte_source& source, digest_kind kind);

/// The hex form of a CRC32C, as a manifest holds it.
HOLDFAST_DECL std::string crc32c_hex(std::uint32_t crc);

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/artifact/impl/manifest.ipp>
#endif

#endif
