"""Where the next page begins, remembered: who reads a whole list asks for page after page.

Counting to a `startIndex` costs more the further down it is; an id is found at once. A bookmark
holds as long as nobody was deleted since, for new ids come last.
"""

from typing import NamedTuple

from headcount.store.model import Kind, OrgId

_MOST = 10_000


class Place(NamedTuple):
    """A number in the list of one kind of resource in one organisation."""

    org: OrgId
    kind: Kind
    start: int


class Bookmarks:
    """For each place that a page ended before: the last id of that page."""

    def __init__(self) -> None:
        self._ids: dict[Place, tuple[int, str]] = {}

    def __contains__(self, place: Place) -> bool:
        return place in self._ids

    def find(self, place: Place, deletions: int) -> str | None:
        """The id that comes right before `place`, if it is still known.

        Args:
            place: the number of the first resource that is wanted.
            deletions: how many resources of this kind were ever deleted.
        """
        found = self._ids.get(place)
        return found[1] if found is not None and found[0] == deletions else None

    def last(self, place: Place) -> tuple[int, str] | None:
        """How many had been deleted when the bookmark was put, and the id before `place`."""
        return self._ids.get(place)

    def put(self, place: Place, deletions: int, last_id: str) -> None:
        """Remember that `last_id` comes right before `place`."""
        if len(self._ids) >= _MOST:
            self._ids.clear()
        self._ids[place] = (deletions, last_id)
