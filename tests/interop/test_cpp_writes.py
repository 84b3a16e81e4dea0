"""C++ writes as a child of a @checkpoint step, told nothing but its environment; Python lists, loads and resumes."""

import json

import pytest

from world import RICH_METADATA, as_everyone_reads, assert_same, assert_same_set, rich_tree, tree

pytestmark = pytest.mark.stores("local", "versitygw", "minio")

LAYOUTS = ["files", "tar", "tar.gz"]
SAVED = ["single", "empty", "rich", "hidden"]
FIELDS = {
    "size": int,
    "pathspec": str,
    "pathspec_hash": str,
    "attempt": str,
    "key": str,
    "type": str,
    "url": str,
    "name": str,
    "created_on": str,
    "metadata": dict,
    "storage_format": str,
    "creation_context": str,
    "version_id": int,
}


class Written:
    """A run in which each format was saved by one attempt and resumed by the next."""

    def __init__(self, project):
        self.project = project
        self.run = project.run("cpp_writes")
        self.tasks = project.note("cpp-tasks")

    def note(self, layout, attempt, name):
        return self.project.note(f"cpp-{layout}-{attempt}-{name}")

    def saved(self, layout, attempt):
        return self.note(layout, attempt, "saved")

    def artifacts(self, layout, attempt):
        return self.project.ask("artifacts", pathspec=self.tasks[layout], attempt=attempt)


@pytest.fixture(scope="module")
def written(new_project):
    return Written(new_project("cpp-writes"))


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """{name: tree as noted}, of what the first attempt saved."""
    folder = tmp_path_factory.mktemp("sources")
    rich = rich_tree(folder / "rich")
    single = {"Grüße ☃.bin": bytes(range(256)) * 5}
    return {"rich": tree(rich, True), "single": single, "hidden": single, "empty": {"nothing.bin": b""}}


def noted(contents):
    return {path: None if content is None else bytes.fromhex(content) for path, content in contents.items()}


def without_empty_directories(contents):
    """What the format `files` can keep: only files, and the directories that they need."""
    files = {path: content for path, content in contents.items() if content is not None}
    parents = {path[:cut] for path in files for cut, letter in enumerate(path) if letter == "/"}
    return files | {parent: None for parent in parents}


def kept(layout, contents):
    return without_empty_directories(contents) if layout == "files" else contents


