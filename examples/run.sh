#!/usr/bin/env bash
# Installs what a Debian 12 machine lacks, builds the tool and the training program, and shows a run that is killed
# and goes on.
# Usage: bash examples/run.sh      Environment: HOLDFAST_BUILD, the build folder (default: build/)
set -euo pipefail
cd "$(dirname "$0")/.."

build=$(realpath -m "${HOLDFAST_BUILD:-build}")
bash tests/support/install.sh examples

echo "building in $build"
mkdir -p "$build"
choices=()
if [[ ! -e $build/CMakeCache.txt ]]; then
    choices=(-DHOLDFAST_BUILD_TESTS=OFF)
fi
cmake --preset default -B "$build" "${choices[@]}" >"$build/configure-examples.log" 2>&1 || {
    cat "$build/configure-examples.log"
    exit 1
}
cmake --build "$build" --target train holdfast_tool

exec bash examples/train/demo.sh "$build"
