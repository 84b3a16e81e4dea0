#ifndef HOLDFAST_BENCHMARKS_STAND_IN_OBJECTS_HPP
#define HOLDFAST_BENCHMARKS_STAND_IN_OBJECTS_HPP

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <benchmarks/stand_in/request.hpp>
#include <benchmarks/stand_in/stream.hpp>

namespace stand_in {

/// Memory that is also a file, so that sendfile can send it.
class shared_memory {
public:
    explicit shared_memory(std::uint64_t size) : size_(size), file_(memfd_create("stand-in", MFD_CLOEXEC)) {
        if (file_ < 0 || ftruncate(file_, static_cast<off_t>(size)) != 0) throw_errno();
        void* const mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
        if (mapped == MAP_FAILED) throw_errno();
        bytes_ = static_cast<char*>(mapped);
    }
    shared_memory(const shared_memory&) = delete;
    shared_memory& operator=(const shared_memory&) = delete;
    ~shared_memory() {
        munmap(bytes_, size_);
        close(file_);
    }
    char* bytes() const noexcept { return bytes_; }
    std::uint64_t size() const noexcept { return size_; }
    int file() const noexcept { return file_; }

private:
    [[noreturn]] static void throw_errno() { throw std::system_error(errno, std::generic_category(), "shared memory"); }

    std::uint64_t size_;
    int file_;
    char* bytes_ = nullptr;
};

/// What stands for every discarded body: one mebibyte, again and again.
class pattern {
public:
    static constexpr std::uint64_t period = std::uint64_t{1} << 20;

    explicit pattern(bool zeros) : memory_(16 * period) {
        std::uint64_t state = 88172645463325252U;
        for (std::uint64_t i = 0; i < memory_.size(); ++i) {
            if (i % period == 0) state = 88172645463325252U;
            state ^= state << 13U;
            state ^= state >> 7U;
            state ^= state << 17U;
            memory_.bytes()[i] = zeros ? '\0' : static_cast<char>(state >> 56U);
        }
    }
    std::string_view once() const { return {memory_.bytes(), period}; }

    void send(stream& to, std::uint64_t offset, std::uint64_t size) const {
        while (size > 0) {
            const auto start = offset % period;
            const auto length = std::min(size, memory_.size() - start);
            to.write_file(memory_.file(), memory_.bytes(), start, length);
            offset += length;
            size -= length;
        }
    }

private:
    shared_memory memory_;
};

/// A body as it was kept: in `text`, in `memory`, or, where it was discarded, as its size alone.
struct blob {
    std::uint64_t size = 0;
    std::string text = {};
    std::unique_ptr<shared_memory> memory = {};
};

struct segment {
    std::shared_ptr<const blob> content;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

struct object {
    std::vector<segment> segments = {};
    std::uint64_t size = 0;
    std::string etag = {};
    std::chrono::system_clock::time_point modified = std::chrono::system_clock::now();
    std::map<std::string, std::string> headers = {};  ///< x-amz-checksum-… and x-amz-meta-…
};

inline void append(object& to, const object& from, std::uint64_t offset, std::uint64_t size) {
    for (const auto& piece : from.segments) {
        const auto skipped = std::min(offset, piece.size);
        const auto taken = std::min(size, piece.size - skipped);
        if (taken > 0) to.segments.push_back({piece.content, piece.offset + skipped, taken});
        offset -= skipped;
        size -= taken;
        to.size += taken;
    }
}

/// Looks like a multipart upload's, so that nobody takes it for an MD5.
inline std::string new_etag() {
    static std::atomic<unsigned> count{0};
    char text[48];
    std::snprintf(text, sizeof text, "\"%032x-1\"", ++count);
    return text;
}

/// Takes a body in. Bodies beyond 64 KiB are kept only where `keep` says so.
inline object receive(body& content, bool keep) {
    constexpr std::uint64_t always_kept = std::uint64_t{64} << 10;
    auto kept = std::make_shared<blob>();
    const auto size = content.size();
    if (size && *size > always_kept && keep) {
        kept->memory = std::make_unique<shared_memory>(*size);
        while (kept->size < *size) {
            const auto done = content.read_some(kept->memory->bytes() + kept->size, *size - kept->size);
            if (done == 0) throw closed("a body is cut short");
            kept->size += done;
        }
        content.discard();
    } else if (keep || (size && *size <= always_kept)) {
        kept->text = content.text();
        kept->size = kept->text.size();
    } else {
        kept->size = content.discard();
    }
    object made{.size = kept->size, .etag = new_etag()};
    made.segments.push_back({std::move(kept), 0, made.size});
    return made;
}

using object_pointer = std::shared_ptr<const object>;

struct upload {
    std::string key;
    std::map<std::string, std::string> headers;
    std::chrono::system_clock::time_point initiated = std::chrono::system_clock::now();
    std::map<unsigned, object_pointer> parts = {};
};

/// Objects by "bucket/key", and uploads by their id.
struct objects {
    std::mutex mutex;
    std::map<std::string, object_pointer> by_key;
    std::map<std::string, upload> uploads;

    object_pointer find(const std::string& key) {
        const std::lock_guard lock(mutex);
        const auto found = by_key.find(key);
        return found == by_key.end() ? nullptr : found->second;
    }
};

}  // namespace stand_in

#endif
