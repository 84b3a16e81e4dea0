#ifndef HOLDFAST_STORAGE_LOCAL_STAGED_OBJECT_HPP
#define HOLDFAST_STORAGE_LOCAL_STAGED_OBJECT_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/byte_stream.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/beneath.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/io_block.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/storage/backend.hpp>

namespace holdfast::detail {

/// The directory below a local store's root that is no part of its objects.
inline constexpr std::string_view local_private_directory = ".holdfast";

/// The name of the lock file in it; every other name there is an unfinished object's.
inline constexpr std::string_view local_lock_name = "lock";

/// Bytes between two looks at a stop token: for copies through this process, and in the kernel.
inline constexpr std::size_t local_block = 256 << 10;  // so that what was read is digested and written from the cache
inline constexpr std::uint64_t local_kernel_block = 16 << 20;

/// What a local store knows of an object by its file.
HOLDFAST_DECL object_info local_object_info(const object_key& key, const file_status& status);

/// A name that nothing else in the private directory has.
HOLDFAST_DECL std::string new_staging_name();

/// An object that is being written, as a file that no key names; removed with this unless it was taken over.
class staged_object {
public:
    /// @param directory outlives this
    /// @param name the new file's path below the directory
    HOLDFAST_DECL staged_object(const beneath& directory, std::string name, const object_key& key,
                                const put_options& options);
    staged_object(const staged_object&) = delete;
    staged_object& operator=(const staged_object&) = delete;
    HOLDFAST_DECL ~staged_object();

    HOLDFAST_DECL void write(const byte_source& source);
    HOLDFAST_DECL void write(const byte_stream& stream);
    HOLDFAST_DECL void write(const file& whole, const file_status& expected);

    /// Gives the file the time that makes its etag its own, and closes it. Returns what `head` will say.
    HOLDFAST_DECL object_info finish(bool durable);

    /// The file's path, for messages, and its name below the directory; empty when the file was taken over.
    const std::string& path() const noexcept { return file_.path(); }
    const std::string& name() const noexcept { return name_; }
    const object_key& key() const noexcept { return key_; }

    /// The file has another name now.
    void taken_over() noexcept { name_.clear(); }

private:
    HOLDFAST_DECL void reserve(std::uint64_t size);
    HOLDFAST_DECL std::span<std::byte> room_for(std::uint64_t wanted);
    HOLDFAST_DECL void filled(std::size_t count);
    HOLDFAST_DECL void flush();
    HOLDFAST_DECL void write_memory(std::span<const std::byte> bytes);
    HOLDFAST_DECL void write_file(const byte_source::file_extent& extent);
    HOLDFAST_DECL void write_generated(const byte_source::generated_extent& extent);
    HOLDFAST_DECL void copy_blocks(const file& from, std::uint64_t offset, std::uint64_t size);
    HOLDFAST_DECL void copy_through_memory(const file& from, std::uint64_t offset, std::uint64_t size);
    HOLDFAST_DECL void check_stop() const;

    const object_key& key_;
    std::stop_token stop_;
    const beneath& directory_;
    std::string name_;
    file file_;
    std::uint64_t size_ = 0;               // bytes in the file
    io_block block_;                       // what follows them, collected so that short pieces take few writes
    std::size_t filled_ = 0;               // bytes that it holds
    std::optional<std::uint32_t> crc32c_;  // none where it is not asked for
};

/// Writes and finishes an object; the errors name it, not the file that was to become it.
template <class Write>
object_info write_whole(staged_object& staged, bool durable, const Write& write) {
    try {
        write(staged);
        return staged.finish(durable);
    } catch (const error& failure) {
        if (failure.key() != staged.path()) throw;
        throw error(failure.kind(), "put", staged.key().str(), failure.message());
    }
}

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/local/impl/staged_object.ipp>
#endif

#endif
