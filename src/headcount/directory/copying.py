"""A whole installation from one database to another, exactly as it is.

An organisation is seen in the target once all of it is there. A mark in the target says how far
each has come, so a copy that was interrupted goes on where it was. What may have changed without an
event (`UNTOLD`) is the exception: a copy that goes on brings it anew. The marks go once both sides
were found to be the same: from then on nothing is copied over the target any more.
"""

from contextlib import aclosing
from dataclasses import dataclass

from headcount.directory.comparing import (
    Report,
    State,
    Watch,
    chunks,
    compare,
    digest,
    entries,
    state_of,
    without_use,
)
from headcount.errors import InUse, InvalidValue
from headcount.store.copying import (
    CLEARING,
    DONE,
    START,
    UNTOLD,
    Archive,
    Mark,
    OrganisationRow,
    PlainRow,
    Table,
    TokenRow,
)

_ORDER = list(Table)


async def verify(source: Archive, target: Archive, watch: Watch) -> Report:
    """Compare two databases, and change neither.

    Raises:
        InvalidValue: they are one and the same.
        Unavailable: one of them cannot be read.
    """
    await _check_apart(source, target)
    await source.open_source()
    await target.open_source()
    watch.begins(await _amount(source))
    return await compare(source, target, await state_of(source), watch)


async def copy(source: Archive, target: Archive, watch: Watch) -> Report:
    """Copy everything, go on with what was begun, and compare both sides at the end.

    Raises:
        InvalidValue: both are one and the same, or the target cannot hold something.
        InUse: the target holds what is not from this copy.
        VersionMismatch: the source was written to, and what was read does not fit together.
        Unavailable: one of them cannot be used.
    """
    await _check_apart(source, target)
    await source.open_source()
    await target.open_target()
    before = await state_of(source)
    watch.begins(2 * await _amount(source))
    copying = Copying(source, target, await _marks(source, target), watch)
    keys = await source.few(None)
    await target.begin(await source.secrets(), await source.administrators(), keys)
    for one in await source.organisations():
        await copying.organisation(one)
    async with aclosing(entries(source)) as audited:
        async for rows in audited:
            await target.write_audited(rows)
    return await _compared(source, target, before, watch)


async def _compared(source: Archive, target: Archive, before: State, watch: Watch) -> Report:
    report = await compare(source, target, before, watch)
    if report.same:
        await target.end()
    return report


async def _amount(source: Archive) -> int:
    """About how many rows there are."""
    held = await source.organisations()
    rows = sum(one.users + one.groups + one.position for one in held)
    return rows + sum((await source.memberships()).values()) + await source.untold()


async def _check_apart(source: Archive, target: Archive) -> None:
    held = await source.identity()
    if held is not None and held == await target.identity():
        raise InvalidValue("--from and --to are the same database: name another one to copy to")


async def _marks(source: Archive, target: Archive) -> dict[int, Mark]:
    """How far each organisation has come; none where the target is empty.

    Raises:
        InUse: the target holds something else.
    """
    found = await target.marks()
    marks = {mark.org: mark for mark in found or ()}
    ours = {one.id: (one.slug, one.created) for one in await source.organisations()}
    for mark in marks.values():
        if ours.get(mark.org) != (mark.slug, mark.created):
            raise InUse(
                f"the target holds an unfinished copy of another database, with the organisation"
                f" {mark.slug!r}: name an empty one"
            )
    for one in await target.organisations():
        known = marks.get(one.id)
        if known is None:
            raise InUse(
                f"the target holds data already, such as the organisation {one.slug!r}: name an"
                " empty database. A copy that was finished is looked at with --verify-only"
            )
        held = await target.tokens(one.id), await target.few(one.id)
        if known.kept != fingerprint(one, *held):
            raise InUse(
                f"the organisation {one.slug!r} was changed in the target since it was copied, and"
                " would be overwritten: name an empty database"
            )
    if found is None:
        await _check_nobody(target)
    return marks


async def _check_nobody(target: Archive) -> None:
    """Refuse a target of which an administrator, a key or the audit trail would be lost."""
    held = [f"the administrator {one.email!r}" for one in await target.administrators()]
    held += [f"the API key {one.key[0]!r}" for one in await target.few(None)]
    if held or await target.audited(0):
        raise InUse(
            f"the target holds data already, such as {[*held, 'an audit trail'][0]}: name an empty"
            " database"
        )


def fingerprint(organisation: OrganisationRow, tokens: list[TokenRow], few: list[PlainRow]) -> str:
    """What changes with every change of an organisation; not with the use of a token or key."""
    unused = [one._replace(last_used=None) for one in tokens]
    return digest([organisation, *unused, *map(without_use, few)])


@dataclass(frozen=True, slots=True)
class Copying:
    """One copy under way."""

    source: Archive
    target: Archive
    marks: dict[int, Mark]
    watch: Watch

    async def organisation(self, one: OrganisationRow) -> None:
        """Bring one organisation over, as far as it is not there."""
        mark = await self._begun(one)
        self.watch.moves("Copying", one.slug, mark.rows)
        first = Table(mark.stage)
        for table in _ORDER[_ORDER.index(first) :]:
            if table is not first:
                mark = await self._moved(mark, table)
            mark = await self._table(mark, table)
        await self._finish(mark, one)

    async def _begun(self, one: OrganisationRow) -> Mark:
        """The mark to go on from; what was copied from an older state is taken away."""
        fresh = Mark(one.id, one.slug, one.created, one.position)
        mark = self.marks.get(one.id)
        if mark is None:
            await self.target.write(None, fresh, ())
            return fresh
        if mark.position != one.position or mark.stage not in {*Table, DONE}:
            cleared = await self.target.clear(mark, fresh._replace(stage=CLEARING), list(Table))
            await self.target.write(cleared, fresh, ())
            return fresh
        if mark.stage in {*UNTOLD, DONE}:
            first = mark._replace(stage=UNTOLD[0].value, after=START[UNTOLD[0]], kept="")
            return await self.target.clear(mark, first, UNTOLD)
        return mark

    async def _table(self, mark: Mark, table: Table) -> Mark:
        async with aclosing(chunks(self.source, table, mark.org, mark.after)) as all_chunks:
            async for rows in all_chunks:
                was, mark = mark, mark._replace(after=rows[-1].key, rows=mark.rows + len(rows))
                await self.target.write(was, mark, rows)
                self.watch.moves("Copying", mark.slug, len(rows))
        return mark

    async def _moved(self, was: Mark, table: Table) -> Mark:
        mark = was._replace(stage=table.value, after=START[table])
        await self.target.write(was, mark, ())
        return mark

    async def _finish(self, was: Mark, one: OrganisationRow) -> None:
        tokens, few = await self.source.tokens(one.id), await self.source.few(one.id)
        mark = was._replace(stage=DONE, kept=fingerprint(one, tokens, few))
        await self.target.finish(was, mark, one, tokens, few)
