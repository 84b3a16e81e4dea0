"""Fixtures of the interop tests: the tool, a project per test, and the Python packages' own answers."""

import os
from pathlib import Path

import pytest

from world import PythonSide, Project, Store


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)


def built(name):
    build = os.environ.get("HOLDFAST_BUILD")
    if not build:
        pytest.fail("set HOLDFAST_BUILD to the folder that holds the built programs", pytrace=False)
    program = Path(build).resolve() / name
    if not os.access(program, os.X_OK):
        pytest.fail(f"{program} is missing: build the target {name!r} first", pytrace=False)
    return program


@pytest.fixture(scope="session")
def tool():
    return built("holdfast")


@pytest.fixture(scope="session")
def kill_at():
    return built("kill_at")


@pytest.fixture(scope="session")
def python_side(tmp_path_factory):
    """One Python process that answers for any store; it starts where no project is near."""
    with PythonSide(tmp_path_factory.mktemp("python")) as side:
        yield side


@pytest.fixture
def store(tmp_path, tool, python_side):
    """An empty local store, and a task that is known by its METAFLOW_CHECKPOINT_UID alone."""
    return Store(tmp_path, tool, python_side)


@pytest.fixture(scope="session")
def new_project(tmp_path_factory, tool):
    """Makes folders in which flows run."""
    projects = []

    def make(name):
        projects.append(Project(tmp_path_factory.mktemp(name), tool))
        return projects[-1]

    yield make
    for project in projects:
        project.close()
