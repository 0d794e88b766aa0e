"""The bodies that Okta sends, in the shapes in which it sends them."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from headcount.simulate.people import Person

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def new_user(person: Person, *, role: bool) -> dict[str, Any]:
    """The body of a create. It always holds a password and an empty list of groups.

    With `role`, the custom attribute rides along as a plain key beside the others.
    """
    return {
        "schemas": [USER],
        "userName": person.user_name,
        "name": {"givenName": person.given, "familyName": person.family},
        "emails": [{"primary": True, "value": person.user_name, "type": "work"}],
        "displayName": person.full_name,
        "locale": "en-US",
        "externalId": person.external_id,
        "groups": [],
        "password": secrets.token_urlsafe(9),  # random, for nobody signs in with it
        "active": True,
    } | _role(person, role=role)


def whole_user(read: Mapping[str, Any], person: Person, *, role: bool) -> dict[str, Any]:
    """The body of a profile push: all that was read, with Okta's values put over it."""
    email = {"value": person.user_name, "display": person.user_name}
    return {
        **read,
        "userName": person.user_name,
        "name": {"givenName": person.given, "middleName": "", "familyName": person.family},
        "emails": [{"primary": True, "type": "work", **email}],
        "displayName": person.full_name,
        "externalId": person.external_id,
        "active": True,
    } | _role(person, role=role)


def shown_user(person: Person, *, role: bool) -> dict[str, Any]:
    """What a server must show of a person once it knows them."""
    return {
        "userName": person.user_name,
        "name": {"givenName": person.given, "familyName": person.family},
        "emails": [{"value": person.user_name}],
        "active": True,
    } | _role(person, role=role)


def _role(person: Person, *, role: bool) -> dict[str, Any]:
    return {"role": person.role} if role else {}


def activation(*, active: bool) -> dict[str, Any]:
    """Unassign, or assign again: one operation without a path."""
    return {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": active}}]}


def new_group(name: str) -> dict[str, Any]:
    """A group as Okta first pushes it: without members."""
    return {"schemas": [GROUP], "displayName": name, "members": []}


def joined(group_id: str, name: str, members: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Members, as pairs of id and userName, join. Okta repeats the name of the group each time."""
    value = [{"value": user_id, "display": user_name} for user_id, user_name in members]
    operations: list[dict[str, Any]] = [
        {"op": "replace", "value": {"id": group_id, "displayName": name}},
    ]
    if value:
        operations.append({"op": "add", "path": "members", "value": value})
    return {"schemas": [PATCH], "Operations": operations}


def equals(attribute: str, value: str) -> str:
    r"""A filter; quotes and backslashes in the value are escaped as in JSON.

    >>> print(equals("displayName", 'The "A" team'))
    displayName eq "The \"A\" team"
    """
    return f"{attribute} eq {orjson.dumps(value).decode()}"
