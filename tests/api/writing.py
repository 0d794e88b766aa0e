"""Somebody who writes in a process of their own, called with a database, a slug, rounds, a number.

Accounts come, change, join groups, leave them and go; all of it by operations of the directory.
"""

import asyncio
import random
import sys
from typing import Any

from headcount.bootstrap import Runtime, open_store, runtime
from headcount.directory.access import COMMAND_LINE, Caller
from headcount.errors import NotFound
from headcount.scim.operations import read_operations
from headcount.settings import Settings
from headcount.store.model import Kind


async def main(database: str, slug: str, rounds: int, number: int) -> None:
    """Write so many times."""
    store = open_store(Settings(database=database))
    try:
        await _Writer(runtime(store), slug, number).write(rounds)
    finally:
        await store.close()


class _Writer:
    def __init__(self, parts: Runtime, slug: str, number: int) -> None:
        self._parts = parts
        self._slug = slug
        self._chance = random.Random(number)  # the same every time
        self._name = f"writer-{number}"
        self._people: list[str] = []
        self._groups: list[str] = []

    async def write(self, rounds: int) -> None:
        organisation = await self._parts.store.organisation(self._slug)
        self._caller = Caller(organisation, COMMAND_LINE)
        for number in range(3):
            self._groups.append(
                await self._create(Kind.GROUP, {"displayName": f"{self._name} {number}"})
            )
        for number in range(rounds):
            name = f"{self._name}-person-{number}@acme.test"
            self._people.append(await self._create(Kind.USER, {"userName": name}))
            for _ in range(2):
                await self._move()

    async def _create(self, kind: Kind, document: dict[str, str]) -> str:
        made = await self._parts.directory.create(self._caller, kind, document)
        return made.stored.id

    async def _move(self) -> None:
        person, group = self._chance.choice(self._people), self._chance.choice(self._groups)
        what = self._chance.random()
        if what < 0.4:
            joined = {"op": "add", "path": "members", "value": [{"value": person}]}
            await self._patch(Kind.GROUP, group, joined)
        elif what < 0.55:
            left = {"op": "remove", "path": f'members[value eq "{person}"]'}
            await self._patch(Kind.GROUP, group, left)
        elif what < 0.8:
            title = {"op": "replace", "path": "title", "value": f"Title {self._chance.random()}"}
            await self._patch(Kind.USER, person, title)
        elif len(self._people) > 1:
            self._people.remove(person)
            await self._parts.directory.delete(self._caller, Kind.USER, person)

    async def _patch(self, kind: Kind, resource: str, operation: dict[str, Any]) -> None:
        message = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [operation],
        }
        operations = read_operations(message, self._caller.types[kind])
        try:
            await self._parts.directory.patch(self._caller, kind, resource, operations)
        except NotFound:
            raise AssertionError(resource) from None


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
