"""What happened, in words for people."""

import json
from dataclasses import replace
from typing import Any

import pytest

from headcount.activity.deeds import Seen, deed_of
from headcount.activity.memory import Known, Memory
from headcount.activity.wording import words
from headcount.store.activity import Done, Exchange
from headcount.store.model import OrgId

GRACE = {"id": "7", "userName": "grace@acme.test", "active": True}
GONE = {**GRACE, "active": False}
GROUP = {"id": "9", "displayName": "Engineering"}
NOBODY: dict[str, Any] = {"totalResults": 0, "Resources": []}
ONE = {"totalResults": 1, "Resources": [GRACE]}
URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def exchange(
    line: str, status: int = 200, request: Any = None, answer: Any = None, **more: Any
) -> Exchange:
    """An exchange from its request line."""
    method, address = line.split(" ")
    path, _, query = address.partition("?")
    return Exchange(
        org=OrgId(1),
        at="2026-01-02T03:04:05.000Z",
        duration=100,
        method=method,
        path=path,
        query=query,
        status=status,
        request=b"" if request is None else json.dumps(request).encode(),
        answer=b"" if answer is None else json.dumps(answer).encode(),
        **more,
    )


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """A PatchOp message."""
    return {"Operations": list(operations)}


def op(name: str, path: str | None, value: Any = None) -> dict[str, Any]:
    """One operation of it."""
    whole = {"op": name, "path": path, "value": value}
    return {key: one for key, one in whole.items() if one is not None}


NAMED = "filter=userName+eq+%22grace%40acme.test%22"

READ = [
    ("GET /Users?" + NAMED, None, ONE, "looked up grace@acme.test"),
    ("GET /Users?" + NAMED, None, NOBODY, "looked up grace@acme.test (nobody has it)"),
    ("GET /Users?filter=externalId%20eq%20%2200u1%22", None, ONE,
     "looked up grace@acme.test by externalId 00u1"),
    ("GET /Users?filter=emails.value%20eq%20%22a@b.test%22", None, NOBODY,
     "looked up the users with emails.value a@b.test (nobody has it)"),
    ("GET /Groups?filter=displayName%20Eq%20%22Engineering%22", None, NOBODY,
     "looked up the group Engineering (there is none)"),
    ("GET /Users?filter=title+pr+and+active+eq+true", None, ONE,
     "searched the users for title pr and active eq true"),
    ("GET /Users?startIndex=101&count=100", None, None, "read page 2 of the users"),
    ("GET /Users?startIndex=1&count=2", None, None, "read the first users"),
    ("GET /Users?startIndex=5", None, None, "read the users from number 5 on"),
    ("GET /Groups", None, None, "read the groups"),
    ("GET /Groups?count=0", None, None, "read the groups"),
    ("GET /Users?cursor&count=10", None, None, "read page 1 of the users"),
    ("GET /Users?cursor=abc&count=10", None, None, "read the next page of the users"),
    ("GET /Users/7", None, GRACE, "read grace@acme.test"),
    ("HEAD /Users/7", None, None, "read an account"),
    ("GET /Groups/9", None, GROUP, "read the group Engineering"),
    ("POST /Users/.search", {"filter": 'userName eq "ada"'}, NOBODY,
     "looked up ada (nobody has it)"),
    ("POST /.search", {"startIndex": "11", "count": 10}, None,
     "read page 2 of the users and groups"),
    ("GET /Schemas", None, None, "read the schemas"),
    ("GET /Schemas/urn:x", None, None, "read the schema urn:x"),
    ("GET /ResourceTypes", None, None, "read the resource types"),
    ("GET /ServiceProviderConfig", None, None, "read what the server can do"),
]  # fmt: skip

