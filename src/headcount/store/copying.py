"""What a store offers so that all of it can be copied: rows in one form, whichever store it is.

Rows are read by their key, a chunk at a time, and written together with a mark that says how far
the copy has come: both are there, or neither. What a store makes of the rows for itself (indexes,
columns for sorting) is its own affair, and is made anew where they are written.

Tables whose columns are alike in every store are described (`LAYOUTS`) and copied by that.

Left behind on purpose is what has no use elsewhere: links and sessions, for whoever may come into
the console gets new ones; exchanges, the numbers of the days and the tries of webhooks, which are
forgotten anyhow; and which process holds a follower.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from headcount.errors import Unavailable, VersionMismatch

MOST_ROWS = 1_000  # of a chunk
MOST_BYTES = 4 * 1024 * 1024  # of a chunk, unless its first row is larger

Key = tuple[str | int, ...]


class Table(StrEnum):
    """What an organisation has many of, in the order in which it is copied."""

    RESOURCES = "resource"
    MEMBERS = "member"
    EVENTS = "event"
    ACCOUNT_LINKS = "account_link"
    CONNECTOR_LINKS = "connector_link"
    WAITING = "webhook_waiting"


class Few(StrEnum):
    """What an organisation has few of: it is copied with the organisation itself."""

    FOLLOWERS = "follower"
    ENDPOINTS = "webhook_endpoint"
    KEYS = "api_key"
    CONNECTORS = "connector"


class Layout(NamedTuple):
    """What is copied of a table, beside the organisation that each row begins with."""

    columns: str
    key: str  # the columns that come first, by which rows are ordered

    @property
    def width(self) -> int:
        """How many columns the key has."""
        return len(self.key.split(", "))


LAYOUTS: dict[Table | Few, Layout] = {
    Table.ACCOUNT_LINKS: Layout("account, application_id, created", "account"),
    Table.CONNECTOR_LINKS: Layout("name, resource, target, address, grp", "name, resource"),
    Table.WAITING: Layout("endpoint, position, subject, tries, due, detail", "endpoint, position"),
    Few.FOLLOWERS: Layout("name, position, failures, detail, due", "name"),
    Few.ENDPOINTS: Layout(
        "id, url, secret, created, label, types, previous, previous_until, off_since, off_reason,"
        " failing_since, arrived, paused_until",
        "id",
    ),
    Few.KEYS: Layout("id, label, digest, scopes, created, expires, last_used, revoked, hint", "id"),
    Few.CONNECTORS: Layout("name, kind, settings, secret, created, enabled, last_run", "name"),
}
"""The tables whose columns are alike in every store, by what they are called and what they hold."""

UNTOLD = (Table.ACCOUNT_LINKS, Table.CONNECTOR_LINKS, Table.WAITING)
"""Tables in which a change is no event, so that no position tells whether there was one."""


class OrganisationRow(NamedTuple):
    """An organisation, with its counters."""

    id: int
    slug: str
    name: str
    username_format: str
    allowed_domains: str  # JSON
    seats: int | None
    created: str
    disabled: bool
    attributes: str  # JSON
    role_rules: str  # JSON
    users: int
    active: int
    owners: int
    groups: int
    nested: int
    users_gone: int
    groups_gone: int
    position: int


class TokenRow(NamedTuple):
    """What is kept of a token."""

    id: str
    label: str
    digest: bytes
    created: str
    expires: str | None
    last_used: str | None
    revoked: str | None
    read_only: bool
    strict: bool
    hint: str


class AdministratorRow(NamedTuple):
    """Somebody who may come into the console."""

    id: str
    email: str
    org: int | None
    created: str
    last_seen: str | None


class AuditedRow(NamedTuple):
    """Something that somebody did by hand."""

    number: int
    at: str
    actor: str
    action: str
    org: int | None
    data: str  # JSON


class SecretRow(NamedTuple):
    """What every server of the installation knows, and nobody else."""

    name: str
    value: bytes


class ResourceRow(NamedTuple):
    """An account or a group. Its key is what comes first."""

    kind: int
    id: str
    version: int
    created: str
    modified: str
    name: str  # all of it, however long
    external_id: str | None
    active: bool | None
    role: str | None
    own_role: str | None  # where a rule gives the role: what it is without
    member_count: int
    keys: str  # JSON; stores may order and space it as they like
    document: bytes

    @property
    def key(self) -> Key:
        """What rows are ordered by."""
        return self.kind, self.id

    @property
    def weight(self) -> int:
        """About how many bytes it has."""
        return len(self.keys) + len(self.document)


class MemberRow(NamedTuple):
    """Somebody who is in a group."""

    group: str
    member: str
    kind: int
    display: str | None

    @property
    def key(self) -> Key:
        """What rows are ordered by."""
        return self.group, self.member

    @property
    def weight(self) -> int:
        """About how many bytes it has."""
        return len(self.display or "")


class EventRow(NamedTuple):
    """An event with its place in the feed."""

    position: int
    type: str
    at: str
    actor: str
    subject: str
    data: str  # JSON
    document: bytes | None

    @property
    def key(self) -> Key:
        """What rows are ordered by."""
        return (self.position,)

    @property
    def weight(self) -> int:
        """About how many bytes it has."""
        return len(self.data) + len(self.document or b"")


class PlainRow(NamedTuple):
    """A row of a table that has a layout."""

    table: Table | Few
    values: tuple[Any, ...]  # of the columns of the layout: texts, whole numbers, bytes, None

    @property
    def key(self) -> Key:
        """What rows are ordered by."""
        return self.values[: LAYOUTS[self.table].width]

    @property
    def weight(self) -> int:
        """About how many bytes it has."""
        return sum(len(value) for value in self.values if isinstance(value, str | bytes))


Row = ResourceRow | MemberRow | EventRow | PlainRow


def table_of(row: Row) -> Table:
    """Where a row belongs that an organisation has many of."""
    match row:
        case ResourceRow():
            return Table.RESOURCES
        case MemberRow():
            return Table.MEMBERS
        case EventRow():
            return Table.EVENTS
        case PlainRow():
            return Table(row.table)


START: dict[Table, Key] = {
    Table.RESOURCES: (0, ""),
    Table.MEMBERS: ("", ""),
    Table.EVENTS: (0,),
    Table.ACCOUNT_LINKS: ("",),
    Table.CONNECTOR_LINKS: ("", ""),
    Table.WAITING: ("", 0),
}
"""A key before all others."""

CLEARING, DONE = "clearing", "done"
"""The stages of a copy beside the tables: what is there goes first; all is there."""


class Mark(NamedTuple):
    """How far the copy of one organisation has come. It lies in the target."""

    org: int
    slug: str
    created: str  # with id and slug: whether a source is the one that the copy began with
    position: int  # of the last event in the source when the copy of the organisation began
    stage: str = Table.RESOURCES.value
    after: Key = START[Table.RESOURCES]  # of the last row that is there
    rows: int = 0  # how many are there
    kept: str = ""  # once it is done: what `fingerprint` says of it


class Archive(Protocol):
    """One database, to be copied from or to."""

    async def identity(self) -> str | None:
        """The same for every address of one database; None where there is none yet."""

    async def open_source(self) -> None:
        """Make sure that it can be read, and is of this version. Nothing is written.

        Raises:
            Unavailable: it is not.
        """

    async def open_target(self) -> None:
        """Make sure that it can be written; a database without tables gets them.

        Raises:
            Unavailable: it cannot be used, or is of another version.
        """

    async def organisations(self) -> list[OrganisationRow]:
        """All organisations, by id."""

    async def memberships(self) -> dict[int, int]:
        """How many memberships each organisation has, from the counts of its groups."""

    async def untold(self) -> int:
        """How many rows there are of all organisations in the tables of `UNTOLD`."""

    async def tokens(self, org: int) -> list[TokenRow]:
        """The tokens of an organisation, by id."""

    async def secrets(self) -> list[SecretRow]:
        """All secrets, by name."""

    async def administrators(self) -> list[AdministratorRow]:
        """All administrators, by id."""

    async def few(self, org: int | None) -> list[PlainRow]:
        """What an organisation has few of, by table and key; None: the keys that open every one."""

    async def audited(self, after: int) -> list[AuditedRow]:
        """The next entries of the audit trail behind a number: a chunk, by number."""

    async def read(self, table: Table, org: int, after: Key) -> Sequence[Row]:
        """The next rows of an organisation behind a key: a chunk, in the order of their keys."""

    async def marks(self) -> list[Mark] | None:
        """How far a copy to this database has come; None where there is none under way."""

    async def begin(
        self,
        secrets: Sequence[SecretRow],
        administrators: Sequence[AdministratorRow],
        keys: Sequence[PlainRow],
    ) -> None:
        """Be ready for marks, with these and no others, and with an empty audit trail.

        Args:
            secrets: all of them.
            administrators: all of them.
            keys: those that open every organisation.
        """

    async def write_audited(self, rows: Sequence[AuditedRow]) -> None:
        """Write entries of the audit trail, all or none.

        Raises:
            VersionMismatch: they do not go with those that are there.
        """

    async def write(self, was: Mark | None, mark: Mark, rows: Sequence[Row]) -> None:
        """Write rows of one table and move the mark, both or neither.

        Args:
            was: the mark as it stands; None where there is none.
            mark: the mark as it shall stand.
            rows: may be none.

        Raises:
            Unavailable: the mark does not stand there any more: another copy is under way.
            VersionMismatch: the rows do not go with those that are there.
        """

    async def clear(self, was: Mark, mark: Mark, tables: Sequence[Table]) -> Mark:
        """Take an organisation and its rows of some tables away, a part at a time.

        The mark moves first, and counts what is left from then on: what it is in the end comes
        back.
        """

    async def finish(
        self,
        was: Mark,
        mark: Mark,
        organisation: OrganisationRow,
        tokens: Sequence[TokenRow],
        few: Sequence[PlainRow],
    ) -> None:
        """Write the organisation with its tokens and all that it has few of, and move the mark.

        Nobody sees the organisation before that. Servers that run notice it.
        """

    async def end(self) -> None:
        """Take all marks away."""

    async def close(self) -> None:
        """Let go of the database."""


def another_copy() -> Unavailable:
    """The refusal where somebody else moves the mark."""
    return Unavailable("another copy to this database is under way: wait for its end")


def does_not_fit() -> VersionMismatch:
    """The refusal for rows that do not go together."""
    return VersionMismatch(
        "the source was written to while it was copied, and its rows do not fit together:"
        " stop its servers, and run the command again"
    )
