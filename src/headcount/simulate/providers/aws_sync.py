"""The synchronisers that were written for AWS: ssosync and idp-scim-sync."""

from headcount.simulate.acting import Actor, Provider, named, new_group, new_user
from headcount.simulate.conversation import Answer
from headcount.simulate.expected import AnswerError
from headcount.simulate.lookup import path_of, resources
from headcount.simulate.shapes import equals


def _perform(sync: Actor) -> None:
    ray = sync.somebody("Ray", "Boyce")
    sync.nobody(ray.user_name, named(ray))
    body = new_user(
        ray,
        externalId=ray.external_id,
        displayName="Ray Boyce",
        active=True,
        emails=ray.emails(type="work", primary=True),
        addresses=[{"type": "work"}],
    )
    person = sync.create(ray.user_name, body, {"userName": ray.user_name, "active": True})
    path = path_of("Users", person)
    sync.change(
        "switched off by PUT -> not active", f"PUT {path}", {**body, "active": False},
        {"active": False},
    )  # fmt: skip
    sync.change(
        "changed by PUT without active -> still not active",
        f"PUT {path}",
        {key: value for key, value in body.items() if key != "active"} | {"displayName": "R."},
        {"active": False, "displayName": "R."},
    )
    name = sync.group_name("Sync")
    group = sync.create(
        f"the group {name}", new_group(name, members=[]), {"displayName": name}, "Groups"
    )
    one = [{"value": person}]
    for what, op, value, expected in (
        ("somebody joins -> is in", "add", one, {person}),
        ("an empty list leaves -> nobody left", "remove", [], {person}),
        ("an empty list joins -> nobody joined", "add", [], {person}),
    ):
        operation = {"op": op, "path": "members", "value": value}
        sync.members(what, group, operation, expected=expected)
    _memberships(sync, group, person)
    sync.members(
        "somebody leaves, named in the value -> is out",
        group,
        {"op": "remove", "path": "members", "value": one},
        expected=set(),
    )
    sync.remove(f"the group {name}", path_of("Groups", group))
    sync.remove(ray.user_name, path)


def _memberships(sync: Actor, group: str, person: str) -> None:
    def true(answer: Answer) -> None:
        if [one.get("id") for one in resources(answer)] != [group]:
            raise AnswerError(f"{answer.request} does not find the one group of the person.")

    sync.ask(
        "the groups of somebody are asked for, with an empty cursor -> one",
        "GET /Groups",
        query={"cursor": "", "filter": equals("members.value", person)},
        check=true,
    )


AWS_SYNC = Provider(
    "aws-sync",
    "ssosync",
    {"Accept": "application/scim+json", "Content-Type": "application/scim+json"},
    _perform,
)
