#!/usr/bin/env python3
"""Checks that holdfast.hpp includes every public header and src.hpp every body.

A header in a folder within a room (storage/s3/wire.hpp) is a part of the one beside the folder, which includes it.

Usage: lists.py [--self-test | INCLUDE_DIR]
"""
import re
import sys
import tempfile
from pathlib import Path

NOT_IN_UMBRELLA = re.compile(r"detail/.*|[^/]+/.+/.*|(holdfast|src)\.hpp")


def includes_of(path):
    return set(re.findall(r"^#include <holdfast/([^>]+)>", path.read_text(encoding="utf-8"), re.MULTILINE))


def check(include_dir):
    root = include_dir / "holdfast"
    names = {kind: {path.relative_to(root).as_posix() for path in root.rglob("*." + kind)} for kind in ("hpp", "ipp")}
    public = {name for name in names["hpp"] if not NOT_IN_UMBRELLA.fullmatch(name)}
    found = []
    for listing, wanted in (("holdfast.hpp", public), ("src.hpp", names["ipp"])):
        listed = includes_of(root / listing)
        found += [f"{listing} lacks {name}" for name in sorted(wanted - listed)]
        found += [f"{listing} has {name}, which is no part of it" for name in sorted(listed - wanted)]
    return found


def self_test():
    files = {
        "holdfast.hpp": "#include <holdfast/core/a.hpp>\n",
        "src.hpp": "#include <holdfast/core/impl/a.ipp>\n",
        "core/a.hpp": "",
        "core/impl/a.ipp": "",
        "detail/b.hpp": "",
        "core/a/part.hpp": "",
    }
    planted = [{"core/c.hpp": ""}, {"core/impl/c.ipp": ""}, {"core/a/impl/c.ipp": ""}, {"src.hpp": ""}, {"holdfast.hpp": ""},
               {"holdfast.hpp": files["holdfast.hpp"] + "#include <holdfast/detail/b.hpp>\n"}]
    for extra, expected in [({}, False), *((extra, True) for extra in planted)]:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (files | extra).items():
                path = Path(folder, "holdfast", name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            assert bool(check(Path(folder))) == expected, extra
    print(f"lists: found each of {len(planted)} planted gaps")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = check(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "include")
    print("\n".join(found) or "lists: holdfast.hpp and src.hpp are complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
