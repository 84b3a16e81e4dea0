"""Python writes; C++ lists, shows, loads, restores, verifies and searches."""

import json

import pytest

from world import assert_same, assert_same_set, remove_tree, tree, write_tree

pytestmark = pytest.mark.stores("local", "versitygw", "minio")

SAVED = [
    "directory-files",
    "directory-tar",
    "single-files",
    "single-tar",
    "empty-files",
    "empty-tar",
    "hollow-tar",
    "unserializable",
    "no-object",
    "default",
    "not-latest",
]
SOURCES = {
    "directory": "directory",
    "single": "Grüße ☃.bin",
    "empty": "nothing.bin",
    "hollow": "hollow",
    "unserializable": "Grüße ☃.bin",
    "no": "Grüße ☃.bin",
    "default": "directory",
    "not": "Grüße ☃.bin",
}


class Written:
    """A run whose steps saved everything Python can save."""

    def __init__(self, project):
        self.project = project
        self.run = project.run("python_writes")
        self.saved = project.note("python-saved")
        self.task = self.saved["default"]["pathspec"]
        self.child = project.note("python-child")
        self.everything = [*self.saved.values(), *self.child]

    def source(self, name):
        return self.project.folder / "scratch" / "python-writes" / SOURCES[name.split("-")[0]]

    def expected(self, name, directories):
        source = self.source(name)
        return tree(source, directories) if source.is_dir() else {source.name: source.read_bytes()}

    def tool(self, *arguments, **options):
        return self.project.from_outside(*arguments, **options)

    def in_task(self, *arguments, **options):
        return self.tool("--task", self.task, "--namespace", "user:alice", *arguments, **options)


@pytest.fixture(scope="module")
def written(new_project):
    return Written(new_project("python-writes"))


def test_the_flow_saved_what_the_tests_expect(written):
    assert sorted(written.saved) == sorted(SAVED)
    assert [reference["attempt"] for reference in written.child] == ["0", "0"]
    assert {reference["attempt"] for reference in written.saved.values()} == {0}


def test_list_gives_every_document_as_python_stored_it(written):
    listed = written.in_task("list").records
    assert_same_set(listed, written.saved.values())
    assert_same_set(listed, written.project.note("python-listed"))


def test_list_is_newest_first(written):
    assert [record["version_id"] for record in written.in_task("list").records] == list(range(len(SAVED)))[::-1]


def test_list_prints_the_stored_text(written):
    folder = written.project.root / "mf.checkpoints/checkpoints/metadata" / written.task
    stored = sorted(path.read_text() for path in folder.glob("*.metadata"))
    assert sorted(written.in_task("list").out.splitlines()) == stored


def test_list_by_name_attempt_and_limit(written):
    assert_same_set(written.in_task("list", "--name", "single-tar").records, [written.saved["single-tar"]])
    assert len(written.in_task("list", "--attempt", "0").records) == len(SAVED)
    assert written.in_task("list", "--attempt", "1").records == []
    newest = written.in_task("list", "--limit", "2").records
    assert [record["name"] for record in newest] == ["not-latest", "mfchckpt"]


def test_list_of_the_whole_namespace_is_python_s(written):
    assert_same_set(
        written.in_task("list", "--whole-namespace").records, written.project.note("python-namespace")
    )


def test_nothing_that_python_saved_is_taken_for_unfinished(written):
    assert written.tool("clean", "--age", "0", "--dry-run").out == ""


def test_list_of_a_task_whose_child_wrote_text_attempts(written):
    task = written.child[0]["pathspec"]
    assert_same_set(written.tool("--task", task, "list").records, written.child)


@pytest.mark.parametrize("name", SAVED)
def test_show_prints_the_document_and_its_files(written, name):
    shown = written.tool("show", written.saved[name]["key"]).record
    files = shown.pop("files")
    assert_same(shown, written.saved[name])
    assert {file["path"]: file["size"] for file in files} == {
        path: len(content) for path, content in written.expected(name, directories=False).items()
    }


def references(reference):
    """Every form in which the tool takes a reference: its arguments, and what is on standard input."""
    text = json.dumps(reference)
    return {
        "key": (reference["key"], None),
        "json": (text, None),
        "file": ("@reference.json", None),
        "stdin": ("-", text),
    }


@pytest.mark.parametrize("name", SAVED)
def test_load_gives_the_same_bytes(written, name):
    target = written.project.fresh(f"load-{name}")
    report = written.tool("load", written.saved[name]["key"], target).record
    keeps_directories = name.endswith("-tar")
    assert tree(target, keeps_directories) == written.expected(name, keeps_directories)
    assert report["key"] == written.saved[name]["key"]
    assert report["files"] == len(tree(target))
    assert report["bytes"] == sum(map(len, tree(target).values()))


