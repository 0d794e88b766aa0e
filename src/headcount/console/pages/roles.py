"""Roles by group: rules are put together, shown with what would come of them, and saved."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from starlette.responses import Response

from headcount.console.attributes import short
from headcount.console.visits import ADMINISTRATORS, Page, Visit
from headcount.errors import InvalidValue, NotFound, ScimError
from headcount.scim.schemas import DEFAULT_ROLE, ROLES
from headcount.store.browsing import LONGEST_TEXT, Chosen
from headcount.store.model import Kind, RoleRule
from headcount.store.records import rules_in, rules_text
from headcount.store.roles import Moved

_OFFERED = 200  # groups, while somebody types a name


class _Line(NamedTuple):
    """A rule as it is shown."""

    group: str
    role: str
    name: str | None  # None: the group is gone
    members: int


async def roles(visit: Visit) -> Response:
    """GET /o/SLUG/roles: the rules that stand."""
    return await _show(visit, visit.org.role_rules)


async def change(visit: Visit) -> Response:
    """POST /o/SLUG/roles: another draft of the rules, with what would come of it; or save it."""
    draft = _drafted(visit.form)
    try:
        doing, _, place = visit.form.get("do", "").partition(":")
        match doing:
            case "save":
                await visit.services.role_rules.set(
                    visit.org, draft, seen=_seen(visit), actor=visit.who.actor
                )
                return visit.to("/roles", told="ruled")
            case "add":
                draft = [*draft, await _added(visit)]
                await visit.services.role_rules.preview(visit.org, draft)  # is it one?
            case "up" | "remove" if place in map(str, range(len(draft))):
                draft = _changed(draft, doing, int(place))
    except ScimError as refused:
        kept = [rule for rule in draft if rule in _drafted(visit.form)]
        return await _show(visit, kept, status=refused.status, error=refused.detail)
    return await _show(visit, draft)


def _drafted(form: Mapping[str, str]) -> list[RoleRule]:
    """The rules that the form carries, in their order."""
    groups, given = form.get("group", "").split("\n"), form.get("role", "").split("\n")
    return [
        RoleRule(group, role) for group, role in zip(groups, given, strict=False) if group and role
    ]


def _seen(visit: Visit) -> Sequence[RoleRule]:
    """The rules that the draft was made from."""
    try:
        return rules_in(visit.form.get("seen", "[]"))
    except (ValueError, TypeError):
        raise InvalidValue("the form is not one of this page: reload it, and try again") from None


def _changed(draft: Sequence[RoleRule], doing: str, place: int) -> list[RoleRule]:
    rules = list(draft)
    rule = rules.pop(place)
    if doing == "up":
        rules.insert(max(0, place - 1), rule)
    return rules


async def _added(visit: Visit) -> RoleRule:
    """The rule that somebody typed.

    Raises:
        InvalidValue: there is no such group.
    """
    name = visit.form.get("name", "").strip()[:LONGEST_TEXT]
    if not name:
        raise InvalidValue("type the name of a group")
    store = visit.services.store
    part = await store.browse(visit.org.id, Kind.GROUP, Chosen(name, by_name=True), 2)
    found = [(line.stored.id, _name(line.stored.document)) for line in part.lines]
    for group, known in found:
        if known.casefold() == name.casefold() or len(found) == 1:
            return RoleRule(group, visit.form.get("new-role", ""))
    if found:
        raise InvalidValue(f"several groups begin with {name!r}: type all of the name")
    raise InvalidValue(f"no group begins with {name!r}: groups come from the identity provider")


def _name(document: bytes) -> str:
    return str(json.loads(document)["displayName"])


async def _show(
    visit: Visit, draft: Sequence[RoleRule], *, status: int = 200, error: str = ""
) -> Response:
    stands = visit.org.role_rules
    is_draft = tuple(draft) != stands
    preview = await visit.services.role_rules.preview(visit.org, draft) if is_draft else None
    store = visit.services.store
    offered = await store.browse(visit.org.id, Kind.GROUP, Chosen(by_name=True), _OFFERED)
    return visit.page(
        "roles.html",
        status=status,
        error_text=error,
        lines=[await _line(visit, rule) for rule in draft],
        seen=visit.form.get("seen") or rules_text(stands),
        is_draft=is_draft,
        preview=preview,
        people=[_person(one) for one in preview.some] if preview else [],
        moved=sum(count for _, _, count in preview.moves) if preview else 0,
        offered=[_name(line.stored.document) for line in offered.lines],
        roles=[(role, role.capitalize()) for role in ROLES],
        usual=DEFAULT_ROLE,
    )


async def _line(visit: Visit, rule: RoleRule) -> _Line:
    try:
        found = await visit.services.store.line(visit.org.id, Kind.GROUP, rule.group)
    except NotFound:
        return _Line(rule.group, rule.role, None, 0)
    return _Line(rule.group, rule.role, _name(found.stored.document), found.members)


def _person(one: Moved) -> dict[str, Any]:
    document = json.loads(one.document)
    name = document.get("displayName") or document["userName"]
    return {"id": one.id, "name": short(name), "before": one.before, "after": one.after}


PAGES: Sequence[Page] = (
    Page("GET", "/o/{slug}/roles", roles, ADMINISTRATORS),
    Page("POST", "/o/{slug}/roles", change, ADMINISTRATORS),
)
