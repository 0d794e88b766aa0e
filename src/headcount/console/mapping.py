"""Which attributes of people arrived, held against those that we expect."""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from headcount.activity.finding import entries, json_in, text, under
from headcount.scim.attributes import ResourceType
from headcount.scim.paths import Names
from headcount.store.activity import Exchange

_MOST = 60  # rows
_LONGEST = 80  # characters of a value
_DEEPEST = 12  # dots in a path; no schema has so many
_NO_ATTRIBUTES = frozenset({"schemas", "id", "meta", "password"})
_EXTENSION = re.compile(r"urn:.*:\d+\.\d+:\w+", re.IGNORECASE)  # none of its attributes
_CONDITION = re.compile(r"\[[^\]]*\]")


class Standing(StrEnum):
    """What becomes of an attribute."""

    EXPECTED = "expected"  # it means something here, and arrived
    KEPT = "kept"  # it is stored and given back
    PASSED_OVER = "passed over"  # no schema has it
    MISSING = "missing"  # it means something here, and did not arrive


class Row(NamedTuple):
    """One attribute."""

    path: str
    value: str  # the last one that arrived
    standing: Standing
    hint: str = ""
    required: bool = False


EXPECTED: Mapping[str, str] = {
    "userName": "Required: the name to sign in with. Map it in the identity provider.",
    "name.givenName": "Without it people have no first name here.",
    "name.familyName": "Without it people have no last name here.",
    "emails": "Without it accounts have no e-mail address here.",
    "active": "Needed to deactivate whoever leaves. Some providers send it only then.",
    "externalId": "Optional: the provider finds people by it after a change of name.",
    "role": "Optional: without it everybody new is a member.",
}
"""Attributes that mean something here, with what is to be said where they do not arrive."""


def mapping(newest_first: Iterable[Exchange], kind: ResourceType, names: Names) -> list[Row]:
    """What arrived in requests that change people, against what is expected.

    Args:
        newest_first: the requests, with their bodies.
        kind: the accounts of the organisation.
        names: which attribute a name means.
    """
    arrived: dict[str, tuple[str, str]] = {}
    for one in newest_first:
        for path, value in sent(one):
            arrived.setdefault(path.lower(), (path, value))
    rows = [_row(path, value, kind, names) for path, value in arrived.values()]
    there = {_expected(row.path, kind, names) for row in rows}
    missing = [
        Row(path, "", Standing.MISSING, hint, required=path == "userName")
        for path, hint in EXPECTED.items()
        if path not in there
    ]
    order = list(EXPECTED)
    rows.sort(key=lambda row: _place(_expected(row.path, kind, names), order))
    return [*rows[:_MOST], *missing] if rows else []


def sent(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """The attributes in the body of one request, with their values.

    >>> from headcount.store.activity import Exchange
    >>> body = b'{"userName": "ada", "emails": [{"type": "work", "value": "a@b.test"}]}'
    >>> list(sent(Exchange(org=None, at="", duration=0, method="POST", path="/Users", status=201,
    ...     request=body)))
    [('userName', 'ada'), ('emails[type eq "work"].value', 'a@b.test')]
    """
    body = json_in(exchange.request)
    if exchange.method != "PATCH":
        yield from _leaves("", body)
        return
    for one in entries(under(body, "Operations")):
        path, value = text(under(one, "path")).strip(), under(one, "value")
        if text(under(one, "op")).lower() == "remove" and value is None:
            yield from [(path, "(removed)")] if path else []
        else:
            yield from _leaves(path, value)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Each attribute that has a value of its own."""
    if path.count(".") > _DEEPEST or not (path or isinstance(value, dict)):
        return
    if isinstance(value, dict):
        for name, below in value.items():
            if path or name.lower() not in _NO_ATTRIBUTES:
                yield from _leaves(_below(path, name), below)
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for one in value:
            yield from _entry(path, one)
    elif isinstance(value, list):
        yield path, _shown(", ".join(str(one) for one in value))
    elif value is not None:
        yield path, _shown(str(value).lower() if isinstance(value, bool) else str(value))


def _entry(path: str, entry: Any) -> Iterator[tuple[str, str]]:
    """An entry of a list: its value, told apart from others by its type."""
    kind, value = text(under(entry, "type")), under(entry, "value")
    place = f'{path}[type eq "{kind}"]' if kind else path
    if value is None or isinstance(value, dict | list):
        yield from _leaves(place, entry if isinstance(entry, dict) else None)
    else:
        yield from _leaves(f"{place}.value", value)


def _below(path: str, name: str) -> str:
    if not path:
        return name
    return f"{path}{':' if _EXTENSION.fullmatch(path) else '.'}{name}"


def _shown(value: str) -> str:
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"


def _row(path: str, value: str, kind: ResourceType, names: Names) -> Row:
    if names(kind, _CONDITION.sub("", path)) is None:
        hint = "No schema of this organisation has it; the rest of the request is applied."
        return Row(path, value, Standing.PASSED_OVER, hint)
    known = _expected(path, kind, names)
    return Row(path, value, Standing.EXPECTED if known else Standing.KEPT)


def _expected(path: str, kind: ResourceType, names: Names) -> str:
    """The expected attribute that a path leads to; empty where it is none."""
    found = names(kind, _CONDITION.sub("", path))
    steps = () if found is None or found.urn is not None else found.names
    whole = ".".join(steps)
    return whole if whole in EXPECTED else steps[0] if steps and steps[0] in EXPECTED else ""


def _place(expected: str, order: list[str]) -> int:
    return order.index(expected) if expected else len(order)
