"""OneLogin: JSON without the name of SCIM, and addresses that are no list."""

from headcount.simulate.acting import Actor, Provider, named, new_group, new_user, patch
from headcount.simulate.lookup import path_of


def _perform(onelogin: Actor) -> None:
    gus = onelogin.somebody("Gus", "Bell")
    onelogin.nobody(gus.user_name, named(gus))
    body = new_user(gus, emails=gus.emails()[0], department="Sales", samaccountname="gus")
    shows = {"userName": gus.user_name, "emails": [{"value": gus.user_name}]}
    person = onelogin.create(f"{gus.user_name}, with one address as an object,", body, shows)
    path = path_of("Users", person)
    onelogin.change(
        "a new family name -> changed",
        f"PUT {path}",
        {**new_user(gus, emails=gus.emails(), active=True), "name": {"familyName": "Belle"}},
        {"name": {"familyName": "Belle"}},
    )
    onelogin.change(
        "suspended -> not active",
        f"PATCH {path}",
        patch({"op": "replace", "path": "active", "value": False}),
        {"active": False},
    )
    onelogin.found(gus.user_name, named(gus), person)
    name = onelogin.group_name("Sales")
    group = onelogin.create(f"the group {name}", new_group(name), {"displayName": name}, "Groups")
    onelogin.members(
        "somebody joins -> is in",
        group,
        {"op": "add", "path": "members", "value": [{"value": person}]},
        expected={person},
    )
    onelogin.remove(f"the group {name}", path_of("Groups", group))
    onelogin.remove(gus.user_name, path)


ONELOGIN = Provider(
    "onelogin",
    "OneLogin",
    {"Accept": "application/json", "Content-Type": "application/json"},
    _perform,
)
