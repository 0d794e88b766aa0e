"""Accounts and groups, to be read; and what the application calls its accounts."""

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import Path, Query as Parameter
from starlette.responses import Response

from headcount.api.calls import APlace, Place
from headcount.api.resources import JSON, account_object, group_object, member_object
from headcount.api.shapes import WITHOUT_CONTROLS, LinkWish
from headcount.errors import InvalidValue, NotFound
from headcount.scim.filters import parse_filter
from headcount.scim.messages import MAX_PAGE, Query, read_query
from headcount.store.links import AccountLink
from headcount.store.model import Kind, Page

_MATCHES = 10  # accounts that are told of one e-mail address or externalId
_FITTING = {"external_id": "externalId", "user_name": "userName", "email": "emails.value"}

Limit = Annotated[int, Parameter(ge=1, le=MAX_PAGE, description="How many on a page at most.")]
Cursor = Annotated[
    str, Parameter(max_length=2000, description="`next_cursor` of the page before; empty: begin.")
]
Filter = Annotated[
    str | None,
    Parameter(
        description="A filter as in SCIM (RFC 7644 section 3.4.2.2).",
        examples=['externalId eq "00u1"'],
    ),
]
Id = Annotated[str, Path(alias="id", description="The id, as events and SCIM tell it.")]
Name = Annotated[str | None, Parameter(min_length=1, max_length=200, pattern=WITHOUT_CONTROLS)]


def answered(body: Any, status: int = 200) -> Response:
    """JSON as an answer."""
    return Response(orjson.dumps(body), status, media_type=JSON)


async def list_accounts(
    place: APlace,
    limit: Limit = 100,
    cursor: Cursor = "",
    filter: Filter = None,  # noqa: A002
) -> Response:
    """List accounts, or those that fit a filter, the oldest first."""
    found = await _page(place, Kind.USER, limit, cursor, {"filter": filter})
    accounts = [account_object(seen) for seen in found.resources]
    return answered({"accounts": accounts, "total": found.total, "next_cursor": found.cursor})


async def list_groups(
    place: APlace,
    limit: Limit = 100,
    cursor: Cursor = "",
    filter: Filter = None,  # noqa: A002
) -> Response:
    """List groups without their members, or those that fit a filter, the oldest first."""
    asked = {"filter": filter, "excludedAttributes": "members"}
    found = await _page(place, Kind.GROUP, limit, cursor, asked)
    groups = [group_object(seen) for seen in found.resources]
    return answered({"groups": groups, "total": found.total, "next_cursor": found.cursor})


async def _page(
    place: Place, kind: Kind, limit: int, cursor: str, asked: Mapping[str, Any]
) -> Page:
    given = {name: value for name, value in asked.items() if value is not None}
    query = read_query({**given, "count": limit, "cursor": cursor}, place.caller.types[kind])
    return await place.call.services.walker.page(place.caller, {kind: query}, base="")


async def read_account(place: APlace, account: Id) -> Response:
    """Read an account with its groups."""
    return answered(account_object(await place.store.get(place.org, Kind.USER, account)))


async def match_accounts(
    place: APlace,
    application_id: Name = None,
    external_id: Name = None,
    user_name: Name = None,
    email: Name = None,
) -> Response:
    """Find whom the application knows already.

    What is given is tried in the order of this list; the first by which somebody is found counts.
    """
    asked = {"external_id": external_id, "user_name": user_name, "email": email}
    given = {name: value for name, value in asked.items() if value is not None}
    if not given and application_id is None:
        raise InvalidValue("say whom to look for: application_id, external_id, user_name or email")
    if application_id is not None and (linked := await _linked(place, application_id)):
        return answered({"by": "application_id", "accounts": linked})
    for name, value in given.items():
        where = f"{_FITTING[name]} eq {orjson.dumps(value).decode()}"
        fitting = parse_filter(where, place.caller.types[Kind.USER])
        found = await place.store.find(place.org, Kind.USER, Query(where=fitting, count=_MATCHES))
        if found.resources:
            accounts = [account_object(seen) for seen in found.resources]
            return answered({"by": name, "accounts": accounts})
    return answered({"by": None, "accounts": []})


async def _linked(place: Place, application_id: str) -> list[dict[str, Any]]:
    link = await place.store.account_links.of_application(place.org, application_id)
    if link is None:
        return []
    try:
        return [account_object(await place.store.get(place.org, Kind.USER, link.account))]
    except NotFound:  # it was deleted; its link goes on
        return []


async def read_link(place: APlace, account: Id) -> Response:
    """Read what the application calls an account, also one that was deleted."""
    found = await place.store.account_links.of_account(place.org, account)
    if found is None:
        raise _no_link(f"the account {account[:100]!r}")
    return answered(_link_object(found))


async def find_link(
    place: APlace,
    application_id: Annotated[
        str,
        Parameter(min_length=1, max_length=200, pattern=WITHOUT_CONTROLS, examples=["user-17"]),
    ],
) -> Response:
    """Find the account that the application calls so, also one that was deleted."""
    found = await place.store.account_links.of_application(place.org, application_id)
    if found is None:
        raise _no_link(f"the id {application_id!r}")
    return answered(_link_object(found))


async def put_link(place: APlace, account: Id, wish: LinkWish) -> Response:
    """Note what the application calls an account, in place of what it called it before."""
    link = AccountLink(account, wish.application_id, place.call.services.now())
    return answered(_link_object(await place.store.account_links.put(place.org, link)))


async def remove_link(place: APlace, account: Id) -> Response:
    """Forget what the application calls an account."""
    if not await place.store.account_links.remove(place.org, account):
        raise _no_link(f"the account {account[:100]!r}")
    return Response(status_code=204)


def _no_link(what: str) -> NotFound:
    return NotFound(f"{what} is not linked in this organisation")


def _link_object(link: AccountLink) -> dict[str, Any]:
    return {
        "account": link.account,
        "application_id": link.application_id,
        "created": link.created,
    }


async def read_group(place: APlace, group: Id) -> Response:
    """Read a group without its members."""
    found = await place.store.get(place.org, Kind.GROUP, group, relations=False)
    return answered(group_object(found))


async def list_members(
    place: APlace, group: Id, limit: Limit = 100, cursor: Cursor = ""
) -> Response:
    """List who is in a group, directly, by id."""
    await place.store.get(place.org, Kind.GROUP, group, relations=False)
    found = await place.store.members_after(place.org, group, cursor, limit + 1)
    members = [member_object(one.id, one.kind) for one in found[:limit]]
    following = found[limit - 1].id if len(found) > limit else None
    return answered({"members": members, "next_cursor": following})
