"""Opens the database, with the operations on it. The one module that names a concrete store."""

import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

from headcount.directory.directory import Directory
from headcount.directory.endpoints import Endpoints
from headcount.directory.identifiers import Identifiers
from headcount.directory.keys import Keys
from headcount.directory.organisations import Organisations
from headcount.directory.ruling import RoleRules
from headcount.directory.visiting import Visiting
from headcount.directory.walking import Walker
from headcount.errors import InvalidValue, Unavailable
from headcount.settings import Settings, is_postgres, sqlite_path
from headcount.store.copying import Archive
from headcount.store.model import Migrated
from headcount.store.promise import Store
from headcount.store.sqlite import SqliteArchive, SqliteStore, migrate_file


def clock() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def now() -> str:
    """The time as resources and events carry it: RFC 3339 in UTC, with milliseconds."""
    seconds, milliseconds = divmod(time.time_ns() // 1_000_000, 1_000)
    return f"{_second(seconds)}.{milliseconds:03}Z"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    """A second since the epoch, which many changes share.

    >>> _second(1_767_323_045)
    '2026-01-02T03:04:05'
    """
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


@dataclass(frozen=True, slots=True)
class World:
    """What is handed in from outside. A story that is told twice alike has one of its own."""

    clock: Callable[[], datetime] = clock
    now: Callable[[], str] = now
    identifiers: Callable[[], str] = field(default_factory=Identifiers)
    chance: Callable[[int], bytes] = secrets.token_bytes  # so many bytes


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that a command or an application works with."""

    store: Store
    directory: Directory
    organisations: Organisations
    visiting: Visiting
    role_rules: RoleRules
    endpoints: Endpoints
    keys: Keys


def open_store(settings: Settings) -> Store:
    """The store that the settings name.

    Raises:
        InvalidValue: the database address is none that works.
        Unavailable: the database cannot be opened.
    """
    if not is_postgres(settings.database):
        return SqliteStore(sqlite_path(settings.database))
    store: Store = _postgres().PostgresStore(settings.database, _options(settings))
    return store


async def migrate(settings: Settings, partitions: int = 0) -> Migrated:
    """Bring the tables of the database up to date.

    Raises:
        InvalidValue: the database address is none that works, or there are no such partitions.
        Unavailable: the database cannot be used, or is of a newer Headcount.
    """
    if is_postgres(settings.database):
        done: Migrated = await _postgres().migrate(
            settings.database, _options(settings), partitions
        )
        return done
    if partitions:
        raise InvalidValue("SQLite knows no partitions; they are for PostgreSQL")
    return migrate_file(sqlite_path(settings.database))


@asynccontextmanager
async def archives(source: Settings, target: Settings) -> AsyncIterator[tuple[Archive, Archive]]:
    """Two databases to copy between, for as long as the block runs.

    Raises:
        InvalidValue: an address is none that works.
    """
    both = _archive(source), _archive(target)
    try:
        yield both
    finally:
        for one in both:
            await one.close()


def _archive(settings: Settings) -> Archive:
    if not is_postgres(settings.database):
        return SqliteArchive(sqlite_path(settings.database))
    archive: Archive = _postgres().PostgresArchive(settings.database, _options(settings))
    return archive


def _postgres() -> "ModuleType":
    """The store on PostgreSQL, whose driver is not installed everywhere."""
    try:
        return import_module("headcount.store.postgres")
    except ModuleNotFoundError:
        raise Unavailable(
            "PostgreSQL needs its driver: install it with pip install 'headcount[postgres]'"
        ) from None


def _options(settings: Settings) -> Any:
    return _postgres().Options(settings.postgres_connections, settings.postgres_prepared)


def runtime(store: Store, world: World | None = None, settings: Settings | None = None) -> Runtime:
    """The operations on a store."""
    around, given = world or World(), settings or Settings()
    return Runtime(
        store,
        Directory(store, around.now, around.identifiers, Walker(store)),
        Organisations(store, around.clock, around.chance),
        Visiting(store, around.clock, around.chance),
        RoleRules(store, around.clock),
        Endpoints(store, around.clock, around.chance, given.webhook_private),
        Keys(store, around.clock, around.chance),
    )


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Runtime]:
    """The operations on the database that the settings name, for as long as the block runs."""
    store = open_store(settings)
    try:
        yield runtime(store, settings=settings)
    finally:
        await store.close()
