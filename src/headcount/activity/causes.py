"""Why a request was refused and what to do about it, for whoever runs an identity provider."""

import re
from typing import NamedTuple

from headcount.activity.fields import Fields, fields_of
from headcount.activity.refusals import BY_CLASS, BY_STATUS
from headcount.activity.rules import BY_SENTENCE
from headcount.store.activity import Exchange


class Cause(NamedTuple):
    """A sentence on what went wrong, and one on what to change and where."""

    cause: str
    remedy: str


GENERAL = Cause(
    "The server refused the request.",
    "Read the sentence that came with the refusal; it names what has to be changed.",
)
"""For a refusal that nobody has explained here."""

_UNSAID = {"label": "", "name": "that was sent", "allowed": "the refusal names them"}
"""Where a sentence does not quote what was sent."""


def cause_of(exchange: Exchange) -> Cause | None:
    """Why a request failed; `None` where it did not.

    >>> refused = Exchange(org=None, at="", duration=0, method="GET", path="/Users", status=403,
    ...     refusal="ReadOnlyToken", detail="this token may only read")
    >>> cause_of(refused).cause
    'The token was issued to read only, and the request would change something.'
    """
    if exchange.status < 400:
        return None
    places = fields_of(exchange.client)
    for rule in BY_SENTENCE:
        if exchange.status in rule.statuses and (found := rule.sentence.search(exchange.detail)):
            return _told(rule.cause, rule.remedy, places, exchange, found)
    pair = BY_CLASS.get(exchange.refusal) or BY_STATUS.get(exchange.status)
    return _told(*pair, places, exchange) if pair else GENERAL


def _told(
    cause: str, remedy: str, places: Fields, exchange: Exchange, found: re.Match[str] | None = None
) -> Cause:
    said = found.groupdict() if found else {}
    quoted = {name: value or _UNSAID.get(name, "something else") for name, value in said.items()}
    kind = {"User": "account", "Group": "group"}.get(str(exchange.kind or ""), "resource")
    known = {"kind": kind, "path": exchange.path, **places._asdict(), **quoted}
    return Cause(_begun(cause.format_map(known)), _begun(remedy.format_map(known)))


def _begun(sentence: str) -> str:
    """A sentence with a capital, as it may begin with a name that has none."""
    return sentence[:1].upper() + sentence[1:]
