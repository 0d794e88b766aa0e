"""Reads a conversation from its file, and refuses one that does not say what it should.

README.md beside this file describes the format.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.exchanges.matchers import defects

FOLDER: Final = Path(__file__).parent
METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
EVENT_TYPES: Final = frozenset(
    {
        "account.created",
        "account.updated",
        "account.deactivated",
        "account.reactivated",
        "account.deleted",
        "account.role_changed",
        "group.created",
        "group.updated",
        "group.deleted",
        "group.member_added",
        "group.member_removed",
    }
)


class DefectiveError(ValueError):
    """The file cannot be played, or would prove nothing."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the identity provider sends."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: Any = None
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must come back. `statuses` counts the answers to requests that are sent together."""

    status: frozenset[int] = frozenset()
    statuses: Mapping[int, int] = field(default_factory=dict)
    body: Any = None
    scim_type: frozenset[str] = frozenset()
    headers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One request and its answer. `together` sends it that many times at once."""

    say: str
    send: Request
    expect: Expectation
    keep: Mapping[str, str] = field(default_factory=dict)
    together: int = 1


@dataclass(frozen=True, slots=True)
class Walk:
    """A list read page by page, until everything has come."""

    say: str
    path: str
    count: int | None
    total: int
    pages: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """What one client does for one purpose, from the resources it starts from to the events."""

    what: str
    why: str
    source: str
    people: Mapping[str, Mapping[str, Any]]
    crowd: int
    groups: Mapping[str, Mapping[str, Any]]
    steps: Sequence[Step | Walk]
    events: Sequence[Counter[str]]


def files() -> list[Path]:
    """Every conversation there is."""
    return sorted(FOLDER.glob("*/*.json"))


def load(path: Path) -> Conversation:
    """The conversation in the file at `path`.

    Raises:
        DefectiveError: it cannot be read, or an expectation in it could never fail.
    """
    try:
        return parse(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise DefectiveError(f"{path.parent.name}/{path.name}: {error}") from error


def parse(raw: Mapping[str, Any]) -> Conversation:
    """The conversation that `raw` says."""
    _check_keys(
        raw,
        needed={"what", "why", "source", "shows", "steps", "events"},
        allowed={"people", "crowd", "groups"},
    )
    if not raw["steps"]:
        raise DefectiveError("nothing is sent")
    return Conversation(
        what=raw["what"],
        why=raw["why"],
        source=raw["source"],
        people=raw.get("people", {}),
        crowd=raw.get("crowd", 0),
        groups=raw.get("groups", {}),
        steps=[_walk(step) if "walk" in step else _step(step) for step in raw["steps"]],
        events=list(_events(raw["events"])),
    )


def _check_keys(raw: Mapping[str, Any], needed: set[str], allowed: set[str]) -> None:
    if missing := needed - raw.keys():
        raise DefectiveError(f"{sorted(missing)} missing in {sorted(raw)}")
    if unknown := raw.keys() - needed - allowed:
        raise DefectiveError(f"{sorted(unknown)} unknown, would be ignored")


def _step(raw: Mapping[str, Any]) -> Step:
    _check_keys(raw, needed={"say", "send", "expect"}, allowed={"keep", "together"})
    step = Step(
        say=raw["say"],
        send=_request(raw["send"]),
        expect=_expectation(raw["expect"]),
        keep=raw.get("keep", {}),
        together=raw.get("together", 1),
    )
    if sum(step.expect.statuses.values()) != (step.together if step.together > 1 else 0):
        raise DefectiveError(f"{step.say}: statuses count what is sent together, and add up to it")
    if step.together > 1 and step.keep:
        raise DefectiveError(f"{step.say}: which of {step.together} answers is to be kept?")
    return step


def _request(raw: Mapping[str, Any]) -> Request:
    _check_keys(raw, needed={"method", "path"}, allowed={"query", "headers", "body", "raw"})
    if raw["method"] not in METHODS:
        raise DefectiveError(f"{raw['method']} is no method of SCIM")
    if "body" in raw and "raw" in raw:
        raise DefectiveError("a request has a body or a raw text, not both")
    return Request(**raw)


def _expectation(raw: Mapping[str, Any]) -> Expectation:
    allowed = {"status", "statuses", "body", "scim_type", "headers"}
    _check_keys(raw, needed=set(), allowed=allowed)
    if ("status" in raw) == ("statuses" in raw):
        raise DefectiveError("an answer is expected with a status, several with statuses")
    for part in ("body", "headers"):
        if found := next(defects(raw[part], part), None) if part in raw else None:
            raise DefectiveError(found)
    return Expectation(
        status=frozenset(_several(raw.get("status", []))),
        statuses={int(status): number for status, number in raw.get("statuses", {}).items()},
        body=raw.get("body"),
        scim_type=frozenset(_several(raw.get("scim_type", []))),
        headers=raw.get("headers", {}),
    )


def _several(one_or_more: Any) -> list[Any]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def _walk(raw: Mapping[str, Any]) -> Walk:
    _check_keys(raw, needed={"say", "walk"}, allowed=set())
    walk = raw["walk"]
    _check_keys(walk, needed={"path", "total", "pages"}, allowed={"count"})
    return Walk(raw["say"], walk["path"], walk.get("count"), walk["total"], walk["pages"])


def _events(raw: Sequence[Any]) -> Iterator[Counter[str]]:
    """A text is one event, or a number of the same; a list holds events in any order."""
    for entry in raw:
        together: Counter[str] = Counter()
        for text in _several(entry):
            number, _, name = text.rpartition(" ")
            together[name] += int(number or 1)
        if unknown := together.keys() - EVENT_TYPES:
            raise DefectiveError(f"{sorted(unknown)} are no events")
        yield together
