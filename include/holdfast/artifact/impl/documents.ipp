#ifndef HOLDFAST_ARTIFACT_IMPL_DOCUMENTS_IPP
#define HOLDFAST_ARTIFACT_IMPL_DOCUMENTS_IPP

#include <holdfast/artifact/documents.hpp>

#include <tuple>

#include <holdfast/metaflow/spelling.hpp>

namespace holdfast {
namespace detail {

/// Orders digits by their value, however many there are.
inline auto attempt_rank(std::string_view digits) {
    const auto first = digits.find_first_not_of('0');
    const auto significant = first == std::string_view::npos ? std::string_view{} : digits.substr(first);
    return std::tuple{significant.size(), significant};
}

inline auto save_rank(const checkpoint_reference& reference) {
    return std::tuple{attempt_rank(reference.attempt), reference.version, std::string_view(reference.created_on)};
}

// Sorted as they mostly come, they are not moved through a second buffer as large as half of them.
template <class Before>
void sort_unless_sorted(std::vector<checkpoint_reference>& references, Before before) {
    if (!std::ranges::is_sorted(references, before)) std::ranges::stable_sort(references, before);
}

}  // namespace detail

HOLDFAST_DECL void check_attempt_filter(const std::optional<std::string>& attempt) {
    if (!attempt || detail::parse_count(*attempt)) return;
    throw error(errc::invalid_argument, "list", *attempt, "an attempt is a number, from 0");
}

HOLDFAST_DECL bool saved_before(const metaflow::checkpoint_id& a, const metaflow::checkpoint_id& b) {
    return std::tuple{detail::attempt_rank(a.attempt), a.version} <
           std::tuple{detail::attempt_rank(b.attempt), b.version};
}

HOLDFAST_DECL metaflow::checkpoint_id id_of(const checkpoint_reference& reference) {
    return {reference.pathspec_hash, reference.attempt, reference.name, reference.version};
}

HOLDFAST_DECL void sort_newest_first(std::vector<checkpoint_reference>& references) {
    detail::sort_unless_sorted(
        references, [](const auto& a, const auto& b) { return detail::save_rank(b) < detail::save_rank(a); });
}

HOLDFAST_DECL void sort_latest_created_first(std::vector<checkpoint_reference>& references) {
    detail::sort_unless_sorted(references, [](const auto& a, const auto& b) {
        return std::tuple{std::string_view(b.created_on), detail::save_rank(b)} <
               std::tuple{std::string_view(a.created_on), detail::save_rank(a)};
    });
}

}  // namespace holdfast

#endif
