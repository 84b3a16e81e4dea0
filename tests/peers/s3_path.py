"""A place in a bucket that is used like a pathlib.Path, so that one test looks at a local store and at one on S3."""

import fnmatch
from pathlib import PurePosixPath

from botocore.exceptions import ClientError


class S3Path:
    """A folder is there as long as a key lies below it."""

    def __init__(self, client, bucket, key=""):
        self.client, self.bucket, self.key = client, bucket, key.strip("/")

    def at(self, key):
        return S3Path(self.client, self.bucket, key)

    def __truediv__(self, name):
        return self.at(f"{self.key}/{name}")

    def __str__(self):
        return f"s3://{self.bucket}/{self.key}"

    __repr__ = __str__

    def __eq__(self, other):
        return str(self) == str(other)

    def __hash__(self):
        return hash(str(self))

    @property
    def name(self):
        return self.key.rsplit("/", 1)[-1]

    @property
    def parent(self):
        return self.at(self.key.rpartition("/")[0])

    def relative_to(self, other):
        return PurePosixPath(self.key).relative_to(other.key)

    def keys(self):
        """Every key below."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=f"{self.key}/" if self.key else ""
        )
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def is_file(self):
        try:
            self.client.head_object(Bucket=self.bucket, Key=self.key)
            return True
        except ClientError as refused:
            if refused.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            return False

    def is_dir(self):
        return bool(self.keys())

    def exists(self):
        return self.is_file() or self.is_dir()

    def read_bytes(self):
        return self.client.get_object(Bucket=self.bucket, Key=self.key)["Body"].read()

    def read_text(self):
        return self.read_bytes().decode()

    def write_bytes(self, content):
        self.client.put_object(Bucket=self.bucket, Key=self.key, Body=content)

    def write_text(self, text):
        self.write_bytes(text.encode())

    def size(self):
        return self.client.head_object(Bucket=self.bucket, Key=self.key)["ContentLength"]

    def unlink(self):
        self.client.delete_object(Bucket=self.bucket, Key=self.key)

    def remove_tree(self):
        for key in self.keys():
            self.at(key).unlink()

    def copy_tree(self, target):
        for key in self.keys():
            self.client.copy_object(
                Bucket=target.bucket,
                Key=f"{target.key}/{key[len(self.key) + 1:]}",
                CopySource={"Bucket": self.bucket, "Key": key},
            )

    def iterdir(self):
        below = {key[len(self.key) :].lstrip("/").split("/")[0] for key in self.keys()}
        return [self / name for name in sorted(below)]

    def rglob(self, pattern):
        return [found for found in map(self.at, self.keys()) if fnmatch.fnmatchcase(found.name, pattern)]

    def glob(self, pattern):
        return [found for found in self.iterdir() if fnmatch.fnmatchcase(found.name, pattern)]

    def tree(self):
        """{relative path: bytes}"""
        start = len(self.key) + 1 if self.key else 0
        return {key[start:]: self.at(key).read_bytes() for key in self.keys() if not key.endswith("/")}

    def unfinished(self):
        """The multipart uploads below that are neither completed nor aborted."""
        found = self.client.list_multipart_uploads(Bucket=self.bucket, Prefix=self.key)
        assert not found.get("IsTruncated"), found
        return [(upload["Key"], upload["UploadId"]) for upload in found.get("Uploads", ())]
