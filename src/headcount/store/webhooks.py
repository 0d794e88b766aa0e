"""Webhooks: where events are sent, which of them still wait for that, and what became of each try.

How far an endpoint has come in the feed is a follower of its own (`Endpoint.follower`). What it has
passed and did not arrive yet waits here, so nothing is lost between the two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

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


class Webhooks(Protocol):
    """All of them, as a store keeps them."""

    async def add(self, endpoint: Endpoint, position: int) -> None:
        """A new endpoint, that gets what comes behind a position."""

    async def all(self, org: OrgId | None = None) -> list[Endpoint]:
        """Those of one organisation, or of all, the oldest first."""

    async def one(self, org: OrgId, endpoint: str) -> Endpoint:
        """The endpoint, or `NotFound`."""

    async def change(
        self, org: OrgId, endpoint: str, change: Callable[[Endpoint], Endpoint]
    ) -> Endpoint:
        """Write what `change` makes of the endpoint as it stands, or `NotFound`.

        Two changes at once never undo each other.
        """

    async def remove(self, org: OrgId, endpoint: str) -> Endpoint:
        """Take an endpoint away with all that waits and every try, or `NotFound`."""

    async def queue(self, follower: Follower, holder: str, waiting: Sequence[Waiting]) -> bool:
        """Let events wait, and note in the same transaction that their follower has passed them.

        False: `holder` holds the follower no more, and nothing was written.
        """

    async def again(self, org: OrgId, endpoint: str, waiting: Sequence[Waiting]) -> None:
        """Let events wait that were passed before, as if they had never been tried."""

    async def resume(self, org: OrgId, endpoint: str, position: int | None = None) -> None:
        """Try at once all that waits; with a position drop that, and go on behind the position."""

    async def ready(self, org: OrgId, endpoint: str, now: datetime, limit: int) -> list[Waiting]:
        """What may be sent now, the oldest first: of each subject the first, if it is due."""

    async def waiting(self, org: OrgId, endpoint: str, limit: int) -> list[Waiting]:
        """What waits, the oldest first."""

    async def count_waiting(self, org: OrgId, endpoint: str) -> int:
        """How much waits."""

    async def settle(
        self,
        org: OrgId,
        endpoint: str,
        settled: Sequence[Settled],
        change: Callable[[Endpoint], Endpoint],
    ) -> Endpoint | None:
        """Note what tries led to, and change the endpoint, in one transaction.

        What became of the endpoint; None where it was taken away meanwhile, and nothing was noted.
        """

    async def attempts(
        self, org: OrgId, endpoint: str, limit: int, before: int | None = None
    ) -> list[Attempt]:
        """The latest tries, the newest first, without headers and bodies.

        Args:
            org: whose endpoint.
            endpoint: its id.
            limit: how many.
            before: only such with a smaller number.
        """

    async def attempt(self, org: OrgId, endpoint: str, number: int) -> Attempt:
        """One of them whole, or `NotFound`."""

    async def forget_attempts(self, before: datetime) -> None:
        """Remove the tries from before a moment; only the newest 1,000 of an endpoint are kept."""
