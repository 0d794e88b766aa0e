"""A few connections, each used by one statement at a time, the last one used first.

A pool that resets each connection costs a second round trip; ours hold no state that a statement
leaves behind, so they are taken and given back in a microsecond.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from headcount.store.postgres.address import shown
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.migrating import check_schema
from headcount.store.postgres.troubles import telling, unopened
from headcount.store.refusals import stopping

_SESSION = {
    "application_name": "headcount",
    "default_transaction_isolation": "read committed",
    "plan_cache_mode": "force_generic_plan",  # planning anew costs more than a look-up
    "enable_seqscan": "off",  # the organisation leads every key: no table is read whole
    "jit": "off",
    "lock_timeout": "10s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "30s",
}
_DURABLE = """SELECT set_config('synchronous_commit', 'on', FALSE)
    WHERE current_setting('synchronous_commit') = 'off'"""
_PREPARED = 500  # statements that a connection keeps
_OPENING = 5.0  # seconds
_ANSWERING = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Options:
    """How the server is used."""

    connections: int = 8  # of one process
    prepared: bool = True  # False: for a pooler that hands connections round


class Connections:
    """The connections of one process to one database."""

    def __init__(self, url: str, options: Options) -> None:
        self._url = url
        self._options = options
        self._free: list[Connection] = []
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._open = 0
        self._checked = False
        self._closed = False

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Connection]:
        """A connection for the block; what goes wrong in it is told in sentences.

        Raises:
            Unavailable: there is none to be had.
        """
        connection = await self._take()
        try:
            with telling():
                yield connection
        finally:
            self._give(connection)

    async def _take(self) -> Connection:
        while True:
            if self._closed:
                raise stopping()
            while self._free:
                connection = self._free.pop()
                if not connection.is_closed():
                    return connection
                self._open -= 1
            if self._open < self._options.connections:
                return await self._opened()
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn

    def _give(self, connection: Connection) -> None:
        if connection.is_closed() or connection.is_in_transaction() or self._closed:
            self._open -= 1
            connection.terminate()
        else:
            self._free.append(connection)
        self._wake()

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    async def _opened(self) -> Connection:
        self._open += 1
        try:
            connection = await connect(self._url, self._options)
            try:
                if not self._checked:
                    with telling():
                        await check_schema(connection)
                    self._checked = True
            except BaseException:
                connection.terminate()
                raise
        except BaseException:
            self._open -= 1
            self._wake()
            raise
        return connection

    async def close(self) -> None:
        """Let go of all of them, once nobody uses them any more."""
        self._closed = True
        free, self._free = self._free, []
        for connection in free:
            self._open -= 1
            try:
                async with asyncio.timeout(_OPENING):
                    await connection.close()
            except (OSError, TimeoutError, asyncpg.PostgresError):
                connection.terminate()
        while self._waiting:
            self._wake()


async def connect(url: str, options: Options) -> Connection:
    """A new connection, on which what is committed is on disk.

    Raises:
        Unavailable: there is none to be had; the sentence says why.
    """
    prepared = options.prepared
    try:
        connection: Connection = await asyncpg.connect(
            url,
            timeout=_OPENING,
            command_timeout=_ANSWERING,
            statement_cache_size=_PREPARED if prepared else 0,
            max_cacheable_statement_size=0,
            max_cached_statement_lifetime=0,
            server_settings=_SESSION if prepared else None,
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, there is no connection
        raise unopened(error, shown(url)) from None
    if prepared:
        try:
            with telling():
                await connection.execute(_DURABLE)
        except BaseException:
            connection.terminate()
            raise
    return connection
