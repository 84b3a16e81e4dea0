#!/usr/bin/env python3
"""Writes aws_suite.json and botocore.json, the vectors of ../sigv4_vectors.cpp. Run by hand; README.md names the origins.

Usage: make.py AWS_C_AUTH_CHECKOUT   (with botocore installed)
"""
import datetime
import hashlib
import json
import sys
from pathlib import Path
from urllib.parse import quote

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

HERE = Path(__file__).parent
EMPTY = hashlib.sha256(b"").hexdigest()


def write(name, vectors):
    text = json.dumps(vectors, indent=1, ensure_ascii=True)
    (HERE / name).write_text(text + "\n")


def epoch(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


# ---- aws-c-auth's signing suite


def parse_request(text):
    """Method, target, header fields (folded lines unfolded) and body of one request.txt."""
    head, _, body = text.partition("\n\n")
    first, *lines = head.rstrip("\n").split("\n")
    method, target = first.removesuffix(" HTTP/1.1").split(" ", 1)
    fields = []
    for line in lines:
        if line[0] in " \t":
            fields[-1][1] += " " + line
        else:
            fields.append(line.split(":", 1))
    return method, target, fields, body


def suite_case(folder):
    context = json.loads((folder / "context.json").read_text())
    method, target, fields, body = parse_request((folder / "request.txt").read_text())
    if not context["normalize"]:  # the suite writes targets as people do; what is sent is encoded
        target = quote(target, safe="/?=&%-._~")
    digest = hashlib.sha256(body.encode()).hexdigest()
    signed_header = [["x-amz-content-sha256", digest]] if context["sign_body"] else []
    credentials = context["credentials"]

    def artefacts(form):
        names = ("canonical-request", "string-to-sign", "signature")
        return {n.replace("-", "_"): (folder / f"{form}-{n}.txt").read_text() for n in names}

    return {
        "name": folder.name,
        "service": context["service"],
        "region": context["region"],
        "path_rule": "normalised" if context["normalize"] else "as_sent",
        "access_key_id": credentials["access_key_id"],
        "secret_access_key": credentials["secret_access_key"],
        "session_token": "" if context.get("omit_session_token") else credentials.get("token", ""),
        "time": epoch(context["timestamp"]),
        "lifetime": context["expiration_in_seconds"],
        "url": "https://" + next(v for n, v in fields if n.lower() == "host"),
        "method": method,
        "target": target,
        "headers": [f for f in fields if f[0].lower() != "host"] + signed_header,
        "header_payload": digest,
        "query_payload": digest,
        "header": artefacts("header"),
        "query": artefacts("query"),
    }


# ---- botocore

MOMENT = datetime.datetime(2026, 11, 25, 23, 59, 58)
BINARY = "application/octet-stream"
KEYS = {
    "plain": "/bucket/a/b.bin",
    "spaces": "/bucket/" + quote(" a  b /c "),
    "plus": "/bucket/" + quote("a+b"),
    "percent": "/bucket/" + quote("100%/%41/%zz"),
    "slashes": "/bucket//a//b///",
    "dots": "/bucket/a/../b/./c",
    "non-ascii": "/bucket/" + quote("käse/ሴ/🙂/\u00a0"),
    "1024 bytes": "/bucket/" + quote("é %+/" * 170 + "abcd"),
    "every other byte": "/bucket/" + quote("!\"#$&'()*,:;<=>?@[\\]^`{|}\t\x01\x7f", safe="/"),
    "trailing dot": "/bucket/a.",
}
QUERIES = {
    "list": "?list-type=2&prefix=" + quote("a b+/ä", safe="") + "&max-keys=1000&delimiter=%2F",
    "uploads": "?uploads",
    "delete": "?delete=",
    "part": "?partNumber=10&uploadId=" + quote("a/b+c==", safe=""),
}


def botocore_signed(signer, url, method, fields, payload):
    request = AWSRequest(method=method, url=url)
    for name, value in fields:
        request.headers.add_header(name, value)
    # S3SigV4Auth hashes the body unless a digest is set; the vectors give the digest, not the body.
    signer.payload = lambda _: payload
    record = {}
    original = signer.string_to_sign, signer.signature

    def string_to_sign(request, canonical):
        record["canonical_request"] = canonical
        record["string_to_sign"] = original[0](request, canonical)
        return record["string_to_sign"]

    def signature(text, request):
        record["signature"] = original[1](text, request)
        return record["signature"]

    signer.string_to_sign, signer.signature = string_to_sign, signature
    signer.add_auth(request)
    return record


def botocore_case(name, target, *, method="GET", fields=(), payload=EMPTY, token="", service="s3", host=None):
    url = host or "https://s3.eu-central-1.amazonaws.com"
    keys = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token or None)
    header_type, query_type = (
        (botocore.auth.S3SigV4Auth, botocore.auth.S3SigV4QueryAuth)
        if service == "s3"
        else (botocore.auth.SigV4Auth, botocore.auth.SigV4QueryAuth)
    )
    query_payload = "UNSIGNED-PAYLOAD" if service == "s3" else payload
    return {
        "name": name,
        "service": service,
        "region": "eu-central-1",
        "path_rule": "as_sent" if service == "s3" else "normalised",
        "access_key_id": keys.access_key,
        "secret_access_key": keys.secret_key,
        "session_token": token,
        "time": int(MOMENT.replace(tzinfo=datetime.timezone.utc).timestamp()),
        "lifetime": 3600,
        "url": url,
        "method": method,
        "target": target,
        "headers": [list(f) for f in fields],
        "header_payload": payload,
        "query_payload": query_payload,
        "header": botocore_signed(
            header_type(keys, service, "eu-central-1"), url + target, method, fields, payload
        ),
        "query": botocore_signed(
            query_type(keys, service, "eu-central-1", 3600), url + target, method, fields, query_payload
        ),
    }


