#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_CONNECTION_POOL_HPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_CONNECTION_POOL_HPP

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include <holdfast/detail/config.hpp>
#include <holdfast/http/beast_transport/connection.hpp>

namespace holdfast::http {

/// Idle connections; the one used last is used next.
/// Thread safety: any number of threads.
class connection_pool {
public:
    connection_pool(std::chrono::seconds keep_alive, std::size_t most) : keep_alive_(keep_alive), most_(most) {}

    /// A connection that is still alive; null where there is none.
    HOLDFAST_DECL std::unique_ptr<connection> take(const route& way);

    HOLDFAST_DECL void put(std::unique_ptr<connection> idle);

private:
    struct entry {
        std::unique_ptr<connection> idle;
        detail::steady_time since;
    };
    using entries = std::vector<entry>;

    HOLDFAST_DECL std::unique_ptr<connection> take_latest(const route& way);
    HOLDFAST_DECL entries remove_old();

    std::chrono::seconds keep_alive_;
    std::size_t most_;
    std::mutex mutex_;
    entries entries_;  // the oldest first
};

}  // namespace holdfast::http

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/http/beast_transport/impl/connection_pool.ipp>
#endif

#endif
