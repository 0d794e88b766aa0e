"""A few connections, each used by one statement at a time, the last one used first.

A pool that resets each connection costs a second round trip; ours hold no state that a statement
leaves behind, so they are taken and given back in a microsecond. One on which something went wrong
is never used again.

They are opened one at a time. While no server answers, all who come during an attempt share what
becomes of it: nobody waits for a dead server after somebody else has.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg

from headcount.errors import ScimError, Unavailable
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.migrating import check_schema
from headcount.store.postgres.opening import Opener, Options
from headcount.store.postgres.troubles import Lost, telling, unknown_end, vanished
from headcount.store.postgres.watching import Watch
from headcount.store.refusals import stopping

T = TypeVar("T")

_REFUSING = 0.5  # seconds after a failed attempt in which nobody makes another
_PARTING = 2.0  # seconds
_MORE_READS = 2  # times that a read is tried before the last time
_FOR_READS = 2  # connections that changes leave alone: they may wait for each other, and standbys
_WAIT_FOR_STANDBY = "SyncRepWaitForLSN"  # the function of the server that warns of its end


class Connections:
    """The connections of one process to one database."""

    def __init__(self, url: str, options: Options) -> None:
        self._opener = Opener(url, options)
        self._most = options.connections
        self._changing = asyncio.Semaphore(max(1, options.connections - _FOR_READS))
        self._free: list[Connection] = []
        self._used = Watch(self._hang_up)
        self._opening = False
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._trouble: Unavailable | None = None  # what the last attempt found
        self._refusing_until = 0.0
        self._doubtful: set[Connection] = set()
        self._parting: set[asyncio.Task[None]] = set()
        self._checked = False
        self._closed = False

    async def read(self, work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
        """Read something; again, on another connection, where one was lost.

        Raises:
            Unavailable: there is none to be had.
        """
        for _ in range(_MORE_READS):
            try:
                async with self.one() as connection:
                    return await work(connection)
            except Lost:
                if self._refusing():  # a server that vanished a moment ago is not waited for again
                    raise
        async with self.one() as connection:
            return await work(connection)

    @asynccontextmanager
    async def to_change(self) -> AsyncIterator[Connection]:
        """A connection for a change. Raises as `one` does."""
        async with self._changing, self.one() as connection:
            yield connection

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Connection]:
        """A connection for the block; what goes wrong in it is told in sentences.

        Raises:
            Lost: the connection ended; what became of a change is not known.
            Unavailable: there is none to be had.
        """
        connection = await self._take()
        sound = False
        try:
            with telling():
                yield connection
            if connection in self._doubtful:  # it is in this server, perhaps in no other
                raise unknown_end()
            sound = True
        except Lost:
            self._forget_free()  # what ended one has mostly ended all
            raise
        except ScimError as refused:
            sound = not isinstance(refused, Unavailable)
            raise
        finally:
            self._give(connection, sound=sound)

    async def _take(self) -> Connection:
        again = False
        while not self._closed:
            connection = self._found()
            if connection is None and self._may_open():
                connection = await self._opened() or self._found()  # given back meanwhile
            if connection is not None:
                self._used.begin(connection)
                return connection
            if self._trouble is not None and not self._used and not self._opening:
                raise Unavailable(self._trouble.detail)
            await self._turn(again=again)
            again = True
        raise stopping()

    def _found(self) -> Connection | None:
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                return connection
        return None

    def _may_open(self) -> bool:
        """One at a time: all of a crowd at once would be too many for a server with a limit."""
        if self._opening or len(self._used) >= self._most:
            return False
        return self._trouble is None or not self._refusing()

    def _refusing(self) -> bool:
        return asyncio.get_running_loop().time() < self._refusing_until

    async def _opened(self) -> Connection | None:
        """A new connection; None where there was none to be had."""
        self._opening = True
        try:
            try:
                connection = await self._new()
            except Lost:  # whoever ended all others ended this one before it was there
                connection = await self._new()
        except Unavailable as trouble:
            self._refuse(trouble)
            return None
        else:
            self._trouble = None
            return connection
        finally:
            self._opening = False
            self._settle()

    async def _new(self) -> Connection:
        connection = await self._opener.connect()
        await self._check(connection)
        return connection

    async def _check(self, connection: Connection) -> None:
        connection.add_log_listener(self._warned)
        if self._checked:
            return
        try:
            with telling():
                await check_schema(connection)
        except BaseException:
            connection.terminate()
            raise
        self._checked = True

    def _give(self, connection: Connection, *, sound: bool) -> None:
        self._used.end(connection)
        self._doubtful.discard(connection)
        if self._closed:
            connection.terminate()
        elif sound and not connection.is_closed() and not connection.is_in_transaction():
            self._free.append(connection)
        elif not connection.is_closed():
            task = asyncio.ensure_future(_part(connection))
            self._parting.add(task)
            task.add_done_callback(self._parting.discard)
        self._settle()

    def _warned(self, connection: Connection, warning: Any) -> None:
        if warning.server_source_function == _WAIT_FOR_STANDBY:
            self._doubtful.add(connection)

    def _hang_up(self, connection: Connection) -> None:
        """Stop waiting for a server that says nothing."""
        connection.terminate()
        self._forget_free()
        self._refuse(vanished())

    def _forget_free(self) -> None:
        while self._free:
            self._free.pop().terminate()

    def _refuse(self, trouble: Unavailable) -> None:
        """Let a moment pass before anybody tries again."""
        loop = asyncio.get_running_loop()
        self._trouble = trouble
        self._refusing_until = loop.time() + _REFUSING
        loop.call_later(_REFUSING, self._wake)

    async def _turn(self, *, again: bool) -> None:
        """Wait until there may be a connection; who waited already comes first."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._waiting.appendleft if again else self._waiting.append)(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._wake()
            raise

    def _settle(self) -> None:
        """Let the next one try; all of them, where there is nothing left to wait for."""
        hopeless = self._trouble is not None and not self._used and not self._opening
        self._wake()
        while hopeless and self._waiting:
            self._wake()

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    async def close(self) -> None:
        """Let go of all of them, once nobody uses them any more."""
        self._closed = True
        self._used.close()
        free, self._free = self._free, []
        await asyncio.gather(*map(_part, free), *self._parting)
        while self._waiting:
            self._wake()


async def _part(connection: Connection) -> None:
    """End a connection; what the server still does for it is cancelled."""
    try:
        async with asyncio.timeout(_PARTING):
            await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()
