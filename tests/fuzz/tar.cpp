#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include <holdfast/archive/tar_extractor.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/detail/tar_codec.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/tar_building.hpp>

// Whatever the bytes are: the decoder says the same however they are cut, and an extraction leaves nothing outside
// its directory, nor a link that leads out of it.
namespace fs = std::filesystem;
using namespace holdfast;

namespace {

void require(bool condition, std::string_view what) {
    if (condition) return;
    std::cerr << what << '\n';
    std::abort();
}

struct summary final : detail::tar_events {
    std::uint64_t members = 0;
    std::uint64_t bytes = 0;
    std::size_t hash = 0;

    void begin_member(const detail::tar_entry& entry) override {
        hash = hash * 31 + std::hash<std::string>()(entry.path + '\0' + entry.target);
        bytes += entry.size;
        ++members;
    }
    void member_content(std::span<const std::byte> piece) override { bytes -= piece.size(); }
    void end_member(const detail::tar_entry&) override {
        require(bytes == 0, "a member ended before or after its content");
    }
};

template <class Consumer>
bool write_pieces(Consumer& consumer, std::span<const std::byte> bytes, std::size_t piece) {
    try {
        for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size()))) {
            consumer.write(bytes.first(std::min(piece, bytes.size())));
        }
        consumer.finish();
        return true;
    } catch (const error&) {
        return false;
    }
}

void decode(std::span<const std::byte> bytes) {
    summary whole, cut;
    detail::tar_decoder whole_decoder(whole), cut_decoder(cut);
    const bool is_whole_read = write_pieces(whole_decoder, bytes, SIZE_MAX);
    require(write_pieces(cut_decoder, bytes, 97) == is_whole_read, "the cut decides whether the archive is read");
    require(whole.members == cut.members && whole.hash == cut.hash, "the cut decides what is read");
}

void require_inside(const fs::path& target) {
    for (const auto& entry : fs::recursive_directory_iterator(target)) {
        const bool is_known = entry.is_symlink() || entry.is_directory() || entry.is_regular_file();
        require(is_known, "a device or pipe was made");
        if (!entry.is_symlink()) continue;
        const fs::path resolved = fs::weakly_canonical(entry.path()).lexically_relative(target);
        require(!resolved.empty() && *resolved.begin() != "..", "a link leads out");
    }
}

void extract(std::span<const std::byte> bytes) {
    static const detail::temp_directory base({}, "fuzz-tar");
    const fs::path target = fs::canonical(base.path()) / "target";
    detail::make_directory(target, 0700);
    {
        tar_extractor extractor(target, {.bytes = 1 << 20, .entries = 64}, {});
        write_pieces(extractor, bytes, 4096);
    }
    const auto beside = std::distance(fs::directory_iterator(base.path()), fs::directory_iterator());
    require(beside == 1, "something was made beside the directory");
    require_inside(target);
    detail::remove_tree(target);
}

// Makes the checksums of header blocks right again, which no mutation would find.
std::string with_checksums(std::string archive) {
    for (std::size_t i = 0; i + detail::tar_block_size <= archive.size(); i += detail::tar_block_size) {
        const std::string_view block(archive.data() + i, detail::tar_block_size);
        if (block.substr(257, 5) == "ustar")
            archive.replace(i, block.size(), tar_building::patched(std::string(block), 0, ""));
    }
    return archive;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string archive(reinterpret_cast<const char*>(data), size);
    for (const std::string& tried : {archive, with_checksums(archive)}) {
        decode(std::as_bytes(std::span(tried)));
        extract(std::as_bytes(std::span(tried)));
    }
    return 0;
}
