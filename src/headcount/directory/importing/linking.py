"""Who is in a group and who manages whom, once everybody in the file is there."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from orjson import loads

from headcount.directory.access import Caller
from headcount.directory.directory import Directory
from headcount.directory.importing.entries import MAKING, Entry, Setting
from headcount.directory.importing.ledger import Identities
from headcount.directory.importing.results import Imported, Result, differences
from headcount.errors import NotFound, ScimError, Unavailable
from headcount.scim.operations import Operation, PatchOp, Target
from headcount.scim.paths import AttrPath, resolve
from headcount.scim.schemas import ENTERPRISE_URN, MEMBERS
from headcount.store.model import Kind

_MEMBERS_AT_ONCE = 100
_ID = "id:"
_MANAGER = f"{ENTERPRISE_URN}:manager.value"


@dataclass(frozen=True, slots=True)
class Some:
    """Some of the members of one group."""

    entry: Entry
    group: str  # id; empty: it would be there
    members: tuple[str, ...]  # as the file calls them


@dataclass(slots=True)
class Lost:
    """Members of an entry whom nobody knows."""

    name: str
    number: int = 0
    example: str = ""


@dataclass(slots=True)
class Joining:
    """Adds members to groups; nobody leaves one."""

    caller: Caller
    known: Identities
    lost: dict[int, Lost] = field(default_factory=dict)  # by line
    _held: set[str] = field(default_factory=set)  # of the last group
    _group: str | None = None

    def some(self, entry: Entry) -> Iterator[Some]:
        """The members that an entry states, some at a time."""
        group = self.known.get(entry.keys[0]) if entry.keys else None
        if group is None:
            if entry.only_members:
                self._lose(entry, len(entry.members), "the group itself")
            return  # it was refused, and that was told
        for at in range(0, len(entry.members), _MEMBERS_AT_ONCE):
            yield Some(entry, group, entry.members[at : at + _MEMBERS_AT_ONCE])

    async def join(self, within: Directory, some: Some) -> Imported | None:
        """Let those join who are not in yet."""
        entry = some.entry
        held = await self._members(within, some.group)
        coming: list[str] = []
        would_come = 0
        for called in some.members:
            member = await self._member(within, called)
            if member is None or (member == some.group and member):
                self._lose(entry, 1, called)
            elif not member:
                would_come += 1
            elif member not in held:
                coming.append(member)
        try:
            if coming and some.group:
                await within.patch(self.caller, Kind.GROUP, some.group, [_added(coming)])
        except Unavailable:
            raise
        except ScimError as refused:
            name = _name(entry)
            return Imported(entry.line, Kind.GROUP, name, Result.REFUSED, detail=refused.detail)
        held.update(coming)
        joined = len(coming) + would_come
        if not joined:
            return None
        return Imported(
            entry.line, Kind.GROUP, _name(entry), Result.JOINED, some.group or None, joined=joined
        )

    def told(self) -> Iterator[Imported]:
        """The members that nobody knows, one refusal for each group."""
        for line, lost in self.lost.items():
            yield Imported(
                line,
                Kind.GROUP,
                lost.name,
                Result.REFUSED,
                detail=f"members who are neither in the file nor here: {lost.number}, such as"
                f" {lost.example[:200]!r}; add their entries, or take them out of the group",
            )

    async def _members(self, within: Directory, group: str) -> set[str]:
        if group != self._group or not group:
            org = self.caller.organisation.id
            there = await within.store.members(org, group) if group else ()
            self._group, self._held = group, {one for one, _ in there}
        return self._held

    async def _member(self, within: Directory, called: str) -> str | None:
        known = self.known.get(called)
        if known is not None or not called.startswith(_ID):
            return known
        here = called.removeprefix(_ID)  # of a file that holds groups alone
        for kind in Kind:
            try:
                await within.store.get(self.caller.organisation.id, kind, here, relations=False)
            except NotFound:
                continue
            return here
        return None

    def _lose(self, entry: Entry, number: int, called: str) -> None:
        lost = self.lost.setdefault(entry.line, Lost(_name(entry), 0, called.partition(":")[2]))
        lost.number += number


def _name(entry: Entry) -> str:
    return entry.name or (entry.keys[0].removeprefix(_ID) if entry.keys else "")


def _added(members: list[str]) -> Operation:
    values = [{"value": one} for one in members]
    return Operation(PatchOp.ADD, Target(AttrPath((MEMBERS,))), values)


@dataclass(frozen=True, slots=True)
class Managing:
    """Says of accounts who manages them."""

    caller: Caller
    known: Identities
    create_only: bool  # who has a manager keeps them

    async def manage(self, within: Directory, entry: Entry) -> Imported | None:
        """Write the manager that an entry states, where that is somebody."""
        account = self.known.get(entry.keys[0])
        manager = self.known.get(entry.manager or "")
        if manager is None and (entry.manager or "").startswith(_ID):
            manager = (entry.manager or "").removeprefix(_ID)  # of another system
        if not account or not manager:
            return None
        org = self.caller.organisation.id
        seen = await within.store.get(org, Kind.USER, account, relations=False)
        before = loads(seen.stored.document)
        has = before.get(ENTERPRISE_URN, {}).get("manager", {}).get("value")
        if has == manager or (has and self.create_only):
            return None
        path = resolve(self.caller.types[Kind.USER], _MANAGER)
        assert path is not None
        steps = [Setting(Target(path), manager).operation(before)]
        try:
            outcome = await within.patch(self.caller, Kind.USER, account, steps, dialect=MAKING)
        except Unavailable:
            raise
        except ScimError as refused:
            name = entry.name
            return Imported(entry.line, Kind.USER, name, Result.REFUSED, detail=refused.detail)
        changes = differences(before, loads(outcome.stored.document))
        return Imported(entry.line, Kind.USER, entry.name, Result.MANAGED, account, changes)
