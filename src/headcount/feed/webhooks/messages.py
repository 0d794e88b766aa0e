"""What is sent of an event: body, id and headers."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from headcount import __version__
from headcount.feed.telling import told
from headcount.feed.webhooks.signing import signature
from headcount.store.model import Recorded
from headcount.store.records import instant
from headcount.store.webhooks import TEST, Endpoint

TEST_TYPE = "webhook.test"
SIGNATURE = "webhook-signature"
AGENT = f"Headcount/{__version__}"

_ID_DIGITS = 32


class Message(NamedTuple):
    """One event as every endpoint gets it, with every try."""

    position: int
    id: str
    body: bytes


def message_of(recorded: Recorded, slug: str) -> Message:
    """The event as it is told everywhere, with `timestamp` as the specification names its time.

    The id follows from the event alone: it is the same at each try and at each endpoint, and that
    of no other event, also where a database was put back to an older state.
    """
    body = {"type": recorded.type, "timestamp": recorded.at, **told(recorded, slug)}
    return Message(recorded.position, _id_of(recorded), orjson.dumps(body))


def _id_of(recorded: Recorded) -> str:
    told_by = (str(recorded.position), recorded.type, recorded.at, recorded.subject)
    return "msg_" + hashlib.sha256("\n".join(told_by).encode()).hexdigest()[:_ID_DIGITS]


def trial(slug: str, now: datetime, chance: bytes) -> Message:
    """What is sent to try an endpoint."""
    body: dict[str, Any] = {
        "type": TEST_TYPE,
        "timestamp": instant(now),
        "organisation": slug,
        "data": {"message": "This is a test. No event has happened."},
    }
    return Message(TEST, f"msg_test_{chance.hex()}", orjson.dumps(body))


def headers_of(endpoint: Endpoint, message: Message, now: datetime) -> tuple[tuple[str, str], ...]:
    """The headers of one try, the signature last."""
    timestamp = int(now.timestamp())
    signed = signature(secrets_of(endpoint, now), message.id, timestamp, message.body)
    return (
        ("content-type", "application/json"),
        ("user-agent", AGENT),
        ("webhook-id", message.id),
        ("webhook-timestamp", str(timestamp)),
        (SIGNATURE, signed),
    )


def secrets_of(endpoint: Endpoint, now: datetime) -> Iterable[str]:
    """Those that sign: the new one first, and the one before for a while."""
    yield endpoint.secret
    until = endpoint.previous_until
    if endpoint.previous is not None and until is not None and now < until:
        yield endpoint.previous
