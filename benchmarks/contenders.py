"""Who takes part, and the command line by which each does a piece of work."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from servers import ACCESS_KEY, REGION, SECRET_KEY, Server

HERE = Path(__file__).resolve().parent
CONNECTIONS = 16  # for every contender that lets one choose
RCLONE = (
    "--config= --transfers 16 --checkers 16 --s3-no-check-bucket --s3-disable-checksum --s3-no-head "
    "--s3-chunk-size 16M --s3-upload-concurrency 8"
).split()


@dataclass
class Tools:
    """Programs by path; None: missing here."""

    build: Path
    python: Path | None
    rclone: str | None
    s5cmd: Path | None
    curl: str | None


@dataclass
class Job:
    """One piece of work for one contender."""

    server: Server
    bucket: str
    key: str
    path: str
    home: Path
    last: str = ""
    environment: dict = field(default_factory=dict)


class Contender:
    """@param inside: what it prints about the work alone counts, not the whole process with its imports."""

    last = ""

    def __init__(self, name, verb, inside=False, slow=False, signs=True, is_ours=False):
        self.name, self.verb = name, verb
        self.inside, self.slow, self.signs, self.is_ours = inside, slow, signs, is_ours

    def is_there(self, tools):
        return True

    def command(self, job, tools):
        raise NotImplementedError

    def environment(self, job):
        return {}


class Limit(Contender):
    def __init__(self, verb, name="limit", last="", inside=False):
        super().__init__(name, verb, signs=False, inside=inside)
        self.last = last

    def command(self, job, tools):
        last = self.last or job.last
        extra = [str(last)] if last else []
        return [tools.build / "limit", self.verb, job.server.port, f"{job.bucket}/{job.key}", job.path, *extra]


class Holdfast(Contender):
    """@param last: how many to list, or to make"""

    OF_CHECKPOINTS = ("save", "save_tar", "load", "multiply", "list_checkpoints", "list_newest")

    def __init__(self, verb, integrity, name=None, inside=False, last=""):
        super().__init__(name or f"holdfast, {integrity}", verb, is_ours=True, inside=inside)
        self.integrity, self.last = integrity, last

    def command(self, job, tools):
        of_checkpoint = self.verb in self.OF_CHECKPOINTS
        url = f"s3://{job.bucket}/{job.key}" if of_checkpoint else f"s3://{job.bucket}"
        key = "1" if of_checkpoint else job.key
        return [tools.build / "holdfast_bench", self.verb, self.integrity, url, key, self.last or job.last or job.path]


class Curl(Contender):
    def __init__(self, verb):
        super().__init__("curl", verb)

    def is_there(self, tools):
        return tools.curl is not None

    def command(self, job, tools):
        url = f"{job.server.endpoint}/{job.bucket}/{job.key}"
        how = {
            "put": ["-T", job.path, url],
            "get": ["-o", job.path, url],
            "list": ["-o", "/dev/null", f"{job.server.endpoint}/{job.bucket}?list-type=2&prefix={job.key}%2F"],
        }[self.verb]
        if job.server.ca_file:
            how = ["--cacert", job.server.ca_file, *how]
        if job.server.name != "stand-in":
            signing = ["--aws-sigv4", f"aws:amz:{REGION}:s3", "--user", f"{ACCESS_KEY}:{SECRET_KEY}"]
            how = [*signing, "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", *how]
        return [tools.curl, "-q", "-sS", "--fail", *how]


class Rclone(Contender):
    def __init__(self, verb):
        super().__init__("rclone", verb)

    def is_there(self, tools):
        return tools.rclone is not None

    def command(self, job, tools):
        there = f"peer:{job.bucket}/{job.key}"
        how = {
            "put": ["copyto", job.path, there],
            "get": ["copyto", there, job.path],
            "put_tree": ["copy", job.path, there],
            "get_tree": ["copy", there, job.path],
            "list": ["lsf", "-R", there],
        }[self.verb]
        return [tools.rclone, *RCLONE, *how]

    def environment(self, job):
        return {
            "RCLONE_CONFIG_PEER_TYPE": "s3",
            "RCLONE_CONFIG_PEER_PROVIDER": "Other",
            "RCLONE_CONFIG_PEER_ENV_AUTH": "true",
            "RCLONE_CONFIG_PEER_ENDPOINT": job.server.endpoint,
            "RCLONE_CONFIG_PEER_REGION": REGION,
            "RCLONE_CONFIG_PEER_FORCE_PATH_STYLE": "true",
        }


class S5cmd(Contender):
    def __init__(self, verb):
        super().__init__("s5cmd", verb)

    def is_there(self, tools):
        return tools.s5cmd is not None

    def command(self, job, tools):
        there = f"s3://{job.bucket}/{job.key}"
        one = ["cp", "--concurrency", "8", "--part-size", "16"]
        how = {
            "get": [*one, there, job.path],
            "put_tree": ["cp", f"{job.path}/", f"{there}/"],
            "get_tree": ["cp", f"{there}/*", f"{job.path}/"],
            "list": ["ls", f"{there}/*"],
        }[self.verb]
        return [tools.s5cmd, "--endpoint-url", job.server.endpoint, "--numworkers", CONNECTIONS, "--log", "error", *how]


class Python(Contender):
    def is_there(self, tools):
        return tools.python is not None


class Boto3(Python):
    def __init__(self, verb, kind="classic", slow=False, inside=True):
        super().__init__("boto3" if kind == "classic" else "AWS CRT", verb, slow=slow, inside=inside)
        self.kind = kind

    def command(self, job, tools):
        script = HERE / "peers" / "boto3_client.py"
        return [tools.python, script, self.kind, self.verb, job.bucket, job.key, job.path]


class Metaflow(Python):
    def __init__(self, verb, slow=False, inside=True):
        super().__init__("metaflow-checkpoint", verb, slow=slow, inside=inside)

    def command(self, job, tools):
        return [tools.python, HERE / "peers" / "metaflow_client.py", self.verb, "1", job.path]

    def environment(self, job):
        return {
            "METAFLOW_DEFAULT_DATASTORE": "s3",
            "METAFLOW_DEFAULT_METADATA": "local",
            "METAFLOW_DATASTORE_SYSROOT_S3": f"s3://{job.bucket}/{job.key}",
            "METAFLOW_S3_ENDPOINT_URL": job.server.endpoint,
            "METAFLOW_USER": "benchmark",
        }


class LocalHoldfast(Contender):
    """@param last: how many to list"""

    def __init__(self, verb, digest, name=None, last="", inside=False):
        super().__init__(name or f"holdfast, {digest}", verb, inside=inside, is_ours=True)
        self.digest, self.last = digest, last

    def command(self, job, tools):
        return [tools.build / "local_bench", self.verb, self.digest, store_of(job), "1", self.last or job.path]


class LocalMetaflow(Metaflow):
    def environment(self, job):
        return {
            "METAFLOW_DEFAULT_DATASTORE": "local",
            "METAFLOW_DEFAULT_METADATA": "local",
            "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(folder_of(job)),
            "METAFLOW_USER": "benchmark",
        }


class Copy(Contender):
    """cp -r, the least that a save or a load of files does."""

    def __init__(self, verb):
        super().__init__("cp -r", verb)

    def command(self, job, tools):
        if self.verb == "copy_back":
            return ["cp", "-r", job.last, job.path]
        return ["cp", "-r", job.path, folder_of(job)]


class GnuTar(Contender):
    """Makes a local archive or extracts from one: no network at all."""

    def __init__(self, verb="extract", name="GNU tar, local"):
        super().__init__(name, verb, signs=False)

    def command(self, job, tools):
        if self.verb == "create":
            return ["tar", "-cf", folder_of(job), "-C", job.path, "."]
        return ["tar", "-xf", job.last, "-C", job.path]


def folder_of(job):
    """Where a save on a local store goes."""
    return job.server.folder / job.bucket / job.key


def store_of(job):
    """The root that Metaflow has below a folder."""
    return folder_of(job) / ".metaflow"


def clean_environment(job):
    """The surroundings without proxies, CA bundles, or anything of AWS's and Metaflow's."""
    unwanted = ("AWS_", "METAFLOW", "RCLONE", "HOLDFAST", "SSL_CERT", "REQUESTS_CA", "CURL_", "MF_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(unwanted) and not name.lower().endswith("_proxy")
    }
    kept.update(
        HOME=str(job.home),
        TMPDIR=str(job.home),
        AWS_ACCESS_KEY_ID=ACCESS_KEY,
        AWS_SECRET_ACCESS_KEY=SECRET_KEY,
        AWS_REGION=REGION,
        AWS_DEFAULT_REGION=REGION,
        AWS_ENDPOINT_URL=job.server.endpoint,
        AWS_EC2_METADATA_DISABLED="true",
        PYTHONDONTWRITEBYTECODE="1",
    )
    if job.server.ca_file:
        kept["AWS_CA_BUNDLE"] = str(job.server.ca_file)
    return kept


def versions(tools):
    """One line for each peer that is there."""
    found = []
    for command in ([tools.curl, "--version"], [tools.rclone, "--version"]):
        if command[0]:
            found.append(" ".join(subprocess.check_output(command, text=True).split()[:2]))
    if tools.s5cmd:
        found.append("s5cmd " + subprocess.check_output([tools.s5cmd, "version"], text=True).strip())
    for name in ("cp", "tar"):
        found.append(subprocess.check_output([name, "--version"], text=True).splitlines()[0])
    if tools.python:
        script = "import boto3, awscrt, metaflow; from importlib.metadata import version as v\n"
        script += "print(*(f'{n} {v(n)}' for n in ('boto3', 'awscrt', 'metaflow', 'metaflow-checkpoint')), sep='\\n')"
        found += subprocess.check_output([tools.python, "-c", script], text=True).split("\n")[:-1]
    return found
