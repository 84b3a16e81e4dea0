"""Answers questions about a store as the Python packages do: one JSON request a line in, one JSON answer a line out."""

import json
import os
import sys
import traceback

# what Metaflow prints belongs on stderr
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from metaflow import Checkpoint, Task, delete_model, get_namespace, load_model  # noqa: E402
from metaflow.plugins.datastores import s3_storage  # noqa: E402
from metaflow.plugins.datastores.local_storage import LocalStorage  # noqa: E402
from metaflow_extensions.obcheckpoint.plugins.datastores import s3_compat  # noqa: E402
from metaflow_extensions.obcheckpoint.plugins.machine_learning_utilities.checkpoints.core import (  # noqa: E402
    CheckpointLoadPolicy,
    ScopeResolver,
    WriteResolver,
)
from metaflow_extensions.obcheckpoint.plugins.machine_learning_utilities.datastore.context import (  # noqa: E402
    datastore_context,
)
from metaflow_extensions.obcheckpoint.plugins.machine_learning_utilities.datastructures import (  # noqa: E402
    CheckpointArtifact,
)

UID = "METAFLOW_CHECKPOINT_UID"


def list_checkpoints(**filters):
    return Checkpoint().list(**filters)


def search(pathspec):
    return list(Checkpoint()._search(pathspec))


def save(path, **options):
    return Checkpoint().save(path, **options)


def save_many(paths, **options):
    """With one object, whose counter goes on."""
    writer = Checkpoint()
    return [writer.save(path, **options) for path in paths]


def load(reference, how, path):
    given = {
        "key": lambda: reference["key"],
        "dict": lambda: reference,
        "object": lambda: CheckpointArtifact.from_dict(reference),
    }[how]()
    Checkpoint().load(given, path)


def latest(policy):
    """What @checkpoint(load_policy=…) would load at the start of this task."""
    datastore, _ = WriteResolver.from_environment()
    found = getattr(CheckpointLoadPolicy, policy)(datastore, None)
    return found and found.to_dict()


def artifacts(pathspec, attempt=None):
    task = Task(pathspec, attempt=attempt, _namespace_check=False)
    return {name: task[name].data for name in ("_task_checkpoints", "_task_latest_checkpoint")}


def root():
    return {
        "context": datastore_context.get().datastore_root,
        "config": LocalStorage.get_datastore_root_from_config(print),
    }


def namespace():
    return {"namespace": get_namespace(), "scope": ScopeResolver.from_namespace()}


QUESTIONS = {
    "list": list_checkpoints,
    "search": search,
    "save": save,
    "save_many": save_many,
    "load": load,
    "load_model": load_model,
    "delete_model": delete_model,
    "latest": latest,
    "artifacts": artifacts,
    "root": root,
    "namespace": namespace,
}


def answer(request):
    os.chdir(request.pop("cwd"))
    uid = request.pop("uid")
    root = request.pop("root")
    if root is not None:  # in place of METAFLOW_DATASTORE_SYSROOT_S3, which is read once
        s3_storage.DATASTORE_SYSROOT_S3 = s3_compat.DATASTORE_SYSROOT_S3 = root
    os.environ.pop(UID, None)
    if uid is not None:
        os.environ[UID] = uid
    return QUESTIONS[request.pop("question")](**request)


for line in sys.stdin:
    try:
        reply = {"answer": answer(json.loads(line))}
    except Exception as problem:
        traceback.print_exc()
        reply = {"failure": f"{type(problem).__name__}: {problem}"}
    print(json.dumps(reply), file=answers, flush=True)
