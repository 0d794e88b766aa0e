"""A client by the book: what RFC 7644 writes, and nothing else."""

from headcount.simulate.acting import ENTERPRISE, Actor, Provider, named, new_group, new_user, patch
from headcount.simulate.lookup import path_of
from headcount.simulate.shapes import USER


def _perform(client: Actor) -> None:
    client.ask("the configuration is read -> there", "GET /ServiceProviderConfig")
    nan = client.somebody("Nan", "Wood")
    client.nobody(nan.user_name, named(nan))
    body = new_user(nan, emails=nan.emails(type="work", primary=True), active=True)
    person = client.create(nan.user_name, body, {"userName": nan.user_name, "active": True})
    client.refused("the same name in capitals -> refused", "POST /Users",
        {**body, "userName": nan.user_name.upper()}, 409)  # fmt: skip
    path = path_of("Users", person)
    client.change(
        "a department and a title -> changed",
        f"PATCH {path}",
        patch(
            {"op": "add", "path": "title", "value": "Clerk"},
            {"op": "add", "path": f"{ENTERPRISE}:department", "value": "Archive"},
        ),
        {"title": "Clerk", ENTERPRISE: {"department": "Archive"}},
    )
    client.change(
        "replaced -> the title is gone",
        f"PUT {path}",
        {**body, "schemas": [USER], "displayName": "Nan"},
        {"displayName": "Nan", "title": None},
    )
    client.change(
        "deactivated -> not active",
        f"PATCH {path}",
        patch({"op": "replace", "path": "active", "value": False}),
        {"active": False},
    )
    client.refused(
        "a filter that does not parse -> refused", "GET /Users?filter=userName%20eq", {}, 400
    )
    _group(client, person)
    client.remove(nan.user_name, path)


def _group(client: Actor, person: str) -> None:
    name = client.group_name("Readers")
    body = new_group(name, members=[{"value": person}])
    group = client.create(f"the group {name}", body, {"displayName": name}, "Groups")
    client.members(
        "somebody leaves -> nobody is in",
        group,
        {"op": "remove", "path": f'members[value eq "{person}"]'},
        expected=set(),
    )
    client.remove(f"the group {name}", path_of("Groups", group))


GENERIC = Provider(
    "generic",
    "a client by the book",
    {"Accept": "application/scim+json", "Content-Type": "application/scim+json"},
    _perform,
)
