#ifndef HOLDFAST_ARCHIVE_UNPACKED_DIRECTORY_HPP
#define HOLDFAST_ARCHIVE_UNPACKED_DIRECTORY_HPP

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include <holdfast/archive/unpack_target.hpp>
#include <holdfast/core/byte_sink.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast {

/// Unpacks to disk. Errors: those of the file system.
class unpacked_directory final : public unpack_target {
public:
    /// Into a directory that is empty. Errors: `precondition_failed` where it is not.
    HOLDFAST_DECL explicit unpacked_directory(std::filesystem::path directory);

    /// Into a directory that holds a part of the same archive: what has arrived of the files `kept` stays when they
    /// are begun again, and all other files are removed.
    HOLDFAST_DECL unpacked_directory(std::filesystem::path directory, std::set<std::string> kept);

    HOLDFAST_DECL void make_directory(const std::string& path, std::uint32_t mode) override;
    HOLDFAST_DECL byte_sink& begin_file(const std::string& path) override;
    HOLDFAST_DECL void end_file(const member_attributes& kept) override;
    HOLDFAST_DECL void remove_file(const std::string& path) override;
    HOLDFAST_DECL void make_hard_link(const std::string& first, const std::string& path) override;
    HOLDFAST_DECL void make_symlink(const std::string& target, const std::string& path,
                                    std::int64_t modified_ns) override;
    HOLDFAST_DECL void finish_directory(const std::string& path, const member_attributes& kept) override;

private:
    std::filesystem::path full_path(const std::string& path) const { return directory_ / path; }

    HOLDFAST_DECL void clear(const std::string& below);

    std::filesystem::path directory_;
    std::optional<std::set<std::string>> kept_;
    std::optional<file_sink> file_;
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/archive/impl/unpacked_directory.ipp>
#endif

#endif
