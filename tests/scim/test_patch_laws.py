"""What holds of every PATCH, whatever it is applied to (RFC 7644 section 3.5.2)."""

from copy import deepcopy
from typing import Any

from hypothesis import given, strategies as st

from headcount.scim.attributes import Attribute
from headcount.scim.resources import Document
from headcount.scim.schemas import USER_TYPE
from tests.scim.patching import add, as_sent, by_the_book, remove, replace
from tests.scim.strategies import documents, users, values


def writable(user: Document) -> list[Attribute]:
    core = USER_TYPE.core
    return [core[name.lower()] for name in user if name.lower() in core and name != "userName"]


def tidy(user: Document) -> Document:
    """The user, with lists as a PATCH leaves them: no two entries of one value and type."""
    return by_the_book(user, *(replace(one.name, user[one.name]) for one in writable(user)))


ATTRIBUTES = st.sampled_from(
    [USER_TYPE.core[name] for name in ("title", "name", "emails", "roles", "active", "addresses")]
)
ASSIGNMENTS = ATTRIBUTES.flatmap(lambda one: st.tuples(st.just(one.name), values(one)))
FILTERED = st.builds(
    lambda entry, sub, value: replace(f'emails[type eq "{entry}"].{sub}', value),
    st.sampled_from(["work", "home", "x"]),
    st.sampled_from(["value", "display", "type"]),
    st.sampled_from(["a", "b", "", "work", None]),
)
PRIMARY = st.builds(
    lambda entry: replace(f'emails[type eq "{entry}"].primary', value=True),
    st.sampled_from(["work", "home", "x"]),
)
REPLACES = ASSIGNMENTS.map(lambda pair: replace(*pair)) | PRIMARY
ANYTHING = (
    REPLACES
    | FILTERED
    | ASSIGNMENTS.map(lambda pair: add(*pair))
    | ATTRIBUTES.map(lambda one: remove(one.name))
)


@given(users(), REPLACES)
def test_replacing_twice_is_replacing_once(user: Document, operation: dict[str, Any]) -> None:
    once = as_sent(user, operation)
    assert as_sent(once, operation) == once


@given(users())
def test_adding_what_is_there_changes_nothing(user: Document) -> None:
    before = tidy(user)
    for attribute in writable(before):
        assert by_the_book(before, add(attribute.name, before[attribute.name])) == before


@given(users())
def test_replacing_by_what_is_there_changes_nothing(user: Document) -> None:
    before = tidy(user)
    for attribute in writable(before):
        assert by_the_book(before, replace(attribute.name, before[attribute.name])) == before


@given(users(), ASSIGNMENTS)
def test_adding_twice_is_adding_once(user: Document, pair: tuple[str, Any]) -> None:
    once = by_the_book(user, add(*pair))
    assert by_the_book(once, add(*pair)) == once


@given(users(), ATTRIBUTES)
def test_what_is_removed_is_gone_and_nothing_else_is(user: Document, attribute: Attribute) -> None:
    after = by_the_book(user, remove(attribute.name))
    assert after == {key: value for key, value in user.items() if key != attribute.name}


@given(users())
def test_removing_all_that_is_listed_leaves_nothing(user: Document) -> None:
    for attribute in writable(user):
        if attribute.multi_valued:
            after = by_the_book(user, remove(attribute.name, user[attribute.name]))
            assert after == {key: value for key, value in user.items() if key != attribute.name}


@given(users(), st.lists(ANYTHING, max_size=6))
def test_at_most_one_entry_is_primary(user: Document, operations: list[dict[str, Any]]) -> None:
    after = as_sent(user, *operations)
    for value in after.values():
        if isinstance(value, list):
            assert sum(entry.get("primary") is True for entry in value) <= 1


@given(users(), st.lists(ANYTHING, max_size=6))
def test_nothing_empty_stays_behind(user: Document, operations: list[dict[str, Any]]) -> None:
    def check(value: Any) -> None:
        assert value not in (None, "", [], {})
        if isinstance(value, list | dict):
            for inner in value.values() if isinstance(value, dict) else value:
                check(inner)

    check(as_sent(user, *operations))


@given(documents(), ASSIGNMENTS)
def test_the_value_of_an_operation_is_not_changed(user: Document, pair: tuple[str, Any]) -> None:
    sent = deepcopy(pair[1])
    as_sent(user, add(*pair), replace("emails.primary", value=True))
    assert pair[1] == sent
