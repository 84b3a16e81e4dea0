#include <holdfast/detail/process.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/refused_calls.hpp>

using namespace holdfast;
using namespace std::chrono_literals;
using detail::run_for_output;

namespace {

// A shell's program as one command line; it may hold anything but a single quote.
std::string shell(const std::string& program) {
    return "sh -c '" + program + "'";
}

template <class... Arguments>
error failure_of(const std::string& command_line, Arguments... arguments) {
    try {
        const std::string output = run_for_output(command_line, arguments...);
        FAIL("nothing failed; the output was " << output);
    } catch (const error& met) {
        CHECK(met.operation() == "run");
        CHECK(std::string(met.what()).find("hunter2") == std::string::npos);
        return met;
    }
    return error(errc::not_found, "", "", "");
}

void write_program(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path) << text;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}

}  // namespace

TEST_CASE("a program's output is returned") {
    CHECK(run_for_output("echo a  'b  c' \"d\"e f\\ g") == "a b  c de f g\n");
    CHECK(run_for_output("true").empty());
    CHECK(run_for_output("printf 'a\\0b\\377'") == std::string("a\0b\xFF", 4));
    CHECK(run_for_output(shell("echo one; echo two")) == "one\ntwo\n");
}

TEST_CASE("no shell looks at the words") {
    CHECK(run_for_output("printf %s|%s|%s|%s $HOME ; * `x`") == "$HOME|;|*|`x`");
}

TEST_CASE("a program may be named by its path, and sees this process's environment") {
    const detail::temp_directory place;
    const auto program = place.path() / "a program";
    write_program(program, "#!/bin/sh\necho \"$HOLDFAST_TEST_PROCESS|$1\"\n");
    ::setenv("HOLDFAST_TEST_PROCESS", "seen", 1);
    CHECK(run_for_output("'" + program.string() + "' x") == "seen|x\n");
    ::unsetenv("HOLDFAST_TEST_PROCESS");
}

TEST_CASE("its input is empty and its standard error goes nowhere") {
    CHECK(run_for_output(shell("cat; echo lost >&2; echo kept")) == "kept\n");
}

TEST_CASE("signals are as a new program expects them") {
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    ::sigset_t blocked, was;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &was);
    CHECK(failure_of(shell("kill -s PIPE $$; echo ignored")).message().find("signal 13;") != std::string::npos);
    CHECK(failure_of(shell("kill -s TERM $$; echo blocked")).message().find("signal 15;") != std::string::npos);
    ::pthread_sigmask(SIG_SETMASK, &was, nullptr);
    std::signal(SIGPIPE, before);
}

TEST_CASE("command lines without a program or an end") {
    for (const std::string& line : {std::string(), std::string("  "), std::string("''"), std::string("echo 'hunter2"),
                                    std::string("echo hunter2\\"), std::string("echo\0hunter2", 12)}) {
        const error met = failure_of(line);
        CHECK(met.kind() == errc::invalid_argument);
        CHECK(met.key().empty());
    }
}

TEST_CASE("a program that is not there, or is none") {
    const detail::temp_directory place;
    const auto absent = (place.path() / "absent").string();
    const error met = failure_of(absent + " hunter2");
    CHECK(met.kind() == errc::not_found);
    CHECK(met.key() == absent);
    CHECK(failure_of("holdfast-no-such-program hunter2").kind() == errc::not_found);
    const auto text = place.path() / "text";
    std::ofstream(text) << "hunter2";
    std::filesystem::permissions(text, std::filesystem::perms::owner_read);
    CHECK(failure_of(text.string()).kind() == errc::access_denied);
}

TEST_CASE("another status than 0 is an error that holds no output") {
    const error met = failure_of(shell("echo hunter2; echo hunter2 >&2; exit 3"));
    CHECK(met.kind() == errc::io_failure);
    CHECK_FALSE(met.is_retryable());
    CHECK(met.key() == "sh");
    CHECK(met.message().find("status 3;") != std::string::npos);
    const error killed = failure_of(shell("echo hunter2; kill -s KILL $$"));
    CHECK(killed.kind() == errc::io_failure);
    CHECK(killed.message().find("signal 9;") != std::string::npos);
}

