"""The tool under test, and a store of its own for each test."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "peers"))

from runner import Tool  # noqa: E402
from s3_path import S3Path  # noqa: E402
from servers import servers  # noqa: E402, F401


def pytest_configure(config):
    config.addinivalue_line("markers", "on_s3: the test runs on a local store and on versitygw")


def pytest_generate_tests(metafunc):
    if "store_name" in metafunc.fixturenames:
        on_s3 = metafunc.definition.get_closest_marker("on_s3")
        metafunc.parametrize("store_name", ["local", "versitygw"] if on_s3 else ["local"])


@pytest.fixture(scope="session")
def program():
    build = os.environ.get("HOLDFAST_BUILD")
    if not build:
        pytest.fail("set HOLDFAST_BUILD to the folder that holds the built programs", pytrace=False)
    found = Path(build).resolve() / "holdfast"
    if not os.access(found, os.X_OK):
        pytest.fail(f"{found} is missing: build the target holdfast_tool first", pytrace=False)
    return found


@pytest.fixture(scope="session")
def buckets(servers):  # noqa: F811
    """By the server's name, a bucket of it."""
    made = {}

    def get(name):
        if name not in made:
            server = servers.get(name)
            made[name] = server, S3Path(server.client(), server.new_bucket())
        return made[name]

    return get


@pytest.fixture
def tool(program, tmp_path, store_name, buckets):
    if store_name == "local":
        return Tool(program, tmp_path, tmp_path / "store")
    server, bucket = buckets(store_name)
    return Tool(program, tmp_path, bucket / f"{tmp_path.name}-ü" / "store", **server.environment())
