#ifndef HOLDFAST_STORAGE_ARRIVED_RANGES_HPP
#define HOLDFAST_STORAGE_ARRIVED_RANGES_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/system.hpp>

namespace holdfast {

/// A record of the ranges of objects that have arrived on disk, by which a later process goes on with a download.
///
/// It is a file of one line a range, `<range> <range size> <object size> <etag> <key>`, the last two percent-encoded,
/// written after the bytes of the range; `forget <key>` takes back what lines before it say of an object. What a
/// process has written outlives it, but not the system: whoever keeps a record says which boot it is of.
/// Thread safety: all calls may be made by several threads.
class arrived_ranges {
public:
    /// The part of an object that has arrived.
    struct part {
        std::string etag;
        std::uint64_t size = 0;        ///< of the object, bytes
        std::uint64_t range_size = 0;  ///< bytes, of every range but the last
        std::vector<bool> ranges;      ///< whether each has arrived

        friend bool operator==(const part&, const part&) = default;
    };

    /// Reads what the file holds; it is made by the first `add`. Lines that are cut off or make no sense say nothing.
    /// Errors: those of the file system.
    HOLDFAST_DECL explicit arrived_ranges(std::filesystem::path file);

    /// What has arrived, noted by this process or an earlier one; nothing where that is nothing.
    HOLDFAST_DECL std::optional<part> find(const object_key& key) const;

    /// The keys of which `find` knows something.
    HOLDFAST_DECL std::vector<std::string> keys() const;

    /// Notes that a range is on disk; of an object without an etag nothing is noted, as it can't be known again.
    /// Errors: `no_space`, `io_failure`.
    HOLDFAST_DECL void add(const object_info& object, std::uint64_t range_size, std::size_t range);

    /// Notes that nothing of an object is on disk any more. Errors: as `add`.
    HOLDFAST_DECL void forget(const object_key& key);

private:
    HOLDFAST_DECL void take_line(std::string_view line);
    HOLDFAST_DECL void append(const std::string& line);

    std::filesystem::path path_;
    mutable std::mutex mutex_;
    std::map<std::string, part, std::less<>> parts_;
    detail::file file_;
    std::uint64_t end_ = 0;
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/impl/arrived_ranges.ipp>
#endif

#endif
