#!/usr/bin/env python3
"""Checks the include graph: who may see whom, no cycle, one door to the system, one C library a file.

Usage: layers.py [--self-test | INCLUDE_DIR]
A header and its `impl/*.ipp` count as one unit; a body with no header of its name belongs to the header that it
includes first.
"""
import re
import sys
import tempfile
from pathlib import Path

# room -> rooms that it may include besides itself
ROOMS = {
    "detail": set(),
    "core": {"detail"},
    "storage": {"core", "detail"},
    "archive": {"core", "detail"},
    "cache": {"core", "detail"},
    "metaflow": {"core", "detail"},
    "http": {"core", "detail"},
    "auth": {"http", "core", "detail"},
    "artifact": {"storage", "archive", "cache", "metaflow", "core", "detail"},
    "component": {"artifact", "storage", "archive", "cache", "metaflow", "core", "detail"},
}
# what a unit may see beyond its room's row
EXCEPTIONS = {
    "detail": {"core/error", "core/byte_stream"},
    "artifact": {"reference"},
    "storage/s3": {"http", "auth"},
    "storage/gcs": {"http", "auth"},
    "storage/azure": {"http", "auth"},
    "hugging_face_hub": {"http", "auth/hugging_face"},
    "default_storage": {"storage/open", "storage/any", "storage/s3", "auth/aws_credentials"},
}
BACKENDS = {f"storage/{name}" for name in ("memory", "local", "s3", "gcs", "azure", "any", "open")}
UMBRELLAS = {"holdfast", "src"}
FREE = {"version", "fwd"}

SYSTEM = re.compile(
    r"(sys|linux|arpa|net|netinet|asm)/.*|(aio|dirent|dlfcn|fcntl|ftw|glob|grp|mntent|netdb|poll|pthread|pwd|sched"
    r"|semaphore|signal|spawn|syscall|termios|ucontext|unistd|utime|windows)\.h"
)
DOORS = {"detail/system", "detail/beneath", "detail/socket", "detail/process"}
C_LIBRARIES = {"OpenSSL": re.compile(r"openssl/"), "zlib": re.compile(r"z(lib|conf)\.h")}
NETWORK = re.compile(r"boost/(asio|beast)[/.]")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def unit_of(path):
    """`detail/impl/system.ipp` and `detail/system.hpp` are both `detail/system`."""
    return re.sub(r"(^|/)impl/", r"\1", path).rsplit(".", 1)[0]


def room_of(unit):
    return unit.split("/", 1)[0] if "/" in unit else "component"


def read_includes(root):
    """Per file: what it includes; names of ours without their first folder, others behind a `<`."""
    def include(name):
        return name.removeprefix("holdfast/") if name.startswith("holdfast/") else "<" + name

    return {
        path.relative_to(root).as_posix(): [include(name) for name in INCLUDE.findall(path.read_text(encoding="utf-8"))]
        for path in sorted([*root.rglob("*.hpp"), *root.rglob("*.ipp")])
    }


def read_units(include_dir):
    """Per unit: the units of ours and the outside headers that it includes."""
    files = read_includes(include_dir / "holdfast")

    def owner(name):
        unit = unit_of(name)
        if name.endswith(".ipp") and unit + ".hpp" not in files:
            return next((unit_of(first) for first in files.get(name, []) if first[0] != "<"), unit)
        return unit

    units = {}
    for name, includes in files.items():
        ours, outside = units.setdefault(owner(name), (set(), set()))
        ours.update(owner(other) for other in includes if other[0] != "<")
        outside.update(other[1:] for other in includes if other[0] == "<")
        ours.discard(owner(name))
    return units


def within(unit, names):
    """Whether one of the names is the unit or a folder above it."""
    return any(unit == name or unit.startswith(name + "/") for name in names)


def may_see(unit, other):
    if unit in UMBRELLAS or other in FREE:
        return True
    if other in UMBRELLAS or unit in FREE:
        return False
    room = room_of(unit)
    allowed = [names for key, names in EXCEPTIONS.items() if within(unit, {key})]
    if any(within(other, names) for names in allowed):
        return True
    if room in {"component", "artifact"} and within(other, BACKENDS):
        return False
    return room_of(other) == room or room_of(other) in ROOMS[room]


def find_cycle(units):
    """A list of units that include each other in a ring, or an empty list."""
    done = set()
    path = []

    def walk(unit):
        if unit in path:
            return path[path.index(unit):] + [unit]
        if unit in done:
            return []
        path.append(unit)
        for other in sorted(units.get(unit, (set(),))[0]):
            if ring := walk(other):
                return ring
        path.pop()
        done.add(unit)
        return []

    return next((ring for ring in map(walk, sorted(units)) if ring), [])


