"""A server that answers what a test wants it to answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"


def ok(body: bytes) -> bytes:
    """A good answer."""
    return OK % (len(body), body)


@asynccontextmanager
async def answering(answer: Callable[[int], bytes], *, ends: bool = False) -> AsyncIterator[int]:
    """A server on a free port; `answer` is given how many requests were answered before."""
    given = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal given
        while await reader.read(65536):
            writer.write(answer(given))
            given += 1
            if ends:
                break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
