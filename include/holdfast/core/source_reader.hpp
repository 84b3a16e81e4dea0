#ifndef HOLDFAST_CORE_SOURCE_READER_HPP
#define HOLDFAST_CORE_SOURCE_READER_HPP

#include <cstddef>
#include <cstdint>
#include <span>

#include <holdfast/core/byte_source.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/system.hpp>

namespace holdfast::detail {

/// Reads a source once, from its beginning to its end. Where `byte_source::read` opens a file for every block, this
/// opens each once.
class source_reader {
public:
    /// @param source outlives this
    explicit source_reader(const byte_source& source) noexcept : rest_(source.extents()) {}

    /// Fills the buffer and returns the number of bytes; short only at the end. Errors: as `byte_source::read`; a
    /// change of a file shows at its last byte.
    HOLDFAST_DECL std::size_t read(std::span<std::byte> buffer);

private:
    HOLDFAST_DECL void read_file(const byte_source::file_extent& part, std::span<std::byte> buffer);

    std::span<const byte_source::extent> rest_;
    std::uint64_t offset_ = 0;  // in the first of the rest
    file opened_;               // of that one, from its first byte to its last
};

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/core/impl/source_reader.ipp>
#endif

#endif
