"""Our credential chain against botocore's: random mixes of sources, in which both must pick the same key."""

import hashlib
import json
import os
import random
import subprocess
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import botocore.credentials
import botocore.session
import botocore.tokens
import botocore.utils
import pytest

from conftest import built

START_URL = "https://corp.example/start"
PROFILES = ["default", "work", "two words", "third"]


def in_an_hour():
    return (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Services(BaseHTTPRequestHandler):
    """STS, the SSO portal, a container's endpoint and an instance's metadata; `broken` of them refuse."""

    broken = frozenset()
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, text, status=200):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def document(self, key):
        self.reply(json.dumps({
            "Code": "Success", "AccessKeyId": key, "SecretAccessKey": "planted-secret", "Token": "planted-token",
            "Expiration": in_an_hour(),
        }))

    def do_PUT(self):
        if "instance" in self.broken:
            return self.reply("", 404)
        return self.reply("planted-imds" if self.path == "/instance/latest/api/token" else "", 200)

    def do_GET(self):
        path = urlsplit(self.path).path
        if path == "/container":
            right = self.headers.get("Authorization") == "planted-container"
            return self.document("CONTAINER") if right and "container" not in self.broken else self.reply("no", 404)
        if path == "/federation/credentials":
            right = self.headers.get("x-amz-sso_bearer_token") == "planted-sso"
            if not right or "sso" in self.broken:
                return self.reply("{}", 401)
            query = parse_qs(urlsplit(self.path).query)
            return self.reply(json.dumps({"roleCredentials": {
                "accessKeyId": f"SSO-{query['account_id'][0]}-{query['role_name'][0]}",
                "secretAccessKey": "planted-secret", "sessionToken": "planted-token",
                "expiration": int((time.time() + 3600) * 1000),
            }}))
        if self.headers.get("x-aws-ec2-metadata-token") != "planted-imds":
            return self.reply("", 401)
        if path == "/instance/latest/meta-data/iam/security-credentials/":
            return self.reply("web")
        return self.document("INSTANCE") if path.endswith("/web") else self.reply("", 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        action = form.get("Action", "none")
        if "sts" in self.broken:
            return self.reply("<ErrorResponse><Error><Code>AccessDenied</Code><Message>planted</Message></Error>"
                              "</ErrorResponse>", 403)
        line = self.headers.get("Authorization", "Credential=/")
        signer = line.split("Credential=")[1].split("/")[0] or form.get("WebIdentityToken", "nobody")[-3:]
        words = [form["RoleArn"][-1], form.get("ExternalId", ""), form.get("DurationSeconds", ""), signer]
        return self.reply(
            f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>'
            f"<AccessKeyId>{'-'.join(['ROLE', *words])}</AccessKeyId><SecretAccessKey>planted-secret</SecretAccessKey>"
            f"<SessionToken>planted-token</SessionToken><Expiration>{in_an_hour()}</Expiration></Credentials>"
            f"</{action}Result></{action}Response>")


@pytest.fixture(scope="session")
def services():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Services)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Place:
    """A home directory and the variables of one random mix of sources."""

    def __init__(self, home, url, seed):
        self.random = random.Random(seed)
        self.home = home
        self.variables = {
            "HOME": str(home), "PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        for service in ("STS", "SSO", "SSO_OIDC"):
            self.variables[f"AWS_ENDPOINT_URL_{service}"] = url
        self.write_config()
        self.write_credentials()
        self.write_token()
        self.set_variables(url)
        chosen = [None, None, *PROFILES] + (["missing"] if self.sometimes(0.1) else [])
        self.profile = self.random.choice(chosen) if self.sometimes(0.4) else None
        if seed % 5 == 0:
            self.prefer_roles()

    def sometimes(self, chance=0.5):
        return self.random.random() < chance

    def write(self, path, text):
        target = self.home / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    def keys(self, name):
        lines = [f"aws_access_key_id = {name}"]
        if self.sometimes(0.95):
            lines.append("AWS_Secret_Access_Key=planted-secret")
        if self.sometimes(0.3):
            lines.append("aws_session_token : planted-token")
        return lines

    def role(self):
        lines = [f"role_arn = arn:aws:iam::123456789012:role/{self.random.choice('abc')}"]
        kind = self.random.choice(["profile"] * 5 + ["source"] * 4 + ["both", "neither"])
        if kind in ("profile", "both"):
            lines.append(f"source_profile = {self.random.choice(PROFILES)}")
        if kind in ("source", "both"):
            sources = ["Environment", "Ec2InstanceMetadata", "EcsContainer", "Nowhere"]
            lines.append(f"credential_source = {self.random.choice(sources)}")
        if self.sometimes(0.3):
            lines.append("external_id = x9")
        if self.sometimes(0.3):
            lines.append(f"duration_seconds = {self.random.choice(['900', 'an hour'])}")
        return lines

    def process(self, name):
        document = {"Version": 1 if self.sometimes(0.9) else 2, "AccessKeyId": f"PROCESS-{name[:3]}",
                    "SecretAccessKey": "planted-secret"}
        if self.sometimes():
            document.update(SessionToken="planted-token", Expiration=in_an_hour())
        path = self.write(f"printed by {name}", json.dumps(document))
        return [f'credential_process = cat "{path}"']

    def sso(self):
        lines = ["sso_account_id = 123", "sso_role_name = reader"]
        if self.sometimes():
            lines.append("sso_session = corp")
        else:
            lines += [f"sso_start_url = {START_URL}", "sso_region = eu-west-1"]
        return lines[self.random.choice([0, 0, 0, 0, 1]):]

    def section(self, name):
        blocks = [["region = eu-west-1", "# a comment = x", "s3 =", "    addressing_style = path"]]
        if self.sometimes():
            blocks.append(self.keys(f"CONFIG-{name[:3]}"))
        if self.sometimes(0.5):
            blocks.append(self.role())
        if self.sometimes(0.3):
            blocks.append(self.process(name))
        if self.sometimes(0.3):
            blocks.append(self.sso())
        if self.sometimes(0.15):
            token = self.write(f"token of {name}", "planted." + name[:3])
            blocks.append([f"web_identity_token_file = {token}", "role_session_name = me"])
        self.random.shuffle(blocks)
        return "\n\n".join("\n".join(block) for block in blocks)

    def write_config(self):
        titles = {"default": "default", "two words": self.random.choice(['profile "two words"', "profile 'two words'"])}
        sections = [
            f"[{titles.get(name, 'profile ' + name)}]\n{self.section(name)}\n" for name in PROFILES if self.sometimes(0.8)
        ]
        sections.append(f"[sso-session corp]\nsso_start_url = {START_URL}\nsso_region = eu-west-1\n")
        self.random.shuffle(sections)
        if self.sometimes(0.03):
            sections.append("[broken\nplanted\n")
        self.write(".aws/config", "; head\n" + "\n".join(sections))

    def write_credentials(self):
        sections = ["[" + name + "]\n" + "\n".join(self.keys("FILE-" + name[:3])) + "\n"
                    for name in PROFILES if self.sometimes(0.25)]
        if sections or self.sometimes():
            self.write(".aws/credentials", "\n".join(sections))

    def write_token(self):
        end = datetime.now(timezone.utc) + timedelta(hours=self.random.choice([8, 8, 8, -1]))
        token = {"startUrl": START_URL, "region": "eu-west-1", "accessToken": "planted-sso",
                 "expiresAt": end.strftime("%Y-%m-%dT%H:%M:%SZ")}
        for name in ("corp", START_URL):
            if self.sometimes(0.9):
                self.write(f".aws/sso/cache/{hashlib.sha1(name.encode()).hexdigest()}.json", json.dumps(token))

    def set_variables(self, url):
        if self.sometimes(0.3):
            self.variables["AWS_ACCESS_KEY_ID"] = self.random.choice(["ENVIRONMENT", "ENVIRONMENT", ""])
        if self.sometimes(0.3):
            self.variables["AWS_SECRET_ACCESS_KEY"] = "planted-secret"
        if "AWS_ACCESS_KEY_ID" in self.variables and self.sometimes(0.9):
            self.variables["AWS_SECRET_ACCESS_KEY"] = "planted-secret"
        if self.sometimes(0.3):
            self.variables[self.random.choice(["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])] = self.random.choice(PROFILES)
        if self.sometimes(0.15):
            self.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(self.write("pod token", "planted.pod"))
            if self.sometimes(0.9):
                self.variables["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/p"
        if self.sometimes(0.4):
            self.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url + "/container"
            self.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "planted-other"
            self.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(self.write("authorization", "planted-container"))
        if self.sometimes(0.6):
            self.variables["AWS_EC2_METADATA_DISABLED"] = "false"
            self.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = url + "/instance"

    def prefer_roles(self):
        """A role of a named source and one on top of it, which mixes by chance alone would seldom have."""
        source = self.random.choice(["Environment", "EcsContainer", "Ec2InstanceMetadata"])
        self.write(".aws/config", f"""
[profile work]
role_arn = arn:aws:iam::123456789012:role/w
credential_source = {source}
[profile third]
source_profile = work
role_arn = arn:aws:iam::123456789012:role/t
""")
        self.write(".aws/credentials", "")
        self.profile = self.random.choice(["work", "third"])
        self.variables.update(AWS_ACCESS_KEY_ID="ENVIRONMENT", AWS_SECRET_ACCESS_KEY="planted-secret")


def botocore_outcome(place, monkeypatch):
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name, value in place.variables.items():
        monkeypatch.setenv(name, value)
    cache = str(place.home / ".aws" / "sso" / "cache")
    monkeypatch.setattr(botocore.credentials.SSOProvider, "_SSO_TOKEN_CACHE_DIR", cache)
    monkeypatch.setattr(botocore.tokens.SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", cache)
    monkeypatch.setattr(botocore.utils.ContainerMetadataFetcher, "SLEEP_TIME", 0)
    try:
        credentials = botocore.session.Session(profile=place.profile).get_credentials()
        return "key " + credentials.get_frozen_credentials().access_key if credentials else "none"
    except Exception as failure:  # botocore raises what it likes, ValueError and KeyError included
        return f"error ({failure!r})"


def our_outcome(tool, place):
    words = [str(tool)] + ([place.profile] if place.profile else [])
    done = subprocess.run(words, capture_output=True, env=place.variables, text=True, check=True, timeout=60)
    assert "planted" not in done.stdout + done.stderr
    return done.stdout.strip(), done.stderr


@pytest.fixture(scope="session")
def credentials_tool():
    return built("credentials_tool")


@pytest.fixture(scope="module")
def outcomes():
    return {}


SEEDS = range(200)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_credentials_as_botocore(seed, credentials_tool, services, tmp_path, monkeypatch, outcomes):
    place = Place(tmp_path, services, seed)
    chance = random.Random(f"broken {seed}")
    broken = {name for name in ("sts", "sso", "container", "instance") if chance.random() < 0.1}
    monkeypatch.setattr(Services, "broken", frozenset(broken))
    found, message = our_outcome(credentials_tool, place)
    expected = botocore_outcome(place, monkeypatch)
    context = f"{expected}\n{message}\n{place.profile} {place.variables}\n{(tmp_path / '.aws/config').read_text()}"
    assert found.split()[0] == expected.split()[0], context
    assert found == expected or found.startswith("error"), context
    outcomes[seed] = found.replace(" ", "-").split("-")


def test_every_kind_of_outcome_was_among_them(outcomes):
    """A generator that stopped making one would test nothing."""
    if len(outcomes) < len(SEEDS):
        pytest.skip("not all mixes were run")
    kinds = {tuple(words[:2]) for words in outcomes.values()}
    kinds |= {("signer", words[5]) for words in outcomes.values() if words[1:2] == ["ROLE"]}
    assert {("key", name) for name in ("ENVIRONMENT", "ROLE", "SSO", "FILE", "PROCESS", "CONFIG", "CONTAINER",
                                       "INSTANCE")} <= kinds
    assert {("signer", name) for name in ("ENVIRONMENT", "ROLE", "FILE", "PROCESS", "CONFIG", "CONTAINER", "INSTANCE",
                                          "pod", "SSO")} <= kinds
    assert {("none",), ("error", "not_configured"), ("error", "access_denied")} <= kinds
