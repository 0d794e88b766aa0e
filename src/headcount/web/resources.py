"""What each method does at each address: who calls, what was sent, one operation, one answer."""

from collections.abc import Awaitable, Callable, Collection
from typing import Any, NamedTuple

from headcount.directory.access import Caller
from headcount.directory.directory import Directory
from headcount.errors import NotFound, NotImplementedHere
from headcount.scim import discovery
from headcount.scim.attributes import ResourceType
from headcount.scim.messages import DEFAULT_PAGE, MAX_PAGE
from headcount.scim.operations import Operation
from headcount.scim.projection import WHOLE, Projection
from headcount.scim.resources import Document
from headcount.store.model import Kind, Outcome, Seen, Stored
from headcount.web import answers, wire
from headcount.web.answers import RELATIONS, Answer
from headcount.web.request import Limits, Request
from headcount.web.wire import Reading


class Call(NamedTuple):
    """One request, ready to be answered: who wants what of which resource."""

    directory: Directory
    caller: Caller
    base: str  # what addresses in the answer begin with
    limits: Limits
    kind: Kind
    id: str
    request: Request

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

    async def json(self) -> Any:
        """What was sent, within the limit."""
        if self.caller.strict:
            self.request.check_media_type()
        return wire.json_of(await self.request.body(self.limits.body))

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


async def list_resources(call: Call) -> Answer:
    """GET /{kind} (RFC 7644 section 3.4.2)."""
    query = wire.query(call.request.query_string, call.type, call.reading)
    found = await call.directory.find(call.caller, call.kind, query, base=call.base)
    return answers.page(found, call.base, call.type, query)


async def search_resources(call: Call) -> Answer:
    """POST /{kind}/.search (RFC 7644 section 3.4.3)."""
    query = wire.search(await call.json(), call.type, call.reading)
    found = await call.directory.find(call.caller, call.kind, query, base=call.base)
    return answers.page(found, call.base, call.type, query)


async def create_resource(call: Call) -> Answer:
    """POST /{kind} (RFC 7644 section 3.3)."""
    sent = await call.resource()
    outcome = await call.directory.create(call.caller, call.kind, sent, call.reading.dialect)
    return await _outcome(call, 201, outcome)


async def read_resource(call: Call) -> Answer:
    """GET /{kind}/{id} (RFC 7644 section 3.4.1)."""
    projection = call.projection()
    relations = projection.shows(RELATIONS[call.kind])
    seen = await call.directory.get(
        call.caller, call.kind, call.id, base=call.base, relations=relations
    )
    tag = answers.version(seen)
    if _is_known(tag, call.request.if_none_match):
        return Answer(304, headers=[(b"etag", tag.encode())])
    return answers.resource(200, seen, call.base, call.type, projection)


def _is_known(tag: str, if_none_match: str | None) -> bool:
    if if_none_match is None:
        return False
    tags = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return "*" in tags or tag.removeprefix("W/") in tags


async def replace_resource(call: Call) -> Answer:
    """PUT /{kind}/{id} (RFC 7644 section 3.5.1)."""
    sent = await call.resource()
    outcome = await call.directory.replace(
        call.caller, call.kind, call.id, sent, dialect=call.reading.dialect, if_match=call.if_match
    )
    return await _outcome(call, 200, outcome)


async def patch_resource(call: Call) -> Answer:
    """PATCH /{kind}/{id} (RFC 7644 section 3.5.2).

    A large group is not sent back: adding one member must not cost as much as reading them all.
    """
    operations = await call.operations()
    outcome = await call.directory.patch(
        call.caller,
        call.kind,
        call.id,
        operations,
        dialect=call.reading.dialect,
        if_match=call.if_match,
    )
    if outcome.member_count > call.limits.group_answer and call.projection().is_whole:
        return Answer(204, headers=[(b"etag", answers.version(Seen(outcome.stored)).encode())])
    return await _outcome(call, 200, outcome)


async def delete_resource(call: Call) -> Answer:
    """DELETE /{kind}/{id} (RFC 7644 section 3.6)."""
    await call.directory.delete(call.caller, call.kind, call.id, if_match=call.if_match)
    return Answer(204)


async def _outcome(call: Call, status: int, outcome: Outcome) -> Answer:
    """What was written, with its relations as they are now."""
    projection = call.projection()
    seen = Seen(outcome.stored)
    fresh_account = status == 201 and call.kind is Kind.USER
    if projection.shows(RELATIONS[call.kind]) and not fresh_account:
        seen = await _seen_again(call, outcome.stored)
    return answers.resource(status, seen, call.base, call.type, projection)


async def _seen_again(call: Call, stored: Stored) -> Seen:
    try:
        return await call.directory.get(call.caller, stored.kind, stored.id, base=call.base)
    except NotFound:  # written, and deleted by somebody else since
        return Seen(stored)


async def search_everything(call: Call) -> Answer:
    """POST /.search: accounts first, then groups, as one list (RFC 7644 section 3.4.3)."""
    body = await call.json()
    types = call.caller.types
    queries = {kind: wire.search(body, types[kind], call.reading) for kind in Kind}
    found = await call.directory.find_everything(call.caller, queries, base=call.base)
    resources = [
        answers.shown(seen, call.base, types[kind], queries[kind].projection)
        for seen in found.resources
        for kind in (seen.stored.kind,)
    ]
    return answers.listed(found, queries[Kind.USER], resources)


async def service_provider_config(call: Call) -> Answer:
    """GET /ServiceProviderConfig (RFC 7644 section 4)."""
    return answers.message(discovery.service_provider_config(call.base))


async def resource_types(call: Call) -> Answer:
    """GET /ResourceTypes and /ResourceTypes/{name}."""
    return _discovered(discovery.resource_types(call.types, call.base), call.id, "resource type")


async def schemas(call: Call) -> Answer:
    """GET /Schemas and /Schemas/{urn}."""
    return _discovered(discovery.schemas(call.types, call.base), call.id, "schema")


def _discovered(known: dict[str, dict[str, object]], name: str, what: str) -> Answer:
    if not name:
        return answers.message(discovery.listed(list(known.values())))
    for key, one in known.items():
        if key.lower() == name.lower():
            return answers.message(one)
    raise NotFound(f"there is no {what} {name[:200]!r}; there are: {', '.join(known)}")


async def not_offered(_: Call) -> Answer:
    """Parts of the protocol that ServiceProviderConfig does not promise."""
    raise NotImplementedHere(
        "this server offers neither /Me nor /Bulk; /ServiceProviderConfig says what it does offer"
    )


__all__ = ["DEFAULT_PAGE", "MAX_PAGE", "Call", "Handler"]
