"""A bucket whose region the user does not know, or has wrong, by real servers that insist on theirs."""

import pytest

from conftest import built
from scenario import Bench, tree
from servers import SERVERS

WRONG = {"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-west-2"}


@pytest.fixture(scope="module", params=SERVERS)
def bench(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    with SERVERS[request.param](folder / "server", tls=False, region="eu-central-1") as server:
        yield Bench(folder, built("s3_scenario"), server, loop=None)


@pytest.fixture
def scene(bench):
    with bench.scene() as scene:
        assert scene.save(0).succeeded
        yield scene


def test_a_restore_finds_the_region(scene):
    assert scene.restored(**WRONG) == 0


def test_a_load_finds_the_region(scene):
    [document] = scene.documents()
    outcome, target = scene.load_into_new("load", document["key"], **WRONG)
    assert outcome.succeeded and tree(target) == scene.expected(0)


def test_a_save_finds_the_region(scene):
    assert scene.save(1, big=True, **WRONG).succeeded
    assert scene.listed_and_whole() == ([0, 1], []) and scene.latest() == 1


def test_a_list_and_a_removal_find_the_region(scene):
    listed = scene.run("list", **WRONG).said["listed"]
    assert listed == [document["key"] for document in scene.documents()]
    assert scene.run("remove", *listed, **WRONG).said == {"removed": True}
    assert scene.documents() == []
