"""Fills a peer over HTTP, which is the only door that all of them have, in a bounded time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from orjson import dumps

from bench.operations import PATCH_URN
from bench.people import person
from bench.stage import Advance, Manners
from bench.wire import Talk, connect, read_json, request

_CONNECTIONS = 8
_JOIN_AT_ONCE = 1_000  # members in one PATCH

_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


class RefusedError(Exception):
    """A peer refused what it was filled with."""


class PeerFiller:
    """Creates accounts one by one over some connections, and groups by PATCH."""

    def __init__(self, port: int, token: str, manners: Manners, seconds: float) -> None:
        self._port = port
        self._token = token
        self._prefix = manners.prefix
        self._left = seconds

    async def accounts(self, count: int, advance: Advance) -> list[str]:
        ids: dict[int, str] = {}
        numbers = iter(range(count))

        async def create() -> None:
            async with self._talking(share=_CONNECTIONS) as talk:
                for number in numbers:
                    made = await self._ask(talk, "POST", "/Users", person(number))
                    ids[number] = str(made["id"])
                    advance(1)
                    if talk.time() >= self._left:
                        return

        await asyncio.gather(*(create() for _ in range(_CONNECTIONS)))
        return [ids[number] for number in sorted(ids)]

    async def group(self, name: str, members: Sequence[str], advance: Advance) -> str | None:
        async with self._talking() as talk:
            made = await self._ask(
                talk, "POST", "/Groups", {"schemas": [_GROUP], "displayName": name}
            )
            group = str(made["id"])
            for first in range(0, len(members), _JOIN_AT_ONCE):
                if talk.time() >= self._left:
                    return None
                joined = members[first : first + _JOIN_AT_ONCE]
                value = [{"value": member} for member in joined]
                add = {"op": "add", "path": "members", "value": value}
                patch = {"schemas": [PATCH_URN], "Operations": [add]}
                await self._ask(talk, "PATCH", f"/Groups/{group}", patch)
                advance(len(joined))
        return group

    @asynccontextmanager
    async def _talking(self, share: int = 1) -> AsyncIterator[Talk]:
        """A connection, whose time is taken off what is left, by as many as are open at once."""
        talk = await connect(self._port)
        try:
            yield talk
        finally:
            self._left -= talk.time() / share
            await talk.close()

    async def cursor_behind(self, _: str) -> str:
        return ""

    async def _ask(self, talk: Talk, method: str, path: str, sent: object) -> dict[str, object]:
        raw = request(method, self._prefix + path, self._token, dumps(sent))
        answer = await talk.ask(raw)
        if not answer.startswith(b"HTTP/1.1 2"):
            raise RefusedError(f"{method} {path}: {answer[:500].decode(errors='replace')}")
        return read_json(answer) or {}
