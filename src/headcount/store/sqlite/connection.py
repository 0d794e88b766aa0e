"""How the file is opened. Everything acknowledged must survive a power failure: WAL, synchronous FULL."""

import threading
from pathlib import Path

import apsw

from headcount.errors import Unavailable

_BUSY = 10_000  # milliseconds that another process may hold the write lock
_CHECKPOINT_PAGES = 4_000
_CACHE_KIB = 32_768


def open_writer(path: Path) -> apsw.Connection:
    """The one connection of this process that writes."""
    connection = _opened(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    return connection


def open_reader(path: Path) -> apsw.Connection:
    """A connection that cannot write."""
    return _opened(path, apsw.SQLITE_OPEN_READONLY)


def _opened(path: Path, flags: int) -> apsw.Connection:
    try:
        connection = apsw.Connection(str(path), flags=flags)
        connection.set_busy_timeout(_BUSY)
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute("PRAGMA temp_store = MEMORY")
    except apsw.CantOpenError:
        raise Unavailable(
            f"the database {path} cannot be opened: does its folder exist, and may this user write there?"
        ) from None
    except (apsw.NotADBError, apsw.CorruptError):
        raise Unavailable(f"{path} is not an SQLite database, or it is damaged") from None
    return connection


class Readers(threading.local):
    """One reading connection for each thread that scans."""

    def __init__(self, path: Path) -> None:
        self.connection = open_reader(path)
