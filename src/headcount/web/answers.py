"""Answers as bytes: a stored document is completed, never parsed and printed again."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import NamedTuple
from zlib import crc32

import orjson

from headcount.errors import ScimError
from headcount.scim.attributes import ResourceType
from headcount.scim.messages import LIST_URN, Query
from headcount.scim.projection import Projection, project
from headcount.store.model import RELATIONS, Kind, Page, Parts, Seen, Stored
from headcount.web.bodies import LONG, Body, Entries, Piece, body_of

SCIM_JSON = b"application/scim+json"
JSON = b"application/json"

Headers = list[tuple[bytes, bytes]]


class Answer(NamedTuple):
    """What goes back to the client."""

    status: int
    body: bytes | Body = b""
    headers: Sequence[tuple[bytes, bytes]] = ()


def location(stored: Stored, base: str) -> str:
    """The address of a resource."""
    return f"{base}/{stored.kind.value}s/{stored.id}"


def version(seen: Seen) -> str:
    """The version of what is shown, as an entity tag (RFC 7644 section 3.14)."""
    stored, relations = seen
    if stored.kind is Kind.GROUP:  # its version tells all of it, and its members may be many
        return f'W/"{stored.version}"'
    tag, _ = _told(stored.kind, relations)
    return f'W/"{stored.version}{tag}"'


_ALONE = ("", b"}")
_MEMBERS = b',"members":'


def _told(kind: Kind, relations: bytes | Parts | None) -> tuple[str, bytes]:
    """What the version says of relations, and how the resource ends with them.

    There are always `members` where they were asked for: authentik takes no list for unknown.
    """
    if relations is None:
        return _ALONE
    if kind is Kind.GROUP:
        return ("", b"%b%b}" % (_MEMBERS, relations)) if isinstance(relations, bytes) else _ALONE
    assert isinstance(relations, bytes)  # nobody is in so many groups
    return _told_of_groups(relations)


@lru_cache(maxsize=8_192)  # 500 bytes each
def _told_of_groups(groups: bytes) -> tuple[str, bytes]:
    """The same of the groups of an account; it has `groups` only where there are some.

    Its version says nothing of them, so what is shown is added. The people of a page share a few
    lists of them.
    """
    return (f"-{crc32(groups):08x}", b',"groups":%b}' % groups) if groups != b"[]" else _ALONE


def whole(seen: Seen, base: str) -> bytes:
    """A resource as it goes on the wire, with `meta` and what was read of its relations.

    >>> stored = Stored(Kind.USER, "7", 2, "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z",
    ...     b'{"id":"7"}')
    >>> whole(Seen(stored), "https://x.test/scim/v2").decode()[:52]
    '{"id":"7","meta":{"resourceType":"User","created":"2'
    """
    return wholes((seen,), base)[0]


def wholes(found: Iterable[Seen], base: str) -> list[bytes]:
    """The same of several, in one go: a page has a hundred."""
    made = []
    for seen in found:
        (kind, resource_id, number, created, modified, document), relations = seen
        tag, end = _told(kind, relations)
        name = kind._value_  # what `value` and a format ask for, found the short way
        meta = (
            f',"meta":{{"resourceType":"{name}","created":"{created}","lastModified":"{modified}",'
            f'"version":"W/\\"{number}{tag}\\"","location":"{base}/{name}s/{resource_id}"}}'
        )
        made.append(document[:-1] + meta.encode() + end)
    return made


def shown(seen: Seen, base: str, kind: ResourceType, projection: Projection) -> bytes:
    """A resource as the request wants to see it."""
    body = whole(seen, base)
    if projection.is_whole or projection.only_hides(RELATIONS[seen.stored.kind]):
        return body
    return orjson.dumps(project(orjson.loads(body), projection, kind))


def pieces(
    seen: Seen, base: str, kind: ResourceType, projection: Projection
) -> bytes | Sequence[Piece]:
    """The same, in pieces where a group has many members."""
    members = seen.relations
    if members is None or seen.stored.kind is Kind.USER:
        return shown(seen, base, kind, projection)
    if isinstance(members, bytes):
        if len(members) < LONG or not projection.is_whole:
            return shown(seen, base, kind, projection)
        return (whole(Seen(seen.stored), base)[:-1], _MEMBERS, members, b"}")
    beginning = shown(Seen(seen.stored), base, kind, projection)[:-1]
    entries = Entries(members, _MEMBERS)
    if not projection.is_whole:
        entries = replace(entries, shown=partial(_entries, projection=projection, kind=kind))
    return (beginning, entries, b"}")


def _entries(entries: bytes, projection: Projection, kind: ResourceType) -> bytes:
    """What a projection shows of some members."""
    some = {"members": orjson.loads(b"[%b]" % entries)}
    return orjson.dumps(project(some, projection, kind).get("members", []))[1:-1]


def resource(
    status: int, seen: Seen, base: str, kind: ResourceType, projection: Projection
) -> Answer:
    """One resource, with its version and, when it is new, its address in the headers."""
    headers = [(b"etag", version(seen).encode())]
    if status == 201:
        headers.append((b"location", location(seen.stored, base).encode()))
    return Answer(status, body_of((pieces(seen, base, kind, projection),)), headers)


def page(found: Page, base: str, kind: ResourceType, query: Query) -> Answer:
    """One part of a list (RFC 7644 section 3.4.2)."""
    if kind.name == Kind.USER.value and query.projection.is_whole:  # as most are, the short way
        return listed(found, query, wholes(found.resources, base))
    resources = [pieces(seen, base, kind, query.projection) for seen in found.resources]
    return listed(found, query, resources)


def listed(found: Page, query: Query, resources: Sequence[bytes | Sequence[Piece]]) -> Answer:
    """A ListResponse of resources that are bytes already.

    It says where it begins, or with which cursor it goes on (RFC 9865 section 2).
    """
    place = f'"startIndex":{query.start},'
    if query.cursor is not None:
        place = f'"nextCursor":"{found.cursor}",' if found.cursor else ""
    head = (
        f'{{"schemas":["{LIST_URN}"],"totalResults":{found.total},{place}'
        f'"itemsPerPage":{len(resources)},"Resources":['
    ).encode()
    short = [one for one in resources if isinstance(one, bytes)]
    if len(short) == len(resources):
        return Answer(200, b"".join((head, b",".join(short), b"]}")))
    apart = [one for each in resources for one in (b",", each)][1:]
    return Answer(200, body_of([head, *apart, b"]}"]))


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
