"""Keycloak's extensions: text booleans, JSON within JSON, and the whole group at each change."""

import orjson

from headcount.simulate.acting import Actor, Provider, new_group, new_user, patch
from headcount.simulate.lookup import path_of


def _perform(keycloak: Actor) -> None:
    mo, al = keycloak.somebody("Mo", "Rabin"), keycloak.somebody("Al", "Aho")
    ids = [
        keycloak.create(
            who.user_name,
            new_user(
                who,
                externalId=who.external_id,
                displayName=who.given,
                emails=who.emails(),
                active=True,
            ),
            {"userName": who.user_name, "displayName": who.given, "active": True},
        )
        for who in (mo, al)
    ]
    path = path_of("Users", ids[0])
    keycloak.change(
        "three values as texts -> changed, and not active",
        f"PATCH {path}",
        patch(
            {"op": "replace", "path": "userName", "value": f"x.{mo.user_name}"},
            {"op": "replace", "path": "displayName", "value": "M. Rabin"},
            {"op": "replace", "path": "active", "value": "false"},
        ),
        {"userName": f"x.{mo.user_name}", "displayName": "M. Rabin", "active": False},
    )
    keycloak.change(
        "an object written as a JSON text -> active",
        f"PATCH {path}",
        patch({"op": "replace", "value": orjson.dumps({"active": True}).decode()}),
        {"active": True},
    )
    name = keycloak.group_name("Realm")
    group = keycloak.create(
        f"the group {name}",
        new_group(name, externalId=name, members=[{"value": ids[0]}]),
        {"displayName": name},
        "Groups",
    )
    keycloak.members(
        "members, name and externalId in one request -> both are in",
        group,
        {"op": "replace", "path": "members", "value": [{"value": one} for one in ids]},
        {"op": "replace", "path": "displayName", "value": f"{name} b"},
        {"op": "replace", "path": "externalId", "value": name},
        expected=set(ids),
    )
    keycloak.members(
        "nobody is left, with null as the value -> nobody is in",
        group,
        {"op": "remove", "path": "members", "value": None},
        expected=set(),
    )
    keycloak.ask("everybody is read without parameters -> a list", "GET /Users")


KEYCLOAK = Provider(
    "keycloak",
    "Keycloak",
    {"Accept": "application/scim+json", "Content-Type": "application/scim+json"},
    _perform,
)
