"""Connect: from nothing to an identity provider that works, on one page."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from markupsafe import Markup
from starlette.responses import Response

from headcount.console.contact import Contact, contact_of
from headcount.console.guides import ANY, STEPS, Guide, refusals, shelf
from headcount.console.mapping import Row, mapping
from headcount.console.pages.tokens import issued
from headcount.console.streams import News, streaming
from headcount.console.typesetting import Values, typeset
from headcount.console.visits import ALSO_SET_UP, Page, Visit
from headcount.directory.tokens import Wish, is_good
from headcount.directory.types import types_of
from headcount.errors import Forbidden, NotFound, ScimError
from headcount.store.activity import Exchange, Sought
from headcount.store.model import Kind, OrgId, Token
from headcount.store.visitors import Reach

_LIFETIME = timedelta(days=365)
_MOST_TOKENS = 5  # of one set-up link
_RECENT = 100  # requests that are looked at
_WITH_BODIES = 50  # of these are read whole
_WRITES = frozenset({"POST", "PUT", "PATCH"})


async def connect(visit: Visit) -> Response:
    """GET /o/SLUG/connect: choose a provider, follow its guide, see what arrives."""
    return await _show(visit)


async def issue(visit: Visit) -> Response:
    """POST /o/SLUG/connect: a token, shown once in the steps where it belongs."""
    guide = _guide(visit)
    if guide is None:
        return visit.to("/connect")
    try:
        await _check_number(visit)
        token = await issued(visit, Wish(_label(visit, guide), _LIFETIME))
    except ScimError as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    return await _show(visit, token=token)


async def live(visit: Visit) -> Response:
    """GET /o/SLUG/connect/live: how it stands, again whenever something arrives."""
    after = _after(visit) or 0
    places = await _places(visit)

    async def look(position: int) -> News | None:
        newest = await _newest(visit, places)
        if newest <= position:
            return None
        contact = await _contact(visit, places, after)
        html = visit.services.renderer.render(
            "connect-contact.html", visit=visit, contact=contact, again=_again(visit, after)
        )
        return News(html, newest, "whole")

    return streaming(visit, after, look)


async def _show(visit: Visit, *, status: int = 200, token: str = "", error: str = "") -> Response:
    guide = _guide(visit)
    places = await _places(visit)
    after = _after(visit)
    if after is None:
        after = await _newest(visit, places)
    good = await _tokens(visit)
    return visit.page(
        "connect.html",
        status=status,
        error_text=error,
        guides=shelf().values(),
        guide=guide,
        texts=None if guide is None else _texts(visit, guide, token),
        token=token,
        tokens=good[1:] if token else good,  # the one that is shown is told of already
        may_issue=not _is_set_up(visit) or len(good) < _MOST_TOKENS,
        contact=await _contact(visit, places, after),
        after=after,
        again=_again(visit, after),
        rows=await _mapping(visit),
    )


# ---- the guide


def _guide(visit: Visit) -> Guide | None:
    return shelf().get(visit.asked("provider"))


def _texts(visit: Visit, guide: Guide, token: str) -> dict[str, Markup | dict[str, Markup]]:
    """The parts of the guide with the organisation's values in them."""
    values = Values(visit.base_url, token, frozenset(shelf()))
    return {
        "lead": typeset(guide.lead, values),
        "steps": typeset(guide.sections[STEPS], values),
        "further": {head: typeset(text, values) for head, text in guide.further.items()},
        "refusals": typeset(refusals(), values),
    }


# ---- tokens


def _is_set_up(visit: Visit) -> bool:
    return visit.who.session.reach is Reach.SET_UP


def _label(visit: Visit, guide: Guide) -> str:
    """What a token is for, and by which set-up link it came about."""
    return guide.key + _mark(visit) if _is_set_up(visit) else guide.key


def _mark(visit: Visit) -> str:
    """How the labels of tokens end that the visitor's link has issued."""
    return f" (set-up link {visit.who.session.link})"


async def _tokens(visit: Visit) -> list[Token]:
    """The tokens to be told of, the newest first: a set-up link knows its own alone."""
    tokens = await visit.services.store.tokens(visit.org.id)
    if _is_set_up(visit):
        return [one for one in reversed(tokens) if one.label.endswith(_mark(visit))]
    return [one for one in reversed(tokens) if is_good(one, visit.services.clock())]


async def _check_number(visit: Visit) -> None:
    if _is_set_up(visit) and len(await _tokens(visit)) >= _MOST_TOKENS:
        raise Forbidden(
            f"this link has issued {_MOST_TOKENS} tokens, and issues no more;"
            " ask whoever sent it to you for another link"
        )


# ---- what arrives


async def _places(visit: Visit) -> Sequence[OrgId | None]:
    """Where requests stand that the visitor may see.

    One with a wrong token or address is nobody's. Where there is one organisation it is that one's.
    """
    only = len(await visit.services.store.organisations()) == 1
    return (visit.org.id, None) if only else (visit.org.id,)


async def _newest(visit: Visit, places: Sequence[OrgId | None]) -> int:
    """The number of the last request; 0 where there was none."""
    return max([one.number for one in await _recent(visit, places, 1)], default=0)


async def _recent(visit: Visit, places: Sequence[OrgId | None], most: int) -> list[Exchange]:
    """The last requests, the newest first."""
    store = visit.services.store
    found = [one for place in places for one in await store.exchanges(place, Sought(), most)]
    return sorted(found, key=lambda one: one.number, reverse=True)[:most]


async def _contact(visit: Visit, places: Sequence[OrgId | None], after: int) -> Contact:
    recent = await _recent(visit, places, _RECENT)
    since = [one for one in recent if one.number > after]
    before = next((one for one in recent if one.number <= after), None)
    guide = _guide(visit)
    return contact_of(since, before, ANY if guide is None else guide.key)


def _after(visit: Visit) -> int | None:
    """The number of the last request before somebody began to wait; None where they begin now."""
    text = visit.asked("after")
    return int(text) if text.isdecimal() and len(text) < 18 else None


def _again(visit: Visit, after: int) -> str:
    """Where the page is looked at again, without losing when the waiting began."""
    guide = _guide(visit)
    provider = "" if guide is None else f"provider={guide.key}&"
    return f"?{provider}after={after}"


async def _mapping(visit: Visit) -> list[Row]:
    """The attributes in the last requests that changed people."""
    store, org = visit.services.store, visit.org
    recent = await store.exchanges(org.id, Sought(), 2 * _RECENT)
    writes = [one for one in recent if one.kind is Kind.USER and one.method in _WRITES]
    whole = []
    for one in writes[:_WITH_BODIES]:
        with suppress(NotFound):  # it was forgotten in this moment
            whole.append(await store.exchange(org.id, one.number))
    return mapping(whole, types_of(org.attributes)[Kind.USER], visit.services.names)


PAGES: Sequence[Page] = (
    Page("GET", "/o/{slug}/connect", connect, ALSO_SET_UP),
    Page("POST", "/o/{slug}/connect", issue, ALSO_SET_UP),
    Page("GET", "/o/{slug}/connect/live", live, ALSO_SET_UP),
)
