"""A step that resumes from any run of its namespace: notes what it found, by Python and by C++, then C++ saves."""

import os

from metaflow import FlowSpec, checkpoint, current, step
from notes import holdfast, note, run_tool, scratch, tree


class Eager(FlowSpec):
    @checkpoint(load_policy="eager", show_card=False)
    @step
    def start(self):
        name = os.environ["INTEROP_RUN"]
        folder = scratch(f"eager-{name}")
        restored = folder / "restored"
        tool = run_tool("restore", restored, "--policy", "eager")
        fresh = run_tool("restore", folder / "fresh", "--policy", "fresh")
        found = {
            "is_loaded": current.checkpoint.is_loaded,
            "info": current.checkpoint.info and current.checkpoint.info.to_dict(),
            "directory": {path: content.decode() for path, content in tree(current.checkpoint.directory).items()},
            "tool_status": tool.returncode,
            "tool_out": tool.stdout,
            "tool_directory": {path: content.decode() for path, content in tree(restored).items()},
            "fresh_status": fresh.returncode,
        }
        path = folder / "state.txt"
        path.write_text(name)
        found["saved"] = holdfast("save", path, "--metadata", f'{{"run": "{name}"}}')[0]
        found["python"] = current.checkpoint.save(str(path), name="python", latest=False)
        note(f"eager-{name}", found)
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    Eager()
