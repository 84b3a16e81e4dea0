#ifndef HOLDFAST_DETAIL_SYSTEM_HPP
#define HOLDFAST_DETAIL_SYSTEM_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/detail/config.hpp>

// The one door to the operating system: no other header names one. Calls that only Linux has (copy_file_range,
// openat2, renameat2) have a portable twin beside them, chosen at run time where the kernel lacks the call.
namespace holdfast::detail {

enum class file_kind : std::uint8_t { regular, directory, symlink, other };

/// What a listing tells of each name: its whole status, or of that at least the kind, which most file systems keep
/// beside the name.
enum class entry_status : std::uint8_t { whole, kind };

/// What identifies the state of a file.
struct file_status {
    file_kind kind = file_kind::other;
    std::uint64_t size = 0;        // bytes
    std::uint32_t mode = 0;        // permission bits, 07777
    std::int64_t modified_ns = 0;  // since the Unix epoch
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t links = 0;
    std::uint32_t owner = 0;  // user id

    friend bool operator==(const file_status&, const file_status&) = default;
};

/// An open file; closed when it goes. Opening never waits (a pipe without a writer opens at once); `open_update`, to
/// read and write, and `create_new` follow no link at the end of the path; the latter fails with
/// `precondition_failed` where the path exists. Errors of every call: `error::from_errno` with the path as key.
class file {
public:
    file() = default;
    HOLDFAST_DECL static file open_read(std::string path);
    HOLDFAST_DECL static file open_update(std::string path);
    HOLDFAST_DECL static file create_new(std::string path, std::uint32_t mode = 0666);

    /// Takes over an open descriptor; `path` is for messages.
    static file adopt(int descriptor, std::string path) { return {descriptor, std::move(path)}; }

    file(file&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}
    file& operator=(file&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        std::swap(path_, other.path_);
        return *this;
    }
    ~file() { close(); }

    int descriptor() const noexcept { return descriptor_; }
    explicit operator bool() const noexcept { return descriptor_ >= 0; }
    const std::string& path() const noexcept { return path_; }

    HOLDFAST_DECL file_status status() const;

    /// Reads until the buffer is full or the file ends; returns the number of bytes.
    HOLDFAST_DECL std::size_t read_at(std::uint64_t offset, std::span<std::byte> buffer) const;
    HOLDFAST_DECL void write_at(std::uint64_t offset, std::span<const std::byte> bytes) const;
    HOLDFAST_DECL void sync() const;

    /// Takes the lock that goes with the open file, without waiting; false where another has it, and where the file
    /// system knows no locks.
    HOLDFAST_DECL bool try_lock() const noexcept;
    HOLDFAST_DECL void set_mode(std::uint32_t mode) const;
    HOLDFAST_DECL void set_modified(std::int64_t ns) const;

    /// Closes and reports what the system says, which the destructor cannot (a full disk on some file systems).
    HOLDFAST_DECL void close_checked();

private:
    file(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
    HOLDFAST_DECL void close() noexcept;

    int descriptor_ = -1;
    std::string path_;  // no std::filesystem::path: to take one apart costs as much as a call of the system
};

/// Status of a path, through links or of the link itself. Errors: as `file`.
HOLDFAST_DECL file_status status_of(const std::filesystem::path& path, bool follow_links);

/// Whether something has a path, through links; no where the system does not tell, as the next call on it will.
HOLDFAST_DECL bool is_there(const std::filesystem::path& path) noexcept;

/// What tells a mount of a file system from any other, the same file system mounted elsewhere included: no rename leads
/// from one to another. Follows no link. 0 where the system does not tell, and where nothing has the path.
HOLDFAST_DECL std::uint64_t mount_of(const std::filesystem::path& path) noexcept;

/// The names in a directory with the status of each (of a link: its own). Follows links to the directory.
HOLDFAST_DECL std::vector<std::pair<std::string, file_status>> entries_of(const std::string& path);

/// Copies `size` bytes between open files, in the kernel where it can. Errors: `precondition_failed` where the
/// input is shorter.
HOLDFAST_DECL void copy_range(const file& from, std::uint64_t from_offset, const file& to, std::uint64_t to_offset,
                              std::uint64_t size);

/// Renames; with `replace` false fails with `precondition_failed` where `to` exists.
HOLDFAST_DECL void rename_path(const std::filesystem::path& from, const std::filesystem::path& to, bool replace);

/// Creates one directory. Errors: `precondition_failed` where the path exists.
HOLDFAST_DECL void make_directory(const std::filesystem::path& path, std::uint32_t mode);

/// Creates what is missing of a directory's path.
HOLDFAST_DECL void make_directories(const std::filesystem::path& path);

/// Removes a directory and what is below it, read-only directories included; follows no link. A path that names
/// nothing is no error. Errors: `invalid_argument` for a link or a file; that of the first entry that stays.
HOLDFAST_DECL void remove_tree(const std::filesystem::path& path);

HOLDFAST_DECL void sync_directory(const std::filesystem::path& path);
HOLDFAST_DECL void set_path_mode(const std::filesystem::path& path, std::uint32_t mode);
HOLDFAST_DECL void set_path_modified(const std::filesystem::path& path, std::int64_t ns, bool follow_links);

/// Errors: `precondition_failed` where `path` exists.
HOLDFAST_DECL void make_symlink(const std::string& target, const std::filesystem::path& path);
HOLDFAST_DECL std::string read_symlink(const std::filesystem::path& path);
HOLDFAST_DECL std::uint64_t process_id() noexcept;
HOLDFAST_DECL std::uint32_t user_id() noexcept;

/// What tells this start of the system from any other; empty where the system does not say.
HOLDFAST_DECL std::string boot_id();

/// Cryptographically strong random bytes. Errors: `io_failure`.
HOLDFAST_DECL void random_bytes(std::span<std::byte> out);

/// Local time of a Unix time, as "YYYY-MM-DDTHH:MM:SS.ffffff" (what Python's datetime.now().isoformat() prints;
/// the fraction is left out where it is zero, as Python does).
HOLDFAST_DECL std::string local_iso_time(std::int64_t microseconds_since_epoch);

/// The user's home directory by HOME, else by the user database; empty where neither says.
HOLDFAST_DECL std::filesystem::path home_directory();

/// The twins that any POSIX system has, by name for the tests.
namespace portable {

HOLDFAST_DECL void copy_range(const file& from, std::uint64_t from_offset, const file& to, std::uint64_t to_offset,
                              std::uint64_t size);
HOLDFAST_DECL void rename_to_new(const std::filesystem::path& from, const std::filesystem::path& to);
HOLDFAST_DECL void random_bytes(std::span<std::byte> out);

}  // namespace portable

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/system.ipp>
#include <holdfast/detail/impl/system_facts.ipp>
#include <holdfast/detail/impl/system_paths.ipp>
#endif

#endif
