"""Does a resource fit a filter? (RFC 7644 section 3.4.2.2)."""

import itertools
from functools import reduce
from typing import Any

import pytest
from hypothesis import given

from headcount.scim.filters import (
    And,
    Compare,
    Filter,
    Not,
    Op,
    Or,
    Present,
    ValuePath,
    parse_filter,
)
from headcount.scim.match import matches
from headcount.scim.paths import AttrPath, resolve, values_at
from headcount.scim.resources import Document
from headcount.scim.schemas import ENTERPRISE_URN, USER_TYPE
from tests.scim.strategies import FEW, WORDS, filters, leaf_paths, users

pytestmark = pytest.mark.shows("RFC 7644 3.4.2.2", "RFC 7643 2.3")

ADA: dict[str, Any] = {
    "id": "7b",
    "externalId": "Ext-1",
    "userName": "Ada@Acme.test",
    "name": {"givenName": "Ada", "familyName": "Lovelace"},
    "title": "Straßenbau 100%_\\",
    "active": True,
    "emails": [
        {"value": "ada@acme.test", "type": "work", "primary": True},
        {"value": "ada@home.test", "type": "home"},
    ],
    "addresses": [{"locality": "London", "type": "work"}],
    "phoneNumbers": [],
    ENTERPRISE_URN: {"department": "Engines", "manager": {"value": "8c"}},
    "meta": {"resourceType": "User", "lastModified": "2026-01-31T12:00:00.500Z"},
}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('userName eq "ada@acme.TEST"', id="eq without case"),
        pytest.param('externalId eq "Ext-1"', id="eq, exactly"),
        pytest.param('title eq "STRASSENBAU 100%_\\\\"', id="eq folds as Unicode does"),
        pytest.param('title ne "Strassenbahn"', id="ne another value"),
        pytest.param('nickName ne "x"', id="ne holds where there is no value"),
        pytest.param("nickName eq null", id="eq null where there is no value"),
        pytest.param('nickName eq ""', id="eq the empty text likewise"),
        pytest.param("title ne null", id="ne null where there is one"),
        pytest.param('title ne ""', id="ne the empty text likewise"),
        pytest.param("phoneNumbers eq null", id="an empty list is no value"),
        pytest.param('title co "SSENB"', id="co without case"),
        pytest.param('title co "%_\\\\"', id="co takes wildcards as letters"),
        pytest.param('title co ""', id="co nothing holds of every value"),
        pytest.param('title sw "strass"', id="sw without case"),
        pytest.param('title ew "_\\\\"', id="ew with letters that are wildcards"),
        pytest.param("userName pr", id="pr"),
        pytest.param("emails pr", id="pr of a list"),
        pytest.param("name pr", id="pr of an object"),
        pytest.param("active eq true", id="a boolean"),
        pytest.param("active ne false", id="a boolean, turned"),
        pytest.param('userName gt "ad"', id="gt by letters"),
        pytest.param('userName ge "ADA@acme.test"', id="ge holds of the same"),
        pytest.param('userName le "ada@acme.test"', id="le likewise"),
        pytest.param('userName lt "b"', id="lt"),
        pytest.param('emails co "home"', id="a list fits when one entry does"),
        pytest.param('emails.type eq "HOME"', id="so does a part of it"),
        pytest.param('emails.type ne "other"', id="ne: no entry is"),
        pytest.param('emails[type eq "work" and value co "acme"]', id="one entry fits in all"),
        pytest.param("emails[not (primary pr)]", id="an entry that lacks something"),
        pytest.param('emails[type eq "work"].value eq "ADA@acme.test"', id="Entra's tail"),
        pytest.param(f'{ENTERPRISE_URN}:department eq "engines"', id="an extension"),
        pytest.param(f'{ENTERPRISE_URN}:manager eq "8c"', id="an object by its value"),
        pytest.param(f"{ENTERPRISE_URN} pr", id="an extension that is present"),
        pytest.param('meta.lastModified ge "2026-01-31T12:00:00.5Z"', id="the same moment"),
        pytest.param('meta.lastModified gt "0001-01-03T00:00:00.0000000Z"', id="Microsoft's"),
        pytest.param('meta.lastModified lt "2026-01-31T14:00:00.6+02:00"', id="another zone"),
        pytest.param('meta.lastModified sw "2026-01"', id="the start of a moment"),
        pytest.param("nickName pr or title pr", id="or: one side"),
        pytest.param("not (nickName pr) and title pr", id="and, not"),
    ],
)
def test_fits(text: str) -> None:
    assert matches(parse_filter(text, USER_TYPE), ADA)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('externalId eq "ext-1"', id="case, where it counts"),
        pytest.param('externalId sw "ext"', id="case in a prefix, where it counts"),
        pytest.param('userName ne "ADA@acme.test"', id="ne the same in other case"),
        pytest.param("title eq null", id="null, where there is a value"),
        pytest.param('title eq ""', id="the empty text, where there is a value"),
        pytest.param("nickName ne null", id="ne null, where there is none"),
        pytest.param('nickName co ""', id="a part of no value"),
        pytest.param('nickName sw ""', id="a start of no value"),
        pytest.param('nickName le "z"', id="no value has no order"),
        pytest.param('title sw "raß"', id="a prefix from the middle"),
        pytest.param('title ew "Straß"', id="a suffix from the start"),
        pytest.param('title co "S%"', id="% is no wildcard"),
        pytest.param('title co "100__"', id="_ is no wildcard"),
        pytest.param("phoneNumbers pr", id="an empty list"),
        pytest.param("photos pr", id="an absent list"),
        pytest.param("active eq false", id="the other boolean"),
        pytest.param('userName gt "ADA@acme.test"', id="more than itself"),
        pytest.param('userName lt "ADA@acme.test"', id="less than itself"),
        pytest.param('emails.type ne "home"', id="ne, where one entry is"),
        pytest.param('emails[type eq "work" and value co "home"]', id="two entries in turn"),
        pytest.param('emails[type eq "other"]', id="no such entry"),
        pytest.param('phoneNumbers[not (type eq "work")]', id="no entry at all"),
        pytest.param('emails[type eq "home"].value eq "ada@acme.test"', id="another's value"),
        pytest.param(f'{ENTERPRISE_URN}:costCenter co "a"', id="a part that is not there"),
        pytest.param('meta.lastModified lt "2026-01-31T12:00:00.5Z"', id="the same moment"),
        pytest.param("nickName pr and title pr", id="and: one side only"),
        pytest.param("not (title pr or nickName pr)", id="neither"),
    ],
)
def test_does_not_fit(text: str) -> None:
    assert not matches(parse_filter(text, USER_TYPE), ADA)


