#ifndef HOLDFAST_BENCHMARKS_STAND_IN_SERVICE_HPP
#define HOLDFAST_BENCHMARKS_STAND_IN_SERVICE_HPP

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <benchmarks/stand_in/objects.hpp>
#include <benchmarks/stand_in/request.hpp>
#include <benchmarks/stand_in/stream.hpp>

namespace stand_in {

struct answer {
    int status = 200;
    std::string text = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    object_pointer content = {};  ///< instead of `text`
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string kind = {};  ///< what is counted
};

inline std::string date(std::chrono::system_clock::time_point when, const char* format) {
    const auto seconds = std::chrono::system_clock::to_time_t(when);
    std::tm fields{};
    gmtime_r(&seconds, &fields);
    char text[64];
    return {text, std::strftime(text, sizeof text, format, &fields)};
}

inline std::string xml_date(std::chrono::system_clock::time_point when) {
    return date(when, "%Y-%m-%dT%H:%M:%S.000Z");
}

inline std::string encoded(std::string_view text, bool urlencoded) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = std::isalnum(byte) != 0 || std::string_view("-_.~/").find(c) != std::string_view::npos;
        if (urlencoded && !plain) {
            char code[4];
            std::snprintf(code, sizeof code, "%%%02X", byte);
            out += code;
        } else if (c == '&') {
            out += "&amp;";
        } else if (c == '<') {
            out += "&lt;";
        } else if (c == '>') {
            out += "&gt;";
        } else {
            out += c;
        }
    }
    return out;
}

inline std::string element(std::string_view name, std::string_view content) {
    return "<" + std::string(name) + ">" + std::string(content) + "</" + std::string(name) + ">";
}

inline answer document(std::string_view root, const std::string& content) {
    return {.text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + std::string(root) +
                    " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + content + "</" + std::string(root) + ">",
            .headers = {{"Content-Type", "application/xml"}}};
}

inline answer failure(int status, std::string_view code) {
    return {.status = status,
            .text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
                    element("Error", element("Code", code) + element("Message", code)),
            .headers = {{"Content-Type", "application/xml"}}};
}

inline std::string bucket_of(const std::string& path) {
    return path.substr(0, path.find('/'));
}

inline answer with_kind(answer made, std::string kind) {
    made.kind = std::move(kind);
    return made;
}

/// Just enough of S3 for its clients to work; signatures and checksums are taken on trust.
///
/// A bucket whose name starts with "keep" keeps what is put; any other forgets bodies beyond 64 KiB and serves
/// `pattern` in their place (zeros where the bucket's name starts with "zeros").
class service {
public:
    answer respond(const request& message, body& content) {
        if (message.path.starts_with("_stand_in/")) return control(message);
        auto result = of_s3(message, content);
        const std::lock_guard lock(counts_mutex_);
        ++requests_;
        ++kinds_[result.kind];
        return result;
    }

    void count_connection() { ++connections_; }
    std::chrono::microseconds delay() const { return std::chrono::microseconds(delay_); }

    void send(stream& to, const answer& what, const std::string& key) const {
        auto offset = what.offset;
        auto left = what.size;
        std::uint64_t start = 0;
        for (const auto& piece : what.content->segments) {
            if (left == 0) break;
            if (offset < start + piece.size) {
                const auto within = offset - start;
                const auto size = std::min(left, piece.size - within);
                send(to, *piece.content, piece.offset + within, offset, size, key);
                offset += size;
                left -= size;
            }
            start += piece.size;
        }
    }

private:
    void send(stream& to, const blob& what, std::uint64_t offset, std::uint64_t in_object, std::uint64_t size,
              const std::string& key) const {
        if (what.memory) return to.write_file(what.memory->file(), what.memory->bytes(), offset, size);
        if (!what.text.empty()) return to.write(std::string_view(what.text).substr(offset, size));
        (key.starts_with("zeros") ? zeros_ : pattern_).send(to, in_object, size);
    }

    answer of_s3(const request& message, body& content);
    answer put(const request& message, body& content);
    answer get(const request& message);
    answer list(const request& message);
    answer list_uploads(const request& message);
    answer list_parts(const request& message);
    answer create_upload(const request& message);
    answer complete(const request& message, const std::string& text);
    answer remove(const request& message);
    answer remove_many(const request& message, const std::string& text);
    answer copied(const request& message, object& made);
    answer stored_part(const request& message, object&& made, bool copy);
    answer stored(const request& message, object&& made, bool copy);
    answer control(const request& message);

    objects objects_;
    pattern pattern_{false};
    pattern zeros_{true};
    std::mutex counts_mutex_;
    std::map<std::string, std::uint64_t> kinds_;
    std::uint64_t requests_ = 0;
    std::atomic<std::uint64_t> connections_{0};
    std::atomic<std::uint64_t> next_upload_{0};
    std::atomic<long> delay_{0};
};

}  // namespace stand_in

#endif
