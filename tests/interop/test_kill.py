"""SIGKILL in the middle of a save: afterwards the older or the newer checkpoint is whole, never a mixture of both."""

import shutil
import signal
import subprocess
import time

import pytest

from world import Store, assert_same, assert_same_set, copy_tree, tree

LAYOUTS = ["files", "tar", "tar.gz"]
KILLS = 40


def content(folder, number, files=3, size=40_000):
    """A tree in which every file says whose it is; each number has a file that no other has."""
    folder.mkdir(parents=True)
    for index in range(files):
        (folder / f"shard{index}.bin").write_bytes(b"%08d" % number * (size // 8))
    (folder / f"only-{number}").write_bytes(b"only %d" % number)
    return folder


class Scene:
    """A store with one good checkpoint, and copies of it in which the next save or removal is killed."""

    def __init__(self, folder, tool, python_side, kill_at, backend, layout):
        self.folder, self.tool, self.python_side, self.backend = folder, tool, python_side, backend
        self.kill_at, self.layout = kill_at, layout
        self.sources = [content(folder / "sources" / str(number), number) for number in range(3)]
        self.first = self.new_store("first")
        self.saved = self.save(self.first, 0)

    def new_store(self, name):
        store_folder = self.folder / name
        store_folder.mkdir()
        return Store(store_folder, self.tool, self.python_side, self.backend)

    def copy(self, name):
        store = self.new_store(name)
        copy_tree(self.first.root, store.root)
        return store

    def save(self, store, number):
        return store.save(
            self.sources[number], "--format", self.layout, "--metadata", f'{{"number": {number}}}'
        )

    def dies(self, store, operation, *words):
        """Runs kill_at; whether it was killed. Returns its count of operations when not."""
        done = subprocess.run(
            [self.kill_at, str(operation), str(store.root), *words], env=store.environment(), capture_output=True, text=True
        )
        if done.returncode == -signal.SIGKILL:
            return None
        assert done.returncode == 0, done
        return int(done.stdout)

    def save_words(self, number):
        return ("save", self.layout, self.sources[number], f'{{"number": {number}}}')

    def restored(self, store, name="restored"):
        """The number of what a restart restores; its bytes are checked against it."""
        target = store.folder / name
        reference = store.holdfast("restore", target).record
        number = reference["metadata"]["number"]
        assert tree(target) == tree(self.sources[number])
        return number

    def lists_only_good(self, store):
        """Python's list works, agrees with C++'s, and all that it names is whole; on S3, where Python takes seconds for
        each answer, C++ is the judge."""
        listed = store.holdfast("list").records
        if self.backend.is_local:
            assert_same_set(store.ask("list"), listed)
            for reference in listed:
                assert tree(store.python_load(reference)) == tree(self.sources[reference["metadata"]["number"]])
        assert {report["status"] for report in store.holdfast("verify").records} <= {"ok"}
        return [reference["metadata"]["number"] for reference in listed]


@pytest.fixture(params=LAYOUTS)
def scene(request, tmp_path, tool, python_side, kill_at, backend):
    return Scene(tmp_path, tool, python_side, kill_at, backend, request.param)


def test_killed_before_every_operation_of_a_save(scene):
    count = scene.dies(scene.copy("whole"), 0, *scene.save_words(1))
    assert count >= 10
    outcomes = []
    for operation in range(1, count + 1):
        store = scene.copy(f"killed{operation}")
        assert scene.dies(store, operation, *scene.save_words(1)) is None, f"operation {operation} was not reached"
        restored = scene.restored(store)
        listed = scene.lists_only_good(store)
        assert 0 in listed and restored in listed
        outcomes.append(restored)
        after = scene.save(store, 2)
        assert after["version_id"] >= len(listed)
        assert scene.restored(store, "after") == 2
        assert scene.lists_only_good(store)[0] == 2
    assert outcomes == sorted(outcomes), "once the newer one is restored, it stays so"
    assert outcomes[0] == 0


def test_a_save_that_was_not_killed(scene):
    store = scene.copy("alive")
    count = scene.dies(store, 0, *scene.save_words(1))
    assert scene.dies(scene.copy("beyond"), count + 1, *scene.save_words(1)) == count
    assert scene.restored(store) == 1
    assert scene.lists_only_good(store) == [1, 0]


def test_killed_before_every_operation_of_a_removal(scene):
    newest = scene.save(scene.first, 1)
    count = scene.dies(scene.copy("whole"), 0, "remove", newest["key"])
    assert count >= 5
    for operation in range(1, count + 1):
        store = scene.copy(f"killed{operation}")
        assert scene.dies(store, operation, "remove", newest["key"]) is None, f"operation {operation} was not reached"
        assert scene.restored(store) in (0, 1)
        assert scene.lists_only_good(store) in ([0], [1, 0])
        store.holdfast("remove", newest["key"], status=None)
        assert scene.restored(store, "after") == 0
        assert scene.lists_only_good(store) == [0]
        assert not store.data(newest).exists(), "the bytes are free"


def duration_of_a_save(store):
    begun = time.monotonic()
    store.save(store.folder / "sources" / "0", "--name", "timing", "--no-latest")
    return time.monotonic() - begun


def test_killed_at_any_moment(store, tool):
    """Real SIGKILL at growing delays, all in one store, so that what earlier kills left lies in the way."""
    files, size = 24, 100_000
    good = store.save(content(store.folder / "sources" / "0", 0, files, size), "--metadata", '{"number": 0}')
    whole = min(duration_of_a_save(store) for _ in range(3))
    newest, killed = 0, 0
    for number in range(1, KILLS + 1):
        source = content(store.folder / "sources" / str(number), number, files, size)
        process = subprocess.Popen(
            [tool, "--json", "save", source, "--metadata", f'{{"number": {number}}}',
             "--format", LAYOUTS[number % 3] if number % 2 else "files"],
            cwd=store.folder, env=store.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(timeout=whole * number / KILLS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        target = store.folder / "restored"
        reference = store.holdfast("restore", target).record
        restored = reference["metadata"]["number"]
        assert restored in (newest, number), "an older one than before came back"
        assert process.returncode != 0 or restored == number
        assert tree(target) == tree(store.folder / "sources" / str(restored))
        if store.backend.is_local:  # elsewhere Python is asked once, below
            assert any(one["key"] == reference["key"] for one in store.ask("list", name="mfchckpt"))
        newest = restored
        shutil.rmtree(target)
    assert killed >= KILLS // 8, f"only {killed} of {KILLS} saves were killed"
    listed = store.ask("list", name="mfchckpt")
    assert good["key"] in [one["key"] for one in listed]
    assert_same(listed, store.holdfast("list", "--name", "mfchckpt").records)
    assert {report["status"] for report in store.holdfast("verify").records} == {"ok"}
