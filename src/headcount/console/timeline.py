"""What happened to an account or a group, for people: what changed, from what to what, by whom."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from headcount.activity.providers import UNNAMED, provider_of
from headcount.console.attributes import listed, short
from headcount.console.visits import Visit
from headcount.directory.access import COMMAND_LINE
from headcount.errors import NotFound
from headcount.store.activity import Sought
from headcount.store.model import EventType, Kind, Recorded

PAGE = 30
_LOOKED_AT = 500  # events, for who wrote which attribute
_EXCHANGES = 50  # requests, for which provider has which token

_WORDS = {
    EventType.ACCOUNT_CREATED: "Created",
    EventType.ACCOUNT_UPDATED: "Changed",
    EventType.ACCOUNT_DEACTIVATED: "Deactivated",
    EventType.ACCOUNT_REACTIVATED: "Reactivated",
    EventType.ACCOUNT_DELETED: "Deleted",
    EventType.ROLE_CHANGED: "Role changed",
    EventType.GROUP_CREATED: "Created",
    EventType.GROUP_UPDATED: "Changed",
    EventType.GROUP_DELETED: "Deleted",
}


class Who(NamedTuple):
    """Who did something."""

    name: str
    is_provider: bool = False  # somebody with a token


class Difference(NamedTuple):
    """One attribute, before and after."""

    path: str
    before: str | None  # None: there was no value
    after: str | None


class Other(NamedTuple):
    """The other end of a membership."""

    kind: Kind
    id: str
    name: str | None  # None: it is gone


class Entry(NamedTuple):
    """Something that happened."""

    words: str
    at: str
    who: Who
    position: int
    differences: Sequence[Difference] = ()
    other: Other | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Some of what happened, the newest first, and who wrote what stands."""

    entries: Sequence[Entry]
    more: int | None  # the position before which it goes on
    writers: Mapping[str, Who] = field(default_factory=dict)  # path -> who wrote it last
    creator: Who | None = None  # None: nobody knows

    def writer(self, path: str) -> Who | None:
        """Who wrote an attribute last; what nobody changed came with the account."""
        return self.writers.get(path, self.creator)

    @property
    def provider(self) -> Who | None:
        """The provider that wrote any of it last."""
        for who in (*self.writers.values(), self.creator):
            if who is not None and who.is_provider:
                return who
        return None


async def timeline(visit: Visit, kind: Kind, resource_id: str) -> Timeline:
    """The part of the timeline that the address asks for."""
    before = visit.asked("before")
    place = int(before) if before.isdecimal() and len(before) < 18 else None
    store, org = visit.services.store, visit.org.id
    names = await _names(visit, resource_id)
    recent = await store.events_about(org, resource_id, None, _LOOKED_AT)
    shown = recent
    if place is not None:
        shown = await store.events_about(org, resource_id, place, PAGE + 1)
    entries = [await _entry(visit, kind, one, names) for one in shown[:PAGE]]
    more = shown[PAGE - 1].position if len(shown) > PAGE else None
    writers, creator = _writers(recent, names)
    return Timeline(entries, more, writers, creator)


async def _names(visit: Visit, resource_id: str) -> dict[str, str]:
    """What the tokens of the organisation are called, and which provider used them here."""
    store, org = visit.services.store, visit.org.id
    names = {one.id: one.label for one in await store.tokens(org)}
    for one in await store.exchanges(org, Sought(resource=resource_id), _EXCHANGES):
        provider, label = provider_of(one.client), names.get(one.token)
        if label and provider != UNNAMED and provider.casefold() not in label.casefold():
            names[one.token] = f"{label} ({provider})"
    return names


def who(actor: str, names: Mapping[str, str]) -> Who:
    """An actor of the feed as people know them.

    >>> who("token:7", {"7": "okta"}), who("cli", {}).name, who("administrator:a@b.test", {}).name
    (Who(name='okta', is_provider=True), 'Command line', 'a@b.test')
    """
    kind, _, name = actor.partition(":")
    match kind:
        case "token":
            return Who(names.get(name, "a token that is gone"), is_provider=True)
        case "administrator":
            return Who(name)
        case "cli" if actor == COMMAND_LINE:
            return Who("Command line")
        case _:
            return Who(actor)


async def _entry(visit: Visit, kind: Kind, one: Recorded, names: Mapping[str, str]) -> Entry:
    by, data = who(one.actor, names), one.data
    if one.type in {EventType.MEMBER_ADDED, EventType.MEMBER_REMOVED}:
        added = one.type is EventType.MEMBER_ADDED
        if kind is Kind.USER:
            other = await _other(visit, Kind.GROUP, one.subject)
            words = "Added to the group" if added else "Removed from the group"
        else:
            of_group = data.get("type") == Kind.GROUP.value
            other = await _other(
                visit, Kind(data["type"]) if of_group else Kind.USER, data["member"]
            )
            words = "Member added:" if added else "Member removed:"
        return Entry(words, one.at, by, one.position, other=other)
    if one.type is EventType.ROLE_CHANGED and "group" in data:
        group = await _other(visit, Kind.GROUP, data["group"])
        words = "Role given to members of"
        return Entry(words, one.at, by, one.position, _differences(one), group)
    return Entry(_WORDS[one.type], one.at, by, one.position, differences=_differences(one))


def _differences(one: Recorded) -> list[Difference]:
    data = one.data
    match one.type:
        case EventType.ROLE_CHANGED:
            return [_difference("role", data.get("before"), data.get("after"))]
        case EventType.ACCOUNT_DEACTIVATED:
            return [_difference("active", True, False)]
        case EventType.ACCOUNT_REACTIVATED:
            return [_difference("active", False, True)]
        case EventType.ACCOUNT_UPDATED | EventType.GROUP_UPDATED:
            changed = (data.get("changed") or {}).items()
            return [_difference(path, before, after) for path, (before, after) in changed]
        case EventType.ACCOUNT_CREATED | EventType.GROUP_CREATED:
            return [_difference(path, None, value) for path, value in data.items()]
        case _:
            return []


def _difference(path: str, before: Any, after: Any) -> Difference:
    return Difference(path, _shown(before), _shown(after))


def _shown(value: Any) -> str | None:
    return None if value is None else short(listed(value))


async def _other(visit: Visit, kind: Kind, resource_id: str) -> Other:
    try:
        seen = await visit.services.store.get(visit.org.id, kind, resource_id, relations=False)
    except NotFound:
        return Other(kind, resource_id, None)
    document = json.loads(seen.stored.document)
    name = document.get("displayName") or document.get("userName") or resource_id
    return Other(kind, resource_id, short(name))


def _writers(
    events: Sequence[Recorded], names: Mapping[str, str]
) -> tuple[dict[str, Who], Who | None]:
    """Who wrote each attribute last, and who wrote the others when all began."""
    found: dict[str, Who] = {}
    creator = None
    for one in events:
        by = who(one.actor, names)
        if one.type in {EventType.ACCOUNT_CREATED, EventType.GROUP_CREATED}:
            creator = by
            break
        if one.type in {EventType.MEMBER_ADDED, EventType.MEMBER_REMOVED}:
            continue
        for difference in _differences(one):
            found.setdefault(difference.path, by)
    return found, creator
