"""Tokens: issue, rotate, revoke."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from starlette.responses import Response

from headcount.console.visits import ADMINISTRATORS, Page, Visit
from headcount.directory.tokens import Wish, is_good
from headcount.errors import InvalidValue, ScimError

LIFETIMES = (
    ("365", "1 year"),
    ("90", "90 days"),
    ("30", "30 days"),
    ("730", "2 years"),
    ("", "never"),
)
OVERLAPS = (("0", "at once"), ("1", "in 1 day"), ("7", "in 7 days"), ("30", "in 30 days"))


def wish_in(form: Mapping[str, str]) -> Wish:
    """What a form asks of a new token.

    Raises:
        InvalidValue: it is to expire after a number of days that is none.
    """
    return Wish(
        label=form.get("label", "").strip(),
        lifetime=days_of(form.get("lifetime", "365")),
        read_only=form.get("profile") == "read-only",
        strict=form.get("profile") == "strict",
    )


def days_of(text: str) -> timedelta | None:
    """So many days; None where nothing is said.

    Raises:
        InvalidValue: it is no number.
    """
    if not text:
        return None
    if not text.isdecimal() or len(text) > 5:
        raise InvalidValue(f"{text[:40]!r} is not a number of days")
    return timedelta(days=int(text))


async def _show(
    visit: Visit, *, status: int = 200, token: str = "", label: str = "", error: str = ""
) -> Response:
    now = visit.services.clock()
    tokens = await visit.services.store.tokens(visit.org.id)
    return visit.page(
        "tokens.html",
        status=status,
        good=[one for one in reversed(tokens) if is_good(one, now)],
        ended=[one for one in reversed(tokens) if not is_good(one, now)],
        token=token,
        label=label,
        lifetimes=LIFETIMES,
        overlaps=OVERLAPS,
        error_text=error,
    )


async def tokens(visit: Visit) -> Response:
    """GET /o/SLUG/tokens: those that work, and those that did."""
    return await _show(visit)


async def issue(visit: Visit) -> Response:
    """POST /o/SLUG/tokens: a new one, shown once."""
    try:
        token = await issued(visit, wish_in(visit.form))
    except ScimError as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    return await _show(visit, token=token, label=visit.form.get("label", ""))


async def issued(visit: Visit, wish: Wish) -> str:
    """A new token of the organisation; the audit trail knows of it."""
    token, _ = await visit.services.organisations.issue(visit.org.slug, wish, actor=visit.who.actor)
    return token


async def rotate(visit: Visit) -> Response:
    """POST /o/SLUG/tokens/{id}/rotate: a new one like it; the old one ends on a day."""
    token_id = visit.request.path_params["id"]
    try:
        overlap = days_of(visit.form.get("overlap", "7")) or timedelta()
        token, kept, _ = await visit.services.organisations.rotate(
            visit.org.slug, token_id, overlap, actor=visit.who.actor
        )
    except ScimError as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    return await _show(visit, token=token, label=kept.label)


async def revoke(visit: Visit) -> Response:
    """POST /o/SLUG/tokens/{id}/revoke: it opens nothing any more, at once."""
    token_id = visit.request.path_params["id"]
    await visit.services.organisations.revoke(visit.org.slug, token_id, actor=visit.who.actor)
    return visit.to("/tokens", told="revoked")


PAGES: Sequence[Page] = (
    Page("GET", "/o/{slug}/tokens", tokens, ADMINISTRATORS),
    Page("POST", "/o/{slug}/tokens", issue, ADMINISTRATORS),
    Page("POST", "/o/{slug}/tokens/{id}/rotate", rotate, ADMINISTRATORS),
    Page("POST", "/o/{slug}/tokens/{id}/revoke", revoke, ADMINISTRATORS),
)
