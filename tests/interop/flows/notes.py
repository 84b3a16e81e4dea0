"""What the flows share: notes for the tests, and the tool as a child of the step."""

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parent.parent))
from world import tree  # noqa: E402, F401

FOLDER = Path(os.environ.get("INTEROP_FOLDER", "."))


def note(name, value):
    path = Path(os.environ["INTEROP_NOTES"]) / f"{name}.json"
    path.write_text(json.dumps(value))


def run_tool(*arguments):
    """Runs the tool with nothing but the inherited environment."""
    return subprocess.run(
        [os.environ["INTEROP_TOOL"], "--json", *map(str, arguments)], capture_output=True, text=True
    )


def holdfast(*arguments):
    done = run_tool(*arguments)
    if done.returncode != 0:
        raise RuntimeError(f"holdfast {arguments}: exit {done.returncode}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def scratch(name):
    """A folder of its own for a step, a task or an attempt."""
    folder = FOLDER / "scratch" / name
    folder.mkdir(parents=True)
    return folder
