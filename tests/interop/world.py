"""What the interop tests are made of: stores, projects, the tool, and a process that answers as Python does."""

import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FLOWS = Path(__file__).parent / "flows"
CHECKPOINTS = "mf.checkpoints/checkpoints"

RICH_METADATA = {
    "nan": float("nan"),
    "infinity": float("inf"),
    "minus infinity": float("-inf"),
    "big": 2**70,
    "minus big": -(2**70),
    "largest unsigned": 2**64 - 1,
    "smallest signed": -(2**63),
    "float": 0.1,
    "whole float": 3.0,
    "sixteen": 1e16,
    "tiny": 5e-324,
    "huge": 1.7976931348623157e308,
    "minus zero": -0.0,
    "int": 3,
    "yes": True,
    "nothing": None,
    "text": "Grüße ☃ 😀 \"quoted\" \\ back\nline\ttab \u2028 \u007f",
    "ключ": "значение",
    "": "empty key",
    "nested": {"list": [1, 2.5, "drei", None, [[]], {}], "deeper": {"nan": float("nan"), "b": {"a": {}}}},
}


def rich_tree(folder, seed=0):
    """A directory with every kind of name and size that a checkpoint may hold. The seed changes every content."""
    contents = {
        "weights.bin": hashlib.shake_256(b"weights%d" % seed).digest(300_001),
        "empty": b"",
        "one byte": bytes([seed % 256]),
        ".hidden": b"hidden %d" % seed,
        "nested/deeper/deepest/leaf.txt": b"leaf %d\n" % seed,
        "nested/Grüße – ☃ 😀.txt": f"Grüße {seed}".encode(),
        "データ/模型.bin": hashlib.shake_256(b"model%d" % seed).digest(4096),
        "it's 100% \"odd\" + #more [x] & y;z.txt": b"odd %d" % seed,  # no '?': Metaflow's S3 client cuts a key there
        "l" * 120 + "/" + "m" * 130: b"long %d" % seed,
    }
    for name, content in contents.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (Path(folder) / "one byte").chmod(0o755)
    (Path(folder) / "hollow" / "inner").mkdir(parents=True, exist_ok=True)
    return Path(folder)


def tree(folder, directories=False):
    """{relative path: bytes}, through links; with `directories`, those too, as None."""
    if hasattr(folder, "tree"):
        return folder.tree()
    found = {}
    for parent, names, files in os.walk(folder, followlinks=True):
        for name in files:
            path = Path(parent) / name
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
        if directories:
            found.update({(Path(parent) / name).relative_to(folder).as_posix(): None for name in names})
    return found


def remove_tree(folder):
    folder.remove_tree() if hasattr(folder, "remove_tree") else shutil.rmtree(folder)


def write_tree(folder, contents):
    for name, content in contents.items():
        path = folder / name
        if isinstance(path, Path):
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def copy_tree(folder, target):
    """Into a target that is empty or missing."""
    if hasattr(folder, "copy_tree"):
        folder.copy_tree(target)
    else:
        shutil.copytree(folder, target, dirs_exist_ok=True)


def canonical(document):
    """Equal texts mean equal documents: NaN is itself, 1 is not 1.0, True is not 1."""
    return json.dumps(document, sort_keys=True)


def assert_same(actual, expected):
    assert canonical(actual) == canonical(expected)


