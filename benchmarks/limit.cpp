// The limit programs: the least legal HTTP that does the work, against the stand-in on a port of this machine.
// Usage: limit WORK PORT BUCKET/KEY PATH [CONNECTIONS | CA_FILE]
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/io_block.hpp>

#include <benchmarks/gathering_tls.hpp>
#include <benchmarks/plain_client.hpp>

namespace {

using namespace limit;

struct work {
    int port;
    std::string key;
    std::string path;
    std::string last;
};

constexpr std::uint64_t part_size = 16 * mebibyte;

using holdfast::detail::io_block;  // as fast as memory is to the kernel

std::string_view text_of(const io_block& buffer, std::size_t size) {
    return {reinterpret_cast<const char*>(buffer.data()), size};
}

std::string text_between(const std::string& text, const std::string& open, const std::string& close,
                         std::size_t from = 0) {
    const auto first = text.find(open, from);
    if (first == std::string::npos) return {};
    const auto start = first + open.size();
    return text.substr(start, text.find(close, start) - start);
}

void put(const work& w) {
    const plain_connection server(w.port);
    const auto file = open_file(w.path);
    const auto size = size_of(file);
    server.send(head("PUT", w.key, size), true);
    server.send_file(file, 0, size);
    server.receive();
}

std::uint32_t digest(const descriptor& file, std::uint64_t offset, std::uint64_t size, const io_block& buffer) {
    std::uint32_t crc = 0;
    for (const auto end = offset + size; offset < end;) {
        const auto most = std::min<std::uint64_t>(buffer.size(), end - offset);
        const auto done = check(::pread(file.get(), buffer.data(), most, static_cast<off_t>(offset)), "pread");
        crc = holdfast::detail::crc32c(crc, buffer.bytes().first(static_cast<std::size_t>(done)));
        offset += static_cast<std::uint64_t>(done);
    }
    return crc;
}

void put_digested(const work& w) {
    const plain_connection server(w.port);
    const auto file = open_file(w.path);
    const auto size = size_of(file);
    const auto id = text_between(server.exchange("POST", w.key + "?uploads=").body, "<UploadId>", "<");
    const io_block buffer(mebibyte);
    std::string parts;
    unsigned number = 0;
    for (std::uint64_t offset = 0; offset < size; offset += part_size) {
        const auto length = std::min(part_size, size - offset);
        const auto crc = digest(file, offset, length, buffer);
        const auto name = std::to_string(++number);
        server.send(head("PUT", w.key + "?partNumber=" + name + "&uploadId=" + id, length,
                         "x-amz-meta-crc: " + std::to_string(crc) + "\r\n"),
                    true);
        server.send_file(file, offset, length);
        server.receive();
        parts += "<Part><PartNumber>" + name + "</PartNumber></Part>";
    }
    server.exchange("POST", w.key + "?uploadId=" + id,
                    "<CompleteMultipartUpload>" + parts + "</CompleteMultipartUpload>");
}

void write_all(const descriptor& file, std::string_view bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const auto done = check(::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)), "pwrite");
        bytes.remove_prefix(static_cast<std::size_t>(done));
        offset += static_cast<std::uint64_t>(done);
    }
}

void get(const work& w) {
    const plain_connection server(w.port);
    const auto file = create_file(w.path);
    server.send(head("GET", w.key, 0));
    auto answered = server.receive_head();
    write_all(file, answered.body, 0);
    auto offset = static_cast<off_t>(answered.body.size());
    int ends[2];
    check(::pipe2(ends, O_CLOEXEC), "pipe");
    const descriptor out(ends[0]);
    const descriptor in(ends[1]);
    check(::fcntl(in.get(), F_SETPIPE_SZ, static_cast<int>(mebibyte)), "F_SETPIPE_SZ");
    while (answered.left > 0) {
        auto moved = check(::splice(server.socket(), nullptr, in.get(), nullptr,
                                    std::min<std::uint64_t>(answered.left, mebibyte), SPLICE_F_MOVE | SPLICE_F_MORE),
                           "splice");
        if (moved == 0) throw std::runtime_error("the server closed the connection");
        answered.left -= static_cast<std::uint64_t>(moved);
        while (moved > 0) {
            moved -=
                check(::splice(out.get(), nullptr, file.get(), &offset, static_cast<std::size_t>(moved), SPLICE_F_MOVE),
                      "splice");
        }
    }
}

void get_digested(const work& w) {
    const plain_connection server(w.port);
    const auto file = create_file(w.path);
    server.send(head("GET", w.key, 0));
    auto answered = server.receive_head();
    write_all(file, answered.body, 0);
    std::uint32_t crc = holdfast::detail::crc32c(0, std::as_bytes(std::span(answered.body)));
    const io_block buffer(mebibyte);
    std::uint64_t offset = answered.body.size();
    while (answered.left > 0) {
        const auto most = std::min<std::uint64_t>(answered.left, buffer.size());
        const auto done = static_cast<std::size_t>(check(::recv(server.socket(), buffer.data(), most, 0), "recv"));
        if (done == 0) throw std::runtime_error("the server closed the connection");
        crc = holdfast::detail::crc32c(crc, buffer.bytes().first(done));
        write_all(file, text_of(buffer, done), offset);
        offset += done;
        answered.left -= done;
    }
    std::fprintf(stderr, "%08x\n", crc);
}

