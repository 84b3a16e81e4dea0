"""Runs s3_scenario, through a proxy of its own where requests are to be spoilt or counted, and looks at what it left."""

import hashlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from fault_proxy import FaultProxy
from s3_path import S3Path
from servers import without_aws

BIG = (10 << 20) + 1  # bytes: two parts of the least size that S3 allows, and one of a byte
LONGEST = 60  # seconds; whoever needs more hangs
CHECKPOINTS = "mf.checkpoints/checkpoints"


def content_of(number, big=False):
    """{relative path: bytes}; each number has a file that no other has. A big one needs an upload in parts."""
    return {
        "state.bin": hashlib.shake_256(b"state%d" % number).digest(BIG if big else 3000),
        "nested/config": b"number %d" % number,
        f"only {number}": b"",
    }


def tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@dataclass
class Outcome:
    """How a run ended: its JSON, its exit status, and the exchanges of its proxy."""

    said: dict
    status: int
    exchanges: list
    text: str

    @property
    def succeeded(self):
        return self.status == 0

    @property
    def error(self):
        return self.said["error"]


class Victim:
    """The process that a proxy kills."""

    def __init__(self):
        self.started = threading.Event()
        self.process = None

    def start(self, *arguments, **options):
        self.process = subprocess.Popen(*arguments, **options)
        self.started.set()
        return self.process

    def kill(self):
        assert self.started.wait(LONGEST)
        self.process.send_signal(signal.SIGKILL)


class Bench:
    """A bucket in which each scene has a prefix."""

    def __init__(self, folder, program, server, loop, workers=4):
        self.folder, self.program, self.server, self.loop = folder, program, server, loop
        self.bucket = server.new_bucket()
        self.client = server.client()
        self.workers = workers
        self.counter = itertools.count()
        self.sources, self.making = {}, threading.Lock()

    def source(self, number, big=False):
        """Made once: a file that is written again while it is saved would be one that changed."""
        with self.making:
            if (number, big) not in self.sources:
                self.sources[number, big] = self.make_source(number, big)
            return self.sources[number, big]

    def make_source(self, number, big):
        folder = self.folder / "sources" / f"{number}{'-big' if big else ''}"
        for name, content in content_of(number, big).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder

    def scene(self):
        return Scene(self, f"scene{next(self.counter)}")

    def each(self, numbers, check):
        """Runs `check(number)` for all of them, some at a time; the first failure comes back, after all have run."""
        with ThreadPoolExecutor(self.workers) as pool:
            running = [pool.submit(check, number) for number in numbers]
        for done in running:
            done.result()


class Scene:
    """The store below one prefix."""

    def __init__(self, bench, name):
        self.bench, self.name = bench, name
        self.root = S3Path(bench.client, bench.bucket, f"{name}/mf")
        self.scratch = bench.folder / name
        self.scratch.mkdir()
        self.loads = itertools.count()
        self.big = set()

    def run(self, *command, plan=None, **how):
        """Without a plan straight to the server, and no exchange is seen."""
        victim = Victim()
        if plan is None:
            return self.run_at(self.bench.server.endpoint, [], victim, *command, **how)
        with FaultProxy(self.bench.loop, self.bench.server, plan, kill=victim.kill) as proxy:
            return self.run_at(proxy.endpoint, proxy.exchanges, victim, *command, **how)

    def run_at(self, endpoint, exchanges, victim, *command, options=(), **variables):
        told = self.bench.server.environment() | {
            "HOME": str(self.scratch), "HOLDFAST_S3_URL": str(self.root), "AWS_ENDPOINT_URL_S3": endpoint,
        }
        process = victim.start(
            [self.bench.program, *map(str, options), *map(str, command)], cwd=self.scratch,
            env=without_aws(os.environ) | told | variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        try:
            out, err = process.communicate(timeout=LONGEST)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
        text = (out + err).decode()
        assert self.bench.server.secret_key not in text
        assert process.returncode in (0, 1, -signal.SIGKILL), f"{command}: {process.returncode}: {text}"
        return Outcome(json.loads(out) if out else None, process.returncode, exchanges, text)

    def save(self, number, big=False, layout="files", **how):
        if big:
            self.big.add(number)
        return self.run("save", self.bench.source(number, big), layout, number, **how)

    def expected(self, number):
        return tree(self.bench.source(number, number in self.big))

    def load_into_new(self, *command, **how):
        """Returns the outcome and the directory, of which nothing is left after a failure."""
        target = self.scratch / f"loaded{next(self.loads)}"
        outcome = self.run(*command, target, **how)
        if not outcome.succeeded:
            assert not target.exists(), "a failed load leaves nothing"
        return outcome, target

    def restored(self, **how):
        """The number of what a restart gets, whose bytes are checked."""
        outcome, target = self.load_into_new("restore", **how)
        assert outcome.succeeded, outcome
        assert tree(target) == self.expected(outcome.said["number"])
        return outcome.said["number"]

    def documents(self):
        """The documents that a list of the task reads, by boto3."""
        folder = self.root / CHECKPOINTS / "metadata/Faults/1/train/1"
        return [json.loads(path.read_text()) for path in folder.rglob("*.metadata")]

    def listed_and_whole(self):
        """The numbers of what is listed, oldest first; all of it must be there byte for byte, and nothing else."""
        documents = sorted(self.documents(), key=lambda document: document["version_id"])
        prefixes = []
        for document in documents:
            assert self.is_whole(document), f"{document['key']} is listed and not whole"
            prefixes.append(document["key"])
        artifacts = [self.relative(key) for key in (self.root / CHECKPOINTS / "artifacts").keys()]
        return [document["metadata"]["number"] for document in documents], [
            key for key in artifacts if not any(key == prefix or key.startswith(prefix + "/") for prefix in prefixes)
        ]

    def latest(self):
        """The number of what `latest` names."""
        return json.loads((self.root / CHECKPOINTS / "metadata/Faults/1/train/1/latest").read_text())["metadata"]["number"]

    def remove(self):
        """Behind the server's back, which is faster than its requests."""
        shutil.rmtree(self.bench.server.folder / "data" / self.bench.bucket / self.name, ignore_errors=True)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def relative(self, key):
        return key[len(self.root.key) + 1 :]

    def is_whole(self, document):
        number, data = document["metadata"]["number"], self.root / document["key"]
        by_key = document["key"].replace("/artifacts/", "/artifact_metadata/") + ".metadata"
        if not (self.root / by_key).is_file():
            return False
        if document["storage_format"] == "tar":
            return data.is_file() and data.size() == document["size"]
        return data.tree() == self.expected(number)
