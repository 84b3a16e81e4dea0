#ifndef HOLDFAST_DETAIL_IMPL_TAR_CODEC_IPP
#define HOLDFAST_DETAIL_IMPL_TAR_CODEC_IPP

#include <holdfast/detail/tar_codec.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/copy_bytes.hpp>

namespace holdfast::detail {

inline void append_tar_header(std::string& blocks, const tar_entry& entry, char type, std::int64_t seconds) {
    blocks.append(tar_block_size, '\0');
    const auto header = std::span(blocks).last<tar_block_size>();
    put_tar_text(header, tar_name_field, entry.path);
    put_tar_number(header, tar_mode_field, entry.mode & 07777);
    put_tar_number(header, tar_uid_field, 0);
    put_tar_number(header, tar_gid_field, 0);
    put_tar_number(header, tar_size_field, fits_tar_number(tar_size_field, entry.size) ? entry.size : 0);
    const auto time = static_cast<std::uint64_t>(seconds);
    put_tar_number(header, tar_time_field, fits_tar_number(tar_time_field, time) ? time : 0);
    put_tar_text(header, tar_type_field, {&type, 1});
    put_tar_text(header, tar_target_field, entry.target);
    put_tar_text(header, tar_magic_field, tar_posix_magic);
    put_tar_text(header, tar_version_field, "00");
    put_tar_checksum(header);
}

inline std::string pax_records(const tar_entry& entry, std::int64_t seconds) {
    std::string records;
    if (!fits_tar_text(tar_name_field, entry.path)) records += pax_record("path", entry.path);
    if (!fits_tar_text(tar_target_field, entry.target)) records += pax_record("linkpath", entry.target);
    if (!fits_tar_number(tar_size_field, entry.size)) records += pax_record("size", std::to_string(entry.size));
    const bool is_whole = entry.modified_ns % tar_second == 0;
    if (!is_whole || !fits_tar_number(tar_time_field, static_cast<std::uint64_t>(seconds))) {
        records += pax_record("mtime", pax_time(entry.modified_ns));
    }
    return records;
}

HOLDFAST_DECL std::string encode_tar_entry(const tar_entry& entry) {
    tar_entry written = entry;
    if (entry.type == tar_type::directory) written.path += '/';
    const std::int64_t seconds = entry.modified_ns / tar_second - (entry.modified_ns % tar_second < 0 ? 1 : 0);
    const std::string records = pax_records(written, seconds);
    std::string blocks;
    blocks.reserve(3 * tar_block_size);
    if (!records.empty()) {
        const tar_entry extended{.path = "././@PaxHeader", .mode = 0, .size = records.size(), .target = {}};
        append_tar_header(blocks, extended, 'x', 0);
        blocks += records;
        blocks.append(tar_padding(records.size()), '\0');
    }
    append_tar_header(blocks, written, static_cast<char>(entry.type), seconds);
    return blocks;
}

HOLDFAST_DECL std::string encode_tar_end(std::uint64_t size) {
    const std::uint64_t whole = size + 2 * tar_block_size;
    const std::uint64_t fill = (tar_record_size - whole % tar_record_size) % tar_record_size;
    return std::string(static_cast<std::size_t>(2 * tar_block_size + fill), '\0');
}

inline std::string tar_header_path(std::span<const std::byte> header) {
    const std::string_view name = tar_text(header, tar_name_field);
    const auto magic = header.subspan(tar_magic_field.offset, tar_magic_field.size);
    const bool is_posix = std::memcmp(magic.data(), tar_posix_magic.data(), magic.size()) == 0;
    const std::string_view prefix = is_posix ? tar_text(header, tar_prefix_field) : std::string_view();
    return prefix.empty() ? std::string(name) : std::string(prefix).append("/").append(name);
}

inline std::int64_t tar_ns(std::int64_t seconds) noexcept {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / tar_second;
    return std::clamp(seconds, -most, most) * tar_second;
}

// An empty value takes an earlier one back.
inline void set_tar_pax_value(tar_pax_values& values, std::string_view keyword, std::string_view value) {
    const bool is_set = !value.empty();
    if (keyword == "path") {
        values.path = is_set ? std::optional<std::string>(value) : std::nullopt;
    } else if (keyword == "linkpath") {
        values.target = is_set ? std::optional<std::string>(value) : std::nullopt;
    } else if (keyword == "size") {
        values.size = is_set ? std::optional(checked_tar_size(pax_number<std::int64_t>(value))) : std::nullopt;
    } else if (keyword == "mtime") {
        values.modified_ns = is_set ? std::optional(parse_pax_time(value)) : std::nullopt;
    } else if (keyword.starts_with("GNU.sparse.")) {
        throw_tar(errc::unsupported, "", "the archive holds a sparse file; make it without --sparse");
    }
}

HOLDFAST_DECL void tar_decoder::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) bytes = bytes.subspan(write_some(bytes));
}

HOLDFAST_DECL std::size_t tar_decoder::write_some(std::span<const std::byte> bytes) {
    if (step_ == step::end) return bytes.size();
    if (step_ == step::header) return gather_header(bytes);
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining_));
    if (step_ == step::extension) extension_.append(reinterpret_cast<const char*>(bytes.data()), count);
    if (step_ == step::content) events_.member_content(bytes.first(count));
    pass(count);
    return count;
}

HOLDFAST_DECL void tar_decoder::skip(std::uint64_t count) {
    while (count > 0) {
        const std::uint64_t part = std::min(count, skippable());
        if (part == 0) throw_tar(errc::invalid_argument, "", "only content and padding of a member are skipped");
        pass(part);
        count -= part;
    }
}

