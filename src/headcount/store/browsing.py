"""Lists that people page through: which accounts or groups, in which order, a part at a time.

A part begins where an index leads to, and no more than some thousand candidates are looked at for
it, so it costs the same wherever it begins and however many there are. Nothing is counted but who
has a role that few have, and that only so far.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from headcount.store.model import Kind, OrgId, Stored

LONGEST_KEY = 100  # characters of a displayName or a family name that an index holds
LONGEST_TEXT = 200  # characters that are searched for; nobody types more


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom a list shows; what is left out means everybody."""

    text: str = ""
    """How userName, displayName, family name or an e-mail address begins; or all of an externalId.

    Of several e-mail addresses a store may look at the first alone.
    """
    active: bool | None = None
    role: str | None = None
    group: str | None = None  # id: its direct members
    by_name: bool = (
        False  # else by id, so by age; what a text or a group leads to has its own order
    )
    descending: bool = False
    writers: tuple[str, ...] = ()
    """Actors of the feed: of those with a token, the last that wrote an account is one of these."""


class Line(NamedTuple):
    """One account or group of a list."""

    stored: Stored
    members: int  # of a group


class Part(NamedTuple):
    """A part of a list, and where those beside it begin."""

    lines: list[Line]
    earlier: str | None = None  # to be given as `before`
    later: str | None = None  # to be given as `after`
    full: bool = True  # False: it ends before it has enough, for there were too many to look at


class Member(NamedTuple):
    """Somebody in a group."""

    id: str
    kind: Kind
    document: bytes | None  # None where nothing else is known of them


class Browsing(Protocol):
    """What people page through."""

    async def browse(
        self,
        org: OrgId,
        kind: Kind,
        chosen: Chosen,
        limit: int,
        *,
        after: str = "",
        before: str = "",
    ) -> Part:
        """The part of a list behind a place, or before one, or the first.

        A place that is gone meanwhile stands for the beginning.
        """

    async def line(self, org: OrgId, kind: Kind, resource_id: str) -> Line:
        """One account or group as it stands in a list, or `NotFound`."""

    async def count_roles(self, org: OrgId, roles: Sequence[str], most: int) -> Sequence[int]:
        """How many accounts have each of these roles; where more than `most` have it, one more.

        The role `member` is none of them: it is that of all others, of whom there may be many.
        """

    async def members_after(
        self, org: OrgId, group: str, after: str, limit: int
    ) -> Sequence[Member]:
        """The direct members of a group behind an id, by id."""
