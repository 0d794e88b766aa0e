"""An event as JSON: one form for the command line, the HTTP API, streams and webhooks."""

from typing import Any

import orjson

from headcount.store.model import Recorded


def told(recorded: Recorded, slug: str) -> dict[str, Any]:
    """What is told of an event, to be written with orjson.

    `resource` is the account or group after the change (RFC 7643), without `meta`, `groups` and
    `members`; one that is gone as it was last; null where Headcount did not keep it yet.
    """
    kept = recorded.document
    return {
        "organisation": slug,
        "position": recorded.position,
        "type": recorded.type,
        "at": recorded.at,
        "actor": recorded.actor,
        "subject": recorded.subject,
        "data": recorded.data,
        "resource": None if kept is None else orjson.Fragment(kept),
    }


def written(recorded: Recorded, slug: str) -> bytes:
    """The same as JSON, on one line.

    >>> from headcount.store.model import EventType
    >>> one = Recorded(1, EventType.ACCOUNT_DELETED, "2026-01-02T03:04:05.000Z", "cli", "7", {})
    >>> written(one, "acme")[:54]
    b'{"organisation":"acme","position":1,"type":"account.de'
    """
    return orjson.dumps(told(recorded, slug))
