#ifndef HOLDFAST_STORAGE_S3_IMPL_WIRE_IPP
#define HOLDFAST_STORAGE_S3_IMPL_WIRE_IPP

#include <holdfast/storage/s3/wire.hpp>

#include <cstddef>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/base64.hpp>
#include <holdfast/detail/percent_encoding.hpp>
#include <holdfast/storage/s3/digits.hpp>

namespace holdfast::s3 {

inline constexpr std::string_view wire_namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

inline void append_wire_text(std::string& xml, std::string_view text) {
    for (const char c : text) {
        switch (c) {
            case '&':
                xml += "&amp;";
                break;
            case '<':
                xml += "&lt;";
                break;
            case '>':
                xml += "&gt;";
                break;
            case '"':
                xml += "&quot;";
                break;
            case '\'':
                xml += "&apos;";
                break;
            case '\r':
                xml += "&#13;";
                break;
            default:
                xml += c;
        }
    }
}

inline void append_wire_element(std::string& xml, std::string_view name, std::string_view text) {
    xml.append("<").append(name).append(">");
    append_wire_text(xml, text);
    xml.append("</").append(name).append(">");
}

inline std::string begin_wire_document(std::string_view root) {
    std::string xml = R"(<?xml version="1.0" encoding="UTF-8"?><)";
    return xml.append(root).append(R"( xmlns=")").append(wire_namespace).append(R"(">)");
}

HOLDFAST_DECL std::string make_target(std::string_view path, const query& fields) {
    std::string target = path.empty() ? "/" : detail::percent_encode(path, true);
    char before = '?';
    for (const auto& [name, value] : fields) {
        target += before;
        target.append(detail::percent_encode(name, false)).append("=").append(detail::percent_encode(value, false));
        before = '&';
    }
    return target;
}

HOLDFAST_DECL std::string canonical_etag(std::string_view etag) {
    while (etag.starts_with(' ')) etag.remove_prefix(1);
    while (etag.ends_with(' ')) etag.remove_suffix(1);
    if (etag.starts_with("W/")) etag.remove_prefix(2);
    if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"')) etag = etag.substr(1, etag.size() - 2);
    return etag.empty() ? std::string() : '"' + std::string(etag) + '"';
}

HOLDFAST_DECL std::string render_complete(std::span<const part> parts) {
    std::string xml = begin_wire_document("CompleteMultipartUpload");
    for (const part& each : parts) {
        xml += "<Part>";
        if (each.crc32c) append_wire_element(xml, "ChecksumCRC32C", render_crc32c(*each.crc32c));
        append_wire_element(xml, "ETag", each.etag);
        append_wire_element(xml, "PartNumber", std::to_string(each.number));
        xml += "</Part>";
    }
    return xml += "</CompleteMultipartUpload>";
}

HOLDFAST_DECL std::string render_delete(std::span<const std::string> keys) {
    constexpr std::size_t max_keys = 1000;
    if (keys.size() > max_keys) {
        throw error(errc::invalid_argument, "remove", "", "at most 1000 keys in one request; send several");
    }
    std::string xml = begin_wire_document("Delete");
    for (const std::string& key : keys) {
        if (!is_xml_text(key)) {
            throw error(errc::invalid_argument, "remove", key, "XML cannot carry this key; delete it on its own");
        }
        xml += "<Object>";
        append_wire_element(xml, "Key", key);
        xml += "</Object>";
    }
    return xml += "<Quiet>true</Quiet></Delete>";
}

HOLDFAST_DECL std::string render_crc32c(std::uint32_t crc) {
    return detail::to_base64(crc);
}

HOLDFAST_DECL std::optional<std::uint32_t> parse_crc32c(std::string_view text) {
    const auto bytes = detail::from_base64(text);
    if (!bytes || bytes->size() != 4) return std::nullopt;
    std::uint32_t crc = 0;
    for (const std::byte byte : *bytes) crc = crc << 8 | std::to_integer<std::uint32_t>(byte);
    return crc;
}

HOLDFAST_DECL std::optional<content_range> parse_content_range(std::string_view text) {
    constexpr std::string_view unit = "bytes ";
    const std::size_t dash = text.find('-');
    const std::size_t slash = text.find('/');
    if (!text.starts_with(unit) || dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) {
        return std::nullopt;
    }
    const auto first = parse_digits(text.substr(unit.size(), dash - unit.size()));
    const auto last = parse_digits(text.substr(dash + 1, slash - dash - 1));
    const auto total = parse_digits(text.substr(slash + 1));
    if (!first || !last || !total || *first > *last || *last >= *total) return std::nullopt;
    return content_range{*first, *total};
}

}  // namespace holdfast::s3

#endif
