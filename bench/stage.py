"""What is measured: a server that runs, and the accounts and groups that are in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.people import IN_DEPARTMENT, department, department_name, group_name

JOINERS = 16  # accounts beyond those counted, who join groups and leave them
GROUP_SIZES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)

Advance = Callable[[int], None]


@dataclass(frozen=True)
class Manners:
    """How a server speaks, where servers differ."""

    prefix: str = "/scim/v2"
    colon: bytes = b":"  # between a name and a value
    tells_groups: bool = True  # an account's answer names its groups
    keeps_enterprise: bool = True  # an account's answer has the enterprise data that was sent
    removes_by_path: bool = True  # `members[value eq "7"]`, and not a list of those who leave
    leaves_out_members: bool = True  # where `excludedAttributes` names them
    has_cursors: bool = False
    has_bulk: bool = False


class Filler(Protocol):
    """Fills a server."""

    async def accounts(self, count: int, advance: Advance) -> list[str]:
        """Create so many people; their ids, of fewer where the time is over."""

    async def group(self, name: str, members: Sequence[str], advance: Advance) -> str | None:
        """Create a group; its id, or None where the time is over."""

    async def cursor_behind(self, account: str) -> str:
        """Where a walk through all accounts goes on behind this one; empty without cursors."""


@dataclass(frozen=True)
class Past:
    """What there is to be found on the pages of the console, where pages differ."""

    account: int  # the number of the account that was changed most often
    change: int  # the position of a change of that account in the middle
    exchange: int  # the number of a request in the middle
    unclaimed: int  # the number of a request that is nobody's
    entry: int  # the number of an entry of the audit trail in the middle
    webhook: str = "webhook"  # its id
    attempt: int = 1  # the number of a try to send something there


class Office(Protocol):
    """Whoever administers a server that has a console."""

    async def live(self, ids: Sequence[str], exchanges: int, advance: Advance) -> Past:
        """Let a month go by, with so many requests of an identity provider that are recorded."""

    async def invite(self) -> str:
        """The secret of a link that opens everything in the console."""


@dataclass(frozen=True)
class Hook:
    """A webhook that events are sent to."""

    id: str
    secret: str


class Feed(Protocol):
    """Whoever administers the feed of a server that has one."""

    async def key(self) -> str:
        """A key of the HTTP API with which the feed is read."""

    async def position(self) -> int:
        """Of the newest event."""

    async def happen(self, events: int, advance: Advance) -> None:
        """Let so many events happen, or a few more: some to each of many accounts."""

    async def send(self, url: str, after: int) -> Hook:
        """Send the events behind a position to this address from now on."""

    async def send_no_more(self, hook: Hook) -> None:
        """Remove a webhook."""


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    name: str
    port: int
    token: str
    manners: Manners
    filler: Filler
    pids: tuple[int, ...]  # whose processor time, with that of their children, requests take
    folder: Path  # with the files of its database
    largest_group: int = 10_000
    office: Office | None = None  # where there is a console
    feed: Feed | None = None  # where changes leave


@dataclass
class Stage:
    """A server, and what was put into it."""

    server: Server
    accounts: int
    ids: list[str] = field(default_factory=list)  # by number
    joiners: list[str] = field(default_factory=list)
    departments: list[str] = field(default_factory=list)
    groups: dict[int, str] = field(default_factory=dict)  # by size
    last_cursor: str = ""

    @property
    def manners(self) -> Manners:
        """How the server speaks."""
        return self.server.manners


class OutOfTimeError(Exception):
    """A server could not be filled in the time that it had."""


async def fill(server: Server, accounts: int, advance: Advance) -> Stage:
    """Put accounts and departments into an empty server.

    Raises:
        OutOfTimeError: it took too long; the message says how far it came.
    """
    ids = await server.filler.accounts(accounts + JOINERS, advance)
    if len(ids) < accounts + JOINERS:
        raise OutOfTimeError(f"stopped at {len(ids):,} of {accounts:,} accounts")
    stage = Stage(server, accounts, ids[:accounts], ids[accounts:])
    for number in range(department(accounts - 1) + 1):
        first = 2 * IN_DEPARTMENT * number
        members = stage.ids[first + 1 : first + 2 * IN_DEPARTMENT : 2]
        stage.departments.append(await _group(server, department_name(number), members, advance))
    if server.manners.has_cursors:
        stage.last_cursor = await server.filler.cursor_behind(stage.ids[-min(101, accounts)])
    return stage


def work(accounts: int) -> int:
    """How much `fill` advances in all."""
    return accounts + JOINERS + accounts // 2


async def gather(stage: Stage, advance: Advance) -> None:
    """Add the groups that are measured, the smallest first.

    Raises:
        OutOfTimeError: it took too long; the groups that were made stay.
    """
    for size in group_sizes(stage.server, stage.accounts):
        members = stage.ids[:size]
        stage.groups[size] = await _group(stage.server, group_name(size), members, advance)


def group_sizes(server: Server, accounts: int) -> list[int]:
    """The sizes of the groups that so many accounts can fill."""
    return [size for size in GROUP_SIZES if size <= min(accounts, server.largest_group)]


async def _group(server: Server, name: str, members: Sequence[str], advance: Advance) -> str:
    made = await server.filler.group(name, members, advance)
    if made is None:
        raise OutOfTimeError(f"stopped at the group {name!r} of {len(members):,}")
    return made
