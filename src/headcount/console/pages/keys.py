"""API keys: with which the application behind Headcount reads and follows an organisation."""

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from headcount.console.pages.tokens import LIFETIMES, days_of
from headcount.console.visits import SERVER, Page, Visit
from headcount.directory.keys import READING, KeyWish, Scope
from headcount.directory.tokens import is_good
from headcount.errors import NotFound, ScimError


def wish_in(form: Mapping[str, str], slug: str) -> KeyWish:
    """What a form asks of a new key.

    Raises:
        InvalidValue: it is to expire after a number of days that is none.
    """
    scopes = [scope for scope in Scope if form.get(f"scope-{scope}")]
    return KeyWish(form.get("label", "").strip(), slug, scopes, days_of(form.get("lifetime", "")))


async def _show(visit: Visit, *, status: int = 200, key: str = "", error: str = "") -> Response:
    now = visit.services.clock()
    every = [one for one in await visit.services.keys.all() if one.org in {None, visit.org.id}]
    return visit.page(
        "keys.html",
        status=status,
        good=[one for one in reversed(every) if is_good(one, now)],
        ended=[one for one in reversed(every) if not is_good(one, now) and one.org is not None],
        scopes=[(scope, scope in READING) for scope in Scope],
        lifetimes=LIFETIMES,
        key=key,
        label=visit.form.get("label", ""),
        error_text=error,
    )


async def keys(visit: Visit) -> Response:
    """GET /o/SLUG/keys: those that open the organisation, and those that did."""
    return await _show(visit)


async def issue(visit: Visit) -> Response:
    """POST /o/SLUG/keys: a new one for the organisation, shown once."""
    try:
        wish = wish_in(visit.form, visit.org.slug)
        key, _ = await visit.services.keys.issue(wish, actor=visit.who.actor)
    except ScimError as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    return await _show(visit, key=key)


async def revoke(visit: Visit) -> Response:
    """POST /o/SLUG/keys/{id}/revoke: it opens nothing any more, at once."""
    wanted = visit.request.path_params["id"]
    for one in await visit.services.keys.all():
        if one.id == wanted and one.org in {None, visit.org.id}:
            await visit.services.keys.revoke(one.id, actor=visit.who.actor)
            return visit.to("/keys", told="revoked")
    raise NotFound(f"there is no key with the id {wanted[:100]!r} here")


PAGES: Sequence[Page] = (
    Page("GET", "/o/{slug}/keys", keys, SERVER),
    Page("POST", "/o/{slug}/keys", issue, SERVER),
    Page("POST", "/o/{slug}/keys/{id}/revoke", revoke, SERVER),
)
