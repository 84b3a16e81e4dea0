#ifndef HOLDFAST_UNFINISHED_SAVES_HPP
#define HOLDFAST_UNFINISHED_SAVES_HPP

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <vector>

#include <holdfast/artifact/any_artifact.hpp>
#include <holdfast/artifact/unfinished_saves.hpp>
#include <holdfast/core/clock.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/storage/abilities.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/transfer_limits.hpp>

namespace holdfast {

namespace detail {

/// An age that clocks can be set back by: nothing is older than the epoch, and longer ones overflow.
inline std::chrono::seconds at_most_since_epoch(std::chrono::seconds age, std::chrono::system_clock::time_point now) {
    return std::min(age, std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()));
}

}  // namespace detail

struct unfinished_options {
    transfer_limits limits = {};
    clock_function clock = system_clock();
    std::stop_token stop = {};
};

/// What saves that were killed before their documents stood have left in the store, C++'s and Python's, whichever task
/// they were of: it can be neither listed nor loaded, and takes room. Parts of uploads are not among it,
/// nor what died between its two documents, which loads by its key.
///
/// Effects: lists the names of all data and documents of the store; memory grows with the number of its artifacts.
/// Errors: `cancelled`; those of the storage.
/// @param age only what has gained no object for so long. A save that is still going on looks alike, so take more time
///        than the largest object needs to be stored; a day is safe for most.
template <class Storage>
std::vector<unfinished_save> find_unfinished_saves(const Storage& storage, std::chrono::seconds age,
                                                   const unfinished_options& options = {}) {
    static_assert(require_storage_backend<Storage>());
    const auto now = options.clock();
    return detail::unfinished_saves_before(storage, now - detail::at_most_since_epoch(age, now), options.stop);
}

/// Frees what `find_unfinished_saves` finds, and returns it; before that, what the storage keeps apart of puts that
/// were killed (parts of uploads, temporary files), by `clean_unfinished`. One that was interrupted is finished by the
/// next. Errors: as there.
template <class Storage>
std::vector<unfinished_save> remove_unfinished_saves(const Storage& storage, std::chrono::seconds age,
                                                     const unfinished_options& options = {}) {
    static_assert(require_storage_backend<Storage>());
    detail::check_not_stopped(options.stop, "clean", "");
    clean_unfinished(storage, detail::at_most_since_epoch(age, options.clock()));
    auto found = find_unfinished_saves(storage, age, options);
    for (const auto& save : found) remove_artifact(storage, save.key, options.limits, options.stop);
    return found;
}

}  // namespace holdfast

#endif
