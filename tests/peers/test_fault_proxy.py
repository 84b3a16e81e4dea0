"""The proxy spoils what it is told to spoil and nothing else, as boto3 sees it."""

import hashlib

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    FlexibleChecksumError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)

import faults
from fault_proxy import FaultProxy, always, at, at_random, every, no_fault, operation_of
from s3_path import S3Path

CONTENT = hashlib.shake_256(b"content").digest(300_000)
ENDED = (ConnectionClosedError, ResponseStreamingError, IncompleteReadError)


@pytest.fixture(scope="module")
def server(servers):
    return servers.get("versitygw")


@pytest.fixture
def root(server):
    path = S3Path(server.client(), server.new_bucket(), "prefix")
    (path / "there").write_bytes(CONTENT)
    return path


@pytest.fixture
def spoilt(loop, server, root):
    """Runs one request of a client that does not retry; returns the root as that client sees it, and the proxy."""
    opened = []

    def make(plan, timeout=20, attempts=1):
        proxy = FaultProxy(loop, server, plan)
        opened.append(proxy)
        proxy.__enter__()
        client = server.client(attempts=attempts, timeout=timeout, endpoint=proxy.endpoint)
        return S3Path(client, root.bucket, root.key), proxy

    yield make
    for proxy in opened:
        proxy.__exit__(None, None, None)


def code_of(call, *arguments):
    with pytest.raises(ClientError) as refused:
        call(*arguments)
    return refused.value.response["Error"]["Code"]


def test_without_faults_it_is_not_noticed(spoilt, root):
    through, proxy = spoilt(no_fault)
    (through / "ä b+c").write_bytes(CONTENT)
    assert (through / "ä b+c").read_bytes() == (root / "ä b+c").read_bytes() == CONTENT
    assert sorted(through.tree()) == ["there", "ä b+c"]
    assert not (through / "none").is_file()
    through.remove_tree()
    assert not root.exists()
    operations = [exchange.operation for exchange in proxy.exchanges]
    assert operations == [
        "PutObject", "GetObject", "ListObjectsV2", "GetObject", "GetObject", "HeadObject", "ListObjectsV2",
        "DeleteObject", "DeleteObject",
    ]
    assert [exchange.number for exchange in proxy.exchanges] == list(range(1, 10))
    assert [exchange.status for exchange in proxy.exchanges] == [200, 200, 200, 200, 200, 404, 200, 204, 204]
    assert proxy.spoilt == []


def test_multipart_uploads_pass(spoilt, root, server):
    through, proxy = spoilt(no_fault)
    client, where = through.client, {"Bucket": root.bucket, "Key": "prefix/big"}
    upload = client.create_multipart_upload(**where)["UploadId"]
    assert root.unfinished() == [("prefix/big", upload)]
    part = client.upload_part(**where, UploadId=upload, PartNumber=1, Body=CONTENT)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    client.complete_multipart_upload(**where, UploadId=upload, MultipartUpload=parts)
    client.copy_object(Bucket=root.bucket, Key="prefix/copy", CopySource={"Bucket": root.bucket, "Key": "prefix/big"})
    client.delete_objects(Bucket=root.bucket, Delete={"Objects": [{"Key": "prefix/big"}]})
    assert root.tree() == {"there": CONTENT, "copy": CONTENT}
    assert [exchange.operation for exchange in proxy.exchanges] == [
        "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "CopyObject", "DeleteObjects",
    ]


@pytest.mark.parametrize(
    "kind, raised",
    [
        ("refused", ENDED),
        ("reset_in_request", ENDED),
        ("reset_in_answer", ENDED),
        ("answer_lost", ENDED),
        ("truncated_answer", ENDED),
        ("stall", ReadTimeoutError),
        ("stall_in_answer", ReadTimeoutError),
    ],
)
def test_broken_connections(spoilt, kind, raised):
    through, proxy = spoilt(at(1, kind), timeout=1)
    with pytest.raises(raised):
        (through / "there").read_bytes()
    assert (through / "there").read_bytes() == CONTENT
    assert [(exchange.fault, exchange.status) for exchange in proxy.exchanges] == [(kind, None), (None, 200)]


