"""JumpCloud: activating the connection makes, changes and deletes a person and a group."""

from headcount.simulate.acting import Actor, Provider, named, new_group, new_user, patch
from headcount.simulate.lookup import path_of


def _perform(jumpcloud: Actor) -> None:
    kay = jumpcloud.somebody("Kay", "Mauchly")
    emails = kay.emails(type="work", primary=True)
    jumpcloud.nobody(kay.user_name, named(kay))
    body = new_user(kay, displayName="Kay", emails=emails, active=True)
    person = jumpcloud.create(kay.user_name, body, {"displayName": "Kay", "active": True})
    path = path_of("Users", person)
    jumpcloud.change(
        "changed by PUT -> another display name",
        f"PUT {path}",
        {**body, "displayName": "Kay M."},
        {"displayName": "Kay M."},
    )
    name = jumpcloud.group_name("Test")
    group = jumpcloud.create(
        f"the group {name}", new_group(name, members=[]), {"displayName": name}, "Groups"
    )
    one = [{"value": person}]
    jumpcloud.members(
        "somebody joins -> is in",
        group,
        {"op": "add", "path": "members", "value": one},
        expected={person},
    )
    jumpcloud.members(
        "somebody leaves, named in the value -> is out",
        group,
        {"op": "remove", "path": "members", "value": one},
        expected=set(),
    )
    jumpcloud.change(
        "unbound -> not active", f"PUT {path}", {**body, "active": False}, {"active": False}
    )
    jumpcloud.change(
        "bound again -> active",
        f"PATCH {path}",
        patch({"op": "replace", "path": "active", "value": True}),
        {"active": True},
    )
    jumpcloud.remove(f"the group {name}", path_of("Groups", group))
    jumpcloud.remove(kay.user_name, path)


JUMPCLOUD = Provider(
    "jumpcloud",
    "JumpCloud",
    {"Accept": "application/scim+json", "Content-Type": "application/scim+json"},
    _perform,
)
