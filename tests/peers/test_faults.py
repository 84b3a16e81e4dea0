"""Each request of a save, a load, a list and a removal is spoilt in turn, and some at random: the operation succeeds or
fails cleanly, nothing half is visible, and nothing is left behind."""

import contextlib
import shutil
import signal
import urllib.parse

import pytest

import faults
from conftest import built
from fault_proxy import Loop, always, at, at_random, every, no_fault
from scenario import BIG, Bench, tree

QUICK = ("--idle", 1000, "--attempts", 4)
STAYING = ["refused", "answer_lost", "truncated_answer", "stall", "500", "slow_down", "error_after_success",
           "error_in_200"]
CLEAN = {"unavailable", "timed_out", "throttled"}
KILLS = list(faults.KILLING)


@pytest.fixture(scope="module")
def bench(servers, tmp_path_factory):
    program, loop = built("s3_scenario"), Loop()
    folder = tmp_path_factory.mktemp("faults")
    yield Bench(folder, program, servers.get("versitygw"), loop)
    loop.close()
    shutil.rmtree(folder, ignore_errors=True)


def scene_with_two(bench, layout="files"):
    """A scene with two checkpoints, the newer one big, that the tests only read."""
    scene = bench.scene()
    assert scene.save(0).succeeded
    outcome = scene.save(1, big=True, layout=layout)
    assert outcome.succeeded, outcome
    scene.newest = outcome.said["saved"]
    return scene


@pytest.fixture(scope="module")
def kept(bench):
    return scene_with_two(bench)


@pytest.fixture(scope="module", params=["versitygw", "minio"])
def bench_of_either(request, bench, servers):
    either = Bench(bench.folder / f"of {request.param}", bench.program, servers.get(request.param), bench.loop)
    either.folder.mkdir()
    return either


@pytest.fixture(scope="module", params=["files", "tar"])
def kept_on_either(request, bench_of_either):
    scene = scene_with_two(bench_of_either, request.param)
    # of a tar the beginning of a large member is read with what stands before it, and each time
    scene.read_in_order = 1 if request.param == "tar" else 0
    return scene


@contextlib.contextmanager
def scene_with_one(bench):
    with bench.scene() as scene:
        assert scene.save(0).succeeded
        yield scene


@pytest.fixture(scope="module")
def count_of_save(bench):
    """How many requests a save of a big checkpoint makes."""
    with scene_with_one(bench) as scene:
        outcome = scene.save(1, big=True, plan=no_fault, options=QUICK)
        assert outcome.succeeded, outcome
        return len(outcome.exchanges)


def check_after_save(scene, outcome, kinds=CLEAN):
    numbers, left = scene.listed_and_whole()
    assert scene.root.unfinished() == [], f"an upload is left behind by {outcome}"
    assert numbers in ([0], [0, 1]), numbers
    assert left == [], f"unlisted data is left behind by {outcome}"
    if outcome.succeeded:
        assert numbers == [0, 1] and scene.latest() == 1, outcome
    else:
        assert outcome.error["kind"] in kinds, outcome
        assert scene.restored() in numbers
        assert "latest" in outcome.error["message"] or numbers == [0], f"failed, and is visible: {outcome}"


# --- save -------------------------------------------------------------------------------------------------------------


def spoil_each(bench, stride, count, kind, operate):
    """Operates so often that each request is spoilt once, some requests in one operation, which succeeds. A bucket
    moves once in one. Returns which operations of S3 were spoilt."""
    spoilt = set()

    def check(plan):
        outcome = operate(plan)
        found = [exchange.operation for exchange in outcome.exchanges if exchange.fault]
        assert outcome.succeeded, f"{kind} at {found}: {outcome.text}"
        spoilt.update(found)

    in_turn = [at(number, kind) for number in range(1, count + 1)]
    bench.each(in_turn if kind == "redirect" else [every(stride, offset, kind) for offset in range(stride)], check)
    return spoilt


@pytest.mark.parametrize("layout", ["files", "tar"])
@pytest.mark.parametrize("kind", faults.PASSING)
def test_a_save_gets_past_any_fault(bench, count_of_save, kind, layout):
    def save(plan):
        with scene_with_one(bench) as scene:
            outcome = scene.save(1, big=True, layout=layout, plan=plan, options=QUICK)
            if outcome.succeeded:
                check_after_save(scene, outcome)
                assert layout == "files" or scene.restored() == 1
            return outcome

    assert spoil_each(bench, 4, count_of_save, kind, save) >= {
        "ListObjectsV2", "HeadObject", "PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload",
    }


