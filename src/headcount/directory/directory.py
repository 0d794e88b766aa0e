"""What happens to accounts and groups: read, decide with pure functions, commit one Change."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from orjson import loads

from headcount.directory import accounts, events, groups
from headcount.directory.access import Caller, check_open, check_write
from headcount.directory.drafts import draft
from headcount.directory.membership import Delta, needs_reading
from headcount.directory.walking import Queries, Walker, part
from headcount.errors import InvalidValue, Unavailable, VersionMismatch
from headcount.scim.dialect import BY_THE_BOOK, Dialect
from headcount.scim.messages import Query
from headcount.scim.operations import Operation
from headcount.scim.patch import apply
from headcount.scim.resources import Document, check_required
from headcount.scim.schemas import GROUP_TYPE, MEMBERS, ROLES
from headcount.store.model import (
    NO_MEMBERS,
    Change,
    Kind,
    MemberDelta,
    Outcome,
    Page,
    Seen,
    Stored,
)
from headcount.store.promise import Resources

T = TypeVar("T")

_ATTEMPTS = 100  # each time one of those who collide gets through


@dataclass(frozen=True, slots=True)
class Directory:
    """What an organisation's accounts and groups can do."""

    store: Resources
    now: Callable[[], str]  # RFC 3339 in UTC, with milliseconds
    new_id: Callable[[], str]
    walker: Walker

    async def get(
        self, caller: Caller, kind: Kind, resource_id: str, *, base: str, relations: bool = True
    ) -> Seen:
        """The resource, with its groups or members where `relations` are wanted; or `NotFound`."""
        check_open(caller)
        org = caller.organisation.id
        return await self.store.get(org, kind, resource_id, base=base, relations=relations)

    async def find(self, caller: Caller, kind: Kind, query: Query, *, base: str) -> Page:
        """The part of the list that `query` asks for (RFC 7644 section 3.4.2, RFC 9865).

        Raises:
            InvalidCursor, ExpiredCursor: the cursor opens no page of this list.
        """
        check_open(caller)
        if query.cursor is not None:
            return await self.walker.page(caller, {kind: query}, base=base)
        return await self.store.find(caller.organisation.id, kind, query, base=base)

    async def find_everything(self, caller: Caller, queries: Queries, *, base: str) -> Page:
        """The part of the list of all kinds, as one list (RFC 7644 section 3.4.3)."""
        check_open(caller)
        if any(query.cursor is not None for query in queries.values()):
            return await self.walker.page(caller, queries, base=base)
        return await part(self.store, caller, queries, base=base)

    async def create(
        self,
        caller: Caller,
        kind: Kind,
        sent: Document,
        dialect: Dialect = BY_THE_BOOK,
        *,
        resource_id: str | None = None,
    ) -> Outcome:
        """POST: a new resource (RFC 7644 section 3.3), with a new id unless it has one already.

        Raises:
            Taken: its name belongs to another.
            InvalidValue: the organisation does not take it, or a member does not exist.
            SeatsTaken: the organisation has no seat left.
        """
        check_open(caller)
        check_write(caller)
        members = NO_MEMBERS
        resource_id = resource_id or self.new_id()
        if kind is Kind.USER:
            document = accounts.created(sent, caller.organisation.policy)
            told = events.created_account(document)
        else:
            document, members = groups.apart(sent, dialect)
            members = MemberDelta(joined=members.joined)
            told = events.created_group(document)
        return await self.store.commit(
            Change(
                org=caller.organisation.id,
                kind=kind,
                id=resource_id,
                actor=caller.actor,
                at=self.now(),
                creates=True,
                after=draft(kind, {"id": resource_id, **document}, caller.types[kind]),
                members=members,
                events=told,
            )
        )

    async def replace(
        self,
        caller: Caller,
        kind: Kind,
        resource_id: str,
        sent: Document,
        *,
        dialect: Dialect = BY_THE_BOOK,
        if_match: str | None = None,
        base: str | None = None,
    ) -> Outcome:
        """PUT: what was sent becomes the resource (RFC 7644 section 3.5.1).

        A resource that stays the same keeps its version and raises no event. PUT never creates.

        With a `base`, the groups of an account are told in addresses that begin so.

        Raises:
            NotFound: no such resource in this organisation.
            VersionMismatch: `if_match` is not the current version.
        """
        pinned = if_match is not None

        async def decide(before: Stored) -> Outcome:
            document = loads(before.document)
            if kind is Kind.USER:
                after = accounts.replaced(document, sent, caller.organisation.policy)
                return await self._commit(caller, before, document, after)
            after, members = groups.apart(sent, dialect)
            return await self._commit(caller, before, document, after, members, pinned=pinned)

        return await self._changing_shown(caller, kind, resource_id, if_match, decide, base)

    async def patch(
        self,
        caller: Caller,
        kind: Kind,
        resource_id: str,
        operations: Sequence[Operation],
        *,
        dialect: Dialect = BY_THE_BOOK,
        if_match: str | None = None,
        base: str | None = None,
    ) -> Outcome:
        """PATCH: all operations, in order, or none (RFC 7644 section 3.5.2).

        With a `base`, the groups of an account are told in addresses that begin so.

        Raises:
            NotFound: no such resource in this organisation.
            VersionMismatch: `if_match` is not the current version.
            NoTarget, Mutability, InvalidValue: an operation cannot be applied.
        """
        pinned = if_match is not None

        async def decide(before: Stored) -> Outcome:
            members, others = NO_MEMBERS, operations
            if kind is Kind.GROUP:
                members = await self._members(caller, resource_id, operations, dialect)
                others = [one for one in operations if one.target.head is not MEMBERS]
            if not others:
                return await self._commit(caller, before, {}, {}, members, pinned=pinned)
            document = loads(before.document)
            after: Document = loads(before.document)
            for operation in others:
                apply(after, operation, dialect)
            if kind is Kind.USER:
                touched = {operation.target.head.name for operation in operations}
                policy = caller.organisation.policy
                after = accounts.patched(document, after, touched, policy)
            else:
                check_required(after, GROUP_TYPE)
            return await self._commit(caller, before, document, after, members, pinned=pinned)

        return await self._changing_shown(caller, kind, resource_id, if_match, decide, base)

    async def set_role(self, caller: Caller, account: str, role: str) -> Outcome:
        """What somebody decides by hand: the role, or where a rule gives that, what it is without.

        Raises:
            NotFound: no such account in this organisation.
            InvalidValue: there is no such role.
            LastOwner: nobody would be left who owns the organisation.
        """
        if role not in ROLES:
            raise InvalidValue(f"{role[:100]!r} is no role: {', '.join(ROLES)} are")

        async def decide(seen: Seen) -> Outcome:
            was = loads(seen.stored.document)
            own = await self.store.own_role(caller.organisation.id, account)
            if own is None:
                return await self._commit(caller, seen.stored, was, {**was, "role": role})
            wanted = None if role == own else role
            return await self._commit(caller, seen.stored, was, was, own_role=wanted)

        return await self._changing(caller, Kind.USER, account, None, decide)

    async def delete(
        self, caller: Caller, kind: Kind, resource_id: str, *, if_match: str | None = None
    ) -> None:
        """DELETE: the resource is gone, from every group too, and its name is free (section 3.6).

        Raises:
            NotFound: no such resource in this organisation.
            LastOwner: nobody would be left who owns the organisation.
        """
        told = events.deleted_account if kind is Kind.USER else events.deleted_group

        async def decide(seen: Seen) -> Outcome:
            before = seen.stored
            return await self.store.commit(
                Change(
                    org=caller.organisation.id,
                    kind=kind,
                    id=resource_id,
                    actor=caller.actor,
                    at=self.now(),
                    deletes=True,
                    expected=before.version,
                    events=told(loads(before.document)),
                )
            )

        await self._changing(caller, kind, resource_id, if_match, decide)

    async def _members(
        self, caller: Caller, group: str, operations: Sequence[Operation], dialect: Dialect
    ) -> MemberDelta:
        """What the operations want of a group's members; reads them only where it must."""
        held: Sequence[tuple[str, Kind]] = ()
        if needs_reading(operations):
            held = await self.store.members(caller.organisation.id, group)
        delta = Delta(dialect, lambda: held)
        for operation in operations:
            if operation.target.head is MEMBERS:
                delta.apply(operation)
        return delta.done()

    async def _commit(
        self,
        caller: Caller,
        before: Stored,
        was: Document,
        after: Document,
        members: MemberDelta = NO_MEMBERS,
        *,
        pinned: bool = False,
        own_role: str | None = None,
    ) -> Outcome:
        """Write what changed; what did not change keeps its version.

        Members change one by one, so a change of members alone holds for any version of the group,
        unless it is `pinned` to the one that was read.
        """
        if before.kind is Kind.USER and was.get("role") != after.get("role"):
            after, own_role = await self._by_rules(caller, before.id, was, after)
        tell = events.changed_account if before.kind is Kind.USER else events.changed_group
        told = tell(was, after)  # whatever raises an event has changed, and need not be compared
        if own_role is None and not told and accounts.is_same(was, after):
            if not members:
                return Outcome(before, changed=False)
            return await self.store.commit(
                Change(
                    org=caller.organisation.id,
                    kind=before.kind,
                    id=before.id,
                    actor=caller.actor,
                    at=self.now(),
                    members=members,
                    expected=before.version if pinned else None,
                )
            )
        whole = {**after, "id": before.id}
        return await self.store.commit(
            Change(
                org=caller.organisation.id,
                kind=before.kind,
                id=before.id,
                actor=caller.actor,
                at=self.now(),
                after=draft(
                    before.kind,
                    whole,
                    caller.types[before.kind],
                    same_keys=events.only_state(told),
                ),
                members=members,
                own_role=own_role,
                expected=before.version,
                events=told,
            )
        )

    async def _by_rules(
        self, caller: Caller, account: str, was: Document, after: Document
    ) -> tuple[Document, str | None]:
        """An account with another role, and its own where a rule gives the role: that goes on."""
        own = await self.store.own_role(caller.organisation.id, account)
        if own is None:
            return after, None
        after, wanted = accounts.under_rule(was, after)
        return after, None if wanted == own else wanted

    async def _changing_shown(
        self,
        caller: Caller,
        kind: Kind,
        resource_id: str,
        if_match: str | None,
        decide: Callable[[Stored], Awaitable[Outcome]],
        base: str | None,
    ) -> Outcome:
        """Change it; the groups of an account are told with it, where addresses have a `base`."""

        async def decide_and_show(seen: Seen) -> Outcome:
            outcome = await decide(seen.stored)
            if isinstance(seen.relations, bytes):
                return Outcome(outcome.stored, outcome.changed, groups=seen.relations)
            return outcome

        shown = base if kind is Kind.USER else None
        return await self._changing(caller, kind, resource_id, if_match, decide_and_show, shown)

    async def _changing(
        self,
        caller: Caller,
        kind: Kind,
        resource_id: str,
        if_match: str | None,
        decide: Callable[[Seen], Awaitable[T]],
        base: str | None = None,
    ) -> T:
        """Decide again when somebody else was faster, but not where a version was asked for."""
        check_open(caller)
        check_write(caller)
        for _ in range(_ATTEMPTS):
            org = caller.organisation.id
            seen = await self.store.get(
                org, kind, resource_id, base=base or "", relations=base is not None
            )
            check_version(seen.stored, if_match)
            try:
                return await decide(seen)
            except VersionMismatch:
                if if_match is not None:
                    raise
        raise Unavailable("too many changes of this resource at once; send the request again")


def check_version(stored: Stored, if_match: str | None) -> None:
    """Refuse when the current version is none of those in `if_match` (RFC 7644 section 3.14).

    What a tag says of an account's groups, behind a hyphen, is left aside: nobody writes them here.

    Raises:
        VersionMismatch: it is not.
    """
    if if_match is None or if_match.strip() == "*":
        return
    tags = {tag.strip().removeprefix("W/").strip('"') for tag in if_match.split(",")}
    if str(stored.version) not in {tag.partition("-")[0] for tag in tags}:
        raise VersionMismatch(
            f'the {stored.kind} is version W/"{stored.version}" now, not {if_match[:100]};'
            " read it again and repeat the change"
        )
