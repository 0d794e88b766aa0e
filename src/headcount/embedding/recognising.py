"""Who calls, and for which organisation, where the application says that itself."""

import asyncio
import inspect
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from headcount.bootstrap import Runtime
from headcount.directory.access import Caller
from headcount.errors import NotFound, ScimError, Taken, Unauthorized
from headcount.store.model import Organisation, Policy
from headcount.store.records import readable
from headcount.web.authentication import Authentication

_LOG = logging.getLogger(__name__)

T = TypeVar("T")

_LONGEST = 200  # characters of an actor


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sent a request, as the application knows them."""

    name: str  # as events name who did it, behind `application:`; no secret
    organisation: str | None = None  # slug; None: what `organisation` says
    organisation_name: str | None = None  # of one that is to be created; None: as the slug
    read_only: bool = False
    strict: bool = False  # what is sent is read by the book


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a request was sent."""

    host: str  # such as `acme.example.com`, with a port where one was given
    prefix: str  # of the application and the place of Headcount in it, such as `/acme/scim`
    path: str  # all of it
    parameters: Mapping[str, Any]  # of that place, such as {"tenant": "acme"}
    headers: Mapping[str, str] = field(repr=False)  # by names in small letters


Authenticate = Callable[[Mapping[str, str]], Identity | Awaitable[Identity | None] | None]
"""From the headers of a request, by names in small letters, to who sent it. None: nobody."""

Locate = Callable[[Asked], str | Awaitable[str | None] | None]
"""From where a request was sent to the slug of an organisation. None: there is none."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What the application says itself."""

    authenticate: Authenticate | None = None
    organisation: Locate | None = None
    create_missing: bool = False


class Recognition:
    """Asks the application, and the tokens where it leaves that to Headcount.

    Whatever goes wrong in the application's functions lets nobody in.
    """

    def __init__(self, saying: Saying, runtime: Runtime, tokens: Authentication) -> None:
        self._saying = saying
        self._runtime = runtime
        self._tokens = tokens
        self._known: dict[str, Organisation] = {}
        self._epoch: int | None = None

    async def recognise(
        self, scope: Any, headers: Mapping[bytes, bytes], slug: str | None
    ) -> Caller:
        """Who sent a request, for which organisation.

        Raises:
            Unauthorized: the application knows neither, or they do not go together.
        """
        told = {key.decode("latin-1"): one.decode("latin-1") for key, one in headers.items()}
        if self._saying.organisation is not None:
            slug = await self._located(_asked(scope, told), slug)
        if self._saying.authenticate is None:
            return await self._tokens.caller(headers.get(b"authorization"), slug)
        who = await _answer("authenticate", self._saying.authenticate, told, Identity)
        given = who.organisation or slug
        if given is None:
            _LOG.error("authenticate told no organisation of %r, so nobody comes in", who.name)
            raise _nobody()
        if slug is not None and slug != given:
            raise Unauthorized("these credentials belong to another organisation than this address")
        known = await self._organisation(given, who.organisation_name)
        actor = readable(f"application:{who.name}")[:_LONGEST]
        return Caller(known, actor, who.read_only, who.strict)

    async def _located(self, asked: Asked, named: str | None) -> str:
        assert self._saying.organisation is not None
        slug = await _answer("organisation", self._saying.organisation, asked, str)
        if named is not None and named != slug:
            raise Unauthorized("the host name and the address tell different organisations")
        return slug

    async def _organisation(self, slug: str, name: str | None) -> Organisation:
        store = self._runtime.store
        epoch = store.access_epoch()
        if epoch is None:
            epoch = await store.read_access_epoch()
        if epoch != self._epoch:
            self._known.clear()
            self._epoch = epoch
        if (known := self._known.get(slug)) is None:
            known = self._known[slug] = await self._read(slug, name)
        return known

    async def _read(self, slug: str, name: str | None) -> Organisation:
        """The organisation; a new one where the application wants that."""
        with suppress(NotFound):
            return await self._runtime.store.organisation(slug)
        if not self._saying.create_missing:
            _LOG.warning(
                "the application let somebody in for the organisation %r, which is not there:"
                " create it, or have Headcount do so with create_missing=True",
                slug[:100],
            )
            raise _nobody()
        with suppress(Taken):  # another process was faster
            await self._runtime.organisations.create(
                slug, name or slug, Policy(), actor="application"
            )
        return await self._runtime.store.organisation(slug)


def _asked(scope: Mapping[str, Any], headers: Mapping[str, str]) -> Asked:
    return Asked(
        host=headers.get("host", ""),
        prefix=scope.get("root_path", ""),
        path=scope["path"],
        parameters=scope.get("path_params") or {},
        headers=headers,
    )


async def _answer(name: str, function: Callable[[Any], Any], asked: Any, wanted: type[T]) -> T:
    """What a function of the application says.

    Raises:
        Unauthorized: nothing, or something else, or it failed.
    """
    try:
        said = await _asking(function, asked)
    except ScimError:
        raise  # what it wants to be answered
    except Exception as error:  # noqa: BLE001 - other people's code lets nobody in by failing
        # Its message may quote what was sent, which no log shall hold.
        where = traceback.extract_tb(error.__traceback__)[-1]
        _LOG.error(
            "%s failed with %s at %s line %s, so nobody comes in",
            *(name, type(error).__name__, where.filename, where.lineno),
        )
        raise _nobody() from None
    if not isinstance(said, wanted):
        if said is not None:
            _LOG.error("%s returned %s, not %s", name, type(said).__name__, wanted.__name__)
        raise _nobody()
    return said


async def _asking(function: Callable[[Any], Any], asked: Any) -> Any:
    if inspect.iscoroutinefunction(function):
        return await function(asked)
    said = await asyncio.to_thread(function, asked)  # it may look into a database
    return await said if inspect.isawaitable(said) else said


def _nobody() -> Unauthorized:
    return Unauthorized("the application does not know who sent this, or for which organisation")
