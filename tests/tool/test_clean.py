"""The tool's command that frees what killed saves left."""

import signal
import subprocess

import pytest


def everything(tool):
    """What lies in the store, without the claims of version numbers and the files that a local store keeps for itself."""
    names = [path.relative_to(tool.root).as_posix() for path in tool.root.rglob("*") if path.is_file()]
    return sorted(name for name in names if "/reservations/" not in name and name != ".holdfast/lock")


def has_begun(tool):
    try:
        return everything(tool) != []
    except FileNotFoundError:  # a folder went while it was looked at
        return True


def take_documents(tool, key):
    """The state in which a save is before its documents stand."""
    name = key.rsplit("/", 1)[1].split(".", 1)[-1]
    for document in tool.root.rglob("*.metadata"):
        if document.name.endswith(name + ".metadata"):
            document.unlink()


@pytest.mark.on_s3
def test_data_without_a_document_is_shown_and_freed(tool):
    kept = tool.save()
    saved = tool.save("--format", "tar", "--name", "half", "--no-latest")
    model = tool("model", "save", tool.tree(), "--format", "files", "--label", "half").record
    with_both = everything(tool)
    take_documents(tool, saved["key"])
    take_documents(tool, model["key"])
    assert len(with_both) - len(everything(tool)) == 4

    assert tool("clean", task=None).out == "", "what is younger than a day may be of a save that goes on"
    shown = tool("clean", "--age", "0", "--dry-run", task=None)
    by_key = {record["key"]: record for record in shown.records}
    assert set(by_key) == {saved["key"], model["key"]}
    assert by_key[model["key"]] == {"key": model["key"], "objects": 3, "size": 13}
    assert tool.data(saved).is_file(), "it was only shown"
    for_people = tool.people("clean", "--age", "0", "--dry-run", task=None)
    assert model["key"] in for_people.out and for_people.err.startswith("would free 2 unfinished saves, ")

    assert tool("clean", "--age", "0", task=None).records == shown.records
    assert tool("clean", "--age", "0", task=None).out == ""
    assert [record["key"] for record in tool("verify", "--all", task=None).records] == [kept["key"]]
    tool("remove", kept["key"])
    assert [name for name in everything(tool) if not name.endswith("/latest")] == []


def remove_models(tool):
    """What loads by its key: the save was not killed in time, or between its two documents, and is in no list."""
    for document in list((tool.root / "mf.models/models/artifact_metadata").rglob("*.metadata")):
        tool("model", "remove", "mf.models/models/artifacts/" + document.name.removesuffix(".metadata"), task=None)


@pytest.mark.on_s3
@pytest.mark.parametrize("layout", ["files", "tar"])
def test_a_save_that_was_killed_leaves_nothing_after_a_clean(tool, layout):
    many = tool.folder / "many"
    many.mkdir()
    for number in range(2000):
        (many / f"{number}").write_bytes(bytes(2000))
    running = subprocess.Popen([tool.program, *tool.where(), "model", "save", many, "--format", layout],
                               cwd=tool.folder, env=tool.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while running.poll() is None and not has_begun(tool):
        pass
    running.send_signal(signal.SIGKILL)
    running.communicate()
    for _ in range(5):  # a server may still end a request of the killed one's
        remove_models(tool)
        tool("clean", "--age", "0", task=None)
    assert everything(tool) == []