def botocore_cases():
    botocore.auth.get_current_datetime = lambda *_: MOMENT
    body = hashlib.sha256(b"body").hexdigest()
    for name, target in KEYS.items():
        yield botocore_case("get, key: " + name, target)
        yield botocore_case("put, key: " + name, target, method="PUT", payload=body, fields=[("Content-Type", BINARY)])
    for name, query in QUERIES.items():
        yield botocore_case("query: " + name, "/bucket" + query)
    yield botocore_case("unsigned payload", "/bucket/k", method="PUT", payload="UNSIGNED-PAYLOAD")
    yield botocore_case("session token", "/bucket/k", token="IQoJ//token+with=marks==")
    yield botocore_case("a port of its own", "/bucket/k", host="http://localhost:9000")
    yield botocore_case("the scheme's port", "/bucket/k", host="http://localhost:80")
    yield botocore_case("IPv6", "/bucket/k", host="https://[::1]:9000")
    metadata = [("x-amz-meta-A", "  two   words "), ("x-amz-meta-a", "again"), ("X-Amz-Acl", "private")]
    yield botocore_case("fields", "/bucket/k", method="PUT", payload=body, fields=metadata)
    unsigned = [("User-Agent", "x"), ("Expect", "100-continue"), ("Range", "bytes=0-9"), ("TE", "trailers")]
    yield botocore_case("fields that aren't signed", "/bucket/k", fields=unsigned)
    for target in ("/", "/a/./b//c/../d/", "/a%20b/%2F%C3%A4", "/..//..", "/a/.", "/a/.."):
        yield botocore_case("sts, path " + target, target, service="sts", host="https://sts.amazonaws.com")


if __name__ == "__main__":
    suite = Path(sys.argv[1]) / "tests/aws-signing-test-suite/v4"
    write("aws_suite.json", [suite_case(folder) for folder in sorted(suite.iterdir())])
    write("botocore.json", list(botocore_cases()))
    print(f"botocore {botocore.__version__}")
