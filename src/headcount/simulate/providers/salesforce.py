"""Salesforce: members leave in an object where a list is meant."""

from headcount.simulate.acting import Actor, Provider, new_group, new_user
from headcount.simulate.lookup import path_of


def _perform(salesforce: Actor) -> None:
    people = [
        salesforce.somebody(*name) for name in (("Sam", "Bee"), ("Sue", "Law"), ("Sol", "Ray"))
    ]
    ids = [
        salesforce.create(who.user_name, new_user(who, active=True), {"userName": who.user_name})
        for who in people
    ]
    name = salesforce.group_name("Org")
    group = salesforce.create(
        f"the group {name}",
        new_group(name, members=[{"value": one} for one in ids]),
        {"displayName": name},
        "Groups",
    )
    salesforce.members(
        "one leaves, in a list within an object -> the others stay",
        group,
        {"op": "remove", "path": "members", "value": {"members": [{"value": ids[0]}]}},
        expected=set(ids[1:]),
    )
    salesforce.members(
        "one leaves, as an object alone -> the other stays",
        group,
        {"op": "remove", "path": "members", "value": {"value": ids[1]}},
        expected=set(ids[2:]),
    )
    salesforce.remove(f"the group {name}", path_of("Groups", group))


SALESFORCE = Provider(
    "salesforce",
    "Salesforce",
    {"Accept": "application/scim+json", "Content-Type": "application/scim+json"},
    _perform,
)
