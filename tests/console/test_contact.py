"""What requests mean for somebody who waits for the first one: pure, from a table."""

import json
from typing import Any

import pytest

from headcount.console.contact import contact_of
from headcount.console.mapping import EXPECTED, Standing, mapping
from headcount.scim.schemas import ENTERPRISE_URN, USER_TYPE
from headcount.store.activity import Exchange
from headcount.store.model import Kind, OrgId
from headcount.web.wire import TOLERANT

ORG = OrgId(1)
NAMES = TOLERANT.dialect.names


def exchange(status: int, detail: str = "", **given: Any) -> Exchange:
    base = {
        "org": ORG,
        "at": "2026-01-02T14:02:11.000Z",
        "duration": 900,
        "method": "GET",
        "path": "/Users",
        "client": "Okta SCIM Client 1.0.0",
        "kind": Kind.USER,
    }
    return Exchange(status=status, detail=detail, **{**base, **given})


LOOKED = exchange(200, "looked up ada", query="filter=userName eq ada")
LISTED = exchange(200, "read the first users")
UNKNOWN = exchange(401, "the token is not known here", org=None, kind=None)
BAD_NAME = exchange(400, "userName must be an e-mail address", method="POST", person="grace")
OTHER = exchange(400, "userName must be an e-mail address", method="POST", person="linus")
CREATED = exchange(201, "created grace", method="POST", person="Grace")
FILTER = exchange(400, "/Schemas lists what can be filtered", query="filter=mail eq a")
MISSING = exchange(404, "there is no User with the id '7'")


@pytest.mark.parametrize(
    ("newest_first", "last", "right", "open_"),
    [
        ([], None, False, []),
        ([LOOKED], "looked up ada", True, []),
        ([UNKNOWN], "tried to read the users", False, []),
        ([LOOKED, UNKNOWN], "looked up ada", True, []),
        ([LISTED, MISSING], "read the first users", True, []),
        ([LISTED, BAD_NAME], "read the first users", False, [1]),
        ([LISTED, BAD_NAME, OTHER], "read the first users", False, [2]),
        ([CREATED, BAD_NAME], "created grace", True, []),
        ([CREATED, BAD_NAME, OTHER], "created grace", False, [1]),
        ([LISTED, FILTER], "read the first users", False, [1]),
        ([LOOKED, FILTER], "looked up ada", True, []),
        ([BAD_NAME, LOOKED, FILTER, UNKNOWN], "tried to create an account", False, []),
        ([UNKNOWN, BAD_NAME, LOOKED], "tried to read the users", False, [1]),
    ],
)
def test_the_last_request_is_told_and_what_is_still_wrong(
    newest_first: list[Exchange], last: str | None, open_: list[int], *, right: bool
) -> None:
    contact = contact_of(newest_first, None, "okta")
    assert (contact.last.did if contact.last else None) == last
    assert contact.is_right is right
    assert [one.times for one in contact.open] == open_


def test_the_same_failure_is_counted() -> None:
    contact = contact_of([BAD_NAME, UNKNOWN, OTHER], None, "okta")
    assert contact.last is not None
    assert contact.last.times == 2
    assert [one.status for one in contact.open] == [401]


def test_what_came_before_is_told_too() -> None:
    contact = contact_of([], UNKNOWN, "okta")
    assert contact.before is not None
    assert contact.before.cause is not None
    assert contact.before.at.strftime("%H:%M:%S") == "14:02:11"


@pytest.mark.parametrize(
    ("client", "guide", "place"),
    [
        ("Okta SCIM Client 1.0.0", "entra", "API Token"),
        ("Java/17", "okta", "API Token"),
        ("Java/17", "entra", "Secret Token"),
        ("Java/17", "ping", "Access Token"),
        ("", "generic", "the token of the SCIM connection"),
        ("Java/17", "", "the token of the SCIM connection"),
    ],
)
def test_the_remedy_names_the_field_of_the_provider_or_of_the_guide(
    client: str, guide: str, place: str
) -> None:
    refused = exchange(401, "the token is not known here", client=client)
    contact = contact_of([refused], None, guide)
    assert contact.last is not None
    assert contact.last.cause is not None
    assert place in contact.last.cause.remedy


def sent(method: str, body: Any) -> Exchange:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return exchange(200, method=method, request=raw)


def paths(*exchanges: Exchange) -> dict[str, tuple[str, Standing]]:
    rows = mapping(exchanges, USER_TYPE, NAMES)
    return {row.path: (row.value, row.standing) for row in rows}


