"""Who is who, remembered in memory, and jobs on it."""

import asyncio
from collections.abc import Collection

from headcount.connectors.reconciling import Job, Report, apply, plan_of
from headcount.connectors.target import Target
from headcount.connectors.values import Account, Group, Link, Plan, Wanted


class Kept:
    """Links in a dictionary."""

    def __init__(self) -> None:
        self.held: dict[str, Link] = {}

    async def links(self) -> dict[str, Link]:
        return dict(self.held)

    async def link(self, links: Collection[Link]) -> None:
        self.held |= {one.resource: one for one in links}

    async def unlink(self, resources: Collection[str]) -> None:
        for one in resources:
            self.held.pop(one, None)


class Side:
    """An organisation as values, and a target that shall be like it."""

    def __init__(self, target: Target, *protected: str) -> None:
        self.target = target
        self.kept = Kept()
        self.protected = protected
        self.people: dict[str, Account] = {}
        self.groups: dict[str, Group] | None = {}
        self.scope: set[str] | None = None

    def have(self, *people: Account) -> None:
        self.people |= {one.id: one for one in people}

    def have_groups(self, *groups: Group) -> None:
        assert self.groups is not None
        self.groups |= {one.id: one for one in groups}

    async def wanted(self) -> Wanted:
        people = [one for one in self.people.values() if not self.scope or one.id in self.scope]
        groups = None if self.groups is None else tuple(self.groups.values())
        return Wanted(tuple(people), groups)

    def job(self) -> Job:
        return Job(self.wanted, self.target, self.kept, self.protected, self.scope)

    def plan(self) -> Plan:
        return asyncio.run(plan_of(self.job()))

    def apply(self) -> Report:
        return asyncio.run(apply(self.job()))


def an_account(
    id_: str, name: str = "", *, active: bool = True, role: str = "member", address: str = ""
) -> Account:
    """An account whose names come from its id."""
    address = address or f"{id_}@acme.test"
    return Account(id_, address, address, name or id_.title(), active, role)
