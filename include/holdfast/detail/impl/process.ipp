#ifndef HOLDFAST_DETAIL_IMPL_PROCESS_IPP
#define HOLDFAST_DETAIL_IMPL_PROCESS_IPP

#include <holdfast/detail/process.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/command_line.hpp>
#include <holdfast/detail/steady_time.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/detail/system_calls.hpp>

namespace holdfast::detail {

inline void require_spawn_success(int number, std::string_view program) {
    if (number != 0) throw error::from_errno(number, "run", program);
}

struct spawn_actions {
    explicit spawn_actions(std::string_view program) {
        require_spawn_success(::posix_spawn_file_actions_init(&value), program);
    }
    spawn_actions(const spawn_actions&) = delete;
    spawn_actions& operator=(const spawn_actions&) = delete;
    ~spawn_actions() { ::posix_spawn_file_actions_destroy(&value); }

    ::posix_spawn_file_actions_t value;
};

struct spawn_attributes {
    explicit spawn_attributes(std::string_view program) {
        require_spawn_success(::posix_spawnattr_init(&value), program);
    }
    spawn_attributes(const spawn_attributes&) = delete;
    spawn_attributes& operator=(const spawn_attributes&) = delete;
    ~spawn_attributes() { ::posix_spawnattr_destroy(&value); }

    ::posix_spawnattr_t value;
};

// A process group of its own; no signal blocked, and SIGPIPE not ignored, which this process may do.
inline void prepare_spawn(spawn_attributes& attributes, std::string_view program) {
    ::sigset_t none, reset;
    ::sigemptyset(&none);
    ::sigemptyset(&reset);
    ::sigaddset(&reset, SIGPIPE);
    constexpr short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    require_spawn_success(::posix_spawnattr_setflags(&attributes.value, flags), program);
    require_spawn_success(::posix_spawnattr_setpgroup(&attributes.value, 0), program);
    require_spawn_success(::posix_spawnattr_setsigmask(&attributes.value, &none), program);
    require_spawn_success(::posix_spawnattr_setsigdefault(&attributes.value, &reset), program);
}

// The output goes first: where this process has closed descriptor 0 or 2, the pipe may be that one.
inline void prepare_spawn(spawn_actions& actions, int output, std::string_view program) {
    auto* const value = &actions.value;
    require_spawn_success(::posix_spawn_file_actions_adddup2(value, output, 1), program);
    require_spawn_success(::posix_spawn_file_actions_addopen(value, 0, "/dev/null", O_RDONLY, 0), program);
    require_spawn_success(::posix_spawn_file_actions_addopen(value, 2, "/dev/null", O_WRONLY, 0), program);
}

inline ::pid_t spawn_program(std::vector<std::string>& words, int output) {
    const std::string& program = words.front();
    spawn_actions actions(program);
    spawn_attributes attributes(program);
    prepare_spawn(actions, output, program);
    prepare_spawn(attributes, program);
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::pid_t process = 0;
    require_spawn_success(
        ::posix_spawnp(&process, program.c_str(), &actions.value, &attributes.value, arguments.data(), ::environ),
        program);
    return process;
}

inline int milliseconds_left(steady_time deadline) noexcept {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 1'000'000));
}

// A running program; killed with its group when the object goes before the program has ended.
class child_process {
public:
    child_process(std::vector<std::string> words, int output)
        : process_(spawn_program(words, output)), program_(std::move(words.front())) {}
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;
    ~child_process() {
        if (is_collected_) return;
        // a program of another user, as sudo's, may not be killed, also where something else of its group is
        const bool is_killed = ::kill(-process_, SIGKILL) == 0 && ::kill(process_, 0) == 0;
        collect(is_killed ? 0 : WNOHANG);
    }

