"""Accounts and groups out of LDIF (RFC 2849), held against a library that writes and reads it."""

import io
from base64 import b64encode
from dataclasses import replace
from typing import Any

import ldif
import pytest
from hypothesis import given, strategies as st

from headcount.directory.access import Caller
from headcount.directory.importing import Format, Source
from headcount.directory.importing.entries import Entry, stated
from headcount.directory.importing.ldif import read_records, same_name
from headcount.directory.importing.looking import read
from headcount.errors import InvalidValue
from headcount.scim.schemas import ENTERPRISE_URN
from headcount.store.model import Kind, Policy, UsernameFormat
from tests.directory.test_importing import ACME, CALLER

VALUES = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=120),
    st.sampled_from([" leading", "trailing ", ":colon", "<less", "#hash", "a\nb", "é", "x" * 200]),
)
NAMES = st.sampled_from(["cn", "sn", "uid", "description", "x-own", "2.5.4.3"])
RECORDS = st.lists(
    st.tuples(
        st.integers(0, 99).map(lambda number: f"uid=person{number},dc=acme"),
        st.dictionaries(NAMES, st.lists(VALUES, min_size=1, max_size=3), min_size=1),
    ),
    max_size=4,
)


def source(text: str | bytes) -> Source:
    """A file with this text."""
    return Source(io.BytesIO(text.encode() if isinstance(text, str) else text), Format.LDIF)


def entries(text: str, caller: Caller = CALLER) -> list[Entry]:
    """The accounts and groups of a file."""
    return list(read(source(text), caller))


@given(RECORDS, st.sampled_from([b"\n", b"\r\n"]), st.integers(20, 200))
def test_what_a_library_writes_is_read(
    records: list[tuple[str, dict[str, list[str]]]], end: bytes, columns: int
) -> None:
    written = io.BytesIO()
    writer = ldif.LDIFWriter(written, cols=columns, line_sep=end)
    for dn, held in records:
        writer.unparse(dn, held)
    found = [
        (one.dn, [(value.name, value.value.decode()) for value in one.values])
        for one in read_records(source(written.getvalue()))
    ]
    assert found == [
        (dn, [(name, value) for name, values in held.items() for value in values])
        for dn, held in records
    ]


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\n\n\ndn: uid=a\nuid: a\n\n\n\ndn: uid=b\nuid: b",
        "# a comment\n that goes on\ndn: uid=a\n# another\nuid:a\ncn:   x\n",
        "dn:: dWlkPWE=\ncn:: w6k=\nsn: one\n  two\n",
        "\n\ndn: uid=a\nuid: a\n",
    ],
)
def test_a_file_is_read_as_a_library_reads_it(text: str) -> None:
    judged = [
        (dn, sorted((name.lower(), value) for name, values in held.items() for value in values))
        for dn, held in ldif.LDIFParser(io.BytesIO(text.encode())).parse()
        if dn is not None
    ]
    found = [
        (one.dn, sorted((value.name, value.value.decode()) for value in one.values))
        for one in read_records(source(text))
    ]
    assert found == judged


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("dn: uid=a\nmail:: a?\n", "line 2: the value of mail is not base64"),
        ("dn: uid=a\nuid a\n", "line 2: it must be a name, a colon and a value"),
        ("dn: uid=a\n\nuid: a\n", "line 3: a record begins with its dn"),
        (" dn: uid=a\n", "line 1: it goes on with a line before"),
        ("version: 2\n\ndn: uid=a\n", "line 1: LDIF of version '2'"),
        ("dn: uid=a\nchangetype: modify\n", "line 2: changetype 'modify' changes what is there"),
        ("dn: uid=a\ncontrol: 1.2.3\nchangetype: add\n", "line 2: a control"),
        ("dn: uid=a\njpegPhoto:< file:///etc/passwd\n", "line 2: jpegphoto lies at an address"),
        ("dn: uid=a\nuid: a\nmail:: /w==\n", "line 3: byte 1 .0xFF. is not UTF-8"),
        ("dn: cn=g\nmember;range=0-1499: uid=a\n", "line 2: member;range=0-1499 is a part"),
        (
            "dn: uid=a\nuid: a\nuserAccountControl: x\n",
            "line 3: userAccountControl is no number",
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, why: str) -> None:
    with pytest.raises(InvalidValue, match=why) as refused:
        entries(text)
    assert refused.value.detail.endswith("nothing was written")


def test_a_record_that_adds_is_an_entry() -> None:
    (entry,) = entries("dn: uid=a\nchangetype: add\nuid: a\n")
    assert entry.name == "a"


