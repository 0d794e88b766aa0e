"""Makes of what was noted what is kept: without secrets, and with the words for it."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any, NamedTuple

from headcount.activity import redaction
from headcount.activity.asked import asked_of
from headcount.activity.changing import members_in
from headcount.activity.deeds import Seen, deed_of
from headcount.activity.finding import json_in
from headcount.activity.memory import Memory
from headcount.activity.noted import CROWDED, PIECES, Noted
from headcount.activity.phrases import Deed
from headcount.store.activity import Done, Exchange
from headcount.store.model import OrgId

_READ = 256 * 1024  # bytes of a body up to which it is read for the words
_LONGEST = 1000  # characters of a text
_PERSON = 200  # characters of a name


class Written(NamedTuple):
    """What is kept of one request, and what it counts as."""

    exchange: Exchange
    counts: Counter[Done]


class Scribe:
    """Writes exchanges, and remembers the names of whom they were about."""

    def __init__(self) -> None:
        self._memory = Memory()

    def written(self, noted: Noted, org: OrgId | None, since: float) -> Written:
        """What is kept of a request.

        Args:
            noted: the request.
            org: for whom it was meant.
            since: what has to be added to the clock of `noted` for seconds since the epoch.
        """
        request = redaction.body(noted.body)
        raw_query = noted.scope["query_string"].decode("latin-1")
        query, in_query = redaction.query(raw_query)
        said, hides = _json(request.body), request.found or in_query
        answer = redaction.answer(noted.answer, about_secrets=hides, kept=said)
        deed = self._deed(noted, org, query, said, _json(answer.body))
        refused = noted.status >= 400
        refusal = noted.refusal
        sentence = refusal.detail if refusal else deed.phrase.told(refused=refused)
        detail = redaction.detail(sentence, about_secrets=refused and hides, kept=said)
        kept_request, kept_answer = request.shortened, answer.shortened
        exchange = Exchange(
            org=org,
            at=_moment(since + noted.began),
            duration=max(0, round((noted.ended - noted.began) * 1_000_000)),
            method=noted.scope["method"][:40],
            path=redaction.text(noted.path)[:_LONGEST],
            query=query[:_LONGEST],
            status=noted.status,
            kind=asked_of(noted.path).kind,
            resource=redaction.text(deed.resource)[:_PERSON],
            person=redaction.text(deed.person)[:_PERSON],
            did=Done.REFUSED if refused else deed.did,
            token=noted.caller.actor.removeprefix("token:") if noted.caller else "",
            client=redaction.text(noted.header(b"user-agent"))[:_PERSON],
            refusal=type(refusal).__name__ if refusal else "",
            detail=detail[:_LONGEST],
            headers=redaction.headers(noted.headers),
            request=kept_request.body,
            answer=kept_answer.body,
            cut=kept_request.cut
            or kept_answer.cut
            or noted.body is CROWDED
            or noted.answer is PIECES
            or noted.answer is CROWDED,
        )
        return Written(exchange, _counts(deed, refused=refused))

    def _deed(self, noted: Noted, org: OrgId | None, query: str, request: Any, answer: Any) -> Deed:
        resource = asked_of(noted.path).id
        seen = Seen(
            noted.scope["method"],
            noted.path,
            query,
            noted.status,
            request,
            answer,
            self._memory.of(org, resource),
        )
        if resource and noted.scope["method"] == "PATCH":
            members = members_in(request)
            seen = seen._replace(names={one: self._memory.of(org, one).name for one in members})
        if noted.status < 300:
            self._memory.learn(org, answer)
        return deed_of(seen)


def _json(body: bytes) -> Any:
    return json_in(body) if len(body) <= _READ else None


def _counts(deed: Deed, *, refused: bool) -> Counter[Done]:
    if refused:
        return Counter([Done.REFUSED])
    return Counter(deed.counts or [deed.did])


def _moment(seconds: float) -> str:
    """RFC 3339 in UTC, with milliseconds.

    >>> _moment(1_767_323_045.25)
    '2026-01-02T03:04:05.250Z'
    """
    moment = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")
