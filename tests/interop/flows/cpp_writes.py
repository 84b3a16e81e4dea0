"""C++ saves as a child of the step, the step fails, and its second attempt resumes: once for each format."""

import json
import os

from metaflow import Checkpoint, FlowSpec, checkpoint, current, retry, step
from metaflow_extensions.obcheckpoint.plugins.machine_learning_utilities.datastructures import CheckpointArtifact
from notes import holdfast, note, scratch, tree
from world import RICH_METADATA, rich_tree


def described(folder):
    """A note of a tree, with bytes as hex."""
    return {path: content if content is None else content.hex() for path, content in tree(folder, True).items()}


def loaded_each_way(reference, place):
    ways = {
        "key": reference["key"],
        "dict": reference,
        "object": CheckpointArtifact.from_dict(reference),
    }
    if os.environ["METAFLOW_DEFAULT_DATASTORE"] != "local":
        ways = {"dict": reference}
    results = {}
    for how, given in ways.items():
        folder = scratch(f"{place}/load-{how}")
        Checkpoint().load(given, path=str(folder))
        results[how] = described(folder)
    return results


class CppWrites(FlowSpec):
    @step
    def start(self):
        self.layouts = ["files", "tar", "tar.gz"]
        self.next(self.train, foreach="layouts")

    @retry(times=1, minutes_between_retries=0)
    @checkpoint(show_card=False)
    @step
    def train(self):
        self.layout = self.input
        if current.retry_count == 0:
            self.first_attempt()
            raise RuntimeError("as planned: the first attempt stops here")
        self.second_attempt()
        self.next(self.join)

    def first_attempt(self):
        place = f"cpp-{self.layout}-0"
        source = rich_tree(scratch(f"{place}/source"))
        single = scratch(f"{place}/single") / "Grüße ☃.bin"
        single.write_bytes(bytes(range(256)) * 5)
        empty = scratch(f"{place}/empty") / "nothing.bin"
        empty.write_bytes(b"")
        save = ("save", "--format", self.layout)
        saved = {
            "single": holdfast(*save, single, "--name", "single")[0],
            "empty": holdfast(*save, empty, "--name", "empty")[0],
            "rich": holdfast(*save, source, "--metadata", json.dumps(RICH_METADATA))[0],
            "hidden": holdfast(*save, single, "--name", "hidden", "--no-latest")[0],
        }
        note(f"{place}-saved", saved)
        note(f"{place}-is-loaded", current.checkpoint.is_loaded)
        note(f"{place}-checkpoint-list", Checkpoint().list())
        note(f"{place}-current-list", current.checkpoint.list())
        note(f"{place}-named-list", current.checkpoint.list(name="single"))
        note(f"{place}-namespace-list", current.checkpoint.list(full_namespace=True))
        note(f"{place}-tool-list", holdfast("list"))
        for name, reference in saved.items():
            note(f"{place}-loads-{name}", loaded_each_way(reference, f"{place}/{name}"))
        current.checkpoint.load(saved["rich"])
        note(f"{place}-current-load", described(current.checkpoint.directory))

    def second_attempt(self):
        place = f"cpp-{self.layout}-1"
        note(f"{place}-is-loaded", current.checkpoint.is_loaded)
        note(f"{place}-info", current.checkpoint.info.to_dict())
        note(f"{place}-directory", described(current.checkpoint.directory))
        folder = scratch(place)
        note(f"{place}-tool-restore", holdfast("restore", folder / "restored")[0])
        note(f"{place}-tool-directory", described(folder / "restored"))
        changed = rich_tree(folder / "source", seed=1)
        saved = {
            "again": holdfast("save", changed, "--format", self.layout, "--metadata", '{"epoch": 2}')[0],
            "best": holdfast("save", changed, "--format", self.layout, "--name", "best", "--no-latest")[0],
        }
        note(f"{place}-saved", saved)
        note(f"{place}-current-list", current.checkpoint.list())
        note(f"{place}-attempt-list", current.checkpoint.list(attempt=1))
        note(f"{place}-tool-list", holdfast("list"))

    @step
    def join(self, inputs):
        note("cpp-tasks", {branch.layout: branch._task_checkpoints[0]["pathspec"] for branch in inputs})
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    CppWrites()
