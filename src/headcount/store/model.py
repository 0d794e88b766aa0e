"""The values that pass between the directory and a store.

Those that each request makes are tuples: a frozen dataclass takes three times as long to make.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, NewType, Protocol

from headcount.scim.custom import CustomAttribute
from headcount.scim.messages import Position

OrgId = NewType("OrgId", int)


class Kind(StrEnum):
    """The kinds of resources."""

    USER = "User"
    GROUP = "Group"


RELATIONS = {Kind.USER: "groups", Kind.GROUP: "members"}
"""The attribute that tells what a resource is in, or who is in it: it lives apart from the rest."""


class UsernameFormat(StrEnum):
    """Which userNames an organisation takes."""

    ANY = "any"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Policy:
    """What an organisation allows."""

    username_format: UsernameFormat = UsernameFormat.ANY
    allowed_domains: tuple[str, ...] = ()
    seats: int | None = None  # active accounts; None: as many as they like


@dataclass(frozen=True, slots=True)
class RoleRule:
    """Whoever is in the group, directly or through another group, has the role."""

    group: str  # id
    role: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How much an organisation has; kept beside the rows, so that nobody has to count."""

    users: int = 0
    active: int = 0
    owners: int = 0  # active accounts with the role owner
    groups: int = 0


@dataclass(frozen=True, slots=True)
class Organisation:
    """One customer: its accounts and groups are apart from everybody else's."""

    id: OrgId
    slug: str
    name: str
    policy: Policy
    created: datetime
    disabled: bool = False
    attributes: tuple[CustomAttribute, ...] = ()  # declared beside those of the RFC
    role_rules: tuple[RoleRule, ...] = ()  # the first that reaches an account gives its role
    counts: Counts = field(default=Counts())


@dataclass(frozen=True, slots=True)
class Token:
    """What the server keeps of a token: never the token itself."""

    id: str
    org: OrgId
    label: str
    digest: bytes  # SHA-256 of the token
    created: datetime
    expires: datetime | None = None
    last_used: datetime | None = None
    revoked: datetime | None = None
    read_only: bool = False
    strict: bool = False  # what it sends is read by the book, without any tolerance
    hint: str = ""  # how it begins, behind the prefix: for people, who recognise it by that


class Stored(NamedTuple):
    """A resource as it stands. `document` is its JSON without `meta`, `groups` and `members`."""

    kind: Kind
    id: str
    version: int
    created: str  # RFC 3339 in UTC, with milliseconds
    modified: str
    document: bytes


class Parts(Protocol):
    """The members of a group that has too many to hold at once: read on while they are sent.

    All of them, and the group itself, are of one moment, whoever joins or leaves meanwhile.
    """

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The entries of the JSON list, some at a time, with commas between them. Read once."""

    def close(self) -> None:
        """Let go of that moment. Whoever was given parts has to, also when none was read."""


class Seen(NamedTuple):
    """A resource with what an answer adds to it: an account's groups, or a group's members."""

    stored: Stored
    relations: bytes | Parts | None = None  # a JSON list; None where it was not asked for


class Indexed(NamedTuple):
    """What a store needs to know of a document to find it: comparison keys, never raw values."""

    name: str  # userName, or displayName of a group: unique in the organisation
    external_id: str | None
    active: bool | None = None
    role: str | None = None
    keys: bytes | None = b"{}"  # JSON: the keys of all other attributes, nested as the document is
    """None: name, external id and all keys are as they were before the change."""
    listed: tuple[tuple[str, str], ...] = ()  # what `listed_values` finds in the keys


LISTED_PATHS = (("emails", "value"),)
"""What is found by an index inside multi-valued attributes: Entra matches people by e-mail."""


def listed_values(keys: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """(path, key) of each value that has an index of its own.

    >>> listed_values({"emails": [{"value": "a@x.test"}, {"type": "work"}]})
    (('emails.value', 'a@x.test'),)
    """
    return tuple(
        (f"{name}.{sub}", entry[sub])
        for name, sub in LISTED_PATHS
        for entry in keys.get(name, ())
        if sub in entry
    )


class Draft(NamedTuple):
    """A resource as it shall stand."""

    document: bytes
    indexed: Indexed
    title: str  # userName or displayName as it was sent, for people to read


@dataclass(frozen=True, slots=True)
class Joining:
    """Somebody who shall be in a group, with the name that was sent along."""

    id: str
    display: str | None = None


@dataclass(frozen=True, slots=True)
class MemberDelta:
    """Who shall be in a group and who shall not: the store changes only what is not so already."""

    joined: tuple["Joining", ...] = ()
    left: tuple[str, ...] = ()
    only: bool = False  # nobody stays but those who joined

    def __bool__(self) -> bool:
        return self.only or bool(self.joined or self.left)


NO_MEMBERS = MemberDelta()


class EventType(StrEnum):
    """What the application learns of."""

    ACCOUNT_CREATED = "account.created"
    ACCOUNT_UPDATED = "account.updated"
    ACCOUNT_DEACTIVATED = "account.deactivated"
    ACCOUNT_REACTIVATED = "account.reactivated"
    ACCOUNT_DELETED = "account.deleted"
    ROLE_CHANGED = "account.role_changed"
    GROUP_CREATED = "group.created"
    GROUP_UPDATED = "group.updated"
    GROUP_DELETED = "group.deleted"
    MEMBER_ADDED = "group.member_added"
    MEMBER_REMOVED = "group.member_removed"


class Event(NamedTuple):
    """Something that happened to a resource, before it has a place in the feed."""

    type: EventType
    data: Mapping[str, Any] = {}


class Told(NamedTuple):
    """An event, and whom it is about as that stands once the change is written."""

    subject: str  # id
    event: Event
    document: bytes


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event in the feed of its organisation."""

    position: int  # strictly increasing within the organisation
    type: EventType
    at: str
    actor: str  # `token:ID` or `cli`
    subject: str  # id of the account or group
    data: dict[str, Any]
    document: bytes | None = None
    """The subject after the change, as in `Stored`; one that is gone as it was last; of memberships
    the group. None: not read, or the event was written before Headcount kept it."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did: the number of the schema before and after it."""

    before: int  # 0: there were no tables
    after: int


class Change(NamedTuple):
    """One decided write: what it was decided from, what shall stand, what it announces.

    Members are changed one by one in the store, so a change of members alone needs no `expected`
    version: two of them at once never undo each other.
    """

    org: OrgId
    kind: Kind
    id: str
    actor: str
    at: str
    creates: bool = False
    deletes: bool = False
    after: Draft | None = None  # None: the document stays as it is
    members: MemberDelta = NO_MEMBERS
    own_role: str | None = None  # of an account whose role a rule gives: what it shall be without
    expected: int | None = None  # the version that must still stand
    events: tuple[Event, ...] = ()  # those of members are added by the store, one for each


class Outcome(NamedTuple):
    """What a commit led to."""

    stored: Stored
    changed: bool = True
    member_count: int = 0
    groups: bytes | None = None  # of an account, where they were read before: it changes none


@dataclass(frozen=True, slots=True)
class Page:
    """One part of a list."""

    total: int
    resources: list[Seen]
    more: Position | None = None  # with a cursor: where the next page begins, if there is one
    cursor: str | None = None  # the same, as the client gets it
