"""What passes between a connector and its target: who shall be there, who is, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the organisation, as far as an application wants to know it."""

    id: str
    user_name: str
    address: str  # e-mail; empty where there is none
    name: str
    active: bool
    role: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the organisation, with everybody who is in it, also through other groups."""

    id: str
    name: str
    members: frozenset[str]  # ids of accounts


@dataclass(frozen=True, slots=True)
class Wanted:
    """The side of the organisation."""

    people: tuple[Account, ...] = ()
    groups: tuple[Group, ...] | None = None  # None: groups are no matter now


@dataclass(frozen=True, slots=True)
class Form:
    """An account in the shape in which the target can hold it."""

    key: str  # what the target finds it by, folded: no two accounts there have the same
    address: str
    name: str
    role: str | None = None  # None: the target has no roles


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the target."""

    id: str
    keys: tuple[str, ...]  # folded; an account that was there before is known by one of them
    name: str
    active: bool
    address: str | None = None  # None: the target does not show it
    role: str | None = None
    protected: str = ""  # why nobody touches it


@dataclass(frozen=True, slots=True)
class Circle:
    """A group at the target."""

    id: str
    name: str
    members: frozenset[str]  # ids of the target
    active: bool = True
    system: bool = False  # the target's own: left alone


@dataclass(frozen=True, slots=True)
class Found:
    """The side of the target."""

    people: tuple[Person, ...] = ()
    groups: tuple[Circle, ...] | None = None  # None: they were not read
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Which account or group of ours is which of theirs."""

    resource: str
    target: str
    address: str = ""  # that was written last: some targets do not show it
    group: bool = False


class Op(StrEnum):
    """What a step does, in the order in which steps are taken."""

    DEACTIVATE = "deactivate"
    UPDATE = "update"
    ADDRESS = "change e-mail"
    REACTIVATE = "reactivate"
    CREATE = "create"
    ROLE = "role"
    CREATE_GROUP = "create group"
    REACTIVATE_GROUP = "reactivate group"
    RENAME_GROUP = "rename group"
    MEMBERS = "members"
    DEACTIVATE_GROUP = "deactivate group"


ORDER: Mapping[Op, int] = {op: place for place, op in enumerate(Op)}


@dataclass(frozen=True, slots=True)
class Step:
    """One change at the target. Of its values those are set that shall change."""

    op: Op
    resource: str  # id of ours
    target: str  # id of theirs; empty: nobody is there yet
    who: str  # for people
    why: str
    name: str | None = None
    address: str | None = None
    role: str | None = None
    joins: tuple[str, ...] = ()  # ids of ours
    leaves: tuple[str, ...] = ()  # ids of theirs
    key: str = ""  # of whoever is made

    def object(self) -> dict[str, Any]:
        """The step for a program."""
        return {
            "action": self.op.value,
            "id": self.resource,
            "target": self.target or None,
            "who": self.who,
            "why": self.why,
            "name": self.name,
            "email": self.address,
            "role": self.role,
            "joining": len(self.joins),
            "leaving": len(self.leaves),
        }


class Notice(NamedTuple):
    """Something that is left as it is, and why."""

    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do, and what is left alone."""

    steps: tuple[Step, ...] = ()
    notices: tuple[Notice, ...] = ()
    adopted: tuple[Link, ...] = ()  # those who were there before: remembered, not a change there
    forgotten: tuple[str, ...] = ()  # ids of ours that are gone, with nothing left to do
    unknown: int = 0  # active people at the target of whom Headcount does not know
    protected: int = 0  # people whom nobody touches

    def counts(self) -> dict[Op, int]:
        """How many steps of each kind there are, of the kinds that there are."""
        counted = dict.fromkeys(Op, 0)
        for step in self.steps:
            counted[step.op] += 1
        return {op: count for op, count in counted.items() if count}


@dataclass(frozen=True, slots=True)
class Traits:
    """What a target can do."""

    groups: bool = False
    keys_change: bool = True  # what people are known by, such as an address, can be changed


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the key of a connector may do, for people."""

    who: str
    facts: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
