"""Connectors: applications that are written into, what they would change, and how they do."""

from collections.abc import Sequence

from starlette.responses import Response

from headcount.console.connecting import Checked, Comparison
from headcount.console.visits import SERVER, Page, Visit
from headcount.errors import InUse, InvalidValue, Unavailable


async def connectors(visit: Visit) -> Response:
    """GET /o/SLUG/connectors: all of them, and how they do."""
    return visit.page("connectors.html", rows=await visit.services.connecting.all(visit.org.slug))


def _name(visit: Visit) -> str:
    return str(visit.request.path_params["id"])


async def _show(
    visit: Visit,
    *,
    status: int = 200,
    error: str = "",
    checked: Checked | None = None,
    plan: Comparison | None = None,
) -> Response:
    return visit.page(
        "connector.html",
        status=status,
        seen=await visit.services.connecting.one(visit.org.slug, _name(visit)),
        checked=checked,
        plan=plan,
        error_text=error,
    )


async def connector(visit: Visit) -> Response:
    """GET /o/SLUG/connectors/NAME: where it writes, and what came of it."""
    return await _show(visit)


async def check(visit: Visit) -> Response:
    """POST /o/SLUG/connectors/NAME/check: come in with the key, and see what it may do."""
    try:
        found = await visit.services.connecting.check(visit.org.slug, _name(visit))
    except (InvalidValue, Unavailable) as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    return await _show(visit, checked=found)


async def plan(visit: Visit) -> Response:
    """POST /o/SLUG/connectors/NAME/plan: compare both sides, and change nothing."""
    try:
        found = await visit.services.connecting.plan(visit.org.slug, _name(visit))
    except (InvalidValue, Unavailable) as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    return await _show(visit, plan=found)


async def apply(visit: Visit) -> Response:
    """POST /o/SLUG/connectors/NAME/apply: begin to make every change."""
    name = _name(visit)
    try:
        await visit.services.connecting.apply(visit.org.slug, name, actor=visit.who.actor)
    except InUse as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    return visit.to(f"/connectors/{name}", told="applying")


async def switch(visit: Visit) -> Response:
    """POST /o/SLUG/connectors/NAME/switch: whether it follows the events."""
    name, on = _name(visit), visit.form.get("do", "") == "on"
    await visit.services.connecting.switch(visit.org.slug, name, on=on, actor=visit.who.actor)
    return visit.to(f"/connectors/{name}", told="follows" if on else "still")


async def remove(visit: Visit) -> Response:
    """POST /o/SLUG/connectors/NAME/remove: forget it; in the application everything stays."""
    await visit.services.connecting.remove(visit.org.slug, _name(visit), actor=visit.who.actor)
    return visit.to("/connectors", told="removed")


PAGES: Sequence[Page] = (
    Page("GET", "/o/{slug}/connectors", connectors, SERVER),
    Page("GET", "/o/{slug}/connectors/{id}", connector, SERVER),
    Page("POST", "/o/{slug}/connectors/{id}/check", check, SERVER),
    Page("POST", "/o/{slug}/connectors/{id}/plan", plan, SERVER),
    Page("POST", "/o/{slug}/connectors/{id}/apply", apply, SERVER),
    Page("POST", "/o/{slug}/connectors/{id}/switch", switch, SERVER),
    Page("POST", "/o/{slug}/connectors/{id}/remove", remove, SERVER),
)
