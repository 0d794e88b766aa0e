"""Answers as bytes: a stored document is completed, never parsed and printed again."""

from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

import orjson

from headcount.errors import ScimError
from headcount.scim.attributes import ResourceType
from headcount.scim.messages import LIST_URN, Query
from headcount.scim.projection import Projection, project
from headcount.store.model import Kind, Page, Seen, Stored

SCIM_JSON = b"application/scim+json"
JSON = b"application/json"

RELATIONS = {Kind.USER: "groups", Kind.GROUP: "members"}

Headers = list[tuple[bytes, bytes]]


class Answer(NamedTuple):
    """What goes back to the client."""

    status: int
    body: bytes = b""
    headers: Sequence[tuple[bytes, bytes]] = ()


def location(stored: Stored, base: str) -> str:
    """The address of a resource."""
    return f"{base}/{stored.kind.value}s/{stored.id}"


def version(seen: Seen) -> str:
    """The version of what is shown, as an entity tag (RFC 7644 section 3.14)."""
    return f'W/"{_number(seen)}"'


def _number(seen: Seen) -> str:
    """The version of an account says nothing of its groups, so what is shown of them is added."""
    if seen.stored.kind is Kind.GROUP or seen.relations in {None, b"[]"}:
        return str(seen.stored.version)
    assert seen.relations is not None
    return f"{seen.stored.version}-{crc32(seen.relations):08x}"


def whole(seen: Seen, base: str) -> bytes:
    """A resource as it goes on the wire, with `meta` and what was read of its relations.

    >>> stored = Stored(Kind.USER, "7", 2, "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z",
    ...     b'{"id":"7"}')
    >>> whole(Seen(stored), "https://x.test/scim/v2").decode()[:52]
    '{"id":"7","meta":{"resourceType":"User","created":"2'
    """
    kind, resource_id, _, created, modified, document = seen.stored
    number = _number(seen)
    meta = (
        f',"meta":{{"resourceType":"{kind}","created":"{created}","lastModified":"{modified}",'
        f'"version":"W/\\"{number}\\"","location":"{base}/{kind}s/{resource_id}"}}'
    )
    return b"".join((document[:-1], meta.encode(), _relations(seen), b"}"))


def _relations(seen: Seen) -> bytes:
    """`groups` only where there are some; `members` always: authentik takes no list for unknown."""
    if seen.relations is None:
        return b""
    if seen.stored.kind is Kind.GROUP:
        return b',"members":' + seen.relations
    return b',"groups":' + seen.relations if seen.relations != b"[]" else b""


def shown(seen: Seen, base: str, kind: ResourceType, projection: Projection) -> bytes:
    """A resource as the request wants to see it."""
    body = whole(seen, base)
    if projection.is_whole or projection.only_hides(RELATIONS[seen.stored.kind]):
        return body
    return orjson.dumps(project(orjson.loads(body), projection, kind))


def resource(
    status: int, seen: Seen, base: str, kind: ResourceType, projection: Projection
) -> Answer:
    """One resource, with its version and, when it is new, its address in the headers."""
    headers = [(b"etag", version(seen).encode())]
    if status == 201:
        headers.append((b"location", location(seen.stored, base).encode()))
    return Answer(status, shown(seen, base, kind, projection), headers)


def page(found: Page, base: str, kind: ResourceType, query: Query) -> Answer:
    """One part of a list (RFC 7644 section 3.4.2)."""
    if query.projection.is_whole:
        resources = [whole(seen, base) for seen in found.resources]
    else:
        resources = [shown(seen, base, kind, query.projection) for seen in found.resources]
    return listed(found, query, resources)


def listed(found: Page, query: Query, resources: list[bytes]) -> Answer:
    """A ListResponse of resources that are bytes already.

    It says where it begins, or with which cursor it goes on (RFC 9865 section 2).
    """
    place = f'"startIndex":{query.start},'
    if query.cursor is not None:
        place = f'"nextCursor":"{found.cursor}",' if found.cursor else ""
    head = (
        f'{{"schemas":["{LIST_URN}"],"totalResults":{found.total},{place}'
        f'"itemsPerPage":{len(resources)},"Resources":['
    )
    return Answer(200, b"".join((head.encode(), b",".join(resources), b"]}")))


def message(body: object) -> Answer:
    """Anything else that is JSON."""
    return Answer(200, orjson.dumps(body))


class ServerFault(ScimError):
    """A bug of ours, told without its insides."""

    status = 500


def refusal(error: ScimError) -> Answer:
    """Every refusal becomes its answer here and only here (RFC 7644 section 3.12)."""
    return Answer(error.status, orjson.dumps(error_body(error)), error.headers())


def error_body(error: ScimError) -> dict[str, object]:
    """The message; its detail may quote what arrived, and that may be no text for JSON."""
    body = error.body()
    detail = str(body["detail"]).encode("utf-8", "backslashreplace").decode()
    return {**body, "detail": detail}
