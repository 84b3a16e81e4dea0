// Runs a program and writes what it used as JSON on descriptor 3; small, because a child's peak memory counts from
// the size of the process that it was forked from.
// Usage: measure PROGRAM ARGUMENT… 3>FILE
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int count, char** values) {
    if (count < 2) return 2;
    const auto start = std::chrono::steady_clock::now();
    const pid_t child = fork();
    if (child == 0) {
        close(3);
        execvp(values[1], values + 1);
        std::perror(values[1]);
        _exit(127);
    }
    int status = 0;
    rusage used{};
    if (child < 0 || wait4(child, &status, 0, &used) != child) return 1;
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    dprintf(3, "{\"wall\": %.6f, \"cpu\": %.6f, \"peak\": %ld, \"written\": %ld}\n", wall.count(),
            seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss * 1024, used.ru_oublock * 512);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
