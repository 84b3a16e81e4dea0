"""Every command, option and exit status of the tool, and what goes to stdout and what to stderr."""

import fcntl
import hashlib
import json
import math
import os
import pty
import re
import select
import shutil
import shlex
import signal
import subprocess
import tempfile
import termios
import time
from pathlib import Path

import pytest

from runner import TASK, contents

FIELDS = {
    "size", "pathspec", "pathspec_hash", "attempt", "key", "type", "url", "name", "created_on", "metadata",
    "storage_format", "creation_context", "version_id",
}
STRANGER = "mf.checkpoints/checkpoints/artifacts/Flow/train/0123456789ab/0123456789ab/01234567.0.mfchckpt.0"
SAVED = {"weights": b"weights", "nested/ä b": b"umlaut", "empty": b""}


def keys(outcome):
    return [record["key"] for record in outcome.records]


def cannot_run(reason):
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip("CANNOT RUN: " + reason)


def interrupt_when(is_time, tool, *arguments):
    """Interrupts the tool once `is_time`, asked with its process id, says so; whether it was stopped before its end."""
    running = subprocess.Popen([tool.program, "--json", *tool.where(), *arguments], cwd=tool.folder,
                               env=tool.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while running.poll() is None and not is_time(running.pid):
        pass
    running.send_signal(signal.SIGINT)
    out, err = running.communicate()
    if running.returncode == 0:
        return False
    assert running.returncode == 1 and json.loads(err)["error"]["kind"] == "cancelled" and out == b""
    return True


# --- usage -----------------------------------------------------------------------------------------------------------


def test_help_and_version_are_results(tool):
    assert re.fullmatch(r"holdfast \d+\.\d+\.\d+\n", tool.run("--version").out)
    overview = tool.run("--help")
    assert overview.err == ""
    for command in ("list", "search", "show", "save", "load", "restore", "verify", "remove", "clean", "model"):
        assert re.search(rf"^  {command} ", overview.out, re.MULTILINE)
        assert "--help" in tool.run(command, "--help").out
    assert "hub" not in overview.out


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("frobnicate",),
        ("model",),
        ("model", "frobnicate"),
        ("model", "list", "a/b/c/d/e"),
        ("model", "list", "--limit", "few"),
        ("model", "save"),
        ("model", "save", ".", "--label", "with/slash"),
        ("model", "save", ".", "--label", ""),
        ("model", "save", ".", "--format", "zip"),
        ("model", "save", ".", "--metadata", "[1]"),
        ("model", "load", "mf.models/models/artifacts/m"),
        ("model", "remove"),
        ("verify", "--all", STRANGER),
        ("clean", "--age", "-1"),
        ("clean", "--age", "1000001"),
        ("clean", "--age", "024"),
        ("clean", STRANGER),
        ("list", "--frobnicate"),
        ("list", "surplus"),
        ("list", "--limit", "-1"),
        ("list", "--limit", "few"),
        ("list", "--limit", "010"),
        ("list", "--limit"),
        ("--attempt", "x", "list"),
        ("--attempt", "-1", "list"),
        ("show",),
        ("load", STRANGER),
        ("restore",),
        ("restore", "dir", "--policy", "none"),
        ("restore", "dir", "--policy", "0"),
        ("save",),
        ("save", ".", "--format", "zip"),
        ("save", ".", "--metadata", "[1]"),
        ("save", ".", "--metadata", "{"),
        ("save", ".", "--metadata", ""),
        ("save", ".", "--name", "with.dot"),
        ("save", ".", "--name", "with/slash"),
        ("save", ".", "--name", ""),
        ("remove",),
        ("search", "a/b/c/d/e"),
        ("search", "../x"),
        ("--store", "ftp://host/x", "list"),
        ("--store", "", "list"),
        ("--task", "one/two", "list"),
        ("--task", "a/../b/c", "list"),
    ],
    ids=" ".join,
)
def test_wrong_usage(tool, arguments):
    spoken = tool.people(*arguments, status=2)
    assert spoken.out == ""
    assert spoken.err.startswith("holdfast: ") and spoken.err.count("\n") == 1
    machine = tool(*arguments, status=2)
    assert machine.out == ""
    assert machine.error["kind"] == "invalid_argument" and machine.error["message"]
    assert not tool.root.exists(), "wrong usage stores nothing"


@pytest.mark.on_s3
def test_options_stand_before_or_after_the_command(tool):
    saved = tool.save()
    after = tool.run("list", "--json", "--store", tool.root, "--task", TASK)
    assert keys(after) == [saved["key"]]


def test_a_tag_takes_one_value(tool):
    assert tool("--tag", "a", "--tag", "checkpoint:exp", "list").out == ""


@pytest.mark.parametrize("command", [("list",), ("save", "."), ("restore", "x"), ("verify",)], ids=" ".join)
def test_no_task(tool, command):
    error = tool(*command, task=None, status=2).error
    assert error["kind"] == "not_in_task"
    assert "METAFLOW_CHECKPOINT_UID" in error["message"]