def test_an_empty_text_is_as_good_as_no_value() -> None:
    for text in ('title eq ""', "title eq null", 'title ne "a"', "not (title pr)"):
        assert matches(parse_filter(text, USER_TYPE), {"title": ""}), text
    for text in ('title co ""', 'title lt "a"', 'title sw ""', "title pr"):
        assert not matches(parse_filter(text, USER_TYPE), {"title": ""}), text


TITLE = resolve(USER_TYPE, "title")
EXTERNAL_ID = resolve(USER_TYPE, "externalId")
assert TITLE is not None
assert EXTERNAL_ID is not None


def said(path: AttrPath, op: Op, held: str, wanted: str) -> bool:
    """What RFC 7644 says of two texts that are not empty, by means of its own words."""
    if not path.leaf.case_exact:
        held, wanted = held.casefold(), wanted.casefold()
    parts = {held[a:b] for a in range(len(held) + 1) for b in range(a, len(held) + 1)}
    order = sorted([held, wanted], key=lambda text: [ord(letter) for letter in text])
    return {
        Op.EQ: held == wanted,
        Op.NE: held != wanted,
        Op.CO: wanted in parts,
        Op.SW: held[: len(wanted)] == wanted,
        Op.EW: held[len(held) - len(wanted) :] == wanted and len(wanted) <= len(held),
        Op.GT: held != wanted and order[1] == held,
        Op.GE: order[1] == held,
        Op.LT: held != wanted and order[0] == held,
        Op.LE: order[0] == held,
    }[op]


@pytest.mark.parametrize("path", [TITLE, EXTERNAL_ID], ids=str)
@pytest.mark.parametrize("op", list(Op))
def test_every_operator_on_every_pair_of_words(op: Op, path: AttrPath) -> None:
    """Few enough to try them all."""
    for held, wanted in itertools.product(filter(None, WORDS), repeat=2):
        found = matches(Compare(path, op, wanted), {path.leaf.name: held})
        assert found is said(path, op, held, wanted), (held, op, wanted)


@given(filters(USER_TYPE, FEW), users(FEW))
def test_either_a_filter_holds_or_its_opposite(node: Filter, user: Document) -> None:
    assert matches(Not(node), user) is not matches(node, user)
    assert matches(And(node, Not(node)), user) is False
    assert matches(Or(node, Not(node)), user) is True


@given(filters(USER_TYPE, FEW), filters(USER_TYPE, FEW), users(FEW))
def test_the_laws_of_de_morgan(one: Filter, other: Filter, user: Document) -> None:
    assert matches(Not(And(one, other)), user) is matches(Or(Not(one), Not(other)), user)
    assert matches(Not(Or(one, other)), user) is matches(And(Not(one), Not(other)), user)


@given(users(FEW))
def test_a_user_fits_what_stands_in_it(user: Document) -> None:
    for path in leaf_paths(USER_TYPE, FEW):
        for held in values_at(user, path):
            assert matches(Compare(path, Op.EQ, held), user)
            assert matches(Present(path), user)
    emails = resolve(USER_TYPE, "emails")
    assert emails is not None
    for entry in user.get("emails", []):
        parts = [AttrPath((sub,)) for sub in emails.leaf.sub if sub.name in entry]
        terms: list[Filter] = [Compare(part, Op.EQ, entry[part.leaf.name]) for part in parts]
        assert matches(ValuePath(emails, reduce(And, terms)), user)
