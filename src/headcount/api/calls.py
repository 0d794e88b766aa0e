"""One request on its way through: which key, about which organisation, what it may do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path
from starlette.requests import Request

from headcount.api.keyring import KeyRing
from headcount.directory.access import Caller
from headcount.directory.keys import Scope
from headcount.directory.organisations import Organisations
from headcount.directory.walking import Walker
from headcount.errors import Forbidden
from headcount.feed.watching import Watch
from headcount.store.keys import ApiKey
from headcount.store.model import Organisation, OrgId
from headcount.store.promise import Store
from headcount.store.refusals import no_organisation


@dataclass(frozen=True, slots=True)
class Services:
    """What every request is answered with."""

    store: Store
    walker: Walker
    organisations: Organisations
    keyring: KeyRing
    watch: Watch
    now: Callable[[], str]  # RFC 3339 in UTC, with milliseconds
    stopping: Callable[[], bool]
    largest: int  # bytes of a body


@dataclass(frozen=True, slots=True)
class Call:
    """A request with a key that is good."""

    services: Services
    key: ApiKey

    @property
    def store(self) -> Store:
        """Where everything is."""
        return self.services.store

    @property
    def actor(self) -> str:
        """Who does what is done here, as events and the audit trail name it."""
        return f"key:{self.key.id}"

    async def organisation(self, slug: str) -> Organisation:
        """The organisation, if the key opens it; one that it does not looks as if it was not there.

        Raises:
            NotFound: there is none.
        """
        if self.key.org is not None and slug != self.key.slug:
            raise no_organisation(slug)
        return await self.store.organisation(slug)


@dataclass(frozen=True, slots=True)
class Place:
    """A request about one organisation."""

    call: Call
    organisation: Organisation

    @property
    def store(self) -> Store:
        """Where everything is."""
        return self.call.store

    @property
    def org(self) -> OrgId:
        """Whose things they are."""
        return self.organisation.id

    @property
    def caller(self) -> Caller:
        """Who reads in the organisation."""
        return Caller(self.organisation, self.call.actor, read_only=True)


async def call_of(request: Request) -> Call:
    """The request with its key, which was looked at before."""
    return Call(request.app.state.services, request.scope["headcount.key"])


ACall = Annotated[Call, Depends(call_of)]
Slug = Annotated[str, Path(description="The slug of the organisation.", examples=["acme"])]


async def place_of(call: ACall, slug: Slug) -> Place:
    """The request with the organisation of its address."""
    return Place(call, await call.organisation(slug))


APlace = Annotated[Place, Depends(place_of)]


def needing(scope: Scope) -> Callable[[Call], Awaitable[None]]:
    """What lets a request pass if its key has the scope."""

    async def check(call: ACall) -> None:
        if scope not in call.key.scopes:
            opens = f" --org {call.key.slug}" if call.key.slug else ""
            raise Forbidden(
                f"the key {call.key.label!r} lacks the scope {scope}: issue one with"
                f" `headcount api-key issue --label LABEL{opens} --scope {scope}`"
            )

    return check
