"""A proxy between a client and an S3 server that spoils chosen requests.

It speaks plain HTTP/1.1 and passes on what it gets as it is, so that signatures hold. Requests count from 1, in the
order in which their heads arrive. A client may take it for the server, or for the HTTP proxy on the way to it.
"""

import asyncio
import random
import re
import socket
import struct
import threading
import urllib.parse
import zlib
from dataclasses import dataclass, field

import faults
from http_messages import HEAD_LIMIT, read_head, read_response


@dataclass
class Exchange:
    """One request as the proxy saw it, and what became of it."""

    number: int
    method: str
    target: str
    headers: list
    operation: str
    body_expected: bool = False
    fault: str = None
    body: bytes = field(default=b"", repr=False)  # may be of many megabytes
    status: int = None  # of the answer that the client got whole
    complaint: bytes = b""  # the body of an answer that says no


def operation_of(method, target, headers):
    """The S3 operation of a path-style request."""
    path, _, query = target.partition("?")
    asked = urllib.parse.parse_qs(query, keep_blank_values=True)
    in_bucket = len(path.strip("/").split("/")) > 1
    copies = any(name.lower() == "x-amz-copy-source" for name, _ in headers)
    if method == "POST":
        return (
            "CreateMultipartUpload" if "uploads" in asked
            else "DeleteObjects" if "delete" in asked
            else "CompleteMultipartUpload"
        )
    if method == "PUT":
        part = "UploadPart" if "uploadId" in asked else "PutObject"
        return part if not copies else {"UploadPart": "UploadPartCopy", "PutObject": "CopyObject"}[part]
    if method == "DELETE":
        return "AbortMultipartUpload" if "uploadId" in asked else "DeleteObject"
    if method == "HEAD":
        return "HeadObject" if in_bucket else "HeadBucket"
    if "uploads" in asked:
        return "ListMultipartUploads"
    if in_bucket:
        return "ListParts" if "uploadId" in asked else "GetObject"
    return "ListObjectsV2"


def no_fault(exchange):
    return None


def at(number, fault, times=1):
    """From the n-th request on, so many times."""
    return lambda exchange: fault if number <= exchange.number < number + times else None


def identity(exchange):
    """The same for a request that is made again, from where its answer broke off, in another scene, for another
    upload."""
    below_bucket = re.sub("^/[^/?]*", "", exchange.target)
    target = re.sub("scene[0-9]+|uploadId=[^&]*", "", below_bucket)
    ends = [value.rpartition("-")[2] for name, value in exchange.headers if name.lower() == "range"]
    return f"{exchange.method} {target} {ends}"


def every(stride, offset, fault):
    """One in `stride` of the different requests, once: what is asked again is passed on."""
    seen = set()

    def plan(exchange):
        request = identity(exchange)
        is_new = request not in seen
        seen.add(request)
        return fault if is_new and zlib.crc32(request.encode()) % stride == offset else None

    return plan


def always(number, fault):
    """The n-th request and every repetition of it."""
    spoilt = []

    def plan(exchange):
        request = (exchange.method, exchange.target)
        if exchange.number == number:
            spoilt.append(request)
        return fault if request in spoilt else None

    return plan


def at_random(share, seed, kinds):
    """Each request is spoilt with the probability `share`, by any of the kinds."""
    dice = random.Random(seed)
    return lambda exchange: dice.choice(kinds) if dice.random() < share else None


