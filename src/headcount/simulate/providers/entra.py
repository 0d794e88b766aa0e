"""Microsoft Entra ID, in both of its dialects: a server meets the old and the newer one."""

from headcount.simulate.acting import ENTERPRISE, Actor, Provider, new_group, patch
from headcount.simulate.lookup import path_of
from headcount.simulate.shapes import USER, equals

_ADSCIM = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
_WORK = 'emails[type eq "work"].value'


def _perform(entra: Actor) -> None:
    ida, boss = entra.somebody("Ida", "Rhodes"), entra.somebody("Mina", "Rees")
    entra.nobody("a name that nobody has", equals("userName", ida.external_id))
    entra.nobody(ida.user_name, equals("userName", ida.user_name))
    body = {
        "schemas": [USER, ENTERPRISE],
        "externalId": ida.external_id,
        "userName": ida.user_name,
        "active": True,
        "emails": ida.emails(type="work", primary=True),
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Ida Rhodes", **ida.name},
        "roles": [],
    }
    person = entra.create(ida.user_name, body, {"userName": ida.user_name, "active": True})
    manager = entra.create(
        boss.user_name,
        {**body, "userName": boss.user_name, "externalId": boss.external_id},
        {"userName": boss.user_name},
    )
    entra.found(f"{ida.user_name} in capitals", equals("userName", ida.user_name.upper()), person)
    entra.refused("the same person again -> refused", "POST /Users", body, 409)
    _old_dialect(entra, path_of("Users", person), manager)
    _new_dialect(entra, path_of("Users", person))
    _group(entra, person, manager)
    entra.remove(ida.user_name, path_of("Users", person))


def _old_dialect(entra: Actor, path: str, manager: str) -> None:
    entra.change(
        "disabled with a text -> not active",
        f"PATCH {path}",
        patch({"op": "Replace", "path": "active", "value": "False"}),
        {"active": False},
    )
    entra.change(
        "enabled again -> active",
        f"PATCH {path}",
        patch({"op": "Replace", "path": "active", "value": "True"}),
        {"active": True},
    )
    entra.change(
        "a mobile number where there was none -> kept",
        f"PATCH {path}",
        patch({"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+47 1"}),
        {"phoneNumbers": [{"type": "mobile", "value": "+47 1"}]},
    )
    entra.change(
        "the manager as a bare text -> kept",
        f"PATCH {path}",
        patch({"op": "Add", "path": f"{ENTERPRISE}:manager", "value": manager}),
        {ENTERPRISE: {"manager": {"value": manager}}},
    )


def _new_dialect(entra: Actor, path: str) -> None:
    value = {
        "displayName": "Ida B. Rhodes",
        "name.givenName": "Ida B.",
        f"{ENTERPRISE}:department": "Mathematics",
    }
    entra.change(
        "several attributes whose names are paths -> changed",
        f"PATCH {path}",
        patch({"op": "replace", "value": value}),
        {
            "displayName": "Ida B. Rhodes",
            "name": {"givenName": "Ida B.", "familyName": "Rhodes"},
            ENTERPRISE: {"department": "Mathematics"},
        },
    )
    entra.change(
        "a new work address -> changed in place",
        f"PATCH {path}",
        patch({"op": "replace", "path": _WORK, "value": "ida@new.test"}),
        {"emails": [{"type": "work", "value": "ida@new.test"}]},
    )
    entra.change(
        "disabled with a boolean -> not active",
        f"PATCH {path}",
        patch({"op": "replace", "path": "active", "value": False}),
        {"active": False},
    )


def _group(entra: Actor, person: str, manager: str) -> None:
    name = entra.group_name("Computing")
    where = equals("displayName", name)
    entra.nobody(f"the group {name}", where, "/Groups", excludedAttributes="members")
    body = new_group(name, externalId=name)
    body["schemas"].append(_ADSCIM)
    group = entra.create(f"the group {name}", body, {"displayName": name}, "Groups")
    both = [{"$ref": None, "value": one} for one in (person, manager)]
    entra.members(
        "two people join, $ref null -> both are in",
        group,
        {"op": "Add", "path": "members", "value": both},
        expected={person, manager},
    )
    entra.members(
        "one leaves, named in the value -> the other stays",
        group,
        {"op": "Remove", "path": "members", "value": both[1:]},
        expected={person},
    )
    entra.members(
        "the last one leaves, named in the path -> nobody is in",
        group,
        {"op": "remove", "path": f'members[value eq "{person}"]'},
        expected=set(),
    )
    entra.remove(f"the group {name}", path_of("Groups", group))


ENTRA = Provider(
    "entra",
    "Microsoft Entra ID",
    {
        "Accept": "application/scim+json",
        "Content-Type": "application/scim+json; charset=utf-8",
    },
    _perform,
)
