#ifndef HOLDFAST_HOLDFAST_HPP
#define HOLDFAST_HOLDFAST_HPP

// Every public header. A program that minds its compile time includes what it uses instead.
#include <holdfast/checkpoint.hpp>
#include <holdfast/default_storage.hpp>
#include <holdfast/fwd.hpp>
#include <holdfast/load_model.hpp>
#include <holdfast/model.hpp>
#include <holdfast/reference.hpp>
#include <holdfast/unfinished_saves.hpp>
#include <holdfast/version.hpp>

#include <holdfast/artifact/any_artifact.hpp>
#include <holdfast/artifact/archive_access.hpp>
#include <holdfast/artifact/checkpoint_reader.hpp>
#include <holdfast/artifact/checkpoint_writer.hpp>
#include <holdfast/artifact/checkpoints_left.hpp>
#include <holdfast/artifact/documented_tree.hpp>
#include <holdfast/artifact/documents.hpp>
#include <holdfast/artifact/fetch_tar.hpp>
#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/artifact/file_reader.hpp>
#include <holdfast/artifact/latest.hpp>
#include <holdfast/artifact/loaded_models.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/artifact/model_options.hpp>
#include <holdfast/artifact/model_reader.hpp>
#include <holdfast/artifact/model_removal.hpp>
#include <holdfast/artifact/model_writer.hpp>
#include <holdfast/artifact/new_document.hpp>
#include <holdfast/artifact/open_tree.hpp>
#include <holdfast/artifact/options.hpp>
#include <holdfast/artifact/removal.hpp>
#include <holdfast/artifact/restoring.hpp>
#include <holdfast/artifact/saved_files.hpp>
#include <holdfast/artifact/saved_tree.hpp>
#include <holdfast/artifact/staged_directory.hpp>
#include <holdfast/artifact/store_tree.hpp>
#include <holdfast/artifact/tree_check.hpp>
#include <holdfast/artifact/unfinished_saves.hpp>
#include <holdfast/artifact/verification.hpp>
#include <holdfast/artifact/verify_tar.hpp>
#include <holdfast/artifact/verify_tree.hpp>
#include <holdfast/artifact/versions.hpp>

#include <holdfast/storage/abilities.hpp>
#include <holdfast/storage/any.hpp>
#include <holdfast/storage/arrived_ranges.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/file_transfer.hpp>
#include <holdfast/storage/list_objects.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/open.hpp>
#include <holdfast/storage/operations.hpp>
#include <holdfast/storage/ordered_read.hpp>
#include <holdfast/storage/range_read.hpp>
#include <holdfast/storage/reservation.hpp>
#include <holdfast/storage/resumed_transfer.hpp>
#include <holdfast/storage/s3.hpp>
#include <holdfast/storage/transfer_limits.hpp>
#include <holdfast/storage/tree_transfer.hpp>

#include <holdfast/archive/compression.hpp>
#include <holdfast/archive/extraction.hpp>
#include <holdfast/archive/file_tree.hpp>
#include <holdfast/archive/files.hpp>
#include <holdfast/archive/format.hpp>
#include <holdfast/archive/named_file.hpp>
#include <holdfast/archive/safe_path.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_extractor.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/archive/tar_index.hpp>
#include <holdfast/archive/tar_stream.hpp>
#include <holdfast/archive/tar_unpacker.hpp>
#include <holdfast/archive/unpack_target.hpp>
#include <holdfast/archive/unpacked_directory.hpp>

#include <holdfast/metaflow/artifact_document.hpp>
#include <holdfast/metaflow/artifact_place.hpp>
#include <holdfast/metaflow/config.hpp>
#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/document_fields.hpp>
#include <holdfast/metaflow/identity.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/metaflow/model_document.hpp>
#include <holdfast/metaflow/spelling.hpp>
#include <holdfast/metaflow/task_context.hpp>

#include <holdfast/auth/aws_credential_chain.hpp>
#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/auth/sigv4.hpp>
#include <holdfast/auth/sigv4_canonical.hpp>
#include <holdfast/auth/sigv4_chunks.hpp>

#include <holdfast/http/beast_transport.hpp>
#include <holdfast/http/http_date.hpp>
#include <holdfast/http/message.hpp>
#include <holdfast/http/proxy.hpp>
#include <holdfast/http/retry.hpp>
#include <holdfast/http/transport.hpp>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/byte_stream.hpp>
#include <holdfast/core/clock.hpp>
#include <holdfast/core/environment.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/core/pending_object.hpp>
#include <holdfast/core/secret.hpp>
#include <holdfast/core/source_reader.hpp>
#include <holdfast/core/store_url.hpp>

#endif
