"""Webhooks: where events are sent, whether they arrive, and each try with request and answer."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from starlette.responses import Response

from headcount.console.showing import pretty
from headcount.console.visits import SERVER, Page, Visit
from headcount.directory.endpoints import OVERLAP, Wanted
from headcount.errors import InvalidValue, ScimError
from headcount.store.webhooks import TEST, Endpoint, Outcome

_ATTEMPTS = 50  # on a page
_WAITING = 20

KINDS = (
    ("", "Everything"),
    ("account.*", "Accounts"),
    ("account.deactivated account.deleted", "Accounts that end"),
    ("group.*", "Groups and their members"),
)
OVERLAPS = (("0", "at once"), ("1", "in 1 day"), ("7", "in 7 days"))


def wanted_in(form: Mapping[str, str]) -> Wanted:
    """What a form asks of a new webhook."""
    types = (form.get("other", "").strip() or form.get("types", "")).replace(",", " ")
    after = 0 if form.get("begin") == "first" else None
    return Wanted(form.get("url", "").strip(), tuple(types.split()), form.get("label", ""), after)


async def _show_all(
    visit: Visit,
    *,
    status: int = 200,
    error: str = "",
    made: Endpoint | None = None,
) -> Response:
    hooks = visit.services.store.webhooks
    found = await hooks.all(visit.org.id)
    return visit.page(
        "webhooks.html",
        status=status,
        rows=[(one, await hooks.count_waiting(one.org, one.id)) for one in reversed(found)],
        kinds=KINDS,
        made=made,
        error_text=error,
    )


async def webhooks(visit: Visit) -> Response:
    """GET /o/SLUG/webhooks: all of them, and how they do."""
    return await _show_all(visit)


async def add(visit: Visit) -> Response:
    """POST /o/SLUG/webhooks: a new one, whose secret is shown once."""
    try:
        made = await visit.services.endpoints.add(
            visit.org.slug, wanted_in(visit.form), actor=visit.who.actor
        )
    except ScimError as refused:
        return await _show_all(visit, status=refused.status, error=refused.detail)
    return await _show_all(visit, made=made)


async def _show(
    visit: Visit, *, status: int = 200, error: str = "", secret: str = "", notice: str = ""
) -> Response:
    store = visit.services.store
    one = await store.webhooks.one(visit.org.id, visit.request.path_params["id"])
    followers = await store.followers.all(one.org, one.follower)
    position = followers[0].position if followers else 0
    newest = (await store.positions([one.org])).get(one.org, 0)
    before = visit.asked("before")
    older = int(before) if before.isdecimal() and len(before) < 19 else None
    attempts = await store.webhooks.attempts(one.org, one.id, _ATTEMPTS + 1, older)
    return visit.page(
        "webhook.html",
        status=status,
        one=one,
        position=position,
        behind=max(0, newest - position),
        count=await store.webhooks.count_waiting(one.org, one.id),
        waiting=await store.webhooks.waiting(one.org, one.id, _WAITING),
        attempts=attempts[:_ATTEMPTS],
        older=attempts[_ATTEMPTS - 1].number if len(attempts) > _ATTEMPTS else None,
        first=older is not None,
        test=TEST,
        overlaps=OVERLAPS,
        secret=secret,
        notice=notice,
        error_text=error,
    )


async def webhook(visit: Visit) -> Response:
    """GET /o/SLUG/webhooks/{id}: what waits for one, and the latest tries."""
    return await _show(visit)


async def attempt(visit: Visit) -> Response:
    """GET /o/SLUG/webhooks/{id}/attempts/{number}: one try, with request and answer."""
    store, parameters = visit.services.store.webhooks, visit.request.path_params
    one = await store.one(visit.org.id, parameters["id"])
    tried = await store.attempt(one.org, one.id, parameters["number"])
    return visit.page(
        "attempt.html",
        one=one,
        tried=tried,
        test=TEST,
        request=pretty(tried.request) if tried.request else "",
        answer=pretty(tried.answer) if tried.answer else "",
    )


async def try_now(visit: Visit) -> Response:
    """POST /o/SLUG/webhooks/{id}/test: send a test event, and show what became of it."""
    endpoint = visit.request.path_params["id"]
    tried = await visit.services.try_webhook(visit.org.slug, endpoint)
    if tried.outcome is Outcome.DELIVERED:
        return visit.to(f"/webhooks/{endpoint}", told="arrived")
    return await _show(visit, error=f"the test event did not arrive: {tried.detail}")


async def rotate(visit: Visit) -> Response:
    """POST /o/SLUG/webhooks/{id}/rotate: a new secret, shown once."""
    days = visit.form.get("overlap", "1")
    overlap = timedelta(int(days)) if days in dict(OVERLAPS) else OVERLAP
    done = await visit.services.endpoints.rotate(
        visit.org.slug, visit.request.path_params["id"], overlap, actor=visit.who.actor
    )
    return await _show(visit, secret=done.secret)


async def switch(visit: Visit) -> Response:
    """POST /o/SLUG/webhooks/{id}/switch: on, from where it was or from now; or off."""
    endpoint, wish = visit.request.path_params["id"], visit.form.get("do", "")
    operations, slug, actor = visit.services.endpoints, visit.org.slug, visit.who.actor
    try:
        if wish == "off":
            await operations.disable(slug, endpoint, actor=actor)
        else:
            await operations.enable(slug, endpoint, from_now=wish == "from-now", actor=actor)
    except ScimError as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    return visit.to(f"/webhooks/{endpoint}", told="off" if wish == "off" else "on")


async def redeliver(visit: Visit) -> Response:
    """POST /o/SLUG/webhooks/{id}/redeliver: send events again, from one position to another."""
    try:
        first, last = _number(visit, "first"), _number(visit, "last")
        done = await visit.services.endpoints.redeliver(
            visit.org.slug, visit.request.path_params["id"], first, last, actor=visit.who.actor
        )
    except ScimError as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    events = "event is" if done == 1 else "events are"
    return await _show(visit, notice=f"{done:,} {events} sent again.")


def _number(visit: Visit, name: str) -> int:
    given = visit.form.get(name, "").strip()
    if not given.isdecimal() or len(given) > 18:
        raise InvalidValue(f"a position is a whole number, not {given[:40]!r}")
    return int(given)


async def remove(visit: Visit) -> Response:
    """POST /o/SLUG/webhooks/{id}/remove: send nothing more, and forget it."""
    await visit.services.endpoints.remove(
        visit.org.slug, visit.request.path_params["id"], actor=visit.who.actor
    )
    return visit.to("/webhooks", told="removed")


PAGES: Sequence[Page] = (
    Page("GET", "/o/{slug}/webhooks", webhooks, SERVER),
    Page("POST", "/o/{slug}/webhooks", add, SERVER),
    Page("GET", "/o/{slug}/webhooks/{id}", webhook, SERVER),
    Page("GET", "/o/{slug}/webhooks/{id}/attempts/{number:int}", attempt, SERVER),
    Page("POST", "/o/{slug}/webhooks/{id}/test", try_now, SERVER),
    Page("POST", "/o/{slug}/webhooks/{id}/rotate", rotate, SERVER),
    Page("POST", "/o/{slug}/webhooks/{id}/switch", switch, SERVER),
    Page("POST", "/o/{slug}/webhooks/{id}/redeliver", redeliver, SERVER),
    Page("POST", "/o/{slug}/webhooks/{id}/remove", remove, SERVER),
)