class Loop:
    """An event loop in a thread, for any number of proxies."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


class FaultProxy:
    """A context; `plan(exchange)` names the fault of a request, or None (see `faults.KINDS`)."""

    def __init__(self, loop, server, plan=no_fault, kill=None):
        self.loop, self.server, self.plan, self.kill = loop, server, plan, kill
        self.upstream = urllib.parse.urlsplit(server.endpoint)
        self.exchanges, self.connections = [], set()
        self.region = server.region  # where the bucket is said to be
        self.problems = []

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def spoilt(self):
        return [exchange for exchange in self.exchanges if exchange.fault]

    def __enter__(self):
        self.loop.run(self.open())
        return self

    def __exit__(self, kind, *_):
        self.loop.run(self.close())
        if kind is None:
            assert not self.problems, self.problems

    async def open(self):
        self.listener = await asyncio.start_server(self.connected, "127.0.0.1", 0, limit=HEAD_LIMIT)
        self.port = self.listener.sockets[0].getsockname()[1]

    async def close(self):
        self.listener.close()
        for task in list(self.connections):
            task.cancel()
        await asyncio.gather(*self.connections, return_exceptions=True)

    async def connected(self, reader, writer):
        task = asyncio.current_task()
        self.connections.add(task)
        try:
            while await self.serve(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away
        except Exception as problem:
            self.problems.append(repr(problem))
        finally:
            self.connections.discard(task)
            writer.close()

    async def serve(self, reader, writer):
        """One request; whether another one may follow on the connection."""
        incoming = await read_head(reader)
        if incoming is None:
            return False
        method, target, _ = incoming.message.first_line.split(" ")
        if "://" in target:  # as a client asks an HTTP proxy
            target = "/" + target.split("/", 3)[3]
            incoming.message.first_line = f"{method} {target} HTTP/1.1"
        exchange = Exchange(
            len(self.exchanges) + 1, method, target, incoming.message.headers,
            operation_of(method, target, incoming.message.headers),
            body_expected=incoming.message.is_chunked or incoming.length > 0,
        )
        self.exchanges.append(exchange)
        exchange.fault = self.plan(exchange)
        act = faults.KINDS[exchange.fault] if exchange.fault else faults.pass_on
        return await act(Scene(self, exchange, incoming, reader, writer))


class Scene:
    """What a fault has at hand while it spoils one exchange."""

    def __init__(self, proxy, exchange, incoming, reader, writer):
        self.proxy, self.exchange, self.incoming = proxy, exchange, incoming
        self.reader, self.writer = reader, writer

    async def take_request(self):
        await self._want_body()
        await self.incoming.read_body()
        self.exchange.body = self.incoming.message.raw_body

    async def take_part_of_request(self):
        await self._want_body()
        await self.incoming.read_part_of_body()

    async def _want_body(self):
        if (self.incoming.message.get("expect") or "").lower() == "100-continue":
            self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await self.writer.drain()

    async def forward(self):
        """The server's answer to the request, which must have been taken."""
        upstream = self.proxy.upstream
        request = self.incoming.message.with_headers(
            expect=None, connection="close", proxy_authorization=None, proxy_connection=None
        )
        reader, writer = await asyncio.open_connection(upstream.hostname, upstream.port, limit=HEAD_LIMIT)
        try:
            writer.write(request.head + request.raw_body)
            await writer.drain()
            answer = await read_response(reader, self.exchange.method == "HEAD")
        finally:
            writer.close()
        return answer.with_headers(connection=None)

    def sign_for_server(self):
        """Whether the signature is right, which is then made one for the region where the server really is."""
        signed = faults.signed_anew(self.incoming.message, self.proxy.server, self.proxy.region)
        self.incoming.message = signed or self.incoming.message
        return signed is not None

    async def answer(self, message):
        body = b"" if self.exchange.method == "HEAD" else message.raw_body
        self.exchange.status = message.status
        if message.status >= 400:
            self.exchange.complaint = body
        self.writer.write(message.head + body)
        await self.writer.drain()
        return True

    async def answer_part(self, message):
        """The head and half of the body; half of the head where there is no body."""
        body = b"" if self.exchange.method == "HEAD" else message.raw_body
        whole = message.head + body
        self.writer.write(whole[: len(message.head) + len(body) // 2] if body else whole[: len(whole) // 2])
        await self.writer.drain()

    def reset(self):
        """RST, which takes with it what was not delivered yet."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        return False

    def hang_up(self):
        """FIN."""
        self.writer.close()
        return False

    async def until_client_leaves(self):
        while await self.reader.read(1 << 20):
            pass
        return False