@pytest.mark.parametrize("kind", ["refused", "reset_in_request", "stall"])
def test_what_is_broken_before_the_server_has_it_changes_nothing(spoilt, root, kind):
    through, _ = spoilt(at(1, kind), timeout=1)
    with pytest.raises(BotoCoreError):
        (through / "new").write_bytes(CONTENT)
    assert not (root / "new").exists()


@pytest.mark.parametrize("kind", ["answer_lost", "error_after_success"])
def test_what_is_broken_after_the_server_has_it_is_done(spoilt, root, kind):
    through, _ = spoilt(at(1, kind))
    with pytest.raises((BotoCoreError, ClientError)):
        (through / "new").write_bytes(CONTENT)
    assert (root / "new").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "kind, code",
    [
        ("500", "InternalError"),
        ("early_500", "InternalError"),
        ("slow_down", "SlowDown"),
        ("slow_down_retry_after", "SlowDown"),
        ("request_timeout", "RequestTimeout"),
        ("access_denied", "AccessDenied"),
    ],
)
def test_errors(spoilt, root, kind, code):
    through, proxy = spoilt(at(2, kind))
    (through / "first").write_bytes(b"first")
    assert code_of((through / "second").write_bytes, CONTENT) == code
    (through / "third").write_bytes(b"third")
    assert sorted(root.tree()) == ["first", "there", "third"]
    assert [exchange.fault for exchange in proxy.exchanges] == [None, kind, None]


def test_retry_after_is_there_or_not(spoilt):
    for kind, expected in (("slow_down", None), ("slow_down_retry_after", "0")):
        through, _ = spoilt(at(1, kind))
        with pytest.raises(ClientError) as refused:
            (through / "there").read_bytes()
        assert refused.value.response["ResponseMetadata"]["HTTPHeaders"].get("retry-after") == expected


def test_a_client_that_retries_gets_past_one_fault(spoilt):
    through, proxy = spoilt(at(1, "500"), attempts=3)
    assert (through / "there").read_bytes() == CONTENT
    assert [exchange.status for exchange in proxy.exchanges] == [500, 200]


def test_faults_that_stay(spoilt):
    through, proxy = spoilt(at(1, "500", times=3), attempts=3)
    assert code_of((through / "there").read_bytes) == "InternalError"
    assert (through / "there").read_bytes() == CONTENT
    assert [exchange.status for exchange in proxy.exchanges] == [500, 500, 500, 200]


def test_faults_of_one_request(spoilt):
    through, proxy = spoilt(always(2, "500"), attempts=3)
    assert (through / "there").is_file()
    assert code_of((through / "there").read_bytes) == "InternalError"
    assert (through / "there").is_file()
    assert [exchange.fault for exchange in proxy.exchanges] == [None, "500", "500", "500", None]


def test_faults_of_one_request_in_three(spoilt):
    faulty = []
    for offset in range(3):
        through, proxy = spoilt(every(3, offset, "500"), attempts=3)
        for name in "abcdefg":
            (through / name).write_bytes(b"x")
        assert [exchange.status for exchange in proxy.spoilt] == [500] * len(proxy.spoilt)
        faulty += [exchange.target[-1] for exchange in proxy.spoilt]
    assert sorted(faulty) == list("abcdefg")


def test_errors_in_200(spoilt, root):
    through, proxy = spoilt(at(1, "error_in_200"))
    assert code_of(through.tree) in ("InternalError", "500")
    assert proxy.exchanges[0].status == 200
    through, proxy = spoilt(at(1, "delete_errors"))
    wanted = {"Objects": [{"Key": "prefix/there"}, {"Key": "prefix/<&"}]}
    answer = through.client.delete_objects(Bucket=root.bucket, Delete=wanted)
    assert [(error["Key"], error["Code"]) for error in answer["Errors"]] == [
        ("prefix/there", "InternalError"), ("prefix/<&", "InternalError"),
    ]
    assert (root / "there").exists()


def test_where_a_fault_says_nothing_the_request_passes(spoilt):
    for kind in ("error_in_200", "delete_errors", "wrong_checksum", "flipped_byte"):
        through, _ = spoilt(at(1, kind))
        (through / "new").write_bytes(CONTENT)
        assert (through / "new").read_bytes() == CONTENT