def violations_of(unit, ours, outside, units):
    room = room_of(unit)
    if room not in ROOMS:
        yield f"{unit}: no row in the table for the room {room}/"
        return
    for other in sorted(ours):
        if other not in units:
            yield f"{unit} includes {other}, which does not exist"
        elif not may_see(unit, other):
            yield f"{unit} must not include {other}"
    libraries = [name for name, header in C_LIBRARIES.items() if any(map(header.match, outside))]
    if len(libraries) > 1:
        yield f"{unit} uses more than one C library: {', '.join(libraries)}"
    if libraries and room not in {"detail", "auth", "http"}:
        yield f"{unit} uses {libraries[0]}; only detail/, auth/ and http/ may"
    for header in sorted(outside):
        if SYSTEM.fullmatch(header) and unit not in DOORS:
            yield f"{unit} includes <{header}>; only {' and '.join(sorted(DOORS))} may"
        if NETWORK.match(header) and room not in {"http", "component"}:
            yield f"{unit} includes <{header}>; only http/ and the components' async forms may"


def check(include_dir):
    units = read_units(include_dir)
    if not units:
        return ["no headers found"]
    found = [text for unit, (ours, outside) in units.items() for text in violations_of(unit, ours, outside, units)]
    if ring := find_cycle(units):
        found.append("cycle: " + " -> ".join(ring))
    return found


GOOD = {
    "core/a.hpp": "#include <holdfast/detail/d.hpp>\n#include <holdfast/core/impl/a.ipp>",
    "core/impl/a.ipp": "#include <holdfast/core/a.hpp>\n#include <holdfast/core/impl/a_part.ipp>",
    "core/impl/a_part.ipp": "#include <holdfast/core/a.hpp>",
    "core/error.hpp": "#include <string>",
    "detail/d.hpp": "#include <zlib.h>\n#include <holdfast/core/error.hpp>",
    "detail/system.hpp": "#include <unistd.h>",
    "storage/local.hpp": "#include <holdfast/core/a.hpp>",
    "metaflow/m.hpp": "#include <holdfast/core/a.hpp>",
    "checkpoint.hpp": "#include <holdfast/metaflow/m.hpp>",
    "holdfast.hpp": "#include <holdfast/storage/local.hpp>",
}
# each is added to GOOD and has to be found
BAD = [
    {"core/b.hpp": "#include <holdfast/storage/local.hpp>"},
    {"detail/b.hpp": "#include <holdfast/core/a.hpp>"},
    {"storage/b.hpp": "#include <holdfast/metaflow/m.hpp>"},
    {"metaflow/b.hpp": "#include <holdfast/storage/local.hpp>"},
    {"archive/b.hpp": "#include <holdfast/metaflow/m.hpp>"},
    {"artifact/b.hpp": "#include <holdfast/checkpoint.hpp>"},
    {"model.hpp": "#include <holdfast/storage/local.hpp>"},
    {"core/b.hpp": "#include <holdfast/core/c.hpp>", "core/c.hpp": "#include <holdfast/core/b.hpp>"},
    {"core/b.hpp": "", "core/impl/b.ipp": "#include <holdfast/core/c.hpp>",
     "core/c.hpp": "#include <holdfast/core/b.hpp>"},
    {"core/b.hpp": "#include <sys/stat.h>"},
    {"core/b.hpp": "#include <zlib.h>"},
    {"detail/b.hpp": "#include <zlib.h>\n#include <openssl/evp.h>"},
    {"storage/b.hpp": "#include <boost/asio/io_context.hpp>"},
    {"core/b.hpp": "#include <holdfast/core/absent.hpp>"},
    {"core/impl/a_part.ipp": "#include <holdfast/core/a.hpp>\n#include <holdfast/storage/local.hpp>"},
    {"cellar/b.hpp": ""},
    {"core/b.hpp": "#include <holdfast/holdfast.hpp>"},
]


def check_tree(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, "holdfast", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return check(Path(folder))


def self_test():
    assert check_tree(GOOD) == [], check_tree(GOOD)
    for extra in BAD:
        assert check_tree(GOOD | extra), f"not found: {extra}"
    print(f"layers: found each of {len(BAD)} planted violations")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    include_dir = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "include"
    found = check(include_dir)
    print("\n".join(found) or f"layers: {len(read_units(include_dir))} units, no violation, no cycle")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
