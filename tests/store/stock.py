"""A store of its own with an organisation in it, and everything that it holds seen in memory."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from orjson import loads

from headcount.bootstrap import Runtime, open_store, runtime
from headcount.directory.access import COMMAND_LINE, Caller
from headcount.directory.listing import every
from headcount.directory.types import RESOURCE_TYPES
from headcount.scim.filters import Filter
from headcount.scim.match import matches
from headcount.scim.messages import MAX_PAGE, Query
from headcount.scim.resources import read_resource
from headcount.settings import Settings
from headcount.store.model import Kind, Organisation, Policy
from headcount.web.answers import whole
from tests.databases import SQLITE, fresh

T = TypeVar("T")

_NAMES = count(1)

BASE = "https://acme.test/scim/v2"


class Stock:
    """What the tests of a store work with: operations that wait, one after the other."""

    def __init__(self, database: str) -> None:
        self._runner = asyncio.Runner()
        self.runtime = self._runner.run(_opened(database))
        self.store = self.runtime.store
        self.organisation = self.add_organisation()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it, and wait for it."""
        return self._runner.run(work)

    def add_organisation(self, policy: Policy | None = None) -> Organisation:
        """One more organisation."""
        slug = f"organisation-{next(_NAMES)}"
        return self.run(self.runtime.organisations.create(slug, "Some", policy or Policy()))

    def caller(self, organisation: Organisation | None = None) -> Caller:
        """Whoever works on the command line."""
        return Caller(organisation or self.organisation, COMMAND_LINE)

    def create(
        self, kind: Kind, body: dict[str, Any], organisation: Organisation | None = None
    ) -> str:
        """A new resource, from a body by the book; its id."""
        sent = read_resource(body, RESOURCE_TYPES[kind])
        directory = self.runtime.directory
        outcome = self.run(directory.create(self.caller(organisation), kind, sent))
        return outcome.stored.id

    def resources(self, kind: Kind) -> list[dict[str, Any]]:
        """Everything of a kind, as the wire shows it, by id."""

        async def read() -> list[dict[str, Any]]:
            found = every(self.store, self.organisation.id, kind, base=BASE)
            return [loads(whole(seen, BASE)) async for seen in found]

        return self.run(read())

    def found(self, kind: Kind, where: Filter) -> list[str]:
        """The ids that the store finds."""
        query = Query(where=where, count=MAX_PAGE)
        page = self.run(self.store.find(self.organisation.id, kind, query, base=BASE))
        ids = [seen.stored.id for seen in page.resources]
        assert page.total == len(ids)
        return ids

    def close(self) -> None:
        """Let go of the database."""
        self.run(self.store.close())
        self._runner.close()


async def _opened(database: str) -> Runtime:
    return runtime(open_store(Settings(database=database)))


@contextmanager
def stocked(folder: Path, store: str = SQLITE) -> Iterator[Stock]:
    """A stock in an empty folder, or in an empty database of a server."""
    stock = Stock(fresh(store, folder))
    try:
        yield stock
    finally:
        stock.close()


def expected(resources: list[dict[str, Any]], where: Filter) -> list[str]:
    """The ids that fit in memory."""
    return [resource["id"] for resource in resources if matches(where, resource)]
