#ifndef HOLDFAST_STORAGE_IMPL_OPEN_IPP
#define HOLDFAST_STORAGE_IMPL_OPEN_IPP

#include <holdfast/storage/open.hpp>

#include <holdfast/core/error.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>

namespace holdfast {

HOLDFAST_DECL any_storage open_storage(const store_url& url) {
    if (url.scheme == "file") return local_storage(url.path);
    if (url.scheme == "memory") return memory_storage(url.authority);
    throw error(errc::unsupported, "open store", url.str(),
                "this build holds only local stores so far; give a directory or a file: URL");
}

}  // namespace holdfast

#endif
