"""The feed is documented as it is printed."""

import json
from typing import Any

import pytest
import urllib3
from click.testing import CliRunner

from headcount.cli import main
from headcount.store.model import EventType
from tests.docs.pages import EVENTS
from tests.serving import Site

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def examples() -> list[dict[str, Any]]:
    """The events on the page."""
    return [json.loads(line) for block in EVENTS.blocks("json") for line in block.text.splitlines()]


def send(site: Site, method: str, path: str, body: Any = None) -> str:
    """One request that succeeds; the id in its answer."""
    headers = {"Authorization": f"Bearer {site.token}"}
    kept = json.dumps(body) if body is not None else None
    answer = urllib3.request(method, site.base_url + path, body=kept, headers=headers)
    assert answer.status < 300, answer.data
    return str(answer.json()["id"]) if answer.data else ""


def change(site: Site, path: str, op: str, value: Any, at: str | None = None) -> None:
    """One PATCH with one operation."""
    operation = {"op": op, "value": value} | ({"path": at} if at else {})
    send(site, "PATCH", path, {"schemas": [PATCH], "Operations": [operation]})


def live(site: Site) -> None:
    """What the examples on the page tell of."""
    grace = {"userName": "grace@acme.test", "name": {"givenName": "Grace", "familyName": "Hopper"}}
    user = "/Users/" + send(site, "POST", "/Users", grace)
    later = {"title": "Rear Admiral", "name.familyName": "Murray Hopper", "role": "guest"}
    change(site, user, "replace", later)
    for active in (False, True):
        change(site, user, "replace", {"active": active})
    send(site, "DELETE", user)
    ada = send(site, "POST", "/Users", {"userName": "ada@acme.test"})
    group = "/Groups/" + send(site, "POST", "/Groups", {"displayName": "Pioneers"})
    change(site, group, "add", [{"value": ada}], "members")
    change(site, group, "replace", {"displayName": "Pioneers of computing"})
    change(site, group, "remove", [{"value": ada}], "members")
    send(site, "DELETE", group)


@pytest.fixture
def printed(site: Site, database: str) -> list[dict[str, Any]]:
    live(site)
    told = CliRunner().invoke(main, ["events", site.slug, "--json", "--database", database])
    assert told.exit_code == 0, told.output
    return [json.loads(line) for line in told.stdout.splitlines()]


def test_every_type_of_event_has_a_row_and_an_example() -> None:
    types = [one.value for one in EventType]
    assert sorted(row[0].strip("`") for row in EVENTS.rows("Type")) == sorted(types)
    assert sorted(one["type"] for one in examples()) == sorted(types)


def test_the_fields_of_an_event_are_those_of_its_table() -> None:
    fields = [row[0].strip("`") for row in EVENTS.rows("Field")]
    assert all(list(one) == fields for one in examples())


def test_the_examples_are_what_the_command_prints(printed: list[dict[str, Any]]) -> None:
    real = {one["type"]: one for one in printed}
    for example in examples():
        told = real[example["type"]]
        assert list(told) == list(example)
        assert list(told["data"]) == list(example["data"]), example["type"]
        assert {key: type(value) for key, value in told.items()} == {
            key: type(value) for key, value in example.items()
        }


def test_what_changed_is_told_with_its_value_before_and_after(
    printed: list[dict[str, Any]],
) -> None:
    real = next(one for one in printed if one["type"] == "account.updated")
    example = next(one for one in examples() if one["type"] == "account.updated")
    assert real["data"] == example["data"]


def test_positions_leave_nothing_out(printed: list[dict[str, Any]]) -> None:
    assert [one["position"] for one in printed] == list(range(1, len(printed) + 1))
    assert [one["position"] for one in examples()] == list(range(1, len(examples()) + 1))


def test_who_did_it_is_named_as_documented(printed: list[dict[str, Any]]) -> None:
    assert {one["actor"].partition(":")[0] for one in [*printed, *examples()]} <= {"token", "cli"}


def test_a_member_who_is_deleted_leaves_first_and_a_group_that_is_deleted_leaves_silently(
    site: Site,
) -> None:
    ada = send(site, "POST", "/Users", {"userName": "ada"})
    mary = send(site, "POST", "/Users", {"userName": "mary"})
    members = [{"value": ada}, {"value": mary}]
    group = send(site, "POST", "/Groups", {"displayName": "Pioneers", "members": members})
    seen = len(site.events())
    send(site, "DELETE", f"/Users/{ada}")
    send(site, "DELETE", f"/Groups/{group}")
    assert site.events()[seen:] == ["group.member_removed", "account.deleted", "group.deleted"]
