"""The works with boto3, or with the CRT client below it: classic|crt WORK BUCKET KEY PATH.

Endpoint, CA bundle and credentials come from the environment.
"""

import os
import sys
from pathlib import Path

import boto3
import botocore.session
from boto3.s3.transfer import TransferConfig, create_transfer_manager
from botocore.config import Config
from s3transfer.crt import (
    BotocoreCRTCredentialsWrapper,
    BotocoreCRTRequestSerializer,
    CRTTransferManager,
    create_s3_crt_client,
)
from usage import measured

kind, work, bucket, key, path = sys.argv[1:]
endpoint = os.environ["AWS_ENDPOINT_URL"]
client = boto3.client("s3", config=Config(s3={"addressing_style": "path"}, max_pool_connections=16))


def crt_manager():
    """What boto3 makes for preferred_transfer_client="crt", but for an endpoint that may be plain HTTP."""
    session = botocore.session.Session()
    credentials = BotocoreCRTCredentialsWrapper(session.get_credentials()).to_crt_credentials_provider()
    region = client.meta.region_name
    crt = create_s3_crt_client(
        region,
        crt_credentials_provider=credentials,
        use_ssl=endpoint.startswith("https:"),
        verify=os.environ.get("AWS_CA_BUNDLE"),
    )
    serializer = BotocoreCRTRequestSerializer(session, {"region_name": region, "endpoint_url": endpoint})
    return CRTTransferManager(crt, serializer)


def classic_manager():
    return create_transfer_manager(client, TransferConfig(max_concurrency=16, multipart_chunksize=16 << 20))


def all_at_once(start):
    """Starts every transfer on one manager, as the AWS command line does, and waits."""
    with (crt_manager if kind == "crt" else classic_manager)() as manager:
        for future in start(manager):
            future.result()


def keys_below(prefix):
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix + "/")
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def put_tree():
    files = [file for file in Path(path).rglob("*") if file.is_file()]
    names = [f"{key}/{file.relative_to(path)}" for file in files]
    all_at_once(lambda manager: [manager.upload(str(file), bucket, name) for name, file in zip(names, files)])


def get_tree():
    targets = {name: Path(path) / name[len(key) + 1 :] for name in keys_below(key)}
    for folder in {target.parent for target in targets.values()}:
        folder.mkdir(parents=True, exist_ok=True)
    all_at_once(lambda manager: [manager.download(bucket, name, str(file)) for name, file in targets.items()])


with measured():
    {
        "put": lambda: all_at_once(lambda manager: [manager.upload(path, bucket, key)]),
        "get": lambda: all_at_once(lambda manager: [manager.download(bucket, key, path)]),
        "put_tree": put_tree,
        "get_tree": get_tree,
        "list": lambda: print(len(keys_below(key)), file=sys.stderr),
    }[work]()
