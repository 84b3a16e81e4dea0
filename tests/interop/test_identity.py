"""In every kind of task the key that C++ writes has the folder of the key that Python writes."""

import hashlib
import json

import pytest

from world import assert_same, assert_same_set, json_hash, scope_of, tree

# nothing here depends on where the store is; an artifact store on S3 of its own is tested in test_s3_store.py
pytestmark = pytest.mark.stores("local")
CHECKPOINTS = "mf.checkpoints/checkpoints/artifacts"


def foreach_identifier(*values):
    """Computed anew from the layout's description."""
    hashes = [json_hash(value) for value in (*values, json_hash("foreach-task-entropy"))]
    return hashlib.sha256("".join(hashes).encode()).hexdigest()[:12]


def folder_of(reference):
    return reference["key"].rsplit("/", 1)[0]


def file_name(reference):
    return reference["key"].rsplit("/", 1)[1]


def assert_same_task(noted):
    """Python's and C++'s references of one task say the same about it."""
    python, cpp = noted["python"], noted["cpp"]
    assert folder_of(cpp) == folder_of(python)
    assert cpp["pathspec"] == python["pathspec"]
    assert cpp["pathspec_hash"] == python["pathspec_hash"] == json_hash(python["pathspec"])[:8]
    assert cpp["url"][: -len(cpp["key"])] == python["url"][: -len(python["key"])]
    assert file_name(cpp).split(".")[:2] == file_name(python).split(".")[:2]
    assert folder_of(cpp).rsplit("/", 1)[1] == noted["identifier"]


@pytest.fixture(scope="module")
def identities(new_project):
    project = new_project("identities")
    project.id = project.run("identities")
    return project


@pytest.fixture(scope="module")
def gang(new_project):
    project = new_project("gang")
    project.id = project.run("gang")
    return project


@pytest.fixture(scope="module")
def eager(new_project):
    """Runs that follow each other: {name: what it found}."""
    project = new_project("eager")
    runs = [
        ("alice-1", "alice", ()),
        ("alice-2", "alice", ()),
        ("bob-1", "bob", ()),
        ("alice-tagged", "alice", ("--tag", "checkpoint:exp:1")),
        ("alice-tagged-2", "alice", ("--tag", "checkpoint:exp:1")),
    ]
    for name, user, arguments in runs:
        project.run("eager", *arguments, user=user, INTEROP_RUN=name)
    project.found = {name: project.note(f"eager-{name}") for name, _, _ in runs}
    return project


def test_plain_step(identities):
    noted = identities.note("plain")
    assert_same_task(noted)
    scope = scope_of("user:alice")
    assert folder_of(noted["cpp"]) == f"{CHECKPOINTS}/Identities/start/{scope}/{json_hash('start')[:12]}"
    assert noted["uid"] == f"{noted['pathspec']}/{noted['identifier']}/{scope}/0"


def test_plain_step_from_an_explicit_context(identities):
    noted = identities.note("plain")
    path = identities.folder / "explicit.bin"
    path.write_bytes(b"explicit")
    context = ("--task", noted["pathspec"], "--namespace", "user:alice")
    saved = identities.from_outside(*context, "save", path, "--name", "explicit").record
    assert folder_of(saved) == folder_of(noted["python"])
    for field in ("pathspec", "pathspec_hash"):
        assert saved[field] == noted["python"][field]
    assert saved["attempt"] in (0, "0")
    listed = identities.ask("list", uid=noted["uid"], name="explicit")
    assert_same(listed, [saved])
    later = identities.from_outside(*context, "--attempt", "3", "save", path, "--name", "explicit").record
    assert file_name(later).split(".")[:3] == [noted["python"]["pathspec_hash"], "3", "explicit"]


def test_both_list_both(identities):
    for name in ("plain", "foreach-0", "foreach-6", "nested-1-1"):
        noted = identities.note(name)
        assert_same_set(noted["python-list"], [noted["python"], noted["cpp"]])
        assert_same_set(noted["cpp-list"], [noted["python"], noted["cpp"]])


@pytest.mark.parametrize("index", range(7), ids=["x", "space", "umlaut", "emoji", "float", "exponent", "dict"])
def test_foreach(identities, index):
    noted = identities.note(f"foreach-{index}")
    assert_same_task(noted)
    assert noted["identifier"] == foreach_identifier(*noted["stack"])


def test_foreach_over_known_values(identities):
    known = {"x": "9fedb9a7aaf4", "y z": "0bc292cb53f3", "ü": "d1d2e763be79"}
    noted = [identities.note(f"foreach-{index}") for index in range(3)]
    assert {one["stack"][0]: one["cpp"]["key"].split("/")[-2] for one in noted} == known


@pytest.mark.parametrize("outer", [0, 1])
@pytest.mark.parametrize("inner", [0, 1])
def test_nested_foreach(identities, outer, inner):
    noted = identities.note(f"nested-{outer}-{inner}")
    assert_same_task(noted)
    assert noted["identifier"] == foreach_identifier(*noted["stack"])


