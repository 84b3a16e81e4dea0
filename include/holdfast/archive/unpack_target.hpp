#ifndef HOLDFAST_ARCHIVE_UNPACK_TARGET_HPP
#define HOLDFAST_ARCHIVE_UNPACK_TARGET_HPP

#include <cstdint>
#include <string>

#include <holdfast/core/byte_sink.hpp>

namespace holdfast {

/// What an archive says of a file or a directory beside its name.
struct member_attributes {
    std::uint32_t mode = 0;        ///< permission bits, 0777
    std::int64_t modified_ns = 0;  ///< since the Unix epoch
};

/// Where the members of an archive go; decides nothing.
///
/// Paths are relative, have no dots, and lead through no link: whoever calls has seen to that. A directory is made
/// before what is in it, links are made after all files, and the attributes of directories are set at the end.
class unpack_target {
public:
    virtual ~unpack_target() = default;
    virtual void make_directory(const std::string& path, std::uint32_t mode) = 0;

    /// Makes a file, and returns where its content goes, from offset 0 on; it stands until `end_file`.
    virtual byte_sink& begin_file(const std::string& path) = 0;
    virtual void end_file(const member_attributes& kept) = 0;
    virtual void remove_file(const std::string& path) = 0;

    /// @param first the path of a file
    virtual void make_hard_link(const std::string& first, const std::string& path) = 0;
    virtual void make_symlink(const std::string& target, const std::string& path, std::int64_t modified_ns) = 0;

    /// @param path empty: the directory that holds all
    virtual void finish_directory(const std::string& path, const member_attributes& kept) = 0;
};

}  // namespace holdfast

#endif
