#ifndef HOLDFAST_STORAGE_IMPL_OPEN_IPP
#define HOLDFAST_STORAGE_IMPL_OPEN_IPP

#include <holdfast/storage/open.hpp>

#include <holdfast/core/error.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/s3.hpp>

namespace holdfast {

HOLDFAST_DECL any_storage open_storage(const store_url& url, const open_options& options) {
    if (url.scheme == "file") return local_storage(url.path);
    if (url.scheme == "memory") return memory_storage(url.authority);
    if (url.scheme == "s3") return s3_storage(url, options.s3);
    throw error(errc::unsupported, "open store", url.str(),
                "this build holds local and S3 stores; give a directory or an s3: URL");
}

}  // namespace holdfast

#endif
