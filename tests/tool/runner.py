"""Runs the tool, and looks at the store behind its back."""

import json
import os
import subprocess
from dataclasses import dataclass

TASK = "Flow/1/train/7"
NEUTRAL = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("METAFLOW_", "MF_", "AWS_")) and not name.lower().endswith("_proxy")
}


@dataclass
class Outcome:
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
        lines = self.err.splitlines()
        assert len(lines) == 1, self
        found = json.loads(lines[0])
        assert list(found) == ["error"] and list(found["error"]) == ["kind", "operation", "key", "message"], self
        return found["error"]


class Tool:
    """Runs the tool in a folder of its own, with an environment that says nothing of Metaflow."""

    def __init__(self, program, folder, root, **variables):
        self.program = program
        self.folder = folder
        self.root = root
        (folder / "home").mkdir()
        neutral = {**NEUTRAL, "HOME": str(folder / "home"), "METAFLOW_USER": "alice", "NO_COLOR": "1"}
        self.environment = {**neutral, **variables}

    def run(self, *arguments, status=0, stdin=None, **variables):
        done = subprocess.run(
            [self.program, *map(str, arguments)],
            cwd=self.folder,
            env={**self.environment, **variables},
            input=b"" if stdin is None else stdin.encode(),
            capture_output=True,
            timeout=120,
        )
        outcome = Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert outcome.status == status, f"{arguments}: expected exit {status}: {outcome}"
        return outcome

    def __call__(self, *arguments, status=0, stdin=None, task=TASK, **variables):
        """With --json, the test's store and task."""
        return self.run("--json", *self.where(task), *arguments, status=status, stdin=stdin, **variables)

    def people(self, *arguments, status=0, stdin=None, task=TASK, **variables):
        """As a person calls it."""
        return self.run(*self.where(task), *arguments, status=status, stdin=stdin, **variables)

    def where(self, task=TASK):
        return ["--store", str(self.root), *(["--task", task] if task else [])]

    def tree(self, name="state", content="weights"):
        folder = self.folder / name
        (folder / "nested").mkdir(parents=True, exist_ok=True)
        (folder / "weights").write_text(content)
        (folder / "nested" / "ä b").write_text("umlaut")
        (folder / "empty").write_text("")
        return folder

    def save(self, *arguments, content="weights", **options):
        return self("save", self.tree(content=content), *arguments, **options).record

    def data(self, reference):
        return self.root / reference["key"]

    def documents(self, reference):
        """The document by key, and that of the task."""
        by_key = self.root / (reference["key"].replace("/artifacts/", "/artifact_metadata/") + ".metadata")
        name = f"{reference['attempt']}.{reference['name']}.{reference['version_id']}.metadata"
        return by_key, self.root / "mf.checkpoints/checkpoints/metadata" / reference["pathspec"] / name


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