def as_everyone_reads(value):
    """What C++ stores of Python's values: JSON has no NaN and no infinities; 64 bits hold no larger integer."""
    if isinstance(value, dict):
        return {name: as_everyone_reads(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_everyone_reads(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value)
    return value


def in_any_order(documents):
    return sorted(map(canonical, documents))


def assert_same_set(actual, expected):
    assert in_any_order(actual) == in_any_order(expected)


def json_hash(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def scope_of(text):
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def python_environment(home, user="alice", **variables):
    """The surroundings without anything of Metaflow's or AWS's, in a home of its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("METAFLOW_", "MF_", "PYTEST_", "AWS_"))
        and not name.lower().endswith("_proxy")
        and name not in ("SUDO_USER", "USERNAME")
    }
    home.mkdir(parents=True, exist_ok=True)
    kept.update(
        HOME=str(home),
        PATH=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        METAFLOW_USER=user,
        METAFLOW_DEFAULT_DATASTORE="local",
        METAFLOW_DEFAULT_METADATA="local",
        PYTHONDONTWRITEBYTECODE="1",
        NO_COLOR="1",
    )
    kept.update(variables)
    return {name: value for name, value in kept.items() if value is not None}


@dataclass
class Outcome:
    """What a run of the tool left behind."""

    status: int
    out: str
    err: str

    @property
    def records(self):
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def record(self):
        assert len(self.records) == 1, self
        return self.records[0]

    @property
    def error(self):
        """The last failure on stderr."""
        lines = [line for line in self.err.splitlines() if line.startswith('{"error"')]
        assert lines, f"no error object on stderr: {self}"
        return json.loads(lines[-1])["error"]


def call(program, arguments, cwd, environment, status=0, stdin=None):
    done = subprocess.run(
        [program, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        input=stdin.encode() if stdin is not None else None,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        timeout=900,
    )
    outcome = Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
    if status is not None:
        assert outcome.status == status, f"{arguments}: expected exit {status}: {outcome}"
    return outcome


class PythonSide:
    """A process with the Python packages, asked one question a line (flows/answer.py)."""

    def __init__(self, folder, environment=None):
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, FLOWS / "answer.py"],
            cwd=folder,
            env=environment or python_environment(folder / "home"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @classmethod
    def of(cls, backend, folder):
        """One that is told at each question which root of the backend it is about."""
        anywhere = None if backend.is_local else backend.new_root(folder)
        return cls(folder, python_environment(folder / "home", **backend.environment(anywhere)))

    def ask(self, question, cwd=None, uid=None, root=None, **details):
        place = {"cwd": str(cwd or self.folder), "root": None if isinstance(root, Path) or not root else str(root)}
        request = {"question": question, "uid": uid, **place, **details}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "failure" in answer:
            raise PythonFailure(answer["failure"])
        return answer["answer"]

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class PythonFailure(Exception):
    """The Python package raised; the text begins with the exception's type."""


class Store:
    """A store and one task of it, as a child process of that task sees them."""

    flow, run, step, task = "Store", "17", "train", "4"

    def __init__(self, folder, tool, python_side, backend):
        self.folder = folder
        self.backend = backend
        self.root = backend.new_root(folder)
        self.tool = tool
        self.python_side = python_side
        self.pathspec = "/".join((self.flow, self.run, self.step, self.task))
        self.identifier = json_hash(self.step)[:12]
        self.scope = scope_of("user:alice")

    def uid(self, attempt=0):
        return f"{self.pathspec}/{self.identifier}/{self.scope}/{attempt}"

    def environment(self, attempt=0):
        where = self.backend.environment(self.root)
        return python_environment(self.folder / "home", METAFLOW_CHECKPOINT_UID=self.uid(attempt), **where)

    def holdfast(self, *arguments, attempt=0, status=0, stdin=None):
        """Runs the tool as a child of the task, told nothing but its environment."""
        return call(self.tool, ("--json", *arguments), self.folder, self.environment(attempt), status, stdin)

    def save(self, path, *arguments, attempt=0):
        return self.holdfast("save", path, *arguments, attempt=attempt).record

    def ask(self, question, attempt=0, **details):
        return self.python_side.ask(question, cwd=self.folder, uid=self.uid(attempt), root=self.root, **details)

    def source(self, name, seed=0):
        return rich_tree(self.folder / "sources" / name, seed)

    def python_load(self, reference, how="dict"):
        target = self.folder / "loaded" / f"{how}{len(list((self.folder / 'loaded').glob('*')))}"
        target.mkdir(parents=True)
        self.ask("load", reference=reference, how=how, path=str(target))
        return target

    def data(self, reference):
        return self.root / reference["key"]

    def artifact_document(self, reference):
        key = reference["key"].replace("/artifacts/", "/artifact_metadata/")
        return self.root / (key + ".metadata")

    def task_document(self, reference):
        name = f"{reference['attempt']}.{reference['name']}.{reference['version_id']}.metadata"
        return self.task_folder / name

    @property
    def task_folder(self):
        return self.root / CHECKPOINTS / "metadata" / self.pathspec

    @property
    def scope_folder(self):
        return self.root / CHECKPOINTS / "artifact_metadata" / self.flow / self.step / self.scope / self.identifier


class Project:
    """A folder in which flows run for users, and what they noted there."""

    def __init__(self, folder, tool, backend):
        self.folder = folder
        self.backend = backend
        self.root = backend.new_root(folder)
        self.notes_folder = folder / "notes"
        self.notes_folder.mkdir()
        self.tool = tool
        self.side = None

    def environment(self, user="alice", **variables):
        known = {
            "INTEROP_TOOL": str(self.tool),
            "INTEROP_NOTES": str(self.notes_folder),
            "INTEROP_FOLDER": str(self.folder),
        }
        return python_environment(
            self.folder / "home", user, **self.backend.environment(self.root) | known | variables
        )

    def run(self, flow, *arguments, user="alice", **variables):
        """Runs a flow to its end; returns its run id."""
        id_file = self.folder / "run-id"
        outcome = call(
            sys.executable,
            (FLOWS / f"{flow}.py", "--no-pylint", "run", "--run-id-file", id_file, *arguments),
            self.folder,
            self.environment(user, **variables),
            status=None,
        )
        assert outcome.status == 0, f"{flow} failed:\n{outcome.out[-3000:]}\n{outcome.err[-1000:]}"
        return id_file.read_text().strip()

    def note(self, name):
        return json.loads((self.notes_folder / f"{name}.json").read_text())

    def holdfast(self, *arguments, status=0, stdin=None, user="alice", **variables):
        return call(
            self.tool, ("--json", *arguments), self.folder, self.environment(user, **variables), status, stdin
        )

    def from_outside(self, *arguments, status=0, stdin=None):
        """Runs the tool from another folder, so that only --store says where."""
        elsewhere = self.folder / "home"
        return call(
            self.tool,
            ("--json", "--store", self.root, *arguments),
            elsewhere,
            python_environment(
                elsewhere, METAFLOW_USER="nobody", METAFLOW_DEFAULT_DATASTORE=None, **self.backend.access()
            ),
            status,
            stdin,
        )

    def ask(self, question, uid=None, **details):
        if self.side is None:
            self.side = PythonSide(self.folder, self.environment())
        return self.side.ask(question, uid=uid, **details)

    def close(self):
        if self.side is not None:
            self.side.close()

    def fresh(self, name):
        folder = self.folder / "scratch" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        return folder
