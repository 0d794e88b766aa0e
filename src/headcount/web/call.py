"""One request on its way through: who wants what of which resource, and what answers it."""

from collections.abc import Awaitable, Callable, Collection
from typing import Any, NamedTuple

from headcount.directory.access import Caller
from headcount.directory.directory import Directory
from headcount.scim.attributes import ResourceType
from headcount.scim.operations import Operation
from headcount.scim.projection import WHOLE, Projection
from headcount.scim.resources import Document
from headcount.store.model import Kind
from headcount.store.promise import Store
from headcount.web import wire
from headcount.web.answers import Answer
from headcount.web.request import Limits, Request
from headcount.web.wire import Reading


class Services(NamedTuple):
    """What every request is answered with."""

    directory: Directory
    store: Store
    limits: Limits


class Call(NamedTuple):
    """One request, ready to be answered: who wants what of which resource."""

    services: Services
    caller: Caller
    base: str  # what addresses in the answer begin with
    kind: Kind
    id: str
    request: Request

    @property
    def directory(self) -> Directory:
        """The operations."""
        return self.services.directory

    @property
    def limits(self) -> Limits:
        """How much may come and go."""
        return self.services.limits

    @property
    def type(self) -> ResourceType:
        """The resource type of the address."""
        return self.caller.types[self.kind]

    @property
    def types(self) -> Collection[ResourceType]:
        """The resource types of the organisation."""
        return self.caller.types.values()

    def projection(self) -> Projection:
        """What the request wants to see of the resource."""
        if not self.request.query_string:
            return WHOLE
        asked = _without_filter(self.request.query_string)
        return wire.query(asked, self.type, self.reading).projection

    @property
    def if_match(self) -> str | None:
        """The versions that the client wants to change, if it says so."""
        return self.request.if_match

    @property
    def reading(self) -> Reading:
        """How what was sent is to be read."""
        return wire.STRICT if self.caller.strict else wire.TOLERANT

    async def body(self) -> bytes:
        """What was sent, within the limit."""
        if self.caller.strict:
            self.request.check_media_type()
        return await self.request.body(self.limits.body)

    async def json(self) -> Any:
        """The JSON that was sent."""
        return wire.json_of(await self.body())

    async def resource(self) -> Document:
        """The resource that was sent."""
        return wire.resource(await self.json(), self.type, self.reading)

    async def operations(self) -> tuple[Operation, ...]:
        """The operations of a PATCH that were sent."""
        return wire.operations(await self.json(), self.type, self.reading)


def _without_filter(query_string: bytes) -> bytes:
    """On one resource a filter has no meaning, so a broken one does no harm."""
    parts = query_string.split(b"&")
    return b"&".join(part for part in parts if b"ttributes=" in part)


Handler = Callable[[Call], Awaitable[Answer]]
