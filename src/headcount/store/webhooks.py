"""Webhooks: where events are sent, which of them still wait for that, and what became of each try.

How far an endpoint has come in the feed is a follower of its own (`Endpoint.follower`). What it has
passed and did not arrive yet waits here, so nothing is lost between the two.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from headcount.store.followers import Follower
from headcount.store.model import OrgId

BEGINNING = "webhook:"  # of the name of a follower
TEST = 0  # the position of what is sent to try an endpoint: no event has it


class Outcome(StrEnum):
    """What became of one try."""

    DELIVERED = "delivered"
    FAILED = "failed"  # it is tried again
    GIVEN_UP = "given up"  # it is not


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that events are sent to."""

    org: OrgId
    id: str
    url: str
    secret: str = field(repr=False)  # as the receiver has it; it signs, so it is kept as it is
    created: datetime
    label: str = ""
    types: tuple[str, ...] = ()  # such as `account.created` or `account.*`; none: all
    previous: str | None = field(default=None, repr=False)  # signs too, until
    previous_until: datetime | None = None
    off_since: datetime | None = None  # nothing is sent since; None: it is on
    off_reason: str = ""
    failing_since: datetime | None = None  # the first failure since something arrived
    arrived: datetime | None = None  # when something did last
    paused_until: datetime | None = None  # the receiver asked for it

    @property
    def follower(self) -> str:
        """The name of the follower that knows how far it has come."""
        return BEGINNING + self.id


def endpoint_of(follower: Follower) -> str:
    """The id of the endpoint that a follower belongs to."""
    return follower.name.removeprefix(BEGINNING)


class Waiting(NamedTuple):
    """An event that an endpoint has to get yet."""

    position: int
    subject: str  # whom it is about: the events of one subject go one after the other
    tries: int = 0  # that failed
    due: datetime | None = None  # when it is tried again; None: at once
    detail: str = ""  # why the last try failed, for people


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to send one event, as people look at it afterwards."""

    position: int  # of the event, or TEST
    message: str  # the `webhook-id`
    at: datetime
    duration: int  # milliseconds
    outcome: Outcome
    status: int | None = None  # of the answer; None: there was none
    detail: str = ""  # why it failed
    url: str = ""  # where it went
    headers: tuple[tuple[str, str], ...] = ()  # of the request, without the signature
    request: bytes = b""  # the body
    answer: bytes = b""  # how its body begins
    number: int = 0  # the store numbers them


class Settled(NamedTuple):
    """What a try led to."""

    attempt: Attempt
    waiting: Waiting | None  # how it waits now; None: no more
