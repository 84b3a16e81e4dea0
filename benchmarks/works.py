"""What is done, by whom, and the goals it is held against."""

from dataclasses import dataclass, field
from typing import Callable

from contenders import CONNECTIONS, Boto3, Curl, GnuTar, Holdfast, Limit, Metaflow, Rclone, S5cmd


@dataclass
class Goal:
    """`value` of the medians, and what it should be at most or at least."""

    text: str
    value: Callable[[dict], float]
    at_most: float | None = None
    at_least: float | None = None

    def is_met(self, value):
        return value <= self.at_most if self.at_most is not None else value >= self.at_least


@dataclass
class Work:
    """@param loads: what is stored beforehand, as `stage.Stage.prepare` knows it; empty for a save."""

    name: str
    title: str
    source: str  # "big", "small", "tiny", "folder": what is saved, or was
    contenders: list
    goals: list = field(default_factory=list)
    loads: str = ""
    bucket: str = "bench"
    tls: bool = False
    delay: float = 0.0
    repeat: int = 0


PLAIN, DIGESTED = "holdfast, none", "holdfast, crc32c"
SAVE, TAR = "holdfast checkpoint, crc32c", "holdfast checkpoint, tar"
LIMIT, LIMIT_DIGESTED = "limit", "limit, digested"


def ratio(quantity, above, below):
    return lambda medians: medians[above][quantity] / medians[below][quantity]


def faster(what, by, than, quantity="wall"):
    words = "wall" if quantity == "wall" else "CPU"
    return Goal(f"{what}: {words} of {than} ÷ own", ratio(quantity, than, what), at_least=by)


def within(what, most, of, quantity="cpu"):
    words = "wall" if quantity == "wall" else "CPU"
    return Goal(f"{what}: {words} ÷ {of}", ratio(quantity, what, of), at_most=most)


def save_big():
    return Work(
        "save_big",
        "Save one large file, plain HTTP",
        "big",
        [
            Limit("put"),
            Holdfast("put", "none"),
            Curl("put"),
            Limit("put_digested", LIMIT_DIGESTED),
            Holdfast("put", "crc32c"),
            Holdfast("put", "sha256"),
            Holdfast("save", "crc32c", SAVE),
            Rclone("put"),
            Boto3("put", "crt"),
            Boto3("put"),
            Metaflow("save"),
        ],
        [
            within(PLAIN, 2.0, LIMIT),
            faster(PLAIN, 4, "curl", "cpu"),
            within(DIGESTED, 1.5, LIMIT_DIGESTED),
            faster(DIGESTED, 1.8, "curl", "cpu"),
            faster(DIGESTED, 4, "AWS CRT", "cpu"),
            faster(DIGESTED, 9, "boto3", "cpu"),
        ],
    )


def save_big_by_tls():
    return Work(
        "save_big_tls",
        "Save one large file, TLS 1.3",
        "big",
        [
            Limit("put_by_tls"),
            Holdfast("put", "none"),
            Limit("put_by_tls_digested", LIMIT_DIGESTED),
            Holdfast("put", "crc32c"),
            Curl("put"),
        ],
        [within(PLAIN, 1.15, LIMIT), within(DIGESTED, 1.15, LIMIT_DIGESTED)],
        tls=True,
    )


def save_small():
    return Work(
        "save_small",
        "Save many files of 214 KB",
        "small",
        [
            Limit("put_small", last=8),
            Holdfast("put_tree", "none"),
            Holdfast("put_tree", "crc32c"),
            Holdfast("save", "crc32c", SAVE),
            Rclone("put_tree"),
            S5cmd("put_tree"),
            Boto3("put_tree", "crt"),
            Boto3("put_tree", slow=True),
            Metaflow("save", slow=True),
        ],
        [
            faster(DIGESTED, 8, "rclone"),
            faster(SAVE, 8, "rclone"),
            faster(DIGESTED, 8, "s5cmd"),
            faster(SAVE, 8, "s5cmd"),
            faster(SAVE, 30, "metaflow-checkpoint"),
            Goal("connections of a save", lambda m: m[SAVE]["connections"], at_most=CONNECTIONS),
        ],
    )


def save_tiny():
    return Work(
        "save_tiny",
        "Save many files of 4 KiB in 100 folders",
        "tiny",
        [
            Limit("put_small", last=8),
            Holdfast("put_tree", "none"),
            Holdfast("put_tree", "crc32c"),
            Holdfast("save", "crc32c", SAVE),
            Rclone("put_tree"),
            S5cmd("put_tree"),
        ],
        [
            Goal("holdfast, none: µs CPU per object", lambda m: m[PLAIN]["cpu"] / m[PLAIN]["files"] * 1e6, at_most=40),
            Goal(
                "holdfast, crc32c: µs CPU per object",
                lambda m: m[DIGESTED]["cpu"] / m[DIGESTED]["files"] * 1e6,
                at_most=40,
            ),
        ],
    )


