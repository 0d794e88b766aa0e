"""Whether an identity provider has reached us, and whether what it asked was right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from headcount.activity.causes import Cause, cause_of
from headcount.activity.fields import fields_of
from headcount.activity.providers import provider_of
from headcount.activity.wording import words
from headcount.console.guides import ANY
from headcount.store.activity import Exchange

_OTHERS = 5  # failures that are told beside the last request
_REFUSED = 400
_OF_EVERYBODY = frozenset({401, 404, 405, 415, 429, 503})  # not about one person
_NAMED = {"ping": "pingfederate"}  # what a User-Agent would say, where it is not the guide's key


@dataclass(frozen=True, slots=True)
class Met:
    """A request of an identity provider, for people."""

    provider: str
    at: datetime
    did: str  # what it did, or tried to do
    status: int
    cause: Cause | None  # None: all is right
    detail: str  # what the provider was told about it
    times: int = 1  # how often the same went wrong


@dataclass(frozen=True, slots=True)
class Contact:
    """What is to be told on the page."""

    last: Met | None = None  # of those since the page was opened
    open: Sequence[Met] = ()  # what went wrong since then, and was not right afterwards
    before: Met | None = None  # the last one before

    @property
    def is_right(self) -> bool:
        """Whether there is nothing to mend."""
        return self.last is not None and self.last.cause is None and not self.open


def contact_of(since: Sequence[Exchange], before: Exchange | None, guide: str) -> Contact:
    """What requests mean for somebody who connects a provider.

    Args:
        since: those since they began to wait, the newest first.
        before: the last one before.
        guide: the key of the guide that they follow, where they chose one.
    """
    earlier = None if before is None else met(before, guide)
    if not since:
        return Contact(before=earlier)
    first = since[0]
    same = _alike(first)
    times = sum(_alike(one) == same for one in since) if first.status >= _REFUSED else 1
    last = replace(met(first, guide), times=times)
    failed = [one for one in _unmended(since) if _alike(one) != same]
    return Contact(last, list(_once(failed, guide))[:_OTHERS], earlier)


def met(exchange: Exchange, guide: str) -> Met:
    """One request, for people. Where it does not say whose it is, the chosen guide tells."""
    provider = provider_of(exchange.client)
    unknown = fields_of(exchange.client).provider == fields_of("").provider
    if exchange.status >= _REFUSED and guide and guide != ANY and unknown:
        cause = cause_of(replace(exchange, client=_NAMED.get(guide, guide)))
    else:
        cause = cause_of(exchange)
    return Met(
        provider,
        datetime.fromisoformat(exchange.at),
        words(exchange),
        exchange.status,
        cause,
        exchange.detail if cause else "",
    )


def _unmended(newest_first: Sequence[Exchange]) -> Iterable[Exchange]:
    """Failures after which the same did not succeed."""
    succeeded: list[Exchange] = []
    for one in newest_first:
        if one.status < _REFUSED:
            succeeded.append(one)
        elif not any(_mends(later, one) for later in succeeded):
            yield one


def _mends(later: Exchange, failure: Exchange) -> bool:
    """Whether a success shows that a failure is over.

    Whoever gets in has the right token and address. What was wrong with a person is right once a
    change of that person has worked, and a filter once another one has.
    """
    if failure.status in _OF_EVERYBODY:
        return True
    if failure.method == "GET":
        return later.method == "GET" and bool(later.query)
    about = {failure.person.casefold(), failure.resource} - {""}
    return later.method != "GET" and bool(about & {later.person.casefold(), later.resource})


def _alike(one: Exchange) -> tuple[int, str, str]:
    """Failures for which this is the same have the same cause."""
    return one.status, one.refusal, one.detail


def _once(failures: Iterable[Exchange], guide: str) -> Iterable[Met]:
    """Each kind of failure once, the newest first, with how often it happened."""
    kinds: dict[tuple[int, str, str], list[Exchange]] = {}
    for one in failures:
        kinds.setdefault(_alike(one), []).append(one)
    for some in kinds.values():
        yield replace(met(some[0], guide), times=len(some))
