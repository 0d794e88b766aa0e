"""What an index leads to: those who go by an id or a name, many requests in one round trip.

Whoever asks while the server is busy with others goes into the next batch. One statement answers
a batch; it is written once for each form of look-up, and prepared by the driver.
"""

import asyncio
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from headcount.scim.filters import Compare, Op
from headcount.scim.messages import MAX_PAGE, Query
from headcount.scim.values import comparison_key
from headcount.store.filters import NUMBERS
from headcount.store.model import Kind, OrgId, Page, Seen
from headcount.store.postgres.connections import Connections
from headcount.store.postgres.rows import columns, index_key, seen_in

_COLUMNS: dict[Kind, dict[tuple[str, ...], str]] = {
    Kind.USER: {("id",): "id", ("userName",): "name", ("externalId",): "external_id"},
    Kind.GROUP: {("id",): "id", ("displayName",): "name", ("externalId",): "external_id"},
}
_MOST = 128  # look-ups in one statement
_AT_ONCE = 2  # statements under way; while they are, the next batch comes together


class Form(NamedTuple):
    """What look-ups of one kind have in common."""

    kind: Kind
    column: str
    related: bool

    def sql(self) -> str:
        """The statement for a batch: numbers, organisations, keys, bases."""
        read = columns(self.kind, "w.base" if self.related else None)
        return f"""SELECT w.n, found.* FROM
            unnest($1::INT[], $2::BIGINT[], $3::TEXT[], $4::TEXT[]) AS w (n, org, key, base)
            CROSS JOIN LATERAL (SELECT {read} FROM resource r
                WHERE r.org = w.org AND r.kind = {NUMBERS[self.kind]} AND r.{self.column} = w.key
                LIMIT {MAX_PAGE + 1}) AS found"""


FORMS = {
    form: form.sql()
    for form in (
        Form(kind, column, related)
        for kind, names in _COLUMNS.items()
        for column in names.values()
        for related in (True, False)
    )
}


class _Asked(NamedTuple):
    org: OrgId
    key: str
    base: str
    answer: "asyncio.Future[list[Seen]]"


@dataclass(slots=True)
class PointReads:
    """The look-ups of one process."""

    connections: Connections
    _waiting: dict[Form, list[_Asked]] = field(default_factory=dict, init=False)
    _running: set["asyncio.Task[None]"] = field(default_factory=set, init=False)

    async def read(self, form: Form, org: OrgId, key: str, base: str) -> list[Seen]:
        """Those in `org` whose column of the form holds `key`, by id."""
        if "\0" in key:
            return []  # no text in the database holds it, nor would the server take the question
        answer: asyncio.Future[list[Seen]] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(form, []).append(_Asked(org, key, base, answer))
        if len(self._running) < _AT_ONCE:
            task = asyncio.ensure_future(self._run())
            self._running.add(task)
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                form, asked = next(iter(self._waiting.items()))
                batch = list(islice(asked, _MOST))
                del asked[:_MOST]
                del self._waiting[form]
                if asked:
                    self._waiting[form] = asked  # behind the other forms, which wait longer
                await self._answer(form, batch)
        finally:  # at once: whoever asks from now on needs somebody else
            me = asyncio.current_task()
            assert me is not None
            self._running.remove(me)

    async def _answer(self, form: Form, batch: list[_Asked]) -> None:
        try:
            rows = await self._fetch(form, batch)
        except Exception as error:  # noqa: BLE001 - handed to those who wait
            for one in batch:
                if not one.answer.done():
                    one.answer.set_exception(error)
            return
        found: list[list[Seen]] = [[] for _ in batch]
        for row in rows:
            found[row[0]].append(seen_in(form.kind, row, related=form.related, first=1))
        for one, seen in zip(batch, found, strict=True):
            if len(seen) > 1:  # not by the server, which would take the wrong index for it
                seen.sort(key=lambda one: one.stored.id)
            if not one.answer.done():
                one.answer.set_result(seen)

    async def _fetch(self, form: Form, batch: list[_Asked]) -> list[Any]:
        given = (
            range(len(batch)),
            [one.org for one in batch],
            [one.key for one in batch],
            [one.base for one in batch],
        )
        return await self.connections.read(lambda c: c.fetch(FORMS[form], *given))


def asked_for(kind: Kind, query: Query, *, related: bool) -> tuple[Form, str] | None:
    """The look-up that a query is, and the key; None where it is none."""
    where = query.where
    if type(where) is not Compare or where.op is not Op.EQ or query.start != 1 or query.after:
        return None
    column = _COLUMNS[kind].get(where.path.names)
    if column is None or not where.value or query.cursor is not None:
        return None
    key = comparison_key(where.path.leaf, where.value)
    assert isinstance(key, str)
    return Form(kind, column, related), key if column == "id" else index_key(key) or ""


def page_of(found: list[Seen], query: Query) -> Page | None:
    """The page of those who were found; None where there may be more, or none was wanted."""
    return Page(len(found), found) if len(found) < query.count else None