@pytest.mark.parametrize("kind", STAYING)
def test_a_save_of_which_one_request_always_fails(bench, count_of_save, kind):
    def check(number):
        with scene_with_one(bench) as scene:
            check_after_save(scene, scene.save(1, big=True, plan=always(number, kind), options=QUICK))

    bench.each(range(1, count_of_save + 1), check)


def test_a_save_that_is_denied_anything(bench, count_of_save):
    def check(number):
        with scene_with_one(bench) as scene:
            outcome = scene.save(1, big=True, plan=always(number, "access_denied"), options=QUICK)
            check_after_save(scene, outcome, {"access_denied"})
            assert len([exchange for exchange in outcome.exchanges if exchange.fault]) == 1, "it is not asked again"

    bench.each(range(1, count_of_save + 1), check)


@pytest.mark.parametrize("kind", ["early_500", "500", "reset_in_request"])
def test_uploads_that_the_server_does_not_hear_out(bench, kind):
    """Again and again, because what a broken connection raises depends on the moment: SIGPIPE too, which may not end
    the process."""

    def spoil_data(exchange):
        is_data = exchange.operation in ("PutObject", "UploadPart") and "/artifacts/" in exchange.target
        return kind if is_data else None

    def check(_):
        with bench.scene() as scene:
            outcome = scene.save(1, big=True, plan=spoil_data, options=QUICK)
            assert outcome.status == 1 and outcome.error["kind"] in CLEAN, outcome

    bench.each(range(20), check)


@pytest.mark.parametrize("kind", KILLS)
def test_killed_at_any_request_of_a_save(bench, count_of_save, kind):
    def check(number):
        with scene_with_one(bench) as scene:
            outcome = scene.save(1, big=True, plan=at(number, kind), options=QUICK)
            assert outcome.status == -signal.SIGKILL, outcome
            numbers, _ = scene.listed_and_whole()
            assert numbers in ([0], [0, 1]) and scene.restored() in numbers
            assert scene.save(2).succeeded
            assert scene.latest() == 2 and scene.listed_and_whole()[0] == [*numbers, 2]
            assert scene.run("clean").succeeded
            assert scene.root.unfinished() == []
            assert scene.restored() == 2

    bench.each(range(1, count_of_save + 1), check)


# --- load and restore -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def count_of_restore(kept):
    outcome, _ = kept.load_into_new("restore", plan=no_fault, options=QUICK)
    assert outcome.said["number"] == 1
    return len(outcome.exchanges)


@pytest.mark.parametrize("kind", faults.PASSING)
def test_a_restore_gets_past_any_fault(bench, kept, count_of_restore, kind):
    def restore(plan):
        outcome, target = kept.load_into_new("restore", plan=plan, options=QUICK)
        if outcome.succeeded:
            assert outcome.said["number"] == 1 and tree(target) == kept.expected(1)
            shutil.rmtree(target)
        return outcome

    assert spoil_each(bench, 3, count_of_restore, kind, restore) == {"HeadObject", "GetObject"}


@pytest.mark.parametrize("kind", [*STAYING, "access_denied"])
def test_a_load_of_which_one_request_always_fails(bench, kept, count_of_restore, kind):
    def check(number):
        outcome, target = kept.load_into_new("load", kept.newest, plan=always(number, kind), options=QUICK)
        if outcome.succeeded:
            assert tree(target) == kept.expected(1)
            shutil.rmtree(target)
        else:
            assert outcome.error["kind"] in (CLEAN if kind != "access_denied" else {"access_denied"}), outcome

    bench.each(range(1, count_of_restore + 1), check)


@pytest.mark.parametrize("integrity", ["crc32c", "sha256", "none"])
@pytest.mark.parametrize("kind", ["flipped_byte", "wrong_checksum"])
@pytest.mark.parametrize("plan", [at, always])
def test_wrong_bytes_are_never_loaded(bench, kept, count_of_restore, kind, plan, integrity):
    def check(number):
        options = (*QUICK, "--integrity", integrity)
        outcome, target = kept.load_into_new("load", kept.newest, plan=plan(number, kind), options=options)
        if outcome.succeeded:
            assert tree(target) == kept.expected(1)
            shutil.rmtree(target)
        else:
            assert outcome.error["kind"] in {"corrupt", "not_found", "key_not_compatible", "incompatible_type"}, outcome

    bench.each(range(1, count_of_restore + 1), check)


def ranges_got(kept, outcome):
    """Which ranges arrived of the object that holds the big file."""
    def is_big(path):
        return path.endswith((f"{kept.newest}/state.bin", kept.newest))

    return {
        value
        for exchange in outcome.exchanges if exchange.status == 206 and is_big(urllib.parse.unquote(exchange.target))
        for name, value in exchange.headers if name.lower() == "range"
    }


