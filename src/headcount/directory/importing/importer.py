"""Brings what a file states into an organisation: accounts, groups, then who belongs to whom.

Whoever is there as the file has them makes no change and no event, so a file that was imported in
part is imported again, and goes on where it was.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from headcount.directory.access import Caller, check_open
from headcount.directory.bulk import AT_ONCE
from headcount.directory.directory import Directory
from headcount.directory.importing.batches import Batches
from headcount.directory.importing.entries import Entry
from headcount.directory.importing.files import Source
from headcount.directory.importing.ledger import Identities
from headcount.directory.importing.linking import Joining, Managing, Some
from headcount.directory.importing.looking import Contents, read
from headcount.directory.importing.missing import Missing
from headcount.directory.importing.results import Imported, Rehearsal
from headcount.directory.importing.taking import Options, Taking
from headcount.store.model import Kind, Stored
from headcount.store.promise import Store


@dataclass(frozen=True, slots=True)
class Importer:
    """Imports one file into one organisation.

    Args:
        store: where everything is written.
        directory: the operations on it.
        caller: whose organisation it is.
        source: the file.
        contents: what the first look at it found.
        options: what shall happen to who is there.
    """

    store: Store
    directory: Directory
    caller: Caller
    source: Source
    contents: Contents
    options: Options = field(default=Options())
    _known: Identities = field(default_factory=Identities)

    async def run(self, *, deactivates: bool = False) -> AsyncIterator[Imported]:
        """What became of each entry, a batch at a time, once it is on disk.

        Args:
            deactivates: who is not in the file is deactivated: first of all, so that their seats
                are free; owners at the end, when their successors are there.

        Raises:
            OrganisationDisabled: nothing is written to it.
            Unavailable: the store cannot be written to; what was told is on disk.
        """
        check_open(self.caller)
        rehearsal = Rehearsal(self.caller.organisation)
        missing = self.missing(rehearsal)
        if deactivates:
            async for done in self._deactivated(missing, owners=False):
                yield done
        taking = Taking(self.caller, self.contents, self.options, self._known, rehearsal)
        batches = self._batches()
        for kind in (Kind.USER, *([Kind.GROUP] if self.contents.groups else [])):
            async for done in batches.run(self._of_kind(kind), taking.take):
                yield done
        if self.contents.refers:
            async for done in self._linked():
                yield done
        if deactivates:
            async for done in self._deactivated(missing, owners=True):
                yield done

    def missing(self, rehearsal: Rehearsal | None = None) -> Missing:
        """Those who are active and not in the file."""
        return Missing(
            self.store,
            self.caller,
            self.contents,
            self.options.match_email,
            rehearsal or Rehearsal(self.caller.organisation),
            self.options.dry_run,
        )

    def _batches(self) -> Batches:
        return Batches(self.store, self.directory, self.options.dry_run)

    def _of_kind(self, kind: Kind) -> Iterator[Entry]:
        for entry in read(self.source, self.caller):
            if entry.kind is kind and not entry.only_members:
                yield entry

    async def _linked(self) -> AsyncIterator[Imported]:
        managing = Managing(self.caller, self._known, self.options.create_only)
        async for done in self._batches().run(self._managed(), managing.manage):
            yield done
        if self.contents.groups or self.contents.parts:
            joining = Joining(self.caller, self._known)
            async for done in self._batches().run(self._joining(joining), joining.join):
                yield done
            for lost in joining.told():
                yield lost

    def _managed(self) -> Iterator[Entry]:
        return (entry for entry in self._of_kind(Kind.USER) if entry.manager)

    def _joining(self, joining: Joining) -> Iterator[Some]:
        for entry in read(self.source, self.caller):
            if entry.kind is Kind.GROUP and entry.members:
                yield from joining.some(entry)

    async def _deactivated(self, missing: Missing, *, owners: bool) -> AsyncIterator[Imported]:
        batches = self._batches()
        some: list[Stored] = []
        async for stored in missing.find(owners=owners):
            some.append(stored)
            if len(some) == AT_ONCE:
                for done in await batches.together(some, missing.deactivate):
                    yield done
                some = []
        for done in await batches.together(some, missing.deactivate) if some else ():
            yield done
