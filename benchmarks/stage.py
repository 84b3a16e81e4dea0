"""The files that are saved, and what stands in a store before it is loaded."""

import itertools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from contenders import Copy, GnuTar, Holdfast, Job, LocalHoldfast, LocalMetaflow, Metaflow, clean_environment, store_of

FOLDERS = 100
DOCUMENTS = ("documents", "few_documents")
LEFT_FREE = 256 * 2**20  # bytes; nothing that has to be got at once waits for the page cache to shrink


class Stage:
    """Makes each source once, and a fresh path and key for each run."""

    def __init__(self, scratch, options):
        self.scratch, self.options = scratch, options
        self.home = scratch / "home"
        self.home.mkdir()
        self.numbers = itertools.count()
        self.made = {}
        self.prepared = set()

    def source(self, kind, pattern):
        """The path, the number of files, and their bytes."""
        if kind not in self.made:
            self.made[kind] = self.make(kind, pattern)
        return self.made[kind]

    def make(self, kind, pattern):
        options = self.options
        if kind == "big":
            path = self.scratch / "big"
            write_pattern(path, options.size, pattern)
            return path, 1, options.size
        if kind == "folder":
            path = self.scratch / "folder"
            path.mkdir()
            big = self.source("big", pattern)[0]
            os.link(big, path / "weights.bin")
            return path, 1, options.size
        if kind == "parts":
            path = self.scratch / "parts"
            path.mkdir()
            for number in range(8):
                write_pattern(path / f"part{number}", options.size // 8, pattern)
            return path, 8, options.size // 8 * 8
        count, size = {"small": (options.files, 214_000), "tiny": (options.files, 4096), "eight": (8, 600)}[kind]
        path = self.scratch / kind
        content = pattern[: size - 8]
        for number in range(count):
            folder = path / f"d{number % FOLDERS:03}" if kind != "eight" else path
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"f{number:05}").write_bytes(b"%08d" % number + content)
        return path, count, count * size

    def fresh_path(self, is_folder):
        path = self.scratch / "targets" / str(next(self.numbers))
        path.parent.mkdir(exist_ok=True)
        if is_folder:
            path.mkdir()
        return path

    def fresh_key(self):
        return f"save-{next(self.numbers)}"

    def checkpoints(self, work):
        """How many are in the store that is listed."""
        return self.options.few_checkpoints if work.loads == "few_documents" else self.options.checkpoints

    def sparse(self, size):
        path = self.scratch / f"sparse-{size}"
        if not path.exists():
            with open(path, "wb") as file:
                file.truncate(size)
        return path

    def prepare(self, work, contender, server, tools, pattern):
        """Stores what `contender` loads, once, and returns its key."""
        kind = "plain"
        if isinstance(contender, Metaflow) and work.loads not in ("eight", *DOCUMENTS):
            kind = "metaflow"
        elif contender.verb == "load" or work.loads in DOCUMENTS:
            kind = "holdfast"
        key = f"setup-{work.loads}-{kind}"
        if (server.endpoint, work.bucket, key) in self.prepared or work.loads == "":
            return key
        source = self.source(work.source, pattern)[0]
        is_file = source.is_file()
        suffix = "_tar" if work.loads == "tar" else ""
        writer = {
            "plain": Holdfast("put" if is_file or work.loads == "one" else "put_tree", "crc32c"),
            "metaflow": Metaflow("save" + suffix),
            "holdfast": Holdfast("save" + suffix, "crc32c"),
        }[kind]
        path = source / "f00000" if work.loads == "one" else source
        job = Job(server, work.bucket, key, str(path), self.home)
        run_quietly(writer, job, tools)
        if work.loads in DOCUMENTS:
            run_quietly(Holdfast("multiply", "none", last=str(self.checkpoints(work))), job, tools)
        self.prepared.add((server.endpoint, work.bucket, key))
        return key

    def prepare_local(self, work, contender, server, tools, pattern):
        """The same in a folder; a plain copy and an archiver read the source and `local_tar`."""
        if isinstance(contender, (Copy, GnuTar)):
            return ""
        of_python = isinstance(contender, LocalMetaflow) and work.loads != "documents"
        key = f"setup-{work.source}-{work.loads}-{'metaflow' if of_python else 'holdfast'}"
        if key not in self.prepared:
            verb = "save_tar" if work.loads == "tar" else "save"
            writer = LocalMetaflow(verb) if of_python else LocalHoldfast(verb, "crc32c")
            job = Job(server, work.bucket, key, str(self.source(work.source, pattern)[0]), self.home)
            run_quietly(writer, job, tools)
            if work.loads == "documents":
                multiply_document(store_of(job), self.checkpoints(work))
            self.prepared.add(key)
        return key

    def local_tar(self, folder):
        path = self.scratch / f"{folder.name}.tar"
        if not path.exists():
            subprocess.run(["tar", "-cf", str(path), "-C", str(folder), "."], check=True)
        return path


def run_quietly(contender, job, tools):
    command = [str(word) for word in contender.command(job, tools)]
    surroundings = {**clean_environment(job), **contender.environment(job)}
    done = subprocess.run(command, env=surroundings, cwd=job.home, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{contender.name} {contender.verb}: {done.stderr.strip()[-2000:]}")


def write_pattern(path, size, pattern):
    with open(path, "wb") as file:
        for offset in range(0, size, len(pattern)):
            file.write(pattern[: size - offset])


def multiply_document(store, count):
    """Makes of the one checkpoint that was saved `count` versions, as far as lists look."""
    (first,) = store.glob("mf.checkpoints/checkpoints/metadata/**/*.0.metadata")
    document = json.loads(first.read_text())
    names = {field: document[field].removesuffix(".0") for field in ("key", "url")}
    for version in range(1, count):
        document.update({field: f"{name}.{version}" for field, name in names.items()}, version_id=version)
        first.with_name(first.name.replace(".0.metadata", f".{version}.metadata")).write_text(json.dumps(document))


def fill_page_cache(scratch):
    """Reads holes of sparse files, which stay, until little memory is free.

    A guest's kernel gives free memory back to its host within seconds, and the first touch of it later costs ten times
    the work that is measured. What a run takes instead is memory of the page cache, which the host has left here.
    """
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with tempfile.NamedTemporaryFile(dir=scratch, prefix="cached-", buffering=0, delete=False) as file:
        file.truncate(max(free - LEFT_FREE, 0))
        buffer = bytearray(4 << 20)
        while file.readinto(buffer):
            pass


def remove(path):
    shutil.rmtree(path, ignore_errors=True) if Path(path).is_dir() else Path(path).unlink(missing_ok=True)
