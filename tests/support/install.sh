#!/usr/bin/env bash
# Installs what a Debian 12 machine lacks; does nothing, and needs no network, where nothing is missing.
# Usage: tests/support/install.sh examples|tests
set -euo pipefail

build_packages=(
    g++ cmake ninja-build libboost1.81-dev libboost-json1.81-dev libssl-dev zlib1g-dev libcli11-dev libsqlite3-dev
)
test_packages=(
    ccache clang-16 doctest-dev git libarchive-tools libclang-rt-16-dev make meson pkg-config python3 python3-venv util-linux
)

is_installed() {
    case $1 in
    python3) command -v python3 >/dev/null ;;
    python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
    *) dpkg-query --show --showformat='${Status}' "$1" 2>/dev/null | grep -q ' installed$' ;;
    esac
}

packages=("${build_packages[@]}")
if [[ ${1:?examples or tests} == tests ]]; then
    packages+=("${test_packages[@]}")
fi

missing=()
for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
    exit 0
fi

as_root=()
if ((EUID != 0)); then
    as_root=(sudo)
fi
if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
    echo "These packages are missing and can't be installed from here: ${missing[*]}" >&2
    echo "As an administrator: apt-get install ${missing[*]}" >&2
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing ${missing[*]}"
"${as_root[@]}" apt-get -q update >"$log" 2>&1 &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "${missing[@]}" >>"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    exit 1
}
