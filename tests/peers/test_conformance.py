"""The conformance suite of storage backends, built for S3, against each server with and without TLS."""

import os
import re
import subprocess

import pytest

from conftest import built
from servers import without_aws


# MinIO lists nothing below a key that is an object, and refuses what is below a folder that it is removing.
LEFT_OUT = {"versitygw": [], "minio": ["an object beside its own prefix*", "puts and removes of neighbours*"]}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("kind", ["versitygw", "minio"])
def test_conformance(servers, tmp_path, kind, scheme):
    server = servers.get(kind, scheme)
    told = {"HOLDFAST_S3_URL": f"s3://{server.new_bucket()}/a prefix/ä", "HOME": str(tmp_path)}
    done = subprocess.run(
        [built("s3_conformance"), "--no-colors=true", f"--subcase-exclude={','.join(LEFT_OUT[kind])}"], cwd=tmp_path, timeout=600, capture_output=True, text=True,
        env=without_aws(os.environ) | server.environment() | told,
    )
    assert done.returncode == 0, f"{kind} over {scheme}:\n{done.stdout[-6000:]}{done.stderr[-2000:]}"
    summary = re.search(r"test cases: +(\d+) \| +(\d+) passed \| +0 failed", done.stdout)
    assert summary and int(summary[2]) == int(summary[1]) >= 3, done.stdout[-1000:]
