#!/usr/bin/env python3
"""Compiles small programs with wrong policies and checks what the first error line says: the concept and the operation.

Usage: run.py [--self-test]
The first line of each program is `// first error: WORDS | WORDS`, all of which the first line with "error:" must
hold, or `// first error: none`: those must compile.
"""
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
COMPILERS = {"g++": "gch", "clang++-16": "pch"}  # and what they call a compiled header
FLAGS = ["-std=c++20", "-DHOLDFAST_SEPARATE_COMPILATION", f"-I{FOLDER.parents[1] / 'include'}"]
HEADERS = "#include <holdfast/checkpoint.hpp>\n#include <holdfast/model.hpp>\n#include <holdfast/storage/memory.hpp>\n"
FIRST_LINE = re.compile(r"// first error: (.+)\n")


def expected_words(program):
    """The words of the first line; none where the program is right."""
    found = FIRST_LINE.match(program.read_text(encoding="utf-8"))
    if not found:
        raise SystemExit(f"{program}: the first line is not `// first error: ...`")
    return [] if found[1] == "none" else [words.strip() for words in found[1].split("|")]


def first_error(output):
    return next((line for line in output.splitlines() if "error:" in line), "")


def compile_headers(compiler, header):
    """Most of the time goes into the library's headers: each compiler reads them once."""
    header.write_text(HEADERS, encoding="utf-8")
    compiled = f"{header}.{COMPILERS[compiler]}"
    subprocess.run([compiler, *FLAGS, "-x", "c++-header", header, "-o", compiled], check=True)


def first_objection(compiler, header, program):
    """What the compiler says first; nothing where it has no objection."""
    command = [compiler, *FLAGS, "-fsyntax-only", "-include", header, program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (first_error(done.stderr) or done.stderr or "no words") if done.returncode else ""


def complaint(compiler, header, program):
    words = expected_words(program)
    said = first_objection(compiler, header, program)
    if not words:
        return f"{compiler}, {program.name}: is right, and does not compile: {said}" if said else None
    if not said:
        return f"{compiler}, {program.name}: is wrong, and compiles"
    missing = [each for each in words if each not in said]
    return f"{compiler}, {program.name}: the first error lacks {missing}: {said}" if missing else None


def check(folder):
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as pool:
        header = Path(scratch, "headers.hpp")
        list(pool.map(lambda compiler: compile_headers(compiler, header), COMPILERS))
        cases = [(compiler, header, program) for program in sorted(folder.glob("*.cpp")) for compiler in COMPILERS]
        return len(cases), list(filter(None, pool.map(lambda case: complaint(*case), cases)))


def self_test():
    planted = {
        "wrong_but_expected_right": ("none", 'static_assert(false, "concept: no operation");'),
        "right_but_expected_wrong": ("concept", "int right;"),
        "other_words": ("concept | no other", 'static_assert(false, "concept: no operation");'),
        "second_line": ("concept", 'int first = nothing;\nstatic_assert(false, "concept: no operation");'),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, (words, code) in planted.items():
            Path(folder, name + ".cpp").write_text(f"// first error: {words}\n{code}\n", encoding="utf-8")
        good = '// first error: concept: | no op\nstatic_assert(false, "concept: no operation");\n'
        Path(folder, "good.cpp").write_text(good, encoding="utf-8")
        _, found = check(Path(folder))
    assert len(found) == len(planted) * len(COMPILERS), found
    assert all(any(name in line for line in found) for name in planted), found
    print(f"compile errors: found each of {len(planted)} planted mistakes with {' and '.join(COMPILERS)}")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    count, found = check(FOLDER)
    print("\n".join(found) or f"compile errors: {count} compilations say what they should")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
