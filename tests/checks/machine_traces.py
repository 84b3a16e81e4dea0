#!/usr/bin/env python3
"""Checks that no file of the project names a path of one machine or the host of a package registry.

Usage: machine_traces.py [--self-test | ROOT]
"""
import re
import subprocess
import sys
from pathlib import Path

# joined from pieces, so that this file does not find itself
FOLDERS = "|".join(["wo" + "rk/", "ro" + "ot/", "ho" + "me/(?!ada\\b)"])  # ada is the tests' invented person
HOSTS = "|".join(re.escape(name + "." + end) for name, end in (
    ("py" + "pi", "org"), ("python" + "hosted", "org"), ("crates", "io"), ("registry.npm" + "js", "org"),
    ("proxy.go" + "lang", "org"), ("deb.deb" + "ian", "org"), ("maven" + ".apache", "org"), ("repo1.mav" + "en", "org"),
))
TRACE = re.compile(rf"(?<![\w.:/*?}}-])/(?:{FOLDERS})|\b(?:[\w-]+\.)*(?:{HOSTS})\b")


def traces_in(text):
    return [(text.count("\n", 0, match.start()) + 1, match.group()) for match in TRACE.finditer(text)]


def files_of(root):
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [root / name for name in names.split("\0") if name and (root / name).is_file()]


def check(root):
    found = []
    files = files_of(root)
    for path in files:
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{path.relative_to(root)}:{line}: {trace}" for line, trace in traces_in(text)]
    return found if files else ["no file found"]


def self_test():
    bad = ["cd /wo" "rk/x", '"/ro' 'ot/.cache"', "/ho" "me/adam/x", "https://py" "pi.org/simple", "files.python" "hosted.org"]
    for text in bad:
        assert traces_in("one\n" + text) and traces_in("one\n" + text)[0][0] == 2, text
    for text in ["s3://bucket/wo" "rk/x", "a/ho" "me/b", "/tmp/x", "PyPI", "/ho" "me/ada/x", "${HO" "ME}/ro" "ot/"]:
        assert not traces_in(text), text
    print(f"machine traces: found each of {len(bad)} planted ones")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = check(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
    print("\n".join(found) or "machine traces: none")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
