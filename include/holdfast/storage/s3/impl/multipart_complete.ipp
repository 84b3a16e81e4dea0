#ifndef HOLDFAST_STORAGE_S3_IMPL_MULTIPART_COMPLETE_IPP
#define HOLDFAST_STORAGE_S3_IMPL_MULTIPART_COMPLETE_IPP

#include <holdfast/storage/s3/multipart.hpp>

#include <algorithm>
#include <cstddef>

#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/digest.hpp>
#include <holdfast/detail/hex.hpp>
#include <holdfast/storage/s3/content.hpp>

namespace holdfast::s3 {

inline std::uint64_t size_of_parts(std::span<const part> parts) {
    std::uint64_t size = 0;
    for (const auto& one : parts) size += one.size;
    return size;
}

// Nothing where a part has none.
inline std::optional<std::uint32_t> crc32c_of_parts(std::span<const part> parts) {
    std::uint32_t whole = 0;
    for (const auto& one : parts) {
        if (!one.crc32c) return std::nullopt;
        whole = detail::crc32c_combine(whole, *one.crc32c, one.size);
    }
    return whole;
}

// Parts of an upload that was begun without checksums must not name any.
inline std::vector<part> without_crc32c(std::span<const part> parts) {
    std::vector<part> plain(parts.begin(), parts.end());
    for (auto& one : plain) one.crc32c.reset();
    return plain;
}

// The ETag that S3 gives the object, where the parts' ETags are their MD5; else empty.
inline std::string etag_of_parts(std::span<const part> parts) {
    detail::digest md5(detail::digest_algorithm::md5);
    for (const auto& one : parts) {
        std::string_view digits = one.etag;
        if (digits.starts_with('"')) digits = digits.substr(1, digits.size() - 2);
        const auto bytes = detail::from_hex(digits);
        if (!bytes || bytes->size() != 16) return {};
        md5.update(*bytes);
    }
    return '"' + detail::to_hex(md5.finish()) + '-' + std::to_string(parts.size()) + '"';
}

HOLDFAST_DECL std::optional<object_info> multipart_upload::find_landed(std::uint64_t size, const std::string& etag) {
    const auto found = find_object(store_, plan_.verb, plan_.key, plan_.stop);
    if (!found || found->info.size != size) return std::nullopt;
    const bool is_ours = mark_.empty() ? !etag.empty() && found->info.etag == etag : found->mark == mark_;
    return is_ours ? std::optional(found->info) : std::nullopt;
}

HOLDFAST_DECL std::optional<object_info> multipart_upload::complete(std::span<const part> parts) {
    operation what = begin("POST");
    what.fields = {{"uploadId", id_}};
    seal_text(what, render_complete(plan_.checksums ? std::vector(parts.begin(), parts.end()) : without_crc32c(parts)));
    add_condition_headers(what, plan_.condition);
    object_info info{.key = plan_.key, .size = size_of_parts(parts), .crc32c = crc32c_of_parts(parts)};
    if (has_whole_checksum_ && info.crc32c) {
        what.headers.set("x-amz-checksum-crc32c", render_crc32c(*info.crc32c));
        what.headers.set("x-amz-checksum-type", "FULL_OBJECT");
    }
    what.read = [&](const http::response& answer) { info.etag = parse_etag(answer.text); };
    const outcome result = store_.send(what);
    const auto why = find_failure(result.answer);
    if (!why) {
        what.read(result.answer);
        id_.clear();
        info.modified = date_of(result.answer, store_);
        return info;
    }
    const bool may_have_landed = why->code == "NoSuchUpload" || result.answer.status == 412;
    if (result.repeated && may_have_landed) {
        if (auto landed = find_landed(info.size, etag_of_parts(parts))) {
            id_.clear();
            landed->crc32c = info.crc32c;
            return landed;
        }
    }
    if (is_condition_failure(result.answer, plan_.condition)) return std::nullopt;
    fail(what, result.answer);
}

}  // namespace holdfast::s3

#endif
