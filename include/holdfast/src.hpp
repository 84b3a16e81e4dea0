#ifndef HOLDFAST_SRC_HPP
#define HOLDFAST_SRC_HPP

// Every body of the library, for the one translation unit of a program that is compiled with
// HOLDFAST_SEPARATE_COMPILATION; without that macro the headers bring the bodies themselves.
#include <holdfast/detail/impl/base64.ipp>
#include <holdfast/detail/impl/beneath.ipp>
#include <holdfast/detail/impl/command_line.ipp>
#include <holdfast/detail/impl/crc32c.ipp>
#include <holdfast/detail/impl/digest.ipp>
#include <holdfast/detail/impl/gzip.ipp>
#include <holdfast/detail/impl/hex.ipp>
#include <holdfast/detail/impl/hmac.ipp>
#include <holdfast/detail/impl/ip_address.ipp>
#include <holdfast/detail/impl/parallel.ipp>
#include <holdfast/detail/impl/percent_encoding.ipp>
#include <holdfast/detail/impl/process.ipp>
#include <holdfast/detail/impl/python_json.ipp>
#include <holdfast/detail/impl/python_json_parser.ipp>
#include <holdfast/detail/impl/python_json_writer.ipp>
#include <holdfast/detail/impl/socket.ipp>
#include <holdfast/detail/impl/socket_connect.ipp>
#include <holdfast/detail/impl/socket_look_up.ipp>
#include <holdfast/detail/impl/system.ipp>
#include <holdfast/detail/impl/tar_codec.ipp>
#include <holdfast/detail/impl/tar_fields.ipp>
#include <holdfast/detail/impl/temp_directory.ipp>
#include <holdfast/detail/impl/utf8.ipp>
#include <holdfast/detail/impl/xml_reader.ipp>

#include <holdfast/core/impl/byte_sink.ipp>
#include <holdfast/core/impl/byte_source.ipp>
#include <holdfast/core/impl/environment.ipp>
#include <holdfast/core/impl/error.ipp>
#include <holdfast/core/impl/object_key.ipp>
#include <holdfast/core/impl/store_url.ipp>

#include <holdfast/metaflow/impl/artifact_document.ipp>
#include <holdfast/metaflow/impl/config.ipp>
#include <holdfast/metaflow/impl/document.ipp>
#include <holdfast/metaflow/impl/identity.ipp>
#include <holdfast/metaflow/impl/layout.ipp>
#include <holdfast/metaflow/impl/model_document.ipp>
#include <holdfast/metaflow/impl/task_context.ipp>

#include <holdfast/http/impl/beast_transport.ipp>
#include <holdfast/http/impl/http_date.ipp>
#include <holdfast/http/impl/message.ipp>
#include <holdfast/http/impl/proxy.ipp>
#include <holdfast/http/impl/retry.ipp>
#include <holdfast/http/beast_transport/impl/answer_reader.ipp>
#include <holdfast/http/beast_transport/impl/body_reader.ipp>
#include <holdfast/http/beast_transport/impl/connection.ipp>
#include <holdfast/http/beast_transport/impl/connection_pool.ipp>
#include <holdfast/http/beast_transport/impl/connector.ipp>
#include <holdfast/http/beast_transport/impl/request_head.ipp>
#include <holdfast/http/beast_transport/impl/request_sender.ipp>
#include <holdfast/http/beast_transport/impl/response_parser.ipp>
#include <holdfast/http/beast_transport/impl/tls_bio.ipp>
#include <holdfast/http/beast_transport/impl/tls_context.ipp>
#include <holdfast/http/beast_transport/impl/tls_stream.ipp>

