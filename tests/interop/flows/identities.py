"""Python and C++ save side by side in every kind of task."""

import os

from metaflow import FlowSpec, checkpoint, current, step
from notes import holdfast, note, scratch


def save_both():
    """Both references of one file, and what the task calls itself."""
    place = f"{current.step_name}-{current.task_id}"
    path = scratch(place) / "data.bin"
    path.write_bytes(place.encode())
    python = current.checkpoint.save(str(path), name="python")
    cpp = holdfast("save", path, "--name", "cpp")[0]
    return {
        "python": python,
        "cpp": cpp,
        "uid": os.environ["METAFLOW_CHECKPOINT_UID"],
        "identifier": current.checkpoint.task_identifier,
        "pathspec": current.pathspec,
        "python-list": current.checkpoint.list(),
        "cpp-list": holdfast("list"),
    }


class Identities(FlowSpec):
    @checkpoint(show_card=False)
    @step
    def start(self):
        note("plain", save_both())
        self.values = ["x", "y z", "ü", "😀", 2.5, 1e16, {"a": 1, "b": [1.0, "é"]}]
        self.next(self.each, foreach="values")

    @checkpoint(show_card=False)
    @step
    def each(self):
        note(f"foreach-{self.index}", {**save_both(), "stack": [self.input]})
        self.next(self.after_each)

    @step
    def after_each(self, inputs):
        self.next(self.split)

    @step
    def split(self):
        self.outer_values = ["x", "ü"]
        self.next(self.outer, foreach="outer_values")

    @step
    def outer(self):
        self.outer_input = self.input
        self.inner_values = [2.5, {"a": 1, "b": [1.0, "é"]}]
        self.next(self.inner, foreach="inner_values")

    @checkpoint(show_card=False)
    @step
    def inner(self):
        stack = [frame[2] for frame in self.foreach_stack()]
        note(f"nested-{'-'.join(str(frame[0]) for frame in self.foreach_stack())}", {**save_both(), "stack": stack})
        self.next(self.after_inner)

    @step
    def after_inner(self, inputs):
        self.next(self.after_outer)

    @step
    def after_outer(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    Identities()
