"""Activity: what identity providers asked and what they were told, the newest first, and live."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlencode

import orjson
from starlette.responses import Response

from headcount.activity.causes import Cause, cause_of
from headcount.activity.providers import provider_of
from headcount.activity.wording import words
from headcount.console.services import PREFIX
from headcount.console.streams import News, streaming
from headcount.console.visits import ADMINISTRATORS, SERVER, Page, Visit
from headcount.store.activity import Done, Exchange, Sought
from headcount.store.model import Kind, OrgId

PAGE = 50
_BURST = 200  # new ones at once, more than anybody could read
_LONGEST = 200  # characters of what is looked for
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Row(NamedTuple):
    """One exchange, as a line tells it."""

    exchange: Exchange
    words: str
    provider: str
    cause: Cause | None  # of a failure
    about: str  # the address of the account or group, where there is one


def row_of(visit: Visit, exchange: Exchange) -> Row:
    """What a line tells of an exchange."""
    return Row(
        exchange,
        told(exchange),
        provider_of(exchange.client),
        cause_of(exchange),
        _about(visit, exchange),
    )


def told(exchange: Exchange) -> str:
    """What was done to whom. Lists come without bodies, so a refused name is given back."""
    if exchange.method == "POST" and exchange.person and not exchange.request:
        exchange = replace(exchange, request=orjson.dumps({"userName": exchange.person}))
    return words(exchange)


def _about(visit: Visit, exchange: Exchange) -> str:
    if visit.organisation is None or not exchange.resource or exchange.kind is None:
        return ""
    if exchange.did is Done.DELETED:
        return ""
    place = "accounts" if exchange.kind is Kind.USER else "groups"
    return f"{PREFIX}/o/{visit.organisation.slug}/{place}/{exchange.resource}"


def base_of(visit: Visit) -> str:
    """The address of the list: of an organisation, or of what is nobody's."""
    if visit.organisation is None:
        return f"{PREFIX}/unclaimed"
    return f"{PREFIX}/o/{visit.organisation.slug}/activity"


def org_of(visit: Visit) -> OrgId | None:
    """Whose exchanges the page shows; None: nobody's."""
    return None if visit.organisation is None else visit.organisation.id


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 19 else None


def sought_in(visit: Visit) -> Sought:
    """What the address asks for; what it asks for in vain is left out."""
    method = visit.asked("method").upper()
    status = _number(visit.asked("status").strip()) or 0
    return Sought(
        failures=visit.asked("failures") == "yes",
        person=visit.asked("person").strip()[:_LONGEST],
        resource=visit.asked("resource").strip()[:_LONGEST],
        method=method if method in METHODS else "",
        status=status if 100 <= status <= 599 else 0,
    )


def parameters_of(sought: Sought) -> dict[str, str]:
    """The same as parameters of an address."""
    given = {
        "failures": "yes" if sought.failures else "",
        "person": sought.person,
        "resource": sought.resource,
        "method": sought.method,
        "status": str(sought.status or ""),
    }
    return {name: value for name, value in given.items() if value}


async def _newest(visit: Visit) -> int:
    """The number of the last exchange of all, whatever is asked for."""
    found = await visit.services.store.exchanges(org_of(visit), Sought(), 1)
    return found[0].number if found else 0


async def activity(visit: Visit) -> Response:
    """GET /o/SLUG/activity: the newest, or those before a number."""
    sought, before = sought_in(visit), _number(visit.asked("before"))
    newest = await _newest(visit)
    found = await visit.services.store.exchanges(
        org_of(visit), sought._replace(before=before), PAGE + 1
    )
    parameters = parameters_of(sought)
    base = base_of(visit)
    older = {**parameters, "before": str(found[PAGE - 1].number)} if len(found) > PAGE else {}
    return visit.page(
        "activity.html",
        rows=[row_of(visit, one) for one in found[:PAGE]],
        sought=sought,
        filtered=bool(parameters),
        anything=newest > 0,
        base=base,
        older=f"{base}?{urlencode(older)}" if older else "",
        first=f"{base}?{urlencode(parameters)}" if before is not None else "",
        live=f"{base}/live?{urlencode({**parameters, 'after': str(newest)})}",
        dropped=visit.services.dropped(),
        methods=METHODS,
    )


async def live(visit: Visit) -> Response:
    """GET /o/SLUG/activity/live: what comes while the page is open."""
    sought, after = sought_in(visit), _number(visit.asked("after")) or 0
    org, store = org_of(visit), visit.services.store

    async def look(position: int) -> News | None:
        found = await store.exchanges(org, sought._replace(after=position), _BURST)
        if not found:
            return None
        if len(found) < _BURST:
            return News(_drawn(visit, found[::-1]), found[-1].number)
        newest = await store.exchanges(org, sought, PAGE)
        return News(_drawn(visit, newest), newest[0].number, "whole")

    return streaming(visit, after, look)


def _drawn(visit: Visit, exchanges: Sequence[Exchange]) -> str:
    rows = [row_of(visit, one) for one in exchanges]
    return visit.services.renderer.render(
        "activity-rows.html", visit=visit, rows=rows, base=base_of(visit)
    )


PAGES: Sequence[Page] = (
    Page("GET", "/o/{slug}/activity", activity, ADMINISTRATORS),
    Page("GET", "/o/{slug}/activity/live", live, ADMINISTRATORS),
    Page("GET", "/unclaimed", activity, SERVER),
    Page("GET", "/unclaimed/live", live, SERVER),
)
