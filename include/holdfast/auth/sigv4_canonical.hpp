#ifndef HOLDFAST_AUTH_SIGV4_CANONICAL_HPP
#define HOLDFAST_AUTH_SIGV4_CANONICAL_HPP

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/detail/config.hpp>
#include <holdfast/http/message.hpp>

// The spellings of a request's parts that both sides of a signature agree on.
// Wire: AWS Signature Version 4, "Create a canonical request".
namespace holdfast::detail {

/// Dot segments and empty ones taken out, then encoded once more. Wire: botocore's `normalize_url_path`.
HOLDFAST_DECL std::string sigv4_normalised_path(std::string_view path);

/// Names and values, percent-encoded in the one way that is signed.
using sigv4_query = std::vector<std::pair<std::string, std::string>>;

/// What stands behind the '?', in its order. A field without '=' has an empty value; a '+' is a plus.
HOLDFAST_DECL sigv4_query sigv4_parse_query(std::string_view query);

/// Sorted by name, then by value, and joined.
HOLDFAST_DECL std::string sigv4_canonical_query(sigv4_query query);

struct sigv4_canonical_fields {
    std::string lines;  ///< "name:value\n" each, sorted by name, fields of one name joined
    std::string names;  ///< joined by ';'
};

/// Fields in the order of the message.
using sigv4_field_list = std::vector<std::pair<std::string_view, std::string_view>>;

HOLDFAST_DECL sigv4_canonical_fields sigv4_canonicalise(sigv4_field_list list);

/// The Host and those of the fields that nothing between the two sides may change or add.
HOLDFAST_DECL sigv4_field_list sigv4_signed_fields(std::string_view host, const http::fields& headers);

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/impl/sigv4_canonical.ipp>
#endif

#endif
