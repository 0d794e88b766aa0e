"""Overview: whether the connection of an organisation is healthy, and what needs attention."""

from collections.abc import Sequence

from starlette.responses import Response

from headcount.console.visits import ADMINISTRATORS, Page, Visit


async def overview(visit: Visit) -> Response:
    """GET /o/SLUG/: the organisation at a glance."""
    return visit.page("overview.html", counts=visit.org.counts, seats=visit.org.policy.seats)


PAGES: Sequence[Page] = (Page("GET", "/o/{slug}/", overview, ADMINISTRATORS),)
