"""`attributes` and `excludedAttributes` show what the judge shows."""

import pytest
from hypothesis import given

from headcount.scim.projection import project, read_projection
from headcount.scim.resources import Document, with_schemas
from headcount.scim.schemas import USER_TYPE
from headcount.tolerance import TOLERANT
from tests.laws import judge
from tests.laws.strategies import accounts, names

pytestmark = pytest.mark.shows("RFC 7644 3.9")

_ADDED = frozenset({"schemas", "id"})


def _shown(user: Document, attributes: list[str], excluded: list[str]) -> Document:
    asked = read_projection(attributes, excluded, USER_TYPE, TOLERANT)
    whole = with_schemas({**user, "id": "7"}, USER_TYPE)
    found = project(whole, asked, USER_TYPE)
    assert set(found) >= _ADDED  # always returned (RFC 7643 section 7)
    return {key: value for key, value in found.items() if key not in _ADDED}


@given(accounts, names)
def test_what_is_asked_for_is_shown(user: Document, asked: list[str]) -> None:
    assert _shown(user, asked, []) == judge.projected(user, attributes=asked)


@given(accounts, names)
def test_what_is_left_out_is_not(user: Document, asked: list[str]) -> None:
    assert _shown(user, [], asked) == judge.projected(user, excluded=asked)
