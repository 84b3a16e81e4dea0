"""Damage to a checkpoint that C++ saved: each kind gives its own error, a restart steps back, Python lists the rest."""

import json

import pytest

from world import PythonFailure, assert_same, assert_same_set, remove_tree, tree

LAYOUTS = ["files", "tar", "tar.gz"]
GOOD = [0, 1]
NEWEST = 2


class Damaged:
    """Three checkpoints of one task in one store; the tests damage the newest."""

    def __init__(self, store, layout):
        self.store = store
        self.layout = layout
        self.saved = [
            store.save(store.source(str(number), seed=number), "--name", f"epoch{number}", "--format", layout)
            for number in range(3)
        ]
        self.contents = [tree(store.folder / "sources" / str(number)) for number in range(3)]

    @property
    def newest(self):
        return self.saved[NEWEST]

    def data_file(self):
        """An object of the newest checkpoint that holds bytes of weights.bin."""
        data = self.store.data(self.newest)
        return data / "weights.bin" if self.layout == "files" else data

    def manifest(self):
        found = [
            path
            for path in (self.store.root / "mf.checkpoints/checkpoints/holdfast").rglob("*")
            if f"epoch{NEWEST}" in str(path) and path.is_file() and path.read_bytes().startswith(b"{")
        ]
        assert len(found) == 1, found
        return found[0]

    def load(self, number=NEWEST, status=0):
        target = self.store.folder / "target"
        outcome = self.store.holdfast("load", self.saved[number]["key"], target, status=status)
        if status != 0:
            assert not target.exists(), "a failed load leaves nothing"
        return outcome

    def load_fails(self, kind):
        error = self.load(status={"corrupt": 4, "not_found": 3}[kind]).error
        assert error["kind"] == kind, error
        assert error["operation"] and error["message"] and error["key"], error
        return error

    def verify_says(self, status):
        report = self.store.holdfast("verify", self.newest["key"], status=0 if status in ("ok", "unverifiable") else 4)
        assert report.record["key"] == self.newest["key"]
        assert report.record["status"] == status, report
        return report.record["detail"]

    def steps_back_to(self, number, *mentioned):
        target = self.store.folder / "restored"
        outcome = self.store.holdfast("restore", target)
        assert_same(outcome.record, self.saved[number])
        assert tree(target) == self.contents[number]
        for text in mentioned:
            assert text in outcome.err, outcome
        return outcome

    def rest_is_whole(self):
        for number in GOOD:
            assert self.store.holdfast("verify", self.saved[number]["key"]).record["status"] == "ok"
            if self.store.backend.is_local:
                self.python_loads(number)

    def python_loads(self, number):
        assert tree(self.store.python_load(self.saved[number])) == self.contents[number]


@pytest.fixture(params=LAYOUTS)
def damaged(request, store):
    return Damaged(store, request.param)


@pytest.fixture
def damaged_files(store):
    return Damaged(store, "files")


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x20
    path.write_bytes(content)


