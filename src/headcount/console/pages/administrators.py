"""Who may come in, which browsers are signed in, and what was done by hand."""

from collections.abc import Sequence

from starlette.responses import Response

from headcount.console.visits import SERVER, Page, Visit, redirect
from headcount.errors import NotFound, ScimError
from headcount.store.model import Organisation, OrgId

_PAGE = 50


async def _organisations(visit: Visit) -> dict[OrgId, Organisation]:
    return {one.id: one for one in await visit.services.store.organisations()}


async def _show(visit: Visit, *, status: int = 200, link: str = "", error: str = "") -> Response:
    services = visit.services
    people = await services.store.administrators()
    return visit.page(
        "administrators.html",
        status=status,
        people=people,
        by_id={one.id: one for one in people},
        signed_in=await services.visiting.sessions(None),
        organisations=await _organisations(visit),
        link=link,
        error_text=error,
    )


async def administrators(visit: Visit) -> Response:
    """GET /administrators: everybody, of the server and of its organisations."""
    return await _show(visit)


async def invite(visit: Visit) -> Response:
    """POST /administrators: a link that lets somebody in, shown once."""
    services = visit.services
    try:
        slug = visit.form.get("organisation", "")
        organisation = await services.store.organisation(slug) if slug else None
        email = visit.form.get("email", "")
        secret, _ = await services.visiting.invite(email, organisation, visit.who.actor)
    except ScimError as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    return await _show(visit, link=f"{visit.address}/enter/{secret}")


async def remove(visit: Visit) -> Response:
    """POST /administrators/{id}/remove: they come in no more, and their sessions end."""
    gone = await visit.services.store.remove_administrator(visit.request.path_params["id"])
    await visit.services.visiting.note(
        visit.who.actor, "administrator.removed", gone.org, {"email": gone.email}
    )
    return redirect("/administrators", told="removed")


async def end_session(visit: Visit) -> Response:
    """POST /sessions/{id}/end: a browser is signed out."""
    wanted = visit.request.path_params["id"]
    for one in await visit.services.visiting.sessions(None):
        if one.id == wanted:
            await visit.services.store.end_session(one.id)
            await visit.services.visiting.note(
                visit.who.actor, "session.ended", one.org, {"session": one.id}
            )
            return redirect("/administrators", told="signed-out")
    raise NotFound("that browser is signed out already")


async def audit(visit: Visit) -> Response:
    """GET /audit: what was done by hand, everywhere."""
    before = visit.asked("before")
    entries = await visit.services.store.audited(
        None, int(before) if before.isdecimal() and len(before) < 18 else None, _PAGE + 1
    )
    return visit.page(
        "audit.html",
        entries=entries[:_PAGE],
        more=entries[_PAGE - 1].number if len(entries) > _PAGE else None,
        organisations=await _organisations(visit),
    )


PAGES: Sequence[Page] = (
    Page("GET", "/administrators", administrators, SERVER),
    Page("POST", "/administrators", invite, SERVER),
    Page("POST", "/administrators/{id}/remove", remove, SERVER),
    Page("POST", "/sessions/{id}/end", end_session, SERVER),
    Page("GET", "/audit", audit, SERVER),
)
