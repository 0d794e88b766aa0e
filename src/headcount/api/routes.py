"""Every address of the API: what it takes, what it gives, and which scope it needs."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from pydantic import BaseModel
from starlette.responses import Response

from headcount.api import administration, following, people, shapes, snapshots
from headcount.api.following import EVENT_STREAM
from headcount.api.resources import JSON
from headcount.api.snapshots import JSON_LINES
from headcount.directory.keys import Scope

PREFIX = "/api/v1"

ORGANISATION = "/organisations/{slug}"

OF_ONE = ("/events", "/events/stream", "/snapshot")
"""What is reached without the organisation in the address too: by a key of one organisation, or
with `?organisation=`."""

Handler = Callable[..., Awaitable[Response]]


class Route(NamedTuple):
    """One address with one method."""

    method: str
    path: str
    scope: Scope
    handler: Handler
    gives: type[BaseModel] | None
    status: int = 200
    refusals: tuple[int, ...] = ()  # beside those that every address has
    media_type: str = JSON


def _of_one(method: str, path: str, *rest: object) -> Route:
    return Route(method, ORGANISATION + path, *rest)  # type: ignore[arg-type] # as they come


_READ, _WRITE = Scope.ACCOUNTS_READ, Scope.ACCOUNTS_WRITE

ROUTES = (
    Route(
        "GET",
        "/organisations",
        Scope.ORGANISATIONS_READ,
        administration.list_organisations,
        shapes.OrganisationList,
    ),
    Route(
        "POST",
        "/organisations",
        Scope.ORGANISATIONS_WRITE,
        administration.create_organisation,
        shapes.Organisation,
        201,
        (409, 413),
    ),
    Route(
        "GET",
        ORGANISATION,
        Scope.ORGANISATIONS_READ,
        administration.read_organisation,
        shapes.Organisation,
    ),
    Route(
        "PATCH",
        ORGANISATION,
        Scope.ORGANISATIONS_WRITE,
        administration.change_organisation,
        shapes.Organisation,
        200,
        (413,),
    ),
    _of_one("GET", "/accounts", _READ, people.list_accounts, shapes.AccountList),
    _of_one("GET", "/accounts/match", _READ, people.match_accounts, shapes.Matches),
    _of_one("GET", "/accounts/{id}", _READ, people.read_account, shapes.Account),
    _of_one("GET", "/accounts/{id}/link", _READ, people.read_link, shapes.Link),
    _of_one("PUT", "/accounts/{id}/link", _WRITE, people.put_link, shapes.Link, 200, (409, 413)),
    _of_one("DELETE", "/accounts/{id}/link", _WRITE, people.remove_link, None, 204),
    _of_one("GET", "/link", _READ, people.find_link, shapes.Link),
    _of_one("GET", "/groups", Scope.GROUPS_READ, people.list_groups, shapes.GroupList),
    _of_one("GET", "/groups/{id}", Scope.GROUPS_READ, people.read_group, shapes.Group),
    _of_one(
        "GET", "/groups/{id}/members", Scope.GROUPS_READ, people.list_members, shapes.MemberList
    ),
    _of_one("GET", "/tokens", Scope.TOKENS_READ, administration.list_tokens, shapes.TokenList),
    _of_one(
        "POST",
        "/tokens",
        Scope.TOKENS_WRITE,
        administration.issue_token,
        shapes.IssuedToken,
        201,
        (413,),
    ),
    _of_one(
        "DELETE", "/tokens/{id}", Scope.TOKENS_WRITE, administration.revoke_token, shapes.Token
    ),
    _of_one(
        "GET", "/events", Scope.EVENTS_READ, following.read_events, shapes.EventList, 200, (410,)
    ),
    _of_one(
        "GET",
        "/events/stream",
        Scope.EVENTS_READ,
        following.stream_events,
        None,
        200,
        (410,),
        EVENT_STREAM,
    ),
    _of_one(
        "GET",
        "/snapshot",
        Scope.EVENTS_READ,
        snapshots.take_snapshot,
        None,
        200,
        (),
        JSON_LINES,
    ),
)
"""All of them. An address with a fixed word stands before the one with a part in its place."""