def truncate(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def append(path):
    path.write_bytes(path.read_bytes() + b"more")


def empty(path):
    path.write_bytes(b"")


@pytest.mark.stores("local", "versitygw", "minio")
def test_nothing_is_wrong_before(damaged):
    damaged.verify_says("ok")
    damaged.steps_back_to(NEWEST)
    damaged.rest_is_whole()
    damaged.python_loads(NEWEST)


@pytest.mark.stores("local", "versitygw", "minio")
@pytest.mark.parametrize("damage", [flip, truncate, append])
def test_changed_data_is_corrupt(damaged, damage):
    damage(damaged.data_file())
    damaged.load_fails("corrupt")
    damaged.verify_says("corrupt")
    damaged.steps_back_to(1, damaged.newest["key"], "corrupt")
    damaged.rest_is_whole()
    assert_same(damaged.store.ask("list"), damaged.saved[::-1])


def test_a_flipped_bit_in_every_file_is_seen(damaged_files):
    data = damaged_files.store.data(damaged_files.newest)
    for name, content in damaged_files.contents[NEWEST].items():
        if content:
            flip(data / name)
            assert name in damaged_files.load_fails("corrupt")["message"] + damaged_files.verify_says("corrupt")
            (data / name).write_bytes(content)
    damaged_files.verify_says("ok")


def test_an_emptied_file_is_corrupt(damaged):
    damaged.data_file().write_bytes(b"")
    damaged.load_fails("corrupt")
    damaged.steps_back_to(1, damaged.newest["key"])


def test_one_lost_file_is_corrupt(damaged_files):
    damaged_files.data_file().unlink()
    assert "weights.bin" in damaged_files.load_fails("corrupt")["message"]
    damaged_files.verify_says("corrupt")
    damaged_files.steps_back_to(1, damaged_files.newest["key"], "corrupt")
    damaged_files.rest_is_whole()
    assert_same(damaged_files.store.ask("list"), damaged_files.saved[::-1])


@pytest.mark.stores("local", "versitygw", "minio")
def test_lost_data_is_not_found(damaged):
    data = damaged.store.data(damaged.newest)
    remove_tree(data) if data.is_dir() else data.unlink()
    damaged.load_fails("not_found")
    damaged.verify_says("not_found")
    damaged.steps_back_to(1, damaged.newest["key"], "its data is not in the store")
    damaged.rest_is_whole()
    assert_same(damaged.store.ask("list"), damaged.saved[::-1])


def test_lost_documents_and_data_are_not_found(damaged_files):
    key = "mf.checkpoints/checkpoints/artifacts/Store/train/dabd1db8d35a/80d5b9c7c81e/00000000.0.mfchckpt.0"
    store = damaged_files.store
    assert store.holdfast("load", key, store.folder / "target", status=3).error["kind"] == "not_found"
    assert store.holdfast("show", key, status=3).error["kind"] == "not_found"
    assert store.holdfast("verify", key, status=4).record["status"] == "not_found"


def test_two_damaged_in_a_row(damaged):
    truncate(damaged.data_file())
    flip(damaged.store.data(damaged.saved[1]) / "weights.bin" if damaged.layout == "files"
         else damaged.store.data(damaged.saved[1]))
    damaged.steps_back_to(0, damaged.saved[2]["key"], damaged.saved[1]["key"])


@pytest.mark.parametrize("damage", [truncate, lambda path: remove_tree(path.parent)], ids=["truncate", "remove"])
def test_all_damaged_is_no_start_from_nothing(damaged_files, damage):
    for reference in damaged_files.saved:
        damage(damaged_files.store.data(reference) / "weights.bin")
    target = damaged_files.store.folder / "restored"
    outcome = damaged_files.store.holdfast("restore", target, status=4)
    assert outcome.error["kind"] == "corrupt"
    assert not target.exists()


def test_restore_by_name_does_not_step_to_another_name(damaged_files):
    truncate(damaged_files.data_file())
    target = damaged_files.store.folder / "restored"
    damaged_files.store.holdfast("restore", target, "--name", f"epoch{NEWEST}", status=4)
    assert not target.exists()
    assert_same(damaged_files.store.holdfast("restore", target, "--name", "epoch1").record, damaged_files.saved[1])


def test_a_failed_load_leaves_the_directory_as_it_was(damaged):
    flip(damaged.data_file())
    target = damaged.store.folder / "target"
    target.mkdir()
    (target / "weights.bin").write_bytes(b"mine")
    (target / "other").write_bytes(b"also mine")
    damaged.store.holdfast("load", damaged.newest["key"], target, status=4)
    assert tree(target) == {"weights.bin": b"mine", "other": b"also mine"}
    assert list(damaged.store.folder.glob("target*")) == [target]


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"[1]", b'{"type": "checkpoint"}', b"\xff\xfe\x00"],
                         ids=["empty", "cut", "null", "list", "no key", "bytes"])
def test_a_damaged_latest_loses_nothing(damaged_files, content):
    (damaged_files.store.task_folder / "latest").write_bytes(content)
    outcome = damaged_files.steps_back_to(NEWEST, "latest")
    assert "corrupt" in outcome.err
    assert_same(damaged_files.store.ask("list"), damaged_files.saved[::-1])


def test_a_latest_that_names_what_is_gone(damaged_files):
    latest = damaged_files.store.task_folder / "latest"
    document = json.loads(latest.read_text())
    document["key"] = document["key"].replace(f"epoch{NEWEST}", "epoch7")
    document["name"] = "epoch7"
    latest.write_text(json.dumps(document))
    damaged_files.steps_back_to(NEWEST, document["key"])


def test_a_removed_latest_is_no_checkpoint_at_all(damaged_files):
    """As in Python: nothing was marked for a restart."""
    (damaged_files.store.task_folder / "latest").unlink()
    damaged_files.store.holdfast("restore", damaged_files.store.folder / "restored", status=3)
    assert damaged_files.store.ask("latest", policy="fresh") is None