def test_an_unwritable_stdout_is_a_failure(tool):
    tool.save()
    with open("/dev/full", "wb") as full:
        done = subprocess.run([tool.program, *tool.where(), "list"], stdout=full, stderr=subprocess.PIPE,
                              env=tool.environment)
    assert done.returncode == 1 and b"standard output" in done.stderr


# --- which store, which task -----------------------------------------------------------------------------------------


def test_the_default_store_is_metaflows(tool):
    project = tool.folder / "project"
    (project / ".metaflow").mkdir(parents=True)
    where = {"METAFLOW_DEFAULT_DATASTORE": "local", "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(project)}
    saved = tool.run("--json", "--task", TASK, "save", tool.tree(), **where).record
    assert (project / ".metaflow" / saved["key"]).is_dir()
    assert saved["url"] == f"{project}/.metaflow/{saved['key']}"
    assert not tool.root.exists()


def test_store_urls(tool):
    saved = tool.save()
    for url in (tool.root, f"file:{tool.root}", f"file://{tool.root}", "store", "./store"):
        assert keys(tool.run("--json", "--store", url, "--task", TASK, "list")) == [saved["key"]]


@pytest.mark.on_s3
def test_the_url_of_a_store(tool):
    saved = tool.save()
    assert saved["url"] == f"{tool.root}/{saved['key']}"
    for url in (str(tool.root), f"{tool.root}/"):
        assert keys(tool.run("--json", "--store", url, "--task", TASK, "list")) == [saved["key"]]


def test_the_task_of_the_environment(tool):
    uid = f"{TASK}/0123456789ab/ba9876543210/3"
    saved = tool("save", tool.tree(), task=None, METAFLOW_CHECKPOINT_UID=uid).record
    assert saved["pathspec"] == TASK and saved["attempt"] == "3"
    assert "/ba9876543210/0123456789ab/" in saved["key"]
    assert keys(tool("list", task=None, METAFLOW_CHECKPOINT_UID=uid)) == [saved["key"]]

    other = tool("save", tool.tree(), task=None, MF_PATHSPEC="Flow/2/train/1", MF_ATTEMPT="1").record
    assert other["pathspec"] == "Flow/2/train/1" and int(other["attempt"]) == 1
    assert tool("save", tool.tree(), METAFLOW_CHECKPOINT_UID="A/1/b/1/0123456789ab/ba9876543210/0").record[
        "pathspec"] == TASK, "--task wins"


@pytest.mark.on_s3
def test_attempt_namespace_and_tag(tool):
    by_default = tool.save()
    assert by_default["attempt"] == 0
    assert tool.save("--attempt", "4")["attempt"] == 4

    def scope(reference):
        return reference["key"].split("/")[5]

    assert scope(by_default) == "dabd1db8d35a", "sha256 of user:alice"
    assert scope(tool.save("--namespace", "user:alice")) == "dabd1db8d35a"
    assert scope(tool.save("--namespace", "production:x")) not in ("dabd1db8d35a", "dd7a946de80a")
    assert scope(tool.save("--tag", "other", "--tag", "checkpoint:exp:1")) == "dd7a946de80a", "sha256 of exp"
    uid = f"{TASK}/0123456789ab/ba9876543210/0"
    inside = {"task": None, "METAFLOW_CHECKPOINT_UID": uid}
    assert scope(tool.save("--tag", "other", **inside)) == "ba9876543210"
    assert scope(tool.save("--tag", "checkpoint:exp", **inside)) == "dd7a946de80a"
    assert scope(tool.save("--namespace", "user:alice", **inside)) == "dabd1db8d35a"


@pytest.mark.on_s3
def test_commands_that_need_no_task(tool):
    saved = tool.save()
    target = tool.folder / "loaded"
    assert keys(tool("search", task=None)) == [saved["key"]]
    assert tool("show", saved["key"], task=None).record["key"] == saved["key"]
    assert tool("verify", saved["key"], task=None).record["status"] == "ok"
    tool("load", saved["key"], target, task=None)
    tool("remove", saved["key"], task=None)
    assert contents(target) == SAVED


# --- save ------------------------------------------------------------------------------------------------------------


@pytest.mark.on_s3
@pytest.mark.parametrize("layout, stored", [("files", "files"), ("tar", "tar"), ("tar.gz", "tar")])
def test_save_and_load(tool, layout, stored):
    saved = tool.save("--format", layout)
    assert FIELDS <= set(saved)
    assert saved["storage_format"] == stored and saved["name"] == "mfchckpt" and saved["version_id"] == 0
    assert saved["type"] == "checkpoint" and saved["pathspec"] == TASK
    assert tool.data(saved).is_dir() == (stored == "files")
    target = tool.folder / "loaded"
    loaded = tool("load", saved["key"], target)
    assert loaded.record == {"key": saved["key"], "directory": str(target), "files": 3, "bytes": 13}
    assert loaded.err == ""
    assert contents(target) == SAVED


@pytest.mark.on_s3
def test_save_a_file(tool):
    (tool.folder / "model.bin").write_bytes(b"\x00\x01")
    saved = tool("save", "model.bin").record
    tool("load", saved["key"], "loaded")
    assert contents(tool.folder / "loaded") == {"model.bin": b"\x00\x01"}


@pytest.mark.on_s3
def test_save_metadata(tool):
    given = {"epoch": 3, "loss": 0.1, "text": "ü\n☃", "nested": {"list": [1, None, True]}}
    assert tool.save("--metadata", json.dumps(given))["metadata"] == given
    odd = tool.save("--metadata", '{"a": NaN, "b": [-Infinity]}')["metadata"]
    assert str(odd["a"]).lower() == "nan" and math.isinf(float(odd["b"][0]))


@pytest.mark.on_s3
def test_no_latest(tool):
    tool.save("--no-latest")
    assert tool("restore", "x", status=3).error["kind"] == "not_found"
    marked = tool.save()
    tool.save("--no-latest")
    assert tool("restore", "x").record["key"] == marked["key"]


@pytest.mark.on_s3
def test_versions_go_on_in_the_next_process(tool):
    assert [tool.save("--name", name)["version_id"] for name in ("a", "b", "a")] == [0, 1, 2]


@pytest.mark.on_s3
def test_save_what_is_not_there(tool):
    error = tool("save", "nowhere", status=3).error
    assert error["kind"] == "not_found" and error["key"].endswith("nowhere")
    assert tool("list").records == []


def test_save_for_people(tool):
    spoken = tool.people("save", tool.tree())
    assert spoken.out.startswith("mf.checkpoints/checkpoints/artifacts/") and spoken.out.count("\n") == 1
    assert "13 bytes" in spoken.err
    assert tool.people("--quiet", "save", tool.tree()).err == ""
    assert tool("save", tool.tree()).err == ""


def test_an_unreadable_file(program):
    """As a user who is not root: root may read everything."""
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o777)
        copy = shutil.copy(program, folder)
        (folder / "state").mkdir(mode=0o755)
        (folder / "state" / "secret").write_text("x")
        (folder / "state" / "secret").chmod(0)
        done = subprocess.run(
            [copy, "--json", "--store", folder / "store", "--task", TASK, "save", folder / "state"],
            cwd=folder, capture_output=True, user=65534 if os.geteuid() == 0 else None,
        )
        assert done.returncode == 1 and done.stdout == b""
        assert json.loads(done.stderr)["error"]["kind"] == "access_denied"
    finally:
        shutil.rmtree(folder)


