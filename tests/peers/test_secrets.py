"""Secrets that are planted everywhere turn up in no output, no URL, no file and no stored byte."""

import base64
import json
import os
import secrets
import subprocess
import urllib.parse

import pytest

from conftest import built
from fault_proxy import FaultProxy, no_fault
from s3_path import S3Path
from servers import free_port, without_aws

COMMANDS = {
    "s3_scenario": {
        "save": ("save", "state", "files", 1),
        "tar": ("save", "state", "tar", 2),
        "list": ("list",),
        "restore": ("restore", "restored"),
        "load": ("load", "mf.checkpoints/checkpoints/artifacts/A/b/0123456789ab/0123456789ab/01234567.0.x.0", "loaded"),
    },
    "holdfast": {
        "save": ("save", "state", "--metadata", '{"number": 3}'),
        "list": ("--json", "list"),
        "search": ("search",),
        "restore": ("restore", "restored by the tool"),
        "verify": ("--json", "verify"),
    },
}
TASK = ("--task", "Faults/1/train/1", "--namespace", "user:alice")


def spellings(secret):
    """In plain, in a URL, in base64 at any offset."""
    whole = base64.b64encode(secret.encode()).decode()
    shifted = [base64.b64encode(b"x" * shift + secret.encode()).decode()[4:-4] for shift in (1, 2)]
    return {secret, urllib.parse.quote(secret, safe=""), whole.rstrip("="), *shifted}


class Planted:
    """A user with secrets, at a server with TLS and one without, and everything that was seen of what he did."""

    def __init__(self, folder, servers, loop):
        self.folder, self.loop = folder, loop
        self.plain, self.tls = servers.get("versitygw"), servers.get("versitygw", "https")
        self.bucket = self.plain.new_bucket()
        self.token = "token/" + secrets.token_urlsafe(24)
        self.proxy_password = "proxy+" + secrets.token_urlsafe(18)
        self.wrong_key = "wrong+" + secrets.token_urlsafe(24)
        self.kms_key = "kms/" + secrets.token_hex(12)
        self.known = [self.plain.secret_key, self.tls.secret_key, self.token, self.proxy_password, self.wrong_key]
        self.output, self.urls, self.signatures, self.proxy_credentials = [], [], set(), set()
        (folder / "state" / "nested").mkdir(parents=True)
        (folder / "state" / "nested" / "weights").write_bytes(b"weights" * 1000)
        self.home = folder / "home"
        self.home.mkdir()

    def variables(self, server, **changed):
        told = server.environment() | {"HOLDFAST_S3_URL": f"s3://{self.bucket}/mf", "HOME": str(self.home)}
        return without_aws(os.environ) | told | changed

    def run_all(self, expected, server=None, options=(), store=None, **changed):
        """Every command of both programs; asserts how they end."""
        environment = self.variables(server or self.plain, **changed)
        where = ("--store", store or environment["HOLDFAST_S3_URL"], *TASK)
        if store:
            environment["HOLDFAST_S3_URL"] = store
        for program, commands in COMMANDS.items():
            before = where if program == "holdfast" else options
            for name, command in commands.items():
                done = subprocess.run(
                    [built(program), *map(str, before), *map(str, command)], cwd=self.folder, env=environment,
                    capture_output=True, timeout=60,
                )
                text = (done.stdout + done.stderr).decode()
                self.output.append(text)
                is_there = name != "load"
                assert (done.returncode == 0) == (expected is None and is_there), f"{program} {command}: {text}"
                if expected is not None:
                    assert expected in text, f"{program} {command}: {text}"

    def through(self, plan=no_fault):
        return FaultProxy(self.loop, self.plain, plan)

    def note(self, proxy):
        for exchange in proxy.exchanges:
            headers = {name.lower(): value for name, value in exchange.headers}
            self.urls.append(exchange.target)
            self.signatures.add(headers.get("authorization", "").rpartition("Signature=")[2])
            self.proxy_credentials.add(headers.get("proxy-authorization"))
            assert self.plain.secret_key not in str(exchange.headers) + str(exchange.body)

    def stored(self):
        """All bytes below the servers' folders and what the user's programs left, extended attributes too."""
        for folder in (self.plain.folder / "data", self.folder):
            for path in folder.rglob("*"):
                yield path, str(path).encode()
                if path.is_file():
                    yield path, path.read_bytes()
                for attribute in os.listxattr(path) if hasattr(os, "listxattr") else ():
                    yield path, os.getxattr(path, attribute)


@pytest.fixture
def planted(tmp_path, servers, loop):
    return Planted(tmp_path, servers, loop)


def assert_nowhere(planted, *more):
    wanted = [spelling for secret in (*planted.known, *more) for spelling in spellings(secret)]
    wanted += [signature for signature in planted.signatures if signature]
    assert planted.output
    for text in [*planted.output, *planted.urls]:
        for spelling in wanted:
            assert spelling not in text
    for path, content in planted.stored():
        for spelling in wanted:
            assert spelling.encode() not in content, path


def test_what_succeeds(planted):
    with planted.through() as proxy:
        planted.run_all(None, AWS_ENDPOINT_URL_S3=proxy.endpoint)
    planted.note(proxy)
    assert len(planted.urls) > 30 and len(planted.signatures) > 30
    assert S3Path(planted.plain.client(), planted.bucket, "mf").keys()
    assert_nowhere(planted)