DONE = [
    ("POST /Users", GRACE, GRACE, "created grace@acme.test"),
    ("POST /Users", GONE, GONE, "created grace@acme.test (not active)"),
    ("POST /Groups", GROUP, GROUP, "created the group Engineering"),
    ("PUT /Users/7", GRACE, GRACE, "updated grace@acme.test"),
    ("PUT /Users/7", GONE, GONE, "deactivated grace@acme.test"),
    ("DELETE /Users/7", None, None, "deleted an account"),
    ("PATCH /Users/7", patch(op("replace", None, {"active": False})), GONE,
     "deactivated grace@acme.test"),
    ("PATCH /Users/7", patch(op("Replace", "active", "False")), GONE,
     "deactivated grace@acme.test"),
    ("PATCH /Users/7", patch(op("Replace", "active", "True")), GRACE,
     "reactivated grace@acme.test"),
    ("PATCH /Users/7", patch(op("replace", None, '{"active": false}')), GONE,
     "deactivated grace@acme.test"),
    ("PATCH /Users/7", patch(op("replace", "title", "x"), op("replace", "active", False)), GONE,
     "deactivated grace@acme.test, with another title"),
    ("PATCH /Users/7", patch(op("replace", "title", "x"), op("replace", "active", True)), GRACE,
     "changed title of grace@acme.test"),
    ("PATCH /Users/7", patch(op("add", "name.givenName", "G"), op("replace", "title", "x")), GRACE,
     "changed name.givenName and title of grace@acme.test"),
    ("PATCH /Users/7", patch(op("replace", None, {"name": {"givenName": "G"}, "id": "7"})), GRACE,
     "changed name.givenName of grace@acme.test"),
    ("PATCH /Users/7", patch(op("add", f"{URN}:department", "x")), GRACE,
     "changed department of grace@acme.test"),
    ("PATCH /Users/7", patch(op("add", None, {URN: {"department": "x"}})), GRACE,
     "changed department of grace@acme.test"),
    ("PATCH /Users/7", patch(op("add", 'emails[type eq "work"].value', "x@y.test")), GRACE,
     "changed emails of grace@acme.test"),
    ("PATCH /Users/7", patch(*(op("add", name, "x") for name in "abcd")), GRACE,
     "changed a, b and 2 more of grace@acme.test"),
    ("PATCH /Users/7", patch(op("replace", "userName", "grace@acme.test")), GRACE,
     "renamed an account to grace@acme.test"),
    ("PATCH /Users/7", [], GRACE, "changed grace@acme.test"),
    ("PATCH /Groups/9", patch(op("add", "members", [{"value": "1"}, {"value": "2"}])), GROUP,
     "added 2 members to the group Engineering"),
    ("PATCH /Groups/9", patch(op("Remove", "members", [{"value": "1"}])), GROUP,
     "removed a member from the group Engineering"),
    ("PATCH /Groups/9", patch(op("remove", 'members[value eq "1"]')), GROUP,
     "removed a member from the group Engineering"),
    ("PATCH /Groups/9", patch(op("remove", "members")), GROUP,
     "removed all members of the group Engineering"),
    ("PATCH /Groups/9", patch(op("replace", "members", [{"value": "1"}])), GROUP,
     "set the members of the group Engineering (1)"),
    ("PATCH /Groups/9",
     patch(op("add", "members", [{"value": "1"}]), op("remove", "members", [{"value": "2"}])),
     GROUP, "changed the members of the group Engineering: 1 joined, 1 left"),
    ("PATCH /Groups/9", patch(op("replace", None, {"id": "9", "displayName": "Platform"})),
     {**GROUP, "displayName": "Platform"}, "renamed a group to Platform"),
    ("POST /Bulk", {"Operations": [{"method": "POST"}, {"method": "DELETE"}]},
     {"Operations": [{"method": "POST", "status": "201"}, {"method": "DELETE", "status": "404"}]},
     "carried out 2 operations at once, 1 of them refused"),
    ("POST /Bulk", {"Operations": [{}, {}, {}]}, {"Operations": [{"status": "400"}]},
     "carried out 3 operations at once, 1 of them refused, 2 not tried"),
]  # fmt: skip

TRIED = [
    ("POST /Users", GRACE, 409, "tried to create grace@acme.test"),
    ("PATCH /Users/7", patch(op("replace", "active", False)), 409,
     "tried to deactivate an account"),
    ("PATCH /Users/7", patch(op("replace", "title", 5)), 400,
     "tried to change title of an account"),
    ("GET /Users?" + NAMED, None, 401, "tried to look up grace@acme.test"),
    ("GET /Users/7", None, 404, "tried to read an account"),
    ("GET /Me", None, 501, "tried to read its own account"),
    ("DELETE /Groups/9", None, 404, "tried to delete a group"),
    ("POST /Bulk", None, 413, "tried to carry out operations at once"),
    ("PUT /Users", None, 405, "tried to send PUT to /Users"),
    ("POST /Usres", None, 404, "tried to send POST to /usres"),
    ("GET /", None, 404, "tried to read /"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "request_", "answer", "told"), [*READ, *DONE])
def test_an_exchange_is_told_in_words(line: str, request_: Any, answer: Any, told: str) -> None:
    assert words(exchange(line, 200, request_, answer)) == told


@pytest.mark.parametrize(("line", "request_", "status", "told"), TRIED)
def test_a_refused_request_is_told_as_tried(
    line: str, request_: Any, status: int, told: str
) -> None:
    assert words(exchange(line, status, request_, {"detail": "no"})) == told