# --- list and search -------------------------------------------------------------------------------------------------


@pytest.mark.on_s3
def test_list(tool):
    assert tool("list").out == ""
    first, second = tool.save("--name", "a"), tool.save("--name", "b")
    third = tool.save("--name", "a", "--attempt", "1")
    tool("save", tool.tree(), task="Flow/1/train/8")
    everything = tool("list")
    assert everything.records == [third, second, first] and everything.err == ""
    assert tool("list", "--name", "a").records == [third, first]
    assert tool("list", "--attempt", "0").records == [second, first]
    assert tool("--attempt", "1", "list").records == [third]
    assert tool("list", "--limit", "1").records == [third]
    assert tool("list", "--limit", "0").records == []
    assert tool("list", "--name", "b", "--limit", "5").records == [second]
    assert tool("list", task="Flow/9/train/1").records == []


@pytest.mark.on_s3
def test_list_of_a_whole_namespace(tool):
    mine, other = tool.save(), tool.save(task="Flow/2/train/1")
    tool.save(task="Flow/2/start/1")
    tool.save(METAFLOW_USER="bob")
    found = keys(tool("list", "--whole-namespace"))
    assert sorted(found) == sorted([mine["key"], other["key"]])
    assert len(tool("list", "--whole-namespace", "--limit", "1").records) == 1


def test_list_for_people(tool):
    assert tool.people("list").out == "" and "no checkpoints" in tool.people("list").err
    tool.save("--name", "epoch", content="x" * 1_234_567)
    spoken = tool.people("list")
    assert spoken.err == ""
    titles, row = spoken.out.splitlines()
    assert titles.split() == ["NAME", "SAVED", "SIZE", "ATTEMPT", "VERSION", "KEY"]
    assert row.startswith("epoch ") and "1.2 MB" in row and re.search(r"just now|\d+ seconds? ago", row)
    assert titles.index("KEY") == row.index("mf.checkpoints")


@pytest.mark.on_s3
def test_search(tool):
    saved = {task: tool.save(task=task) for task in ("A/1/start/1", "A/1/end/2", "A/2/start/3", "B/1/start/1")}
    for pathspec, tasks in {
        "": saved,
        "A": ["A/1/start/1", "A/1/end/2", "A/2/start/3"],
        "A/1": ["A/1/start/1", "A/1/end/2"],
        "A/1/start": ["A/1/start/1"],
        "B/1/start/1": ["B/1/start/1"],
        "C": [],
        "A/1/s": [],
    }.items():
        found = tool("search", *([pathspec] if pathspec else []), task=None)
        assert sorted(keys(found)) == sorted(saved[task]["key"] for task in tasks), pathspec
    assert tool.people("search", "A/2").out.splitlines()[1].startswith("A/2/start/3 ")
    assert keys(tool("search", task="B/1/start/1")) == [saved["B/1/start/1"]["key"]]
    retried = tool.save("--attempt", "1", task="A/1/start/1")
    assert keys(tool("search", "--attempt", "1", task=None)) == [retried["key"]]
    checked = tool("verify", "--all", "--attempt", "1", task=None)
    assert [found["key"] for found in checked.records] == [retried["key"]]
    checked = tool("verify", "--all", task="B/1/start/1")
    assert [found["key"] for found in checked.records] == [saved["B/1/start/1"]["key"]]


