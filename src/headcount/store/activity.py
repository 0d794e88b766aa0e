"""The values of the activity: what identity providers asked, what they were told, and how often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from headcount.store.model import Kind, OrgId, Recorded


class Done(StrEnum):
    """What is counted for each day of an organisation."""

    CREATED = "created"
    CHANGED = "changed"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    DELETED = "deleted"
    REFUSED = "refused"
    READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request of an identity provider and its answer; secrets were removed before."""

    org: OrgId | None  # None: nobody knows for whom it was meant
    at: str  # when it arrived: RFC 3339 in UTC, with milliseconds
    duration: int  # microseconds
    method: str
    path: str  # behind the base address
    query: str = ""
    status: int
    kind: Kind | None = None
    resource: str = ""  # id, where one was asked for or came about
    person: str = ""  # whom it was about, for people to read: userName or displayName
    did: Done | None = None
    token: str = ""  # id
    client: str = ""  # User-Agent
    refusal: str = ""  # name of the class of the refusal
    detail: str = ""  # its sentence; of what was not refused, what was done, in words
    headers: str = ""  # of the request, JSON: name -> value
    request: bytes = b""  # body, at most as long as is kept
    answer: bytes = b""
    cut: bool = False  # whether a body is not kept whole
    number: int = 0  # strictly increasing; given by the store


class Sought(NamedTuple):
    """Which exchanges are asked for; what is left out means all."""

    failures: bool = False  # status 400 and above
    person: str = ""  # part of the person, in any letter case
    resource: str = ""  # id
    method: str = ""
    status: int = 0
    before: int | None = None  # number: older ones
    after: int | None = None  # number: newer ones, the oldest first


Tallies = Mapping[tuple[OrgId, str, Done], int]
"""How often something was done: (organisation, day as YYYY-MM-DD, what) -> how often."""


class Activity(Protocol):
    """What was asked and answered. It may be lost in a crash; changes themselves never are."""

    async def add_exchanges(self, exchanges: Sequence[Exchange], tallies: Tallies) -> None:
        """Keep some, in order, and add to the numbers of the days, in one transaction."""

    async def exchanges(self, org: OrgId | None, sought: Sought, limit: int) -> list[Exchange]:
        """Some of an organisation's, or (None) of nobody's, without headers and bodies.

        The newest first; the oldest first where `sought.after` is given.
        """

    async def exchange(self, org: OrgId | None, number: int) -> Exchange:
        """One, whole, or `NotFound`. Another organisation's looks the same."""

    async def failures(self, org: OrgId, since: str) -> list[tuple[Exchange, int, int]]:
        """The failures since then by refusal and detail, those that affect most people first.

        The last one of each, how many there were, and of how many people; at most 200 of them, of
        the newest 10,000 failures.
        """

    async def days(self, org: OrgId, since: str) -> list[tuple[str, Done, int]]:
        """The numbers of each day from then on, by day."""

    async def forget_exchanges(self, before: str, most: int) -> int:
        """Remove those from before then, and all but the newest `most` of each organisation.

        How many went. It removes a part at a time, so that nobody waits for it.
        """

    async def forget_days(self, before: str) -> None:
        """Remove the numbers of days before then."""

    async def events_about(
        self, org: OrgId, subject: str, before: int | None, limit: int
    ) -> list[Recorded]:
        """What happened to one account or group, the newest first; an account's memberships too.

        With `before`, events at a smaller position.
        """
