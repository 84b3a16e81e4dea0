"""The servers are what the other tests take them for, by boto3."""

import ssl
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from s3_path import S3Path
from servers import Versitygw

SERVERS = [(kind, scheme) for kind in ("versitygw", "minio") for scheme in ("http", "https")]


@pytest.fixture(params=SERVERS, ids="-".join)
def server(request, servers):
    return servers.get(*request.param)


def refusal(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def test_objects_come_back(server):
    root = S3Path(server.client(), server.new_bucket(), "some/prefix")
    names = ["a b", "ä+☃", "deep/er/still", "deep/er%2F"]
    for name in names:
        (root / name).write_bytes(name.encode())
    assert root.tree() == {name: name.encode() for name in names}
    assert sorted(path.name for path in root.iterdir()) == sorted(["a b", "ä+☃", "deep"])
    assert (root / "deep").is_dir() and not (root / "deep").is_file()
    assert (root / "a b").is_file() and not (root / "a").exists()
    root.copy_tree(root.parent / "copy")
    root.remove_tree()
    assert not root.exists() and len((root.parent / "copy").tree()) == len(names)


def test_who_does_not_know_the_key_is_refused(server):
    bucket = server.new_bucket()
    stranger = server.client(secret_key="not the key")
    assert refusal(stranger.list_objects_v2, Bucket=bucket) == "SignatureDoesNotMatch"
    nobody = server.client(access_key="HFNOBODY")
    assert refusal(nobody.list_objects_v2, Bucket=bucket) == "InvalidAccessKeyId"


def test_what_is_missing_is_named(server):
    assert refusal(server.client().list_objects_v2, Bucket="no-such-bucket") == "NoSuchBucket"
    assert refusal(server.client().get_object, Bucket=server.new_bucket(), Key="none") == "NoSuchKey"


def test_a_checksum_is_verified(server):
    wrong = {"ChecksumCRC32C": "AAAAAA=="}
    code = refusal(server.client().put_object, Bucket=server.new_bucket(), Key="x", Body=b"x", **wrong)
    assert code in ("BadDigest", "XAmzContentChecksumMismatch")


def test_create_only_is_known(server):
    bucket = server.new_bucket()
    server.client().put_object(Bucket=bucket, Key="x", Body=b"x", IfNoneMatch="*")
    assert refusal(server.client().put_object, Bucket=bucket, Key="x", Body=b"y", IfNoneMatch="*") == "PreconditionFailed"


def test_an_unfinished_upload_is_listed(server):
    root = S3Path(server.client(), server.new_bucket(), "big")
    made = server.client().create_multipart_upload(Bucket=root.bucket, Key=root.key)
    assert root.unfinished() == [(root.key, made["UploadId"])]
    server.client().abort_multipart_upload(Bucket=root.bucket, Key=root.key, UploadId=made["UploadId"])
    assert root.unfinished() == []


@pytest.mark.parametrize("kind", ["versitygw", "minio"])
def test_tls_is_trusted_by_who_knows_its_authority(servers, kind):
    server = servers.get(kind, "https")
    for host in ("127.0.0.1", "localhost"):
        url = server.endpoint.replace("127.0.0.1", host)
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(url, context=ssl.create_default_context(cafile=server.ca))
        with pytest.raises(urllib.error.URLError) as failed:
            urllib.request.urlopen(url, context=ssl.create_default_context())
        assert isinstance(failed.value.reason, ssl.SSLCertVerificationError)


def test_a_stopped_server_is_gone(tmp_path):
    with Versitygw(tmp_path, tls=False) as server:
        process = server.process
        assert process.poll() is None
    assert process.poll() is not None
    assert not (tmp_path / "data").exists()
