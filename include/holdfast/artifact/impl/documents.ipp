#ifndef HOLDFAST_ARTIFACT_IMPL_DOCUMENTS_IPP
#define HOLDFAST_ARTIFACT_IMPL_DOCUMENTS_IPP

#include <holdfast/artifact/documents.hpp>

#include <tuple>

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

HOLDFAST_DECL std::optional<metaflow::checkpoint_id> task_document_id(std::string_view key) {
    auto where = metaflow::parse_task_document_key(key);
    return where ? std::optional{std::move(where->id)} : std::nullopt;
}

HOLDFAST_DECL std::optional<metaflow::checkpoint_id> artifact_document_id(std::string_view key) {
    auto where = metaflow::parse_artifact_document_key(key);
    return where ? std::optional{std::move(where->id)} : std::nullopt;
}

}  // namespace detail

HOLDFAST_DECL void check_attempt_filter(const std::optional<std::string>& attempt) {
    if (!attempt || attempt->find_first_not_of("0123456789") == std::string::npos) return;
    throw error(errc::invalid_argument, "list", *attempt, "an attempt is a number, from 0");
}

HOLDFAST_DECL bool saved_before(const metaflow::checkpoint_id& a, const metaflow::checkpoint_id& b) {
    return std::tuple{detail::attempt_rank(a.attempt), a.version} <
           std::tuple{detail::attempt_rank(b.attempt), b.version};
}

HOLDFAST_DECL void sort_newest_first(std::vector<checkpoint_reference>& references) {
    std::ranges::stable_sort(references,
                             [](const auto& a, const auto& b) { return detail::save_rank(b) < detail::save_rank(a); });
}

HOLDFAST_DECL void sort_latest_created_first(std::vector<checkpoint_reference>& references) {
    std::ranges::stable_sort(references, [](const auto& a, const auto& b) {
        return std::tuple{std::string_view(b.created_on), detail::save_rank(b)} <
               std::tuple{std::string_view(a.created_on), detail::save_rank(a)};
    });
}

}  // namespace holdfast

#endif
