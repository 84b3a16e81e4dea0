#ifndef HOLDFAST_ARTIFACT_IMPL_MANIFEST_IPP
#define HOLDFAST_ARTIFACT_IMPL_MANIFEST_IPP

#include <holdfast/artifact/manifest.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <span>

#include <holdfast/archive/safe_path.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/source_reader.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/digest.hpp>
#include <holdfast/detail/hex.hpp>
#include <holdfast/detail/io_block.hpp>
#include <holdfast/detail/python_json.hpp>
#include <holdfast/metaflow/spelling.hpp>

namespace holdfast {
namespace detail {

inline constexpr std::size_t digest_block = 1 << 20;

/// By the rule of an unpacker, which takes longer paths than a store takes keys.
inline bool is_tree_path(std::string_view text) {
    try {
        return !text.empty() && member_path(text) == text;
    } catch (const error&) {
        return false;
    }
}

/// Whether a digest of that kind looks so.
inline bool is_digest(std::string_view text, digest_kind kind) {
    constexpr std::size_t crc32c_text_size = 8;
    return (kind == digest_kind::crc32c && is_hash_text(text, crc32c_text_size)) ||
           (kind == digest_kind::sha256 && is_hash_text(text, sha256_text_size));
}

class manifest_reader {
public:
    explicit manifest_reader(std::string_view origin) : origin_(origin) {}

    [[noreturn]] void fail(std::string_view why) const {
        throw error(errc::corrupt, "read manifest", origin_, std::string("it is damaged: ").append(why));
    }

    const boost::json::value& field(const boost::json::object& object, std::string_view name) const {
        const auto* value = object.if_contains(name);
        if (value == nullptr) fail(std::string(name) + " is missing");
        return *value;
    }

    std::string text(const boost::json::object& object, std::string_view name) const {
        const auto* value = field(object, name).if_string();
        if (value == nullptr) fail(std::string(name) + " is no text");
        return {value->data(), value->size()};
    }

    std::uint64_t number(const boost::json::object& object, std::string_view name) const {
        const auto& value = field(object, name);
        if (const auto* positive = value.if_uint64()) return *positive;
        const auto* any = value.if_int64();
        if (any == nullptr || *any < 0) fail(std::string(name) + " is no size");
        return static_cast<std::uint64_t>(*any);
    }

    const boost::json::array& list(const boost::json::object& object, std::string_view name) const {
        const auto* value = field(object, name).if_array();
        if (value == nullptr) fail(std::string(name) + " is no list");
        return *value;
    }

    std::string path(std::string text) const {
        if (!is_tree_path(text)) fail("a path leaves the tree");
        return text;
    }

    digest_kind kind(std::string_view name) const {
        for (const auto kind : {digest_kind::none, digest_kind::crc32c, digest_kind::sha256}) {
            if (to_string(kind) == name) return kind;
        }
        fail("unknown digest");
    }

    std::string digest(std::string text, digest_kind kind) const {
        if (!is_digest(text, kind)) fail("a digest is no " + std::string(to_string(kind)));
        return text;
    }

    stored_file file(const boost::json::value& entry, digest_kind kind) const {
        const auto* object = entry.if_object();
        if (object == nullptr) fail("an entry is no object");
        stored_file result{path(text(*object, "path")), number(*object, "size"), {}, 0};
        result.mode = static_cast<std::uint32_t>(number(*object, "mode") & 0777U);
        if (object->contains("digest")) result.digest = digest(text(*object, "digest"), kind);
        return result;
    }

private:
    std::string origin_;
};

}  // namespace detail

HOLDFAST_DECL std::string_view to_string(digest_kind kind) noexcept {
    switch (kind) {
        case digest_kind::none:
            return "none";
        case digest_kind::crc32c:
            return "crc32c";
        case digest_kind::sha256:
            return "sha256";
    }
    return "unknown";
}

// File by file: the values of a whole tree would take many times the memory of its text.
HOLDFAST_DECL std::string manifest::to_json() const {
    constexpr std::size_t around_a_path = 80;  // bytes, about; a text that grows is there twice for a moment
    std::size_t size = around_a_path * (1 + directories.size() + files.size());
    for (const auto& file : files) size += file.path.size() + file.digest.size();
    std::string text;
    text.reserve(size);
    text.append(R"({"version": 1, "digest": ")").append(to_string(digest)).append(R"(", "files": [)");
    for (const auto& file : files) {
        text += &file == &files.front() ? R"({"path": )" : R"(, {"path": )";
        text.append(detail::dump_python_text(file.path)).append(R"(, "size": )").append(std::to_string(file.size));
        text.append(R"(, "mode": )").append(std::to_string(file.mode));
        if (!file.digest.empty()) text.append(R"(, "digest": )").append(detail::dump_python_text(file.digest));
        text += '}';
    }
    const boost::json::array folders(directories.begin(), directories.end());
    return text.append(R"(], "directories": )").append(detail::dump_python_json(folders)).append("}");
}

HOLDFAST_DECL manifest manifest::from_json(std::string_view text, std::string_view origin) {
    const detail::manifest_reader reader{origin};
    const auto document = detail::parse_python_json(text, origin);
    const auto* object = document.if_object();
    if (object == nullptr) reader.fail("it is no JSON object");
    if (reader.number(*object, "version") != 1) {
        throw error(errc::unsupported, "read manifest", origin, "a newer holdfast wrote it; update this one");
    }
    manifest result;
    result.digest = reader.kind(reader.text(*object, "digest"));
    for (const auto& entry : reader.list(*object, "files")) {
        result.files.push_back(reader.file(entry, result.digest));
    }
    for (const auto& entry : reader.list(*object, "directories")) {
        if (!entry.is_string()) reader.fail("a directory is no text");
        result.directories.push_back(reader.path(std::string(entry.get_string())));
    }
    return result;
}

HOLDFAST_DECL std::string crc32c_hex(std::uint32_t crc) {
    const std::array bytes{static_cast<std::byte>(crc >> 24U), static_cast<std::byte>(crc >> 16U),
                           static_cast<std::byte>(crc >> 8U), static_cast<std::byte>(crc)};
    return detail::to_hex(bytes);
}

HOLDFAST_DECL detail::file_digest::file_digest(digest_kind kind) : kind_(kind) {
    if (kind == digest_kind::sha256) sha256_.emplace(digest_algorithm::sha256);
}

HOLDFAST_DECL void detail::file_digest::update(std::span<const std::byte> bytes) {
    if (kind_ == digest_kind::crc32c) crc32c_ = crc32c(crc32c_, bytes);
    if (sha256_) sha256_->update(bytes);
}

HOLDFAST_DECL std::string detail::file_digest::finish() {
    if (sha256_) return to_hex(sha256_->finish());
    return kind_ == digest_kind::crc32c ? crc32c_hex(crc32c_) : std::string();
}

HOLDFAST_DECL std::string digest_of(const byte_source& source, digest_kind kind) {
    if (kind == digest_kind::none) return {};
    detail::file_digest digest{kind};
    detail::source_reader reader(source);
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(detail::digest_block, source.size()));
    const detail::io_block block(size);
    while (const std::size_t count = reader.read(block.bytes())) digest.update(block.bytes().first(count));
    return digest.finish();
}

}  // namespace holdfast

#endif
