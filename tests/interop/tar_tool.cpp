#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_extractor.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/core/error.hpp>

// tar_tool pack PATH OUT [files|tar|tar.gz] [follow|keep|refuse]
// tar_tool unpack ARCHIVE DIRECTORY [LIMIT_BYTES]      prints "<crc32c> <size> <path>" for each file

namespace fs = std::filesystem;
using namespace holdfast;

namespace {

constexpr std::size_t piece_size = 256 * 1024;

void write_stream(const byte_stream& stream, const fs::path& path) {
    fs::create_directories(fs::absolute(path).parent_path());
    std::ofstream out(path, std::ios::binary);
    std::vector<std::byte> buffer(piece_size);
    while (const std::size_t size = stream(buffer)) {
        out.write(reinterpret_cast<const char*>(buffer.data()), static_cast<std::streamsize>(size));
    }
    if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

void write_source(const byte_source& source, const fs::path& path) {
    std::uint64_t offset = 0;
    write_stream(
        [&](std::span<std::byte> buffer) {
            const std::size_t size = source.read(offset, buffer);
            offset += size;
            return size;
        },
        path);
}

template <archive_format Format>
void pack(const fs::path& path, const fs::path& out, symlink_policy links) {
    const packed_tree packed = Format::pack(scan_tree(path, links));
    if (const auto* make_stream = std::get_if<1>(&packed)) return write_stream((*make_stream)(), out);
    for (const auto& object : std::get<0>(packed)) {
        write_source(object.content, object.path.empty() ? out : out / object.path);
    }
}

symlink_policy policy_of(std::string_view name) {
    if (name == "follow") return symlink_policy::follow;
    if (name == "keep") return symlink_policy::keep;
    if (name == "refuse") return symlink_policy::refuse;
    throw std::invalid_argument("no link policy: " + std::string(name));
}

void pack(const std::vector<std::string>& words) {
    const std::string format = words.size() > 2 ? words[2] : "tar";
    const symlink_policy links = policy_of(words.size() > 3 ? words[3] : format == "files" ? "follow" : "keep");
    if (format == files::name) return pack<files>(words.at(0), words.at(1), links);
    if (format == tar::name) return pack<tar>(words.at(0), words.at(1), links);
    if (format == tar_gz::name) return pack<tar_gz>(words.at(0), words.at(1), links);
    throw std::invalid_argument("no format: " + format);
}

void unpack(const std::vector<std::string>& words) {
    std::ifstream in(words.at(0), std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + words[0]);
    extract_limits limits;
    if (words.size() > 2) limits.bytes = std::stoull(words[2]);
    tar_extractor extractor(words.at(1), limits, [](const extracted_file& file) {
        std::printf("%08x %llu %s\n", *file.crc32c, static_cast<unsigned long long>(file.size), file.path.c_str());
    });
    std::vector<std::byte> buffer(piece_size);
    while (in) {
        in.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(buffer.size()));
        extractor.write(std::span(buffer).first(static_cast<std::size_t>(in.gcount())));
    }
    extractor.finish();
}

}  // namespace

int main(int count, char** arguments) {
    std::vector<std::string> words(arguments + 1, arguments + count);
    try {
        const std::string command = words.empty() ? "" : words.front();
        if (!words.empty()) words.erase(words.begin());
        if (command == "pack") {
            pack(words);
        } else if (command == "unpack") {
            unpack(words);
        } else {
            throw std::invalid_argument("tar_tool pack|unpack …");
        }
        return 0;
    } catch (const error& failure) {
        std::cerr << to_string(failure.kind()) << ": " << failure.key() << ": " << failure.message() << '\n';
        return failure.kind() == errc::corrupt || failure.kind() == errc::unsafe_path ? 4 : 1;
    } catch (const std::exception& failure) {
        std::cerr << failure.what() << '\n';
        return 2;
    }
}
