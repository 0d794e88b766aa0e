"""The store's SQL and `scim.match` agree: all pairs of words that bite, then laws."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from headcount.errors import ScimError
from headcount.scim.attributes import ResourceType
from headcount.scim.filters import Compare, Filter, Op, parse_filter
from headcount.scim.paths import resolve
from headcount.scim.schemas import ENTERPRISE_URN, GROUP_TYPE, USER_TYPE
from headcount.store.model import Kind
from tests.databases import FORMS
from tests.scim.strategies import FEW, WORDS, documents, filters
from tests.store.stock import Stock, expected, stocked

Held = dict[Kind, list[dict[str, Any]]]


def _account(number: int, word: str) -> dict[str, Any]:
    """An account that holds `word` in an attribute of every kind."""
    return {
        "userName": f"{word}-{number}",
        "externalId": word,
        "title": word,
        "name": {"familyName": word},
        "active": number % 3 > 0,
        "role": ("owner", "guest", "member")[number % 3],
        "emails": [
            {"value": word, "type": "work", "primary": number % 2 == 0},
            {"value": f"x{word}", "type": word},
        ],
        ENTERPRISE_URN: {"department": word, "manager": {"value": word}},
    }


@pytest.fixture(scope="module", params=FORMS)
def stock(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stock]:
    with stocked(tmp_path_factory.mktemp("agreement"), request.param) as stock:
        users = [stock.create(Kind.USER, _account(*one)) for one in enumerate(WORDS)]
        stock.create(Kind.USER, {"userName": "bare"})
        names = {word.casefold(): word for word in WORDS if word.strip()}
        groups: list[str] = []
        for number, name in enumerate(names.values()):
            members = [{"value": users[number], "display": name}]
            if number % 4 == 1:
                members.append({"value": groups[-1]})
            groups.append(stock.create(Kind.GROUP, {"displayName": name, "members": members}))
        stock.create(Kind.GROUP, {"displayName": "nobody is in here"})
        yield stock


@pytest.fixture(scope="module")
def held(stock: Stock) -> Held:
    return {kind: stock.resources(kind) for kind in Kind}


USER_TEXTS = (
    "id",
    "userName",
    "externalId",
    "role",
    "title",
    "displayName",
    "name.familyName",
    "emails.value",
    "emails.type",
    f"{ENTERPRISE_URN}:department",
    f"{ENTERPRISE_URN}:manager.value",
    "groups.display",
    "groups.value",
    "groups.type",
    "groups.$ref",
    "schemas",
    "meta.resourceType",
    "meta.location",
)
GROUP_TEXTS = (
    "displayName",
    "members.value",
    "members.display",
    "members.type",
    "members.$ref",
    "meta.version",
)
CASES = [
    *(pytest.param(Kind.USER, USER_TYPE, name, id=name.rpartition(":")[2]) for name in USER_TEXTS),
    *(pytest.param(Kind.GROUP, GROUP_TYPE, name, id=f"group {name}") for name in GROUP_TEXTS),
]


@pytest.mark.parametrize(("kind", "type_", "name"), CASES)
def test_every_operator_agrees_on_every_word(
    stock: Stock, held: Held, kind: Kind, type_: ResourceType, name: str
) -> None:
    path = resolve(type_, name)
    assert path is not None
    some = [held[kind][2]["id"], "User", 'W/"2"', "owner", "direct"]
    some += [held[kind][2]["meta"]["location"]]
    some += [group["id"] for group in held[Kind.GROUP][:6]]  # one of them holds another
    for op, word in itertools.product(Op, (*WORDS, *some)):
        node = Compare(path, op, word)
        assert stock.found(kind, node) == expected(held[kind], node), str(node)


@pytest.mark.parametrize(
    "text",
    [
        "active eq true",
        "active ne true",
        "active eq null",
        "not (active eq false)",
        "emails.primary eq true",
        "emails[primary eq true]",
        'emails[type eq "work" and value co "a"]',
        'emails[type eq "work"].value eq "ß"',
        'emails[not (value eq "a")]',
        'emails[value ne "a" or type pr]',
        'not (emails[type eq "a"])',
        "emails pr",
        "title pr",
        "name pr",
        "groups pr",
        'groups[display pr and type eq "indirect"]',
        f"{ENTERPRISE_URN} pr",
        f"{ENTERPRISE_URN}:manager pr",
        "meta pr",
        "meta.version pr",
        'meta.created gt "2020-01-01T00:00:00Z"',
        'meta.created lt "2020-01-01T00:00:00Z"',
        'meta.lastModified ge "0001-01-03T00:00:00.0000000Z"',
        'userName sw "a" and (title pr or active eq true)',
        'title eq "a" or title eq "ß" and active eq true',
        'userName eq "A-2"',
        'userName eq "nobody"',
        'id eq "nobody"',
    ],
)
def test_filters_of_accounts_agree(stock: Stock, held: Held, text: str) -> None:
    node = parse_filter(text, USER_TYPE)
    assert stock.found(Kind.USER, node) == expected(held[Kind.USER], node)


@pytest.mark.parametrize(
    "text",
    [
        "members pr",
        "not (members pr)",
        'members[type eq "Group"]',
        'members[type eq "user" and display eq "ss"]',
        'members.type ne "User"',
        "members.value pr",
        "members.display pr",
        'displayName eq "SS"',
        'displayName sw "a" and members pr',
    ],
)
def test_filters_of_groups_agree(stock: Stock, held: Held, text: str) -> None:
    node = parse_filter(text, GROUP_TYPE)
    assert stock.found(Kind.GROUP, node) == expected(held[Kind.GROUP], node)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_moment_agrees_to_the_millisecond(stock: Stock, held: Held, kind: Kind) -> None:
    type_ = USER_TYPE if kind is Kind.USER else GROUP_TYPE
    moment = held[kind][3]["meta"]["created"]
    for op in ("eq", "ne", "gt", "ge", "lt", "le"):
        for written in (moment, moment.replace("Z", "000Z"), moment.replace("Z", "+00:00")):
            node = parse_filter(f'meta.created {op} "{written}"', type_)
            assert stock.found(kind, node) == expected(held[kind], node), str(node)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=filters(USER_TYPE, FEW))
def test_any_filter_agrees(stock: Stock, held: Held, where: Filter) -> None:
    assert stock.found(Kind.USER, where) == expected(held[Kind.USER], where)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=filters(GROUP_TYPE, ("displayName", "members", "externalId")))
def test_any_filter_of_groups_agrees(stock: Stock, held: Held, where: Filter) -> None:
    assert stock.found(Kind.GROUP, where) == expected(held[Kind.GROUP], where)


@pytest.fixture(scope="module")
def empty(store_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    with stocked(tmp_path_factory.mktemp("any"), store_name) as stock:
        yield stock


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(documents(USER_TYPE, FEW), max_size=4), where=filters(USER_TYPE, FEW))
def test_any_filter_agrees_on_any_accounts(
    empty: Stock, sent: list[dict[str, Any]], where: Filter
) -> None:
    empty.organisation = empty.add_organisation()
    for document in sent:
        try:
            empty.create(Kind.USER, document)
        except ScimError:
            continue  # no userName, or a second one of the same
    assert empty.found(Kind.USER, where) == expected(empty.resources(Kind.USER), where)
