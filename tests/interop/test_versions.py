"""Many processes write under one METAFLOW_CHECKPOINT_UID: C++ alone, and C++ with Python."""

import json
import subprocess

import pytest

from world import assert_same, assert_same_set, call, tree


def one_file(store, name, content):
    path = store.folder / "files" / name / "state.txt"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    return path


def state_of(store, reference):
    return (store.python_load(reference) / "state.txt").read_text()


@pytest.mark.parametrize("layout", ["files", "tar", "tar.gz"])
def test_three_processes_in_a_row_leave_three_versions(store, layout):
    saved = [
        store.save(one_file(store, str(number), f"content {number}"), "--format", layout) for number in range(3)
    ]
    assert [reference["version_id"] for reference in saved] == [0, 1, 2]
    assert [reference["key"].rsplit(".", 1)[1] for reference in saved] == ["0", "1", "2"]
    assert_same(store.ask("list"), saved[::-1])
    assert [state_of(store, reference) for reference in saved] == ["content 0", "content 1", "content 2"]
    assert_same(store.ask("latest", policy="fresh"), saved[2])


def test_names_share_one_counter(store):
    path = one_file(store, "one", "one")
    saved = [store.save(path, "--name", name) for name in ("epoch", "best", "epoch")]
    assert [reference["version_id"] for reference in saved] == [0, 1, 2]
    assert_same(store.ask("list", name="epoch"), [saved[2], saved[0]])


def test_attempts_count_anew(store):
    path = one_file(store, "one", "one")
    saved = [store.save(path, attempt=attempt) for attempt in (0, 0, 1)]
    assert [(reference["attempt"], reference["version_id"]) for reference in saved] == [("0", 0), ("0", 1), ("1", 0)]
    assert_same(store.holdfast("list", attempt=1).records, [saved[2], saved[1], saved[0]])
    assert_same(store.ask("list", attempt=1), store.ask("list"))


