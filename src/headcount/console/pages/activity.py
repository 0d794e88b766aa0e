"""Activity: what identity providers asked and what they were told, the newest first, and live."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import quote, urlencode

import orjson
from starlette.responses import Response

from headcount.activity.causes import Cause, cause_of
from headcount.activity.providers import provider_of
from headcount.activity.wording import words
from headcount.console.seeking import METHODS, asked_in, found, org_of, whole_number
from headcount.console.services import PREFIX
from headcount.console.streams import News, streaming
from headcount.console.visits import ADMINISTRATORS, SERVER, Page, Visit
from headcount.errors import NotFound
from headcount.store.activity import Exchange, Sought
from headcount.store.model import Kind

PAGE = 50
_BURST = 200  # new ones at once, more than anybody could read


class Row(NamedTuple):
    """One exchange, as a line tells it."""

    exchange: Exchange
    words: str
    provider: str
    cause: Cause | None  # of a failure
    about: str  # the address of the account or group, where there is one


async def rows_of(visit: Visit, exchanges: Sequence[Exchange]) -> list[Row]:
    """What lines tell of exchanges."""
    here = await _here(visit, exchanges)
    return [
        Row(
            one,
            told(one),
            provider_of(one.client),
            cause_of(one),
            _about(visit, one) if (one.kind, one.resource) in here else "",
        )
        for one in exchanges
    ]


def told(exchange: Exchange) -> str:
    """What was done to whom. Lists come without bodies, so a refused name is given back."""
    if exchange.method == "POST" and exchange.person and not exchange.request:
        exchange = replace(exchange, request=orjson.dumps({"userName": exchange.person}))
    return words(exchange)


async def _here(visit: Visit, exchanges: Sequence[Exchange]) -> set[tuple[Kind, str]]:
    """The accounts and groups that they were about and that are there still."""
    about = {(one.kind, one.resource) for one in exchanges if one.kind is not None and one.resource}
    if visit.organisation is None:
        return set()
    are_here = await asyncio.gather(*(_is_here(visit, kind, one) for kind, one in about))
    return {one for one, is_here in zip(about, are_here, strict=True) if is_here}


async def _is_here(visit: Visit, kind: Kind, resource: str) -> bool:
    try:
        await visit.services.store.get(visit.org.id, kind, resource, relations=False)
    except NotFound:
        return False
    return True


def _about(visit: Visit, exchange: Exchange) -> str:
    place = "accounts" if exchange.kind is Kind.USER else "groups"
    return f"{PREFIX}/o/{visit.org.slug}/{place}/{quote(exchange.resource, safe='')}"


def base_of(visit: Visit) -> str:
    """The address of the list: of an organisation, or of what is nobody's."""
    if visit.organisation is None:
        return f"{PREFIX}/unclaimed"
    return f"{PREFIX}/o/{visit.organisation.slug}/activity"


async def _newest(visit: Visit) -> int:
    """The number of the last exchange of all, whatever is asked for."""
    newest = await visit.services.store.exchanges(org_of(visit), Sought(), 1)
    return newest[0].number if newest else 0


async def activity(visit: Visit) -> Response:
    """GET /o/SLUG/activity: the newest, or those before a number."""
    asked, before = await asked_in(visit), whole_number(visit.asked("before"))
    newest = await _newest(visit)
    part = await found(visit, asked, before, PAGE)
    shown = max([newest, *(one.number for one in part.exchanges[:1])])
    parameters, base = asked.parameters, base_of(visit)
    again, older = _address(base, parameters), {**parameters, "before": str(part.older)}
    return visit.page(
        "activity.html",
        rows=await rows_of(visit, part.exchanges),
        sought=asked.sought,
        alike=asked.alike and cause_of(asked.alike),
        parameters=parameters,
        anything=newest > 0,
        is_recorded=visit.services.settings.activity_days > 0,
        base=base,
        older=_address(base, older) if part.older is not None else "",
        first=again if before is not None else "",
        live=_address(f"{base}/live", {**parameters, "after": str(shown)}),
        again=again,
        dropped=visit.services.dropped(org_of(visit)),
        methods=METHODS,
    )


def _address(base: str, parameters: Mapping[str, str]) -> str:
    return f"{base}?{urlencode(parameters)}" if parameters else base


async def live(visit: Visit) -> Response:
    """GET /o/SLUG/activity/live: what comes while the page is open."""
    asked, after = await asked_in(visit), whole_number(visit.asked("after")) or 0
    store = visit.services.store

    async def look(position: int) -> News | None:
        new = await store.exchanges(org_of(visit), asked.sought._replace(after=position), _BURST)
        if not new:
            return None
        last = new[-1].number
        if len(new) < _BURST:
            return News(await _drawn(visit, [one for one in new[::-1] if asked.fits(one)]), last)
        newest = (await found(visit, asked, None, PAGE)).exchanges
        last = max([last, *(one.number for one in newest[:1])])
        return News(await _drawn(visit, newest), last, "whole")

    return streaming(visit, after, look)


async def _drawn(visit: Visit, exchanges: Sequence[Exchange]) -> str:
    rows = await rows_of(visit, exchanges)
    return visit.services.renderer.render(
        "activity-rows.html", visit=visit, rows=rows, base=base_of(visit)
    )


PAGES: Sequence[Page] = (
    Page("GET", "/o/{slug}/activity", activity, ADMINISTRATORS),
    Page("GET", "/o/{slug}/activity/live", live, ADMINISTRATORS),
    Page("GET", "/unclaimed", activity, SERVER),
    Page("GET", "/unclaimed/live", live, SERVER),
)
