#!/usr/bin/env bash
# Builds the benchmarks, installs the peers that a Debian 12 machine lacks, and runs all side by side.
# Usage: bash benchmarks/run.sh [OPTION OF run.py…]       quick: bash benchmarks/run.sh --rounds 1 --size 256M --files 500
#        only local stores: bash benchmarks/run.sh --only local
# Environment: HOLDFAST_BUILD, the build folder (default: build/)
set -euo pipefail
cd "$(dirname "$0")/.."

build=$(realpath -m "${HOLDFAST_BUILD:-build}")
mkdir -p "$build/benchmarks"
bash tests/support/install.sh examples

# peer PACKAGE COMMAND…: unless the command succeeds; a peer that cannot be installed does not take part
peer() {
    if "${@:2}" &>/dev/null; then return; fi
    local as_root=()
    if ((EUID != 0)); then as_root=(sudo -n); fi
    echo "installing $1"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "$1" \
        >"$build/benchmarks/install-$1.log" 2>&1 || echo "$1 could not be installed; it does not take part" >&2
}
peer curl command -v curl
peer rclone command -v rclone
peer openssl command -v openssl
peer python3-venv python3 -c 'import ensurepip, venv'

venv=$build/benchmarks/venv
wanted=$(sha256sum <benchmarks/requirements.txt)
if [[ $(cat "$venv/requirements.sha256" 2>/dev/null) != "$wanted" ]]; then
    echo "installing benchmarks/requirements.txt"
    rm -rf "$venv"
    if python3 -m venv "$venv" && "$venv/bin/pip" install --quiet -r benchmarks/requirements.txt; then
        echo "$wanted" >"$venv/requirements.sha256"
    else
        echo "the Python peers could not be installed; they do not take part" >&2
    fi
fi

echo "building in $build/benchmarks"
cmake -S . -B "$build/benchmarks/build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DHOLDFAST_BUILD_TESTS=OFF \
    -DHOLDFAST_BUILD_EXAMPLES=OFF -DHOLDFAST_BUILD_BENCHMARKS=ON >"$build/benchmarks/configure.log" 2>&1 || {
    cat "$build/benchmarks/configure.log"
    exit 1
}
cmake --build "$build/benchmarks/build" --target benchmarks

choices=(--build "$build/benchmarks/build/benchmarks" --results benchmarks/results.md)
if [[ -e $venv/requirements.sha256 ]]; then choices+=(--python "$venv/bin/python"); fi
for program in "$venv"/lib/python*/site-packages/s5cmd/bin/s5cmd; do
    if [[ -x $program ]]; then choices+=(--s5cmd "$program"); fi
done
if command -v rclone >/dev/null; then choices+=(--rclone "$(command -v rclone)"); fi
if command -v curl >/dev/null; then choices+=(--curl "$(command -v curl)"); fi
for gateway in "$build/peers/bin/versitygw" "$(command -v versitygw)"; do
    if [[ -x $gateway ]]; then
        choices+=(--versitygw "$gateway")
        break
    fi
done
exec env PYTHONDONTWRITEBYTECODE=1 python3 benchmarks/run.py "${choices[@]}" "$@"