TEST_CASE("output up to the limit and beyond") {
    const std::string many = shell("head -c 65536 /dev/zero");
    CHECK(run_for_output(many) == std::string(65536, '\0'));
    CHECK(run_for_output(many, 1min, 65536).size() == 65536);
    CHECK(failure_of(many, 1min, std::size_t{65535}).kind() == errc::too_large);
    CHECK(failure_of(shell("echo hunter2"), 1min, std::size_t{7}).kind() == errc::too_large);
    CHECK(run_for_output("true", 1min, 0).empty());
    const error met = failure_of(shell("while echo hunter2; do :; done"));
    CHECK(met.kind() == errc::too_large);
    CHECK(met.message().find("65536") != std::string::npos);
}

TEST_CASE("no time at all") {
    for (const auto timeout : {0ms, -1ms, std::chrono::milliseconds::min()}) {
        CHECK(failure_of(shell("echo hunter2; sleep 1000"), timeout).kind() == errc::timed_out);
    }
    CHECK(run_for_output("echo a", std::chrono::milliseconds::max()) == "a\n");
}

TEST_CASE("a program that takes too long") {
    const error met = failure_of(shell("echo hunter2; sleep 1000"), 100ms);
    CHECK(met.kind() == errc::timed_out);
    CHECK(met.key() == "sh");
}

TEST_CASE("a program that is not waited for any more, or fails, is killed with what it started") {
    std::string program = "sleep 1000 & while echo hunter2; do :; done";
    errc expected = errc::too_large;
    SUBCASE("too large an output") {}
    SUBCASE("a failure") {
        program = "sleep 1000 >&- & exit 3";
        expected = errc::io_failure;
    }
    const detail::temp_directory place;
    const std::string alive = (place.path() / "alive").string();
    REQUIRE(::mkfifo(alive.c_str(), 0600) == 0);
    // the shell and the sleep hold the pipe open for writing: its reader sees the end when both are gone
    std::string read = "nothing read";
    std::thread reader([&] {
        std::ifstream pipe(alive);
        read.assign(std::istreambuf_iterator<char>(pipe), {});
    });
    const error met = failure_of(shell("exec 3>" + alive + "; " + program));
    CHECK(met.kind() == expected);
    reader.join();
    CHECK(read.empty());
}

#if defined(__linux__)
TEST_CASE("a program that this process may not kill is not waited for") {
    testing_support::run_refused(SYS_kill, EPERM, [] {
        const auto began = std::chrono::steady_clock::now();
        CHECK(failure_of("sleep 10", 100ms).kind() == errc::timed_out);
        CHECK(std::chrono::steady_clock::now() - began < 5s);
    });
}
#endif

TEST_CASE("a program that closes its output and goes on is waited for") {
    CHECK(run_for_output(shell("echo a; exec >&-; sleep 0.05; exit 0")) == "a\n");
    CHECK(failure_of(shell("echo hunter2; exec >&-; sleep 0.05; exit 4")).message().find("status 4;") !=
          std::string::npos);
    CHECK(failure_of(shell("exec >&-; sleep 1000"), 100ms).kind() == errc::timed_out);
}

TEST_CASE("a status that the system throws away is taken for success") {
    const auto before = std::signal(SIGCHLD, SIG_IGN);
    CHECK(run_for_output(shell("echo a; exit 3")) == "a\n");
    std::signal(SIGCHLD, before);
}

TEST_CASE("programs run from many threads at once") {
    std::vector<std::thread> threads;
    std::vector<std::string> outputs(4);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        threads.emplace_back([&, i] { outputs[i] = run_for_output(shell("echo " + std::to_string(i))); });
    }
    for (auto& each : threads) each.join();
    CHECK(outputs == std::vector<std::string>{"0\n", "1\n", "2\n", "3\n"});
}