@pytest.mark.parametrize("kind", [*KILLS, "500"])
def test_a_load_goes_on_where_the_one_before_it_ended(bench_of_either, kept_on_either, kind):
    """Two ranges are on their way at once, so at most two are asked for in vain."""
    kept, options = kept_on_either, ("--attempts", 4, "--range-size", 1 << 20)
    outcome, _ = kept.load_into_new("load", kept.newest, plan=no_fault, options=options)
    whole = ranges_got(kept, outcome)
    assert len(whole) >= -(-BIG >> 20), "the file is big enough to be cut"
    reused = []

    def check(number):
        folder = kept.scratch / f"{kind} {number}"
        target = folder / "loaded"
        plan = (at if kind in KILLS else always)(number, kind)
        first = kept.run("load", kept.newest, target, plan=plan, options=options)
        assert first.status == (-signal.SIGKILL if kind in KILLS else 1), first
        assert not target.exists(), "nothing half is visible"
        second = kept.run("load", kept.newest, target, plan=no_fault, options=options)
        assert second.succeeded and tree(target) == kept.expected(1), second
        arrived = len(ranges_got(kept, first)) - 2 - kept.read_in_order
        assert len(ranges_got(kept, second)) <= len(whole) - max(0, arrived), (first, second)
        assert [path.name for path in folder.iterdir()] == ["loaded"], "nothing lies beside it"
        reused.append(len(whole) - len(ranges_got(kept, second)))
        shutil.rmtree(folder)

    bench_of_either.each(range(1, len(outcome.exchanges) + 1), check)
    assert max(reused) > len(whole) // 2, reused


def test_a_restore_steps_back_from_wrong_bytes(kept):
    spoilt = {"number": 0}

    def plan(exchange):
        big = "/state.bin" in exchange.target and exchange.target.split("/mf/", 1)[-1].startswith(kept.newest)
        spoilt["number"] += big
        return "flipped_byte" if big else None

    outcome, target = kept.load_into_new("restore", plan=plan, options=QUICK)
    assert spoilt["number"] > 0
    assert outcome.said["number"] == 0 and outcome.said["skipped"] == [kept.newest]
    assert tree(target) == kept.expected(0)


# --- list and remove --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", faults.PASSING)
def test_a_list_gets_past_any_fault(bench, kept, kind):
    whole = kept.run("list", plan=no_fault, options=QUICK)

    def check(number):
        outcome = kept.run("list", plan=at(number, kind), options=QUICK)
        assert outcome.said == whole.said, f"a part of a list is no list: {outcome}"

    bench.each(range(1, len(whole.exchanges) + 1), check)


@pytest.mark.parametrize("kind", STAYING)
def test_a_list_of_which_one_request_always_fails(bench, kept, kind):
    whole = kept.run("list", plan=no_fault, options=QUICK)

    def check(number):
        outcome = kept.run("list", plan=always(number, kind), options=QUICK)
        assert outcome.said == whole.said or outcome.error["kind"] in CLEAN, outcome

    bench.each(range(1, len(whole.exchanges) + 1), check)


@contextlib.contextmanager
def scene_to_remove_from(bench):
    with scene_with_one(bench) as scene:
        yield scene, scene.save(1).said["saved"]


@pytest.fixture(scope="module")
def count_of_remove(bench):
    with scene_to_remove_from(bench) as (scene, key):
        outcome = scene.run("remove", key, plan=no_fault, options=QUICK)
        assert outcome.said == {"removed": True} and scene.listed_and_whole() == ([0], [])
        return len(outcome.exchanges)


@pytest.mark.parametrize("kind", faults.PASSING)
def test_a_removal_gets_past_any_fault(bench, count_of_remove, kind):
    def remove(plan):
        with scene_to_remove_from(bench) as (scene, key):
            outcome = scene.run("remove", key, plan=plan, options=QUICK)
            if outcome.succeeded:
                is_removed(scene, key)
            return outcome

    assert spoil_each(bench, 3, count_of_remove, kind, remove) >= {"DeleteObjects", "DeleteObject", "ListObjectsV2"}


def is_removed(scene, key):
    assert scene.listed_and_whole() == ([0], []), "the bytes are free"
    assert not any(key in path for path in scene.root.keys())
    assert scene.latest() == 0 and scene.restored() == 0


@pytest.mark.parametrize("kind", [*STAYING, *KILLS])
def test_a_removal_that_does_not_end(bench, count_of_remove, kind):
    def check(number):
        with scene_to_remove_from(bench) as (scene, key):
            plan = (at if kind in KILLS else always)(number, kind)
            outcome = scene.run("remove", key, plan=plan, options=QUICK)
            numbers, _ = scene.listed_and_whole()
            assert numbers in ([0], [0, 1]) and scene.restored() in numbers
            if kind in KILLS:
                assert outcome.status == -signal.SIGKILL
            elif outcome.succeeded:
                is_removed(scene, key)
            else:
                assert outcome.error["kind"] in CLEAN, outcome
            again = scene.run("remove", key)
            assert again.succeeded or again.error["kind"] == "not_found", again
            is_removed(scene, key)

    bench.each(range(1, count_of_remove + 1), check)