def test_a_damaged_scope_latest_under_eager(damaged_files):
    store = damaged_files.store
    (store.scope_folder / "latest").write_bytes(b"{")
    target = store.folder / "restored"
    other = ("--task", "Store/18/train/4", "--namespace", "user:alice")
    outcome = store.holdfast(*other, "restore", target, "--policy", "eager")
    assert_same(outcome.record, damaged_files.newest)
    assert "latest" in outcome.err and "corrupt" in outcome.err


@pytest.mark.parametrize("content", [b"", b'{"type": "checkpoint", "key": "x"', b"null"], ids=["empty", "cut", "null"])
def test_a_damaged_task_document(damaged_files, content):
    store = damaged_files.store
    store.task_document(damaged_files.newest).write_bytes(content)
    error = store.holdfast("list", status=4).error
    assert error["kind"] == "corrupt"
    assert error["key"].endswith(f"0.epoch{NEWEST}.{NEWEST}.metadata")
    assert_same(store.holdfast("list", status=4).records, damaged_files.saved[1::-1])
    assert_same(store.holdfast("list", "--name", "epoch1").records, [damaged_files.saved[1]])
    assert_same(store.ask("list", name="epoch1"), [damaged_files.saved[1]])
    assert_same(store.ask("list", name="epoch0"), [damaged_files.saved[0]])
    with pytest.raises(PythonFailure):
        store.ask("list")
    damaged_files.rest_is_whole()


@pytest.mark.parametrize("content", [b"", b'{"type": "checkpoint", "key": "x"', b"null"], ids=["empty", "cut", "null"])
def test_a_damaged_artifact_document(damaged_files, content):
    store = damaged_files.store
    store.artifact_document(damaged_files.newest).write_bytes(content)
    damaged_files.load_fails("corrupt")
    damaged_files.verify_says("corrupt")
    assert store.holdfast("show", damaged_files.newest["key"], status=4).error["kind"] == "corrupt"
    assert_same_set(store.ask("list"), damaged_files.saved)
    damaged_files.rest_is_whole()


def test_a_document_that_names_another_checkpoint(damaged_files):
    """A document copied over another one is no good document, though it is well formed."""
    store = damaged_files.store
    other = store.artifact_document(damaged_files.saved[0])
    store.artifact_document(damaged_files.newest).write_bytes(other.read_bytes())
    damaged_files.load_fails("corrupt")


def test_a_lost_artifact_document_is_not_found(damaged_files):
    damaged_files.store.artifact_document(damaged_files.newest).unlink()
    damaged_files.load_fails("not_found")
    damaged_files.verify_says("not_found")


@pytest.mark.parametrize("damage", [flip, truncate, empty])
def test_a_damaged_manifest_is_corrupt(damaged, damage):
    damage(damaged.manifest())
    damaged.load_fails("corrupt")
    damaged.verify_says("corrupt")
    damaged.steps_back_to(1, damaged.newest["key"], "corrupt")
    damaged.rest_is_whole()
    assert tree(damaged.store.python_load(damaged.newest)) == damaged.contents[NEWEST], "Python needs no manifest"


@pytest.mark.stores("local", "versitygw", "minio")
def test_a_lost_manifest(damaged):
    """The document promises a manifest: without it nothing can be verified, so it is not taken for good."""
    damaged.manifest().unlink()
    kind = damaged.load(status=None).error["kind"]
    assert kind in ("corrupt", "not_found")
    damaged.verify_says(kind)
    damaged.steps_back_to(1, damaged.newest["key"])


def test_an_added_file_is_no_part_of_the_checkpoint(damaged_files):
    (damaged_files.store.data(damaged_files.newest) / "stranger").write_bytes(b"stranger")
    damaged_files.load()
    assert tree(damaged_files.store.folder / "target") == damaged_files.contents[NEWEST]


def test_verify_of_the_task_names_the_damaged_one(damaged):
    flip(damaged.data_file())
    reports = damaged.store.holdfast("verify", status=4).records
    assert {report["key"]: report["status"] for report in reports} == {
        damaged.saved[0]["key"]: "ok",
        damaged.saved[1]["key"]: "ok",
        damaged.saved[2]["key"]: "corrupt",
    }


@pytest.mark.stores("local", "versitygw", "minio")
def test_removing_the_damaged_one_heals_the_task(damaged):
    flip(damaged.data_file())
    damaged.store.holdfast("remove", damaged.newest["key"])
    assert_same(damaged.store.ask("list"), damaged.saved[1::-1])
    assert_same(damaged.store.ask("latest", policy="fresh"), damaged.saved[1])
    assert not damaged.store.data(damaged.newest).exists()
    assert damaged.steps_back_to(1).err == ""
