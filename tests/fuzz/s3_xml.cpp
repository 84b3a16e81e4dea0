// Whatever a server answers is read or refused as `corrupt`; what was read is within its bounds, and a key that XML can
// carry survives being written into one.
#include <holdfast/storage/s3/wire.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/xml_reader.hpp>

namespace {

using namespace holdfast;

void require(bool holds) {
    if (!holds) std::abort();
}

template <class Read>
void unless_corrupt(Read read) {
    try {
        read();
    } catch (const error& failure) {
        require(failure.kind() == errc::corrupt);
    }
}

void walk(std::string_view text) {
    using event = detail::xml_reader::event;
    detail::xml_reader reader(text);
    std::size_t depth = 0;
    event before = event::start;
    for (event now = reader.next(); now != event::done; now = reader.next()) {
        if (now == event::start) ++depth;
        if (now == event::end) require(depth-- > 0);
        if (now == event::text) require(before != event::text && !reader.text().empty() && depth > 0);
        if (now != event::text) require(!reader.name().empty());
        require(depth <= 64);
        before = now;
    }
    require(depth == 0 && reader.next() == event::done);
}

void parse_pages(std::string_view text) {
    unless_corrupt([&] {
        for (const auto& object : s3::parse_objects(text).objects) {
            require(!object.key.empty() && object.size <= INT64_MAX);
            require(s3::canonical_etag(object.etag) == object.etag);
        }
    });
    unless_corrupt([&] {
        for (const auto& part : s3::parse_parts(text).parts) require(part.number >= 1 && part.number <= 10'000);
    });
    unless_corrupt([&] {
        for (const auto& upload : s3::parse_uploads(text).uploads) require(!upload.key.empty() && !upload.id.empty());
    });
    unless_corrupt([&] {
        for (const auto& failed : s3::parse_delete_failures(text)) require(!failed.what.code.empty());
    });
    unless_corrupt([&] { require(!s3::parse_upload_id(text).empty()); });
    unless_corrupt([&] { require(!s3::parse_etag(text).empty()); });
}

void judge(std::string_view text) {
    http::response answer;
    for (const unsigned status : {200U, 404U}) {
        answer.status = status;
        answer.text = text;
        const auto what = s3::find_failure(answer);
        require(what || status == 200);
        if (what) require(!what->code.empty() && what->message.size() <= 500);
        if (!what) require(s3::retry_hint_of(answer) == s3::retry_hint::none);
    }
}

void write_key(std::string_view key) {
    if (!s3::is_xml_text(key)) return;
    const std::string keys[] = {std::string(key)};
    const std::string xml = s3::render_delete(keys);
    detail::xml_reader reader(xml);
    for (auto event = reader.next(); reader.name() != "Key"; event = reader.next()) {
        require(event != detail::xml_reader::event::done);
    }
    const bool has_text = reader.next() == detail::xml_reader::event::text;
    require(has_text ? reader.text() == key : key.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    unless_corrupt([&] { walk(text); });
    parse_pages(text);
    judge(text);
    write_key(text);
    if (const auto crc = s3::parse_crc32c(text)) require(s3::render_crc32c(*crc) == text);
    if (const auto range = s3::parse_content_range(text)) require(range->offset < range->total);
    s3::parse_http_date(text);
    s3::parse_iso_date(text);
    return 0;
}
