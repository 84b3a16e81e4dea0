"""What is done on a local store. What a copy or an archiver does is the least work there is.

Python's load of `files` is left out: on a local store it makes symbolic links into the store and copies nothing.
Python's save computes no digest, so it is compared with ours without digests.
"""

from contenders import Copy, GnuTar, LocalHoldfast, LocalMetaflow
from works import DIGESTED, PLAIN, Goal, Work, faster, within

COPY, TAR, PYTHON = "cp -r", "GNU tar", "metaflow-checkpoint"
NEWEST, ONE_BY_ONE = "holdfast, newest 10", "holdfast, one by one"
SOURCES = {"tiny": "many files of 4 KiB in 100 folders", "parts": "one large state in 8 files"}
MIB = 2**20


def peaks(*names):
    return [Goal(f"{name}: peak MiB", lambda m, name=name: m[name]["peak"] / MIB, at_most=16) for name in names]


def costs(peer):
    return [within(PLAIN, 1.2, peer), within(DIGESTED, 1.6, peer), *peaks(PLAIN, DIGESTED)]


def of_python():
    return faster(PLAIN, 10, PYTHON, "cpu")


def own(verb):
    return [LocalHoldfast(verb, "none"), LocalHoldfast(verb, "crc32c")]


def save_files(source):
    return Work(
        f"local_save_{source}",
        f"Save {SOURCES[source]}, as files",
        source,
        [Copy("copy"), *own("save"), LocalMetaflow("save")],
        [*costs(COPY), of_python()],
    )


def load_files(source):
    return Work(
        f"local_load_{source}",
        f"Load {SOURCES[source]}, as files",
        source,
        [Copy("copy_back"), *own("load")],
        costs(COPY),
        loads="files",
    )


def save_tar(source):
    return Work(
        f"local_save_tar_{source}",
        f"Save {SOURCES[source]}, as a tar",
        source,
        [GnuTar("create", TAR), *own("save_tar"), LocalMetaflow("save_tar")],
        [*costs(TAR), of_python()],
    )


def load_tar(source):
    return Work(
        f"local_load_tar_{source}",
        f"Load {SOURCES[source]}, from a tar",
        source,
        [GnuTar("extract", TAR), *own("load"), LocalMetaflow("load")],
        [*costs(TAR), of_python()],
        loads="tar",
    )


def list_checkpoints(name, title, inside):
    own_name = "holdfast"
    return Work(
        name,
        title,
        "eight",
        [
            LocalHoldfast("list", "none", own_name, inside=inside),
            LocalHoldfast("search", "none", ONE_BY_ONE, inside=inside),
            LocalHoldfast("list_newest", "none", NEWEST, "10", inside=inside),
            LocalMetaflow("list_checkpoints", inside=inside),
        ],
        [faster(own_name, 20, PYTHON), faster(own_name, 10, PYTHON, "cpu"), *peaks(own_name, ONE_BY_ONE, NEWEST)],
        loads="documents",
    )


LOCAL = [make(source) for source in SOURCES for make in (save_files, load_files, save_tar, load_tar)]
LOCAL.append(list_checkpoints("local_list", "List the checkpoints of a task, whole process", inside=False))
LOCAL.append(list_checkpoints("local_list_call", "List the checkpoints of a task, the call alone", inside=True))
