"""Objects that the server encrypts, with its own keys and with a named one, by a MinIO that has keys."""

import base64
import secrets

import pytest

from conftest import built
from scenario import Bench
from servers import Minio

KEY = "training-state"
KMS = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": f"arn:aws:kms:{KEY}"}


class MinioWithKeys(Minio):
    def variables(self):
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        return super().variables() | {"MINIO_KMS_SECRET_KEY": f"{KEY}:{key}"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("encryption")
    with MinioWithKeys(folder / "server", tls=False) as server:
        yield Bench(folder, built("s3_scenario"), server, loop=None)


def encryption_of(root):
    """What the server says of every object below, as {(field, value), …}; none of them may differ."""
    said = set()
    for key in root.keys():
        head = root.client.head_object(Bucket=root.bucket, Key=key)
        said.add(tuple((field, head.get(field)) for field in KMS))
    (same,) = said
    return dict(same)


@pytest.mark.parametrize("layout", ["files", "tar"])
@pytest.mark.parametrize(
    "options, variables, expected",
    [
        ((), {}, {"ServerSideEncryption": None, "SSEKMSKeyId": None}),
        ((), {"METAFLOW_S3_SERVER_SIDE_ENCRYPTION": "AES256"}, {"ServerSideEncryption": "AES256", "SSEKMSKeyId": None}),
        ((), {"METAFLOW_S3_SERVER_SIDE_ENCRYPTION": "aws:kms"}, KMS),
        (("--kms-key", KEY), {}, KMS),
    ],
    ids=["none", "AES256", "aws:kms", "a key by its name"],
)
def test_what_is_written_is_encrypted_and_comes_back(bench, options, variables, expected, layout):
    with bench.scene() as scene:
        assert scene.save(1, big=True, layout=layout, options=options, **variables).succeeded
        assert encryption_of(scene.root) == expected
        assert scene.restored() == 1, "who reads needs to know nothing of it"
        assert scene.run("verify").said["verified"] == {document["key"]: "ok" for document in scene.documents()}


def test_a_key_that_the_server_lacks_is_an_error_and_nothing_is_left(bench):
    with bench.scene() as scene:
        outcome = scene.save(1, options=("--kms-key", "no-such-key"))
        assert not outcome.succeeded and not scene.documents(), outcome
        assert scene.root.unfinished() == []
