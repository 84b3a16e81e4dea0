"""Models both ways: `current.model`, `@model(load=…)`, `load_model` and `delete_model` on one side, the tool on the other."""

import pytest

from world import (
    RICH_METADATA, PythonFailure, as_everyone_reads, assert_same, assert_same_set, rich_tree, tree, write_tree,
)

PYTHON = ["directory-tar", "single-tar", "directory-files", "single-files"]
CPP = [f"{what}-{layout}" for layout in ("tar", "files", "tar.gz") for what in ("directory", "single")]
FIELDS = {
    "pathspec": str, "attempt": int, "key": str, "created_on": str, "type": str, "url": str, "model_uuid": str,
    "metadata": dict, "source": str, "storage_format": str, "serializer": str, "label": str, "size": int,
}


class Saved:
    """A run in which both sides saved, and then each loaded what the other had saved."""

    def __init__(self, project):
        self.project = project
        self.run = project.run("models")
        self.python = project.note("python-models")
        self.cpp = project.note("cpp-models")
        self.everything = [*self.python.values(), *self.cpp.values()]
        self.sources = {
            "directory": tree(rich_tree(project.folder / "sources"), True),
            "single": {"Grüße ☃.bin": bytes(range(256)) * 5},
        }

    def expected(self, name):
        """What a load brings: C++ keeps directories in both formats, and Python's files have none."""
        return self.sources[name.split("-")[0]]

    def files(self, name):
        return {path: content for path, content in self.expected(name).items() if content is not None}

    def noted(self, name):
        def content_of(text):
            return text if text is None else bytes.fromhex(text)

        return {
            each: {path: content_of(text) for path, text in found.items() if text is not None}
            for each, found in self.project.note(name).items()
        }

    def tool(self, *arguments, **options):
        return self.project.from_outside(*arguments, **options)

    def fresh_models(self, name, *layouts):
        """Further models of C++, to be deleted."""
        source = rich_tree(self.project.folder / "sources")
        task = ("--task", f"Models/{name}/start/1")
        return [self.tool(*task, "model", "save", "--format", layout, source).record for layout in layouts]

    def left(self, reference):
        """What the store still holds of a model."""
        paths = (self.project.root / "mf.models").rglob("*")
        return [path for path in paths if reference["model_uuid"] in str(path) and path.is_file()]


@pytest.fixture(scope="module")
def saved(new_project):
    return Saved(new_project("models"))


def test_the_flow_saved_what_the_tests_expect(saved):
    assert (sorted(saved.python), sorted(saved.cpp)) == (sorted(PYTHON), sorted(CPP))


@pytest.mark.parametrize("name", CPP)
def test_a_document_has_python_s_fields_types_and_order(saved, name):
    ours, python = saved.cpp[name], saved.python["directory-tar"]
    assert {field: type(ours[field]) for field in FIELDS} == FIELDS
    assert [field for field in ours if field in python] == list(python)
    assert set(ours) - set(python) == {"holdfast"}
    assert (ours["type"], ours["source"], ours["pathspec"]) == (python["type"], python["source"], python["pathspec"])
    assert ours["url"].removesuffix(ours["key"]) == python["url"].removesuffix(python["key"])


def test_d_25_the_label_is_written_where_python_loses_it(saved):
    assert saved.python["directory-tar"]["label"] is None
    assert saved.cpp["directory-tar"]["label"] == "v1.0 ü"
    assert saved.cpp["single-tar"]["label"] == "Models_start"
    listed = saved.tool("model", "list", "--label", "org/py label").records
    assert_same_set(listed, [saved.python["directory-tar"], saved.python["directory-files"]])
    listed = saved.tool("model", "list", "Models", "--label", "Models_start").records
    assert {record["key"] for record in listed} >= {saved.python["single-tar"]["key"], saved.cpp["single-tar"]["key"]}


def test_metadata_survives_as_json(saved):
    assert_same(saved.cpp["directory-tar"]["metadata"], as_everyone_reads(RICH_METADATA))
    assert_same(saved.tool("show", saved.python["directory-tar"]["key"]).record["metadata"],
                saved.python["directory-tar"]["metadata"])


