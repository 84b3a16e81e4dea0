"""Fixtures of the interop tests: the tool, a project per test, and the Python packages' own answers.

Tests run on a local store and on servers; the marker `stores` says which of them a test takes (without it local and
versitygw). HOLDFAST_TEST_STORES=local leaves the servers out, for a short run.
"""

import os
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "peers"))

from backends import LocalBackend, S3Backend  # noqa: E402
from servers import servers  # noqa: E402, F401
from world import PythonSide, Project, Store  # noqa: E402

STORES = ("local", "versitygw", "minio")
SELECTED = os.environ.get("HOLDFAST_TEST_STORES", ",".join(STORES)).split(",")
collect_ignore = [] if "versitygw" in SELECTED else ["test_s3_store.py"]
STORE_OF_A_TEST = re.compile(r"\[(?:.*-)?(" + "|".join(STORES) + r")\b")


def pytest_configure(config):
    config.addinivalue_line("markers", "stores(*names): the stores on which a test runs; local and versitygw else")


def pytest_generate_tests(metafunc):
    if "backend_name" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker("stores")
        names = [name for name in (marked.args if marked else STORES[:2]) if name in SELECTED]
        metafunc.parametrize("backend_name", names, scope="module")


def store_of(nodeid):
    found = STORE_OF_A_TEST.search(nodeid)
    return found[1] if found else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class ByFileAndStore(LoadScopeScheduling):
        """The tests of one file on one store share flows."""

        def _split_scope(self, nodeid):
            return f"{nodeid.split('::')[0]} {store_of(nodeid)}"

    return ByFileAndStore(config, log)


def pytest_terminal_summary(terminalreporter):
    passed = terminalreporter.stats.get("passed", ())
    counts = Counter(store_of(report.nodeid) or "no store" for report in passed)
    terminalreporter.write_line("passed by store: " + ", ".join(f"{name} {counts[name]}" for name in sorted(counts)))


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
def backends(servers):  # noqa: F811
    """By name, each made when it is first asked for."""
    made = {}

    def get(name):
        if name not in made:
            made[name] = LocalBackend() if name == "local" else S3Backend(servers.get(name))
        return made[name]

    return get


@pytest.fixture(scope="module")
def backend(backends, backend_name):
    return backends(backend_name)


@pytest.fixture(scope="session")
def python_sides(tmp_path_factory):
    """For each backend one Python process that answers for any store; it starts where no project is near."""
    started = {}

    def get(backend):
        if backend.name not in started:
            started[backend.name] = PythonSide.of(backend, tmp_path_factory.mktemp("python"))
        return started[backend.name]

    yield get
    for side in started.values():
        side.close()


@pytest.fixture
def python_side(python_sides, backend):
    return python_sides(backend)


@pytest.fixture
def store(tmp_path, tool, python_side, backend):
    """An empty store, and a task that is known by its METAFLOW_CHECKPOINT_UID alone."""
    return Store(tmp_path, tool, python_side, backend)


@pytest.fixture(scope="module")
def new_project(tmp_path_factory, tool, backend):
    """Makes folders in which flows run."""
    projects = []

    def make(name):
        projects.append(Project(tmp_path_factory.mktemp(name), tool, backend))
        return projects[-1]

    yield make
    for project in projects:
        project.close()
