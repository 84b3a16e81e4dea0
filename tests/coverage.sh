#!/usr/bin/env bash
# Measures which lines of include/ the unit and conformance tests run: builds both with gcc's --coverage, runs
# them, and prints lines and covered lines of each file and of all; what is not covered goes to
# BUILD/coverage/uncovered.txt. Lines of templates that no test instantiates are no code and are not counted.
# Usage: bash tests/coverage.sh
# Environment: HOLDFAST_BUILD, the build folder (default: build/)
set -euo pipefail
cd "$(dirname "$0")/.."

bash tests/support/install.sh tests
build=$(realpath -m "${HOLDFAST_BUILD:-build}")/coverage
mkdir -p "$build"
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

echo "building in $build"
cmake --preset default -B "$build" -DCMAKE_CXX_COMPILER=g++ -DCMAKE_CXX_COMPILER_LAUNCHER=ccache \
    -DCMAKE_CXX_FLAGS='--coverage -fprofile-update=atomic' -DCMAKE_CXX_FLAGS_DEBUG=-O0 \
    -DHOLDFAST_BUILD_TEST_PROGRAMS=OFF -DHOLDFAST_BUILD_EXAMPLES=OFF >"$build/configure.log" 2>&1 || {
    cat "$build/configure.log"
    exit 1
}
cmake --build "$build" --target unit_tests conformance_tests

find "$build" -name '*.gcda' -delete # of an earlier run
ctest --test-dir "$build" --output-on-failure --tests-regex '^(unit|conformance)_tests$'
tests/checks/coverage.py --self-test
tests/checks/coverage.py include "$build"
