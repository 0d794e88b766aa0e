"""A moment of the database that is held for longer than a statement: for groups that are large.

What is read of such a group has to fit together, its version and its members. Those of a huge one
are read some thousand at a time while they are sent, so nobody has to hold all of them; for that
long the moment has a connection of its own.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from headcount.errors import Unavailable
from headcount.store.model import OrgId, Seen, Stored
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.opening import Opener
from headcount.store.postgres.rows import MEMBER, NOTHING, unread
from headcount.store.postgres.troubles import telling
from headcount.store.postgres.watching import Watch
from headcount.store.recent import Recent, moment_of

AT_ONCE_MEMBERS = 20_000  # that one answer holds; what goes beyond comes in parts
AT_A_TIME = 2_000  # members in a part
_MOST = 8  # moments that a process holds

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_MEMBERS = f"""SELECT m.grp, '[' || string_agg({MEMBER.format(base="$3")}, ',' ORDER BY m.member)
    || ']' FROM member m WHERE m.org = $1 AND m.grp = ANY ($2::TEXT[]) GROUP BY m.grp"""
_SOME_MEMBERS = f"""SELECT string_agg({MEMBER.format(base="$3")}, ',' ORDER BY m.member),
    max(m.member) FROM (SELECT member, kind, display FROM member
    WHERE org = $1 AND grp = $2 AND member > $4 ORDER BY member LIMIT {AT_A_TIME}) m"""


@dataclass(slots=True)
class Moments:
    """Hands out moments."""

    opener: Opener
    recent: Recent
    _watch: Watch = field(default_factory=lambda: Watch(lambda one: one.terminate()), init=False)
    _held: int = field(default=0, init=False)

    async def begin(self) -> "Moment":
        """The present moment; its first statement decides what it is.

        Raises:
            Unavailable: too many are held already, or there is no connection.
        """
        if self._held >= _MOST:
            raise Unavailable("too many large groups are read at once; send the request again")
        self._held += 1
        try:
            connection = await self.opener.connect()
        except BaseException:
            self._held -= 1
            raise
        self._watch.begin(connection)
        try:
            with telling():
                await connection.execute(_BEGIN)
        except BaseException:
            self.end(connection)
            raise
        return Moment(connection, self)

    def end(self, connection: Connection) -> None:
        """One of them has ended."""
        self._watch.end(connection)
        connection.terminate()
        self._held -= 1


@dataclass(slots=True)
class Moment:
    """One moment, for as long as anybody reads parts of it."""

    connection: Connection
    moments: Moments
    _readers: int = field(default=0, init=False)
    _open: bool = field(default=True, init=False)

    async def whole(self, org: OrgId, base: str, seen: Sequence[Seen]) -> list[Seen]:
        """The same with all members; those that are too many together come in parts."""
        room = AT_ONCE_MEMBERS
        few: list[str] = []
        for one in seen:
            if 0 < unread(one) <= room:
                room -= unread(one)
                few.append(one.stored.id)
        found = await members_of(self.connection, org, few, base)
        return [self._whole(org, base, one, found) for one in seen]

    def _whole(self, org: OrgId, base: str, one: Seen, found: dict[str, bytes]) -> Seen:
        if not unread(one):
            return one
        stored = one.stored
        if (members := found.get(stored.id)) is not None:
            self.moments.recent.put(moment_of(org, stored, base), members)
            return Seen(stored, members)
        self._readers += 1
        return Seen(stored, Members(self, org, stored, base))

    def leave(self) -> None:
        """One reader is done; the last one ends the moment."""
        self._readers -= 1
        self.end_unless_read()

    def end_unless_read(self) -> None:
        """End it, where nobody was given anything to read."""
        if self._readers <= 0 and self._open:
            self._open = False
            self.moments.end(self.connection)


@dataclass(slots=True)
class Members:
    """The members of a group, some at a time; what `Parts` promises."""

    moment: Moment
    org: OrgId
    group: Stored
    base: str
    _closed: bool = field(default=False, init=False)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        after = ""
        while not self._closed:
            with telling():
                entries, last = await self.moment.connection.fetchrow(
                    _SOME_MEMBERS, self.org, self.group.id, self.base, after
                )
            if entries is None:
                return
            yield entries.encode()
            after = last

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.moment.leave()

    def __del__(self) -> None:
        self.close()  # an answer that was never sent must not hold the moment for good


async def members_of(
    connection: Connection, org: OrgId, groups: Sequence[str], base: str
) -> dict[str, bytes]:
    """All members of some groups, by the id of the group."""
    if not groups:
        return {}
    rows = await connection.fetch(_MEMBERS, org, list(groups), base)
    found = dict.fromkeys(groups, NOTHING)
    return found | {group: members.encode() for group, members in rows}


async def all_whole(
    connection: Connection, org: OrgId, base: str, seen: Sequence[Seen]
) -> list[Seen]:
    """The same with all members at once, for who is in a transaction already."""
    many = [one.stored.id for one in seen if unread(one)]
    found = await members_of(connection, org, many, base)
    return [Seen(one.stored, found.get(one.stored.id, one.relations)) for one in seen]


def is_whole(org: OrgId, base: str, seen: Sequence[Seen], recent: Recent) -> list[Seen] | None:
    """The same with members that were read lately; None where some have to be read."""
    whole = []
    for one in seen:
        if not unread(one):
            whole.append(one)
        elif (members := recent.get(moment_of(org, one.stored, base))) is not None:
            whole.append(Seen(one.stored, members))
        else:
            return None
    return whole
