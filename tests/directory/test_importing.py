"""Accounts out of a CSV file."""

import pytest

from headcount.directory.importing import account_of, read_rows
from headcount.errors import InvalidValue


def test_columns_stand_in_any_order_and_letter_case() -> None:
    lines = ["\ufeffRole,USERNAME , email\n", "\n", "guest, ada ,\n", ",\n", "owner,bob,b@x.test\n"]
    assert list(read_rows(lines)) == [
        (3, {"role": "guest", "userName": "ada", "email": ""}),
        (5, {"role": "owner", "userName": "bob", "email": "b@x.test"}),
    ]


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("userName,shoe size\n", "unknown column 'shoe size'"),
        ("email\n", "userName among them"),
        ("", "userName among them"),
    ],
)
def test_a_header_that_cannot_be_read_is_told(header: str, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        list(read_rows([header] if header else []))


def test_a_row_becomes_an_account() -> None:
    row = {
        "userName": "ada",
        "givenName": "Ada",
        "familyName": "",
        "email": "a@x.test",
        "active": "No",
        "role": "Owner",
        "externalId": "7",
    }
    assert account_of(row) == {
        "userName": "ada",
        "displayName": None,
        "role": "owner",
        "externalId": "7",
        "name": {"givenName": "Ada"},
        "active": False,
        "emails": [{"value": "a@x.test", "type": "work", "primary": True}],
    }


@pytest.mark.parametrize("row", [{"active": "perhaps"}, {"role": "boss"}])
def test_a_row_that_makes_no_sense_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(InvalidValue, match=next(iter(row))):
        account_of({"userName": "ada", **row})
