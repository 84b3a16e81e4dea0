#ifndef HOLDFAST_ARTIFACT_DOCUMENTS_HPP
#define HOLDFAST_ARTIFACT_DOCUMENTS_HPP

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <holdfast/artifact/verification.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/parallel.hpp>
#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/metaflow/model_document.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast {

/// Told of a document that cannot be read while others can; see `list_options`.
using damage_handler = std::function<void(const error&)>;

/// A document in the store, by what its name says.
struct listed_document {
    object_key key;
    metaflow::checkpoint_id id;  ///< of a task's document without the pathspec hash
};

/// Whether `a` was saved before `b` as their names say: by attempt, then by version.
HOLDFAST_DECL bool saved_before(const metaflow::checkpoint_id& a, const metaflow::checkpoint_id& b);

/// What the name of a checkpoint's document says.
HOLDFAST_DECL metaflow::checkpoint_id id_of(const checkpoint_reference& reference);

/// Newest first: by attempt, version and time of creation.
HOLDFAST_DECL void sort_newest_first(std::vector<checkpoint_reference>& references);

/// Newest first by time alone: across tasks and runs, where attempts and versions start anew.
HOLDFAST_DECL void sort_latest_created_first(std::vector<checkpoint_reference>& references);

/// Errors: `invalid_argument` for an attempt that is no number.
HOLDFAST_DECL void check_attempt_filter(const std::optional<std::string>& attempt);

namespace detail {

inline constexpr std::uint64_t document_limit = 16U << 20U;   // bytes; no larger document is read
inline constexpr std::uint64_t manifest_limit = 512U << 20U;  // bytes; some three million files

/// The documents below a prefix, newest first by their names, so that a limit reads no more than it needs.
template <storage_backend Storage>
std::vector<listed_document> list_documents(const Storage& storage, std::string_view prefix,
                                            std::optional<metaflow::checkpoint_id> (*parse_id)(std::string_view),
                                            const std::stop_token& stop = {}) {
    std::vector<listed_document> found;
    const auto take = [&](const object_key& key) {
        if (auto id = parse_id(key.str())) found.push_back({key, std::move(*id)});
        return true;
    };
    list_keys(storage, prefix, take, stop);
    std::ranges::sort(found, [](const auto& a, const auto& b) { return saved_before(b.id, a.id); });
    return found;
}

/// How many of the documents, newest first, hold the newest `limit`: more where the names of the last ones tell not
/// which was first, as where Python numbered them in several processes.
inline std::size_t end_of_newest(const std::vector<listed_document>& documents, std::size_t limit) {
    if (limit == 0 || limit >= documents.size()) return std::min(limit, documents.size());
    const auto& last = documents[limit - 1].id;
    const auto is_older = [&](const listed_document& document) { return saved_before(document.id, last); };
    const auto rest = documents.begin() + static_cast<std::ptrdiff_t>(limit);
    return static_cast<std::size_t>(std::find_if(rest, documents.end(), is_older) - documents.begin());
}

/// Of a task's documents, newest first, those of its latest attempt that saved any.
inline void keep_latest_attempt(std::vector<listed_document>& documents) {
    if (documents.empty()) return;
    const std::string latest = documents.front().id.attempt;
    std::erase_if(documents, [&](const listed_document& document) { return document.id.attempt != latest; });
}

inline checkpoint_reference parse_document(std::string text, std::string_view origin,
                                           std::type_identity<checkpoint_reference>) {
    return metaflow::parse_checkpoint_document(std::move(text), origin);
}

inline model_reference parse_document(std::string text, std::string_view origin, std::type_identity<model_reference>) {
    return metaflow::parse_model_document(std::move(text), origin);
}

/// Before a document or manifest is stored. Errors: `too_large` for what no reader would take.
inline void check_readable(const object_key& key, std::size_t size, std::uint64_t limit) {
    if (size <= limit) return;
    throw error(errc::too_large, "save", key.str(),
                "this would have " + std::to_string(size) + " bytes, of which readers take " + std::to_string(limit) +
                    "; keep what is large in a file");
}

/// The text of a document or manifest; nothing where there is none. Errors: `corrupt` for what is larger than any.
template <storage_backend Storage>
std::optional<std::string> find_document_text(const Storage& storage, const object_key& key,
                                              const std::stop_token& stop, std::uint64_t limit = document_limit) {
    try {
        return find_text(storage, key, limit, stop);
    } catch (const error& failed) {
        if (failed.kind() != errc::too_large) throw;
        throw error(errc::corrupt, failed.operation(), key.str(), "this is no document: " + failed.message());
    }
}

/// What is stored where a key leads. Errors: `corrupt`, also where it is of another kind than the key.
template <class Document>
Document parse_stored_document(std::string text, std::string_view origin) {
    try {
        return parse_document(std::move(text), origin, std::type_identity<Document>{});
    } catch (const error& failed) {
        if (failed.kind() != errc::incompatible_type) throw;
        throw error(errc::corrupt, failed.operation(), origin, failed.message());
    }
}

/// Reads one document; nothing where it vanished meanwhile, or is damaged and was reported.
template <class Document, storage_backend Storage>
std::optional<Document> read_document(const Storage& storage, const object_key& key, std::optional<error>& damage,
                                      const std::stop_token& stop = {}) {
    try {
        auto text = find_document_text(storage, key, stop);
        if (!text) return std::nullopt;
        return parse_document(std::move(*text), key.str(), std::type_identity<Document>{});
    } catch (const error& failed) {
        if (!is_damage(failed.kind())) throw;
        damage = failed;
        return std::nullopt;
    }
}

/// Reads documents in parallel and hands them over in order until `visit` returns false. Batches grow, so that few
/// results come soon and many with few threads started and few waits for the slowest. The thread that reads a text
/// takes it apart.
/// @param documents of whatever has a `key`
/// Errors: `cancelled` where `stop` was asked to before the last one was handed over; those of the storage.
template <class Document, storage_backend Storage, std::ranges::contiguous_range Listed, std::predicate<Document> Visit>
void read_documents(const Storage& storage, const Listed& documents, const transfer_limits& limits,
                    const damage_handler& on_damage, Visit visit, const std::stop_token& stop = {}) {
    if (documents.empty()) return;
    const auto reader = reading_below(storage, documents.front().key.parent());  // where nearly all of them are
    constexpr std::size_t largest_batch = 1024;
    std::size_t batch = std::size_t{std::max(limits.connections, 1U)} * 8;
    for (std::size_t first = 0; first < documents.size();) {
        const std::span part{documents.data() + first, std::min(batch, documents.size() - first)};
        std::vector<std::pair<std::optional<Document>, std::optional<error>>> read(part.size());
        parallel_for(
            part.size(), limits.connections,
            [&](std::size_t i) { read[i].first = read_document<Document>(reader, part[i].key, read[i].second, stop); },
            stop);
        for (std::size_t i = 0; i < part.size(); ++i) {
            check_not_stopped(stop, "list", part[i].key.str());
            auto& [document, damage] = read[i];
            if (damage && on_damage) on_damage(*damage);
            if (!document) continue;
            if (!visit(std::move(*document))) return;
        }
        first += part.size();
        batch = std::max(batch, std::min(batch * 2, largest_batch));
    }
}

}  // namespace detail
}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/artifact/impl/documents.ipp>
#endif

#endif
