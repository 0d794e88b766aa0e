"""A look-up is read by its form, with the name filled in: it must mean what reading it whole means.

The judge is the reader of every other query.
"""

from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, strategies as st

from headcount.errors import InvalidFilter, ScimError
from headcount.scim.filters import Compare
from headcount.scim.messages import Query
from headcount.scim.schemas import USER_TYPE
from headcount.web import wire

NAMES = (
    "grace@acme.test",
    "a+b@acme.test",
    "grâce hopper",
    'quote " inside',
    "back\\slash",
    "tab\there",
    "100%",
    "%40",
    "hole-in-the-form",
    'x" or userName sw "a',
    "& filter=",
    "日本",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("escape", [quote, quote_plus])
def test_every_name_is_looked_up_as_it_is_written(name: str, escape: Callable[[str], str]) -> None:
    written = name.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    query_string = b"filter=" + escape(f'userName eq "{written}"').encode()
    where = wire.query(query_string, USER_TYPE).where
    assert isinstance(where, Compare)
    assert where.value == name


@given(
    value=st.text(max_size=30), rest=st.sampled_from(["", "&count=1", "&excludedAttributes=groups"])
)
def test_a_look_up_means_what_any_reader_of_it_says(value: str, rest: str) -> None:
    written = value.replace("\\", "\\\\").replace('"', '\\"')
    query_string = (quote(f'filter=userName eq "{written}"', safe="=") + rest).encode()
    assert outcome(wire.query, query_string) == outcome(wire._read, query_string)


@pytest.mark.parametrize(
    "query_string",
    [
        b"filter=userName%20eq%20%22a%22&filter=userName%20eq%20%22b%22",
        b"filter=userName%20eq%20%22a%22&filter=displayName%20eq%20%22b%22",
        b"count=1&filter=userName+EQ+%22a%22",
        b"filter=userName%20eq%20%22a%22%20or%20userName%20eq%20%22b%22",
        b"filter=emails.value%20eq%20%22a%22",
        b"filter=active%20eq%20%22true%22",
        b"filter=meta.created%20eq%20%222024-01-01T00:00:00Z%22",
        b"filter=urn:ietf:params:scim:schemas:core:2.0:User:userName%20eq%20%22a%22",
        b"filter=userName%20eq%20%22%ff%22",
        b"filter=userName%20eq%20%22a%",
        b"filter=userName%20eq%20%22%4%22",
        b"filter=userName%20eq%20%22%00%22",
    ],
)
def test_whatever_else_stands_in_the_address(query_string: bytes) -> None:
    assert outcome(wire.query, query_string) == outcome(wire._read, query_string)


def test_a_refusal_shows_the_name_that_was_sent() -> None:
    with pytest.raises(InvalidFilter, match="nickname2"):
        wire.query(b"filter=nickname2%20eq%20%22grace%22", USER_TYPE)


def test_the_form_is_read_once_for_all_names() -> None:
    wire._form.cache_clear()
    for name in ("a", "b", "c"):
        found = wire.query(b"filter=externalId%20eq%20%22" + name.encode() + b"%22", USER_TYPE)
        assert isinstance(found.where, Compare)
        assert found.where.value == name
    assert wire._form.cache_info().misses == 1


def outcome(read: Callable[..., Query], query_string: bytes) -> object:
    try:
        return read(query_string, USER_TYPE)
    except ScimError as refusal:
        return type(refusal), str(refusal)
