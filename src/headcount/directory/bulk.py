"""Many operations in few transactions, each as if it came alone (RFC 7644 section 3.7)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Generic, TypeVar

from headcount.directory.directory import Directory
from headcount.errors import ScimError
from headcount.store.promise import Resources, Store

T = TypeVar("T")

AT_ONCE = 100  # operations in one transaction: other writers wait that long

Work = Callable[[Directory], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class Bulk(Generic[T]):
    """Carries out operations in order, until there were too many refusals.

    Args:
        store: where the transactions are.
        directory: what the operations work with, within a transaction.
        fault: a bug of ours, in the words in which it is told.
    """

    store: Store
    directory: Directory
    fault: Callable[[Exception], ScimError]

    async def run(
        self, operations: Sequence[Work[T]], most: int | None = None
    ) -> list[T | ScimError]:
        """What became of each operation that was carried out, in order.

        What is answered is on disk. When a transaction as a whole cannot be written, that is what
        became of each operation in it.

        Args:
            operations: what to do, one after the other.
            most: how many refusals end it; None: none do.
        """
        done: list[T | ScimError] = []
        left = len(operations) + 1 if most is None else most
        waiting = iter(operations)
        while left > 0 and (some := list(islice(waiting, AT_ONCE))):
            results = await self._together(some, left)
            left -= sum(isinstance(one, ScimError) for one in results)
            done += results
        return done

    async def _together(self, some: Sequence[Work[T]], left: int) -> list[T | ScimError]:
        try:
            return await self.store.together(lambda resources: self._each(some, left, resources))
        except ScimError as unwritten:
            return [unwritten for _ in some]
        except Exception as bug:  # noqa: BLE001 - the transactions before this one are done
            told = self.fault(bug)
            return [told for _ in some]

    async def _each(
        self, some: Sequence[Work[T]], left: int, resources: Resources
    ) -> list[T | ScimError]:
        within = replace(self.directory, store=resources)
        results: list[T | ScimError] = []
        for one in some:
            try:
                results.append(await one(within))
            except ScimError as refused:
                results.append(refused)
                left -= 1
            if left <= 0:
                break
        return results
