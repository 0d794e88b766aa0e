"""HTTP as the load generator speaks it: requests are bytes, and an answer is whole or not yet."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from orjson import loads

_END = b"\r\n\r\n"
_LENGTH = b"ength: "  # of Content-Length and content-length alike
_NO_CONTENT = b"HTTP/1.1 204"
_LAST_CHUNK = b"0\r\n\r\n"
_UNKNOWN = -1


class Asked(NamedTuple):
    """A request, and how an answer is known to be the right one."""

    raw: bytes
    begins: bytes = b"HTTP/1.1 200"  # the answer with this
    first: bytes = b""  # looked for from the front of the answer
    last: bytes = b""  # looked for from its back
    counted: bool = True  # False: only sent between two that are


def request(method: str, path: str, token: str = "", body: bytes = b"") -> bytes:
    """A request as an identity provider sends it over the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/scim+json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def visit(path: str, cookie: str = "") -> bytes:
    """A request as a browser sends it."""
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n"
    if cookie:
        head += f"Cookie: {cookie}\r\n"
    return head.encode() + b"\r\n"


def submission(path: str, fields: Mapping[str, str]) -> bytes:
    """A form as a browser sends it."""
    body = urlencode(fields).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n"
    kind = "application/x-www-form-urlencoded"
    head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def is_right(asked: Asked, answer: bytes) -> bool:
    r"""Whether an answer has the status asked for, and is about what was asked for.

    >>> is_right(Asked(b"", b"HTTP/1.1 2", b'"7"'), b'HTTP/1.1 200 OK\r\n\r\n{"id":"7"}')
    True
    >>> is_right(Asked(b"", b"HTTP/1.1 2", b'"8"'), b'HTTP/1.1 200 OK\r\n\r\n{"id":"7"}')
    False
    """
    if not answer.startswith(asked.begins):
        return False
    if asked.first in answer and answer.rfind(asked.last) >= 0:
        return True
    return answer.startswith(_NO_CONTENT)


class Assembler:
    """Puts together what arrives, until an answer is whole."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._missing = 0

    def feed(self, data: bytes) -> bytes | None:
        """The answer that `data` completes, if it does."""
        if self._parts:
            self._parts.append(data)
            if self._missing > len(data):
                self._missing -= len(data)
                return None
            data = b"".join(self._parts)
        self._missing = _missing(data)
        self._parts = [data] if self._missing else []
        return None if self._missing else data


def _missing(answer: bytes) -> int:
    """How many bytes of an answer have not come yet, where that is known."""
    end = answer.find(_END)
    if end < 0:
        return _UNKNOWN
    at = answer.find(_LENGTH, 0, end)
    if at >= 0:
        stop = answer.find(b"\r", at)
        return max(0, end + len(_END) + int(answer[at + len(_LENGTH) : stop]) - len(answer))
    is_chunked = answer.find(b"chunked", 0, end) >= 0
    return _UNKNOWN if is_chunked and not answer.endswith(_LAST_CHUNK) else 0


class Talk:
    """One connection on which somebody reads what the answers say: for filling and for proofs."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._began = time.monotonic()

    def time(self) -> float:
        """For how long it has been open, in seconds."""
        return time.monotonic() - self._began

    async def ask(self, raw: bytes) -> bytes:
        """The whole answer to a request; empty where the server hung up."""
        self._writer.write(raw)
        assembler = Assembler()
        while data := await self._reader.read(1 << 18):
            if (answer := assembler.feed(data)) is not None:
                return answer
        return b""

    async def parts(self, raw: bytes) -> AsyncIterator[bytes]:
        """The answer to a request as it comes, until the server hangs up."""
        self._writer.write(raw)
        while data := await self._reader.read(1 << 18):
            yield data

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        await asyncio.gather(self._writer.wait_closed(), return_exceptions=True)


async def connect(port: int) -> Talk:
    """A connection to a server on this machine."""
    return Talk(*await asyncio.open_connection("127.0.0.1", port))


def body(answer: bytes) -> bytes:
    """What stands behind the head of an answer, in one piece."""
    head, _, sent = answer.partition(_END)
    if b"chunked" not in head:
        return sent
    pieces: list[bytes] = []
    while sent:
        size, _, rest = sent.partition(b"\r\n")
        length = int(size, 16)
        pieces.append(rest[:length])
        sent = rest[length + 2 :] if length else b""
    return b"".join(pieces)


def read_json(answer: bytes) -> Any:
    """The JSON of an answer; None where it has none."""
    sent = body(answer)
    return loads(sent) if sent else None
