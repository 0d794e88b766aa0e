"""What a request wants of a group's members: who joins and who leaves, operation by operation."""

from collections.abc import Callable, Iterable
from typing import Any

from headcount.errors import InvalidValue, Mutability
from headcount.scim.dialect import Dialect
from headcount.scim.filters import Compare, Filter, Op, Or
from headcount.scim.match import matches
from headcount.scim.operations import Operation, PatchOp
from headcount.scim.resources import read_value
from headcount.scim.schemas import MEMBERS
from headcount.store.model import Joining, Kind, MemberDelta

Held = Iterable[tuple[str, Kind]]


class Delta:
    """Collects one operation after the other into who shall be in at the end."""

    def __init__(self, dialect: Dialect, held: Callable[[], Held]) -> None:
        self._dialect = dialect
        self._held = held  # who is in now; asked only for a filter that names no id
        self._joined: dict[str, Joining] = {}
        self._left: dict[str, None] = {}
        self._only = False

    def apply(self, operation: Operation) -> None:
        """Take the next operation on `members` into account.

        Raises:
            InvalidValue: a member has no `value`.
            Mutability: a part of a membership is to be changed (RFC 7643 section 4.2).
        """
        if operation.target.sub is not None or len(operation.target.path.steps) > 1:
            raise Mutability(
                "the parts of a membership cannot be changed; remove it and add another"
            )
        chosen = self._chosen(operation.target.where)
        if operation.op is PatchOp.REMOVE:
            self._remove(operation.value, chosen)
        else:
            self._put(operation, chosen)

    def done(self) -> MemberDelta:
        """Who joins and who leaves."""
        return MemberDelta(tuple(self._joined.values()), tuple(self._left), self._only)

    def _put(self, operation: Operation, chosen: list[str] | None) -> None:
        if operation.op is PatchOp.REPLACE:
            self._replace(chosen)
        for one in members_in(operation.value, self._dialect):
            self._left.pop(one.id, None)
            self._joined[one.id] = one

    def _replace(self, chosen: list[str] | None) -> None:
        if chosen is None:
            self._everybody_leaves()
        else:
            self._leave(chosen)

    def _remove(self, value: Any, chosen: list[str] | None) -> None:
        if chosen is not None:
            self._leave(chosen)
        elif value is None:
            self._everybody_leaves()
        else:
            self._leave(one.id for one in members_in(value, self._dialect))

    def _everybody_leaves(self) -> None:
        self._joined.clear()
        self._left.clear()
        self._only = True

    def _leave(self, members: Iterable[str]) -> None:
        for member in members:
            self._joined.pop(member, None)
            if not self._only:
                self._left[member] = None

    def _chosen(self, where: Filter | None) -> list[str] | None:
        """The ids that a filter in brackets means; None where there is no filter."""
        if where is None:
            return None
        named = _named(where)
        if named is not None:
            return named
        now = [] if self._only else [(m, k) for m, k in self._held() if m not in self._left]
        now += [(member, Kind.USER) for member in self._joined]
        return [m for m, k in now if matches(where, {"value": m, "type": k.value})]


def _named(where: Filter) -> list[str] | None:
    """The ids in `value eq "a" or value eq "b"`; None where the filter asks for anything else."""
    match where:
        case Compare(path, Op.EQ, str(value)) if path.leaf is MEMBERS.value:
            return [value]
        case Or(left, right):
            first, second = _named(left), _named(right)
            return None if first is None or second is None else first + second
        case _:
            return None


def needs_reading(operations: Iterable[Operation]) -> bool:
    """Whether who is in now decides what the operations mean."""
    wheres = [one.target.where for one in operations if one.target.head is MEMBERS]
    return any(where is not None and _named(where) is None for where in wheres)


def members_in(value: Any, dialect: Dialect) -> tuple[Joining, ...]:
    """The members that a list states, each once.

    Raises:
        InvalidValue: an entry has no `value`.
    """
    entries = read_value(MEMBERS, value, dialect) or []
    listed = len(value) if isinstance(value, list) else len(entries)
    if listed > len(entries) or not all(entry.get("value") for entry in entries):
        raise InvalidValue('every member needs a value, such as {"value": "the id of an account"}')
    stated = {entry["value"]: Joining(entry["value"], entry.get("display")) for entry in entries}
    return tuple(stated.values())