def test_the_list_holds_every_document_as_it_was_stored(saved):
    listed = saved.tool("model", "list", f"Models/{saved.run}").records
    assert_same_set(listed, saved.everything)
    times = [record["created_on"] for record in listed]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("name", PYTHON)
def test_cpp_loads_what_python_saved(saved, name):
    noted = saved.noted("tool-loads")
    for how in ("dict", "key"):
        assert noted[f"{name}-{how}"] == saved.files(name)


@pytest.mark.parametrize("name", PYTHON)
def test_show_and_verify_of_what_python_saved(saved, name):
    shown = saved.tool("show", saved.python[name]["key"]).record
    files = {file["path"]: file["size"] for file in shown.pop("files")}
    assert files == {path: len(content) for path, content in saved.files(name).items()}
    assert_same(shown, saved.python[name])
    assert saved.tool("verify", saved.python[name]["key"]).record["status"] == "unverifiable"


@pytest.mark.parametrize("name", CPP)
def test_python_loads_what_cpp_saved(saved, name):
    assert saved.noted("runtime-loads")[name] == saved.files(name)
    for how in ("dict", "key", "object"):
        assert saved.noted("function-loads")[f"{name}-{how}"] == saved.files(name)


def test_the_decorator_loads_what_cpp_saved(saved):
    loads, infos = saved.noted("decorator-loads"), saved.project.note("infos")
    assert loads["as_dict"] == loads["as_key"] == loads["compressed"] == saved.files("directory")
    assert loads["as_given"] == saved.files("single")
    assert_same(infos["as_dict"], saved.cpp["directory-tar"])
    assert_same(infos["as_key"], saved.cpp["directory-files"])


@pytest.mark.parametrize("how", ["key", "dict"])
def test_python_deletes_what_cpp_saved(saved, how):
    """D-7: of a tar in a bucket Python deletes the documents alone; the same key then frees the data here."""
    for reference in saved.fresh_models(f"python-deletes-{how}", "files", "tar"):
        given = reference["key"] if how == "key" else reference
        assert saved.project.ask("delete_model", reference=given) is True
        left = saved.left(reference)
        assert [path for path in left if path.name.endswith(".metadata")] == []
        assert reference["key"] not in [record["key"] for record in saved.tool("model", "list").records]
        has_data = any("/artifacts/" in str(path) for path in left)
        unfinished = saved.tool("clean", "--age", "0", "--dry-run").records
        assert [record["key"] for record in unfinished] == ([reference["key"]] if has_data else [])
        removed = saved.tool("model", "remove", reference["key"], status=None)
        assert removed.status == (0 if has_data else 3)
        assert saved.left(reference) == []


@pytest.mark.parametrize("layout", ["tar", "files"])
def test_cpp_deletes_what_python_saved(saved, layout):
    """D-7: every byte of tar and files is freed."""
    reference = saved.python[f"single-{layout}"]
    kept = {path: path.read_bytes() for path in saved.left(reference)}
    assert kept
    try:
        saved.tool("model", "remove", reference["key"])
        assert saved.left(reference) == []
        with pytest.raises(PythonFailure):
            saved.project.ask("load_model", reference=reference, path=str(saved.project.fresh(f"gone-{layout}")))
        assert saved.tool("model", "remove", reference["key"], status=3).error["kind"] == "not_found"
    finally:
        for path, content in kept.items():
            write_tree(path.parent, {path.name: content})
    assert saved.tool("model", "load", reference["key"], saved.project.fresh(f"back-{layout}")).record["files"] == 1


def test_load_model_takes_checkpoints_of_both_sides(saved):
    source = rich_tree(saved.project.folder / "sources")
    checkpoint = saved.tool("--task", "Models/9/start/1", "save", source).record
    target = saved.project.fresh("checkpoint-as-model")
    target.mkdir()
    saved.project.ask("load_model", reference=checkpoint, path=str(target))
    assert tree(target) == saved.files("directory")
    assert tree(saved.project.folder / "sources") == saved.files("directory")
    target = saved.project.fresh("checkpoint-by-tool")
    saved.tool("model", "load", checkpoint["key"], target)
    assert tree(target) == saved.files("directory")