ENTERPRISE = {"department": "Sums", "employeeNumber": "7", "organization": "Acme"}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param(
            "objectClass: inetOrgPerson\nuid: ada\ncn: Ada Lovelace\nsn: Lovelace\n"
            "givenName: Ada\nmail: a@x.test\nmail: b@x.test\ntitle: Countess\n"
            "telephoneNumber: 1\nmobile: 2\nemployeeNumber: 7\ndepartmentNumber: Sums\no: Acme\n"
            "entryUUID: 0190\nuserPassword: {SSHA}x\ncn;lang-fr: Adele\n",
            {
                "userName": "ada",
                "externalId": "0190",
                "displayName": "Ada Lovelace",
                "name": {"familyName": "Lovelace", "givenName": "Ada"},
                "emails": [{"value": "a@x.test", "type": "work", "primary": True}],
                "title": "Countess",
                "phoneNumbers": [
                    {"value": "1", "type": "work"},
                    {"value": "2", "type": "mobile"},
                ],
                ENTERPRISE_URN: ENTERPRISE,
            },
            id="inetOrgPerson",
        ),
        pytest.param(
            "objectClass: top\nobjectClass: user\nsAMAccountName: ada\n"
            "userPrincipalName: ada@x.test\ndisplayName: Ada\nuserAccountControl: 514\n"
            "company: Acme\ndepartment: Sums\nemployeeID: 7\n"
            f"objectGUID:: {b64encode(bytes(range(16))).decode()}\n",
            {
                "userName": "ada@x.test",
                "externalId": "03020100-0504-0706-0809-0a0b0c0d0e0f",
                "displayName": "Ada",
                "active": False,
                ENTERPRISE_URN: ENTERPRISE,
            },
            id="Active Directory",
        ),
        pytest.param(
            "objectClass: posixAccount\nuid: ada\ncn: Ada\nuidNumber: 7\nnsAccountLock: TRUE\n",
            {"userName": "ada", "displayName": "Ada", "active": False},
            id="posixAccount that is locked",
        ),
        pytest.param(
            "objectClass: user\nsAMAccountName: ada\nuserAccountControl: 512\n",
            {"userName": "ada", "active": True},
            id="an enabled user",
        ),
        pytest.param("uid: ada\ntitle:\n", {"userName": "ada"}, id="no object class, and no title"),
    ],
)
def test_attributes_of_directories_are_those_of_an_account(
    attributes: str, expected: dict[str, Any]
) -> None:
    (entry,) = entries("dn: uid=ada,dc=acme\n" + attributes)
    assert entry.kind is Kind.USER
    assert stated(entry) == expected


def test_where_names_are_addresses_the_first_address_is_the_name() -> None:
    wants = replace(ACME, policy=Policy(username_format=UsernameFormat.EMAIL))
    (entry,) = entries("dn: uid=ada\nuid: ada\nmail: ada@x.test\n", Caller(wants, "cli"))
    assert entry.name == "ada@x.test"


def test_what_is_neither_person_nor_group_is_passed_over() -> None:
    text = (
        "dn: dc=acme\nobjectClass: domain\n\n"
        "dn: cn=pc\nobjectClass: user\nobjectClass: computer\nsAMAccountName: pc$\n\n"
        "dn: ou=x\nobjectClass: organizationalUnit\n"
    )
    assert entries(text) == []


def test_a_group_names_its_members_as_its_kind_does() -> None:
    text = (
        "dn: cn=A,dc=acme\nobjectClass: groupOfNames\ncn: A\nmember: UID=ada, dc=Acme\n\n"
        "dn: cn=B,dc=acme\nobjectClass: groupOfUniqueNames\ncn: B\n"
        "uniqueMember: uid=ada,dc=acme#'01'B\n\n"
        "dn: cn=C,dc=acme\nobjectClass: posixGroup\ncn: C\nmemberUid: Ada\n\n"
        "dn: uid=ada,dc=acme\nobjectClass: inetOrgPerson\nuid: ada\nmanager: cn=Boss,dc=acme\n"
    )
    *groups, ada = entries(text)
    assert [(one.kind, one.name) for one in groups] == [(Kind.GROUP, name) for name in "ABC"]
    assert all(set(one.members) <= set(ada.keys) and one.members for one in groups)
    assert ada.manager == "dn:cn=boss,dc=acme"


def test_a_person_without_any_name_is_refused_alone() -> None:
    first, second = entries("dn: cn=x\nobjectClass: person\ncn: x\n\ndn: uid=a\nuid: a\n")
    assert "no uid" in (first.refused or "")
    assert second.refused is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("CN=Ada, OU = People", "cn=ada,ou=people", True),
        (r"cn=King\, Ada,dc=x", r"cn=king\2c ada,dc=x", True),
        (r"cn=Zo\c3\ab", "cn=zoë", True),
        ("cn=a  b", "cn=a b", True),
        (r"cn=a\,b", "cn=a,b", False),
        (r"cn=a\\,b", r"cn=a\\\,b", False),
        ("cn=a,dc=x", "cn=a,dc=y", False),
    ],
)
def test_distinguished_names_are_compared_as_directories_do(
    one: str,
    other: str,
    same: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert (same_name(one) == same_name(other)) is same
