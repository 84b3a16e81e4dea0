"""HTTP/1.1 messages of asyncio streams, read whole, so that a proxy can count and change them."""

import asyncio
from dataclasses import dataclass, field

HEAD_LIMIT = 1 << 20


@dataclass
class Message:
    """A request or a response; `raw_body` has the framing that it had on the wire."""

    first_line: str
    headers: list  # of (name, value)
    raw_body: bytes = b""

    def get(self, name, default=None):
        return next((value for key, value in self.headers if key.lower() == name), default)

    def without(self, *names):
        return [(key, value) for key, value in self.headers if key.lower() not in names]

    def with_headers(self, **changed):
        """A copy in which the named headers ('_' stands for '-') are these; None removes one."""
        changed = {name.replace("_", "-"): value for name, value in changed.items()}
        kept = self.without(*changed)
        return Message(
            self.first_line,
            kept + [(name, value) for name, value in changed.items() if value is not None],
            self.raw_body,
        )

    @property
    def head(self):
        lines = [self.first_line, *(f"{name}: {value}" for name, value in self.headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    @property
    def is_chunked(self):
        return "chunked" in (self.get("transfer-encoding") or "").lower()

    @property
    def status(self):
        return int(self.first_line.split(" ", 2)[1])


@dataclass
class Incoming:
    """What is still to come of a message whose head has been read."""

    message: Message
    reader: asyncio.StreamReader = field(repr=False)

    @property
    def length(self):
        return int(self.message.get("content-length", 0))

    async def read_body(self):
        self.message.raw_body = await (self._chunks() if self.message.is_chunked else self.reader.readexactly(self.length))

    async def read_part_of_body(self):
        """About half."""
        if self.message.is_chunked:
            await self.reader.readline()
        else:
            await self.reader.readexactly(self.length // 2)

    async def _chunks(self):
        raw = b""
        while True:
            line = await self.reader.readline()
            raw += line
            size = int(line.split(b";")[0], 16)
            if size == 0:
                break
            raw += await self.reader.readexactly(size + 2)
        while line != b"\r\n":
            line = await self.reader.readline()
            if not line:
                raise asyncio.IncompleteReadError(raw, None)
            raw += line
        return raw


async def read_head(reader):
    """Nothing at the end of the stream."""
    try:
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError as ended:
        if ended.partial:
            raise
        return None
    first, *lines = text[:-4].split("\r\n")
    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
    return Incoming(Message(first, headers), reader)


async def read_response(reader, to_head_request):
    """The final response, whole."""
    incoming = await read_head(reader)
    while incoming is not None and incoming.message.status == 100:
        incoming = await read_head(reader)
    if incoming is None:
        raise asyncio.IncompleteReadError(b"", None)
    if not to_head_request and incoming.message.status not in (204, 304):
        await incoming.read_body()
    return incoming.message