def load_big():
    verified = "holdfast, verified"
    return Work(
        "load_big",
        "Load one large object into a new file, plain HTTP",
        "big",
        [
            Limit("get"),
            Holdfast("get", "none"),
            Curl("get"),
            Limit("get_digested", LIMIT_DIGESTED),
            Holdfast("get_digested", "crc32c", verified),
            Holdfast("load", "crc32c", SAVE),
            Rclone("get"),
            S5cmd("get"),
            Boto3("get", "crt"),
            Boto3("get"),
            Metaflow("load"),
        ],
        [
            within(PLAIN, 1.3, LIMIT),
            within(PLAIN, 1.3, LIMIT, "wall"),
            within(verified, 1.6, LIMIT),
            within(verified, 1.6, LIMIT, "wall"),
            within(verified, 1.3, LIMIT_DIGESTED),
        ],
        loads="big",
    )


def load_tiny():
    return Work(
        "load_tiny",
        "Load many files of 4 KiB from 100 folders",
        "tiny",
        [
            Limit("get_small", last=8),
            Holdfast("get_tree", "none"),
            Holdfast("load", "crc32c", SAVE),
            Rclone("get_tree"),
            S5cmd("get_tree"),
            Boto3("get_tree", "crt"),
            Boto3("get_tree", slow=True),
            Metaflow("load", slow=True),
        ],
        [
            faster(PLAIN, 4, "s5cmd"),
            faster(SAVE, 4, "s5cmd"),
            faster(SAVE, 200, "metaflow-checkpoint"),
            Goal("holdfast, none: lists ÷ ⌈files ÷ 1000⌉", lambda m: m[PLAIN]["lists"] / m[PLAIN]["pages"], at_most=1),
        ],
        loads="tiny",
        bucket="keep-bench",
    )


def save_tar():
    return Work(
        "save_tar",
        "Save a folder with one large file as a tar",
        "folder",
        [Holdfast("save_tar", "none", "holdfast tar, none"), Holdfast("save_tar", "crc32c", TAR), Metaflow("save_tar")],
        [
            faster(TAR, 14, "metaflow-checkpoint"),
            Goal("bytes written to any file meanwhile", lambda m: m[TAR]["written"], at_most=0),
        ],
    )


def load_tar():
    tar = GnuTar()
    return Work(
        "load_tar",
        "Load a tar with one large file",
        "folder",
        [tar, Holdfast("load", "crc32c", TAR), Metaflow("load")],
        [faster(TAR, 5, "metaflow-checkpoint"), within(TAR, 1.0, tar.name)],
        loads="tar",
        bucket="keep-bench",
    )


def list_eight():
    return Work(
        "list",
        "List 8 keys, the whole process",
        "eight",
        [Limit("list"), Holdfast("list", "crc32c"), Curl("list"), Rclone("list"), S5cmd("list"),
         Boto3("list", inside=False), Metaflow("list", inside=False)],
        [faster(DIGESTED, 1, "curl")],
        loads="eight",
        bucket="keep-bench",
    )


def list_checkpoints(loads):
    own, newest, python = "holdfast", "holdfast, newest 10", "metaflow-checkpoint"
    is_few = loads == "few_documents"
    contenders = [
        Holdfast("list_checkpoints", "none", own, inside=True),
        Holdfast("list_newest", "none", newest, inside=True, last="10"),
    ]
    if is_few:  # Python starts a process for each checkpoint
        contenders.append(Metaflow("list_checkpoints", slow=True))
    return Work(
        "list_checkpoints" if is_few else "list_many_checkpoints",
        f"List {'few' if is_few else 'many'} checkpoints of a task",
        "eight",
        contenders,
        [faster(own, 20, python), faster(own, 10, python, "cpu")] if is_few else [],
        loads=loads,
        bucket="keep-bench",
    )


def latest(delay):
    allowed = lambda medians: medians[DIGESTED]["wall"] - 1.2 * medians[LIMIT]["wall"]  # noqa: E731
    return Work(
        f"latest_{int(delay * 1000)}_ms",
        f"`latest` in a warm process: one small get, the server answering after {delay * 1000:g} ms",
        "eight",
        [Limit("round_trips", inside=True), Holdfast("round_trips", "crc32c", inside=True)],
        [Goal("holdfast: ms beyond 1.2 round trips", lambda m: allowed(m) * 1000, at_most=0.2)],
        loads="one",
        bucket="keep-bench",
        delay=delay,
        repeat=2000 if delay == 0 else 100,
    )


ALL = [
    save_big(),
    save_big_by_tls(),
    load_big(),
    save_small(),
    save_tiny(),
    load_tiny(),
    save_tar(),
    load_tar(),
    list_eight(),
    list_checkpoints("few_documents"),
    list_checkpoints("documents"),
    latest(0.0),
    latest(0.01),
]
