"""What lists of groups stand for: made once, and kept for as long as it holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from headcount.store.model import OrgId

_MOST = 20_000  # lists of a connection, some 10 MB
_NONE: Mapping[str, bytes] = {}


@dataclass(slots=True)
class Lists:
    """Lists of groups of one organisation, and what was true of it when they were made."""

    names: int  # how often any of its groups was changed
    is_nested: bool  # whether any of its groups is in another
    texts: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """JSON by the ids of the groups, apart for each beginning of addresses."""

    def of(self, base: str) -> Mapping[str, bytes]:
        """Those with addresses that begin so."""
        return self.texts.get(base, _NONE)

    @property
    def number(self) -> int:
        """How many there are."""
        return sum(map(len, self.texts.values()))


class Kept:
    """The lists of a connection, by organisation.

    Which groups somebody is in is asked anew each time, so what a list stands for changes only with
    a group itself; where groups are in groups, with any membership of those.
    """

    def __init__(self) -> None:
        self._known: dict[OrgId, Lists] = {}
        self._sure: dict[OrgId, Lists] = {}
        self._number = 0

    def at_hand(self, org: OrgId) -> Lists | None:
        """The lists of an organisation; None where somebody may have made them wrong since."""
        return self._sure.get(org)

    def held_against(self, org: OrgId, names: int, *, is_nested: bool) -> Lists:
        """The lists that hold with an organisation as it is now; none, if it is another."""
        found = self._known.get(org)
        if found is None or is_nested or found.is_nested or found.names != names:
            self._number -= 0 if found is None else found.number
            found = self._known[org] = Lists(names, is_nested)
        self._sure[org] = found
        return found

    def put(self, lists: Lists, base: str, groups: str, text: bytes) -> None:
        """Keep a list; where there are too many, all others go."""
        if self._number >= _MOST:
            self.forget()
        else:
            self._number += 1
            lists.texts.setdefault(base, {})[groups] = text

    def doubt(self) -> None:
        """Somebody wrote something: hold them against their organisations again."""
        self._sure.clear()

    def forget(self) -> None:
        """Keep none."""
        self._known.clear()
        self._sure.clear()
        self._number = 0
