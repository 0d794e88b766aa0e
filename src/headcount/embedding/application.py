"""`Headcount`: what an application makes one of, mounts, and tells what to do about events."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypedDict, TypeVar, Unpack, cast, overload

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from headcount import bootstrap
from headcount.bootstrap import Runtime
from headcount.directory.tokens import Wish
from headcount.embedding import accounts
from headcount.embedding.home import Home
from headcount.embedding.mounting import Callee, in_front_of, live
from headcount.embedding.recognising import Authenticate, Locate, Saying
from headcount.embedding.subscribing import Subscriber, Subscription, name_of, types_of
from headcount.errors import ScimError
from headcount.settings import Settings, checked
from headcount.store.model import Migrated, Policy
from headcount.web.mounting import mounted

_LOG = logging.getLogger(__name__)

T = TypeVar("T")
S = TypeVar("S", bound=Subscriber)

_ACTOR = "application"
_ANY_POLICY = Policy()


class Overrides(TypedDict, total=False):
    """Settings that an application may give; `docs/operating.md` tells what they mean."""

    public_url: str | None
    base_domain: str | None
    group_answer_members: int
    max_body_bytes: int
    postgres_connections: int
    postgres_prepared: bool
    activity_days: int
    activity_most: int


class Headcount:
    """Provisioning for an application: mounted in it, on a database of its own.

    Making one opens nothing: that happens in `lifespan`, in each process and event loop anew.
    The environment is not read; what an operator shall set, the application hands on.

    Args:
        database: `sqlite:///FILE`, or `postgresql://...` on which `headcount migrate` was run.
        authenticate: who sends a request, from its headers; else the tokens of Headcount tell.
        organisation: for which organisation, from where a request was sent; else the token tells.
        create_missing: make organisations that `authenticate` names and that are not there yet.
        settings: see `Overrides`.

    Raises:
        InvalidValue: a setting is none that works.
    """

    def __init__(
        self,
        database: str,
        *,
        authenticate: Authenticate | None = None,
        organisation: Locate | None = None,
        create_missing: bool = False,
        **settings: Unpack[Overrides],
    ) -> None:
        if create_missing and authenticate is None:
            raise ValueError("create_missing needs authenticate: only that names new organisations")
        self._settings = checked(replace(Settings(database), **settings))
        self._saying = Saying(authenticate, organisation, create_missing)
        self._subscriptions: dict[str, Subscription] = {}
        self._opening: asyncio.Task[Home] | None = None

    def on(
        self, *types: str, name: str | None = None, from_start: bool = False
    ) -> Callable[[S], S]:
        """Have a function deal with events: each in order, at least once, until it does not raise.

        It gets an `Event`. Where it has come to in each organisation is kept in the database under
        its name, so it goes on there after a restart. One process at a time calls it for an
        organisation. A function that is not awaited runs in a thread.

        Args:
            types: such as "account.deactivated" or "account.*"; every event where there is none.
            name: to be found again by; the function's own where none is given. Never change it.
            from_start: begin with the first event that is kept, not with what comes from now on.

        Raises:
            ValueError: there are no such events, or the name is taken or none.
        """
        wanted = types_of(types)

        def subscribed(function: S) -> S:
            called = name_of(function, name)
            if called in self._subscriptions:
                raise ValueError(
                    f"there is a subscriber {called!r} already: give one another name="
                )
            self._subscriptions[called] = Subscription(called, wanted, function, from_start)
            return function

        return subscribed

    async def start(self) -> None:
        """Open the database and begin with the subscribers; nothing where that was done.

        Raises:
            Unavailable: the database cannot be used.
        """
        await self._home()

    async def close(self) -> None:
        """End the subscribers, and let go of the database."""
        opening, self._opening = self._opening, None
        if opening is None or opening.get_loop().is_closed():
            return
        try:
            home = await opening
        except ScimError:  # it never was open, and whoever started it was told
            return
        await home.close()

    @asynccontextmanager
    async def lifespan(self, _app: object = None) -> AsyncIterator[None]:
        """From start to close: what FastAPI, Starlette and Litestar take as `lifespan`."""
        await self.start()
        try:
            yield
        finally:
            await self.close()

    @property
    def asgi(self) -> ASGIApp:
        """SCIM, to be mounted: at `/scim` its base address is `/scim/v2`."""
        return Callee(self._asgi)

    @property
    def console(self) -> ASGIApp:
        """The console, to be mounted at `/console` of the host and nowhere else, if at all."""
        return Callee(self._console)

    async def _asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._answer(scope, receive, send)
            case "lifespan":  # it is the whole application, or the framework passes it on
                await live(self.lifespan, receive, send)
            case "websocket":
                await send({"type": "websocket.close", "code": 1000, "reason": ""})

    async def _console(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            home = await self._home()
            path = "/console" + mounted(scope).path
            await home.parts.console({**scope, "root_path": "", "path": path}, receive, send)

    def in_front_of(self, application: ASGIApp, at: str = "/scim") -> ASGIApp:
        """An application with SCIM at a place in it, for those that cannot mount: Django."""
        return in_front_of(self.asgi, self.lifespan, application, at)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            home = await self._home(by_request=True)
        except ScimError as refused:
            headers = {name.decode(): value.decode() for name, value in refused.headers()}
            answer = JSONResponse(
                refused.body(), refused.status, headers, media_type="application/scim+json"
            )
            await answer(scope, receive, send)
            return
        root, path = mounted(scope)
        await home.parts.scim({**scope, "root_path": root, "path": path}, receive, send)

    async def _home(self, *, by_request: bool = False) -> Home:
        loop = asyncio.get_running_loop()
        opening = self._opening
        if opening is not None and (opening.get_loop().is_closed() or _failed(opening)):
            opening = None
        if opening is None:
            if by_request and self._subscriptions:
                _LOG.warning(
                    "Headcount was started by its first request, and its subscribers (%s) did"
                    " nothing before: start it with the application, by lifespan=hc.lifespan,"
                    " hc.in_front_of(...) or hc.start()",
                    ", ".join(self._subscriptions),
                )
            saying, wanted = self._saying, self._subscriptions
            opening = self._opening = loop.create_task(Home.open(self._settings, saying, wanted))
        if opening.get_loop() is not loop:
            raise RuntimeError(
                "Headcount runs in another event loop of this process: make one for each of them"
            )
        return await asyncio.shield(opening)

    async def migrate(self) -> Migrated:
        """Bring the tables up to date, as `headcount migrate` does; SQLite does so by itself.

        Raises:
            Unavailable: the database cannot be used, or is of a newer Headcount.
        """
        return await bootstrap.migrate(self._settings)

    async def create_organisation(self, slug: str, name: str, policy: Policy = _ANY_POLICY) -> bool:
        """Make an organisation; whether it is new. One that is there stays as it is.

        Raises:
            InvalidValue: the slug is not of lower-case letters, digits and hyphens.
        """
        return await self._do(lambda r: accounts.create_organisation(r, slug, name, policy))

    async def issue_token(
        self,
        slug: str,
        *,
        label: str,
        lifetime: timedelta | None = None,
        read_only: bool = False,
    ) -> str:
        """A new token for an identity provider: show it once, it is kept nowhere.

        Raises:
            NotFound: there is no such organisation.
        """
        wish = Wish(label, lifetime, read_only)
        token, _ = await self._do(lambda r: r.organisations.issue(slug, wish, actor=_ACTOR))
        return token

    async def accounts(self, slug: str, where: str | None = None) -> AsyncIterator[dict[str, Any]]:
        """Each account of an organisation as it is now, with its `groups`; the oldest first.

        Args:
            slug: of the organisation.
            where: a SCIM filter, such as `active eq true`.

        Raises:
            NotFound: there is no such organisation.
            InvalidFilter: the filter does not parse.
        """
        last: str | None = None
        while True:
            after = last
            page = await self._do(lambda r: accounts.page(r, slug, where, after))  # noqa: B023
            for one in page:
                yield one
            if len(page) < accounts.PAGE:
                return
            last = page[-1]["id"]

    async def caught_up(self, seconds: float = 10) -> None:
        """Wait until every subscriber has dealt with every event: for tests.

        Raises:
            TimeoutError: one has not, for so many seconds; it tells which one, and why.
        """
        await self._do(lambda r: accounts.caught_up(r, list(self._subscriptions), seconds))

    @overload
    def wait(self, call: Coroutine[Any, Any, T]) -> T: ...

    @overload
    def wait(self, call: AsyncIterator[T]) -> list[T]: ...

    def wait(self, call: Coroutine[Any, Any, T] | AsyncIterator[T]) -> T | list[T]:
        """What a call gives, for code that cannot await: `hc.wait(hc.accounts("acme"))`.

        Raises:
            RuntimeError: an event loop runs here, so await the call.
        """
        work: Coroutine[Any, Any, Any]
        work = _listed(call) if isinstance(call, AsyncIterator) else call
        if _is_free():
            return cast("T | list[T]", asyncio.run(work))
        work.close()
        raise RuntimeError("an event loop runs here, which would wait for itself: use await")

    async def _do(self, work: Callable[[Runtime], Awaitable[T]]) -> T:
        """Do it where the database is open; where it is not, open it for this alone."""
        opening = self._opening
        if opening is None or opening.get_loop().is_closed() or _failed(opening):
            async with bootstrap.opened(self._settings) as runtime:
                return await work(runtime)
        loop = opening.get_loop()
        if loop is asyncio.get_running_loop():
            return await work((await asyncio.shield(opening)).parts.runtime)

        async def there() -> T:
            return await work((await asyncio.shield(opening)).parts.runtime)

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(there(), loop))


async def _listed(call: AsyncIterator[T]) -> list[T]:
    return [one async for one in call]


def _failed(opening: "asyncio.Task[Home]") -> bool:
    return opening.done() and (opening.cancelled() or opening.exception() is not None)


def _is_free() -> bool:
    """Whether no event loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False