@pytest.mark.parametrize("form", ["key", "json", "file", "stdin"])
@pytest.mark.parametrize("name", ["directory-files", "directory-tar"])
def test_load_takes_every_form_of_a_reference(written, name, form):
    argument, stdin = references(written.saved[name])[form]
    (written.project.folder / "home" / "reference.json").write_text(json.dumps(written.saved[name]))
    target = written.project.fresh(f"form-{name}-{form}")
    written.tool("load", argument, target, stdin=stdin)
    assert tree(target) == written.expected(name, directories=False)


def test_load_keeps_modes_of_a_tar(written):
    target = written.project.fresh("modes")
    written.tool("load", written.saved["directory-tar"]["key"], target)
    assert (target / "one byte").stat().st_mode & 0o777 == 0o755
    assert (target / "empty").stat().st_mode & 0o111 == 0


def test_load_makes_copies_and_no_links(written):
    target = written.project.fresh("copies")
    written.tool("load", written.saved["directory-files"]["key"], target)
    assert [path for path in target.rglob("*") if path.is_symlink()] == []
    assert {path.stat().st_nlink for path in target.rglob("*") if path.is_file()} == {1}
    (target / "weights.bin").write_bytes(b"trained further")
    again = written.project.fresh("copies-again")
    written.tool("load", written.saved["directory-files"]["key"], again)
    assert tree(again) == written.expected("directory-files", directories=False)


def test_restore_takes_what_latest_names(written):
    target = written.project.fresh("restore")
    restored = written.in_task("restore", target).record
    assert_same(restored, written.saved["default"])
    assert tree(target) == written.expected("default", directories=False)


@pytest.mark.parametrize("name", ["not-latest", "directory-tar", "hollow-tar"])
def test_restore_by_name(written, name):
    target = written.project.fresh(f"restore-{name}")
    restored = written.in_task("restore", target, "--name", name).record
    assert_same(restored, written.saved[name])
    assert tree(target, name.endswith("-tar")) == written.expected(name, name.endswith("-tar"))


def test_restore_eager_agrees_with_python(written):
    target = written.project.fresh("restore-eager")
    other = written.task.rsplit("/", 3)[0] + "/another-run/start/1"
    restored = written.tool("--task", other, "--namespace", "user:alice", "restore", target, "--policy", "eager").record
    assert_same(restored, written.saved["default"])
    written.tool("--task", other, "--namespace", "user:alice", "restore", target, status=3)


def test_verify_of_every_checkpoint_of_the_task(written):
    reports = written.in_task("verify").records
    assert sorted(report["key"] for report in reports) == sorted(ref["key"] for ref in written.saved.values())
    assert {report["status"] for report in reports} == {"unverifiable"}, "Python stores no digest"


def test_verify_of_a_checkpoint_that_lost_its_data(written):
    reference = written.child[0]
    data = written.project.root / reference["key"]
    contents = tree(data)
    remove_tree(data)
    try:
        report = written.tool("verify", reference["key"], status=4).record
        assert report["status"] == "not_found"
        target = written.project.fresh("nothing")
        assert written.tool("load", reference["key"], target, status=3).error["kind"] == "not_found"
        assert not target.exists()
    finally:
        write_tree(data, contents)


def test_verify_sees_a_size_that_differs_from_the_document(written):
    reference = written.child[0]
    weights = written.project.root / reference["key"] / "weights.bin"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1])
    try:
        assert written.tool("verify", reference["key"], status=4).record["status"] == "corrupt"
        target = written.project.fresh("short")
        assert written.tool("load", reference["key"], target, status=4).error["kind"] == "corrupt"
    finally:
        weights.write_bytes(content)


@pytest.mark.parametrize("depth", ["everything", "flow", "run", "step", "task"])
def test_search_agrees_with_python(written, depth):
    parts = written.task.split("/")
    pathspec = "/".join(parts[: ["everything", "flow", "run", "step", "task"].index(depth)])
    found = written.tool("search", *([pathspec] if pathspec else [])).records
    expected = written.everything if depth in ("everything", "flow", "run") else list(written.saved.values())
    assert_same_set(found, expected)
    assert_same_set(found, written.project.ask("search", pathspec=pathspec or None))


def test_search_of_what_is_not_there_is_empty(written):
    assert written.tool("search", "NoSuchFlow").records == []
    assert written.tool("search", "NoSuchFlow/1/start").records == []


def test_the_store_is_found_without_being_named(written):
    assert_same_set(written.project.holdfast("search").records, written.everything)