/// Hands the numbers below `count` to `connections` threads, each with a connection of its own.
void share(const work& w, std::size_t count, const std::function<void(const plain_connection&, std::size_t)>& each) {
    std::atomic<std::size_t> next{0};
    std::vector<std::jthread> threads;
    std::atomic<bool> failed{false};
    for (int i = 0; i < std::stoi(w.last); ++i) {
        threads.emplace_back([&] {
            try {
                const plain_connection server(w.port);
                for (auto at = next++; at < count && !failed; at = next++) each(server, at);
            } catch (const std::exception& failure) {
                std::fprintf(stderr, "limit: %s\n", failure.what());
                failed = true;
            }
        });
    }
    threads.clear();
    if (failed) throw std::runtime_error("a connection failed");
}

void put_small(const work& w) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(w.path)) {
        if (entry.is_regular_file()) names.push_back(entry.path().string().substr(w.path.size() + 1));
    }
    share(w, names.size(), [&](const plain_connection& server, std::size_t at) {
        const auto file = open_file(w.path + "/" + names[at]);
        const auto size = size_of(file);
        server.send(head("PUT", w.key + "/" + names[at], size), true);
        server.send_file(file, 0, size);
        server.receive();
    });
}

std::vector<std::string> list(const work& w) {
    const plain_connection server(w.port);
    const auto slash = w.key.find('/');
    std::vector<std::string> keys;
    for (std::string token;;) {
        const auto page =
            server
                .exchange("GET", w.key.substr(0, slash) + "?list-type=2&prefix=" + w.key.substr(slash + 1) +
                                     "/&continuation-token=" + token)
                .body;
        for (auto at = page.find("<Key>"); at != std::string::npos; at = page.find("<Key>", at + 1)) {
            keys.push_back(text_between(page, "<Key>", "<", at));
        }
        token = text_between(page, "<NextContinuationToken>", "<");
        if (token.empty()) return keys;
    }
}

void get_small(const work& w) {
    const auto keys = list(w);
    const auto bucket = w.key.substr(0, w.key.find('/') + 1);
    const auto prefix = w.key.size() - bucket.size() + 1;
    for (const auto& key : keys) {
        std::filesystem::create_directories(std::filesystem::path(w.path + "/" + key.substr(prefix)).parent_path());
    }
    share(w, keys.size(), [&](const plain_connection& server, std::size_t at) {
        server.send(head("GET", bucket + keys[at], 0));
        const auto content = server.receive().body;
        write_all(create_file(w.path + "/" + keys[at].substr(prefix)), content, 0);
    });
}

/// Sends a file in mebibytes, each after what `frame` says of it.
void send_by_tls(tls_connection& server, const std::string& path,
                 const std::function<std::string(const io_block&, std::size_t)>& frame) {
    const auto file = open_file(path);
    const auto size = size_of(file);
    const io_block buffer(mebibyte);
    for (std::uint64_t offset = 0; offset < size;) {
        const auto done = static_cast<std::size_t>(
            check(::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset)), "pread"));
        const auto before = frame(buffer, done);
        if (!before.empty()) server.send(before);
        server.send(text_of(buffer, done));
        offset += done;
    }
}

void put_by_tls(const work& w) {
    tls_connection server(w.port, w.last);
    server.send(head("PUT", w.key, size_of(open_file(w.path))));
    send_by_tls(server, w.path, [](const auto&, std::size_t) { return std::string(); });
    server.receive();
}

/// One pass: the digest follows the body as a trailer.
void put_by_tls_digested(const work& w) {
    tls_connection server(w.port, w.last);
    server.send("PUT /" + w.key + " HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    std::uint32_t crc = 0;
    std::string end_of_last;
    send_by_tls(server, w.path, [&](const io_block& buffer, std::size_t size) {
        crc = holdfast::detail::crc32c(crc, buffer.bytes().first(size));
        char line[32];
        std::snprintf(line, sizeof line, "%zx\r\n", size);
        return std::exchange(end_of_last, "\r\n") + line;
    });
    server.send(end_of_last + "0\r\nx-amz-meta-crc: " + std::to_string(crc) + "\r\n\r\n");
    server.receive();
}

/// The median time of one exchange on a warm connection, as JSON.
void round_trips(const work& w) {
    const plain_connection server(w.port);
    std::vector<double> times;
    for (int i = 0; i < std::stoi(w.last); ++i) {
        const auto start = std::chrono::steady_clock::now();
        server.exchange("GET", w.key);
        times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
    std::printf("{\"wall\": %.9f}\n", times[times.size() / 2]);
}

}  // namespace

int main(int count, char** values) {
    const std::map<std::string_view, void (*)(const work&)> works{
        {"put", put},
        {"put_digested", put_digested},
        {"get", get},
        {"get_digested", get_digested},
        {"put_small", put_small},
        {"get_small", get_small},
        {"put_by_tls", put_by_tls},
        {"put_by_tls_digested", put_by_tls_digested},
        {"round_trips", round_trips},
        {"list", [](const work& w) { std::printf("{\"keys\": %zu}\n", list(w).size()); }},
    };
    if (count < 5 || !works.contains(values[1])) {
        std::fprintf(stderr, "usage: limit WORK PORT BUCKET/KEY PATH [CONNECTIONS | CA_FILE]\n");
        return 2;
    }
    try {
        works.at(values[1])({std::stoi(values[2]), values[3], values[4], count > 5 ? values[5] : ""});
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "limit: %s\n", failure.what());
        return 1;
    }
    return 0;
}
