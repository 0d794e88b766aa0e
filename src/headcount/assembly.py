"""Puts together what answers requests: the server's application, and what others embed.

Apart from `bootstrap`, as it takes longer to load than all that a command needs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from starlette.types import ASGIApp

from headcount.activity.recorder import Bounds, Recorder
from headcount.api.keyring import KeyRing
from headcount.applying import Connections
from headcount.beside import Beside
from headcount.bootstrap import Runtime, World, open_store, runtime
from headcount.errors import Unavailable
from headcount.feed.forgetting import Forgetting
from headcount.feed.watching import Watch
from headcount.feed.webhooks.trying import send_test
from headcount.settings import Settings, read_settings
from headcount.store.model import OrgId
from headcount.store.promise import Store
from headcount.web.address import Addresses
from headcount.web.application import Application, Background
from headcount.web.authentication import Authentication, Recognises
from headcount.web.call import Services
from headcount.web.later import Later
from headcount.web.request import Limits
from headcount.web.scim import ScimApplication
from headcount.web.understood import understood
from headcount.web.wire import TOLERANT


def never() -> bool:
    """Whether the server ends, where nobody can say."""
    return False


def check(settings: Settings) -> None:
    """See that everything is installed that the settings ask for, before anything listens.

    Raises:
        Unavailable: something is missing.
    """
    if settings.oidc_issuer:
        _openid()


def _recognition(settings: Settings, store: Store, world: World) -> Any:
    if not settings.oidc_issuer:
        return None
    return _openid().OpenIdRecognition(settings, store, world.clock)


def _openid() -> "ModuleType":
    """OpenID Connect, whose libraries are not installed everywhere."""
    try:
        return import_module("headcount.console.recognition")
    except ModuleNotFoundError:
        raise Unavailable(
            "signing in with OpenID Connect needs authlib: install it with"
            " pip install 'headcount[oidc]'"
        ) from None


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
    pages = Later(partial(_console, settings, parts, connections, recorder, stopping, around))
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
    check(settings)
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
    pages = Later(partial(_console, settings, parts, connections, recorder, never, around))
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
    """The pages, whose templates and texts take a while to load."""
    made: ASGIApp = import_module("headcount.console.application").console(
        import_module("headcount.console.services").Services(
            store=parts.store,
            directory=parts.directory,
            organisations=parts.organisations,
            visiting=parts.visiting,
            role_rules=parts.role_rules,
            endpoints=parts.endpoints,
            keys=parts.keys,
            connecting=connections,
            try_webhook=partial(
                send_test,
                parts.store,
                private=settings.webhook_private,
                clock=around.clock,
                chance=around.chance,
            ),
            settings=settings,
            clock=around.clock,
            renderer=import_module("headcount.console.rendering").Renderer(around.clock),
            names=TOLERANT.dialect.names,
            recognition=_recognition(settings, parts.store, around),
            understood=understood,
            dropped=partial(_dropped, recorder),
            stopping=stopping,
        )
    )
    return made


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
