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
from headcount.store.activity import Done, Exchange, Sought
from headcount.store.exchanges import MOST_FAILURES
from headcount.store.model import Token

_LATELY = timedelta(days=7)
_SOON = timedelta(days=14)
_MOST_SEEN = 1_000  # failures that are looked at one by one where there are many sentences
_MOST_SHOWN = 20


class Health(NamedTuple):
    """Whether provisioning works, as far as the server can tell."""

    last: Exchange | None  # the newest request of all
    last_used: datetime | None  # of a token: known where requests are not recorded, or no more
    refused: int  # today
    people: int  # affected today, at least

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
        health=await _health(visit, numbers, tokens),
        troubles=(await _troubles(visit, now - _LATELY))[:_MOST_SHOWN],
        ending=[one for one in good if one.expires is not None and one.expires - now <= _SOON],
        good=good,
        days=days,
        lanes=drawn,
        anything=any(lane.total for lane in drawn),
        dropped=visit.services.dropped(),
    )


async def _health(
    visit: Visit, numbers: Sequence[tuple[str, Done, int]], tokens: Sequence[Token]
) -> Health:
    today = visit.services.clock().astimezone(UTC).date().isoformat()
    refused = sum(often for day, did, often in numbers if (day, did) == (today, Done.REFUSED))
    store, org = visit.services.store, visit.org.id
    told = await store.failures(org, f"{today}T00:00:00.000Z") if refused else []
    newest = await store.exchanges(org, Sought(), 1)
    used = [one.last_used for one in tokens if one.last_used is not None]
    return Health(
        newest[0] if newest else None,
        max(used, default=None),
        refused,
        sum(people for _, _, people in told),
    )


async def _troubles(visit: Visit, since: datetime) -> list[Trouble]:
    """What failed lately, by remedy."""
    store, org = visit.services.store, visit.org.id
    stamp = since.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = await store.failures(org, stamp)
    if len(told) < MOST_FAILURES:
        return most_pressing(bundled(told), {})
    newest = await store.exchanges(org, Sought(failures=True), _MOST_SEEN)
    return most_pressing(bundled(told), walked(one for one in newest if one.at >= stamp))


PAGES: Sequence[Page] = (Page("GET", "/o/{slug}/", overview, ADMINISTRATORS),)
