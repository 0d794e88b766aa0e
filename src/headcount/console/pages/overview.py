"""Overview: whether the connection of an organisation is healthy, and what needs attention."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from starlette.responses import Response

from headcount.activity.providers import provider_of
from headcount.console.charts import days_until, lanes
from headcount.console.troubles import Trouble, bundled, most_pressing, walked
from headcount.console.visits import ADMINISTRATORS, Page, Visit
from headcount.directory.tokens import is_good
from headcount.scim.schemas import DEFAULT_ROLE, ROLES
from headcount.store.activity import Done, Exchange, Sought
from headcount.store.model import Token

_LATELY = timedelta(days=7)
_SOON = timedelta(days=14)
_MOST_SEEN = 500  # failures that are looked at one by one; where there are more, the store counts
_MOST_SHOWN = 20
_FEW = tuple(role for role in ROLES if role != DEFAULT_ROLE)
_MOST_COUNTED = 50_000  # accounts with one role, other than that of most


class Health(NamedTuple):
    """Whether provisioning works, as far as the server can tell."""

    last: Exchange | None  # the newest request of all
    last_used: datetime | None  # of a token: known where requests are not recorded, or no more
    refused: int  # today

    @property
    def provider(self) -> str:
        """Who asked last."""
        return "" if self.last is None else provider_of(self.last.client)

    @property
    def arrived(self) -> datetime | None:
        """When something arrived last."""
        if self.last is not None:
            return datetime.fromisoformat(self.last.at)
        return self.last_used


class Role(NamedTuple):
    """How many accounts have a role, in all states."""

    name: str
    number: int
    exactly: bool = True  # False: there are more


async def overview(visit: Visit) -> Response:
    """GET /o/SLUG/: the organisation at a glance."""
    store, now = visit.services.store, visit.services.clock()
    days = days_until(now.astimezone(UTC).date())
    numbers = await store.days(visit.org.id, days[0].isoformat())
    tokens = await store.tokens(visit.org.id)
    good = [one for one in tokens if is_good(one, now)]
    drawn = lanes(numbers, days)
    return visit.page(
        "overview.html",
        counts=visit.org.counts,
        seats=visit.org.policy.seats,
        roles=roles_of(
            visit.org.counts.users, await store.count_roles(visit.org.id, _FEW, _MOST_COUNTED)
        ),
        health=await _health(visit, numbers, tokens),
        troubles=(await _troubles(visit, now - _LATELY))[:_MOST_SHOWN],
        ending=[one for one in good if one.expires is not None and one.expires - now <= _SOON],
        good=good,
        days=days,
        lanes=drawn,
        anything=any(lane.total for lane in drawn),
        dropped=visit.services.dropped(visit.org.id),
        is_recorded=visit.services.settings.activity_days > 0,
    )


async def _health(
    visit: Visit, numbers: Sequence[tuple[str, Done, int]], tokens: Sequence[Token]
) -> Health:
    today = visit.services.clock().astimezone(UTC).date().isoformat()
    refused = sum(often for day, did, often in numbers if (day, did) == (today, Done.REFUSED))
    newest = await visit.services.store.exchanges(visit.org.id, Sought(), 1)
    used = [one.last_used for one in tokens if one.last_used is not None]
    return Health(newest[0] if newest else None, max(used, default=None), refused)


def roles_of(accounts: int, counted: Sequence[int]) -> list[Role]:
    """Every role and who has it.

    Args:
        accounts: how many there are.
        counted: of the roles that few have, as the store counts them; all others are members.
    """
    known = dict(zip(_FEW, counted, strict=True))
    roles = {
        name: Role(name, min(times, _MOST_COUNTED), exactly=times <= _MOST_COUNTED)
        for name, times in known.items()
    }
    if all(one.exactly for one in roles.values()):
        left = accounts - sum(known.values())
        roles[DEFAULT_ROLE] = Role(DEFAULT_ROLE, max(0, left))  # both were not read at one moment
    return [roles[name] for name in ROLES if name in roles]


async def _troubles(visit: Visit, since: datetime) -> list[Trouble]:
    """What failed lately, by remedy."""
    store, org = visit.services.store, visit.org.id
    stamp = since.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    newest = await store.exchanges(org, Sought(failures=True), _MOST_SEEN)
    seen = walked(one for one in newest if one.at >= stamp)
    if len(newest) < _MOST_SEEN or newest[-1].at < stamp:
        return most_pressing({}, seen)
    return most_pressing(bundled(await store.failures(org, stamp)), seen)


PAGES: Sequence[Page] = (Page("GET", "/o/{slug}/", overview, ADMINISTRATORS),)
