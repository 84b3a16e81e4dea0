#ifndef HOLDFAST_ARCHIVE_IMPL_TAR_EXTRACTOR_IPP
#define HOLDFAST_ARCHIVE_IMPL_TAR_EXTRACTOR_IPP

#include <holdfast/archive/tar_extractor.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <holdfast/archive/compression.hpp>
#include <holdfast/archive/tar_unpacker.hpp>
#include <holdfast/archive/unpacked_directory.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/gzip.hpp>
#include <holdfast/detail/tar_codec.hpp>

namespace holdfast {

struct tar_extractor::state {
    state(unpack_target& target, extract_limits limits, file_visitor on_file, bool digest)
        : unpacker(target, limits, digest, std::move(on_file)), decoder(unpacker) {}
    state(std::unique_ptr<unpack_target> target, extract_limits limits, file_visitor on_file, bool digest)
        : own_target(std::move(target)), unpacker(*own_target, limits, digest, std::move(on_file)), decoder(unpacker) {}

    void choose_compression();

    std::unique_ptr<unpack_target> own_target;
    detail::tar_unpacker unpacker;
    detail::tar_decoder decoder;
    std::optional<detail::gunzip> gunzip;
    std::string start;  // the first bytes, until they tell the compression
    bool is_chosen = false;
};

inline void tar_extractor::state::choose_compression() {
    is_chosen = true;
    if (detail::is_gzip_compressed(start)) {
        gunzip.emplace([this](std::span<const std::byte> bytes) { decoder.write(bytes); });
    }
}

HOLDFAST_DECL tar_extractor::tar_extractor(std::filesystem::path directory, extract_limits limits, file_visitor on_file,
                                           bool digest)
    : state_(std::make_unique<state>(std::make_unique<unpacked_directory>(std::move(directory)), limits,
                                     std::move(on_file), digest)) {}

HOLDFAST_DECL tar_extractor::tar_extractor(unpack_target& target, extract_limits limits, file_visitor on_file,
                                           bool digest)
    : state_(std::make_unique<state>(target, limits, std::move(on_file), digest)) {}

HOLDFAST_DECL tar_extractor::~tar_extractor() = default;

HOLDFAST_DECL void tar_extractor::write(std::span<const std::byte> bytes) {
    const auto pass_on = [this](std::span<const std::byte> piece) {
        state_->gunzip ? state_->gunzip->write(piece) : state_->decoder.write(piece);
    };
    if (state_->is_chosen) return pass_on(bytes);
    const std::size_t count = std::min(bytes.size(), detail::compression_magic_size - state_->start.size());
    state_->start.append(reinterpret_cast<const char*>(bytes.data()), count);
    if (state_->start.size() < detail::compression_magic_size) return;
    state_->choose_compression();
    pass_on(std::as_bytes(std::span(state_->start)));
    pass_on(bytes.subspan(count));
}

HOLDFAST_DECL std::uint64_t tar_extractor::content_ahead() const noexcept {
    return state_->gunzip ? 0 : state_->decoder.content_ahead();
}

HOLDFAST_DECL const std::string& tar_extractor::member() const noexcept {
    return state_->unpacker.member();
}

HOLDFAST_DECL std::uint64_t tar_extractor::member_offset() const noexcept {
    return state_->unpacker.offset();
}

HOLDFAST_DECL void tar_extractor::bring(std::uint64_t size, const content_bringer& bring) {
    state_->unpacker.bring_content(size, bring);
    state_->decoder.skip(size);
}

HOLDFAST_DECL void tar_extractor::finish() {
    if (!state_->is_chosen) throw error(errc::corrupt, "unpack", "", "the archive is empty or cut short");
    if (state_->gunzip) state_->gunzip->finish();
    state_->decoder.finish();
    state_->unpacker.finish();
}

}  // namespace holdfast

#endif
