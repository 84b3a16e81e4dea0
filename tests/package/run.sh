#!/usr/bin/env bash
# Builds and runs one consumer of the package.
# Usage: tests/package/run.sh KIND BUILD_DIR, where KIND is
#   find_package, add_subdirectory, fetch_content, meson_subproject, pkg_config or meson_installed
set -euo pipefail

kind=$1
build=$(realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$(dirname "$here")")
work=$build/package/$kind
prefix=$build/package/prefix
export CMAKE_GENERATOR=Ninja
rm -rf "$work"
mkdir -p "$work"

# logged NAME COMMAND…: its output is shown only when it fails
logged() {
    local log=$work/$1.log
    shift
    "$@" >"$log" 2>&1 || {
        cat "$log"
        return 1
    }
}

# The package is installed, then moved: nothing in it may know where it was.
install_and_move() {
    rm -rf "$prefix" "$work/before"
    logged install "$@"
    if grep -v "$work/before" "$work/install.log" | grep -E '(Installing|Up-to-date): |^Installing .* to '; then
        echo "installed outside the prefix" >&2
        return 1
    fi
    mv "$work/before" "$prefix"
}

copy_of_project() {
    mkdir -p "$1"
    cp -r "$root"/{CMakeLists.txt,meson.build,LICENSE,include} "$1"
}

repository_of_project() {
    copy_of_project "$1"
    git -C "$1" init --quiet --initial-branch=main
    git -C "$1" add .
    git -C "$1" -c user.name=consumer -c user.email=consumer@localhost commit --quiet --message copy
}

build_from_pkg_config() {
    make --quiet -C "$work" -f "$here/pkg_config/Makefile" consumer
}

run_consumer() {
    "$1" "$work/run"
    echo "$kind: saved, restored, the byte is right"
}

case $kind in
find_package)
    install_and_move cmake --install "$build" --prefix "$work/before"
    logged configure cmake -S "$here/find_package" -B "$work/build" "-DCMAKE_PREFIX_PATH=$prefix"
    logged compile cmake --build "$work/build"
    run_consumer "$work/build/consumer"
    ;;
pkg_config)
    install_and_move cmake --install "$build" --prefix "$work/before"
    PKG_CONFIG_PATH=$prefix/share/pkgconfig build_from_pkg_config
    run_consumer "$work/consumer"
    ;;
add_subdirectory)
    cp "$here/add_subdirectory/CMakeLists.txt" "$here/consumer.cpp" "$work"
    copy_of_project "$work/holdfast"
    logged configure cmake -S "$work" -B "$work/build"
    logged compile cmake --build "$work/build"
    run_consumer "$work/build/consumer"
    ;;
fetch_content)
    repository_of_project "$work/repository"
    logged configure cmake -S "$here/fetch_content" -B "$work/build" "-DHOLDFAST_REPOSITORY=file://$work/repository"
    logged compile cmake --build "$work/build"
    run_consumer "$work/build/consumer"
    ;;
meson_subproject)
    cp "$here/meson_subproject/meson.build" "$here/consumer.cpp" "$work"
    copy_of_project "$work/subprojects/holdfast"
    logged configure meson setup --wrap-mode=forcefallback "$work/build" "$work"
    logged compile meson compile -C "$work/build"
    run_consumer "$work/build/consumer"
    ;;
meson_installed)
    logged configure meson setup "$work/build" "$root" --prefix "$work/before"
    logged test meson test -C "$work/build"
    install_and_move meson install -C "$work/build"
    PKG_CONFIG_PATH=$prefix/share/pkgconfig build_from_pkg_config
    run_consumer "$work/consumer"
    ;;
*)
    echo "unknown consumer: $kind" >&2
    exit 2
    ;;
esac
