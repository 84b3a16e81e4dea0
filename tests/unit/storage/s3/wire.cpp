#include <holdfast/storage/s3/wire.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <holdfast/core/error.hpp>

namespace {

using namespace holdfast;
using namespace holdfast::s3;
using namespace std::chrono_literals;
using time_point = std::chrono::system_clock::time_point;

time_point at(std::int64_t seconds, std::chrono::milliseconds rest = 0ms) {
    return time_point(std::chrono::seconds(seconds)) + rest;
}

template <class Parse>
std::string refusal_of(Parse parse, std::string_view document) {
    try {
        parse(document);
    } catch (const error& failure) {
        REQUIRE(failure.kind() == errc::corrupt);
        return failure.message();
    }
    return "taken";
}

// What S3 answers are wrapped in, as S3, versitygw and MinIO write it.
std::string document(std::string_view root, std::string_view inside) {
    std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<";
    xml.append(root).append(" xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    return xml.append(inside).append("</").append(root).append(">");
}

std::string listing(std::string_view inside) {
    return document("ListBucketResult", inside);
}

std::string object_element(std::string_view key) {
    return "<Contents><Key>" + std::string(key) + "</Key><Size>1</Size></Contents>";
}

TEST_CASE("make_target: the path is encoded once and keeps its '/', fields lose theirs") {
    CHECK(make_target("/") == "/");
    CHECK(make_target("") == "/");
    CHECK(make_target("/bucket/a b+c%d//e~/\xC3\xA4") == "/bucket/a%20b%2Bc%25d//e~/%C3%A4");
    CHECK(make_target("/b", {{"list-type", "2"}, {"prefix", "a/b c"}}) == "/b?list-type=2&prefix=a%2Fb%20c");
    CHECK(make_target("/b/k", {{"uploads", ""}}) == "/b/k?uploads=");
    CHECK(make_target("/?", {{"a&b", "c=d"}}) == "/%3F?a%26b=c%3Dd");
}

TEST_CASE("canonical_etag: header and document agree") {
    for (const std::string_view etag : {"\"abc-3\"", "abc-3", " \"abc-3\" ", "W/\"abc-3\""}) {
        CAPTURE(etag);
        CHECK(canonical_etag(etag) == "\"abc-3\"");
    }
    CHECK(canonical_etag("").empty());
    CHECK(canonical_etag("\"\"").empty());
    CHECK(canonical_etag("\"") == "\"\"\"");
}

// From versitygw 1.8 (ListObjectsV2 with encoding-type=url, which it does not do), two of six objects.
TEST_CASE("parse_objects: versitygw") {
    const object_page page = parse_objects(
        listing("<Name>bucket-one</Name><NextContinuationToken>cr&#xD;lf&#xA;tab&#x9;x</NextContinuationToken>"
                "<KeyCount>2</KeyCount><MaxKeys>2</MaxKeys><IsTruncated>true</IsTruncated><Contents><LastModified>"
                "2026-11-24T23:47:29Z</LastModified><ChecksumAlgorithm>CRC32C</ChecksumAlgorithm><ChecksumType>"
                "FULL_OBJECT</ChecksumType><ETag>&#34;5d41402abc4b2a76b9719d911017c592&#34;</ETag><Key>a b+c%d&amp;"
                "e&lt;f&gt;g&#39;h&#34;i</Key><Size>5</Size><StorageClass>STANDARD</StorageClass></Contents><Contents>"
                "<LastModified>2026-11-24T23:47:29Z</LastModified><ETag>&#34;3f6db449576fd7fd7a5d1d54fbff1a8b-3&#34;"
                "</ETag><Key>cr&#xD;lf&#xA;tab&#x9;x</Key><Size>15728640</Size><StorageClass>STANDARD</StorageClass>"
                "</Contents><EncodingType></EncodingType>"));
    REQUIRE(page.objects.size() == 2);
    CHECK(page.objects[0].key == "a b+c%d&e<f>g'h\"i");
    CHECK(page.objects[0].size == 5);
    CHECK(page.objects[0].modified == at(1'795'564'049));
    CHECK(page.objects[0].etag == "\"5d41402abc4b2a76b9719d911017c592\"");
    CHECK(page.objects[1].key == "cr\rlf\ntab\tx");
    CHECK(page.objects[1].size == 15'728'640);
    CHECK(page.objects[1].etag == "\"3f6db449576fd7fd7a5d1d54fbff1a8b-3\"");
    CHECK(page.next_token == "cr\rlf\ntab\tx");
}

// From MinIO, built 2026-11 from its last commit (ListObjectsV2 with encoding-type=url), three of six objects.
TEST_CASE("parse_objects: MinIO") {
    const object_page page = parse_objects(
        listing("<Name>bucket-one</Name><Prefix></Prefix><NextContinuationToken>Y3INbGYKdGFiCXhbbWluaW9fY2FjaGU6djIsc"
                "mV0dXJuOl0=</NextContinuationToken><KeyCount>2</KeyCount><MaxKeys>2</MaxKeys><IsTruncated>true"
                "</IsTruncated><Contents><Key>a+b%2Bc%25d%26e%3Cf%3Eg%27h%22i</Key><LastModified>2026-11-24T23:47:30."
                "371Z</LastModified><ETag>&#34;5d41402abc4b2a76b9719d911017c592&#34;</ETag><Size>5</Size>"
                "<StorageClass>STANDARD</StorageClass></Contents><Contents><Key>ctl%01x</Key><LastModified>2026-11-24T"
                "23:47:30.376Z</LastModified><ETag>&#34;5d41402abc4b2a76b9719d911017c592&#34;</ETag><Size>5</Size>"
                "<StorageClass>STANDARD</StorageClass></Contents><Contents><Key>d/%C3%BCn%C3%AF/%E2%98%83</Key>"
                "<LastModified>2026-11-24T23:47:30.379Z</LastModified><ETag>&#34;5d41402abc4b2a76b9719d911017c592&#34;"
                "</ETag><Size>0</Size></Contents><EncodingType>url</EncodingType>"));
    REQUIRE(page.objects.size() == 3);
    CHECK(page.objects[0].key == "a b+c%d&e<f>g'h\"i");
    CHECK(page.objects[0].modified == at(1'795'564'050, 371ms));
    CHECK(page.objects[0].etag == "\"5d41402abc4b2a76b9719d911017c592\"");
    CHECK(page.objects[1].key == "ctl\x01x");
    CHECK(page.objects[2].key == "d/\xC3\xBCn\xC3\xAF/\xE2\x98\x83");
    CHECK(page.objects[2].size == 0);
    CHECK(page.next_token == "Y3INbGYKdGFiCXhbbWluaW9fY2FjaGU6djIscmV0dXJuOl0=");
}

TEST_CASE("parse_objects: keys are decoded where the answer says that they are encoded, wherever it says so") {
    CHECK(parse_objects(listing(object_element("a+b%2Bc"))).objects.at(0).key == "a+b%2Bc");
    const auto decoded_key = [](std::string_view before, std::string_view after) {
        return parse_objects(listing(std::string(before) + object_element("a+b%2Bc") + std::string(after)))
            .objects.at(0)
            .key;
    };
    CHECK(decoded_key("<EncodingType>url</EncodingType>", "") == "a b+c");
    CHECK(decoded_key("", "<EncodingType>url</EncodingType>") == "a b+c");
    CHECK(decoded_key("<EncodingType></EncodingType>", "") == "a+b%2Bc");
    CHECK(
        refusal_of(parse_objects, listing("<EncodingType>url</EncodingType>" + object_element("a%2"))).find("'Key'") !=
        std::string::npos);
}

TEST_CASE("parse_objects: a continuation token is never decoded") {
    CHECK(parse_objects(listing("<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
                                "<NextContinuationToken>a+b%2B=</NextContinuationToken>"))
              .next_token == "a+b%2B=");
}

TEST_CASE("parse_objects: which page is the last") {
    const auto next_token = [](std::string_view inside) { return parse_objects(listing(inside)).next_token; };
    CHECK(next_token("").empty());
    CHECK(next_token("<IsTruncated>false</IsTruncated>").empty());
    CHECK(next_token("<IsTruncated>false</IsTruncated><NextContinuationToken>t</NextContinuationToken>").empty());
    CHECK(next_token("<NextContinuationToken>t</NextContinuationToken>") == "t");
    CHECK(refusal_of(parse_objects, listing("<IsTruncated>true</IsTruncated>")).starts_with("'NextContinuationToken'"));
    CHECK(refusal_of(parse_objects, listing("<IsTruncated>yes</IsTruncated>")).starts_with("'IsTruncated'"));
}

TEST_CASE("parse_objects: documents without a namespace, with a prefix, with CDATA, spaced out") {
    const object_page page = parse_objects(
        "  <?xml version='1.0'?>\n<s3:ListBucketResult xmlns:s3='urn:x'>\n  <s3:Contents>\n    "
        "<s3:Key><![CDATA[a&b]]></s3:Key>\n"
        "    <s3:Owner><s3:ID>x</s3:ID><s3:Key>no</s3:Key></s3:Owner>\n    <s3:Size>7</s3:Size><s3:ETag>abc</s3:ETag>\n"
        "  </s3:Contents>\n  <s3:CommonPrefixes><s3:Prefix>p/</s3:Prefix></s3:CommonPrefixes></s3:ListBucketResult>\n");
    REQUIRE(page.objects.size() == 1);
    CHECK(page.objects[0].key == "a&b");
    CHECK(page.objects[0].size == 7);
    CHECK(page.objects[0].etag == "\"abc\"");
    CHECK(page.objects[0].modified == time_point{});
}

TEST_CASE("parse_objects: what is no listing is refused, not taken for an empty one") {
    for (const std::string_view xml : {"", " ", "<html><body>Log in</body></html>", "<Error><Code>X</Code></Error>",
                                       "<ListBucketResult>", "<ListBucketResult/><x/>", "{\"objects\": []}"}) {
        CAPTURE(xml);
        CHECK(refusal_of(parse_objects, xml) != "taken");
    }
    CHECK(parse_objects("<ListBucketResult/>").objects.empty());
}

TEST_CASE("parse_objects: an object lacks nothing, and its numbers are numbers") {
    const auto refuse = [](std::string_view inside) {
        return refusal_of(parse_objects, listing("<Contents>" + std::string(inside) + "</Contents>"));
    };
    CHECK(refuse("<Size>1</Size>").starts_with("'Key' is missing"));
    CHECK(refuse("<Key></Key><Size>1</Size>").starts_with("'Key' is missing"));
    CHECK(refuse("<Key>k</Key>").starts_with("'Size' is missing"));
    for (const std::string_view size : {"", "-1", "+1", " 1", "1 ", "0x1", "1.0", "9223372036854775808",
                                        "18446744073709551616", "99999999999999999999999"}) {
        CAPTURE(size);
        CHECK(refuse("<Key>k</Key><Size>" + std::string(size) + "</Size>").starts_with("'Size' is no number"));
    }
    CHECK(refuse("<Key>k</Key><Size>9223372036854775807</Size>") == "taken");
    CHECK(refuse("<Key>k<b/></Key><Size>1</Size>").starts_with("'Key' is no text"));
    CHECK(refuse("<Key>k</Key><Size>1</Size><LastModified>now</LastModified>").starts_with("'LastModified'"));
}

// From versitygw 1.8 (ListParts, max-parts=2).
TEST_CASE("parse_parts: versitygw") {
    const part_page page = parse_parts(document(
        "ListPartsResult",
        "<Bucket>bucket-one</Bucket><Key>big/a b+c%.bin</Key><UploadId>1c37c828-3f78-4d3c-88fe-3c39abe795ab</UploadId>"
        "<ChecksumAlgorithm>CRC32C</ChecksumAlgorithm><ChecksumType>COMPOSITE</ChecksumType><Initiator><ID></ID>"
        "<DisplayName></DisplayName></Initiator><PartNumberMarker>0</PartNumberMarker><NextPartNumberMarker>2"
        "</NextPartNumberMarker><MaxParts>2</MaxParts><IsTruncated>true</IsTruncated><Part><LastModified>2026-11-24T23:"
        "47:29Z</LastModified><PartNumber>1</PartNumber><ETag>&#34;4f08eef4096726bff1125e1b1b734644&#34;</ETag><Size>"
        "5242880</Size><ChecksumCRC32C>nSzuZg==</ChecksumCRC32C></Part><Part><LastModified>2026-11-24T23:47:29Z"
        "</LastModified><PartNumber>2</PartNumber><ETag>&#34;4f08eef4096726bff1125e1b1b734644&#34;</ETag><Size>5242880"
        "</Size></Part>"));
    REQUIRE(page.parts.size() == 2);
    CHECK(page.parts[0].number == 1);
    CHECK(page.parts[0].size == 5'242'880);
    CHECK(page.parts[0].etag == "\"4f08eef4096726bff1125e1b1b734644\"");
    CHECK(page.parts[0].crc32c == 0x9D2CEE66);
    CHECK(page.parts[1].number == 2);
    CHECK_FALSE(page.parts[1].crc32c);
    CHECK(page.next_marker == "2");
}

// From MinIO, built 2026-11 from its last commit (ListParts).
TEST_CASE("parse_parts: MinIO says 0 for the next marker of the last page") {
    const part_page page = parse_parts(document(
        "ListPartsResult",
        "<StorageClass>STANDARD</StorageClass><PartNumberMarker>0</PartNumberMarker><NextPartNumberMarker>0"
        "</NextPartNumberMarker><MaxParts>10000</MaxParts><IsTruncated>false</IsTruncated><ChecksumAlgorithm>CRC32C"
        "</ChecksumAlgorithm><ChecksumType>COMPOSITE</ChecksumType><Part><PartNumber>1</PartNumber><LastModified>2026-"
        "11-24T23:47:30.454Z</LastModified><ETag>&#34;4f08eef4096726bff1125e1b1b734644&#34;</ETag><Size>5242880</Size>"
        "<ChecksumCRC32C>nSzuZg==</ChecksumCRC32C></Part>"));
    CHECK(page.parts.size() == 1);
    CHECK(page.next_marker.empty());
}

TEST_CASE("parse_parts: a part that can't be one is refused") {
    const auto refuse = [](std::string_view inside) {
        return refusal_of(parse_parts, document("ListPartsResult", "<Part>" + std::string(inside) + "</Part>"));
    };
    CHECK(refuse("<PartNumber>10000</PartNumber><Size>0</Size><ETag>e</ETag>") == "taken");
    CHECK(refuse("<PartNumber>0</PartNumber><Size>1</Size><ETag>e</ETag>").starts_with("'PartNumber'"));
    CHECK(refuse("<PartNumber>10001</PartNumber><Size>1</Size><ETag>e</ETag>").starts_with("'PartNumber'"));
    CHECK(refuse("<PartNumber>4294967297</PartNumber><Size>1</Size><ETag>e</ETag>").starts_with("'PartNumber'"));
    CHECK(refuse("<PartNumber>1</PartNumber><ETag>e</ETag>").starts_with("'Size'"));
    CHECK(refuse("<PartNumber>1</PartNumber><Size>1</Size>").starts_with("'ETag'"));
}

// From versitygw 1.8 (ListMultipartUploads, max-uploads=1).
TEST_CASE("parse_uploads: versitygw") {
    const upload_page page = parse_uploads(document(
        "ListMultipartUploadsResult",
        "<Bucket>bucket-one</Bucket><KeyMarker></KeyMarker><UploadIdMarker></UploadIdMarker><NextKeyMarker>big/a "
        "b+c%.bin"
        "</NextKeyMarker><NextUploadIdMarker>1c37c828-3f78-4d3c-88fe-3c39abe795ab</NextUploadIdMarker><Delimiter>"
        "</Delimiter><Prefix></Prefix><MaxUploads>1</MaxUploads><IsTruncated>true</IsTruncated><Upload><Initiated>2026-"
        "11-24T23:47:29Z</Initiated><Key>big/a b+c%.bin</Key><UploadId>1c37c828-3f78-4d3c-88fe-3c39abe795ab</UploadId>"
        "<Initiator><ID></ID><DisplayName></DisplayName></Initiator><StorageClass>STANDARD</StorageClass></Upload>"));
    REQUIRE(page.uploads.size() == 1);
    CHECK(page.uploads[0].key == "big/a b+c%.bin");
    CHECK(page.uploads[0].id == "1c37c828-3f78-4d3c-88fe-3c39abe795ab");
    CHECK(page.uploads[0].initiated == at(1'795'564'049));
    CHECK(page.next_key_marker == "big/a b+c%.bin");
    CHECK(page.next_id_marker == "1c37c828-3f78-4d3c-88fe-3c39abe795ab");
}

// From MinIO, built 2026-11 from its last commit (ListMultipartUploads with encoding-type=url).
TEST_CASE("parse_uploads: MinIO") {
    const upload_page page = parse_uploads(
        document("ListMultipartUploadsResult",
                 "<Bucket>bucket-one</Bucket><KeyMarker></KeyMarker><NextKeyMarker></NextKeyMarker><NextUploadIdMarker>"
                 "</NextUploadIdMarker><Prefix></Prefix><EncodingType>url</EncodingType><MaxUploads>10000</MaxUploads>"
                 "<IsTruncated>false</IsTruncated><Upload><Key>big/a+b%2Bc%25.bin</Key><UploadId>OWRiYmExZmQtZDBhYS00Ym"
                 "Zj</UploadId><Initiated>2026-11-24T23:47:30.411Z</Initiated></Upload>"));
    REQUIRE(page.uploads.size() == 1);
    CHECK(page.uploads[0].key == "big/a b+c%.bin");
    CHECK(page.uploads[0].id == "OWRiYmExZmQtZDBhYS00YmZj");
    CHECK(page.uploads[0].initiated == at(1'795'564'050, 411ms));
    CHECK(page.next_key_marker.empty());
}

TEST_CASE("parse_uploads: the key marker is decoded, the id marker is not") {
    const upload_page page =
        parse_uploads(document("ListMultipartUploadsResult",
                               "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextKeyMarker>a+%2B"
                               "</NextKeyMarker><NextUploadIdMarker>i+%2B</NextUploadIdMarker>"));
    CHECK(page.next_key_marker == "a +");
    CHECK(page.next_id_marker == "i+%2B");
}

TEST_CASE("parse_uploads: an upload whose age is not known is refused, for it would be aborted as an old one") {
    const auto refuse = [](std::string_view initiated) {
        return refusal_of(parse_uploads,
                          document("ListMultipartUploadsResult", "<Upload><Key>k</Key><UploadId>i</UploadId>" +
                                                                     std::string(initiated) + "</Upload>"));
    };
    CHECK(refuse("<Initiated>2026-11-24T23:47:29Z</Initiated>") == "taken");
    CHECK(refuse("").starts_with("'Initiated' is missing"));
    CHECK(refuse("<Initiated>0001-01-01T00:00:00Z</Initiated>").starts_with("'Initiated'"));
}

// The first two from versitygw 1.8, the third from MinIO, built 2026-11 from its last commit.
TEST_CASE("parse_upload_id and parse_etag") {
    CHECK(
        parse_upload_id(document("InitiateMultipartUploadResult",
                                 "<Bucket>bucket-one</Bucket><Key>other&amp;key</Key><UploadId>66bf4386-1f9b-4227-9a75-"
                                 "18b1641ef9f0</UploadId>")) == "66bf4386-1f9b-4227-9a75-18b1641ef9f0");
    CHECK(parse_etag("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CopyPartResult><LastModified>2026-11-24T23:47:29Z"
                     "</LastModified><ETag>&#34;5d41402abc4b2a76b9719d911017c592&#34;</ETag><ChecksumCRC32C>mnG7TA=="
                     "</ChecksumCRC32C></CopyPartResult>") == "\"5d41402abc4b2a76b9719d911017c592\"");
    CHECK(parse_etag(
              document("CompleteMultipartUploadResult",
                       "<Location>http://127.0.0.1:53575/bucket-one/big/a%20b+c%25.bin</Location><Bucket>bucket-one"
                       "</Bucket><Key>big/a b+c%.bin</Key><ETag>&#34;3f6db449576fd7fd7a5d1d54fbff1a8b-3&#34;</ETag>"
                       "<ChecksumCRC32C>bRUCbQ==-3</ChecksumCRC32C>")) == "\"3f6db449576fd7fd7a5d1d54fbff1a8b-3\"");
    CHECK(parse_etag("   \n  <CopyObjectResult><ETag>\"abc\"</ETag></CopyObjectResult>") == "\"abc\"");
    CHECK(refusal_of(parse_etag, "<CopyObjectResult/>").starts_with("'ETag' is missing"));
    CHECK(refusal_of(parse_etag, "").starts_with("no element"));
    CHECK(
        refusal_of(parse_etag, "<Error><Code>InternalError</Code></Error>").starts_with("'Error' is another document"));
    CHECK(refusal_of(parse_upload_id, document("InitiateMultipartUploadResult", "<UploadId/>")) != "taken");
}

// From versitygw 1.8 (DeleteObjects, quiet asked for, its long key cut here), then from MinIO.
TEST_CASE("parse_delete_failures: each key that could not be removed, with the reason") {
    const auto failures = parse_delete_failures(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DeleteResult><Deleted><Key>../x</Key></Deleted>"
        "<Error><Code>KeyTooLongError</Code><Key>a&amp;a</Key><Message>Your key is too long.</Message>"
        "</Error><Error><Code>InvalidArgument</Code><Key>copied</Key><Message>Invalid version id "
        "specified</Message><VersionId>nope</VersionId></Error></DeleteResult>");
    REQUIRE(failures.size() == 2);
    CHECK(failures[0].key == "a&a");
    CHECK(failures[0].what.code == "KeyTooLongError");
    CHECK(failures[0].what.message == "Your key is too long.");
    CHECK(failures[1].key == "copied");
    CHECK(kind_of(failures[1].what, 200) == errc::invalid_argument);
    CHECK(parse_delete_failures(document("DeleteResult", "")).empty());
    CHECK(refusal_of(parse_delete_failures, document("DeleteResult", "<Error><Key>k</Key></Error>"))
              .starts_with("'Code'"));
    CHECK(refusal_of(parse_delete_failures, document("DeleteResult", "<Error><Code>X</Code></Error>"))
              .starts_with("'Key'"));
}

TEST_CASE("render_complete: parts with their tags and checksums") {
    const std::vector<part> parts{{1, 10, "\"abc\"", 0x9D2CEE66}, {2, 10, "\"d&f\"", {}}};
    CHECK(render_complete(parts) ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/"
          "2006-03-01/\"><Part><ChecksumCRC32C>nSzuZg==</ChecksumCRC32C><ETag>&quot;abc&quot;</ETag><PartNumber>1"
          "</PartNumber></Part><Part><ETag>&quot;d&amp;f&quot;</ETag><PartNumber>2</PartNumber></Part>"
          "</CompleteMultipartUpload>");
}

TEST_CASE("render_delete: keys survive their escaping") {
    const std::vector<std::string> keys{"a&b<c>d\"e'f\rg\nh\ti", "\xE2\x98\x83"};
    CHECK(render_delete(keys) ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object>"
          "<Key>a&amp;b&lt;c&gt;d&quot;e&apos;f&#13;g\nh\ti</Key></Object><Object><Key>\xE2\x98\x83</Key></Object>"
          "<Quiet>true</Quiet></Delete>");
    CHECK(render_delete(std::vector<std::string>(1000, "k")).size() > 1000);
}

TEST_CASE("render_delete: a key that XML cannot carry is named, and so is a list that is too long") {
    const auto refusal = [](const std::vector<std::string>& keys) -> std::string {
        try {
            render_delete(keys);
        } catch (const error& failure) {
            REQUIRE(failure.kind() == errc::invalid_argument);
            return failure.what();
        }
        return "taken";
    };
    CHECK(refusal({"fine", "ctl\x01x"}) ==
          "remove ctl x: invalid_argument: XML cannot carry this key; delete it on its own");
    CHECK(refusal(std::vector<std::string>(1001, "k")).find("at most 1000") != std::string::npos);
    CHECK(is_xml_text("fine"));
    CHECK_FALSE(is_xml_text("ctl\x01x"));
}

TEST_CASE("crc32c: base64, most significant byte first") {
    CHECK(render_crc32c(0x9A71BB4C) == "mnG7TA==");  // of "hello", as versitygw and MinIO say it
    CHECK(render_crc32c(0) == "AAAAAA==");
    CHECK(parse_crc32c("mnG7TA==") == 0x9A71BB4C);
    CHECK(parse_crc32c("/////w==") == 0xFFFFFFFF);
    for (const std::string_view text : {"", "bRUCbQ==-3", "mnG7TA=", "mnG7", "mnG7TAAA", "mnG7TA==\n", "!!!!!!=="}) {
        CAPTURE(text);
        CHECK_FALSE(parse_crc32c(text));
    }
}

TEST_CASE("parse_content_range: first offset and whole size") {
    const auto range = parse_content_range("bytes 1-2/5");
    REQUIRE(range);
    CHECK(range->offset == 1);
    CHECK(range->total == 5);
    CHECK(parse_content_range("bytes 0-0/1"));
    CHECK(parse_content_range("bytes 0-9223372036854775806/9223372036854775807"));
    for (const std::string_view text :
         {"", "bytes", "bytes */5", "bytes 1-2/*", "bytes 2-1/5", "bytes 1-5/5", "bytes 1-2", "bytes 1/2-5", "1-2/5",
          "items 1-2/5", "bytes -2/5", "bytes 1-/5", "bytes 1-2/", "bytes 1-2/5 ", "bytes  1-2/5", "bytes +1-2/5",
          "bytes 0-1/9223372036854775808", "bytes 0-1/99999999999999999999999", "-/bytes 1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_content_range(text));
    }
}

}  // namespace
