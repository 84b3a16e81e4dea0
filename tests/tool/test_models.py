"""The tool's commands on models, and those that take a reference of any kind."""

import json
import math
import os
import pty
import re
import subprocess

import pytest

from runner import TASK, contents

FIELDS = [
    "pathspec", "attempt", "key", "created_on", "type", "url", "model_uuid", "metadata", "source", "storage_format",
    "serializer", "label", "size", "holdfast",
]
STRANGER = "mf.models/models/artifacts/best_0123456789abcdef0123456789abcdef"
SAVED = {"weights": b"weights", "nested/ä b": b"umlaut", "empty": b""}


def save_model(tool, *arguments, content="weights", **options):
    return tool("model", "save", tool.tree(content=content), *arguments, **options).record


@pytest.mark.on_s3
@pytest.mark.parametrize("layout", ["tar", "files", "tar.gz"])
def test_save_show_load_verify_and_remove(tool, layout):
    saved = save_model(tool, "--format", layout, "--label", "v1.0 ü", "--metadata", '{"loss": NaN}')
    assert list(saved) == FIELDS
    assert re.fullmatch(r"v1\.0 ü_[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", saved["model_uuid"])
    assert saved["key"] == "mf.models/models/artifacts/" + saved["model_uuid"]
    assert saved["url"] == f"{tool.root}/{saved['key']}"
    assert (saved["pathspec"], saved["attempt"], saved["type"], saved["source"]) == (TASK, 0, "model", "task")
    assert saved["storage_format"] == saved["serializer"] == ("files" if layout == "files" else "tar")
    assert (saved["label"], saved["metadata"]) == ("v1.0 ü", {"loss": "NaN"})
    shown = tool("show", saved["key"], task=None).record
    assert {file["path"]: file["size"] for file in shown.pop("files")} == {p: len(c) for p, c in SAVED.items()}
    assert shown == saved
    loaded = tool("model", "load", saved["key"], "out", task=None).record
    assert loaded == {"key": saved["key"], "directory": "out", "files": 3, "bytes": 13}
    assert contents(tool.folder / "out") == SAVED
    assert tool("verify", saved["key"], task=None).record == {"key": saved["key"], "status": "ok", "detail": ""}
    assert tool("model", "remove", saved["key"], task=None).out == ""
    assert list(tool.root.rglob("*.metadata")) == [] and list(tool.root.rglob("best*")) == []
    again = tool("model", "remove", saved["key"], task=None, status=3)
    assert again.error["kind"] == "not_found"


def test_the_default_label_and_the_table(tool):
    first = save_model(tool)
    second = save_model(tool, task="Flow/2/evaluate/9")
    assert (first["label"], second["label"]) == ("Flow_train", "Flow_evaluate")
    lines = tool.people("model", "list", task=None).out.splitlines()
    assert lines[0].split() == ["TASK", "LABEL", "SAVED", "SIZE", "ATTEMPT", "KEY"]
    assert [line.split()[-1] for line in lines[1:]] == [second["key"], first["key"]]
    assert tool.people("model", "save", tool.tree()).err.startswith("saved ")


@pytest.mark.on_s3
def test_list_by_place_label_attempt_and_limit(tool):
    saved = [
        save_model(tool, "--label", "a"),
        save_model(tool, "--label", "b", task="Flow/2/train/7"),
        save_model(tool, "--label", "a", "--attempt", "3", task="Flow/2/train/8"),
        save_model(tool, "--label", "a", task="Other/1/train/7"),
    ]
    a, b, retried, other = (reference["key"] for reference in saved)

    def listed(*arguments):
        return [record["key"] for record in tool("model", "list", *arguments, task=None).records]

    assert listed() == [other, retried, b, a]
    assert listed("Flow") == [retried, b, a]
    assert listed("Flow/2") == [retried, b]
    assert listed("Flow/2/train/8") == [retried]
    assert listed("--label", "a") == [other, retried, a]
    assert listed("--attempt", "3") == [retried]
    assert listed("--limit", "2") == [other, retried]
    assert listed("--limit", "0") == listed("Nothing") == []
    assert tool("model", "list", task=None).records[::-1] == saved


def test_nothing_there(tool):
    nothing = tool.people("model", "list", task=None)
    assert (nothing.out, nothing.err) == ("", "no models\n")
    assert tool("model", "load", STRANGER, "out", task=None, status=3).error["kind"] == "not_found"
    assert tool("show", STRANGER, task=None, status=3).error["kind"] == "not_found"
    assert not (tool.folder / "out").exists()


def test_a_save_needs_a_task(tool):
    outcome = tool("model", "save", tool.tree(), task=None, status=2)
    assert outcome.error["kind"] == "not_in_task"


def test_every_form_of_a_reference(tool):
    saved = save_model(tool)
    text = json.dumps(saved)
    (tool.folder / "reference.json").write_text(text)
    for i, (argument, stdin) in enumerate([(text, None), ("@reference.json", None), ("-", text), (saved["key"], None)]):
        tool("load", argument, f"out{i}", stdin=stdin, task=None)
        assert contents(tool.folder / f"out{i}") == SAVED


def test_damage(tool):
    saved, lost = save_model(tool), save_model(tool)
    document = tool.root / "mf.models/models/artifact_metadata" / (saved["model_uuid"] + ".metadata")
    document.write_text("{")
    (tool.root / lost["key"]).unlink()
    assert tool("load", saved["key"], "out", task=None, status=4).error["kind"] == "corrupt"
    reports = tool("verify", saved["key"], lost["key"], task=None, status=4).records
    assert [report["status"] for report in reports] == ["corrupt", "not_found"]
    (tool.root / "mf.models/models/metadata" / TASK / f"0.{saved['model_uuid']}.metadata").write_text("[]")
    outcome = tool("model", "list", task=None, status=4)
    assert [record["key"] for record in outcome.records] == [lost["key"]]
    assert outcome.error["kind"] == "corrupt"
    tool("remove", saved["key"], lost["key"], task=None)
    assert list(tool.root.rglob("*.metadata")) == []


@pytest.mark.on_s3
def test_verify_of_the_whole_store(tool):
    assert tool("verify", "--all", task=None).records == []
    saved = [tool.save(), tool.save(task="Other/1/train/7"), save_model(tool)]
    reports = tool("verify", "--all", task=None).records
    assert sorted(report["key"] for report in reports) == sorted(reference["key"] for reference in saved)
    assert reports[2]["key"] == saved[2]["key"]
    assert {report["status"] for report in reports} == {"ok"}
    (tool.root / saved[2]["key"]).unlink()
    reports = tool("verify", "--all", task=None, status=4).records
    assert [report["status"] for report in reports] == ["ok", "ok", "not_found"]


def test_the_progress_bar_of_a_terminal(tool):
    save_model(tool), save_model(tool)
    leader, follower = pty.openpty()
    done = subprocess.run(
        [tool.program, *tool.where(None), "verify", "--all"],
        cwd=tool.folder, env=tool.environment, stdout=subprocess.PIPE, stderr=follower, timeout=120,
    )
    os.close(follower)
    shown = os.read(leader, 65536).decode()
    os.close(leader)
    assert done.returncode == 0
    assert "[                    ] 0 of 2 verifying" in shown and "[##########          ] 1 of 2 verifying" in shown
    assert shown.endswith("\r\x1b[K")


def test_metadata_of_any_kind_survives(tool):
    metadata = {"text": "ü\n", "nested": {"list": [1, 2.5, None, True]}, "infinite": math.inf}
    saved = save_model(tool, "--metadata", json.dumps(metadata))
    assert saved["metadata"] == {**metadata, "infinite": "Infinity"}
