"""Failures put together by what has to be done about them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from headcount.activity.causes import Cause, cause_of
from headcount.activity.providers import provider_of
from headcount.console.rendering import number
from headcount.store.activity import Exchange
from headcount.store.model import Kind


@dataclass(slots=True)
class Trouble:
    """Failures with one remedy."""

    cause: Cause
    last: Exchange  # the newest of them
    people: int = 0  # or groups, that are affected, at least
    requests: int = 0
    alike: int = 0  # further causes that differ in names alone

    @property
    def provider(self) -> str:
        """Who sent the last one."""
        return provider_of(self.last.client)

    @property
    def affected(self) -> str:
        """Whom it affects, in words; nobody where no person or group was named.

        >>> from headcount.activity.causes import GENERAL
        >>> last = Exchange(
        ...     org=None, at="", duration=0, method="PATCH", path="", status=400, kind=Kind.GROUP
        ... )
        >>> Trouble(GENERAL, last, people=1).affected
        '1 group'
        """
        if not self.people:
            return ""
        one, many = ("group", "groups") if self.last.kind is Kind.GROUP else ("person", "people")
        return f"{number(self.people)} {one if self.people == 1 else many}"


Key = tuple[str, str]  # the refusal and its remedy: a cause may name a person, a remedy does not


def key_of(exchange: Exchange) -> Key | None:
    """What failures have in common that are mended in one way; `None` of what did not fail."""
    cause = cause_of(exchange)
    return None if cause is None else (exchange.refusal, cause.remedy)


def bundled(told: Iterable[tuple[Exchange, int, int]]) -> dict[Key, Trouble]:
    """Failures as the store counts them, by refusal and sentence, put together by remedy."""
    found: dict[Key, Trouble] = {}
    for exchange, requests, people in told:
        trouble = _trouble(found, exchange)
        trouble.people += people
        trouble.requests += requests
    return found


def walked(exchanges: Iterable[Exchange]) -> dict[Key, Trouble]:
    """The same from failures one by one, the newest first."""
    found: dict[Key, Trouble] = {}
    people: dict[Key, set[str]] = {}
    for exchange in exchanges:
        trouble = _trouble(found, exchange)
        trouble.requests += 1
        if exchange.person:
            key = (exchange.refusal, trouble.cause.remedy)
            people.setdefault(key, set()).add(exchange.person.casefold())
    for key, trouble in found.items():
        trouble.people = len(people.get(key, ()))
    return found


def _trouble(found: dict[Key, Trouble], exchange: Exchange) -> Trouble:
    """Where a failure belongs."""
    cause = cause_of(exchange)
    assert cause is not None  # only failures are asked for
    trouble = found.get((exchange.refusal, cause.remedy))
    if trouble is None:
        trouble = found[exchange.refusal, cause.remedy] = Trouble(cause, exchange)
    elif trouble.cause.cause != cause.cause:
        trouble.alike += 1
    if exchange.number > trouble.last.number:
        trouble.cause, trouble.last = cause, exchange
    return trouble


def most_pressing(counted: dict[Key, Trouble], seen: dict[Key, Trouble]) -> list[Trouble]:
    """What affects most people first.

    Args:
        counted: very many failures, but only of the sentences that came most often.
        seen: all of the sentences, but only of the newest failures.
    """
    both = dict(counted)
    for key, trouble in seen.items():
        other = both.setdefault(key, trouble)
        if trouble.last.number > other.last.number:
            other.cause, other.last = trouble.cause, trouble.last
        other.people = max(other.people, trouble.people)
        other.requests = max(other.requests, trouble.requests)
        other.alike = max(other.alike, trouble.alike)
    return sorted(both.values(), key=lambda one: (-one.people, -one.requests, -one.last.number))
