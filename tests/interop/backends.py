"""Where the interop tests keep their stores: below a folder, or in a bucket of a server."""

import itertools

from s3_path import S3Path


class LocalBackend:
    name = "local"
    is_local = True

    def new_root(self, folder):
        root = folder / ".metaflow"
        root.mkdir()
        return root

    def access(self):
        """What lets a process reach any store of this backend."""
        return {}

    def environment(self, root):
        """What tells Metaflow to use that store."""
        return {"METAFLOW_DEFAULT_DATASTORE": "local"}


class S3Backend:
    """Each root is a prefix of one bucket; Metaflow is told where the server is as its users tell it."""

    is_local = False  # and Python takes seconds for each answer

    def __init__(self, server):
        self.name, self.server = server.name, server
        self.bucket, self.client = server.new_bucket(), server.client()
        self.counter = itertools.count()

    def new_root(self, folder):
        return S3Path(self.client, self.bucket, f"{folder.name}-{next(self.counter)}/mf")

    def access(self):
        told = self.server.environment()
        endpoint = {"METAFLOW_S3_ENDPOINT_URL": told.pop("AWS_ENDPOINT_URL_S3")}
        return told | endpoint | {"METAFLOW_S3_WORKER_COUNT": "2"}  # not 64 processes, each with a client of its own

    def environment(self, root):
        return self.access() | {
            "METAFLOW_DEFAULT_DATASTORE": "s3",
            "METAFLOW_DATASTORE_SYSROOT_S3": str(root),
        }