# --- all the time -----------------------------------------------------------------------------------------------------


class Months:
    """What a long-lived store goes through: saves, lists, restores and removals, a share of whose requests fails."""

    def __init__(self, scene, plan):
        self.scene, self.plan = scene, plan
        self.kept = {}  # number: key
        self.failures = self.spoilt = 0

    def judge(self, outcome):
        self.spoilt += sum(exchange.fault is not None for exchange in outcome.exchanges)
        if not outcome.succeeded:
            self.failures += 1
            assert outcome.error["kind"] in CLEAN, outcome
        return outcome.succeeded

    def save(self, number):
        outcome = self.scene.save(number, big=number % 8 == 7, plan=self.plan, options=QUICK)
        before = set(self.kept) | ({number} if self.judge(outcome) else set())
        numbers, _ = self.scene.listed_and_whole()
        assert before <= set(numbers) <= before | {number}, "what was saved stays"
        self.kept = self.there()

    def there(self):
        return {document["metadata"]["number"]: document["key"] for document in self.scene.documents()}

    def list(self):
        outcome = self.scene.run("list", plan=self.plan, options=QUICK)
        if self.judge(outcome):
            assert sorted(outcome.said["listed"]) == sorted(self.kept.values())

    def restore(self):
        outcome, target = self.scene.load_into_new("restore", plan=self.plan, options=QUICK)
        if self.judge(outcome):
            number = outcome.said["number"]
            assert number == self.scene.latest() and tree(target) == self.scene.expected(number)

    def remove(self, number):
        self.judge(self.scene.run("remove", self.kept[number], plan=self.plan, options=QUICK))
        assert set(self.kept) - {number} <= set(self.there()) <= set(self.kept)
        self.kept = self.there()


@pytest.mark.parametrize("seed", range(3))
def test_five_in_a_hundred_requests_at_random(bench, seed):
    kinds = [kind for kind in faults.PASSING if kind != "redirect"]
    with bench.scene() as scene:
        months = Months(scene, at_random(0.05, seed, kinds))
        for number in range(24):
            months.save(number)
            months.list()
            months.restore()
            if number % 3 == 2:
                months.remove(min(months.kept))
        assert months.spoilt >= 10, "too few faults to mean anything"
        assert months.failures <= months.spoilt // 4, "most faults are got past"
        assert scene.root.unfinished() == []


def test_a_server_that_says_nothing_is_left_at_the_deadline(bench):
    """Its patience between bytes would last an hour."""
    options = ("--idle", 3_600_000, "--deadline", 700)
    with scene_with_one(bench) as scene:
        listed = scene.run("list", plan=lambda _: "stall", options=options)
        assert listed.error["kind"] == "timed_out", listed
        loaded, _ = scene.load_into_new("restore", plan=lambda _: "stall_in_answer", options=options)
        assert loaded.error["kind"] == "timed_out", loaded
        saved = scene.save(1, big=True, plan=lambda exchange: exchange.number > 3 and "stall", options=options)
        assert saved.error["kind"] == "timed_out", saved
        assert scene.listed_and_whole()[0] == [0] and scene.restored() == 0


def test_a_server_that_is_not_there(bench):
    scene = bench.scene()
    outcome = scene.run("list", options=QUICK, AWS_ENDPOINT_URL_S3="http://127.0.0.1:9")
    assert outcome.error["kind"] == "unavailable" and "127.0.0.1" in outcome.error["message"]


@pytest.mark.parametrize("kind", ["versitygw", "minio"])
def test_a_wrong_region_is_corrected_by_the_server(bench, servers, kind):
    elsewhere = Bench(bench.folder / kind, bench.program, servers.get(kind), bench.loop)
    elsewhere.folder.mkdir()
    wrong = {"AWS_REGION": "ap-south-1", "AWS_DEFAULT_REGION": "ap-south-1"}
    with elsewhere.scene() as scene:
        saved = scene.save(0, plan=no_fault, **wrong)
        assert saved.succeeded, saved
        refused = [exchange for exchange in saved.exchanges if exchange.status in (301, 400, 403)]
        assert len(refused) == 1, "the right region is remembered"
        loaded, target = scene.load_into_new("load", saved.said["saved"], **wrong)
        assert loaded.succeeded and tree(target) == scene.expected(0)
