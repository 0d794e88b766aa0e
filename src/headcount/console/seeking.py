"""Which exchanges a page shows: what its address asks for, and a part of what there is."""

from collections.abc import Sequence
from typing import NamedTuple

from headcount.console.troubles import Key, key_of
from headcount.console.visits import Visit
from headcount.store.activity import Exchange, Sought
from headcount.store.model import OrgId

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

_LONGEST = 200  # characters of what is looked for
_AT_A_TIME, _MOST_LOOKED_AT = 250, 2_500  # failures that are held against one, for one part


class Asked(NamedTuple):
    """Which exchanges are shown."""

    sought: Sought
    alike: Exchange | None = None  # those that failed as this one did, and are mended in one way
    key: Key | None = None  # what they have in common

    def fits(self, exchange: Exchange) -> bool:
        """Whether one that the store found is among them."""
        return self.key is None or key_of(exchange) == self.key

    @property
    def parameters(self) -> dict[str, str]:
        """The same as parameters of an address."""
        given = {
            "failures": "yes" if self.sought.failures else "",
            "person": self.sought.person,
            "resource": self.sought.resource,
            "method": self.sought.method,
            "status": str(self.sought.status or ""),
            "alike": "" if self.alike is None else str(self.alike.number),
        }
        return {name: value for name, value in given.items() if value}


class Found(NamedTuple):
    """A part of a list, the newest first."""

    exchanges: Sequence[Exchange]
    older: int | None = None  # the number before which it goes on, where it does


def org_of(visit: Visit) -> OrgId | None:
    """Whose exchanges a page shows; None: nobody's."""
    return None if visit.organisation is None else visit.organisation.id


def whole_number(text: str) -> int | None:
    """The number that a parameter of an address is, if it is one.

    >>> whole_number("17"), whole_number("-1"), whole_number("1" * 30), whole_number("٣")
    (17, None, None, None)
    """
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 19 else None


async def asked_in(visit: Visit) -> Asked:
    """What the address asks for; what it asks for in vain is left out.

    Raises:
        NotFound: others shall be like one that is not here.
    """
    method = visit.asked("method").upper()
    status = whole_number(visit.asked("status").strip()) or 0
    sought = Sought(
        failures=visit.asked("failures") == "yes",
        person=visit.asked("person").strip()[:_LONGEST],
        resource=visit.asked("resource").strip()[:_LONGEST],
        method=method if method in METHODS else "",
        status=status if 100 <= status <= 599 else 0,
    )
    number = whole_number(visit.asked("alike"))
    if number is None:
        return Asked(sought)
    alike = await visit.services.store.exchange(org_of(visit), number)
    return Asked(sought._replace(failures=True), alike, key_of(alike))


async def found(visit: Visit, asked: Asked, before: int | None, limit: int) -> Found:
    """A part of what is asked for: at most so many, and those alone that are worth looking at."""
    some = limit + 1 if asked.key is None else _AT_A_TIME
    fitting: list[Exchange] = []
    for _ in range(max(1, _MOST_LOOKED_AT // some)):
        sought = asked.sought._replace(before=before)
        part = await visit.services.store.exchanges(org_of(visit), sought, some)
        fitting += [one for one in part if asked.fits(one)]
        if len(fitting) > limit:
            return Found(fitting[:limit], fitting[limit - 1].number)
        if len(part) < some:
            return Found(fitting)
        before = part[-1].number
    return Found(fitting, before)
