"""Accounts of an organisation: found, exported, looked at, switched off and on."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from starlette.responses import Response, StreamingResponse

from headcount.console import spreadsheets
from headcount.console.attributes import rows_of, short
from headcount.console.timeline import timeline
from headcount.console.visits import ADMINISTRATORS, Page, Visit
from headcount.directory.accounts import is_active, role_of
from headcount.errors import InvalidValue, ScimError
from headcount.scim.operations import Operation, PatchOp, Target
from headcount.scim.paths import resolve
from headcount.scim.schemas import DEFAULT_ROLE, ROLES, USER_TYPE
from headcount.store.browsing import LONGEST_TEXT, Chosen, Part
from headcount.store.model import Kind, Outcome, Stored
from headcount.store.roles import given_by

_PAGE = 50
_EXPORTED_AT_ONCE = 500
_MOST_TOKENS = 50  # of one label, that are looked for
_MOST_GROUPS = 200  # of an account, that are shown
_ORDERS = (
    ("name", "A to Z"),
    ("name-down", "Z to A"),
    ("new", "Newest"),
    ("old", "Oldest"),
)
_STATES = (("", "Any"), ("active", "Active"), ("inactive", "Deactivated"))
_COLUMNS = (
    *("userName", "displayName", "givenName", "familyName", "e-mail", "externalId", "role"),
    *("active", "created", "lastModified", "id"),
)


async def chosen_by(visit: Visit) -> tuple[Chosen, str]:
    """Whom the address asks for, and what is wrong with that."""
    states = {"active": True, "inactive": False}
    order = visit.asked("order", "name")
    role = visit.asked("role")
    group, trouble = await _group(visit, visit.asked("group").strip())
    return Chosen(
        text=visit.asked("q").strip()[:LONGEST_TEXT],
        active=states.get(visit.asked("state")),
        role=role if role in ROLES else None,
        group=group,
        writers=_writers(await _tokens(visit), visit.asked("provider")),
        by_name=order not in {"new", "old"},
        descending=order in {"name-down", "new"},
    ), trouble


async def _tokens(visit: Visit) -> Mapping[str, Sequence[str]]:
    """Label -> the ids of the tokens of that label: one that was rotated has several."""
    found: dict[str, list[str]] = {}
    for one in await visit.services.store.tokens(visit.org.id):
        found.setdefault(one.label, []).append(one.id)
    return found


def _writers(tokens: Mapping[str, Sequence[str]], label: str) -> tuple[str, ...]:
    """Who wrote for the provider of this label, as the feed knows them."""
    if not label:
        return ()
    return tuple(f"token:{one}" for one in tokens.get(label, ("",))[-_MOST_TOKENS:])


async def _group(visit: Visit, name: str) -> tuple[str | None, str]:
    """The id of the group that somebody typed, and what to tell them where it is none."""
    if not name:
        return None, ""
    text = name[:LONGEST_TEXT]
    store, org = visit.services.store, visit.org.id
    part = await store.browse(org, Kind.GROUP, Chosen(text, by_name=True), 5)
    names = [str(json.loads(line.stored.document)["displayName"]) for line in part.lines]
    for found, line in zip(names, part.lines, strict=True):
        if found.casefold() == text.casefold() or len(names) == 1:
            return line.stored.id, ""
    if names:
        listed = ", ".join(short(one) for one in names)
        return "", f"several groups begin with {text!r}, such as {listed}: type on"
    return "", f"no group begins with {text!r}"


async def accounts(visit: Visit) -> Response:
    """GET /o/SLUG/accounts: those who were looked for, a part at a time."""
    chosen, trouble = await chosen_by(visit)
    place = {name: visit.asked(name) for name in ("after", "before") if visit.asked(name)}
    part = Part([])
    if not trouble:
        store = visit.services.store
        part = await store.browse(visit.org.id, Kind.USER, chosen, _PAGE, **place)
    names = ("q", "state", "role", "group", "provider", "order")
    asked = {name: visit.asked(name) for name in names if visit.asked(name)}
    return visit.page(
        "accounts.html",
        lines=[_line(line.stored) for line in part.lines],
        part=part,
        place=place,
        asked=asked,
        query=urlencode(asked),
        is_filtered=bool(asked.keys() - {"order"}),
        trouble=trouble,
        states=_STATES,
        roles=[("", "Any"), *((role, role.capitalize()) for role in ROLES)],
        providers=[("", "Any"), *((label, short(label)) for label in await _tokens(visit))],
        orders=_ORDERS,
    )


def _line(stored: Stored) -> dict[str, Any]:
    """What a list shows of an account."""
    document = json.loads(stored.document)
    return {
        "id": stored.id,
        "name": document.get("displayName") or document["userName"],
        "user_name": document["userName"],
        "email": email_of(document),
        "active": is_active(document),
        "role": role_of(document),
        "modified": stored.modified,
    }


def email_of(document: Mapping[str, Any]) -> str:
    """The primary e-mail address, or the first."""
    emails = sorted(document.get("emails") or [], key=lambda one: one.get("primary") is not True)
    return str(emails[0].get("value") or "") if emails else ""


async def export(visit: Visit) -> Response:
    """GET /o/SLUG/accounts.csv: all of those who were looked for, read while they are sent."""
    chosen, trouble = await chosen_by(visit)
    if trouble:
        raise InvalidValue(trouble)
    return StreamingResponse(
        _exported(visit, chosen),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{visit.org.slug}-accounts.csv"'},
    )


async def _exported(visit: Visit, chosen: Chosen) -> AsyncIterator[bytes]:
    yield spreadsheets.BEGINNING.encode() + spreadsheets.lines([_COLUMNS])
    store, org = visit.services.store, visit.org.id
    after: str | None = ""
    while after is not None:
        part = await store.browse(org, Kind.USER, chosen, _EXPORTED_AT_ONCE, after=after)
        yield spreadsheets.lines(_row(line.stored) for line in part.lines)
        after = part.later


def _row(stored: Stored) -> Sequence[object]:
    document = json.loads(stored.document)
    name = document.get("name") or {}
    return (
        *(document["userName"], document.get("displayName")),
        *(name.get("givenName"), name.get("familyName"), email_of(document)),
        *(document.get("externalId"), role_of(document), is_active(document)),
        *(stored.created, stored.modified, stored.id),
    )


async def account(visit: Visit) -> Response:
    """GET /o/SLUG/accounts/{id}: everything about one account."""
    return await _show(visit)


async def _show(visit: Visit, *, status: int = 200, error: str = "") -> Response:
    wanted = visit.request.path_params["id"]
    seen = await visit.services.store.get(visit.org.id, Kind.USER, wanted, base=visit.base_url)
    document = json.loads(seen.stored.document)
    groups = json.loads(seen.relations) if isinstance(seen.relations, bytes) else []
    happened = await timeline(visit, Kind.USER, wanted)
    ruled = await _ruled(visit, wanted, groups)
    return visit.page(
        "account.html",
        status=status,
        error_text=error,
        stored=seen.stored,
        line=_line(seen.stored),
        ruled=ruled,
        external_id=document.get("externalId"),
        rows=[(row, happened.writer(row.path)) for row in rows_of(document)],
        groups=groups[:_MOST_GROUPS],
        more_groups=max(0, len(groups) - _MOST_GROUPS),
        timeline=happened,
        raw=json.dumps(document, ensure_ascii=False, indent=2),
        roles=[(role, role.capitalize()) for role in ROLES],
    )


class _Ruled(NamedTuple):
    """Why an account has its role."""

    group: str  # id
    name: str
    own: str  # the role without any rule


async def _ruled(visit: Visit, account: str, groups: Sequence[Any]) -> _Ruled | None:
    """The rule that gives an account its role; None where it has its own."""
    names = {one["value"]: one["display"] for one in groups}
    rule = given_by(visit.org.role_rules, names)
    if rule is None:
        return None
    own = await visit.services.store.own_role(visit.org.id, account)
    return _Ruled(rule.group, names[rule.group], own or DEFAULT_ROLE)


async def set_active(visit: Visit) -> Response:
    """POST /o/SLUG/accounts/{id}/active: switch it off, or on again."""
    active = {"yes": True, "no": False}.get(visit.form.get("active", ""))
    try:
        if active is None:
            raise InvalidValue("say whether the account shall be active: yes or no")
        outcome = await _patched(visit, "active", active)
    except ScimError as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    told = "reactivated" if active else "deactivated"
    if outcome.changed:
        await visit.note(f"account.{told}", **_named(outcome.stored))
    return _back(visit, told)


async def set_role(visit: Visit) -> Response:
    """POST /o/SLUG/accounts/{id}/role: it may do more, or less."""
    role = visit.form.get("role", "")
    wanted, store = visit.request.path_params["id"], visit.services.store
    try:
        before = await store.get(visit.org.id, Kind.USER, wanted, relations=False)
        own = await store.own_role(visit.org.id, wanted)
        outcome = await visit.services.directory.set_role(visit.caller, wanted, role)
    except ScimError as refused:
        return await _show(visit, status=refused.status, error=refused.detail)
    was = role_of(json.loads(before.stored.document)) if own is None else own or DEFAULT_ROLE
    what = "role" if own is None else "own_role"
    if outcome.changed:
        await visit.note(f"account.{what}_changed", **_named(outcome.stored), role=[was, role])
    return _back(visit, what.replace("_", "-"))


async def _patched(visit: Visit, name: str, value: object) -> Outcome:
    path = resolve(USER_TYPE, name)
    assert path is not None
    operation = Operation(PatchOp.REPLACE, Target(path), value)
    wanted = visit.request.path_params["id"]
    return await visit.services.directory.patch(visit.caller, Kind.USER, wanted, [operation])


def _named(stored: Stored) -> dict[str, str]:
    return {"account": stored.id, "name": short(json.loads(stored.document)["userName"])}


def _back(visit: Visit, told: str) -> Response:
    return visit.to(f"/accounts/{quote(visit.request.path_params['id'], safe='')}", told=told)


PAGES: Sequence[Page] = (
    Page("GET", "/o/{slug}/accounts", accounts, ADMINISTRATORS),
    Page("GET", "/o/{slug}/accounts.csv", export, ADMINISTRATORS),
    Page("GET", "/o/{slug}/accounts/{id}", account, ADMINISTRATORS),
    Page("POST", "/o/{slug}/accounts/{id}/active", set_active, ADMINISTRATORS),
    Page("POST", "/o/{slug}/accounts/{id}/role", set_role, ADMINISTRATORS),
)