@pytest.mark.stores("local", "versitygw", "minio")
@pytest.mark.parametrize("layout", ["files", "tar"])
def test_sixteen_processes_at_once_leave_sixteen_versions(store, layout):
    paths = [one_file(store, str(number), f"content {number}") for number in range(16)]
    metadata = [f'{{"number": {number}}}' for number in range(16)]
    running = [
        subprocess.Popen(
            [store.tool, "--json", "save", path, "--format", layout, "--metadata", text],
            cwd=store.folder,
            env=store.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for path, text in zip(paths, metadata)
    ]
    outcomes = [(process, *process.communicate(timeout=120)) for process in running]
    assert [(process.returncode, err.decode()) for process, _, err in outcomes if process.returncode != 0] == []
    listed = store.ask("list")
    assert sorted(reference["version_id"] for reference in listed) == list(range(16))
    assert sorted(reference["metadata"]["number"] for reference in listed) == list(range(16))
    assert_same(listed, store.holdfast("list").records)
    assert {report["status"] for report in store.holdfast("verify").records} == {"ok"}
    for reference in listed if store.backend.is_local else listed[:3]:
        assert state_of(store, reference) == f"content {reference['metadata']['number']}"
    newest = store.ask("latest", policy="fresh")
    assert newest["version_id"] == 15, "latest never goes back"
    assert_same(store.ask("latest", policy="eager"), newest)


def test_cpp_writes_nothing_that_python_lists_by_mistake(store):
    store.save(one_file(store, "one", "one"))
    names = sorted(path.name for path in store.task_folder.iterdir())
    assert names == ["0.mfchckpt.0.metadata", "latest"]
    key = store.ask("list")[0]["key"]
    assert sorted(path.name for path in store.scope_folder.iterdir()) == sorted(
        [key.rsplit("/", 1)[1] + ".metadata", "latest"]
    )
    assert sorted(tree(store.root / key)) == ["state.txt"]


@pytest.mark.stores("local", "versitygw", "minio")
def test_cpp_goes_on_after_python_s_versions(store):
    by_python = store.ask(
        "save_many", paths=[str(one_file(store, f"python {number}", f"python {number}")) for number in range(3)]
    )
    by_cpp = store.save(one_file(store, "cpp", "cpp"))
    assert by_cpp["version_id"] == 3
    assert_same(store.ask("list"), [by_cpp, *by_python[::-1]])
    assert [state_of(store, reference) for reference in by_python] == [f"python {number}" for number in range(3)]
    assert_same(store.ask("latest", policy="fresh"), by_cpp)
    verified = {report["key"]: report["status"] for report in store.holdfast("verify").records}
    assert verified == {by_cpp["key"]: "ok", **{reference["key"]: "unverifiable" for reference in by_python}}


def test_cpp_never_writes_into_a_committed_prefix(store):
    """Turn by turn under one name: what C++ saves never touches what lies there already."""
    committed = {}
    for turn in range(3):
        before = {key: tree(store.root / key) for key in committed}
        saved = store.save(one_file(store, f"cpp {turn}", f"cpp {turn}"), "--name", "shared")
        assert saved["key"] not in committed
        assert {key: tree(store.root / key) for key in committed} == before
        committed[saved["key"]] = "cpp"
        python = store.ask("save", path=str(one_file(store, f"python {turn}", f"python {turn}")), name="other")
        committed[python["key"]] = "python"
        assert store.holdfast("verify", saved["key"]).record["status"] == "ok"


def test_python_under_another_name_leaves_cpp_s_alone(store):
    saved = [store.save(store.source(str(number), seed=number), "--name", "mine") for number in range(2)]
    before = [tree(store.data(reference)) for reference in saved]
    for number in range(2):
        store.ask("save", path=str(one_file(store, f"python {number}", "python")), name="theirs")
    assert [tree(store.data(reference)) for reference in saved] == before
    assert {store.holdfast("verify", reference["key"]).record["status"] for reference in saved} == {"ok"}
    assert [tree(store.python_load(reference)) for reference in saved] == before


def test_python_itself_overwrites_version_zero_of_the_same_name(store):
    """A defect of Python's: every process of it begins at version 0 again, into the same prefix. Nothing that C++
    writes can prevent it; the mixture is not taken for a good checkpoint, and other versions stay whole."""
    first = store.save(store.source("first"))
    second = store.save(store.source("second", seed=1))
    path = one_file(store, "python", "python")
    by_python = store.ask("save", path=str(path))
    assert by_python["key"] == first["key"]
    mixed = tree(store.data(first))
    assert mixed["state.txt"] == b"python" and "weights.bin" in mixed, "Python leaves the older files in place"
    assert store.holdfast("verify", first["key"], status=4).record["status"] == "corrupt"
    assert store.holdfast("verify", second["key"]).record["status"] == "ok"
    third = store.save(store.source("third", seed=2))
    assert third["version_id"] == 2
    target = store.folder / "restored"
    assert_same(store.holdfast("restore", target).record, third)
    assert_same_set(store.ask("list"), [by_python, second, third])


@pytest.mark.stores("local", "versitygw", "minio")
def test_an_overwritten_checkpoint_is_passed_over(store):
    """Python's `latest` names the mixture; a restart of C++ takes the newest good one instead, and says so."""
    store.save(store.source("first"))
    second = store.save(store.source("second", seed=1))
    by_python = store.ask("save", path=str(one_file(store, "python", "python")))
    target = store.folder / "restored"
    outcome = store.holdfast("restore", target)
    assert_same(outcome.record, second)
    assert by_python["key"] in outcome.err
    assert tree(target) == tree(store.data(second))


def test_a_dotted_name_that_python_wrote_is_read(store):
    """Python writes such a name and cannot find it again by its key; C++ reads it and refuses to write one."""
    path = one_file(store, "dotted", "dotted")
    by_python = store.ask("save", path=str(path), name="v1.0")
    assert_same(store.holdfast("list").records, [by_python])
    assert_same(store.holdfast("list", "--name", "v1.0").records, [by_python])
    target = store.folder / "target"
    store.holdfast("load", by_python["key"], target)
    assert tree(target) == {"state.txt": b"dotted"}
    assert_same(store.holdfast("restore", store.folder / "restored").record, by_python)
    for name in ("v1.0", "a/b", "", "..", "line\nend"):
        assert store.holdfast("save", path, "--name", name, status=2).error["kind"] == "invalid_argument"
    assert_same(store.ask("list"), [by_python])


@pytest.mark.parametrize("name", ["a/b", 3], ids=["slash", "number"])
def test_a_name_with_a_slash_or_a_number_that_python_wrote_is_read(store, name):
    """Python takes such names and loads them by their keys; its list finds none with a slash, and C++ writes none."""
    by_python = store.ask("save", path=str(one_file(store, "named", "named")), name=name)
    assert by_python["name"] == name
    assert_same(store.holdfast("list").records, [by_python])
    assert_same(store.holdfast("list", "--name", name).records, [by_python])
    store.holdfast("load", by_python["key"], store.folder / "by-key")
    store.holdfast("load", json.dumps(by_python), store.folder / "by-reference")
    assert_same(store.holdfast("restore", store.folder / "restored").record, by_python)
    for target in ("by-key", "by-reference", "restored"):
        assert tree(store.folder / target) == {"state.txt": b"named"}
    store.holdfast("remove", by_python["key"])
    assert store.holdfast("list").records == []
    assert store.holdfast("restore", store.folder / "again", status=3).error["kind"] == "not_found"
