"""What every store promises. SQLite and PostgreSQL pass the same contract tests."""

from collections.abc import Callable, Collection, Coroutine, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from headcount.scim.messages import Query
from headcount.store.activity import Activity
from headcount.store.browsing import Browsing
from headcount.store.connectors import Connectors
from headcount.store.followers import Followers
from headcount.store.hooks import Webhooks
from headcount.store.keys import ApiKeys
from headcount.store.links import AccountLinks
from headcount.store.model import (
    Change,
    Kind,
    Organisation,
    OrgId,
    Outcome,
    Page,
    Policy,
    Recorded,
    Seen,
    Stored,
    Token,
)
from headcount.store.roles import Roles
from headcount.store.visitors import Visitors

T = TypeVar("T")

ANY = 2**31  # organisations: as many as there are


class Resources(Protocol):
    """Accounts and groups, as the directory reads and writes them."""

    async def get(
        self, org: OrgId, kind: Kind, resource_id: str, *, base: str = "", relations: bool = True
    ) -> Seen:
        """The current resource, or `NotFound`. Another organisation's looks the same.

        The members of a very large group come in `Parts`, from here and from `find`.

        Args:
            org: whose resource.
            kind: an account's id names no group.
            resource_id: as a client sent it.
            base: the address that `$ref` values begin with.
            relations: whether to read an account's groups or a group's members too.
        """

    async def find(self, org: OrgId, kind: Kind, query: Query, *, base: str = "") -> Page:
        """The part of the list that `query` asks for, in a stable order (by id, so by age).

        With a cursor it begins behind `query.after`, and the page says where the next one begins;
        its total is told on the first page alone.
        """

    async def commit(self, change: Change) -> Outcome:
        """Write the state and append its events, durably, or refuse and write neither.

        There is no other way to write a resource, so none can change without an event.

        Raises:
            Taken: the name is another's.
            VersionMismatch: `change.expected` is no longer what stands.
            NotFound: there is no such resource.
            InvalidValue: a member does not exist in the organisation.
            SeatsTaken, LastOwner: what the organisation allows would be broken.
        """

    async def members(self, org: OrgId, group: str) -> Sequence[tuple[str, Kind]]:
        """Who is in a group, directly."""

    async def own_role(self, org: OrgId, account: str) -> str | None:
        """What the role of an account would be if no rule gave it another; None: no rule does.

        `NO_ROLE` where it would have none. A rule that begins or ceases to give the role makes a
        new version of the account, so whoever read that before this may go by it in a commit.
        """


class Store(Resources, Roles, Visitors, Activity, Browsing, Protocol):
    """Holds every organisation. Whatever was committed is on disk when the call returns."""

    async def together(self, work: Callable[[Resources], Coroutine[Any, Any, T]]) -> T:
        """Run `work` as one durable transaction, in which each commit stands or falls by itself.

        What was committed is read at once within. Nobody else writes meanwhile, so `work` waits
        for nothing but the resources that it is given.
        """

    @property
    def followers(self) -> Followers:
        """Who follows the events, and how far they have come."""

    @property
    def webhooks(self) -> Webhooks:
        """Where events are sent, and what became of that."""

    @property
    def keys(self) -> ApiKeys:
        """The keys of the application behind Headcount."""

    @property
    def account_links(self) -> AccountLinks:
        """What the application calls accounts."""

    @property
    def connectors(self) -> Connectors:
        """Where accounts and groups are written, and who is who there."""

    async def events_after(self, org: OrgId, position: int, limit: int) -> list[Recorded]:
        """The next events of the feed, oldest first."""

    async def positions(self, orgs: Collection[OrgId]) -> dict[OrgId, int]:
        """The position of the last event of each of these organisations, of those that exist."""

    async def forget_events(self, before: str) -> int:
        """Remove the events before a moment, RFC 3339; how many went.

        No position between those that stay is left out: one that is older stays behind one that
        is not.
        """

    async def add_organisation(
        self, slug: str, name: str, policy: Policy, at: datetime
    ) -> Organisation:
        """A new organisation, or `Taken`."""

    async def change_organisation(
        self, slug: str, change: Callable[[Organisation], Organisation]
    ) -> Organisation:
        """Write what `change` makes of the organisation as it stands, or `NotFound`.

        Name, policy, attributes and whether it is disabled are written. Two changes at once never
        undo each other.
        """

    async def organisations(self, after: str = "", limit: int = ANY) -> list[Organisation]:
        """The organisations behind a slug, by slug; without one all of them."""

    async def organisation(self, slug: str) -> Organisation:
        """The organisation, or `NotFound`."""

    async def add_token(self, token: Token) -> None:
        """Keep a new token."""

    async def tokens(self, org: OrgId) -> list[Token]:
        """All tokens of an organisation, the oldest first."""

    async def revoke_token(self, org: OrgId, token_id: str, at: datetime) -> Token:
        """End a token at once, or `NotFound`."""

    async def change_token(
        self, org: OrgId, token_id: str, change: Callable[[Token], Token]
    ) -> Token:
        """Write what `change` makes of the token as it stands, or `NotFound`.

        Its label and the end of its life are written. Two changes at once never undo each other.
        """

    def touch_token(self, token_id: str, at: datetime) -> None:
        """Note when a token was last used, at some time soon."""

    async def find_token(self, digest: bytes) -> tuple[Token, Organisation] | None:
        """The token with this hash and its organisation."""

    def access_epoch(self) -> int | None:
        """A number that moves when a token or an organisation came or changed, in any process.

        It is asked for on the event loop, with every request, and does not wait. None: it was not
        looked at for so long that it has to be read.
        """

    async def read_access_epoch(self) -> int:
        """The same number, as it stands in the database now."""

    async def secret(self, name: str, fresh: bytes) -> bytes:
        """The secret of this name, the same for every process; `fresh` where there is none yet."""

    async def ready(self) -> None:
        """Return when the store answers; raise `Unavailable` when it does not."""

    async def close(self) -> None:
        """Finish what was accepted, and let go of everything."""


__all__ = ["Store", "Stored"]
