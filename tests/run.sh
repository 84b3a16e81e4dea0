#!/usr/bin/env bash
# Builds and runs the tests; installs first what a Debian 12 machine lacks.
# Usage: bash tests/run.sh [quick|full]
#   quick: unit and conformance tests and the layer check.   full (default): everything, those with sanitizers.
# Environment: HOLDFAST_BUILD, the build folder (default: build/); CI=true makes a test that can't run a failure.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

mode=${1:-full}
case $mode in quick | full) ;; *)
    echo "usage: bash tests/run.sh [quick|full]" >&2
    exit 2
    ;;
esac
build=$(realpath -m "${HOLDFAST_BUILD:-build}")
mkdir -p "$build"
export HOLDFAST_BUILD=$build CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
export UBSAN_OPTIONS=print_stacktrace=1
export CTEST_OUTPUT_ON_FAILURE=1

passed=0
failed=()
skipped=()

# step NAME COMMAND…: one line of the final count
step() {
    local name=$1 start=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    if "$@"; then
        passed=$((passed + 1))
        echo "-- ok: $name ($((SECONDS - start)) s)"
    else
        failed+=("$name")
        echo "-- FAILED: $name ($((SECONDS - start)) s)"
    fi
}

# cannot_run NAME REASON: a step for want of a peer
cannot_run() {
    printf '\n== %s\n-- CANNOT RUN: %s\n' "$1" "$2"
    if [[ ${CI:-} == true ]]; then
        failed+=("$1")
    else
        skipped+=("$1")
    fi
}

# check SCRIPT_BELOW_TESTS
check() {
    "tests/$1.py" --self-test && "tests/$1.py"
}

# compile PRESET BUILD_DIR TARGET…
compile() {
    local launcher=
    if command -v ccache >/dev/null; then
        launcher=ccache
    fi
    cmake --preset "$1" -B "$2" -DHOLDFAST_BUILD_TESTS=ON "-DCMAKE_CXX_COMPILER_LAUNCHER=$launcher" \
        >"$build/configure-$1.log" 2>&1 || {
        cat "$build/configure-$1.log"
        return 1
    }
    NINJA_STATUS='[%f/%t %es] ' cmake --build "$2" ${3:+--target "${@:3}"} | only_progress
}

# On a terminal ninja overwrites its line; elsewhere all but the last line and the complaints would be noise.
only_progress() {
    awk '/^\[[0-9]+\/[0-9]+ [0-9.]+s\] (Building|Linking|Re-checking|Re-running|Creating)/ { last = $0; next }
         { print } END { if (last) print last }'
}

# run_tests BUILD_DIR REGEX
run_tests() {
    ctest --test-dir "$1" --no-tests=error --parallel 2 --progress --tests-regex "$2" |
        sed -n '/tests passed/,$p; /\*\*\*/p; /ERROR\|error\|FAILED\|Summary/p'
}

# The kernel may place a program where the thread sanitizer has its shadow memory; not without randomization.
run_thread_sanitizer() {
    TSAN_OPTIONS="halt_on_error=1 suppressions=$PWD/tests/support/thread_sanitizer.supp" setarch "$(uname -m)" --addr-no-randomize \
        ctest --test-dir "$build/tsan" --no-tests=error --parallel 2 --tests-regex '_tests$'
}

make_venv() {
    local venv=$build/venv wanted
    wanted=$(sha256sum <tests/interop/requirements.txt)
    if [[ $(cat "$venv/requirements.sha256" 2>/dev/null) == "$wanted" ]]; then
        return
    fi
    echo "installing tests/interop/requirements.txt in $venv"
    rm -rf "$venv"
    python3 -m venv "$venv" && "$venv/bin/pip" install --quiet -r tests/interop/requirements.txt &&
        echo "$wanted" >"$venv/requirements.sha256"
}

install_peers() {
    make_venv && bash tests/support/peers.sh "$build"
}

with_pytest() {
    PYTHONDONTWRITEBYTECODE=1 "$build/venv/bin/python" -m pytest -q -rs -n 3 --no-loadscope-reorder -p no:cacheprovider "$1"
}

finish() {
    echo
    if ((${#failed[@]})); then printf 'failed: %s\n' "${failed[@]}"; fi
    if ((${#skipped[@]})); then printf 'could not run: %s\n' "${skipped[@]}"; fi
    local line="$passed passed, ${#failed[@]} failed"
    if ((${#skipped[@]})); then line+=", ${#skipped[@]} skipped"; fi
    echo "$line"
    exit $((${#failed[@]} > 0))
}

bash tests/support/install.sh tests || exit 1

step 'layers' check checks/layers
if [[ $mode == quick ]]; then
    step 'build' compile default "$build" unit_tests conformance_tests
    step 'unit and conformance tests' run_tests "$build" '^(unit|conformance)_tests$'
    finish
fi

set -m # a process group of its own, which ends with this script
install_peers </dev/null >"$build/peers.log" 2>&1 & # they download while the programs build
peers=$!
set +m
trap 'kill -- "-$peers" 2>/dev/null' EXIT

step 'umbrella header and list of bodies' check checks/lists
step 'no trace of a machine' check checks/machine_traces
step 'README blocks' check checks/readme
step 'build the tool, the examples and what the Python side of the tests starts' compile default "$build" \
    examples/all test_programs
step 'one definition, examples' run_tests "$build" '^(odr|example_.*)$'
step 'every header alone' compile headers "$build/headers" all_verify_interface_header_sets
step 'cost of including checkpoint.hpp' check checks/include_cost
step 'compile errors of wrong policies' check compile_errors/run
if ! wait "$peers"; then
    cat "$build/peers.log"
    cannot_run 'command-line tool, interop, servers' 'the Python packages or the servers could not be installed'
else
    step 'command-line tool' with_pytest tests/tool
    step 'interop with Python' with_pytest tests/interop
    step 'S3 servers, faults, secrets' with_pytest tests/peers
fi
step 'build with Clang, address and undefined behaviour sanitizers' compile asan "$build/asan" \
    unit_tests conformance_tests fuzzers
step 'unit and conformance tests, sanitized' run_tests "$build/asan" '^(unit|conformance)_tests$'
step 'fuzz targets' run_tests "$build/asan" '^fuzz_'
step 'build with GCC, thread sanitizer' compile tsan "$build/tsan" unit_tests conformance_tests
step 'unit and conformance tests, thread sanitizer' run_thread_sanitizer
for consumer in find_package add_subdirectory fetch_content meson_subproject pkg_config meson_installed; do
    step "consumer: $consumer" tests/package/run.sh "$consumer" "$build"
done
finish
