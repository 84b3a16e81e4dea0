"""The works with metaflow-checkpoint, inside a task as METAFLOW_CHECKPOINT_UID names it: WORK RUN PATH."""

import os
import sys

work, run, path = sys.argv[1:]
os.environ["METAFLOW_CHECKPOINT_UID"] = f"Bench/{run}/start/1/0123456789ab/ba9876543210/0"

from metaflow import S3, Checkpoint  # noqa: E402
from usage import measured  # noqa: E402


def list_keys():
    with S3(s3root=os.environ["METAFLOW_DATASTORE_SYSROOT_S3"]) as store:
        print(len(store.list_recursive()), file=sys.stderr)


def load():
    Checkpoint().load(next(iter(Checkpoint().list())), path)


def list_checkpoints():
    taken["listed"] = len(Checkpoint().list())


with measured() as taken:
    {
        "save": lambda: Checkpoint().save(path, storage_format="files"),
        "save_tar": lambda: Checkpoint().save(path, storage_format="tar"),
        "load": load,
        "list": list_keys,
        "list_checkpoints": list_checkpoints,
    }[work]()