MANAGER = f"{ENTERPRISE_URN}:manager"
ARRIVED: list[tuple[str, Any, dict[str, tuple[str, Standing]]]] = [
    ("POST", {"userName": "ada"}, {"userName": ("ada", Standing.EXPECTED)}),
    ("POST", {"USERNAME": "ada"}, {"USERNAME": ("ada", Standing.EXPECTED)}),
    (
        "PUT",
        {"name": {"givenName": "Ada", "middleName": "K"}, "title": "Dr"},
        {
            "name.givenName": ("Ada", Standing.EXPECTED),
            "name.middleName": ("K", Standing.KEPT),
            "title": ("Dr", Standing.KEPT),
        },
    ),
    (
        "POST",
        {"emails": [{"type": "work", "value": "a@b.test", "primary": True}, {"value": "c@d.test"}]},
        {
            'emails[type eq "work"].value': ("a@b.test", Standing.EXPECTED),
            "emails.value": ("c@d.test", Standing.EXPECTED),
        },
    ),
    (
        "POST",
        {"addresses": [{"type": "work", "country": "NO"}]},
        {
            'addresses[type eq "work"].type': ("work", Standing.KEPT),
            'addresses[type eq "work"].country': ("NO", Standing.KEPT),
        },
    ),
    ("POST", {"colour": "red"}, {"colour": ("red", Standing.PASSED_OVER)}),
    (
        "POST",
        {ENTERPRISE_URN: {"department": "R", "manager": {"value": "7"}}},
        {
            f"{ENTERPRISE_URN}:department": ("R", Standing.KEPT),
            f"{MANAGER}.value": ("7", Standing.KEPT),
        },
    ),
    ("POST", {"schemas": ["a"], "id": "1", "meta": {}, "password": "secret"}, {}),
    (
        "PATCH",
        {"Operations": [{"op": "Replace", "path": "active", "value": "False"}]},
        {"active": ("False", Standing.EXPECTED)},
    ),
    (
        "PATCH",
        {"operations": [{"OP": "replace", "VALUE": {"active": False, "name.familyName": "L"}}]},
        {
            "active": ("false", Standing.EXPECTED),
            "name.familyName": ("L", Standing.EXPECTED),
        },
    ),
    (
        "PATCH",
        {"Operations": [{"op": "add", "path": 'roles[primary eq "True"].value', "value": "owner"}]},
        {'roles[primary eq "True"].value': ("owner", Standing.KEPT)},
    ),
    (
        "PATCH",
        {"Operations": [{"op": "remove", "path": "title"}, {"op": "add", "path": "manager"}]},
        {"title": ("(removed)", Standing.KEPT)},
    ),
    (
        "PATCH",
        {"Operations": [{"op": "add", "path": "manager", "value": "7"}]},
        {"manager": ("7", Standing.KEPT)},
    ),
    ("POST", b'{"userName": "cut of', {}),
    ("POST", ["no", "object"], {}),
    ("POST", b'{"a":' * 900 + b"1" + b"}" * 900, {}),
    ("PATCH", {"Operations": "none"}, {}),
    ("PATCH", {"Operations": [7, {"op": 7, "path": 7, "value": 7}]}, {}),
]


@pytest.mark.parametrize(("method", "body", "expected"), ARRIVED)
def test_what_arrived_is_held_against_what_is_known(
    method: str, body: Any, expected: dict[str, tuple[str, Standing]]
) -> None:
    rows = paths(sent(method, body))
    assert {path: row for path, row in rows.items() if row[1] is not Standing.MISSING} == expected


def test_the_last_value_counts_and_what_never_came_is_told() -> None:
    rows = paths(
        sent("PUT", {"userName": "new"}), sent("POST", {"username": "old", "active": True})
    )
    assert rows.pop("userName") == ("new", Standing.EXPECTED)
    assert rows.pop("active") == ("true", Standing.EXPECTED)
    assert set(rows) == set(EXPECTED) - {"userName", "active"}
    assert {standing for _, standing in rows.values()} == {Standing.MISSING}


def test_the_expected_come_first_and_their_order_is_always_the_same() -> None:
    body = {"title": "x", "active": True, "userName": "a", "emails": [{"value": "e"}]}
    rows = mapping([sent("POST", body)], USER_TYPE, NAMES)
    assert [row.path for row in rows][:4] == ["userName", "emails.value", "active", "title"]


def test_nothing_is_missing_before_anything_came() -> None:
    assert mapping([], USER_TYPE, NAMES) == []


def test_a_value_is_shown_shortened() -> None:
    (value, _) = paths(sent("POST", {"userName": "a" * 5000}))["userName"]
    assert len(value) == 80