def test_a_person_who_is_known_is_named_also_without_bodies() -> None:
    assert words(exchange("DELETE /Users/7", 204, person="ada")) == "deleted ada"
    assert words(exchange("PATCH /Users/7", 409, person="ada")) == "tried to change ada"


def test_what_was_said_when_it_was_recorded_comes_first() -> None:
    told = exchange("PATCH /Users/7", detail="deactivated grace@acme.test")
    assert words(told) == "deactivated grace@acme.test"
    refused = replace(told, status=409, detail="this account is the last active owner")
    assert words(refused).startswith("tried to")


DID = [
    ("PUT", GONE, Known("grace@acme.test", active=True), Done.DEACTIVATED),
    ("PUT", GONE, Known("grace@acme.test", active=False), Done.CHANGED),
    ("PUT", GRACE, Known("grace@acme.test", active=False), Done.REACTIVATED),
    ("PUT", GRACE, Known("grace@acme.test", active=True), Done.CHANGED),
]


@pytest.mark.parametrize(("method", "sent", "before", "did"), DID)
def test_what_was_known_before_tells_who_came_back(
    method: str, sent: Any, before: Known, did: Done
) -> None:
    seen = Seen(method, "/Users/7", request=sent, answer=sent, before=before)
    assert deed_of(seen).did is did


def test_a_change_that_changed_nothing_is_told_so() -> None:
    answer = {**GRACE, "meta": {"version": 'W/"3-0a0b0c0d"'}}
    before = Known("grace@acme.test", active=True, version="3")
    deed = deed_of(Seen("PUT", "/Users/7", request=GRACE, answer=answer, before=before))
    assert deed.phrase.told(refused=False) == "sent grace@acme.test again; nothing changed"
    assert deed.did is Done.READ


def test_a_new_name_is_told_with_the_old_one() -> None:
    request = {**GRACE, "userName": "hopper@acme.test"}
    before = Known("grace@acme.test", active=True)
    seen = Seen("PUT", "/Users/7", request=request, answer=request, before=before)
    told = deed_of(seen).phrase.told(refused=False)
    assert told == "renamed grace@acme.test to hopper@acme.test"


def test_one_member_is_told_by_name_where_it_is_known() -> None:
    request = patch(op("add", "members", [{"value": "7"}]))
    seen = Seen("PATCH", "/Groups/9", request=request, before=Known("Engineering"))
    told = deed_of(seen._replace(names={"7": "grace@acme.test"})).phrase.told(refused=False)
    assert told == "added grace@acme.test to the group Engineering"


def test_each_operation_of_a_bulk_request_is_counted() -> None:
    sent: list[dict[str, Any]] = [
        {"method": "POST"},
        {"method": "PATCH", "data": patch(op("replace", "active", False))},
        {"method": "PUT", "data": {"active": False}},
        {"method": "PATCH", "data": patch(op("replace", "title", "x"))},
        {"method": "DELETE"},
        {"method": "DELETE"},
    ]
    statuses = ["201", "200", "200", "200", "204", "404"]
    told = [
        {"method": one["method"], "status": status}
        for one, status in zip(sent, statuses, strict=True)
    ]
    seen = Seen("POST", "/Bulk", request={"Operations": sent}, answer={"Operations": told})
    assert deed_of(seen).counts == (
        Done.CREATED,
        Done.DEACTIVATED,
        Done.DEACTIVATED,
        Done.CHANGED,
        Done.DELETED,
        Done.REFUSED,
    )


def test_memory_learns_from_lists_and_forgets_the_oldest() -> None:
    memory = Memory(most=2)
    memory.learn(OrgId(1), {"Resources": [{"id": str(n), "userName": f"n{n}"} for n in range(3)]})
    assert [memory.of(OrgId(1), str(n)).name for n in range(3)] == ["", "n1", "n2"]
    assert memory.of(OrgId(2), "2").name == ""


SHAPES = [
    None,
    5,
    "x",
    [],
    [None],
    {},
    {"Operations": 5},
    {"Operations": [5, {"op": 5, "path": 5}]},
]
LINES = ["GET /Users?filter=%22&count=-1&startIndex=x", "POST /Users", "PUT /Users/7",
         "PATCH /Users/7", "PATCH /Groups/9", "DELETE /Users/7", "POST /Bulk",
         "POST /.search"]  # fmt: skip


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("status", [200, 400])
def test_whatever_was_sent_there_are_words(line: str, status: int) -> None:
    for request in SHAPES:
        for answer in SHAPES:
            assert words(exchange(line, status, request, answer))
