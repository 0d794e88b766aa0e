"""A moment of the file that is held for longer than a call: while a huge group is sent.

Such a group is read some thousand members at a time, in the threads that scan, on a connection of
its own whose transaction stays open. So nobody has to hold all of it, and yet it is of one moment.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from headcount.store.model import OrgId
from headcount.store.recent import Recent
from headcount.store.sqlite import relations
from headcount.store.sqlite.connection import Connection, open_reader

T = TypeVar("T")

AT_A_TIME = 2_000  # members
_CACHE_KIB = 1_024  # what is read once is not worth more
_KEPT = 4  # connections that wait for the next one who needs them


class Lease:
    """One moment, for as long as anybody reads parts of it."""

    def __init__(
        self,
        connection: Connection,
        threads: ThreadPoolExecutor,
        give_back: Callable[[Connection], None],
    ) -> None:
        self.connection = connection
        self._threads = threads
        self._give_back = give_back
        self._lock = threading.Lock()  # a request may end while a thread reads for it
        self._readers = 0

    def members(self, org: OrgId, group: str, base: str) -> "Members":
        """The members of a group, which whoever asked has to read or to close."""
        self._readers += 1
        return Members(self, org, group, base)

    async def read(self, read: Callable[[Connection], T]) -> T:
        """What `read` finds, in a thread."""

        def run() -> T:
            with self._lock:
                return read(self.connection)

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    def leave(self) -> None:
        """One reader is done; the last one ends the lease."""
        self._readers -= 1
        self.end_unless_read()

    def end_unless_read(self) -> None:
        """End it, where nobody was given anything to read."""
        if self._readers > 0:
            return
        try:
            self._threads.submit(self._end)
        except RuntimeError:  # the store is closing, so no thread reads any more
            self._end()

    def _end(self) -> None:
        with self._lock:
            self.connection.lease = None
            self.connection.execute("COMMIT")
        self._give_back(self.connection)


class Members:
    """The members of a group, some at a time; what `Parts` promises."""

    def __init__(self, lease: Lease, org: OrgId, group: str, base: str) -> None:
        self._lease: Lease | None = lease
        self._place = (org, group, base)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        after = ""
        while self._lease and (some := await self._lease.read(partial(self._behind, after))):
            yield some.entries
            after = some.last

    def _behind(self, after: str, connection: Connection) -> relations.Some | None:
        org, group, base = self._place
        return relations.members_behind(connection, org, group, base, after, AT_A_TIME)

    def close(self) -> None:
        if self._lease is not None:
            self._lease.leave()
            self._lease = None

    def __del__(self) -> None:
        self.close()  # an answer that was never sent must not hold the moment for good


class Leases:
    """Hands out moments."""

    def __init__(self, path: Path, recent: Recent, threads: ThreadPoolExecutor) -> None:
        self._path = path
        self._recent = recent
        self._threads = threads
        self._free: list[Connection] = []
        self._closed = False

    def begin(self) -> Lease:
        """The present moment; its first reading decides what it is."""
        try:
            connection = self._free.pop()
        except IndexError:
            connection = open_reader(self._path, self._recent, cache_kib=_CACHE_KIB)
        connection.kept.doubt()
        connection.execute("BEGIN")
        lease = connection.lease = Lease(connection, self._threads, self._give_back)
        return lease

    def _give_back(self, connection: Connection) -> None:
        if self._closed or len(self._free) >= _KEPT:
            connection.close()
        else:
            self._free.append(connection)

    def close(self) -> None:
        """Let go of the connections that nobody uses; the others go when they are given back."""
        self._closed = True
        for connection in self._free:
            connection.close()
        self._free.clear()