def test_nested_foreach_over_known_values(identities):
    known = ["7b23afcb3084", "58ce1d5ad795"]
    assert [identities.note(f"nested-0-{inner}")["cpp"]["key"].split("/")[-2] for inner in (0, 1)] == known


@pytest.mark.parametrize("rank", [0, 1])
def test_gang(gang, rank):
    noted = gang.note(f"gang-{rank}")
    assert_same_task(noted)
    assert noted["cpp"]["pathspec"] == gang.note("gang-0")["pathspec"], "the control task's"


def test_gang_members_are_found_under_the_control_task(gang):
    control = gang.note("gang-0")["pathspec"]
    expected = [gang.note(f"gang-{rank}")[side] for rank in (0, 1) for side in ("python", "cpp")]
    listed = gang.from_outside("--task", control, "--namespace", "user:alice", "list").records
    assert_same_set(listed, expected)
    assert_same_set(gang.ask("search", pathspec=control), expected)


def test_eager_finds_nothing_at_first(eager):
    found = eager.found["alice-1"]
    assert not found["is_loaded"]
    assert found["tool_status"] == 3
    assert found["directory"] == found["tool_directory"] == {}


def test_eager_loads_the_earlier_run_of_the_same_user(eager):
    found, earlier = eager.found["alice-2"], eager.found["alice-1"]["saved"]
    assert found["is_loaded"]
    assert_same(found["info"], earlier)
    assert found["directory"] == {"state.txt": "alice-1"}
    assert found["tool_status"] == 0
    assert_same(json.loads(found["tool_out"]), earlier)
    assert found["tool_directory"] == found["directory"]


def test_eager_does_not_cross_users(eager):
    found = eager.found["bob-1"]
    assert not found["is_loaded"]
    assert found["tool_status"] == 3
    assert found["tool_directory"] == {}


def test_fresh_never_finds_another_run(eager):
    assert {found["fresh_status"] for found in eager.found.values()} == {3}


def test_a_checkpoint_tag_names_the_scope(eager):
    for name in ("alice-tagged", "alice-tagged-2"):
        saved = eager.found[name]["saved"]
        assert saved["key"].split("/")[5] == scope_of("exp") == "dd7a946de80a"
        assert folder_of(saved) == folder_of(eager.found[name]["python"])


def test_a_checkpoint_tag_is_a_namespace_of_its_own(eager):
    assert not eager.found["alice-tagged"]["is_loaded"]
    assert eager.found["alice-tagged"]["tool_status"] == 3
    found = eager.found["alice-tagged-2"]
    assert_same(found["info"], eager.found["alice-tagged"]["saved"])
    assert_same(json.loads(found["tool_out"]), eager.found["alice-tagged"]["saved"])
    assert found["tool_directory"] == found["directory"] == {"state.txt": "alice-tagged"}


def test_a_checkpoint_tag_given_to_the_tool(eager):
    """It counts more than the namespace, so that users share the scope. (In a Python flow the second user's task
    fails: Metaflow refuses to trace the lineage into another user's run.)"""
    saved = eager.found["alice-tagged-2"]["saved"]
    context = ("--task", "Eager/new/start/1", "--namespace", "user:bob", "--tag", "other", "--tag", "checkpoint:exp:1")
    target = eager.fresh("tagged")
    assert_same(eager.from_outside(*context, "restore", target, "--policy", "eager").record, saved)
    assert tree(target) == {"state.txt": b"alice-tagged-2"}
    task = ("--task", saved["pathspec"], "--tag", "checkpoint:exp:1", "--attempt", "1")
    outside = eager.from_outside(*task, "save", target / "state.txt", "--no-latest").record
    assert folder_of(outside) == folder_of(saved)


@pytest.mark.parametrize("user, run", [("alice", "alice-2"), ("bob", "bob-1")])
def test_eager_from_an_explicit_context(eager, user, run):
    target = eager.fresh(f"explicit-{user}")
    context = ("--task", "Eager/new/start/1", "--namespace", f"user:{user}")
    restored = eager.from_outside(*context, "restore", target, "--policy", "eager").record
    assert_same(restored, eager.found[run]["saved"])
    assert {name: content.decode() for name, content in tree(target).items()} == {"state.txt": run}


def test_an_artifact_store_of_its_own(new_project):
    project = new_project("elsewhere")
    elsewhere = project.folder / "another place"
    project.run("elsewhere", INTEROP_ELSEWHERE=json.dumps({"type": "local", "config": {"root": str(elsewhere)}}))
    noted = project.note("elsewhere")
    assert folder_of(noted["cpp"]) == folder_of(noted["python"])
    for reference in (noted["python"], noted["cpp"]):
        assert reference["url"] == f"{elsewhere}/{reference['key']}"
        assert (elsewhere / reference["key"] / "state.txt").read_text() == "elsewhere"
    assert_same_set(noted["list"], [noted["python"], noted["cpp"]])
    assert_same_set(noted["tool_list"], [noted["python"], noted["cpp"]])
    assert noted["loaded"] == noted["tool_loaded"] == {"state.txt": "elsewhere"}
    assert not (project.root / "mf.checkpoints").exists()
