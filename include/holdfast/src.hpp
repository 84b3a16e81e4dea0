#ifndef HOLDFAST_SRC_HPP
#define HOLDFAST_SRC_HPP

// Every body of the library, for the one translation unit of a program that is compiled with
// HOLDFAST_SEPARATE_COMPILATION; without that macro the headers bring the bodies themselves.
#include <holdfast/detail/impl/beneath.ipp>
#include <holdfast/detail/impl/crc32c.ipp>
#include <holdfast/detail/impl/digest.ipp>
#include <holdfast/detail/impl/gzip.ipp>
#include <holdfast/detail/impl/hex.ipp>
#include <holdfast/detail/impl/parallel.ipp>
#include <holdfast/detail/impl/percent_encoding.ipp>
#include <holdfast/detail/impl/python_json.ipp>
#include <holdfast/detail/impl/python_json_parser.ipp>
#include <holdfast/detail/impl/python_json_writer.ipp>
#include <holdfast/detail/impl/system.ipp>
#include <holdfast/detail/impl/tar_codec.ipp>
#include <holdfast/detail/impl/tar_fields.ipp>
#include <holdfast/detail/impl/temp_directory.ipp>
#include <holdfast/detail/impl/utf8.ipp>

#include <holdfast/core/impl/byte_sink.ipp>
#include <holdfast/core/impl/byte_source.ipp>
#include <holdfast/core/impl/environment.ipp>
#include <holdfast/core/impl/error.ipp>
#include <holdfast/core/impl/object_key.ipp>
#include <holdfast/core/impl/store_url.ipp>

#include <holdfast/metaflow/impl/config.ipp>
#include <holdfast/metaflow/impl/document.ipp>
#include <holdfast/metaflow/impl/identity.ipp>
#include <holdfast/metaflow/impl/layout.ipp>
#include <holdfast/metaflow/impl/task_context.ipp>

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
#include <holdfast/storage/local/impl/staged_object.ipp>

#include <holdfast/artifact/impl/documents.ipp>
#include <holdfast/artifact/impl/manifest.ipp>
#include <holdfast/artifact/impl/staged_directory.ipp>
#include <holdfast/artifact/impl/tree_check.ipp>

#include <holdfast/impl/reference.ipp>

#endif
