"""Who of those that are there an entry of a file is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from orjson import loads

from headcount.directory.access import Caller
from headcount.directory.importing.entries import Entry, main_email
from headcount.directory.importing.looking import Contents
from headcount.errors import Taken
from headcount.scim.filters import Compare, Op
from headcount.scim.messages import Query
from headcount.scim.paths import resolve
from headcount.scim.projection import Projection
from headcount.scim.resources import Document
from headcount.store.model import RELATIONS, Kind, Stored
from headcount.store.promise import Resources

_NAMES = {Kind.USER: "userName", Kind.GROUP: "displayName"}


@dataclass(frozen=True, slots=True)
class Matching:
    """Looks for who is there: by name, by externalId, and if it shall by e-mail address."""

    caller: Caller
    contents: Contents
    by_email: bool

    async def find(self, resources: Resources, entry: Entry, document: Document) -> Stored | None:
        """Who the entry is about; None: nobody yet.

        Raises:
            Taken: it is about several, or about somebody who another row is about.
        """
        kind = entry.kind
        name = entry.name
        named = await self._having(resources, kind, _NAMES[kind], name) if name else []
        if entry.external_id and self.contents.tells_apart(kind, entry.external_id, None):
            same = await self._having(resources, kind, "externalId", entry.external_id)
            if same and (chosen := self._chosen(entry, [*named, *same], "externalId")):
                return chosen
        if named:
            return named[0]
        email = main_email(document) if self.by_email and kind is Kind.USER else None
        if email and self.contents.tells_apart(kind, None, email):
            same = await self._having(resources, kind, "emails.value", email)
            return self._chosen(entry, same, "e-mail address") if same else None
        return None

    def _chosen(self, entry: Entry, found: Sequence[Stored], what: str) -> Stored:
        """The one that is meant.

        Raises:
            Taken: there are several, or another row has the name of the one.
        """
        alone = {one.id: one for one in found}
        names = [name_of(one) for one in alone.values()]
        if len(alone) > 1:
            raise Taken(
                f"name and {what} fit several: {' and '.join(map(repr, names[:3]))}; correct the"
                " row, or one of those who are there"
            )
        line = self.contents.line_of(entry.kind, names[0])
        if line is not None and line != entry.line:
            raise Taken(
                f"its {what} is that of {names[0]!r}, about whom line {line} is; correct one of"
                " the two"
            )
        return next(iter(alone.values()))

    async def _having(
        self, resources: Resources, kind: Kind, attribute: str, value: str
    ) -> list[Stored]:
        path = resolve(self.caller.types[kind], attribute)
        assert path is not None
        query = Query(
            where=Compare(path, Op.EQ, value),
            count=3,
            projection=Projection(unwanted={RELATIONS[kind]: None}),
        )
        page = await resources.find(self.caller.organisation.id, kind, query)
        return [seen.stored for seen in page.resources]


def name_of(stored: Stored) -> str:
    """The userName or displayName of who is there."""
    return str(loads(stored.document)[_NAMES[stored.kind]])
