#ifndef HOLDFAST_TESTS_SUPPORT_REFUSED_CALLS_HPP
#define HOLDFAST_TESTS_SUPPORT_REFUSED_CALLS_HPP

#include <doctest/doctest.h>

#if defined(__linux__)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include <array>
#include <cstddef>
#include <thread>

namespace testing_support {

#if defined(__linux__)
/// From here on the system answers this thread's calls of that number (SYS_…) with an `errno`; false where it lacks
/// the means.
inline bool refuse_calls(unsigned call, unsigned number) {
    std::array<struct ::sock_filter, 4> program{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct ::seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | number),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const struct ::sock_fprog filter {
        .len = program.size(), .filter = program.data()
    };
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/// Runs a part of a test in a thread of its own, whose calls of that number the system refuses.
template <class Part>
void run_refused(unsigned call, unsigned number, Part part) {
    bool is_refused = false;
    std::thread([&] {
        is_refused = refuse_calls(call, number);
        if (is_refused) part();
    }).join();
    if (!is_refused) MESSAGE("CANNOT RUN: this system lets no thread filter its own calls");
}
#endif

}  // namespace testing_support

#endif
