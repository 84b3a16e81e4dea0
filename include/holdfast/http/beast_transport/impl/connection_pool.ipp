#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_CONNECTION_POOL_IPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_CONNECTION_POOL_IPP

#include <holdfast/http/beast_transport/connection_pool.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace holdfast::http {

HOLDFAST_DECL std::unique_ptr<connection> connection_pool::take(const route& way) {
    while (auto found = take_latest(way)) {
        if (found->is_quiet()) return found;
    }
    return nullptr;
}

HOLDFAST_DECL void connection_pool::put(std::unique_ptr<connection> idle) {
    entries closed;  // after the lock is gone
    const std::lock_guard lock(mutex_);
    entries_.push_back({std::move(idle), std::chrono::steady_clock::now()});
    closed = remove_old();
}

HOLDFAST_DECL std::unique_ptr<connection> connection_pool::take_latest(const route& way) {
    entries closed;  // after the lock is gone
    const std::lock_guard lock(mutex_);
    closed = remove_old();
    const auto found =
        std::find_if(entries_.rbegin(), entries_.rend(), [&](const entry& one) { return one.idle->way() == way; });
    if (found == entries_.rend()) return nullptr;
    auto result = std::move(found->idle);
    entries_.erase(std::next(found).base());
    return result;
}

HOLDFAST_DECL connection_pool::entries connection_pool::remove_old() {
    const auto now = std::chrono::steady_clock::now();
    // in whole seconds: the clock's nanoseconds can't hold every time to keep alive
    const auto is_young = [&](const entry& one) {
        return std::chrono::ceil<std::chrono::seconds>(now - one.since) <= keep_alive_;
    };
    auto first = std::find_if(entries_.begin(), entries_.end(), is_young);
    const auto kept = static_cast<std::size_t>(entries_.end() - first);
    if (kept > most_) first += static_cast<std::ptrdiff_t>(kept - most_);
    entries removed(std::make_move_iterator(entries_.begin()), std::make_move_iterator(first));
    entries_.erase(entries_.begin(), first);
    return removed;
}

}  // namespace holdfast::http

#endif
