"""Credentials that a real STS, MinIO's, hands out for a role."""

import re
import secrets

import pytest
from minio import MinioAdmin
from minio.credentials import StaticProvider

from conftest import built
from fault_proxy import FaultProxy
from scenario import Bench

CONFIG = """[profile source]
aws_access_key_id = {key}
aws_secret_access_key = {secret}

[default]
role_arn = arn:aws:iam::123456789012:role/any
source_profile = source
duration_seconds = 3600
"""


class User:
    """Somebody who may use every bucket. MinIO's root may not ask its STS."""

    def __init__(self, server):
        self.key, self.secret = f"HF{secrets.token_hex(8).upper()}", secrets.token_urlsafe(24)
        root = StaticProvider(server.access_key, server.secret_key)
        admin = MinioAdmin(endpoint=server.endpoint.removeprefix("http://"), credentials=root, secure=False)
        admin.user_add(access_key=self.key, secret_key=self.secret)
        admin.attach_policy(policies=["readwrite"], user=self.key)

    def environment(self, folder):
        config = folder / "config"
        config.write_text(CONFIG.format(key=self.key, secret=self.secret))
        return {"AWS_CONFIG_FILE": str(config), "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}


@pytest.fixture
def bench(servers, loop, tmp_path):
    return Bench(tmp_path, built("s3_scenario"), servers.get("minio"), loop)


def signers(exchanges):
    """The key ids that signed requests to S3, and whether each brought a session token."""
    found = set()
    for exchange in exchanges:
        headers = {name.lower(): value for name, value in exchange.headers}
        found.add((re.search(r"Credential=([^/]+)/", headers["authorization"])[1], "x-amz-security-token" in headers))
    return found


def test_a_role_s_credentials_sign_every_request(bench):
    user = User(bench.server)
    with bench.scene() as scene, FaultProxy(bench.loop, bench.server) as proxy:
        told = user.environment(scene.scratch) | {
            "AWS_ENDPOINT_URL_S3": proxy.endpoint, "AWS_ENDPOINT_URL_STS": proxy.endpoint,
        }
        assert scene.save(1, big=True, **told).succeeded
        assert scene.restored(**told) == 1
        assert scene.listed_and_whole() == ([1], [])
    asked = [exchange for exchange in proxy.exchanges if exchange.target == "/"]
    stored = [exchange for exchange in proxy.exchanges if exchange.target != "/"]
    assert [exchange.status for exchange in asked] == [200, 200], "one for each process"
    assert signers(asked) == {(user.key, False)}
    assert len(signers(stored)) == 2
    assert all(key != user.key and has_token for key, has_token in signers(stored))


def test_a_user_whom_sts_does_not_know_is_refused(bench):
    user = User(bench.server)
    user.secret = "not the secret"
    with bench.scene() as scene:
        told = user.environment(scene.scratch) | {"AWS_ENDPOINT_URL_STS": bench.server.endpoint}
        outcome = scene.save(1, **told)
        assert not outcome.succeeded and outcome.error["kind"] == "access_denied"
        assert not scene.documents()