def test_a_pathspec_of_the_environment_with_the_attempt_of_an_option(tool):
    saved = tool("--attempt", "2", "save", tool.tree(), task=None, MF_PATHSPEC=TASK).record
    assert (saved["pathspec"], saved["attempt"]) == (TASK, 2)
    found = tool("--attempt", "2", "list", task=None, MF_PATHSPEC=TASK, MF_ATTEMPT="5")
    assert keys(found) == [saved["key"]]


@pytest.mark.parametrize("command", [("save", "--format", "tar"), ("model", "save")])
def test_links_that_lead_out_of_the_tree(tool, command):
    blob = tool.folder / "blob"
    blob.write_text("weights")
    snapshot = tool.folder / "snapshot"
    snapshot.mkdir()
    (snapshot / "model.bin").symlink_to("../blob")
    refused = tool(*command, snapshot, status=4).error
    assert refused["kind"] == "unsafe_path" and "--follow-links" in refused["message"]
    saved = tool(*command, snapshot, "--follow-links").record
    tool("load", saved["key"], "out", task=None)
    assert contents(tool.folder / "out") == {"model.bin": b"weights"}


@pytest.mark.on_s3
@pytest.mark.parametrize("command", ["list", "search"])
def test_a_damaged_document_is_reported_and_the_rest_listed(tool, command):
    good, bad = tool.save(), tool.save()
    tool.documents(bad)[1].write_text("{")
    outcome = tool(command, status=4)
    assert keys(outcome) == [good["key"]]
    assert outcome.error["kind"] == "corrupt" and outcome.error["key"].endswith(tool.documents(bad)[1].name)
    spoken = tool.people(command, status=4)
    assert good["key"] in spoken.out and "corrupt" in spoken.err


@pytest.mark.parametrize("text", ['{"type": "model"}', '{"type": "another"}', "[]"])
def test_a_document_of_another_kind_is_damage_and_no_wrong_usage(tool, text):
    bad = tool.save()
    for document in tool.documents(bad):
        document.write_text(text)
    latest = tool.documents(bad)[1].with_name("latest")
    latest.write_text(text)
    reading = [("show", bad["key"]), ("load", bad["key"], "out"), ("restore", "out")]
    for command in [("list",), ("search",), ("verify",), *reading]:
        tool(*command, status=4)
    assert not (tool.folder / "out").exists()


@pytest.mark.on_s3
def test_unknown_fields_and_nan_are_printed_as_stored(tool):
    saved = tool.save()
    for document in tool.documents(saved):
        stored = json.loads(document.read_text())
        stored.update(future={"big": 2**70, "nan": float("nan")})
        document.write_text(json.dumps(stored, indent=1))
    for outcome in (tool("list"), tool("search"), tool("show", saved["key"])):
        assert outcome.record["future"]["big"] == 2**70 and math.isnan(outcome.record["future"]["nan"])


# --- show ------------------------------------------------------------------------------------------------------------


@pytest.mark.on_s3
@pytest.mark.parametrize("layout", ["files", "tar", "tar.gz"])
def test_show(tool, layout):
    saved = tool.save("--format", layout)
    shown = tool("show", saved["key"]).record
    files = shown.pop("files")
    assert shown == saved
    assert {file["path"]: file["size"] for file in files} == {"weights": 7, "nested/ä b": 6, "empty": 0}
    assert all(re.fullmatch("[0-9a-f]+", file["digest"]) for file in files)


@pytest.mark.on_s3
def test_show_reads_the_store(tool):
    saved = tool.save()
    claimed = {**saved, "metadata": {"claimed": True}, "url": "elsewhere"}
    shown = tool("show", json.dumps(claimed)).record
    assert shown["metadata"] == {} and shown["url"] == saved["url"]


def test_show_for_people(tool):
    saved = tool.save("--metadata", '{"epoch": 3}')
    spoken = tool.people("show", saved["key"])
    assert spoken.err == ""
    for text in (saved["key"], TASK, '{"epoch": 3}', "13 bytes", "nested/ä b", "weights"):
        assert text in spoken.out


