#include "interrupt.hpp"

#include <csignal>
#include <cstdlib>
#include <thread>

namespace tool {

std::stop_token stop_on_interrupt() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    std::stop_source source;
    std::thread([source, signals]() mutable {
        int number = 0;
        sigwait(&signals, &number);
        source.request_stop();
        sigwait(&signals, &number);
        std::_Exit(128 + number);
    }).detach();
    return source.get_token();
}

}  // namespace tool
