#!/usr/bin/env python3
"""Prints the lines of each header that were run, by what gcc's --coverage left below a build folder.

A line counts as run where any translation unit ran it. What was not run is written to BUILD_DIR/uncovered.txt, one
stretch a line, with the text of its first line.

Usage: coverage.py [--self-test | INCLUDE_DIR BUILD_DIR]
"""
import json
import os
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def run_gcov(data):
    done = subprocess.run(["gcov", "--json-format", "--stdout", str(data)], cwd=data.parent, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"gcov of {data}: {done.stderr.decode().strip()}")
    return json.loads(done.stdout)


def lines_below(unit, include_dir):
    """Of one translation unit: pairs of file and line below a folder, and how often the line was run."""
    folder = Path(unit["current_working_directory"])
    for entry in unit["files"]:
        path = Path(os.path.normpath(folder / entry["file"]))
        if path.is_relative_to(include_dir):
            name = path.relative_to(include_dir).as_posix()
            yield from (((name, line["line_number"]), line["count"]) for line in entry["lines"])


def merge(units, include_dir):
    """The lines with code of each file, and whether anything ran them."""
    found = defaultdict(dict)
    for unit in units:
        for (name, line), count in lines_below(unit, include_dir):
            found[name][line] = found[name].get(line, False) or count > 0
    return found


def drop_braces(found, include_dir):
    """A closing brace is no code; gcc puts the clean-up after an exception there."""
    for name, lines in found.items():
        text = (include_dir / name).read_text(encoding="utf-8").splitlines()
        for line in [line for line in lines if text[line - 1].strip() in ("}", "};")]:
            del lines[line]


def stretches(lines):
    """Uncovered lines as pairs of first and last; lines without code join what lies around them."""
    begin = end = None
    for line, is_covered in sorted(lines.items()):
        if is_covered and begin is not None:
            yield begin, end
            begin = None
        elif not is_covered:
            begin, end = (line if begin is None else begin), line
    if begin is not None:
        yield begin, end


def uncovered(found, include_dir):
    for name, lines in sorted(found.items()):
        text = (include_dir / name).read_text(encoding="utf-8").splitlines()
        for begin, end in stretches(lines):
            numbers = str(begin) if begin == end else f"{begin}-{end}"
            yield f"{name}:{numbers}: {text[begin - 1].strip()}"


def table(found):
    rows = [(name, sum(lines.values()), len(lines)) for name, lines in sorted(found.items())]
    rows.append(("total", sum(row[1] for row in rows), sum(row[2] for row in rows)))
    width = max(len(row[0]) for row in rows)
    return [f"{name:{width}} {covered:6} of {count:6} {100 * covered / max(count, 1):6.1f} %" for name, covered, count in rows]


def self_test():
    def unit(name, counts):
        lines = [{"line_number": number, "count": count} for number, count in counts.items()]
        return {"current_working_directory": "/build", "files": [{"file": name, "lines": lines}]}

    units = [unit("../src/a.hpp", {1: 2, 2: 0, 4: 0, 7: 0}), unit("/src/a.hpp", {2: 0, 4: 0, 5: 1, 7: 3, 9: 0}),
             unit("/usr/b.hpp", {1: 0})]
    found = merge(units, Path("/src"))
    assert found == {"a.hpp": {1: True, 2: False, 4: False, 5: True, 7: True, 9: False}}, found
    assert list(stretches(found["a.hpp"])) == [(2, 4), (9, 9)]
    assert table(found)[-1].split() == ["total", "3", "of", "6", "50.0", "%"]
    print("coverage: merged lines of two translation units")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    include_dir, build = (Path(argument).resolve() for argument in sys.argv[1:])
    data = sorted(build.rglob("*.gcda"))
    if not data:
        sys.exit(f"coverage: no test that was compiled with --coverage ran in {build}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = merge(pool.map(run_gcov, data), include_dir)
    drop_braces(found, include_dir)
    print("\n".join(table(found)))
    missing = list(uncovered(found, include_dir))
    listing = build / "uncovered.txt"
    listing.write_text("".join(line + "\n" for line in missing), encoding="utf-8")
    print(f"{len(missing)} stretches of lines that no test ran: {listing}")


if __name__ == "__main__":
    sys.exit(main())