def test_control_characters_do_not_reach_the_terminal(tool):
    folder = tool.tree()
    (folder / "evil\x1b[31m\u009b31m\nname").write_text("x")
    saved = tool("save", folder, "--metadata", json.dumps({"x": "\x1b]0;owned\x07\u009b"})).record
    spoken = tool.people("show", saved["key"]).out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", spoken)
    assert "evil?[31m?31m?name" in spoken

    manifest = tool.root / (saved["key"].replace("/artifacts/", "/holdfast/manifests/") + ".json")
    stored = json.loads(manifest.read_text())
    stored["files"][0]["digest"] = "\x1b]0;owned\x07"
    manifest.write_text(json.dumps(stored))
    for document in tool.documents(saved):
        found = json.loads(document.read_text())
        found["holdfast"]["manifest_sha256"] = hashlib.sha256(manifest.read_bytes()).hexdigest()
        document.write_text(json.dumps(found))
    refused = tool.people("show", saved["key"], status=4)
    assert refused.out == "" and "a digest is no crc32c" in refused.err

    hostile = "Flow\u009b31m/1/train/7"
    tool.save(task=hostile)
    assert "Flow?31m" in tool.people("restore", "out", task=hostile).out


# --- references ------------------------------------------------------------------------------------------------------


@pytest.mark.on_s3
def test_forms_of_a_reference(tool):
    saved = tool.save("--metadata", '{"loss": NaN}')
    text = json.dumps(saved)
    (tool.folder / "ref.json").write_text(text + "\n")
    (tool.folder / "ref.key").write_text(f"\n  {saved['key']}\n")
    for arguments, stdin in (
        ((saved["key"],), None),
        ((text,), None),
        (("  " + text.replace('"NaN"', "NaN"),), None),
        (("@ref.json",), None),
        (("@ref.key",), None),
        (("-",), text),
        (("-",), saved["key"] + "\n"),
    ):
        assert tool("show", *arguments, stdin=stdin).record["key"] == saved["key"]


