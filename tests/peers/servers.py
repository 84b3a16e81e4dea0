"""S3 servers on this machine: versitygw and MinIO, with plain HTTP and TLS; each test session has its own."""

import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import boto3
import pytest
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError

from certificates import make_certificates

REGION = "us-east-1"
READY_WITHIN = 60
STOPPED_WITHIN = 20


def cannot_run(reason):
    """In CI a peer that is missing is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip("CANNOT RUN: " + reason)


def program(name):
    build = os.environ.get("HOLDFAST_BUILD")
    if not build:
        pytest.fail("set HOLDFAST_BUILD to the folder that holds the built programs", pytrace=False)
    found = Path(build).resolve() / "peers" / "bin" / name
    if not os.access(found, os.X_OK):
        cannot_run(f"{found} is missing: run tests/support/peers.sh")
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def random_key(prefix=""):
    return prefix + secrets.token_hex(10).upper()


def without_aws(environment):
    """The surroundings without anything of AWS's and without proxies."""
    unwanted = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith("AWS_") and name.lower() not in unwanted
    }


class Server:
    """A server process with one root user, whose key lives as long as it."""

    def __init__(self, folder, tls, region=REGION):
        self.folder = folder
        self.access_key, self.secret_key = random_key("HF"), secrets.token_urlsafe(30)
        self.region = region
        self.certificates = make_certificates(folder / "certificates") if tls else None
        (folder / "data").mkdir(parents=True)
        self.log = folder / "log"
        self.buckets = 0
        self.process = None
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    @property
    def endpoint(self):
        return f"{'https' if self.certificates else 'http'}://127.0.0.1:{self.port}"

    @property
    def ca(self):
        return str(self.certificates.ca) if self.certificates else None

    def start(self):
        for _ in range(3):
            self.port = free_port()
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    self.command(), env=without_aws(os.environ) | self.variables(), stdin=subprocess.DEVNULL,
                    stdout=log, stderr=log, preexec_fn=die_with_parent,
                )
            if self.is_ready():
                return
            self.stop_process()
        raise RuntimeError(f"{self.command()} does not answer:\n{self.log.read_text()[-2000:]}")

    def is_ready(self):
        """Whether it lists its buckets; it ended where another process was faster with the port."""
        client, deadline = self.client(attempts=1, timeout=5), time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                client.list_buckets()
                return True
            except (BotoCoreError, ClientError):
                time.sleep(0.05)
        return False

    def client(self, attempts=3, timeout=60, endpoint=None, access_key=None, secret_key=None, region=None):
        return boto3.session.Session(
            aws_access_key_id=access_key or self.access_key,
            aws_secret_access_key=secret_key or self.secret_key,
            region_name=region or self.region,
        ).client(
            "s3",
            endpoint_url=endpoint or self.endpoint,
            verify=self.ca,
            config=Config(
                s3={"addressing_style": "path"},
                # versitygw 1.8 loses its place on a connection that it keeps after a body with trailers
                request_checksum_calculation="when_required",
                retries={"total_max_attempts": attempts, "mode": "standard"},
                connect_timeout=timeout,
                read_timeout=timeout,
                proxies={},
            ),
        )

    def new_bucket(self):
        self.buckets += 1
        name = f"holdfast-{self.buckets}-{secrets.token_hex(4)}"
        self.client().create_bucket(Bucket=name)
        return name

    def environment(self):
        """What tells every AWS client where this server is, and who asks."""
        told = {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        return told | ({"AWS_CA_BUNDLE": self.ca} if self.ca else {})

    def stop_process(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOPPED_WITHIN)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def stop(self):
        self.stop_process()
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Versitygw(Server):
    """It verifies signatures, payload hashes and checksums, and knows AWS's errors."""

    name = "versitygw"

    def command(self):
        certificates = self.certificates
        tls = ["--cert", certificates.certificate, "--key", certificates.key] if certificates else []
        listen = ["--port", f"127.0.0.1:{self.port}", "--region", self.region]
        (self.folder / "users").mkdir(exist_ok=True)
        users = ["--iam-dir", self.folder / "users"]  # without, an unknown key id has an error of its own
        return [program("versitygw"), "--quiet", "--keep-alive", *users, *listen, *tls, "posix", *self.sidecar(),
                self.folder / "data"]

    def sidecar(self):
        """For its metadata, where the file system has no extended attributes."""
        try:
            os.setxattr(self.folder / "data", "user.holdfast", b"")
            return []
        except OSError:
            (self.folder / "sidecar").mkdir(exist_ok=True)
            return ["--sidecar", self.folder / "sidecar"]

    def variables(self):
        return {"ROOT_ACCESS_KEY": self.access_key, "ROOT_SECRET_KEY": self.secret_key}


class Minio(Server):
    name = "minio"

    def command(self):
        empty = self.folder / "no-certificates"
        empty.mkdir(exist_ok=True)
        folder = self.certificates.certificate.parent if self.certificates else empty
        return [program("minio"), "server", "--quiet", "--address", f"127.0.0.1:{self.port}", "--certs-dir", folder,
                self.folder / "data"]

    def variables(self):
        return {
            "HOME": str(self.folder),
            "MINIO_ROOT_USER": self.access_key,
            "MINIO_ROOT_PASSWORD": self.secret_key,
            "MINIO_SITE_REGION": self.region,
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
        }


SERVERS = {kind.name: kind for kind in (Versitygw, Minio)}


class Servers:
    """Starts each kind when it is first asked for."""

    def __init__(self, folder):
        self.folder = folder
        self.running = {}

    def get(self, kind, scheme="http"):
        name = f"{kind}-{scheme}"
        if name not in self.running:
            self.running[name] = SERVERS[kind](self.folder / name, tls=scheme == "https")
        return self.running[name]

    def stop(self):
        for server in self.running.values():
            server.stop()


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    started = Servers(tmp_path_factory.mktemp("servers"))
    yield started
    started.stop()
