"""Settings of an organisation: name, what it allows, its own attributes, who may come in."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from headcount.console.visits import ADMINISTRATORS, SERVER, Page, Visit
from headcount.directory.visiting import SET_UP_LIFETIME
from headcount.errors import InvalidValue, NotFound, ScimError
from headcount.scim.custom import TYPES, CustomAttribute
from headcount.scim.schemas import GROUP_URN, USER_URN
from headcount.store.model import Kind, Policy, UsernameFormat

_AUDITED = 20


def policy_in(form: Mapping[str, str]) -> Policy:
    """What a form says that an organisation allows.

    Raises:
        InvalidValue: the number of seats is none.
    """
    seats = form.get("seats", "").strip()
    if seats and (not seats.isdecimal() or len(seats) > 12):
        raise InvalidValue(f"the number of seats must be a whole number, not {seats[:40]!r}")
    email = form.get("username_format") == UsernameFormat.EMAIL
    return Policy(
        username_format=UsernameFormat.EMAIL if email else UsernameFormat.ANY,
        allowed_domains=tuple(form.get("allowed_domains", "").replace(",", " ").split()),
        seats=int(seats) if seats else None,
    )


async def _show(
    visit: Visit,
    *,
    status: int = 200,
    error: str = "",
    link: str = "",
    form: Mapping[str, str] | None = None,
) -> Response:
    services, org = visit.services, visit.org
    people = await services.store.administrators()
    return visit.page(
        "settings.html",
        status=status,
        form=form or {},
        policy=org.policy,
        types=[(one, one) for one in TYPES],
        people=[one for one in people if one.org == org.id],
        by_id={one.id: one for one in people},
        links=[one for one in await services.store.links(org.id) if _is_open(visit, one)],
        signed_in=await services.visiting.sessions(org.id),
        entries=await services.store.audited(org.id, None, _AUDITED),
        link=link,
        error_text=error,
    )


def _is_open(visit: Visit, link: Any) -> bool:
    return link.reach == "set-up" and link.revoked is None and link.expires > visit.services.clock()


async def settings(visit: Visit) -> Response:
    """GET /o/SLUG/settings."""
    return await _show(visit)


async def save(visit: Visit) -> Response:
    """POST /o/SLUG/settings: name, user names, domains, seats."""
    name = visit.form.get("name", "").strip()
    try:
        await visit.services.organisations.update(
            visit.org.slug, name, policy_in(visit.form), actor=visit.who.actor
        )
    except ScimError as refused:
        return await _show(visit, status=refused.status, error=refused.detail, form=visit.form)
    return visit.to("/settings", told="saved")


async def invite(visit: Visit) -> Response:
    """POST /o/SLUG/settings/invite: a link that lets an administrator of the organisation in."""
    email = visit.form.get("email", "")
    try:
        secret, _ = await visit.services.visiting.invite(email, visit.org, visit.who.actor)
    except ScimError as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    return await _show(visit, link=f"{visit.address}/enter/{secret}")


async def set_up_link(visit: Visit) -> Response:
    """POST /o/SLUG/settings/set-up-link: a link that opens the Connect page alone."""
    days = visit.form.get("days", str(SET_UP_LIFETIME.days))
    try:
        if not days.isdecimal() or len(days) > 4:
            raise InvalidValue(f"{days[:40]!r} is not a number of days")
        secret, _ = await visit.services.visiting.set_up_link(
            visit.org, timedelta(days=int(days)), visit.who.actor
        )
    except ScimError as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    return await _show(visit, link=f"{visit.address}/enter/{secret}")


async def revoke_link(visit: Visit) -> Response:
    """POST /o/SLUG/settings/links/{id}/revoke: it opens nothing any more."""
    now = visit.services.clock()
    gone = await visit.services.store.revoke_link(
        visit.org.id, visit.request.path_params["id"], now
    )
    await visit.note("set_up_link.revoked", link=gone.id)
    return visit.to("/settings", told="revoked")


async def remove(visit: Visit) -> Response:
    """POST /o/SLUG/settings/people/{id}/remove: an administrator of the organisation goes."""
    wanted = visit.request.path_params["id"]
    for one in await visit.services.store.administrators():
        if one.id == wanted and one.org == visit.org.id:
            await visit.services.store.remove_administrator(one.id)
            await visit.note("administrator.removed", email=one.email)
            return visit.to("/settings", told="removed")
    raise NotFound("there is no such administrator of this organisation")


async def end_session(visit: Visit) -> Response:
    """POST /o/SLUG/settings/sessions/{id}/end: a browser is signed out."""
    wanted = visit.request.path_params["id"]
    for one in await visit.services.visiting.sessions(visit.org.id):
        if one.id == wanted:
            await visit.services.store.end_session(one.id)
            await visit.note("session.ended", session=one.id)
            return visit.to("/settings", told="signed-out")
    raise NotFound("that browser is signed out already")


async def disable(visit: Visit) -> Response:
    """POST /o/SLUG/settings/disabled: provisioning is switched off, or on again."""
    disabled = visit.form.get("disabled") == "yes"
    await visit.services.organisations.set_disabled(
        visit.org.slug, disabled=disabled, actor=visit.who.actor
    )
    return visit.to("/settings", told="saved")


async def declare(visit: Visit) -> Response:
    """POST /o/SLUG/settings/attributes: one more attribute of the organisation's own."""
    form = visit.form
    resource = form.get("resource", Kind.USER.value)
    core = GROUP_URN if resource == Kind.GROUP.value else USER_URN
    new = CustomAttribute(
        name=form.get("name", "").strip(),
        urn=form.get("namespace", "").strip() or core,
        resource=Kind.GROUP.value if resource == Kind.GROUP.value else Kind.USER.value,
        type=form.get("type", "string"),
        multi_valued=form.get("multi_valued") == "yes",
        canonical=tuple(form.get("canonical", "").split()),
        description=form.get("description", "").strip(),
    )
    try:
        await visit.services.organisations.declare(visit.org.slug, new, actor=visit.who.actor)
    except ScimError as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    return visit.to("/settings", told="saved")


async def withdraw(visit: Visit) -> Response:
    """POST /o/SLUG/settings/attributes/withdraw: an attribute goes out of the schemas."""
    form = visit.form
    try:
        await visit.services.organisations.withdraw(
            visit.org.slug,
            form.get("namespace", ""),
            form.get("name", ""),
            actor=visit.who.actor,
        )
    except ScimError as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    return visit.to("/settings", told="saved")


PAGES: Sequence[Page] = (
    Page("GET", "/o/{slug}/settings", settings, ADMINISTRATORS),
    Page("POST", "/o/{slug}/settings", save, ADMINISTRATORS),
    Page("POST", "/o/{slug}/settings/invite", invite, ADMINISTRATORS),
    Page("POST", "/o/{slug}/settings/set-up-link", set_up_link, ADMINISTRATORS),
    Page("POST", "/o/{slug}/settings/links/{id}/revoke", revoke_link, ADMINISTRATORS),
    Page("POST", "/o/{slug}/settings/people/{id}/remove", remove, ADMINISTRATORS),
    Page("POST", "/o/{slug}/settings/sessions/{id}/end", end_session, ADMINISTRATORS),
    Page("POST", "/o/{slug}/settings/attributes", declare, ADMINISTRATORS),
    Page("POST", "/o/{slug}/settings/attributes/withdraw", withdraw, ADMINISTRATORS),
    Page("POST", "/o/{slug}/settings/disabled", disable, SERVER),
)
