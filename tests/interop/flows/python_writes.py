"""Saves everything that Python can save, for C++ to read."""

import json
import subprocess
import sys

from metaflow import FlowSpec, checkpoint, current, step
from notes import note, scratch
from world import RICH_METADATA, rich_tree

CHILD = """
import json, sys
from metaflow import Checkpoint
path, layout = sys.argv[1:]
saved = Checkpoint().save(path, name="child-" + layout, metadata={"from": "child"}, storage_format=layout)
print(json.dumps(saved))
"""


class PythonWrites(FlowSpec):
    @checkpoint(show_card=False)
    @step
    def start(self):
        folder = scratch("python-writes")
        directory = rich_tree(folder / "directory")
        single = folder / "Grüße ☃.bin"
        single.write_bytes(bytes(range(256)) * 5)
        empty = folder / "nothing.bin"
        empty.write_bytes(b"")
        hollow = folder / "hollow"
        (hollow / "inner").mkdir(parents=True)
        saved = {}
        for layout in ("files", "tar"):
            for name, path in (("directory", directory), ("single", single), ("empty", empty)):
                saved[f"{name}-{layout}"] = current.checkpoint.save(
                    str(path), name=f"{name}-{layout}", metadata=RICH_METADATA, storage_format=layout
                )
        saved["hollow-tar"] = current.checkpoint.save(str(hollow), name="hollow-tar", storage_format="tar")
        saved["unserializable"] = current.checkpoint.save(
            str(single), name="unserializable", metadata={"object": object(), "kept": 1}
        )
        saved["no-object"] = current.checkpoint.save(str(single), name="no-object", metadata=["a", {"list": 1}])
        saved["default"] = current.checkpoint.save(str(directory), metadata={"the": "latest"})
        saved["not-latest"] = current.checkpoint.save(str(single), name="not-latest", latest=False)
        note("python-saved", saved)
        note("python-listed", current.checkpoint.list())
        note("python-namespace", current.checkpoint.list(full_namespace=True))
        self.next(self.second)

    @checkpoint(show_card=False)
    @step
    def second(self):
        folder = rich_tree(scratch("python-second"), seed=2)
        saved = []
        for layout in ("files", "tar"):
            done = subprocess.run(
                [sys.executable, "-c", CHILD, str(folder), layout], capture_output=True, text=True, check=True
            )
            saved.append(json.loads(done.stdout))
            folder.joinpath("weights.bin").write_bytes(b"changed")
        note("python-child", saved)
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    PythonWrites()
