"""A snapshot and the events behind its position are the organisation, whoever writes meanwhile."""

import json
from typing import Any

from headcount.bootstrap import Runtime
from headcount.directory.listing import every
from headcount.store.model import Kind
from tests.api.client import Client
from tests.api.conftest import Writers
from tests.serving import Site
from tests.web.client import Client as ScimClient

LATER = {"meta", "groups", "members"}


class Copy:
    """What an application keeps: accounts, groups and who is in them."""

    def __init__(self) -> None:
        self.resources: dict[str, Any] = {}
        self.members: dict[str, set[str]] = {}
        self.position = 0

    def take(self, api: Client) -> None:
        """Begin with a snapshot."""
        with api.stream("/snapshot") as answer:
            lines = [json.loads(line) for line in answer.read().splitlines()]
        self.position = lines[0]["position"]
        for line in lines:
            if line["type"] in {"account", "group"}:
                self.put(line["resource"])
            if line["type"] == "members":
                held = self.members.setdefault(line["group"], set())
                held.update(one["value"] for one in line["members"])
        accounts = sum(line["type"] == "account" for line in lines)
        groups = sum(line["type"] == "group" for line in lines)
        assert lines[-1] == {"type": "end", "accounts": accounts, "groups": groups}

    def put(self, resource: dict[str, Any]) -> None:
        kept = {name: value for name, value in resource.items() if name not in LATER}
        self.resources[resource["id"]] = kept

    def follow(self, api: Client) -> bool:
        """Do what the next events tell; whether there were any."""
        answer = api.here("/events", after=self.position, limit=50)
        for event in answer["events"]:
            self._do(event)
        self.position = answer["position"]
        return bool(answer["events"])

    def _do(self, event: dict[str, Any]) -> None:
        kind, _, what = event["type"].partition(".")
        subject = event["subject"]
        if what == "deleted":
            self.resources.pop(subject, None)
            self.members.pop(subject, None)
        elif what == "member_added":
            self.members.setdefault(subject, set()).add(event["data"]["member"])
        elif what == "member_removed":
            self.members.setdefault(subject, set()).discard(event["data"]["member"])
        else:
            assert kind in {"account", "group"}
            self.put(event["resource"])


def stands(site: Site) -> tuple[dict[str, Any], dict[str, set[str]]]:
    """What the organisation really is."""

    async def read(runtime: Runtime) -> tuple[dict[str, Any], dict[str, set[str]]]:
        org = (await runtime.store.organisation(site.slug)).id
        resources, members = {}, {}
        for kind in Kind:
            async for seen in every(runtime.store, org, kind):
                resources[seen.stored.id] = json.loads(seen.stored.document)
                if kind is Kind.GROUP and (found := await runtime.store.members(org, seen[0].id)):
                    members[seen.stored.id] = {member for member, _ in found}
        return resources, members

    return site.office.do(read)


def test_a_snapshot_with_the_events_behind_it_is_the_organisation_while_many_write(
    site: Site, api: Client, writers: Writers
) -> None:
    processes = writers(2, 40)
    copies: list[Copy] = []
    while any(one.poll() is None for one in processes):
        copies.append(Copy())
        copies[-1].take(api)
        for copy in copies[:3]:
            copy.follow(api)
        copies = copies[-5:] if len(copies) > 20 else copies
    assert [one.wait(60) for one in processes] == [0, 0]
    resources, members = stands(site)
    assert len(copies) > 1
    for copy in copies:
        while copy.follow(api):
            pass
        assert copy.resources == resources
        assert {group: held for group, held in copy.members.items() if held} == members


def test_the_members_of_a_large_group_come_in_parts(
    site: Site, api: Client, scim: ScimClient
) -> None:
    people = _create(site, 1001)
    group = scim.create_group("Everybody", *people)
    with api.stream("/snapshot") as answer:
        assert answer.headers["content-type"] == "application/jsonl"
        lines = [json.loads(line) for line in answer.read().splitlines()]
    parts = [line for line in lines if line["type"] == "members"]
    assert [len(line["members"]) for line in parts] == [1000, 1]
    told = [one["value"] for line in parts for one in line["members"]]
    assert told == sorted(people)
    assert {line["group"] for line in parts} == {group}


def _create(site: Site, many: int) -> list[str]:
    caller = site.operator

    async def create(runtime: Runtime) -> list[str]:
        return [
            (
                await runtime.directory.create(caller, Kind.USER, {"userName": f"p{number}"})
            ).stored.id
            for number in range(many)
        ]

    return site.office.do(create)
