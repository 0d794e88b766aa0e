"""Batches: each is one transaction, and a rehearsal takes it back again."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from headcount.directory.bulk import AT_ONCE
from headcount.directory.directory import Directory
from headcount.directory.importing.results import Imported
from headcount.store.promise import Resources, Store

T = TypeVar("T")

Work = Callable[[Directory, T], Awaitable[Imported | None]]
"""What is done to a thing within a transaction; None: it was so already."""


class _Rehearsed(Exception):
    """What a batch would have led to: it takes the transaction back."""

    def __init__(self, done: list[Imported]) -> None:
        super().__init__()
        self.done = done


@dataclass(frozen=True, slots=True)
class Batches:
    """Carries out work on a few things at a time, each time in one transaction."""

    store: Store
    directory: Directory
    dry_run: bool

    async def run(self, things: Iterable[T], work: Work[T]) -> AsyncIterator[Imported]:
        """What became of each thing, once its batch is on disk; a rehearsal is taken back.

        Raises:
            Unavailable: the store cannot be written to; what was told is on disk.
        """
        waiting = iter(things)
        while some := list(islice(waiting, AT_ONCE)):
            for done in await self.together(some, work):
                yield done

    async def together(self, some: Sequence[T], work: Work[T]) -> list[Imported]:
        """What became of a few things, in one transaction."""

        async def all_of(resources: Resources) -> list[Imported]:
            within = replace(self.directory, store=resources)
            results = [await work(within, one) for one in some]
            done = [one for one in results if one is not None]
            if self.dry_run:
                raise _Rehearsed(done)
            return done

        try:
            return await self.store.together(all_of)
        except _Rehearsed as taken_back:
            return taken_back.done
