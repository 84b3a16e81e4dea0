#!/usr/bin/env python3
"""Checks that each code block of the README stands, line for line, in a file that is compiled or built by the tests.

Usage: readme.py [--self-test | ROOT]
C++ blocks are looked for below examples/ and in tests/conformance/, CMake and meson blocks below tests/package/. Common indentation and the
blank lines at both ends do not count.
"""
import re
import sys
import textwrap
from pathlib import Path

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SOURCES = {
    "cpp": ["examples/**/*.cpp", "examples/**/*.hpp", "tests/conformance/*.cpp"],
    "cmake": ["tests/package/**/CMakeLists.txt"],
    "meson": ["tests/package/**/meson.build"],
}


def is_part_of(block, text):
    wanted = textwrap.dedent(block).strip("\n").split("\n")
    lines = text.split("\n")
    windows = (lines[at:at + len(wanted)] for at in range(len(lines) - len(wanted) + 1))
    return any(textwrap.dedent("\n".join(window)).split("\n") == wanted for window in windows)


def missing_blocks(readme, sources):
    """@param sources language -> the texts to look in"""
    return [
        f"README.md:{readme.count(chr(10), 0, match.start()) + 1}: this {match[1]} block stands in no checked file"
        for match in BLOCK.finditer(readme)
        if match[1] in sources and not any(is_part_of(match[2], text) for text in sources[match[1]])
    ]


def self_test():
    sources = {"cpp": ["int main() {\n    one();\n\n    two();\n}\n"]}
    assert not missing_blocks("```cpp\none();\n\ntwo();\n```\n```bash\nthree\n```\n", sources)
    assert missing_blocks("text\n```cpp\none();\nthree();\n```\n", sources)[0].startswith("README.md:2:")
    assert missing_blocks("```cpp\none();\ntwo();\n```\n", sources)
    print("readme: found each of 2 planted blocks")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    sources = {
        language: [path.read_text(encoding="utf-8") for pattern in patterns for path in root.glob(pattern)]
        for language, patterns in SOURCES.items()
    }
    readme = (root / "README.md").read_text(encoding="utf-8")
    found = missing_blocks(readme, sources)
    checked = sum(match[1] in sources for match in BLOCK.finditer(readme))
    print("\n".join(found) or f"readme: {checked} code blocks stand in checked files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
