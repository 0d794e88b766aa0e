"""Bulk requests (RFC 7644 section 3.7): each operation is as the request that it stands for."""

from typing import Any

import pytest

from headcount.scim.bulk import MAX_OPERATIONS, REQUEST_URN
from headcount.scim.operations import PATCH_URN
from headcount.scim.schemas import USER_URN
from headcount.store.model import Policy
from tests.serving import Site
from tests.web.client import Client, client, refused

pytestmark = pytest.mark.shows("F119", "F121", "RFC 7644 3.7", "RFC 7644 3.7.1", "RFC 7644 3.11")


def post(path: str, bulk_id: str | None = None, **data: Any) -> dict[str, Any]:
    """An operation that creates something."""
    named = {"bulkId": bulk_id} if bulk_id else {}
    return {"method": "POST", "path": path, **named, "data": data}


def user(name: str, bulk_id: str | None = None, **more: Any) -> dict[str, Any]:
    return post("/Users", bulk_id, userName=name, **more)


def group(name: str, bulk_id: str | None, *members: str) -> dict[str, Any]:
    return post("/Groups", bulk_id, displayName=name, members=[{"value": one} for one in members])


def change(path: str, **values: Any) -> dict[str, Any]:
    """An operation that replaces attributes."""
    data = {"schemas": [PATCH_URN], "Operations": [{"op": "replace", "value": values}]}
    return {"method": "PATCH", "path": path, "data": data}


def send(ask: Client, *operations: Any, **more: Any) -> list[dict[str, Any]]:
    answer = ask("POST", "/Bulk", {"schemas": [REQUEST_URN], "Operations": operations, **more})
    assert answer.status == 200, answer.data
    body = answer.json()
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]
    return list(body["Operations"])


def statuses(results: list[dict[str, Any]]) -> list[str]:
    return [one["status"] for one in results]


def user_names(ask: Client) -> list[str]:
    return sorted(one["userName"] for one in ask("GET", "/Users").json()["Resources"])


def at(ask: Client, result: dict[str, Any]) -> dict[str, Any]:
    """What stands where a result points."""
    found: dict[str, Any] = ask("GET", result["location"].removeprefix(ask.base_url)).json()
    return found


def test_it_is_announced(site: Site) -> None:
    offered = client(site)("GET", "/ServiceProviderConfig").json()["bulk"]
    assert offered == {"supported": True, "maxOperations": 1000, "maxPayloadSize": 10_485_760}


def test_every_method(site: Site) -> None:
    ask = client(site)
    ada, bob, eve = (ask.create(name) for name in ("ada", "bob", "eve"))
    results = send(
        ask,
        user("grace", "g"),
        change(f"/Users/{ada}", title="Countess"),
        {"method": "PUT", "path": f"/Users/{bob}", "data": {"userName": "bob", "title": "B"}},
        {"method": "DELETE", "path": f"/Users/{eve}"},
    )
    assert statuses(results) == ["201", "200", "200", "204"]
    created, changed, replaced, deleted = results
    assert created == {
        "method": "POST",
        "bulkId": "g",
        "location": created["location"],
        "version": 'W/"1"',
        "status": "201",
    }
    assert at(ask, created)["userName"] == "grace"
    assert (at(ask, changed)["title"], changed["version"]) == ("Countess", 'W/"2"')
    assert at(ask, replaced)["title"] == "B"
    assert deleted["location"] == f"{ask.base_url}/Users/{eve}"
    assert user_names(ask) == ["ada", "bob", "grace"]


def test_methods_and_words_in_any_letter_case(site: Site) -> None:
    ask = client(site)
    body = {
        "operations": [
            {"Method": "post", "PATH": "users", "bulkid": "a", "Data": {"userName": "ada"}}
        ]
    }
    (result,) = ask("POST", "/Bulk", body).json()["Operations"]
    assert (result["status"], result["bulkId"]) == ("201", "a")