def test_keys_from_a_file(planted):
    keys = f"[default]\naws_access_key_id={planted.plain.access_key}\naws_secret_access_key={planted.plain.secret_key}\n"
    where = planted.home.parent.parent / f"keys-{secrets.token_hex(4)}"
    where.write_text(keys)
    try:
        planted.run_all(
            None, AWS_SHARED_CREDENTIALS_FILE=str(where), AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY=""
        )
    finally:
        where.unlink()
    assert_nowhere(planted)


def test_a_session_token(planted):
    """Whatever the server makes of it, it is sent as a header."""
    with planted.through(lambda _: "verbose_refusal") as proxy:
        planted.run_all("access_denied", AWS_ENDPOINT_URL_S3=proxy.endpoint, AWS_SESSION_TOKEN=planted.token)
    planted.note(proxy)
    assert any(("x-amz-security-token", planted.token) == (name.lower(), value)
               for exchange in proxy.exchanges for name, value in exchange.headers)
    assert_nowhere(planted)


def test_a_wrong_secret_key(planted):
    with planted.through() as proxy:
        planted.run_all("access_denied", AWS_ENDPOINT_URL_S3=proxy.endpoint, AWS_SECRET_ACCESS_KEY=planted.wrong_key)
    planted.note(proxy)
    assert_nowhere(planted)


def test_a_bucket_that_is_not_there(planted):
    planted.run_all("not_configured", store="s3://no-such-bucket/mf")
    assert_nowhere(planted)


def test_a_server_that_is_not_there(planted):
    planted.run_all("unavailable", AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{free_port()}", AWS_MAX_ATTEMPTS="2")
    assert_nowhere(planted)


def test_a_server_that_is_not_trusted(planted):
    planted.run_all("untrusted", server=planted.tls, AWS_CA_BUNDLE="/etc/ssl/certs/ca-certificates.crt")
    assert_nowhere(planted)


def test_a_proxy_with_a_password(planted):
    """An HTTP proxy gets the password, the server and the user do not."""
    user = urllib.parse.quote(planted.proxy_password, safe="")
    with planted.through() as proxy:
        address = proxy.endpoint.replace("http://", f"http://someone:{user}@")
        planted.run_all(None, HTTP_PROXY=address, http_proxy=address, NO_PROXY="", no_proxy="")
    planted.note(proxy)
    basic = base64.b64encode(f"someone:{planted.proxy_password}".encode()).decode()
    assert planted.proxy_credentials == {f"Basic {basic}"}
    assert_nowhere(planted, basic)


def test_a_proxy_that_is_not_there(planted):
    user = urllib.parse.quote(planted.proxy_password, safe="")
    address = f"http://someone:{user}@127.0.0.1:{free_port()}"
    planted.run_all("unavailable", HTTP_PROXY=address, http_proxy=address, NO_PROXY="", no_proxy="", AWS_MAX_ATTEMPTS="2")
    assert_nowhere(planted, base64.b64encode(f"someone:{planted.proxy_password}".encode()).decode())


def test_an_endpoint_with_a_password(planted):
    """It is refused or passed over, and not shown."""
    endpoint = planted.plain.endpoint.replace("http://", f"http://someone:{planted.proxy_password}@")
    for program, commands in COMMANDS.items():
        environment = planted.variables(planted.plain, AWS_ENDPOINT_URL_S3=endpoint)
        where = ("--store", environment["HOLDFAST_S3_URL"], *TASK) if program == "holdfast" else ()
        done = subprocess.run([built(program), *where, *commands["list"]], cwd=planted.folder, env=environment,
                              capture_output=True, timeout=60)
        planted.output.append((done.stdout + done.stderr).decode())
    assert_nowhere(planted)


def test_the_key_of_an_encryption(planted):
    """Its name goes into a header of what is written; a URL and a document would show it to readers."""
    with planted.through() as proxy:
        environment = planted.variables(planted.plain, AWS_ENDPOINT_URL_S3=proxy.endpoint)
        for command in COMMANDS["s3_scenario"].values():
            done = subprocess.run(
                [built("s3_scenario"), "--kms-key", planted.kms_key, *map(str, command)], cwd=planted.folder,
                env=environment, capture_output=True, timeout=60,
            )
            planted.output.append((done.stdout + done.stderr).decode())
    planted.note(proxy)
    puts = [exchange for exchange in proxy.exchanges if exchange.operation == "PutObject"]
    sent = {name.lower(): value for name, value in puts[0].headers}
    assert sent["x-amz-server-side-encryption-aws-kms-key-id"] == planted.kms_key
    assert_nowhere(planted, planted.kms_key)


def test_this_test_finds_what_is_planted(planted):
    """Each place that is searched, with a secret in it."""
    planted.output.append("fine")
    assert_nowhere(planted)
    bucket = S3Path(planted.plain.client(), planted.bucket)
    shown = urllib.parse.quote(planted.plain.secret_key, safe="")
    for plant, take_away in (
        (lambda: planted.output.append(f"key {planted.token}"), planted.output.pop),
        (lambda: planted.urls.append(f"/x?key={shown}"), planted.urls.pop),
        (lambda: (bucket / "x").write_text(f"-{planted.wrong_key}-"), (bucket / "x").unlink),
        (lambda: (bucket / "y").write_bytes(base64.b64encode(b"ab" + planted.token.encode())), (bucket / "y").unlink),
        (lambda: planted.plain.client().put_object(
            Bucket=planted.bucket, Key="z", Metadata={"x": planted.proxy_password}), (bucket / "z").unlink),
        (lambda: (planted.home / "log").write_text(json.dumps(planted.token)), (planted.home / "log").unlink),
    ):
        plant()
        with pytest.raises(AssertionError):
            assert_nowhere(planted)
        take_away()
        assert_nowhere(planted)
