"""Puts the parts together. The one module that names a concrete store."""

import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache, partial
from importlib import import_module
from types import ModuleType
from typing import Any

from starlette.types import ASGIApp

from headcount.activity.recorder import Bounds, Recorder
from headcount.api.keyring import KeyRing
from headcount.api.loading import Later
from headcount.applying import Connections
from headcount.beside import Beside
from headcount.console.application import console
from headcount.console.rendering import Renderer
from headcount.console.services import Recognition, Services as ConsoleServices, never
from headcount.directory.directory import Directory
from headcount.directory.endpoints import Endpoints
from headcount.directory.identifiers import Identifiers
from headcount.directory.keys import Keys
from headcount.directory.organisations import Organisations
from headcount.directory.ruling import RoleRules
from headcount.directory.visiting import Visiting
from headcount.directory.walking import Walker
from headcount.errors import InvalidValue, Unavailable
from headcount.feed.forgetting import Forgetting
from headcount.feed.watching import Watch
from headcount.feed.webhooks.posting import Poster
from headcount.feed.webhooks.trying import Trial
from headcount.settings import Settings, is_postgres, read_settings, sqlite_path
from headcount.store.copying import Archive
from headcount.store.model import Migrated, OrgId
from headcount.store.promise import Store
from headcount.store.sqlite import SqliteArchive, SqliteStore, migrate_file
from headcount.store.webhooks import Attempt
from headcount.web.address import Addresses
from headcount.web.application import Application, Background
from headcount.web.authentication import Authentication, Recognises
from headcount.web.call import Services
from headcount.web.request import Limits
from headcount.web.scim import ScimApplication
from headcount.web.understood import understood
from headcount.web.wire import TOLERANT


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


def check(settings: Settings) -> None:
    """See that everything is installed that the settings ask for, before anything listens.

    Raises:
        Unavailable: something is missing.
    """
    if settings.oidc_issuer:
        _openid()


def _recognition(settings: Settings, store: Store, world: World) -> Recognition | None:
    if not settings.oidc_issuer:
        return None
    made: Recognition = _openid().OpenIdRecognition(settings, store, world.clock)
    return made


def _openid() -> "ModuleType":
    """OpenID Connect, whose libraries are not installed everywhere."""
    try:
        return import_module("headcount.console.recognition")
    except ModuleNotFoundError:
        raise Unavailable(
            "signing in with OpenID Connect needs authlib: install it with"
            " pip install 'headcount[oidc]'"
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


def build(
    settings: Settings, stopping: Callable[[], bool] = never, world: World | None = None
) -> Application:
    """The application on the database that the settings name.

    Args:
        settings: of the process.
        stopping: whether the server ends, so that what is sent for long has to end too.
        world: the time and chance, where they are not those of the machine.
    """
    around = world or World()
    store = open_store(settings)
    parts = runtime(store, around, settings)
    recorder = _recorder(settings, store, around)
    scim = ScimApplication(
        _services(settings, parts),
        Authentication(store, around.clock),
        Addresses(settings.public_url, settings.base_domain),
        recorder,
    )
    connections = Connections(store, around.clock)
    pages = _console(settings, parts, connections, recorder, stopping, around)
    watch = Watch(store)
    background: list[Background] = [watch, connections]
    if settings.event_days:
        background.append(Forgetting(store, around.clock, settings.event_days))
    if settings.worker:
        background.append(Beside(store, watch, settings, around.clock))
    api = Later(partial(_api, parts, watch, settings, around, stopping))
    return Application(scim, store, pages, recorder, background=background, api=api)


@dataclass(frozen=True, slots=True)
class Embedded:
    """What an application of others holds of Headcount."""

    runtime: Runtime
    scim: ScimApplication  # below no prefix; see `web.mounting`
    console: ASGIApp
    connections: Connections
    recorder: Recorder | None
    clock: Callable[[], datetime]


def embedded(
    settings: Settings, recognising: Callable[[Runtime, Authentication], Recognises]
) -> Embedded:
    """The parts for an application that takes requests itself.

    Args:
        settings: of the process.
        recognising: who says who calls: given the operations, and what knows the tokens.
    """
    around = World()
    store = open_store(settings)
    parts = runtime(store, around, settings)
    recorder = _recorder(settings, store, around)
    scim = ScimApplication(
        _services(settings, parts),
        recognising(parts, Authentication(store, around.clock)),
        Addresses(settings.public_url, settings.base_domain, mounted=True),
        recorder,
        prefix="",
    )
    connections = Connections(store, around.clock)
    pages = _console(settings, parts, connections, recorder, never, around)
    return Embedded(parts, scim, pages, connections, recorder, around.clock)


def _services(settings: Settings, parts: Runtime) -> Services:
    limits = Limits(settings.max_body_bytes, settings.group_answer_members)
    return Services(parts.directory, parts.store, limits)


def _console(
    settings: Settings,
    parts: Runtime,
    connections: Connections,
    recorder: Recorder | None,
    stopping: Callable[[], bool],
    around: World,
) -> ASGIApp:
    return console(
        ConsoleServices(
            store=parts.store,
            directory=parts.directory,
            organisations=parts.organisations,
            visiting=parts.visiting,
            role_rules=parts.role_rules,
            endpoints=parts.endpoints,
            keys=parts.keys,
            connecting=connections,
            try_webhook=partial(send_test, settings, parts),
            settings=settings,
            clock=around.clock,
            renderer=Renderer(around.clock),
            names=TOLERANT.dialect.names,
            recognition=_recognition(settings, parts.store, around),
            understood=understood,
            dropped=partial(_dropped, recorder),
            stopping=stopping,
        )
    )


async def send_test(settings: Settings, parts: Runtime, slug: str, endpoint: str) -> Attempt:
    """Send a test event to a webhook, now and from here; what became of it."""
    poster = Poster(private=settings.webhook_private)
    try:
        return await Trial(parts.store, poster, clock, secrets.token_bytes)(slug, endpoint)
    finally:
        await poster.close()


def _api(
    parts: Runtime,
    watch: Watch,
    settings: Settings,
    world: World,
    stopping: Callable[[], bool],
) -> ASGIApp:
    """The HTTP API, whose framework takes a while to load."""
    services = import_module("headcount.api.calls").Services(
        store=parts.store,
        walker=parts.directory.walker,
        organisations=parts.organisations,
        keyring=KeyRing(parts.store, world.clock),
        watch=watch,
        now=world.now,
        stopping=stopping,
        largest=settings.max_body_bytes,
    )
    made: ASGIApp = import_module("headcount.api.application").ApiApplication(services)
    return made


def _recorder(settings: Settings, store: Store, world: World) -> Recorder | None:
    """What records requests, unless the operator does not want that."""
    if not settings.activity_days:
        return None
    bounds = Bounds(days=settings.activity_days, most=settings.activity_most)
    return Recorder(store, world.clock, bounds)


def _dropped(recorder: Recorder | None, org: OrgId | None) -> int:
    """How many requests of an organisation this process answered and could not record."""
    return 0 if recorder is None else recorder.missing_of(org)


def application(stopping: Callable[[], bool] = never) -> Application:
    """The application that the environment states: what an ASGI server is pointed at."""
    return build(read_settings(), stopping)