def test_references_are_resolved_in_any_order(site: Site) -> None:
    ask = client(site)
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    results = send(
        ask,
        change("/Groups/bulkId:crew", displayName="Crew"),
        group("all", "all", "bulkId:crew", "bulkId:ada"),
        group("crew", "crew", "bulkId:ada", "bulkId:bob"),
        user("bob", "bob", **{enterprise: {"manager": {"value": "bulkId:ada"}}}),
        user("ada", "ada"),
    )
    assert statuses(results) == ["200", "201", "201", "201", "201"]
    crew, everybody, _, bob, ada = (at(ask, one) for one in results)
    assert crew["displayName"] == "Crew"
    assert {one["value"] for one in crew["members"]} == {ada["id"], bob["id"]}
    assert {one["value"] for one in everybody["members"]} == {ada["id"], crew["id"]}
    assert bob[enterprise]["manager"]["value"] == ada["id"]
    assert {one["type"] for one in bob["groups"]} == {"direct", "indirect"}


def test_groups_may_speak_of_each_other(site: Site) -> None:
    ask = client(site)
    results = send(ask, group("a", "a", "bulkId:b"), group("b", "b", "bulkId:a"))
    assert statuses(results) == ["201", "201"]
    first, second = (at(ask, one) for one in results)
    assert [one["value"] for one in first["members"]] == [second["id"]]
    assert [one["value"] for one in second["members"]] == [first["id"]]


def test_a_group_that_lacks_one_it_speaks_of_is_taken_back(site: Site) -> None:
    ask = client(site)
    ask.create_group("b")
    results = send(ask, group("a", "a", "bulkId:b"), group("B", "b", "bulkId:a"))
    assert statuses(results) == ["409", "409"]
    assert [one["displayName"] for one in ask("GET", "/Groups").json()["Resources"]] == ["b"]


def test_each_is_refused_as_if_it_came_alone(site: Site) -> None:
    ask = client(site)
    ask.create("ada")
    results = send(
        ask,
        user("ADA", "a"),
        user("bob", "b", role="king"),
        change("/Users/nobody", title="x"),
        {"method": "PATCH", "path": "/Users/nobody", "data": {"Operations": [{"op": "erase"}]}},
        group("g", "g", "nobody"),
        {"method": "GET", "path": "/Users"},
        {"method": "POST", "path": "/Robots"},
        {"method": "DELETE", "path": "/Users"},
        {"method": "POST", "data": {}},
        post("/Users"),
        user("eve"),
    )
    assert statuses(results) == [
        "409", "400", "404", "400", "400", "400", "404", "404", "400", "400", "201",
    ]  # fmt: skip
    taken = results[0]["response"]
    assert (taken["status"], taken["scimType"]) == ("409", "uniqueness")
    assert "location" not in results[0]
    assert results[2]["location"] == f"{ask.base_url}/Users/nobody"
    assert all(one["response"]["detail"] for one in results[:-1])
    assert ask("GET", "/Groups").json()["Resources"] == []
    assert user_names(ask) == ["ada", "eve"]


def test_who_speaks_of_a_refused_one_is_refused(site: Site) -> None:
    ask = client(site)
    ask.create("ada")
    results = send(ask, group("g", "g", "bulkId:a"), user("ada", "a"), group("h", "h", "bulkId:x"))
    assert statuses(results) == ["409", "409", "400"]
    assert "operation 2" in results[0]["response"]["detail"]
    assert "no operation" in results[2]["response"]["detail"]
    assert ask("GET", "/Groups").json()["totalResults"] == 0