def test_only_a_body_can_be_late(spoilt):
    through, proxy = spoilt(at(1, "request_timeout"))
    assert (through / "there").is_file() and [exchange.status for exchange in proxy.exchanges] == [200]


def test_a_flipped_byte(spoilt):
    through, _ = spoilt(at(1, "flipped_byte"))
    with pytest.raises(FlexibleChecksumError):
        (through / "there").read_bytes()
    through, _ = spoilt(at(1, "flipped_byte"))
    got = through.client.get_object(Bucket=through.bucket, Key="prefix/there", Range="bytes=100-")["Body"].read()
    sent = CONTENT[100:]
    different = [index for index, (one, other) in enumerate(zip(got, sent)) if one != other]
    assert len(got) == len(sent) and different == [len(sent) // 2]


def test_a_wrong_checksum(spoilt):
    through, _ = spoilt(at(1, "wrong_checksum"))
    answer = through.client.get_object(Bucket=through.bucket, Key="prefix/there")
    assert answer["ChecksumCRC32C"] == "AAAAAA==" and answer["Body"].read() == CONTENT


def test_a_bucket_that_moves(spoilt, server, root):
    through, proxy = spoilt(at(2, "redirect"))
    (through / "first").write_bytes(b"first")
    (through / "ä b+c").write_bytes(CONTENT)
    assert (through / "ä b+c").read_bytes() == CONTENT
    assert "first" in through.tree()
    regions = [dict(exchange.headers)["Authorization"].split("/")[2] for exchange in proxy.exchanges]
    assert regions[:2] == [server.region] * 2 and faults.ELSEWHERE in regions[2:]
    assert proxy.exchanges[-1].status == 200
    stranger = server.client(endpoint=proxy.endpoint, secret_key="not the key", region=faults.ELSEWHERE)
    assert code_of(S3Path(stranger, root.bucket, "prefix").tree) == "SignatureDoesNotMatch"
    assert S3Path(server.client(endpoint=proxy.endpoint, region=faults.ELSEWHERE), root.bucket, "prefix").tree()


def test_killing_calls_back(loop, server, root):
    for kind, done in (("kill_before", False), ("kill_after", True)):
        killed = []
        with FaultProxy(loop, server, at(1, kind), kill=lambda: killed.append(kind)) as proxy:
            client = server.client(attempts=1, endpoint=proxy.endpoint)
            with pytest.raises(ConnectionClosedError):
                client.put_object(Bucket=root.bucket, Key=f"prefix/{kind}", Body=CONTENT)
        assert killed == [kind] and (root / kind).exists() == done


def test_random_faults_are_the_same_for_a_seed():
    def drawn(seed):
        plan = at_random(0.05, seed, list(faults.PASSING))
        return [plan(None) for _ in range(2000)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 60 < sum(fault is not None for fault in drawn(1)) < 140


@pytest.mark.parametrize(
    "method, target, operation",
    [
        ("PUT", "/bucket/key", "PutObject"),
        ("PUT", "/bucket/key?partNumber=1&uploadId=x", "UploadPart"),
        ("POST", "/bucket/key?uploads=", "CreateMultipartUpload"),
        ("POST", "/bucket/key?uploadId=x", "CompleteMultipartUpload"),
        ("POST", "/bucket?delete", "DeleteObjects"),
        ("DELETE", "/bucket/key?uploadId=x", "AbortMultipartUpload"),
        ("DELETE", "/bucket/key", "DeleteObject"),
        ("GET", "/bucket/key", "GetObject"),
        ("GET", "/bucket/key?uploadId=x", "ListParts"),
        ("GET", "/bucket?uploads", "ListMultipartUploads"),
        ("GET", "/bucket/?list-type=2", "ListObjectsV2"),
        ("HEAD", "/bucket/key", "HeadObject"),
        ("HEAD", "/bucket", "HeadBucket"),
    ],
)
def test_operations_are_told_apart(method, target, operation):
    assert operation_of(method, target, []) == operation
