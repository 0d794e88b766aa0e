"""One request of an identity provider in detail: what came, what it meant, what came of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from starlette.responses import Response

from headcount.activity.providers import provider_of
from headcount.console.pages.activity import base_of, rows_of
from headcount.console.seeking import org_of
from headcount.console.showing import pretty, pretty_value, short
from headcount.console.visits import ADMINISTRATORS, SERVER, Page, Visit
from headcount.directory.types import types_of
from headcount.errors import NotFound
from headcount.store.activity import Done, Exchange, Sought
from headcount.store.model import EventType, Kind, Recorded, Token

_SLACK = timedelta(milliseconds=1)  # both are told in whole ones, by clocks that run alike
_PART, _PARTS = 100, 10  # events that are read at once, and how often: 1,000 in all
_MEMBERS = frozenset({EventType.MEMBER_ADDED, EventType.MEMBER_REMOVED})
_BEGINNINGS = frozenset({EventType.ACCOUNT_CREATED, EventType.GROUP_CREATED})
_ENDS = frozenset({EventType.ACCOUNT_DELETED, EventType.GROUP_DELETED})
_MOST_MEMBERS = 20


class Changed(NamedTuple):
    """One attribute, before and after."""

    path: str
    before: str
    after: str


class Happened(NamedTuple):
    """One thing that came of a request."""

    title: str
    changes: tuple[Changed, ...] = ()
    times: int = 1


async def exchange(visit: Visit) -> Response:
    """GET /o/SLUG/activity/{number}: everything that is known of one request."""
    org, store = org_of(visit), visit.services.store
    number = visit.request.path_params["number"]
    found = await store.exchange(org, number)
    newer = await store.exchanges(org, Sought(after=number), 1)
    older = await store.exchanges(org, Sought(before=number), 1)
    token = await _token(visit, found)
    happened = await _happened(visit, found)
    return visit.page(
        "exchange.html",
        one=found,
        row=(await rows_of(visit, [found]))[0],
        provider=provider_of(found.client),
        token=token,
        headers=_headers(found),
        request=pretty(found.request) if found.request else "",
        answer=pretty(found.answer) if found.answer else "",
        understood=_understood(visit, found, token),
        happened=happened,
        base=base_of(visit),
        newer=newer[0].number if newer else None,
        older=older[0].number if older else None,
    )


async def _token(visit: Visit, found: Exchange) -> Token | None:
    if visit.organisation is None or not found.token:
        return None
    tokens = await visit.services.store.tokens(visit.organisation.id)
    return next((one for one in tokens if one.id == found.token), None)


def _headers(found: Exchange) -> Sequence[tuple[str, str]]:
    try:
        told = orjson.loads(found.headers or "{}")
    except orjson.JSONDecodeError:
        return ()
    return [(str(name), short(value)) for name, value in told.items()]


def _understood(visit: Visit, found: Exchange, token: Token | None) -> Mapping[str, str]:
    """What a request meant, each part in lines; nothing where it says no more than its address."""
    attributes = () if visit.organisation is None else visit.organisation.attributes
    strict = token is not None and token.strict
    told = visit.services.understood(found, types_of(attributes), strict=strict) or {}
    return {
        name: value if isinstance(value, str) else pretty_value(value)
        for name, value in told.items()
    }


async def _happened(visit: Visit, found: Exchange) -> list[Happened]:
    """What events of the request say: those of its token, about its resource, at its time."""
    if visit.organisation is None or not found.resource or found.did is None:
        return []
    if found.did in {Done.READ, Done.REFUSED}:
        return []
    began = datetime.fromisoformat(found.at)
    ended = began + timedelta(microseconds=found.duration)
    near = [
        one
        for one in await _events(visit, found.resource, _stamp(began - _SLACK))
        if _stamp(began - _SLACK) <= one.at <= _stamp(ended + _SLACK)
        and one.actor == f"token:{found.token}"
        and _comes_of(found.method, one.type)
    ]
    recorded = [one for one in near if _stamp(began) <= one.at <= _stamp(ended)] or near
    members = [one for one in reversed(recorded) if one.type in _MEMBERS]
    others = [one for one in reversed(recorded) if one.type not in _MEMBERS]
    told = [_event(one) for one in others] + await _memberships(visit, members)
    return told + (await _roles(visit, recorded) if found.kind is Kind.GROUP else [])


def _comes_of(method: str, event: EventType) -> bool:
    """Whether a request of this method may lead to such an event.

    Where requests come within a millisecond, the time alone does not tell which of them did.

    >>> _comes_of("PATCH", EventType.ACCOUNT_CREATED), _comes_of("POST", EventType.ACCOUNT_CREATED)
    (False, True)
    """
    if method == "POST":
        return event in _BEGINNINGS or event is EventType.MEMBER_ADDED
    return event not in _BEGINNINGS and (event not in _ENDS or method == "DELETE")


async def _events(visit: Visit, subject: str, first: str) -> list[Recorded]:
    """The events about something, the newest first, back to a time as far as that is near."""
    found: list[Recorded] = []
    for _ in range(_PARTS):
        before = found[-1].position if found else None
        part = await visit.services.store.events_about(visit.org.id, subject, before, _PART)
        found += part
        if len(part) < _PART or part[-1].at < first:
            break
    return found


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _event(one: Recorded) -> Happened:
    return Happened(_title(one.type), tuple(_changes(one.data)))


def _title(kind: EventType) -> str:
    """The type of an event in words.

    >>> _title(EventType.ROLE_CHANGED), _title(EventType.MEMBER_ADDED)
    ('Account role changed', 'Group member added')
    """
    return kind.value.replace(".", " ").replace("_", " ").capitalize()


def _changes(data: Mapping[str, Any]) -> Sequence[Changed]:
    if "changed" in data:
        pairs = data["changed"].items()
        return [Changed(path, short(old), short(new)) for path, (old, new) in pairs]
    if "before" in data and "after" in data:
        return [Changed("role", short(data["before"]), short(data["after"]))]
    return [Changed(path, "", short(value)) for path, value in data.items()]


async def _memberships(visit: Visit, members: Sequence[Recorded]) -> list[Happened]:
    """Who joined and who left, by name where there are few."""
    told = []
    for kind in _MEMBERS:
        these = [one for one in members if one.type is kind]
        if not these:
            continue
        names = [
            await _name(visit, Kind(one.data["type"]), str(one.data["member"]))
            for one in these[:_MOST_MEMBERS]
        ]
        changes = tuple(Changed("member", "", name) for name in names)
        told.append(Happened(_title(kind), changes, len(these)))
    return sorted(told)


async def _roles(visit: Visit, recorded: Sequence[Recorded]) -> list[Happened]:
    """Whose role changed with the change of a group: it has the same time, and comes behind."""
    if not recorded:
        return []
    changes = {(one.at, one.actor) for one in recorded}
    first = min(one.position for one in recorded)
    moved = [
        one
        for one in await visit.services.store.events_after(visit.org.id, first, _PART * _PARTS)
        if one.type is EventType.ROLE_CHANGED and (one.at, one.actor) in changes
    ]
    names = [await _name(visit, Kind.USER, one.subject) for one in moved[:_MOST_MEMBERS]]
    told = tuple(
        Changed(name, short(one.data["before"]), short(one.data["after"]))
        for name, one in zip(names, moved, strict=False)
    )
    return [Happened(_title(EventType.ROLE_CHANGED), told, len(moved))] if moved else []


async def _name(visit: Visit, kind: Kind, resource: str) -> str:
    try:
        seen = await visit.services.store.get(visit.org.id, kind, resource, relations=False)
    except NotFound:
        return resource
    document = orjson.loads(seen.stored.document)
    return short(document.get("userName") or document.get("displayName") or resource)


PAGES: Sequence[Page] = (
    Page("GET", "/o/{slug}/activity/{number:int}", exchange, ADMINISTRATORS),
    Page("GET", "/unclaimed/{number:int}", exchange, SERVER),
)