@pytest.mark.parametrize("layout", LAYOUTS)
def test_documents_have_python_s_fields_and_types(written, layout):
    for name, reference in written.saved(layout, 0).items():
        assert {field: type(reference[field]) for field in FIELDS} == FIELDS, name
        assert list(reference)[: len(FIELDS)] == list(FIELDS), name
        assert reference["type"] == "checkpoint"
        assert reference["creation_context"] == "task"
        assert reference["attempt"] == "0"
        assert reference["storage_format"] == ("files" if layout == "files" else "tar")
        assert reference["url"] == f"{written.project.root}/{reference['key']}"
        assert reference["name"] == {"rich": "mfchckpt"}.get(name, name)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_versions_count_up_through_the_processes(written, layout):
    assert [written.saved(layout, 0)[name]["version_id"] for name in SAVED] == [0, 1, 2, 3]
    assert [reference["version_id"] for reference in written.saved(layout, 1).values()] == [0, 1]
    assert {reference["attempt"] for reference in written.saved(layout, 1).values()} == {"1"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_size_is_what_python_would_write(written, layout):
    data = written.project.root / written.saved(layout, 0)["rich"]["key"]
    size = sum(map(len, tree(data).values())) if layout == "files" else len(data.read_bytes())
    assert written.saved(layout, 0)["rich"]["size"] == size


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("listing", ["checkpoint-list", "current-list", "namespace-list", "tool-list"])
def test_the_first_attempt_lists_the_same_documents(written, layout, listing):
    assert_same_set(written.note(layout, 0, listing), written.saved(layout, 0).values())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_python_lists_by_name(written, layout):
    assert_same(written.note(layout, 0, "named-list"), [written.saved(layout, 0)["single"]])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_metadata_arrives(written, layout):
    listed = {reference["key"]: reference for reference in written.note(layout, 0, "current-list")}
    metadata = listed[written.saved(layout, 0)["rich"]["key"]]["metadata"]
    assert_same(metadata, as_everyone_reads(RICH_METADATA))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_stored_documents_are_json_for_everyone(written, layout):
    def refuse(token):
        raise AssertionError(f"{token} is no JSON")

    for side in ("metadata", "artifact_metadata"):
        for path in (written.project.root / "mf.checkpoints/checkpoints" / side).rglob("*.metadata"):
            json.loads(path.read_bytes(), parse_constant=refuse)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", SAVED)
def test_python_loads(written, sources, layout, name):
    """In every way that there is; on S3, where each takes a second, in one."""
    loads = written.note(layout, 0, f"loads-{name}")
    assert set(loads) == ({"key", "dict", "object"} if written.project.backend.is_local else {"dict"})
    for how, loaded in loads.items():
        assert noted(loaded) == kept(layout, sources[name]), how


@pytest.mark.parametrize("layout", LAYOUTS)
def test_current_checkpoint_loads_into_its_directory(written, sources, layout):
    assert noted(written.note(layout, 0, "current-load")) == kept(layout, sources["rich"])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_python_resumes_from_what_cpp_saved(written, sources, layout):
    assert written.note(layout, 0, "is-loaded") is False
    assert written.note(layout, 1, "is-loaded") is True
    assert_same(written.note(layout, 1, "info"), written.saved(layout, 0)["rich"])
    assert noted(written.note(layout, 1, "directory")) == kept(layout, sources["rich"])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_cpp_resumes_from_what_cpp_saved(written, sources, layout):
    assert_same(written.note(layout, 1, "tool-restore"), written.saved(layout, 0)["rich"])
    assert noted(written.note(layout, 1, "tool-directory")) == sources["rich"], "with empty directories, in any format"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_second_attempt_lists_both(written, layout):
    first, second = written.saved(layout, 0).values(), written.saved(layout, 1).values()
    assert_same_set(written.note(layout, 1, "current-list"), [*first, *second])
    assert_same_set(written.note(layout, 1, "attempt-list"), second)
    tool = written.note(layout, 1, "tool-list")
    assert_same_set(tool, [*first, *second])
    assert [(int(one["attempt"]), one["version_id"]) for one in tool] == [
        (1, 1), (1, 0), (0, 3), (0, 2), (0, 1), (0, 0),
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_task_checkpoints_of_the_failed_attempt(written, layout):
    artifacts = written.artifacts(layout, 0)
    assert_same_set(artifacts["_task_checkpoints"], written.saved(layout, 0).values())
    assert_same(artifacts["_task_latest_checkpoint"], written.saved(layout, 0)["rich"])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_task_checkpoints_of_the_finished_attempt(written, layout):
    artifacts = written.artifacts(layout, 1)
    assert_same_set(artifacts["_task_checkpoints"], written.saved(layout, 1).values())
    assert_same(artifacts["_task_latest_checkpoint"], written.saved(layout, 1)["again"])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_python_lists_the_finished_task_from_outside(written, layout):
    listed = written.project.ask("list", task=written.tasks[layout])
    assert_same_set(listed, written.saved(layout, 1).values())


def test_python_searches_the_run(written):
    found = written.project.ask("search", pathspec=f"CppWrites/{written.run}")
    expected = [one for layout in LAYOUTS for attempt in (0, 1) for one in written.saved(layout, attempt).values()]
    assert_same_set(found, expected)
    assert_same_set(written.project.from_outside("search", f"CppWrites/{written.run}").records, expected)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_cpp_verifies_and_loads_its_own_from_outside(written, sources, layout):
    reports = written.project.from_outside("--task", written.tasks[layout], "--attempt", "1", "verify").records
    assert {report["status"] for report in reports} == {"ok"}
    target = written.project.fresh(f"outside-{layout}")
    written.project.from_outside("load", written.saved(layout, 0)["rich"]["key"], target)
    assert tree(target, True) == sources["rich"]
