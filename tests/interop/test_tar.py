"""Our tar against Python's tarfile, GNU tar and bsdtar, in both directions, and against hostile archives."""

import gzip
import io
import os
import shutil
import stat
import subprocess
import tarfile
import zlib
from pathlib import Path

import pytest

from conftest import built


@pytest.fixture(scope="session")
def tar_tool():
    return built("tar_tool")


def other(name):
    found = shutil.which(name)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(f"{name} is missing", pytrace=False)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*command):
    """A run that must succeed and have nothing to say on stderr."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run([str(word) for word in command], capture_output=True, env=environment, check=False)
    assert done.returncode == 0 and done.stderr == b"", done.stderr.decode(errors="replace")
    return done.stdout.decode()


def snapshot(root):
    """What lies at and below a path: kind, mode, time in ns, content or target."""
    found = {}
    for path in [root, *root.rglob("*")]:
        name = path.relative_to(root).as_posix()
        status = path.lstat()
        if path.is_symlink():
            found[name] = ("link", 0o777, status.st_mtime_ns, os.readlink(path))
        elif path.is_dir():
            found[name] = ("directory", stat.S_IMODE(status.st_mode), status.st_mtime_ns, None)
        else:
            found[name] = ("file", stat.S_IMODE(status.st_mode), status.st_mtime_ns, path.read_bytes())
    return found


def check_equal(found, wanted, precision_ns, timeless=()):
    """Equal, but for the times of what `timeless` names (kinds and paths)."""
    assert found.keys() == wanted.keys()
    for name, (kind, mode, time, content) in wanted.items():
        assert (found[name][0], found[name][1], found[name][3]) == (kind, mode, content), name
        if kind not in timeless and name not in timeless:
            assert abs(found[name][2] - time) <= precision_ns, name


def write(path, content, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def set_times(root):
    for number, path in enumerate(sorted(root.rglob("*"), reverse=True)):
        time = 1_700_000_000_123_456_789 + 1_000_000_007 * number
        os.utime(path, ns=(time, time), follow_symlinks=False)
    os.utime(root, ns=(1_600_000_000_000_000_000, 1_600_000_000_000_000_000))


@pytest.fixture
def plain_tree(tmp_path):
    """What any format holds."""
    root = tmp_path / "plain"
    write(root / "a", b"content\n", 0o600)
    write(root / "d/e/run.sh", b"#!/bin/sh\n", 0o755)
    write(root / "d/block", bytes(range(256)) * 2)
    write(root / "d/large", os.urandom(300_000))
    write(root / "empty file", b"", 0o444)
    (root / "d/empty").mkdir()
    (root / "d/link").symlink_to("../a")
    os.link(root / "a", root / "d/z")
    (root / "d/e").chmod(0o750)
    root.chmod(0o711)
    set_times(root)
    return root


@pytest.fixture
def tree(plain_tree):
    """Also what needs PAX or GNU extensions."""
    write(plain_tree / ("n" * 100), b"100")
    write(plain_tree / ("n" * 101), b"101")
    write(plain_tree / "/".join(["deep" * 20] * 5) / ("m" * 255), b"deep")
    write(plain_tree / "日本語 ü\n-", "日本語".encode())
    write(plain_tree / "-leading dash", b"-")
    (plain_tree / ("p" * 120)).mkdir()
    (plain_tree / "long link").symlink_to("d/../" * 30 + "a")
    (plain_tree / "ü link").symlink_to("日本語 ü\n-")
    os.link(plain_tree / ("n" * 101), plain_tree / "zz")
    set_times(plain_tree)
    os.utime(plain_tree / "a", ns=(0, 1_500_000_001))
    return plain_tree


# --- what we write, they read


@pytest.mark.parametrize("form", ["tar", "tar.gz"])
def test_python_reads_ours(tar_tool, tree, tmp_path, form):
    run(tar_tool, "pack", tree, tmp_path / "ours", form)
    with tarfile.open(tmp_path / "ours", mode="r") as archive:
        archive.extractall(path=tmp_path / "out")
    check_equal(snapshot(tmp_path / "out"), snapshot(tree), precision_ns=1000, timeless=["link"])
    assert (tmp_path / "out/a").stat().st_ino == (tmp_path / "out/d/z").stat().st_ino


@pytest.mark.parametrize("program", ["tar", "bsdtar"])
@pytest.mark.parametrize("form", ["tar", "tar.gz"])
def test_tar_programs_read_ours(tar_tool, tree, tmp_path, form, program):
    run(tar_tool, "pack", tree, tmp_path / "ours", form)
    (tmp_path / "out").mkdir()
    run(other(program), "-xpf", tmp_path / "ours", "-C", tmp_path / "out")
    check_equal(snapshot(tmp_path / "out"), snapshot(tree), precision_ns=0,
                timeless=["."] if program == "bsdtar" else [])
    assert (tmp_path / "out/a").stat().st_ino == (tmp_path / "out/d/z").stat().st_ino


def members_of(path):
    with tarfile.open(path, mode="r") as archive:
        return {
            m.name: (m.type, m.size, m.linkname, m.mode, pytest.approx(float(m.mtime), abs=1e-6))
            for m in archive.getmembers()
        }


def test_python_reads_our_times_before_1970(tar_tool, tmp_path):
    write(tmp_path / "old", b"")
    os.utime(tmp_path / "old", ns=(0, -1_500_000_000))
    run(tar_tool, "pack", tmp_path / "old", tmp_path / "ours")
    assert members_of(tmp_path / "ours")["old"][-1] == -1.5


def test_members_equal_pythons(tar_tool, tree, tmp_path):
    run(tar_tool, "pack", tree, tmp_path / "ours")
    with tarfile.open(tmp_path / "theirs", mode="w") as archive:
        archive.add(tree, arcname="")
    ours, theirs = members_of(tmp_path / "ours"), members_of(tmp_path / "theirs")
    assert ours.pop(".") == theirs.pop("")
    assert ours == theirs


def test_a_single_file_is_one_member(tar_tool, tree, tmp_path):
    run(tar_tool, "pack", tree / "d/large", tmp_path / "ours")
    assert list(members_of(tmp_path / "ours")) == ["large"]


def test_the_end_is_pythons(tar_tool, plain_tree, tmp_path):
    run(tar_tool, "pack", plain_tree, tmp_path / "ours")
    size = (tmp_path / "ours").stat().st_size
    assert size % tarfile.RECORDSIZE == 0
    assert (tmp_path / "ours").read_bytes().endswith(bytes(1024))


@pytest.mark.parametrize("form", ["tar", "tar.gz"])
def test_the_same_tree_gives_the_same_bytes(tar_tool, tree, tmp_path, form):
    run(tar_tool, "pack", tree, tmp_path / "one", form)
    run("cp", "-a", tree, tmp_path / "copy")
    run(tar_tool, "pack", tmp_path / "copy", tmp_path / "two", form)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_files_are_the_files(tar_tool, plain_tree, tmp_path):
    run(tar_tool, "pack", plain_tree, tmp_path / "out", "files")
    names = {"a", "d/block", "d/e/run.sh", "d/large", "d/link", "d/z", "empty file"}
    found = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert {path.relative_to(tmp_path / "out").as_posix() for path in found} == names
    for name in names:
        assert (tmp_path / "out" / name).read_bytes() == (plain_tree / name).read_bytes()


# --- what they write, we read


def unpack(tar_tool, archive, directory):
    directory.mkdir()
    output = run(tar_tool, "unpack", archive, directory)
    return snapshot(directory), output


def add_with_python(tree, path, **options):
    with tarfile.open(path, **options) as archive:
        archive.add(tree, arcname="")


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_we_read_pythons(tar_tool, tree, tmp_path, form, mode):
    add_with_python(tree, tmp_path / "theirs", mode=mode, format=form)
    found, _ = unpack(tar_tool, tmp_path / "theirs", tmp_path / "out")
    wanted = snapshot(tree)
    wanted["."] = ("directory", 0o711 | 0o700, *wanted["."][2:])
    check_equal(found, wanted, precision_ns=1000 if form == tarfile.PAX_FORMAT else 1_000_000_000)


def test_we_read_pythons_ustar(tar_tool, plain_tree, tmp_path):
    add_with_python(plain_tree, tmp_path / "theirs", mode="w", format=tarfile.USTAR_FORMAT)
    check_equal(unpack(tar_tool, tmp_path / "theirs", tmp_path / "out")[0], snapshot(plain_tree), 1_000_000_000)


@pytest.mark.parametrize("program, form", [("tar", "gnu"), ("tar", "oldgnu"), ("tar", "posix"), ("bsdtar", "pax"),
                                           ("bsdtar", "gnutar")])
def test_we_read_long_names_of_tar_programs(tar_tool, tree, tmp_path, program, form):
    run(other(program), f"--format={form}", "-cf", tmp_path / "theirs", "-C", tree, ".")
    check_equal(unpack(tar_tool, tmp_path / "theirs", tmp_path / "out")[0], snapshot(tree),
                precision_ns=0 if form in ("posix", "pax") else 1_000_000_000)


@pytest.mark.parametrize("program, form", [("tar", "v7"), ("tar", "ustar"), ("bsdtar", "v7"), ("bsdtar", "ustar")])
def test_we_read_plain_formats_of_tar_programs(tar_tool, plain_tree, tmp_path, program, form):
    run(other(program), f"--format={form}", "-cf", tmp_path / "theirs", "-C", plain_tree, ".")
    check_equal(unpack(tar_tool, tmp_path / "theirs", tmp_path / "out")[0], snapshot(plain_tree), 1_000_000_000)


def test_we_read_a_ustar_prefix(tar_tool, tmp_path):
    name = "/".join(["part"] * 30) + "/file"
    write(tmp_path / "tree" / name, b"x")
    run(other("tar"), "--format=ustar", "-cf", tmp_path / "theirs", "-C", tmp_path / "tree", ".")
    assert b"././@LongLink" not in (tmp_path / "theirs").read_bytes()
    assert unpack(tar_tool, tmp_path / "theirs", tmp_path / "out")[0][name][3] == b"x"


def test_we_read_ours_and_say_what_was_in_it(tar_tool, tree, tmp_path):
    run(tar_tool, "pack", tree, tmp_path / "ours", "tar.gz")
    found, output = unpack(tar_tool, tmp_path / "ours", tmp_path / "out")
    check_equal(found, snapshot(tree), precision_ns=0)
    sizes = [line.split(" ", 2)[1:] for line in output.split("\n") if line.count(" ") >= 2]
    assert ["300000", "d/large"] in sizes and ["8", "d/z"] in sizes and ["0", "empty file"] in sizes


def test_several_gzip_members_are_one_archive(tar_tool, plain_tree, tmp_path):
    run(tar_tool, "pack", plain_tree, tmp_path / "ours")
    plain = (tmp_path / "ours").read_bytes()
    (tmp_path / "packed").write_bytes(gzip.compress(plain[:5000]) + gzip.compress(plain[5000:]))
    check_equal(unpack(tar_tool, tmp_path / "packed", tmp_path / "out")[0], snapshot(plain_tree), 0)


# --- what nobody should read


class Hostile:
    """An archive made member by member."""

    def __init__(self):
        self.buffer = io.BytesIO()
        self.archive = tarfile.open(fileobj=self.buffer, mode="w")

    def add(self, name, content=b"x", **fields):
        member = tarfile.TarInfo(name)
        member.size = len(content)
        for field, value in fields.items():
            setattr(member, field, value)
        self.archive.addfile(member, io.BytesIO(content))
        return self

    def other(self, kind, name, target="", **fields):
        return self.add(name, b"", type=kind, linkname=target, **fields)

    def raw(self, blocks):
        self.archive.fileobj.write(blocks)
        return self

    def bytes(self):
        self.archive.close()
        return self.buffer.getvalue()


LINK, HARD, DIRECTORY = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE
UNSAFE, CORRUPT, LARGE, UNSUPPORTED = "unsafe_path", "corrupt", "too_large", "unsupported"


def pax_member(**records):
    return Hostile().add("innocent", pax_headers=records)


def sealed(**fields):
    """A header block with raw field values, and the right checksum."""
    places = {"name": 0, "size": 124, "type": 156}
    block = bytearray(tarfile.TarInfo("member").tobuf(tarfile.USTAR_FORMAT))
    for field, value in fields.items():
        block[places[field] : places[field] + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def pax_block(text):
    return sealed(type=b"x", size=b"%011o\0" % len(text)) + text + bytes(-len(text) % 512)


HOSTILE = {
    "absolute": (UNSAFE, lambda: Hostile().add("/tmp/holdfast-evil")),
    "absolute with two slashes": (UNSAFE, lambda: Hostile().add("//tmp/holdfast-evil")),
    "parent": (UNSAFE, lambda: Hostile().add("../evil")),
    "parent further in": (UNSAFE, lambda: Hostile().add("a/b/../../../evil")),
    "parent at the end": (UNSAFE, lambda: Hostile().other(DIRECTORY, "a/..")),
    "long name with a parent": (UNSAFE, lambda: Hostile().add("d" * 150 + "/../../evil")),
    "PAX path with a parent": (UNSAFE, lambda: pax_member(path="../evil")),
    "absolute PAX path": (UNSAFE, lambda: pax_member(path="/tmp/holdfast-evil")),
    "NUL in a PAX path": (UNSAFE, lambda: pax_member(path="../evil\0innocent")),
    "link to the root": (UNSAFE, lambda: Hostile().other(LINK, "l", "/")),
    "link to a secret": (UNSAFE, lambda: Hostile().other(LINK, "l", "../secret")),
    "link out by PAX": (UNSAFE, lambda: Hostile().other(LINK, "l", "a", pax_headers={"linkpath": ".."})),
    "link, then a file through it": (UNSAFE, lambda: Hostile().other(LINK, "l", "..").add("l/evil")),
    "inner link, then a file through it": (
        UNSAFE, lambda: Hostile().other(DIRECTORY, "d", mode=0o755).other(LINK, "l", "d").add("l/evil")),
    "link, then a link through it": (UNSAFE, lambda: Hostile().other(LINK, "l", ".").other(LINK, "l/l", "..")),
    "link replaced by a file": (UNSAFE, lambda: Hostile().other(LINK, "l", "../secret").add("l", b"evil")),
    "link replaced by a directory": (
        UNSAFE, lambda: Hostile().other(LINK, "l", "..").other(DIRECTORY, "l").add("l/evil")),
    "directory replaced by a link": (
        UNSAFE, lambda: Hostile().other(DIRECTORY, "d", mode=0o755).other(LINK, "d", "..").add("d/evil")),
    "links that leave together": (
        UNSAFE, lambda: Hostile().other(LINK, "a/b/c", "../..").other(LINK, "out", "a/b/c/../secret")),
    "a deep chain of links": (
        UNSAFE, lambda: Hostile().other(LINK, "a/1", ".").other(LINK, "a/2", "1/1").other(LINK, "a/3", "2/2/../..")),
    "hard link outside": (UNSAFE, lambda: Hostile().other(HARD, "h", "../secret")),
    "hard link to an absolute path": (UNSAFE, lambda: Hostile().other(HARD, "h", "/etc/passwd")),
    "hard link outside, then a file over it": (
        UNSAFE, lambda: Hostile().other(HARD, "h", "../secret").add("h", b"evil")),
    "hard link to a link": (UNSAFE, lambda: Hostile().other(LINK, "l", "a").other(HARD, "h", "l")),
    "hard link to a directory": (UNSAFE, lambda: Hostile().other(DIRECTORY, "d").other(HARD, "h", "d")),
    "hard link below a link": (
        UNSAFE, lambda: Hostile().add("a").other(LINK, "l", ".").other(HARD, "l/h", "a")),
    "hard link to nothing": (CORRUPT, lambda: Hostile().other(HARD, "h", "later").add("later")),
    "character device": (UNSAFE, lambda: Hostile().other(tarfile.CHRTYPE, "c", devmajor=1, devminor=3)),
    "block device": (UNSAFE, lambda: Hostile().other(tarfile.BLKTYPE, "b", devmajor=8)),
    "pipe": (UNSAFE, lambda: Hostile().other(tarfile.FIFOTYPE, "p")),
    "file below a file": (UNSAFE, lambda: Hostile().add("f").add("f/g")),
    "directory over a file": (UNSAFE, lambda: Hostile().add("f").other(DIRECTORY, "f")),
    "file over a directory": (UNSAFE, lambda: Hostile().add("d/f").add("d")),
    "GNU sparse": (UNSUPPORTED, lambda: Hostile().raw(sealed(type=b"S"))),
    "PAX sparse": (UNSUPPORTED, lambda: pax_member(**{"GNU.sparse.major": "1", "GNU.sparse.minor": "0"})),
    "unknown type": (UNSUPPORTED, lambda: Hostile().raw(sealed(type=b"Q"))),
    "huge size": (LARGE, lambda: Hostile().raw(sealed(size=b"77777777777\0"))),
    "huge size to the base 256": (LARGE, lambda: Hostile().raw(sealed(size=b"\x80" + bytes(4) + b"\x40" + bytes(6)))),
    "absurd size": (CORRUPT, lambda: Hostile().raw(sealed(size=b"\x80" + b"\xff" * 11))),
    "negative size": (CORRUPT, lambda: Hostile().raw(sealed(size=b"\xff" * 12))),
    "PAX size that lies": (CORRUPT, lambda: pax_member(size="1000000")),
    "negative PAX size": (CORRUPT, lambda: pax_member(size="-1")),
    "PAX record beyond its header": (CORRUPT, lambda: Hostile().raw(pax_block(b"999 path=evil\n"))),
    "PAX record of no length": (CORRUPT, lambda: Hostile().raw(pax_block(b"path=evil\n"))),
    "PAX header without a member": (CORRUPT, lambda: Hostile().raw(pax_block(b"13 path=evil\n"))),
    "huge PAX header": (LARGE, lambda: Hostile().raw(sealed(type=b"x", size=b"00010000000\0"))),
    "name longer than any path": (LARGE, lambda: Hostile().add("n" * 5000)),
    "a directory with no end": (LARGE, lambda: Hostile().add("d/" * 3000 + "f")),
    "wrong checksum": (CORRUPT, lambda: Hostile().raw(sealed(name=b"evil")[:256] + b"!" + sealed()[257:])),
    "a file for a directory's name": (CORRUPT, lambda: Hostile().add(".")),
}

LIMIT = 1_000_000


class Target:
    """A directory to unpack into, and things beside it that must not change."""

    def __init__(self, tar_tool, base):
        self.tar_tool, self.base, self.directory = tar_tool, base, base / "target"
        self.directory.mkdir(parents=True)
        write(base / "secret", b"secret", 0o600)
        write(base / "beside/file", b"untouched")
        set_times(base)
        self.before = self.outside()

    def outside(self):
        return {name: seen for name, seen in snapshot(self.base).items() if name.split("/")[0] not in (".", "target")}

    def refuses(self, archive, kind, limit=LIMIT):
        (self.base.parent / "archive").write_bytes(archive)
        done = subprocess.run([self.tar_tool, "unpack", self.base.parent / "archive", self.directory, str(limit)],
                              capture_output=True, check=False)
        assert done.stderr.decode(errors="replace").split(":")[0] == kind
        assert done.returncode == (4 if kind in (UNSAFE, CORRUPT) else 1)
        assert self.outside() == self.before
        assert not os.path.lexists("/tmp/holdfast-evil")
        for path in self.directory.rglob("*"):
            assert path.is_symlink() or path.is_dir() or path.is_file()
            assert self.directory.resolve() in path.resolve().parents


@pytest.fixture
def target(tar_tool, tmp_path):
    return Target(tar_tool, tmp_path / "base")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_are_refused(target, name):
    kind, make = HOSTILE[name]
    target.refuses(make().bytes(), kind)


@pytest.mark.parametrize("name", ["parent", "link to a secret", "hard link outside"])
def test_hostile_archives_are_refused_when_compressed(target, name):
    kind, make = HOSTILE[name]
    target.refuses(gzip.compress(make().bytes()), kind)


def test_a_cut_archive_is_corrupt_wherever_it_is_cut(tar_tool, tmp_path):
    hostile = Hostile().add("a", b"content", mtime=1.5).add("b" * 150, bytes(1500)).other(LINK, "l", "a")
    whole = hostile.bytes().rstrip(b"\0")
    whole += bytes(-len(whole) % 512)
    for number, size in enumerate(range(0, len(whole) + 1, 512)):
        Target(tar_tool, tmp_path / str(number) / "base").refuses(whole[:size], CORRUPT)


def test_a_bomb_stops_at_the_limit(target):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(sealed(size=b"%011o\0" % (1 << 30)))
    for _ in range(64):
        packed += packer.compress(bytes(1 << 20))
    target.refuses(packed + packer.flush(), LARGE)
    assert not any(target.directory.iterdir())


def test_many_small_files_stop_at_the_limit(target):
    hostile = Hostile()
    for number in range(12):
        hostile.add(f"f{number}", bytes(100_000))
    target.refuses(hostile.bytes(), LARGE)
    assert sum(path.stat().st_size for path in target.directory.iterdir()) <= LIMIT


@pytest.mark.parametrize("mode", ["w:bz2", "w:xz"])
def test_other_compressions_are_unsupported(target, tmp_path, mode):
    write(tmp_path / "tree/f", b"x")
    add_with_python(tmp_path / "tree", tmp_path / "theirs", mode=mode)
    target.refuses((tmp_path / "theirs").read_bytes(), UNSUPPORTED)


@pytest.mark.parametrize("options", [["--format=gnu"], ["--format=posix"], ["--format=posix", "--sparse-version=0.0"],
                                     ["--format=posix", "--sparse-version=0.1"]])
def test_sparse_files_are_unsupported(target, tmp_path, options):
    (tmp_path / "tree").mkdir()
    with open(tmp_path / "tree/sparse", "wb") as file:
        file.seek(1 << 20)
        file.write(b"end")
    run(other("tar"), *options, "-S", "-cf", tmp_path / "theirs", "-C", tmp_path / "tree", ".")
    target.refuses((tmp_path / "theirs").read_bytes(), UNSUPPORTED)


def test_links_that_python_keeps_and_we_refuse(tar_tool, tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/l").symlink_to(Path("/etc/passwd"))
    done = subprocess.run([tar_tool, "pack", tmp_path / "tree", tmp_path / "ours", "tar", "keep"], capture_output=True,
                          check=False)
    assert done.returncode == 4 and done.stderr.startswith(b"unsafe_path: ")
    assert not (tmp_path / "ours").exists()
