"""C++ finds the store that Python's configuration names, wherever that is written."""

import json
from pathlib import Path

import pytest

from world import PythonSide, call, python_environment

SYSROOT = "METAFLOW_DATASTORE_SYSROOT_LOCAL"
DATASTORE = "METAFLOW_DEFAULT_DATASTORE"


def write_json(path, **settings):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(settings))


def nothing_at_all(base):
    return base / "work", {}


def environment_sysroot(base):
    return base / "work", {SYSROOT: str(base / "sysroot")}


def environment_sysroot_with_a_blank_and_umlaut(base):
    return base / "work", {SYSROOT: str(base / "sys röot")}


def environment_beats_files(base):
    write_json(base / "work/.metaflow/config.json", **{SYSROOT: str(base / "from-project")})
    write_json(base / "home/.metaflowconfig/config.json", **{SYSROOT: str(base / "from-home")})
    return base / "work", {SYSROOT: str(base / "from-environment")}


def project_file(base):
    write_json(base / "work/.metaflow/config.json", **{SYSROOT: str(base / "from-project")})
    return base / "work", {}


def project_file_beats_home(base):
    write_json(base / "home/.metaflowconfig/config.json", **{SYSROOT: str(base / "from-home")})
    return project_file(base)


def project_file_from_below(base):
    project_file(base)
    return base / "work/deep/er", {}


def project_file_without_a_root(base):
    write_json(base / "work/.metaflow/config.json", METAFLOW_USER="alice")
    write_json(base / "home/.metaflowconfig/config.json", **{SYSROOT: str(base / "from-home")})
    return base / "work", {}


def home_file(base):
    write_json(base / "home/.metaflowconfig/config.json", **{SYSROOT: str(base / "from-home")})
    return base / "work", {}


def home_folder_named(base):
    write_json(base / "home/.metaflowconfig/config.json", **{SYSROOT: str(base / "from-home")})
    write_json(base / "other/config.json", **{SYSROOT: str(base / "from-other")})
    return base / "work", {"METAFLOW_HOME": str(base / "other")}


def home_folder_with_tilde(base):
    write_json(base / "home/mine/config.json", **{SYSROOT: str(base / "from-tilde")})
    return base / "work", {"METAFLOW_HOME": "~/mine"}


def profile(base):
    write_json(base / "home/.metaflowconfig/config.json", **{SYSROOT: str(base / "from-home")})
    write_json(base / "home/.metaflowconfig/config_team.json", **{SYSROOT: str(base / "from-profile")})
    return base / "work", {"METAFLOW_PROFILE": "team"}


def datastore_from_the_home_file(base):
    write_json(base / "home/.metaflowconfig/config.json", **{SYSROOT: str(base / "from-home"), DATASTORE: "local"})
    return base / "work", {DATASTORE: None}


def no_datastore_named(base):
    return base / "work", {DATASTORE: None}


def project_folder(base):
    (base / "work/.metaflow").mkdir(parents=True)
    return base / "work", {}


def sub_directory_of_a_project(base):
    (base / "work/.metaflow").mkdir(parents=True)
    return base / "work/deep/er", {}


def nearest_of_two_projects(base):
    (base / "work/.metaflow").mkdir(parents=True)
    (base / "work/deep/.metaflow").mkdir(parents=True)
    return base / "work/deep/er", {}


def a_file_named_like_the_folder(base):
    (base / "work/.metaflow").mkdir(parents=True)
    (base / "work/deep").mkdir()
    (base / "work/deep/.metaflow").write_text("no folder")
    return base / "work/deep/er", {}


def a_link_to_the_project(base):
    (base / "real/.metaflow").mkdir(parents=True)
    (base / "real/deep").mkdir()
    (base / "linked").symlink_to(base / "real/deep")
    return base / "linked", {}


def artifact_store_config(base):
    config = {"type": "local", "config": {"root": str(base / "artifact store")}}
    return base / "work", {"METAFLOW_CHECKPOINT_ARTIFACT_STORE_CONFIG": json.dumps(config), SYSROOT: str(base / "no")}


CASES = [
    nothing_at_all,
    environment_sysroot,
    environment_sysroot_with_a_blank_and_umlaut,
    environment_beats_files,
    project_file,
    project_file_beats_home,
    project_file_from_below,
    project_file_without_a_root,
    home_file,
    home_folder_named,
    home_folder_with_tilde,
    profile,
    datastore_from_the_home_file,
    no_datastore_named,
    project_folder,
    sub_directory_of_a_project,
    nearest_of_two_projects,
    a_file_named_like_the_folder,
    a_link_to_the_project,
    artifact_store_config,
]


def laid_out(case, base):
    """The working directory and the surroundings of a case, below `base`."""
    folder, variables = case(base)
    folder.mkdir(parents=True, exist_ok=True)
    return folder, python_environment(base / "home", **variables)


def relative(text, base):
    return Path(text).relative_to(base).as_posix()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_cpp_finds_python_s_store(case, tmp_path, tool):
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    folder, environment = laid_out(case, theirs)
    with PythonSide(folder, environment) as side:
        expected = relative(side.ask("root", cwd=folder)["context"], theirs)

    folder, environment = laid_out(case, ours)
    path = ours / "state.txt"
    path.write_text("state")
    saved = call(tool, ("--json", "--task", "Config/1/start/1", "save", path), folder, environment).record
    assert saved["url"].endswith("/" + saved["key"])
    root = saved["url"][: -len(saved["key"]) - 1]
    assert relative(root, ours) == expected
    assert (Path(root) / saved["key"] / "state.txt").read_text() == "state"

    with PythonSide(folder, environment) as side:
        assert side.ask("search", cwd=folder, pathspec="Config") == [saved]


def test_a_profile_without_its_file_is_an_error_in_both(tmp_path, tool):
    folder = tmp_path / "work"
    folder.mkdir()
    environment = python_environment(tmp_path / "home", METAFLOW_PROFILE="absent")
    outcome = call(tool, ("--json", "search"), folder, environment, status=1)
    assert outcome.error["kind"] == "not_configured"
    assert "METAFLOW_PROFILE" in outcome.error["message"]
    python = PythonSide(folder, environment)
    assert python.process.wait(timeout=60) != 0


@pytest.mark.parametrize(
    "variables, namespace",
    [
        ({}, "user:alice"),
        ({"METAFLOW_PRODUCTION_TOKEN": "token-1"}, "production:token-1"),
        ({"METAFLOW_USER": None, "SUDO_USER": "sue", "USER": "ulla"}, "user:sue"),
        ({"METAFLOW_USER": None, "USERNAME": "nora", "USER": "ulla"}, "user:nora"),
        ({"METAFLOW_USER": None, "USER": "ulla"}, "user:ulla"),
    ],
)
def test_the_namespace_is_metaflow_s(variables, namespace, tmp_path, tool):
    environment = python_environment(tmp_path / "home", **variables)
    with PythonSide(tmp_path, environment) as side:
        expected = side.ask("namespace")
    assert expected["namespace"] == namespace
    path = tmp_path / "state.txt"
    path.write_text("state")
    saved = call(tool, ("--json", "--task", "Config/1/start/1", "save", path), tmp_path, environment).record
    assert saved["key"].split("/")[5] == expected["scope"]