HOLDFAST_DECL void tar_decoder::pass(std::uint64_t count) {
    remaining_ -= count;
    if (remaining_ > 0) return;
    if (step_ == step::extension) {
        end_extension();
    } else if (step_ == step::content) {
        end_content();
    } else {
        step_ = step::header;
    }
}

HOLDFAST_DECL std::size_t tar_decoder::gather_header(std::span<const std::byte> bytes) {
    if (gathered_ == 0 && bytes.size() >= tar_block_size) {
        read_header(bytes.first<tar_block_size>());
        return tar_block_size;
    }
    const std::size_t count = std::min(bytes.size(), tar_block_size - gathered_);
    copy_bytes(bytes.first(count), std::span(block_).subspan(gathered_));
    gathered_ += count;
    if (gathered_ == tar_block_size) {
        gathered_ = 0;
        read_header(block_);
    }
    return count;
}

HOLDFAST_DECL void tar_decoder::read_header(block header) {
    if (std::ranges::all_of(header, [](std::byte byte) { return byte == std::byte{}; })) {
        if (local_ || long_path_ || long_target_) throw_tar(errc::corrupt, "", "the archive ends inside a member");
        step_ = step::end;
        return;
    }
    check_tar_checksum(header);
    const char flag = static_cast<char>(header[tar_type_field.offset]);
    if (std::string_view("xXgLK").find(flag) != std::string_view::npos) {
        begin_extension(flag, checked_tar_size(tar_number(header, tar_size_field)));
    } else {
        begin_member(header, flag);
    }
}

HOLDFAST_DECL void tar_decoder::begin_extension(char flag, std::uint64_t size) {
    if (size > tar_extension_limit) throw_tar(errc::too_large, "", "an extended header of the archive passes 1 MiB");
    extension_flag_ = flag;
    extension_.clear();
    size_ = remaining_ = size;
    step_ = step::extension;
    if (size == 0) end_extension();
}

HOLDFAST_DECL void tar_decoder::end_extension() {
    if (extension_flag_ == 'L' || extension_flag_ == 'K') {
        (extension_flag_ == 'L' ? long_path_ : long_target_) = tar_text(std::as_bytes(std::span(extension_)));
    } else {
        read_pax_records(extension_flag_ == 'g');
    }
    skip_padding(size_);
}

HOLDFAST_DECL void tar_decoder::read_pax_records(bool is_global) {
    if (!is_global && !local_) local_ = global_;
    std::string_view rest = extension_;
    while (!rest.empty() && rest.front() != '\0') {
        const std::size_t space = rest.find(' ');
        if (space == std::string_view::npos) throw_pax_record();
        const auto length = pax_number<std::size_t>(rest.substr(0, space));
        if (length > rest.size() || length < space + 2 || rest[length - 1] != '\n') throw_pax_record();
        const std::string_view record = rest.substr(space + 1, length - space - 2);
        const std::size_t equals = record.find('=');
        if (equals == std::string_view::npos || equals == 0) throw_pax_record();
        if (is_global) set_tar_pax_value(global_, record.substr(0, equals), record.substr(equals + 1));
        if (local_) set_tar_pax_value(*local_, record.substr(0, equals), record.substr(equals + 1));
        rest.remove_prefix(length);
    }
}

HOLDFAST_DECL void tar_decoder::begin_member(block header, char flag) {
    tar_pax_values pax = local_ ? *std::exchange(local_, std::nullopt) : global_;
    const auto header_path = [&] { return long_path_ ? *std::move(long_path_) : tar_header_path(header); };
    const auto header_target = [&] {
        return long_target_ ? *std::move(long_target_) : std::string(tar_text(header, tar_target_field));
    };
    entry_.path = pax.path ? *std::move(pax.path) : header_path();
    entry_.target = pax.target ? *std::move(pax.target) : header_target();
    long_path_.reset();
    long_target_.reset();
    if (flag == 'S')
        throw_tar(errc::unsupported, entry_.path, "this is a sparse file; make the archive without --sparse");
    if (flag == '\0' || flag == '7') flag = '0';
    if (flag < '0' || flag > '6') throw_tar(errc::unsupported, entry_.path, "the type of this member is unknown");
    entry_.type = static_cast<tar_type>(flag);
    entry_.mode = static_cast<std::uint32_t>(tar_number(header, tar_mode_field)) & 07777;
    entry_.modified_ns = pax.modified_ns ? *pax.modified_ns : tar_ns(tar_number(header, tar_time_field));
    const std::uint64_t size = pax.size ? *pax.size : checked_tar_size(tar_number(header, tar_size_field));
    // Links and directories have no content, whatever their header says: so read Python and GNU tar.
    entry_.size = entry_.type == tar_type::regular ? size : 0;
    if (entry_.type == tar_type::regular && entry_.path.ends_with('/')) {
        if (size != 0) throw_tar(errc::corrupt, entry_.path, "a directory of the archive has content");
        entry_.type = tar_type::directory;
    }
    if (entry_.type == tar_type::directory) entry_.path.erase(entry_.path.find_last_not_of('/') + 1);
    size_ = remaining_ = entry_.size;
    step_ = step::content;
    events_.begin_member(entry_);
    if (remaining_ == 0) end_content();
}

HOLDFAST_DECL void tar_decoder::end_content() {
    events_.end_member(entry_);
    skip_padding(size_);
}

HOLDFAST_DECL void tar_decoder::skip_padding(std::uint64_t size) {
    remaining_ = tar_padding(size);
    step_ = remaining_ > 0 ? step::padding : step::header;
}

HOLDFAST_DECL void tar_decoder::finish() {
    if (step_ == step::end) return;
    const bool is_inside = step_ == step::content || step_ == step::padding;
    throw_tar(errc::corrupt, is_inside ? entry_.path : std::string(),
              "the archive is cut short; load another checkpoint or copy it again");
}

}  // namespace holdfast::detail

#endif