#include <holdfast/auth/impl/aws_credential_chain.ipp>
#include <holdfast/auth/impl/sigv4.ipp>
#include <holdfast/auth/impl/sigv4_canonical.ipp>
#include <holdfast/auth/impl/sigv4_chunks.ipp>
#include <holdfast/auth/aws/impl/assumed_role.ipp>
#include <holdfast/auth/aws/impl/container.ipp>
#include <holdfast/auth/aws/impl/endpoint.ipp>
#include <holdfast/auth/aws/impl/environment.ipp>
#include <holdfast/auth/aws/impl/exchange.ipp>
#include <holdfast/auth/aws/impl/ini.ipp>
#include <holdfast/auth/aws/impl/instance_metadata.ipp>
#include <holdfast/auth/aws/impl/json_credentials.ipp>
#include <holdfast/auth/aws/impl/process.ipp>
#include <holdfast/auth/aws/impl/profile.ipp>
#include <holdfast/auth/aws/impl/profile_chain.ipp>
#include <holdfast/auth/aws/impl/profile_keys.ipp>
#include <holdfast/auth/aws/impl/refreshing.ipp>
#include <holdfast/auth/aws/impl/sso.ipp>
#include <holdfast/auth/aws/impl/sso_token.ipp>
#include <holdfast/auth/aws/impl/sts.ipp>
#include <holdfast/auth/aws/impl/text_file.ipp>
#include <holdfast/auth/aws/impl/timestamp.ipp>
#include <holdfast/auth/aws/impl/web_identity.ipp>

#include <holdfast/archive/impl/file_tree.ipp>
#include <holdfast/archive/impl/files.ipp>
#include <holdfast/archive/impl/safe_path.ipp>
#include <holdfast/archive/impl/tar.ipp>
#include <holdfast/archive/impl/tar_extractor.ipp>
#include <holdfast/archive/impl/tar_gz.ipp>
#include <holdfast/archive/impl/tar_unpacker.ipp>

#include <holdfast/storage/impl/local.ipp>
#include <holdfast/storage/impl/memory.ipp>
#include <holdfast/storage/impl/open.ipp>
#include <holdfast/storage/impl/s3.ipp>
#include <holdfast/storage/local/impl/staged_object.ipp>
#include <holdfast/storage/s3/impl/answer_reader.ipp>
#include <holdfast/storage/s3/impl/client.ipp>
#include <holdfast/storage/s3/impl/client_corrections.ipp>
#include <holdfast/storage/s3/impl/condition.ipp>
#include <holdfast/storage/s3/impl/config.ipp>
#include <holdfast/storage/s3/impl/content.ipp>
#include <holdfast/storage/s3/impl/copying.ipp>
#include <holdfast/storage/s3/impl/dates.ipp>
#include <holdfast/storage/s3/impl/download.ipp>
#include <holdfast/storage/s3/impl/endpoint.ipp>
#include <holdfast/storage/s3/impl/error_answer.ipp>
#include <holdfast/storage/s3/impl/failures.ipp>
#include <holdfast/storage/s3/impl/listing.ipp>
#include <holdfast/storage/s3/impl/multipart.ipp>
#include <holdfast/storage/s3/impl/multipart_complete.ipp>
#include <holdfast/storage/s3/impl/removal.ipp>
#include <holdfast/storage/s3/impl/settings.ipp>
#include <holdfast/storage/s3/impl/upload.ipp>
#include <holdfast/storage/s3/impl/upload_stream.ipp>
#include <holdfast/storage/s3/impl/wire.ipp>
#include <holdfast/storage/s3/impl/wire_answers.ipp>

#include <holdfast/artifact/impl/documented_tree.ipp>
#include <holdfast/artifact/impl/documents.ipp>
#include <holdfast/artifact/impl/loaded_models.ipp>
#include <holdfast/artifact/impl/manifest.ipp>
#include <holdfast/artifact/impl/new_document.ipp>
#include <holdfast/artifact/impl/staged_directory.ipp>
#include <holdfast/artifact/impl/tree_check.ipp>

#include <holdfast/impl/default_storage.ipp>
#include <holdfast/impl/reference.ipp>

#endif
