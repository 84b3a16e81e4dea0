#!/usr/bin/env python3
"""Shows what a file with only checkpoint.hpp and storage/local.hpp costs, and that it includes no networking.

Usage: include_cost.py [--self-test | INCLUDE_DIR]
"""
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEADERS = ["holdfast/checkpoint.hpp", "holdfast/storage/local.hpp"]
FORBIDDEN = re.compile(r"/boost/(asio|beast)[/.]|/openssl/ssl\.h")


def compiler(include_dir):
    return [os.environ.get("CXX", "g++"), "-std=c++20", f"-I{include_dir}"]


def included_by(source, include_dir):
    rule = subprocess.run([*compiler(include_dir), "-M", source], check=True, capture_output=True, text=True).stdout
    return rule.replace("\\\n", " ").split()[2:]


def measure(headers, include_dir):
    """The included files, the forbidden ones among them, and the seconds that a compilation takes."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "user.cpp")
        source.write_text("".join(f"#include <{header}>\n" for header in headers), encoding="utf-8")
        files = included_by(source, include_dir)
        start = time.monotonic()
        subprocess.run([*compiler(include_dir), "-c", source, "-o", Path(folder, "user.o")], check=True)
        return files, [name for name in files if FORBIDDEN.search(name)], time.monotonic() - start


def self_test():
    assert measure(["boost/asio/error.hpp"], "include")[1], "Boost.Asio was not found"
    assert not measure(["boost/json/fwd.hpp"], "include")[1]
    print("include cost: found the planted Boost.Asio header")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    include_dir = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "include"
    files, forbidden, seconds = measure(HEADERS, include_dir)
    ours = [name for name in files if "/holdfast/" in name]
    boost = [name for name in files if "/boost/" in name]
    print(f"include cost of {' + '.join(HEADERS)}: {seconds:.1f} s without optimization; {len(files)} headers,"
          f" {len(ours)} of them ours, {len(boost)} of Boost")
    print("\n".join(f"must not be included: {name}" for name in forbidden) or "no Boost.Asio, Boost.Beast or TLS in it")
    return 1 if forbidden else 0


if __name__ == "__main__":
    sys.exit(main())
