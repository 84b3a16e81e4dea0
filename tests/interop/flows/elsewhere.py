"""Checkpoints in an artifact store of their own."""

import json
import os

from metaflow import FlowSpec, checkpoint, current, step, with_artifact_store
from notes import holdfast, note, scratch, tree


@with_artifact_store(**json.loads(os.environ["INTEROP_ELSEWHERE"]))
class Elsewhere(FlowSpec):
    @checkpoint(show_card=False)
    @step
    def start(self):
        folder = scratch("elsewhere")
        path = folder / "state.txt"
        path.write_text("elsewhere")
        python = current.checkpoint.save(str(path), name="python")
        cpp = holdfast("save", path, "--name", "cpp")[0]
        loaded = scratch("elsewhere-loaded")
        current.checkpoint.load(cpp, path=str(loaded))
        holdfast("load", python["key"], folder / "tool")
        note(
            "elsewhere",
            {
                "python": python,
                "cpp": cpp,
                "list": current.checkpoint.list(),
                "tool_list": holdfast("list"),
                "loaded": {name: content.decode() for name, content in tree(loaded).items()},
                "tool_loaded": {name: content.decode() for name, content in tree(folder / "tool").items()},
            },
        )
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    Elsewhere()
