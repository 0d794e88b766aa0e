"""Groups of an organisation: found, and looked at with their members, a page at a time."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from headcount.console.attributes import rows_of
from headcount.console.timeline import timeline
from headcount.console.visits import ADMINISTRATORS, Page, Visit
from headcount.directory.accounts import is_active
from headcount.store.browsing import LONGEST_TEXT, Chosen, Line, Member
from headcount.store.model import Kind

_PAGE = 50
_MEMBERS = 100
_ORDERS = (
    ("name", "A to Z"),
    ("name-down", "Z to A"),
    ("new", "Newest"),
    ("old", "Oldest"),
)


async def groups(visit: Visit) -> Response:
    """GET /o/SLUG/groups: those that were looked for, a part at a time."""
    order = visit.asked("order", "name")
    chosen = Chosen(
        visit.asked("q").strip()[:LONGEST_TEXT],
        by_name=order not in {"new", "old"},
        descending=order in {"name-down", "new"},
    )
    place = {name: visit.asked(name) for name in ("after", "before") if visit.asked(name)}
    part = await visit.services.store.browse(visit.org.id, Kind.GROUP, chosen, _PAGE, **place)
    asked = {name: visit.asked(name) for name in ("q", "order") if visit.asked(name)}
    return visit.page(
        "groups.html",
        lines=[_line(line) for line in part.lines],
        part=part,
        place=place,
        asked=asked,
        query=urlencode(asked),
        is_filtered="q" in asked,
        orders=_ORDERS,
    )


def _line(line: Line) -> dict[str, Any]:
    document = json.loads(line.stored.document)
    return {
        "id": line.stored.id,
        "name": document["displayName"],
        "external_id": document.get("externalId"),
        "members": line.members,
        "modified": line.stored.modified,
    }


async def group(visit: Visit) -> Response:
    """GET /o/SLUG/groups/{id}: everything about one group, with some of its members."""
    wanted = visit.request.path_params["id"]
    store, org = visit.services.store, visit.org.id
    line = await store.line(org, Kind.GROUP, wanted)
    after = visit.asked("after")
    members = await store.members_after(org, wanted, after, _MEMBERS + 1)
    document = json.loads(line.stored.document)
    happened = await timeline(visit, Kind.GROUP, wanted)
    return visit.page(
        "group.html",
        stored=line.stored,
        line=_line(line),
        members=[_member(one) for one in members[:_MEMBERS]],
        after=after,
        more=members[_MEMBERS - 1].id if len(members) > _MEMBERS else None,
        rows=[(row, happened.writer(row.path)) for row in rows_of(document)],
        timeline=happened,
        raw=json.dumps(document, ensure_ascii=False, indent=2),
        gives=[rule.role for rule in visit.org.role_rules if rule.group == wanted],
    )


def _member(one: Member) -> dict[str, Any]:
    document = json.loads(one.document) if one.document is not None else {}
    is_group = one.kind is Kind.GROUP
    return {
        "id": one.id,
        "is_group": is_group,
        "name": document.get("displayName") or document.get("userName"),
        "user_name": document.get("userName"),
        "active": is_group or is_active(document),
    }


PAGES: Sequence[Page] = (
    Page("GET", "/o/{slug}/groups", groups, ADMINISTRATORS),
    Page("GET", "/o/{slug}/groups/{id}", group, ADMINISTRATORS),
)
