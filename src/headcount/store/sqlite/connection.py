"""How the file is opened: WAL, synchronous FULL. What was answered survives a power failure."""

import asyncio
import contextlib
import importlib.util
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import apsw

from headcount.errors import Unavailable
from headcount.store.model import OrgId, Parts
from headcount.store.recent import Recent
from headcount.store.sqlite.kept import Kept

fcntl: Any = importlib.import_module("fcntl") if importlib.util.find_spec("fcntl") else None
"""Windows has none; there SQLite's own busy handler stands in."""

BUSY = 10_000  # milliseconds that another process may hold the write lock
_CHECKPOINT_PAGES = 4_000
_CACHE_KIB = 32_768

WITHOUT_END = 2**62  # members
INLINE_MEMBERS = 200  # longer lists of members are read in a thread
AT_ONCE_MEMBERS = 20_000  # longer ones still are never held: 135 bytes each


class TooLong(Exception):
    """There are more members than this connection should read at once."""


class Reads(Protocol):
    """Where members are read on while they are sent."""

    def members(self, org: OrgId, group: str, base: str) -> Parts:
        """The members of a group in parts."""


class Connection(apsw.Connection):
    """A connection, with what it remembers and how much it may read at once."""

    def __init__(self, path: Path, flags: int) -> None:
        super().__init__(str(path), flags=flags)
        self.kept = Kept()
        self.recent = Recent(most=0)
        self.room = WITHOUT_END  # members that may be read at once
        self.lease: Reads | None = None  # where those go who are more


def open_writer(path: Path) -> Connection:
    """The one connection of this process that writes.

    What it reads may never be committed, so it keeps no members, and nobody may ask what it kept
    of groups before its last change.
    """
    connection = _opened(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    return connection


def open_reader(
    path: Path,
    recent: Recent,
    *,
    room: int = AT_ONCE_MEMBERS,
    cache_kib: int = _CACHE_KIB,
) -> Connection:
    """A connection that cannot write."""
    connection = _opened(path, apsw.SQLITE_OPEN_READONLY, cache_kib)
    connection.recent = recent
    connection.room = room
    return connection


def open_guarded(path: Path) -> Connection:
    """A connection that writes nothing, yet takes the WAL back if it is the last one to close."""
    connection = _opened(path, apsw.SQLITE_OPEN_READWRITE)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _opened(path: Path, flags: int, cache_kib: int = _CACHE_KIB) -> Connection:
    try:
        connection = Connection(path, flags)
        connection.set_busy_timeout(BUSY)
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")
        connection.execute("PRAGMA temp_store = MEMORY")
        # Plans do not look at parameters; else each new LIMIT is planned again, 40 us every time.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        connection.create_scalar_function("fold", _fold, 1, deterministic=True)
    except apsw.CantOpenError:
        raise _unopened(path) from None
    except (apsw.NotADBError, apsw.CorruptError):
        raise Unavailable(f"{path} is not an SQLite database, or it is damaged") from None
    return connection


def _unopened(path: Path) -> Unavailable:
    return Unavailable(
        f"the database {path} cannot be opened:"
        " does its folder exist, and may this user write there?"
    )


class LoopReader:
    """The reading connection of the event loop. All that is read in one turn sees one snapshot.

    Taking a snapshot means locking, which costs as much as reading an account, so the requests of a
    turn share one. It ends before anything runs that arrives, or is told of a commit, later: its
    end stands in the queue of the loop already.
    """

    def __init__(self, path: Path, recent: Recent) -> None:
        self._connection = open_reader(path, recent, room=INLINE_MEMBERS)
        self._is_open = False
        self._data_version = 0
        self._ending: asyncio.Handle | None = None

    def connection(self) -> Connection:
        """The connection, in the transaction of this turn."""
        if not self._is_open:
            self._begin()
        return self._connection

    def _begin(self) -> None:
        self._ending = asyncio.get_running_loop().call_soon(self._end)
        self._connection.execute("BEGIN")
        version = self._connection.execute("PRAGMA data_version").get
        if version != self._data_version:  # somebody wrote something, in this process or another
            self._data_version = version
            self._connection.kept.doubt()
        self._is_open = True

    def data_version(self) -> int:
        """A number that changes whenever anybody, in any process, has written anything."""
        self.connection()
        return self._data_version

    def _end(self) -> None:
        self._is_open = False
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close it, once nobody reads any more."""
        if self._ending is not None:
            self._ending.cancel()
        self._connection.close()


class Readers:
    """One reading connection for each thread that scans."""

    def __init__(self, path: Path, recent: Recent) -> None:
        self._path = path
        self._recent = recent
        self._of_thread = threading.local()
        self._all: list[Connection] = []

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """The connection of this thread, in a transaction: statements in the block fit together."""
        connection = self._connection()
        connection.kept.doubt()
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("COMMIT")

    def _connection(self) -> Connection:
        found: Connection | None = getattr(self._of_thread, "connection", None)
        if found is None:
            found = self._of_thread.connection = open_reader(self._path, self._recent)
            self._all.append(found)
        return found

    def close(self) -> None:
        """Close them all, once their threads have ended."""
        for connection in self._all:
            connection.close()


def _fold(*given: Any) -> str | None:
    """The comparison key of a text that has no column for it."""
    return given[0].casefold() if isinstance(given[0], str) else None


class FileLock:
    """A fair lock between processes; SQLite's own lets one of them wait for very long."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.with_name(path.name + "-lock").open("ab")
        except OSError:
            raise _unopened(path) from None

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """The lock is ours in the block."""
        self.take()
        try:
            yield
        finally:
            self.give()

    def take(self, *, wait: bool = True) -> bool:
        """Take the lock; whether it is ours now, which it always is after waiting."""
        if fcntl is not None:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def give(self) -> None:
        """Give it back."""
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
