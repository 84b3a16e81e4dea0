"""Fixtures of the tests against real servers."""

import os
from pathlib import Path

import pytest

from fault_proxy import Loop
from servers import servers  # noqa: F401


def built(name):
    build = os.environ.get("HOLDFAST_BUILD")
    if not build:
        pytest.fail("set HOLDFAST_BUILD to the folder that holds the built programs", pytrace=False)
    found = Path(build).resolve() / name
    if not os.access(found, os.X_OK):
        pytest.fail(f"{found} is missing: build the target {name!r} first", pytrace=False)
    return found


@pytest.fixture(scope="module")
def loop():
    """In which proxies run."""
    running = Loop()
    yield running
    running.close()
