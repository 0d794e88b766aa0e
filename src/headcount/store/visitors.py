"""The values of the console: who may come in, by which link, in which session; what they did."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from headcount.store.model import OrgId


class Reach(StrEnum):
    """How much of the console is open to somebody."""

    SERVER = "server"  # every organisation, and who else may come in
    ORGANISATION = "organisation"  # one organisation
    SET_UP = "set-up"  # the Connect page of one organisation


@dataclass(frozen=True, slots=True)
class Administrator:
    """Somebody who may come in again and again."""

    id: str
    email: str  # as it was given; compared without regard to letter case
    org: OrgId | None  # None: every organisation
    created: datetime
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An address that opens a session for whoever has it; the hash of its secret is kept."""

    id: str
    digest: bytes  # SHA-256 of the secret
    reach: Reach
    org: OrgId | None
    email: str | None  # whose it is; None for a set-up link
    created: datetime
    expires: datetime
    used: datetime | None = None  # a link of an administrator opens one session, a set-up link any
    revoked: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in. What is kept is the hash of its cookie."""

    id: str  # to list and to end it by; it opens nothing
    digest: bytes  # SHA-256 of the cookie
    reach: Reach
    org: OrgId | None
    administrator: str | None  # id; None: by a set-up link
    link: str | None  # id of the link that opened it; None: by OpenID Connect
    created: datetime
    last_seen: datetime
    expires: datetime
    browser: str = ""  # as it calls itself, shortened


@dataclass(frozen=True, slots=True)
class Audited:
    """Something that somebody did by hand: on the command line or in the console."""

    at: datetime
    actor: str  # `cli`, `administrator:E-MAIL`, `set-up:LINK`
    action: str  # such as `token.issued`, `organisation.changed`
    org: OrgId | None = None
    data: dict[str, Any] = field(default_factory=dict)  # for a change: path -> [before, after]
    number: int = 0  # strictly increasing; given by the store


class Visitors(Protocol):
    """Who may come into the console. None of it moves `access_epoch`."""

    async def add_administrator(self, one: Administrator) -> None:
        """Keep a new one, or `Taken` where somebody has the e-mail address."""

    async def administrators(self) -> list[Administrator]:
        """All of them, by e-mail address."""

    async def find_administrator(self, email: str) -> Administrator | None:
        """Who has the e-mail address, in any letter case."""

    async def remove_administrator(self, administrator_id: str) -> Administrator:
        """Let them in no more: their sessions and links go in the same transaction. `NotFound`."""

    async def add_link(self, link: Link) -> None:
        """Keep a new link, and forget those that ended long before it."""

    async def links(self, org: OrgId | None) -> Sequence[Link]:
        """The links of an organisation, or (None) those of none, the newest first."""

    async def find_link(self, digest: bytes) -> Link | None:
        """The link with this hash, whatever became of it."""

    async def use_link(self, link_id: str, at: datetime, session: Session) -> bool:
        """Open a session by the link: the use is noted and the session kept in one transaction.

        False, and nothing is kept, where the link is revoked, has ended at `at`, or opens one
        session and was used, or where its administrator was removed. Of two at once one gets in.
        """

    async def revoke_link(self, org: OrgId | None, link_id: str, at: datetime) -> Link:
        """End a link, and the sessions that it opened. `NotFound`."""

    async def add_session(self, session: Session) -> None:
        """Keep a new session, and forget those that ended before it was created.

        However it comes about, its administrator is seen when it is. `NotFound` where the
        administrator was removed.
        """

    async def find_session(self, digest: bytes) -> tuple[Session, Administrator | None] | None:
        """The session with this hash, and whose it is."""

    async def renew_session(self, digest: bytes, session: Session) -> bool:
        """Put `session` in the place of the one with the hash `digest`; False where it is gone."""

    async def sessions(self, org: OrgId | None) -> Sequence[Session]:
        """The sessions of an organisation, or (None) of everybody, the last seen first."""

    async def end_session(self, session_id: str) -> None:
        """Sign a browser out; nothing happens where it is signed out already."""

    async def audit(self, entry: Audited) -> None:
        """Keep what somebody did."""

    async def audited(self, org: OrgId | None, before: int | None, limit: int) -> list[Audited]:
        """What was done, the newest first, of one organisation, or (None) everywhere.

        With `before`, those with a smaller number.
        """
