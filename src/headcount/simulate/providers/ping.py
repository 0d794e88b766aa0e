"""PingFederate and PingOne: look-ups as the administrator writes them, and users by PUT."""

from headcount.simulate.acting import Actor, Provider, new_group, new_user
from headcount.simulate.lookup import path_of


def _perform(ping: Actor) -> None:
    joy = ping.somebody("Joy", "Harding")
    ping.nobody(joy.user_name, f'username Eq "{joy.user_name}"')
    body = new_user(joy, emails=joy.emails(type="work", primary=True), active=False)
    person = ping.create(f"{joy.user_name}, disabled,", body, {"active": False})
    path = path_of("Users", person)
    ping.found(f"{joy.user_name} as USERNAME EQ", f'USERNAME EQ "{joy.user_name}"', person)
    part = joy.user_name.partition("@")[0]
    ping.found("part of an address", f'emails.value Co "{part}"', person)
    ping.change(
        "enabled by PUT, with the id in the body -> active",
        f"PUT {path}",
        {**body, "active": True, "id": person},
        {"active": True},
    )
    name = ping.group_name("Ping")
    group = ping.create(f"the group {name}", new_group(name), {"displayName": name}, "Groups")
    ping.ask("all groups are read -> a list", "GET /Groups", query={"startIndex": 1, "count": 100})
    ping.change(
        "the whole group by PUT -> the member is in",
        f"PUT {path_of('Groups', group)}",
        new_group(name, members=[{"value": person}]),
        {"members": [{"value": person}]},
    )
    ping.remove(f"the group {name}", path_of("Groups", group))
    ping.remove(joy.user_name, path)


PING = Provider(
    "ping",
    "PingFederate",
    {"Accept": "application/json", "Content-Type": "application/json"},
    _perform,
)
