"""The tool under test, and a store of its own for each test."""

import os
from pathlib import Path

import pytest

from runner import Tool


@pytest.fixture(scope="session")
def program():
    build = os.environ.get("HOLDFAST_BUILD")
    if not build:
        pytest.fail("set HOLDFAST_BUILD to the folder that holds the built programs", pytrace=False)
    found = Path(build).resolve() / "holdfast"
    if not os.access(found, os.X_OK):
        pytest.fail(f"{found} is missing: build the target holdfast_tool first", pytrace=False)
    return found


@pytest.fixture
def tool(program, tmp_path):
    return Tool(program, tmp_path)
