"""What an account shall look like: names, roles, states, and what an organisation takes."""

from typing import Any

import pytest

from headcount.directory.accounts import created, patched, replaced, role_among
from headcount.errors import InvalidValue
from headcount.store.model import Policy, UsernameFormat

pytestmark = pytest.mark.shows("RFC 7643 4.1", "RFC 7644 3.5.1")

ANY = Policy()
ADA: dict[str, Any] = {
    "userName": "ada",
    "name": {"givenName": "Ada", "familyName": "King"},
    "displayName": "Ada King",
    "active": True,
    "role": "member",
}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param({"displayName": "Countess"}, "Countess", id="as it was sent"),
        pytest.param({"name": {"formatted": "A. K."}}, "A. K.", id="from the formatted name"),
        pytest.param(
            {"name": {"givenName": "Ada", "familyName": "K"}}, "Ada K", id="from its parts"
        ),
        pytest.param({"name": {"familyName": "King"}}, "King", id="from one part"),
        pytest.param({"name": {"middleName": "B."}}, "ada", id="not from other parts"),
        pytest.param({"displayName": None}, "ada", id="from the userName at last"),
    ],
)
def test_a_new_account_has_a_name_to_show(sent: dict[str, Any], expected: str) -> None:
    assert created({"userName": "ada", **sent}, ANY)["displayName"] == expected


@pytest.mark.parametrize(
    ("sent", "role"),
    [
        pytest.param({}, "member", id="member unless it says otherwise"),
        pytest.param({"role": None}, "member", id="empty is not sent"),
        pytest.param({"role": "owner"}, "owner", id="as it was sent"),
        pytest.param({"roles": [{"value": "Guest"}]}, "guest", id="from the standard roles"),
        pytest.param({"role": "owner", "roles": [{"value": "guest"}]}, "owner", id="role wins"),
        pytest.param({"roles": [{"value": "boss"}]}, "member", id="other roles mean nothing"),
        pytest.param(
            {"roles": [{"value": "guest"}, {"value": "moderator", "primary": True}]},
            "moderator",
            id="the primary one first",
        ),
    ],
)
def test_a_new_account_has_a_role(sent: dict[str, Any], role: str) -> None:
    account = created({"userName": "ada", **sent}, ANY)
    assert account["role"] == role
    assert account["active"] is True


def test_roles_without_a_value_state_nothing() -> None:
    assert role_among({"roles": [{"display": "owner"}]}) is None
    assert role_among({}) is None


@pytest.mark.parametrize(
    ("before", "sent", "difference"),
    [
        pytest.param({}, {"title": "x"}, {"title": "x"}, id="what is sent is there"),
        pytest.param({"title": "x"}, {}, {}, id="what is not sent is cleared"),
        pytest.param({"active": False}, {}, {"active": False}, id="active stays off"),
        pytest.param({"active": False}, {"active": None}, {"active": False}, id="null is not sent"),
        pytest.param(
            {"active": False}, {"active": True}, {"active": True}, id="on when it says so"
        ),
        pytest.param({"role": "owner"}, {}, {"role": "owner"}, id="the role stays"),
        pytest.param({"role": "owner"}, {"role": None}, {"role": "owner"}, id="an empty role too"),
        pytest.param(
            {"role": "owner"},
            {"roles": [{"value": "guest"}]},
            {"role": "guest", "roles": [{"value": "guest"}]},
            id="the standard roles change it",
        ),
        pytest.param(
            {"displayName": "Countess"}, {}, {"displayName": "Ada King"}, id="a name not sent again"
        ),
        pytest.param(
            {},
            {"name": {"givenName": "A"}},
            {"name": {"givenName": "A"}, "displayName": "A"},
            id="a new name",
        ),
    ],
)
def test_put_replaces(
    before: dict[str, Any], sent: dict[str, Any], difference: dict[str, Any]
) -> None:
    whole = {"userName": "ada", "name": ADA["name"], **sent}
    assert replaced({**ADA, **before}, whole, ANY) == {**ADA, **difference}


@pytest.mark.parametrize(
    ("before", "after", "touched", "difference"),
    [
        pytest.param(
            {},
            {"name": {"givenName": "A"}},
            {"name"},
            {"name": {"givenName": "A"}, "displayName": "A"},
            id="the name to show follows",
        ),
        pytest.param(
            {"displayName": "C"},
            {"displayName": "C", "name": {"givenName": "A"}},
            {"name"},
            {"name": {"givenName": "A"}, "displayName": "C"},
            id="but not one that somebody chose",
        ),
        pytest.param(
            {},
            {"displayName": None},
            {"displayName"},
            {"displayName": None},
            id="removed, it stays away",
        ),
        pytest.param(
            {"displayName": None},
            {"displayName": None, "name": {"givenName": "A"}},
            {"name"},
            {"displayName": None, "name": {"givenName": "A"}},
            id="also when the name changes later",
        ),
        pytest.param(
            {},
            {"roles": [{"value": "guest"}]},
            {"roles"},
            {"roles": [{"value": "guest"}], "role": "guest"},
            id="the standard roles change the role",
        ),
        pytest.param(
            {"role": "owner", "roles": [{"value": "guest"}]},
            {"role": "owner", "roles": [{"value": "guest"}], "title": "x"},
            {"title"},
            {"role": "owner", "roles": [{"value": "guest"}], "title": "x"},
            id="but not when something else changes",
        ),
        pytest.param({}, {"role": None}, {"role"}, {"role": None}, id="a role can be unassigned"),
    ],
)
def test_patch_settles(
    before: dict[str, Any], after: dict[str, Any], touched: set[str], difference: dict[str, Any]
) -> None:
    was = _without_none({**ADA, **before})
    assert patched(was, {**was, **after}, touched, ANY) == _without_none({**ADA, **difference})


def _without_none(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value is not None}


EMAIL = Policy(username_format=UsernameFormat.EMAIL)
DOMAINS = Policy(allowed_domains=("acme.test", "acme.example"))


@pytest.mark.parametrize(
    ("policy", "name", "fits"),
    [
        (ANY, "a name", True),
        (ANY, "", False),
        (ANY, "  ", False),
        (EMAIL, "ada@acme.test", True),
        (EMAIL, "ada", False),
        (EMAIL, "@acme.test", False),
        (EMAIL, "ada@acme", False),
        (EMAIL, "ada b@acme.test", False),
        (DOMAINS, "ada@ACME.test", True),
        (DOMAINS, "ada@acme.example", True),
        (DOMAINS, "ada@sub.acme.test", False),
        (DOMAINS, "ada@notacme.test", False),
        (DOMAINS, "acme.test", False),
        (DOMAINS, "ada", False),
    ],
)
def test_an_organisation_takes_only_what_it_allows(
    policy: Policy, name: str, *, fits: bool
) -> None:
    sent = {"userName": name}
    if fits:
        assert created(sent, policy)["userName"] == name
    else:
        with pytest.raises(InvalidValue, match="userName"):
            created(sent, policy)
