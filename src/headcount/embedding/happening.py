"""An event as an application gets it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from headcount.store.model import EventType, Recorded


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an account or a group, and whom it is about after that."""

    organisation: str  # slug
    position: int  # in the feed of the organisation: 1, 2, 3 and so on
    type: EventType  # a text too, such as "account.created"
    at: datetime
    actor: str  # who did it: `token:ID`, `application:NAME` or `cli`
    subject: str  # id of the account or group; it never changes and is never used again
    data: Mapping[str, Any]  # what belongs to the type; docs/events.md has all of it
    resource: Mapping[str, Any] | None
    """The account or group after the change (RFC 7643), without `meta`, `groups` and `members`; one
    that is gone as it was last. None where the event is older than Headcount's keeping it."""

    @property
    def account(self) -> Mapping[str, Any] | None:
        """The account, of an event about one."""
        return self.resource if self.type.startswith("account.") else None

    @property
    def group(self) -> Mapping[str, Any] | None:
        """The group, of an event about one or its members."""
        return self.resource if self.type.startswith("group.") else None

    @property
    def member(self) -> str | None:
        """The id of who joined or left, of an event about members."""
        member = self.data.get("member")
        return None if member is None else str(member)


def event_of(recorded: Recorded, slug: str) -> Event:
    """What an application gets of an event in the feed of an organisation.

    >>> one = Recorded(1, EventType.GROUP_DELETED, "2026-01-02T03:04:05.000Z", "cli", "7", {})
    >>> event_of(one, "acme").at.isoformat()
    '2026-01-02T03:04:05+00:00'
    """
    kept = recorded.document
    return Event(
        organisation=slug,
        position=recorded.position,
        type=recorded.type,
        at=datetime.fromisoformat(recorded.at),
        actor=recorded.actor,
        subject=recorded.subject,
        data=recorded.data,
        resource=None if kept is None else orjson.loads(kept),
    )