@pytest.mark.parametrize(("most", "carried_out"), [(1, 2), (2, 4), (3, 5), (0, 5)])
def test_it_ends_after_so_many_errors(site: Site, most: int, carried_out: int) -> None:
    ask = client(site)
    results = send(
        ask,
        user("a"), user("a"), user("b"), user("b"), user("c"),
        failOnErrors=most,
    )  # fmt: skip
    assert statuses(results) == ["201", "409", "201", "409", "201"][:carried_out]
    assert user_names(ask) == ["a", "b", "c"][: (carried_out + 1) // 2]


def test_what_one_does_the_next_one_sees(site: Site) -> None:
    ask = client(site)
    ada = ask.create("ada")
    results = send(
        ask,
        change(f"/Users/{ada}", userName="countess"),
        user("ada", "new"),
        change("/Users/bulkId:new", title="one"),
        change("/Users/bulkId:new", title="two"),
        {"method": "DELETE", "path": f"/Users/{ada}"},
        user("countess"),
    )
    assert statuses(results) == ["200", "201", "200", "200", "204", "201"]
    new = at(ask, results[1])
    assert (new["title"], new["meta"]["version"]) == ("two", 'W/"3"')


def test_versions_are_held_to(site: Site) -> None:
    ask = client(site)
    ada = ask.create("ada")
    results = send(
        ask,
        {**change(f"/Users/{ada}", title="x"), "version": 'W/"1"'},
        {**change(f"/Users/{ada}", title="y"), "version": 'W/"1"'},
        {"method": "DELETE", "path": f"/Users/{ada}", "version": 7},
    )
    assert statuses(results) == ["200", "412", "400"]


def test_the_rules_of_the_organisation_hold(settled: Any) -> None:
    site = settled(Policy(allowed_domains=("acme.test",), seats=2))
    ask = client(site)
    results = send(
        ask,
        user("a@acme.test", "a", role="owner"),
        user("b@other.test"),
        user("b@acme.test"),
        user("c@acme.test"),
        change("/Users/bulkId:a", active=False),
    )
    assert statuses(results) == ["201", "400", "201", "403", "409"]
    assert site.events() == ["account.created", "account.created"]


def test_events_are_those_of_single_requests(site: Site) -> None:
    send(
        client(site),
        user("ada", "a"),
        group("g", "g", "bulkId:a"),
        change("/Users/bulkId:a", active=False),
    )
    assert site.events() == [
        "account.created",
        "group.created",
        "group.member_added",
        "account.deactivated",
    ]
    assert len({recorded.actor for recorded in site.feed()}) == 1


def test_more_operations_than_fit_into_one_transaction(site: Site) -> None:
    ask = client(site)
    crew = group("crew", "crew", *(f"bulkId:{number}" for number in range(250)))
    results = send(ask, crew, *(user(f"p{number}", str(number)) for number in range(250)))
    assert set(statuses(results)) == {"201"}
    assert len(at(ask, results[0])["members"]) == 250


def test_a_token_that_may_not(site: Site) -> None:
    reader = Client(site.base_url, site.issue(read_only=True))
    refused(reader("POST", "/Bulk", {"Operations": [user("ada")]}), 403)
    assert site.events() == []


def test_a_strict_token_is_read_by_the_book(site: Site) -> None:
    ask = Client(site.base_url, site.issue(strict=True), {"Content-Type": "application/json"})
    refused(ask("POST", "/Bulk", {"Operations": []}), 400, "invalidValue")
    good = user("ada", "a", schemas=[USER_URN])
    results = send(ask, good, user("bob", "b"), {**good, "method": "post", "bulkId": "c"})
    assert statuses(results) == ["201", "400", "400"]


def test_too_many_operations(site: Site) -> None:
    body = {"Operations": [user("ada")] * (MAX_OPERATIONS + 1)}
    assert "1000" in refused(client(site)("POST", "/Bulk", body), 413)
    assert site.events() == []


def test_bulk_takes_nothing_but_post(site: Site) -> None:
    answer = client(site)("GET", "/Bulk")
    refused(answer, 405)
    assert answer.headers["Allow"] == "POST"


def test_me_is_nobody(site: Site) -> None:
    for method in ("GET", "POST", "PATCH"):
        assert "organisation" in refused(client(site)(method, "/Me", {}), 501)
