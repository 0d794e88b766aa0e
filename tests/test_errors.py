"""Refusals as clients see them (RFC 7644 section 3.12)."""

import inspect
from typing import Any

import pytest

from headcount import errors
from headcount.errors import ScimError

pytestmark = pytest.mark.shows("F104", "F105", "RFC 7644 3.12")

EXPECTED = {
    "InvalidFilter": (400, "invalidFilter"),
    "InvalidPath": (400, "invalidPath"),
    "InvalidSyntax": (400, "invalidSyntax"),
    "InvalidValue": (400, "invalidValue"),
    "InvalidCursor": (400, "invalidCursor"),
    "ExpiredCursor": (400, "expiredCursor"),
    "InvalidCount": (400, "invalidCount"),
    "NoTarget": (400, "noTarget"),
    "Mutability": (400, "mutability"),
    "TooMany": (400, "tooMany"),
    "Unauthorized": (401, None),
    "Forbidden": (403, None),
    "OrganisationDisabled": (403, None),
    "ReadOnlyToken": (403, None),
    "SeatsTaken": (403, None),
    "NotFound": (404, None),
    "Expired": (410, None),
    "MethodNotAllowed": (405, None),
    "Conflict": (409, None),
    "Taken": (409, "uniqueness"),
    "InUse": (409, None),
    "LastOwner": (409, None),
    "VersionMismatch": (412, None),
    "TooLarge": (413, None),
    "UnsupportedMediaType": (415, None),
    "TooManyRequests": (429, None),
    "NotImplementedHere": (501, None),
    "ProviderFailed": (502, None),
    "Unavailable": (503, None),
}
REFUSALS = {
    name: one
    for name, one in inspect.getmembers(errors, inspect.isclass)
    if issubclass(one, ScimError) and one is not ScimError
}


def refused(name: str) -> ScimError:
    """The refusal of that name; two need more than a sentence."""
    more: dict[str, Any] = {
        "MethodNotAllowed": {"allow": "GET, PUT"},
        "TooManyRequests": {"wait": 7},
    }
    return REFUSALS[name]("Because.", **more.get(name, {}))


def test_every_refusal_is_in_the_table() -> None:
    assert sorted(REFUSALS) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_refusal_has_the_status_and_type_of_the_rfc(name: str) -> None:
    error = refused(name)
    status, scim_type = EXPECTED[name]
    expected = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": str(status),
        "detail": "Because.",
    }
    assert error.status == status
    assert error.body() == (expected | {"scimType": scim_type} if scim_type else expected)
    assert str(error) == "Because."


@pytest.mark.parametrize("name", EXPECTED)
def test_only_some_refusals_have_headers(name: str) -> None:
    headers = {
        "Unauthorized": [(b"www-authenticate", b'Bearer realm="SCIM"')],
        "MethodNotAllowed": [(b"allow", b"GET, PUT")],
        "TooManyRequests": [(b"retry-after", b"7")],
        "Unavailable": [(b"retry-after", b"5")],
    }
    assert refused(name).headers() == headers.get(name, [])


@pytest.mark.parametrize("name", EXPECTED)
def test_the_docstring_of_the_module_draws_every_refusal(name: str) -> None:
    drawn = (errors.__doc__ or "").replace(",", " ").replace("(", " ").replace(")", " ").split()
    assert name in drawn or name == "Conflict"  # which is never raised by itself