    // Until the other end of the pipe is closed.
    std::string read_all(const file& pipe, steady_time deadline, std::size_t limit) const {
        std::string output;
        std::array<char, 4096> buffer;
        for (;;) {
            wait_readable(pipe.descriptor(), deadline);
            const ::ssize_t count =
                retry_interrupted([&] { return ::read(pipe.descriptor(), buffer.data(), buffer.size()); });
            if (count < 0) throw error::from_errno(errno, "run", program_);
            if (count == 0) return output;
            output.append(buffer.data(), static_cast<std::size_t>(count));
            if (output.size() > limit) {
                throw error(errc::too_large, "run", program_,
                            "the program wrote more than " + std::to_string(limit) + " bytes; it was ended");
            }
        }
    }

    // One that failed is left to the destructor: its group goes by its number, which is its own until it is collected.
    void wait_success(steady_time deadline) {
        const auto end = wait_end(deadline);
        if (end && (end->si_code != CLD_EXITED || end->si_status != 0)) {
            const std::string how = end->si_code == CLD_EXITED ? "ended with status " : "was ended by signal ";
            throw error(errc::io_failure, "run", program_,
                        "the program " + how + std::to_string(end->si_status) + "; run it by hand");
        }
        if (end) collect(0);
        is_collected_ = true;
    }

private:
    // Nothing where another thread of this program has collected the status, or the system does: all that is known is
    // the output.
    std::optional<::siginfo_t> wait_end(steady_time deadline) const {
        constexpr int longest_pause = 10;  // ms; there is no portable wait for a child with a timeout
        constexpr int how = WEXITED | WNOHANG | WNOWAIT;
        ::siginfo_t end{};
        for (int pause = 0; end.si_pid == 0; pause = std::min(pause + 1, longest_pause)) {
            if (pause > 0) ::poll(nullptr, 0, std::min(pause, require_time(deadline)));
            const auto id = static_cast<::id_t>(process_);
            if (retry_interrupted([&] { return ::waitid(P_PID, id, &end, how); }) != 0) return std::nullopt;
        }
        return end;
    }

    void collect(int flags) const noexcept {
        retry_interrupted([&] { return ::waitpid(process_, nullptr, flags); });
    }

    int require_time(steady_time deadline) const {
        const int left = milliseconds_left(deadline);
        if (left == 0) throw error(errc::timed_out, "run", program_, "the program took too long; run it by hand");
        return left;
    }

    void wait_readable(int descriptor, steady_time deadline) const {
        ::pollfd watched{descriptor, POLLIN, 0};
        for (;;) {
            const int count = ::poll(&watched, 1, require_time(deadline));
            if (count > 0) return;
            if (count < 0 && errno != EINTR) throw error::from_errno(errno, "run", program_);
        }
    }

    ::pid_t process_;
    std::string program_;
    bool is_collected_ = false;
};

// The end to read from and the end to write to, neither inherited.
inline std::pair<file, file> make_output_pipe(std::string_view program) {
    std::array<int, 2> ends{};
#if defined(__linux__)
    require_spawn_success(::pipe2(ends.data(), O_CLOEXEC) == 0 ? 0 : errno, program);
#else
    require_spawn_success(::pipe(ends.data()) == 0 ? 0 : errno, program);
    for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
#endif
    return {file::adopt(ends[0], {}), file::adopt(ends[1], {})};
}

HOLDFAST_DECL std::string run_for_output(const std::string& command_line, std::chrono::milliseconds timeout,
                                         std::size_t limit) {
    const steady_time deadline = after(timeout);
    auto words = split_command_line(command_line);
    if (!words || words->empty() || words->front().empty() || command_line.find('\0') != std::string::npos) {
        throw error(errc::invalid_argument, "run", "",
                    "the command line has no program, a quote without its end, or a backslash at the end; mend it");
    }
    auto [reading, writing] = make_output_pipe(words->front());
    child_process child(*std::move(words), writing.descriptor());
    writing = file();
    std::string output = child.read_all(reading, deadline, limit);
    child.wait_success(deadline);
    return output;
}

}  // namespace holdfast::detail

#endif
