"""Takes over what an entry states: someone new, or a change of who is there, or a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orjson import loads

from headcount.directory.access import Caller
from headcount.directory.directory import Directory
from headcount.directory.importing.entries import MAKING, Entry, operations, stated
from headcount.directory.importing.ledger import Identities
from headcount.directory.importing.looking import Contents
from headcount.directory.importing.matching import Matching, name_of
from headcount.directory.importing.results import Imported, Rehearsal, Result, differences
from headcount.errors import LastOwner, ScimError, SeatsTaken, Taken, Unavailable
from headcount.scim.resources import Document
from headcount.store.model import Kind, Outcome, Stored


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is imported."""

    dry_run: bool = False
    create_only: bool = False  # who is there stays as they are
    match_email: bool = False


@dataclass(frozen=True, slots=True)
class Taking:
    """Takes entries over, one by one, within a transaction.

    Args:
        caller: whose organisation it is.
        contents: the names that the file has.
        options: what shall happen to who is there.
        known: gets the id of what an entry is called in the file.
        rehearsal: counts, where nothing is written.
    """

    caller: Caller
    contents: Contents
    options: Options
    known: Identities
    rehearsal: Rehearsal

    async def take(self, within: Directory, entry: Entry) -> Imported:
        """Create what an entry states, or change who is there, or refuse it."""
        try:
            done = await self._take(within, entry)
        except Unavailable:
            raise
        except ScimError as refused:
            name = entry.name
            return Imported(entry.line, entry.kind, name, Result.REFUSED, detail=refused.detail)
        if self.contents.refers:
            there = done.result is not Result.CREATED or not self.options.dry_run
            for key in entry.keys:
                self.known.put(key, done.id or "" if there else "")
        return done

    async def _take(self, within: Directory, entry: Entry) -> Imported:
        document = stated(entry)
        first = self.contents.line_of(entry.kind, entry.name)
        if entry.name and first is not None and first != entry.line:
            raise Taken(f"line {first} is about {entry.name!r} already; take one of them out")
        matching = Matching(self.caller, self.contents, by_email=self.options.match_email)
        there = await matching.find(within.store, entry, document)
        if there is None:
            return await self._create(within, entry, document)
        if self.options.create_only:
            return _imported(entry, Result.EXISTS, there)
        return await self._change(within, entry, there)

    async def _create(self, within: Directory, entry: Entry, document: Document) -> Imported:
        try:
            outcome = await within.create(self.caller, entry.kind, document, MAKING)
        except SeatsTaken:
            if not self.options.dry_run:
                raise
            self.rehearsal.count({}, {"active": True, **document})  # there may be seats by then
            return Imported(entry.line, entry.kind, entry.name, Result.CREATED)
        return self._done(entry, Result.CREATED, {}, outcome)

    async def _change(self, within: Directory, entry: Entry, there: Stored) -> Imported:
        before: Document = loads(there.document)
        wanted: Document = loads(there.document)
        steps = operations(entry.settings, wanted)
        if wanted == before:
            return _imported(entry, Result.UNCHANGED, there)
        try:
            outcome = await within.patch(self.caller, entry.kind, there.id, steps, dialect=MAKING)
        except (SeatsTaken, LastOwner):
            if not self.options.dry_run:
                raise
            self.rehearsal.count(before, wanted)  # there may be seats, or an owner, by then
            return _imported(entry, Result.UPDATED, there, differences(before, wanted))
        return self._done(entry, Result.UPDATED, before, outcome)

    def _done(self, entry: Entry, result: Result, before: Document, outcome: Outcome) -> Imported:
        after: Document = loads(outcome.stored.document)
        if self.options.dry_run and entry.kind is Kind.USER:
            self.rehearsal.count(before, after)
        if not outcome.changed:
            return _imported(entry, Result.UNCHANGED, outcome.stored)
        changes = differences(before, after) if before else {}
        return _imported(entry, result, outcome.stored, changes)


def _imported(
    entry: Entry,
    result: Result,
    stored: Stored,
    changes: Mapping[str, list[Any]] | None = None,
) -> Imported:
    name = entry.name or name_of(stored)
    return Imported(entry.line, entry.kind, name, result, stored.id, changes or {})
