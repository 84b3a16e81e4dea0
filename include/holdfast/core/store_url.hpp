#ifndef HOLDFAST_CORE_STORE_URL_HPP
#define HOLDFAST_CORE_STORE_URL_HPP

#include <string>
#include <string_view>

#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast {

/// Where a store's root is: the place below which `mf.checkpoints` lies.
struct store_url {
    std::string scheme;     ///< "file", "s3", "gs", "azure", "https", "http", "memory"
    std::string authority;  ///< bucket, container or host; empty for "file"
    std::string path;       ///< below the authority, no '/' at the end; as written for "file"

    /// Reads "dir/sub", "/dir", "file:/dir", "file:///dir", "s3://bucket/prefix", "gs://bucket/prefix",
    /// "azure://container/prefix", "https://host/path", "memory:name/path". A path stays as it is, without a "file:"
    /// and without '/' at its end; nothing is percent-decoded.
    /// Errors: `invalid_argument` for an empty text, an unknown scheme, a missing bucket, credentials, a query or a
    /// fragment in a URL, "." and ".." in its path. The error never holds the text.
    HOLDFAST_DECL static store_url parse(std::string_view text);

    /// As Metaflow writes it: a bare path for "file", "container/prefix" for "azure", the URL for the others.
    HOLDFAST_DECL std::string str() const;

    /// The `url` field of a reference: root, '/', key.
    HOLDFAST_DECL std::string of(const object_key& key) const;

    friend bool operator==(const store_url&, const store_url&) = default;
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/core/impl/store_url.ipp>
#endif

#endif
