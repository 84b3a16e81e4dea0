"""The servers that the contenders work against."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ACCESS_KEY, SECRET_KEY, REGION = "benchmark", "benchmark-secret", "us-east-1"


@dataclass
class Counts:
    requests: int | None = None
    connections: int | None = None
    kinds: dict | None = None


class Server:
    name = ""
    endpoint = ""
    port = 0
    ca_file = None
    process = None

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()

    def make_buckets(self, names):
        pass

    def set_delay(self, seconds):
        pass

    def take_counts(self):
        return Counts()

    def clear(self):
        """Forgets every object."""


class StandIn(Server):
    """The memory-speed server of this folder, on plain HTTP or TLS."""

    name = "stand-in"

    def __init__(self, binary, folder, tls=False):
        command = [str(binary)]
        if tls:
            self.ca_file = Path(folder) / "certificate.pem"
            key = Path(folder) / "key.pem"
            make_certificate(self.ca_file, key)
            command += ["--certificate", str(self.ca_file), "--key", str(key)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.endpoint = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"

    def control(self, path, method="GET"):
        context = None
        if self.ca_file is not None:
            import ssl

            context = ssl.create_default_context(cafile=str(self.ca_file))
        message = urllib.request.Request(f"{self.endpoint}/_stand_in/{path}", method=method)
        with urllib.request.urlopen(message, context=context) as answer:
            return answer.read()

    def take_counts(self):
        return Counts(**json.loads(self.control("counts", "POST")))

    def stored(self, prefix):
        found = json.loads(self.control(f"stored?prefix={prefix}"))
        return found["objects"], found["bytes"]

    def set_delay(self, seconds):
        self.control(f"delay?us={int(seconds * 1e6)}", "POST")

    def clear(self):
        self.control("clear", "POST")

    def pattern(self):
        """The mebibyte that stands for every body that was discarded."""
        return self.control("pattern")


class VersityGateway(Server):
    """A strict server that stores what it is sent below a folder."""

    name = "versitygw"

    def __init__(self, binary, folder):
        self.folder = Path(folder) / "versitygw"
        self.folder.mkdir(parents=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        command = [str(binary), "--port", f"127.0.0.1:{self.port}", "--region", REGION, "--quiet", "--keep-alive"]
        command += ["posix", str(self.folder)]
        surroundings = {**os.environ, "ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY}
        self.process = subprocess.Popen(
            command, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for_port(self.port)

    def make_buckets(self, names):
        for name in names:
            (self.folder / name).mkdir(exist_ok=True)

    def stored(self, prefix):
        return content_of(self.folder / prefix)

    def clear(self):
        for bucket in self.folder.iterdir():
            for entry in bucket.iterdir():
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


class LocalStore(Server):
    """Folders, one store each; no server at all."""

    name = "local"

    def __init__(self, folder):
        self.folder = Path(folder) / "stores"

    def make_buckets(self, names):
        for name in names:
            (self.folder / name).mkdir(parents=True)

    def stored(self, prefix):
        return content_of(self.folder / prefix)


def content_of(path):
    """The number of files at or below a path, and their bytes."""
    path = Path(path)
    if path.is_file():
        return 1, path.stat().st_size
    sizes = [os.stat(os.path.join(parent, name)).st_size for parent, _, names in os.walk(path) for name in names]
    return len(sizes), sum(sizes)


def use_cubic():
    """BBR paces even the loopback; cubic does not. Returns what is in use, and how to undo the change."""
    knob = Path("/proc/sys/net/ipv4/tcp_congestion_control")
    before = knob.read_text().strip() if knob.exists() else "unknown"
    try:
        knob.write_text("cubic")
        return "cubic (set for the run)", lambda: knob.write_text(before)
    except OSError:
        return f"{before} (could not be changed)", lambda: None


def wait_for_port(port):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not start")


def make_certificate(certificate, key):
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    subprocess.run(
        [*command.split(), *names, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True
    )