@pytest.mark.parametrize("command", [("show",), ("load",), ("verify",), ("remove",)], ids=" ".join)
@pytest.mark.parametrize(
    "reference, kind",
    [
        ("", "invalid_argument"),
        ("{", "invalid_argument"),
        ("{}", "invalid_argument"),
        ('{"key": 3}', "invalid_argument"),
        ('{"key": "x", "type": "checkpoint", "url": "x", "created_on": "x"}', "key_not_compatible"),
        ('{"key": "%s", "type": "checkpoint", "url": "x"}' % STRANGER, "invalid_argument"),
        ("[" * 5000, "key_not_compatible"),
        ('{"a":' * 5000, "invalid_argument"),
        ("nonsense", "key_not_compatible"),
        (STRANGER + "/weights", "key_not_compatible"),
        ("/" + STRANGER, "key_not_compatible"),
        (STRANGER.replace("Flow", ".."), "key_not_compatible"),
        ("mf.models/models/artifacts/m_0/weights", "key_not_compatible"),
        ('{"type": "model", "key": "%s", "url": "x", "created_on": "x"}' % STRANGER, "incompatible_type"),
        ('{"type": "checkpoint", "key": "mf.models/models/artifacts/m_0", "url": "x", "created_on": "x"}',
         "incompatible_type"),
        ('{"type": "model", "key": "mf.models/models/artifacts/m_0", "url": "x", "created_on": "x"}',
         "invalid_argument"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)
def test_what_is_no_reference(tool, command, reference, kind):
    saved = tool.save()
    rest = ["target"] if command == ("load",) else []
    error = tool(*command, reference, *rest, status=2).error
    assert error["kind"] == kind, error
    assert not (tool.folder / "target").exists()
    assert keys(tool("list")) == [saved["key"]]


def test_reference_from_a_file_that_is_not_there(tool):
    assert tool("show", "@nowhere", status=3).error["kind"] == "not_found"
    assert tool("show", "@" + str(tool.folder), status=1).error["kind"] == "io_failure"
    assert tool("show", "@/dev/zero", status=1).error["kind"] == "too_large"


@pytest.mark.on_s3
@pytest.mark.parametrize("command", [("show",), ("load",), ("remove",)], ids=" ".join)
def test_a_key_that_nothing_has(tool, command):
    tool.save()
    rest = ["target"] if command == ("load",) else []
    for key in (STRANGER, STRANGER.replace("mfchckpt", "with.dot")):
        outcome = tool(*command, key, *rest, status=3)
        assert outcome.out == "" and outcome.error["kind"] == "not_found" and outcome.error["key"] == key
    assert tool.people(*command, STRANGER, *rest, status=3).err.startswith("holdfast: ")


# --- load ------------------------------------------------------------------------------------------------------------


@pytest.mark.on_s3
def test_load_keeps_other_files(tool):
    saved = tool.save()
    target = tool.folder / "target"
    target.mkdir()
    (target / "mine").write_text("mine")
    (target / "weights").write_text("older")
    tool("load", saved["key"], target)
    assert contents(target) == {**SAVED, "mine": b"mine"}


@pytest.mark.on_s3
@pytest.mark.parametrize("layout", ["files", "tar", "tar.gz"])
@pytest.mark.parametrize("existing", [False, True])
def test_a_failed_load_leaves_everything_as_it_was(tool, layout, existing):
    saved = tool.save("--format", layout, content="w" * 100_000)
    stored = tool.data(saved) / "weights" if layout == "files" else tool.data(saved)
    data = bytearray(stored.read_bytes())
    data[len(data) // 2] ^= 1
    stored.write_bytes(data)
    target = tool.folder / "target"
    if existing:
        target.mkdir()
        (target / "weights").write_text("mine")
    before = sorted(tool.folder.rglob("*"))
    error = tool("load", saved["key"], target, status=4).error
    assert error["kind"] == "corrupt"
    assert sorted(tool.folder.rglob("*")) == before
    if existing:
        assert contents(target) == {"weights": b"mine"}


def test_load_into_a_file(tool):
    saved = tool.save()
    (tool.folder / "target").write_text("a file")
    tool("load", saved["key"], "target", status=2)
    assert (tool.folder / "target").read_text() == "a file"


@pytest.mark.parametrize("command", ["load", "restore"])
def test_a_directory_behind_a_circle_of_links_says_nothing_of_the_checkpoints(tool, command):
    saved = [tool.save(), tool.save()]
    (tool.folder / "loop").symlink_to("loop")
    words = [command, *([saved[0]["key"]] if command == "load" else []), "loop"]
    error = tool(*words, status=2).error
    assert error["kind"] == "invalid_argument" and "remove" not in error["message"]


def test_a_directory_whose_name_is_not_utf_8(tool):
    saved = tool.save()
    loaded = tool("load", saved["key"], "out\udcff").record
    assert loaded["directory"] == "out\ufffd" and contents(tool.folder / "out\udcff") == SAVED
    assert tool("save", "nowhere\udcff", status=3).error["key"].endswith("nowhere\ufffd")
    assert "\ufffd" in tool("frobnicate\udcff", status=2).error["message"]


def test_load_for_people(tool):
    saved = tool.save()
    spoken = tool.people("load", saved["key"], "target")
    assert spoken.out == "target\n" and "3 files, 13 bytes" in spoken.err


@pytest.mark.on_s3
def test_an_interrupted_load_leaves_nothing(tool):
    big = tool.folder / "big"
    big.mkdir()
    for number in range(200):
        (big / f"{number}").write_bytes(os.urandom(1 << 18))
    saved = tool("save", big, "--format", "tar").record
    before = set(tool.folder.iterdir())
    running = subprocess.Popen([tool.program, "--json", *tool.where(), "load", saved["key"], "target"],
                               cwd=tool.folder, env=tool.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while running.poll() is None and set(tool.folder.iterdir()) == before:
        pass
    running.send_signal(signal.SIGINT)
    err = running.communicate()[1]
    left = set(tool.folder.iterdir()) - before
    if running.returncode == 0:
        assert left == {tool.folder / "target"} and len(contents(tool.folder / "target")) == 200
    else:
        assert running.returncode == 1 and json.loads(err)["error"]["kind"] == "cancelled"
        assert left == set()


# --- restore ---------------------------------------------------------------------------------------------------------


@pytest.mark.on_s3
def test_restore(tool):
    tool.save(content="older")
    newest = tool.save(content="newest")
    outcome = tool("restore", "target")
    assert outcome.record == newest and outcome.err == ""
    assert (tool.folder / "target" / "weights").read_text() == "newest"
    assert tool("restore", "next", "--attempt", "5").record == newest


@pytest.mark.on_s3
def test_nothing_to_restore(tool):
    outcome = tool("restore", "target", status=3)
    assert outcome.out == "" and outcome.error["kind"] == "not_found"
    assert not (tool.folder / "target").exists()


@pytest.mark.on_s3
def test_restore_by_name_and_by_policy(tool):
    named = tool.save("--name", "best")
    tool.save("--name", "epoch")
    assert tool("restore", "a", "--name", "best").record == named
    assert tool("restore", "b", "--name", "worst", status=3).error["kind"] == "not_found"
    other = "Flow/2/train/1"
    assert tool("restore", "c", "--policy", "fresh", task=other, status=3).out == ""
    assert tool("restore", "d", "--policy", "eager", task=other).record["name"] == "epoch"


@pytest.mark.on_s3
def test_restore_steps_back(tool):
    good, bad = tool.save(content="good"), tool.save(content="bad")
    (tool.data(bad) / "weights").write_text("BAD")
    outcome = tool("restore", "target")
    assert outcome.record == good
    warning = json.loads(outcome.err)["warning"]
    assert warning["kind"] == "corrupt" and warning["key"] == bad["key"] and warning["message"]
    assert (tool.folder / "target" / "weights").read_text() == "good"
    spoken = tool.people("restore", "again")
    assert spoken.out == good["key"] + "\n"
    assert "warning" in spoken.err and bad["key"] in spoken.err

    (tool.data(good) / "weights").write_text("GOOD")
    assert tool("restore", "third", status=4).error["kind"] == "corrupt"
    assert not (tool.folder / "third").exists()


# --- verify ----------------------------------------------------------------------------------------------------------


@pytest.mark.on_s3
def test_verify(tool):
    assert tool("verify").out == ""
    first, second, third = tool.save(), tool.save("--format", "tar"), tool.save("--format", "tar.gz")
    assert tool("verify").records == [
        {"key": saved["key"], "status": "ok", "detail": ""} for saved in (third, second, first)
    ]
    (tool.data(first) / "weights").write_text("WEIGHTS")
    outcome = tool("verify", status=4)
    assert [record["status"] for record in outcome.records] == ["ok", "ok", "corrupt"]
    assert "weights" in outcome.records[2]["detail"] and outcome.err == ""
    assert tool("verify", second["key"], third["key"]).err == ""
    outcome = tool("verify", first["key"], STRANGER, second["key"], status=4)
    assert [record["status"] for record in outcome.records] == ["corrupt", "not_found", "ok"]
    assert tool("verify", STRANGER, status=4).record["status"] == "not_found"


@pytest.mark.on_s3
def test_verify_what_python_wrote(tool):
    """Without a manifest of ours only sizes can be compared."""
    saved = tool.save()
    for document in tool.documents(saved):
        stored = json.loads(document.read_text())
        stored.pop("holdfast", None)
        document.write_text(json.dumps(stored))
    assert tool("verify", saved["key"]).record["status"] == "unverifiable"
    (tool.data(saved) / "weights").write_text("longer than it was")
    assert tool("verify", saved["key"], status=4).record["status"] == "corrupt"


def test_verify_goes_on_past_what_this_version_cannot_read(tool):
    first, second = tool.save(), tool.save()
    for document in tool.documents(second):
        document.write_text(json.dumps(json.loads(document.read_text()) | {"storage_format": "zip"}))
    outcome = tool("verify")
    assert [record["status"] for record in outcome.records] == ["unverifiable", "ok"]
    assert "zip" in outcome.records[0]["detail"]
    assert len(tool.people("verify").out.splitlines()) == 3


def test_an_interrupted_verify_says_nothing_of_the_checkpoint(tool):
    big = tool.folder / "big"
    big.mkdir()
    for number in range(8):
        with open(big / f"{number}", "wb") as file:
            file.truncate(1 << 25)
    saved = tool("save", big).record
    heeded = []

    def heeds(process):
        blocked = re.search(r"^SigBlk:\s*(\w+)", Path(f"/proc/{process}/status").read_text(), re.MULTILINE).group(1)
        if int(blocked, 16) & 1 << (signal.SIGINT - 1):
            heeded.append(process)
        return heeded

    interrupt_when(heeds, tool, "verify", saved["key"])
    assert heeded
    assert tool("verify", saved["key"]).record["status"] == "ok"


@pytest.mark.on_s3
def test_verify_for_people(tool):
    good = tool.save()
    titles, row = tool.people("verify").out.splitlines()
    assert titles.split() == ["STATUS", "KEY", "DETAIL"]
    assert row.split() == ["ok", good["key"]]


# --- remove ----------------------------------------------------------------------------------------------------------


@pytest.mark.on_s3
def test_remove(tool):
    first, second, third = tool.save(), tool.save(), tool.save("--format", "tar")
    outcome = tool("remove", third["key"], json.dumps(first))
    assert outcome.out == "" and outcome.err == ""
    assert keys(tool("list")) == [second["key"]]
    assert not tool.data(first).exists() and not tool.data(third).exists()
    assert tool("restore", "target").record["key"] == second["key"], "latest moved to what is left"
    assert tool.save()["version_id"] == 3, "a version is never given twice"


def test_an_interrupted_remove_is_finished_by_the_next(tool):
    many = tool.folder / "many"
    many.mkdir()
    for number in range(3000):
        (many / f"{number}").write_text("")
    saved = tool("save", many).record
    by_key, _ = tool.documents(saved)
    interrupted = interrupt_when(lambda _: not by_key.exists(), tool, "remove", saved["key"])
    assert tool("search", task=None).out == ""
    tool("remove", saved["key"], status=0 if interrupted else 3)
    assert not tool.data(saved).exists()


@pytest.mark.on_s3
def test_remove_goes_on_past_what_is_gone(tool):
    saved = tool.save()
    outcome = tool("remove", STRANGER, saved["key"], status=3)
    assert outcome.error["key"] == STRANGER
    assert tool("list").records == []


@pytest.mark.on_s3
def test_remove_checks_every_reference_first(tool):
    saved = tool.save()
    tool("remove", saved["key"], "nonsense", status=2)
    assert keys(tool("list")) == [saved["key"]]


@pytest.mark.parametrize("command", ["remove", "verify"])
def test_a_reference_that_does_not_come_is_waited_for_until_an_interrupt(tool, command):
    running = subprocess.Popen([tool.program, "--json", *tool.where(), command, "-"], cwd=tool.folder,
                               env=tool.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    running.stdin.write(b"mf.")
    running.stdin.flush()
    deadline = time.monotonic() + 60
    while fcntl.ioctl(running.stdin, termios.FIONREAD, bytes(4)) != bytes(4):
        assert running.poll() is None and time.monotonic() < deadline
    running.send_signal(signal.SIGTERM)  # SIGINT may be ignored where the tests run in the background
    try:
        assert running.wait(60) == -signal.SIGTERM
    finally:
        running.kill()
        running.communicate()


# --- mounts, full disks and terminals --------------------------------------------------------------------------------


def where_mounted(tool, mounts, *arguments, afterwards="true"):
    """Runs the tool between shell commands that mount something, which nobody else sees, and some that look at it."""
    script = f'{{ {mounts}; }} || exit 99; "$@"; status=$?; {afterwards}; exit $status'
    if not shutil.which("unshare"):
        cannot_run("unshare is missing")
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", script, "bash", tool.program, "--json",
         *map(str, arguments)],
        cwd=tool.folder, env=tool.environment, capture_output=True)
    if done.returncode == 99 or done.stderr.startswith(b"unshare"):
        cannot_run("no file system can be mounted here: " + done.stderr.decode())
    return done


def on_small_disk(tool, mount, *arguments):
    """Runs the tool where `mount` is a new file system of 256 KiB; returns the outcome and what is on it then."""
    disk, listing = shlex.quote(str(mount)), tool.folder / "listing"
    done = where_mounted(tool, f"mount -t tmpfs -o size=256k none {disk}", *arguments,
                         afterwards=f"find {disk} -type f >{shlex.quote(str(listing))}")
    return done, listing.read_text().splitlines()


@pytest.mark.parametrize("place, mount", [("nested", "-t tmpfs none"), ("weights", "--bind state/empty")])
def test_a_mount_below_the_target_is_refused_before_anything_moved(tool, place, mount):
    saved = tool.save()
    target = tool.folder / "target"
    (target / "nested").mkdir(parents=True)
    (target / "weights").write_text("mine")
    before = sorted(tool.folder.rglob("*"))
    done = where_mounted(tool, f"mount {mount} target/{place}", *tool.where(), "load", saved["key"], "target")
    error = json.loads(done.stderr)["error"]
    assert done.returncode == 1 and error["kind"] == "precondition_failed" and error["key"] == str(target / place)
    assert sorted(tool.folder.rglob("*")) == before and contents(target) == {"weights": b"mine"}


@pytest.mark.parametrize("then", ["true", "mount -o remount,bind,ro work"])
def test_a_target_that_is_a_mount_of_the_same_file_system(tool, then):
    saved = tool.save()
    disk = tool.folder / "disk"
    disk.mkdir()
    (disk / "mine").write_text("mine")
    (tool.folder / "work" / "target").mkdir(parents=True)
    mounts = f"mount --bind work work && mount --bind disk work/target && {then}"
    done = where_mounted(tool, mounts, *tool.where(), "load", saved["key"], "work/target")
    assert done.returncode == 0, done.stderr
    assert contents(disk) == {**SAVED, "mine": b"mine"}


@pytest.mark.parametrize("layout", ["files", "tar", "tar.gz"])
def test_a_full_disk_below_the_store(tool, layout):
    state = tool.folder / "state"
    state.mkdir()
    (state / "weights").write_bytes(os.urandom(1 << 20))
    tool.root.mkdir()
    done, left = on_small_disk(tool, tool.root, *tool.where(), "save", state, "--format", layout)
    assert done.returncode == 1 and done.stdout == b""
    assert json.loads(done.stderr)["error"]["kind"] == "no_space"
    assert not [path for path in left if path.endswith(".metadata") or path.endswith("latest")]


@pytest.mark.parametrize("layout", ["files", "tar"])
def test_a_full_disk_below_the_target(tool, layout):
    saved = tool.save("--format", layout, content="w" * (1 << 20))
    disk = tool.folder / "disk"
    disk.mkdir()
    done, left = on_small_disk(tool, disk, *tool.where(), "load", saved["key"], disk / "target")
    assert done.returncode == 1
    assert json.loads(done.stderr)["error"]["kind"] == "no_space"
    assert left == []


def on_terminal(tool, stream, *arguments, **variables):
    """What a terminal gets that is the program's stdout or stderr."""
    master, slave = pty.openpty()
    environment = {name: value for name, value in tool.environment.items() if name != "NO_COLOR"}
    other = "stderr" if stream == "stdout" else "stdout"
    running = subprocess.Popen([tool.program, *tool.where(), *arguments], cwd=tool.folder,
                               env={**environment, **variables}, **{stream: slave, other: subprocess.DEVNULL})
    os.close(slave)
    seen = b""
    while select.select([master], [], [], 60)[0]:
        try:
            part = os.read(master, 4096)
        except OSError:
            break
        if not part:
            break
        seen += part
    os.close(master)
    assert running.wait() == 0
    return seen.decode()


def test_colours_only_on_a_terminal_that_wants_them(tool):
    tool.save()
    assert "\x1b[1m" in on_terminal(tool, "stdout", "list")
    assert "\x1b" not in on_terminal(tool, "stdout", "list", NO_COLOR="1")
    assert "\x1b" not in on_terminal(tool, "stdout", "--json", "list")
    assert "\x1b" not in tool.people("list", NO_COLOR="").out


def test_progress_only_on_a_terminal(tool):
    tool.save()
    assert "0 of 1 verifying" in on_terminal(tool, "stderr", "verify")
    assert on_terminal(tool, "stderr", "--quiet", "verify") == ""
    assert tool.people("verify").err == ""
