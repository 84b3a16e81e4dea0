#ifndef HOLDFAST_ARCHIVE_IMPL_TAR_GZ_IPP
#define HOLDFAST_ARCHIVE_IMPL_TAR_GZ_IPP

#include <holdfast/archive/tar_gz.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include <holdfast/archive/tar_stream.hpp>
#include <holdfast/detail/gzip.hpp>

namespace holdfast {

HOLDFAST_DECL packed_tree tar_gz::pack(const file_tree& tree) {
    return [kept = std::make_shared<const file_tree>(tree)]() -> byte_stream {
        return [kept, packed = stream(*kept, {})](std::span<std::byte> out) { return packed(out); };
    };
}

HOLDFAST_DECL byte_stream tar_gz::stream(const file_tree& tree, content_visitor see) {
    return detail::gzip(detail::tar_stream(tree, std::move(see)));
}

}  // namespace holdfast

#endif
