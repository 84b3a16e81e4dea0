#ifndef HOLDFAST_STORAGE_S3_IMPL_WIRE_ANSWERS_IPP
#define HOLDFAST_STORAGE_S3_IMPL_WIRE_ANSWERS_IPP

#include <holdfast/storage/s3/wire.hpp>

#include <algorithm>
#include <initializer_list>

#include <holdfast/detail/percent_encoding.hpp>
#include <holdfast/storage/s3/answer_reader.hpp>

namespace holdfast::s3 {

// What every listing says about its keys and its next page.
struct page_state {
    bool is_url_encoded = false;
    std::optional<bool> is_truncated;

    // Reads an element of the page itself; false where it is none of these.
    bool read(answer_reader& answer, std::string_view name) {
        if (name == "EncodingType") {
            is_url_encoded = answer.text() == "url";
        } else if (name == "IsTruncated") {
            is_truncated = answer.flag();
        } else {
            return false;
        }
        return true;
    }

    // `marker`, or nothing on the last page. Some servers leave IsTruncated out.
    std::string next(const answer_reader& answer, std::string marker, std::string_view name) const {
        if (!is_truncated.value_or(!marker.empty())) return {};
        answer.require(!marker.empty(), name);
        return marker;
    }

    void decode(const answer_reader& answer, std::string& key, std::string_view name) const {
        if (!is_url_encoded) return;
        std::replace(key.begin(), key.end(), '+', ' ');
        if (key.find('%') == std::string::npos) return;
        auto decoded = detail::percent_decode(key);
        if (!decoded) answer.refuse(name, "is not percent-encoded");
        key = std::move(*decoded);
    }
};

inline listed_object read_listed_object(answer_reader& answer) {
    listed_object object;
    bool has_size = false;
    answer.each_child([&](std::string_view name) {
        if (name == "Key") {
            object.key = answer.text();
        } else if (name == "Size") {
            object.size = answer.number();
            has_size = true;
        } else if (name == "LastModified") {
            object.modified = answer.date();
        } else if (name == "ETag") {
            object.etag = canonical_etag(answer.text());
        }
    });
    answer.require(!object.key.empty(), "Key");
    answer.require(has_size, "Size");
    return object;
}

HOLDFAST_DECL object_page parse_objects(std::string_view xml) {
    answer_reader answer(xml, {"ListBucketResult"});
    object_page page;
    page_state state;
    answer.each_child([&](std::string_view name) {
        if (name == "Contents") {
            page.objects.push_back(read_listed_object(answer));
        } else if (name == "NextContinuationToken") {
            page.next_token = answer.text();
        } else {
            state.read(answer, name);
        }
    });
    for (listed_object& object : page.objects) state.decode(answer, object.key, "Key");
    page.next_token = state.next(answer, std::move(page.next_token), "NextContinuationToken");
    return page;
}

inline part read_listed_part(answer_reader& answer) {
    constexpr std::uint64_t max_number = 10'000;
    part listed;
    bool has_size = false;
    answer.each_child([&](std::string_view name) {
        if (name == "PartNumber") {
            listed.number = static_cast<unsigned>(answer.number(max_number));
        } else if (name == "Size") {
            listed.size = answer.number();
            has_size = true;
        } else if (name == "ETag") {
            listed.etag = canonical_etag(answer.text());
        } else if (name == "ChecksumCRC32C") {
            listed.crc32c = parse_crc32c(answer.text());
        }
    });
    answer.require(listed.number > 0, "PartNumber");
    answer.require(has_size, "Size");
    answer.require(!listed.etag.empty(), "ETag");
    return listed;
}

HOLDFAST_DECL part_page parse_parts(std::string_view xml) {
    answer_reader answer(xml, {"ListPartsResult"});
    part_page page;
    page_state state;
    answer.each_child([&](std::string_view name) {
        if (name == "Part") {
            page.parts.push_back(read_listed_part(answer));
        } else if (name == "NextPartNumberMarker") {
            page.next_marker = answer.text();
        } else {
            state.read(answer, name);
        }
    });
    if (!state.is_truncated) state.is_truncated = false;  // the marker is there on the last page too
    page.next_marker = state.next(answer, std::move(page.next_marker), "NextPartNumberMarker");
    return page;
}

inline unfinished_upload read_unfinished_upload(answer_reader& answer) {
    unfinished_upload upload;
    answer.each_child([&](std::string_view name) {
        if (name == "Key") {
            upload.key = answer.text();
        } else if (name == "UploadId") {
            upload.id = answer.text();
        } else if (name == "Initiated") {
            upload.initiated = answer.date();
        }
    });
    answer.require(!upload.key.empty(), "Key");
    answer.require(!upload.id.empty(), "UploadId");
    // An upload of unknown age would look old enough to be aborted.
    answer.require(upload.initiated > std::chrono::system_clock::time_point{}, "Initiated");
    return upload;
}

HOLDFAST_DECL upload_page parse_uploads(std::string_view xml) {
    answer_reader answer(xml, {"ListMultipartUploadsResult"});
    upload_page page;
    page_state state;
    answer.each_child([&](std::string_view name) {
        if (name == "Upload") {
            page.uploads.push_back(read_unfinished_upload(answer));
        } else if (name == "NextKeyMarker") {
            page.next_key_marker = answer.text();
        } else if (name == "NextUploadIdMarker") {
            page.next_id_marker = answer.text();
        } else {
            state.read(answer, name);
        }
    });
    for (unfinished_upload& upload : page.uploads) state.decode(answer, upload.key, "Key");
    state.decode(answer, page.next_key_marker, "NextKeyMarker");
    page.next_key_marker = state.next(answer, std::move(page.next_key_marker), "NextKeyMarker");
    if (page.next_key_marker.empty()) page.next_id_marker.clear();
    return page;
}

inline std::string parse_one_element(std::string_view xml, std::initializer_list<std::string_view> roots,
                                     std::string_view element) {
    answer_reader answer(xml, roots);
    std::string text;
    answer.each_child([&](std::string_view name) {
        if (name == element) text = answer.text();
    });
    answer.require(!text.empty(), element);
    return text;
}

HOLDFAST_DECL std::string parse_upload_id(std::string_view xml) {
    return parse_one_element(xml, {"InitiateMultipartUploadResult"}, "UploadId");
}

HOLDFAST_DECL std::string parse_etag(std::string_view xml) {
    return canonical_etag(
        parse_one_element(xml, {"CompleteMultipartUploadResult", "CopyObjectResult", "CopyPartResult"}, "ETag"));
}

inline delete_failure read_delete_failure(answer_reader& answer) {
    delete_failure failed;
    answer.each_child([&](std::string_view name) {
        if (name == "Key") {
            failed.key = answer.text();
        } else if (name == "Code" || name == "Message") {
            take_failure_field(failed.what, name, answer.text());
        }
    });
    answer.require(!failed.key.empty(), "Key");
    answer.require(!failed.what.code.empty(), "Code");
    return failed;
}

HOLDFAST_DECL std::vector<delete_failure> parse_delete_failures(std::string_view xml) {
    answer_reader answer(xml, {"DeleteResult"});
    std::vector<delete_failure> failures;
    answer.each_child([&](std::string_view name) {
        if (name == "Error") failures.push_back(read_delete_failure(answer));
    });
    return failures;
}

}  // namespace holdfast::s3

#endif
