"""Accounts out of CSV files and JSON lines: what a row states, and how a broken line is told."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from headcount.directory.access import Caller
from headcount.directory.importing import Format, Source, format_of, look_through
from headcount.directory.importing.entries import Entry, operations, stated
from headcount.directory.importing.ledger import Ledger
from headcount.directory.importing.looking import read
from headcount.errors import InvalidValue
from headcount.scim.custom import CustomAttribute
from headcount.scim.schemas import ENTERPRISE_URN, USER_URN
from headcount.store.model import Kind, Organisation, OrgId, Policy

OWN = "urn:example:acme:2.0:User"
ACME = Organisation(
    OrgId(1),
    "acme",
    "Acme",
    Policy(),
    datetime(2026, 1, 2, tzinfo=UTC),
    attributes=(
        CustomAttribute("badge", USER_URN, type="integer"),
        CustomAttribute("languages", USER_URN, multi_valued=True),
        CustomAttribute("site", OWN),
    ),
)
CALLER = Caller(ACME, "cli")


def entries(text: str | bytes, form: Format = Format.CSV) -> list[Entry]:
    """What a file states."""
    raw = text.encode() if isinstance(text, str) else text
    return list(read(Source(io.BytesIO(raw), form), CALLER))


def account(header: str, row: str) -> dict[str, Any]:
    """The account that a row under a header states."""
    (entry,) = entries(f"userName,{header}\nada,{row}\n")
    found = stated(entry)
    assert found.pop("userName") == "ada"
    return found


def test_columns_stand_in_any_order_and_letter_case() -> None:
    found = entries("\ufeffRole,USERNAME , email\n\nguest, ada ,\n,,\nowner,bob,b@x.test\n")
    assert [(one.line, one.name, stated(one)) for one in found] == [
        (3, "ada", {"role": "guest", "userName": "ada"}),
        (
            5,
            "bob",
            {
                "role": "owner",
                "userName": "bob",
                "emails": [{"value": "b@x.test", "type": "work", "primary": True}],
            },
        ),
    ]


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("givenName,familyName", "Ada,King", {"name": {"givenName": "Ada", "familyName": "King"}}),
        ("name.middlename", "B.", {"name": {"middleName": "B."}}),
        ("active,role", "No,Owner", {"active": False, "role": "owner"}),
        ("externalId,title", "7,", {"externalId": "7"}),
        ("department", "Sums", {ENTERPRISE_URN: {"department": "Sums"}}),
        (f"{ENTERPRISE_URN}:costCenter", "9", {ENTERPRISE_URN: {"costCenter": "9"}}),
        ("site", "Oslo", {OWN: {"site": "Oslo"}}),
        ("badge,languages", "7,fr; en", {"badge": 7, "languages": ["fr", "en"]}),
        (
            "phone,mobile",
            "1,2",
            {"phoneNumbers": [{"value": "1", "type": "work"}, {"value": "2", "type": "mobile"}]},
        ),
        (
            'emails[type eq "home"].value',
            "a@x.test",
            {"emails": [{"type": "home", "value": "a@x.test"}]},
        ),
    ],
)
def test_a_column_is_a_short_name_or_any_path(
    header: str, row: str, expected: dict[str, Any]
) -> None:
    assert account(header, row) == expected


def test_a_cell_changes_its_own_value_alone_and_an_empty_one_nothing() -> None:
    there = {
        "userName": "ada",
        "title": "Countess",
        "nickName": "A",
        "emails": [
            {"value": "home@x.test", "type": "home"},
            {"value": "old@x.test", "type": "work", "primary": True, "display": "Office"},
        ],
        "phoneNumbers": [{"value": "1", "type": "mobile"}],
    }
    header = "userName,title,nickName,email,phone,mobile"
    (entry,) = entries(f"{header}\nada,,<empty>,new@x.test,2,<empty>\n")
    operations(entry.settings, there)
    assert there == {
        "userName": "ada",
        "title": "Countess",
        "emails": [
            {"value": "home@x.test", "type": "home"},
            {"value": "new@x.test", "type": "work", "primary": True, "display": "Office"},
        ],
        "phoneNumbers": [{"value": "2", "type": "work"}],
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(
    rows=st.lists(
        st.tuples(*[st.text(st.characters(codec="utf-8", exclude_characters="\0"))] * 2),
        max_size=5,
    )
)
def test_what_a_spreadsheet_writes_is_read(delimiter: str, rows: list[tuple[str, str]]) -> None:
    names = [f"person{number}" for number in range(len(rows))]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(["userName", "title", "nickName"])
    writer.writerows([name, *row] for name, row in zip(names, rows, strict=True))
    found = entries(text.getvalue())
    assert [one.name for one in found] == names
    for entry, row in zip(found, rows, strict=True):
        expected = {"title": row[0].strip(), "nickName": row[1].strip(), "userName": entry.name}
        wanted = {key: value for key, value in expected.items() if value not in {"", "<empty>"}}
        assert stated(entry) == wanted


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("userName,shoe size\n", "line 1: unknown column 'shoe size'"),
        ("email\n", "line 1: .*userName among them"),
        ("", "line 1: .*userName among them"),
        ("userName,,title\n", "line 1: column 2 has no name"),
        ("userName,title,TITLE\n", "line 1: the column 'title' is there twice"),
        ("userName,password\n", "line 1: .*never kept"),
        ("userName,id\n", "line 1: .*kept by the server"),
        ("userName,emails\n", r"line 1: .*such as emails\[type eq \"work\"\].value"),
        ("userName,emails.value\n", "line 1: .*has parts"),
        ("userName,name\n", "line 1: .*has parts"),
        ("userName,emails[type\n", "line 1: .*names no attribute"),
        ("userName,title\nada,x\nbob\n", "line 3: it has 1 cell, and the first line names 2"),
        ("userName,title\nada,x,y\n", "line 2: it has 3 cells"),
        ('userName,title\n"a\nb",x\nbob,"x\n\n', "line 4: a quote begins here and does not end"),
        ('userName,title\nada,"x"y\n', "line 2: something stands behind a closing quote"),
        ('userName\nada\n"' + "x" * 140_000, "line 3: a quote begins here and does not end"),
        (b"userName\nad\xe9\n", "line 2: byte 3 .0xE9. is not UTF-8"),
        ("userName\n".encode("utf-16"), "line 1: the file is UTF-16"),
        (b"userName\na\0b\n", "line 2: it holds the character NUL"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_with_its_number(text: str | bytes, why: str) -> None:
    with pytest.raises(InvalidValue, match=why) as refused:
        entries(text)
    assert refused.value.detail.endswith("nothing was written")


@pytest.mark.parametrize(
    ("header", "cell", "why"),
    [
        ("active", "perhaps", "active must be true or false, not 'perhaps'"),
        ("badge", "x", "badge must be a number"),
        ("role", "boss", "role 'boss' does not exist"),
        ("userName", "<empty>", "required"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_with_its_row_alone(
    header: str, cell: str, why: str
) -> None:
    columns = [header] if header == "userName" else ["userName", header]
    cells = [cell] if header == "userName" else ["ada", cell]
    (entry,) = entries(f"{','.join(columns)}\n{','.join(cells)}\n")
    with pytest.raises(Exception, match=why):
        stated(entry)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"userName": "ada", "title": "x", "meta": {}, "id": "7"}', {"title": "x"}),
        ('{"type": "account", "account": {"userName": "ada", "nickName": null}}', {}),
        ('{"userName": "ada", "password": "secret", "groups": []}', {}),
    ],
)
def test_a_line_of_json_is_an_account(line: str, expected: dict[str, Any]) -> None:
    (entry,) = entries(line, Format.JSONL)
    assert stated(entry) == {"userName": "ada", **expected}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"userName": "ada"', "line 2: it is no JSON at character 19"),
        ("[]", "line 2: it is no JSON object"),
        ('{"userName": 7}', "line 2: userName and externalId must be texts"),
        ('{"name": "x"}', "line 2: it is neither an account"),
        ('{"type": "account"}', "line 2: a line of the type account has an object"),
        ('{"userName": "a", "shoe": 1}', "line 2: no User here has an attribute 'shoe'"),
        ('{"userName": "a\\u0000"}', "line 2: a text holds the character NUL"),
        ('{"displayName": "g", "members": ["x"]}', "line 2: members must be a list of objects"),
    ],
)
def test_a_line_that_is_no_resource_is_told_with_its_number(line: str, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        entries('{"userName": "bob"}\n' + line + "\n", Format.JSONL)


@given(st.binary(max_size=200), st.sampled_from(list(Format)))
def test_any_bytes_are_read_or_refused_in_a_sentence(raw: bytes, form: Format) -> None:
    try:
        entries(raw, form)
    except InvalidValue as refused:
        assert refused.detail.startswith("line ")  # noqa: PT017 - or they are read


def test_the_ending_of_a_name_tells_the_form() -> None:
    assert format_of("a/b.Csv") is Format.CSV
    with pytest.raises(InvalidValue, match="--format"):
        format_of("people.xlsx")


def test_a_look_through_the_file_counts_and_finds_names_again() -> None:
    lines = [{"userName": "Ada", "externalId": "7"}, {"userName": "bob", "externalId": "7"}]
    text = "\n".join(json.dumps(one) for one in [*lines, {"displayName": "ada"}])
    source = Source(io.BytesIO(text.encode()), Format.JSONL)
    contents = look_through(source, CALLER, emails=False)
    assert (contents.accounts, contents.groups) == (2, 1)
    assert contents.line_of(Kind.USER, "ADA") == 1
    assert contents.line_of(Kind.GROUP, "ada") == 3
    assert contents.line_of(Kind.GROUP, "bob") is None
    assert not contents.tells_apart(Kind.USER, "7", None)


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 2**64 - 1), max_size=2000))
def test_a_ledger_is_a_dictionary(held: dict[str, int]) -> None:
    ledger = Ledger()
    for name, number in held.items():
        assert ledger.add(name, number) == number
        ledger.put(name, number ^ 1)
    for name, number in held.items():
        assert ledger.get(name) == number ^ 1
        assert ledger.add(name, 5) == number ^ 1
    assert ledger.get("somebody else") is None
