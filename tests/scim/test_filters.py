"""Reading filters: the grammar of RFC 7644 section 3.4.2.2, rule by rule."""

import pytest
from hypothesis import given

from headcount.errors import InvalidFilter, ScimError
from headcount.scim.attributes import Attribute, ResourceType, Schema
from headcount.scim.filters import (
    MAX_DEPTH,
    MAX_LENGTH,
    MAX_TERMS,
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
from headcount.scim.paths import AttrPath, resolve
from headcount.scim.schemas import ENTERPRISE_URN, GROUP_TYPE, USER_TYPE, USER_URN
from headcount.tolerance import TOLERANT
from tests.scim.strategies import WORDS, filters

pytestmark = pytest.mark.shows("RFC 7644 3.4.2.2")


def at(text: str, kind: ResourceType = USER_TYPE) -> AttrPath:
    path = resolve(kind, text)
    assert path is not None
    return path


def within(attribute: str, sub: str) -> AttrPath:
    """A path as it stands in brackets: the sub-attribute alone."""
    return AttrPath((at(attribute).leaf.subs[sub],))


A, B, C = (Present(at(name)) for name in ("title", "nickName", "locale"))
WORK = Compare(within("emails", "type"), Op.EQ, "work")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("title pr", A, id="an attribute that is present"),
        pytest.param("TITLE PR", A, id="names and operators have no case"),
        pytest.param("name pr", Present(at("name")), id="a complex attribute may be present"),
        pytest.param(
            'userName eq "ada"', Compare(at("userName"), Op.EQ, "ada"), id="a text, in a hurry"
        ),
        pytest.param(
            'username Eq "ada"', Compare(at("userName"), Op.EQ, "ada"), id="PingFederate's Eq"
        ),
        pytest.param(
            'userName eq"ada"', Compare(at("userName"), Op.EQ, "ada"), id="no blank before a text"
        ),
        pytest.param(
            '\tuserName  eq\n"ada" ', Compare(at("userName"), Op.EQ, "ada"), id="any white space"
        ),
        pytest.param(
            r'title eq "a \"b\" \\ \u00e9 \ud83d\ude00"',
            Compare(at("title"), Op.EQ, 'a "b" \\ é 😀'),
            id="the escapes of JSON",
        ),
        pytest.param(
            'title eq "not (a) and b]"',
            Compare(at("title"), Op.EQ, "not (a) and b]"),
            id="words of the grammar within a text",
        ),
        pytest.param("active eq TRUE", Compare(at("active"), Op.EQ, value=True), id="true"),
        pytest.param("active ne false", Compare(at("active"), Op.NE, value=False), id="false"),
        pytest.param("title eq null", Compare(at("title"), Op.EQ, None), id="null"),
        pytest.param(
            'name.FAMILYNAME sw "L"',
            Compare(at("name.familyName"), Op.SW, "L"),
            id="a sub-attribute",
        ),
        pytest.param(
            f'{USER_URN}:userName eq "a"',
            Compare(at("userName"), Op.EQ, "a"),
            id="a core attribute by its full URN",
        ),
        pytest.param(
            f'{ENTERPRISE_URN.upper()}:manager.value eq "7"',
            Compare(at(f"{ENTERPRISE_URN}:manager.value"), Op.EQ, "7"),
            id="an extension by its URN in any case",
        ),
        pytest.param(
            'emails co "x"',
            Compare(at("emails.value"), Op.CO, "x"),
            id="a list is compared by its value",
        ),
        pytest.param(
            f'{ENTERPRISE_URN}:manager eq "7"',
            Compare(at(f"{ENTERPRISE_URN}:manager.value"), Op.EQ, "7"),
            id="so is one object with a value",
        ),
        pytest.param(
            'emails[type eq "work"]', ValuePath(at("emails"), WORK), id="entries in brackets"
        ),
        pytest.param(
            'emails [ emails.TYPE eq "work" ]',
            ValuePath(at("emails"), WORK),
            id="brackets that repeat the attribute",
        ),
        pytest.param(
            'emails[type eq "work"].value eq "x"',
            ValuePath(at("emails"), And(WORK, Compare(within("emails", "value"), Op.EQ, "x"))),
            id="Entra's tail speaks of the same entry",
        ),
        pytest.param(
            'emails[type eq "work"].value pr and title pr',
            And(ValuePath(at("emails"), And(WORK, Present(within("emails", "value")))), A),
            id="a tail that is present, and more behind it",
        ),
        pytest.param(
            'emails[type eq "work" or primary pr].value pr',
            ValuePath(
                at("emails"),
                And(
                    Or(WORK, Present(within("emails", "primary"))),
                    Present(within("emails", "value")),
                ),
            ),
            id="a tail holds beside the whole bracket",
        ),
    ],
)
def test_reads_an_expression(text: str, expected: Filter) -> None:
    assert parse_filter(text, USER_TYPE) == expected


@pytest.mark.parametrize("op", list(Op))
def test_knows_every_operator_in_any_case(op: Op) -> None:
    expected = Compare(at("title"), op, "x")
    assert parse_filter(f'title {op} "x"', USER_TYPE) == expected
    assert parse_filter(f'title {op.upper()} "x"', USER_TYPE) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("title pr or nickName pr and locale pr", Or(A, And(B, C)), id="and before or"),
        pytest.param(
            "title pr and nickName pr or locale pr", Or(And(A, B), C), id="and before or, turned"
        ),
        pytest.param(
            "(title pr or nickName pr) and locale pr", And(Or(A, B), C), id="a group overrides"
        ),
        pytest.param(
            "title pr AND (nickName pr OR locale pr)", And(A, Or(B, C)), id="a group on the right"
        ),
        pytest.param(
            "title pr or nickName pr or locale pr", Or(Or(A, B), C), id="or from left to right"
        ),
        pytest.param(
            "title pr and nickName pr and locale pr", And(And(A, B), C), id="and likewise"
        ),
        pytest.param(
            "not (title pr) and nickName pr", And(Not(A), B), id="not takes only its group"
        ),
        pytest.param("NOT(title pr or nickName pr)", Not(Or(A, B)), id="not takes all its group"),
        pytest.param("((title pr))", A, id="groups leave no trace"),
        pytest.param("not (not (title pr))", Not(Not(A)), id="not within not"),
    ],
)
def test_precedence(text: str, expected: Filter) -> None:
    assert parse_filter(text, USER_TYPE) == expected


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        pytest.param("", "the name of an attribute", id="nothing"),
        pytest.param("  ", "the name of an attribute", id="blanks"),
        pytest.param("and", "no attribute 'and'", id="a word of the grammar alone"),
        pytest.param('"ada"', "the name of an attribute at character 1", id="a text alone"),
        pytest.param("title", "an operator", id="an attribute alone"),
        pytest.param('title is "x"', "an operator", id="an unknown operator"),
        pytest.param("title eq", "filter ends where a value", id="no value"),
        pytest.param("title eq ada", "texts in double quotes", id="a text without quotes"),
        pytest.param("title eq 'ada'", "texts in double quotes", id="single quotes"),
        pytest.param('title eq "ada', "not closed", id="a text that is not closed"),
        pytest.param('title eq "a\\', "not closed", id="an escape at the end"),
        pytest.param(r'title eq "\x41"', "not a JSON string", id="an escape that JSON has not"),
        pytest.param(
            r'title eq "\ud800"', "not a JSON string", id="half a pair, which no text holds"
        ),
        pytest.param('title eq "\ud800"', "not a JSON string", id="the half itself"),
        pytest.param('title eq "\udc00"', "not a JSON string", id="the other half"),
        pytest.param("title eq 01", "a value", id="a number that JSON has not"),
        pytest.param("title eq ٣", "a value", id="a digit of another script"),
        pytest.param("title pr title pr", "'and', 'or' or the end", id="nothing between"),
        pytest.param('title eq "a" "b"', "'and', 'or' or the end", id="two values"),
        pytest.param("title pr and", "the name of an attribute", id="and without a right side"),
        pytest.param("or title pr", "no attribute 'or'", id="or without a left side"),
        pytest.param("(title pr", "')'", id="a group that is not closed"),
        pytest.param("title pr)", "'and', 'or' or the end", id="a group that is not opened"),
        pytest.param("()", "the name of an attribute", id="an empty group"),
        pytest.param("not title pr", "'('", id="not without a group"),
        pytest.param('emails[type eq "work"', "']'", id="brackets that are not closed"),
        pytest.param("emails[]", "the name of an attribute", id="empty brackets"),
        pytest.param("title[value pr]", "no entries", id="brackets after a text"),
        pytest.param("name[givenName pr]", "no entries", id="brackets after a single object"),
        pytest.param("emails[emails[type pr]]", "no attribute", id="brackets within brackets"),
        pytest.param("emails[userName pr]", "in emails", id="an attribute of elsewhere inside"),
        pytest.param('emails[type pr].size eq "x"', "'size' in emails", id="an unknown tail"),
        pytest.param("emails[type pr]. pr", "no attribute", id="an empty tail"),
        pytest.param('shoeSize eq "9"', "no attribute 'shoeSize'", id="an unknown attribute"),
        pytest.param("members pr", "a User has no attribute", id="an attribute of groups"),
        pytest.param('name eq "x"', "name.formatted", id="an object without a value"),
        pytest.param('password eq "x"', "cannot be asked for", id="the password"),
        pytest.param('(password sw "x")', "cannot be asked for", id="the password, slowly"),
        pytest.param("password pr", "cannot be asked for", id="whether there is a password"),
        pytest.param('active eq "true"', "true or false", id="a text for a boolean"),
        pytest.param("title eq true", "double quotes", id="a boolean for a text"),
        pytest.param("title eq 7", "double quotes", id="a number for a text"),
        pytest.param("active gt true", "gt does not apply", id="the order of booleans"),
        pytest.param("active co true", "co does not apply", id="a part of a boolean"),
        pytest.param(
            'x509Certificates gt "x"', "gt does not apply", id="the order of certificates"
        ),
        pytest.param("title gt null", "null cannot be compared", id="more than nothing"),
        pytest.param("title co null", "null cannot be compared", id="a part that is nothing"),
    ],
)
def test_refuses(text: str, detail: str) -> None:
    with pytest.raises(InvalidFilter) as refusal:
        parse_filter(text, USER_TYPE)
    assert detail in refusal.value.detail
    assert refusal.value.body()["status"] == "400"
    assert refusal.value.body()["scimType"] == "invalidFilter"


def test_names_the_character_at_which_it_stopped() -> None:
    with pytest.raises(InvalidFilter, match=r"^expected an operator .* at character 19, not 'has'"):
        parse_filter("title pr and name has 1", USER_TYPE)


def test_a_group_is_asked_about_its_own_attributes() -> None:
    node = parse_filter('members.value eq "7"', GROUP_TYPE)
    assert node == Compare(at("members.value", GROUP_TYPE), Op.EQ, "7")
    with pytest.raises(InvalidFilter, match="a Group has no attribute 'userName'"):
        parse_filter('userName eq "ada"', GROUP_TYPE)


def nested(depth: int) -> str:
    return "(" * depth + "title pr" + ")" * depth


def terms(number: int) -> str:
    return " or ".join(["title pr"] * number)


def long(length: int) -> str:
    frame = 'title eq ""'
    return f'{frame[:-1]}{"x" * (length - len(frame))}"'


@pytest.mark.parametrize(
    ("text", "beyond"),
    [
        pytest.param(nested(MAX_DEPTH), nested(MAX_DEPTH + 1), id="parentheses"),
        pytest.param(
            f"{'not (' * MAX_DEPTH}title pr{')' * MAX_DEPTH}",
            f"{'not (' * (MAX_DEPTH + 1)}title pr{')' * (MAX_DEPTH + 1)}",
            id="negations",
        ),
        pytest.param(
            f"emails[{nested(MAX_DEPTH - 1).replace('title', 'type')}]",
            f"emails[{nested(MAX_DEPTH).replace('title', 'type')}]",
            id="parentheses in brackets",
        ),
        pytest.param(terms(MAX_TERMS), terms(MAX_TERMS + 1), id="terms"),
        pytest.param(long(MAX_LENGTH), long(MAX_LENGTH + 1), id="characters"),
    ],
)
def test_reads_up_to_a_limit(text: str, beyond: str) -> None:
    parse_filter(text, USER_TYPE)
    with pytest.raises(InvalidFilter, match=r"deeper|more than|at most"):
        parse_filter(beyond, USER_TYPE)


def test_groups_beside_one_another_are_not_deep() -> None:
    many = " and ".join(["(title pr)"] * (MAX_DEPTH * 2))
    assert isinstance(parse_filter(many, USER_TYPE), And)


COUNTED = ResourceType(
    "Thing",
    "/Things",
    "",
    Schema(
        "urn:thing", "Thing", "", (Attribute("size", "integer"), Attribute("weight", "decimal"))
    ),
    (),
)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        pytest.param("7", 7, id="whole"),
        pytest.param("-0", 0, id="zero"),
        pytest.param("9007199254740993", 9007199254740993, id="more than a float holds"),
    ],
)
def test_reads_numbers(word: str, value: int) -> None:
    node = parse_filter(f"size ge {word}", COUNTED)
    assert node == Compare(at("size", COUNTED), Op.GE, value)
    assert isinstance(node, Compare)
    assert isinstance(node.value, int)


@pytest.mark.parametrize(("word", "value"), [("1.5", 1.5), ("-2E+3", -2000.0), ("7", 7)])
def test_reads_decimals(word: str, value: float) -> None:
    expected = Compare(at("weight", COUNTED), Op.LT, value)
    assert parse_filter(f"weight lt {word}", COUNTED) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("weight eq 1e999", id="a number beyond all floats"),
        pytest.param("size eq 1.5", id="a fraction of a whole number"),
        pytest.param("size co 7", id="a part of a number"),
        pytest.param("size eq true", id="a boolean"),
        pytest.param('size eq "7"', id="a text"),
    ],
)
def test_refuses_for_a_number(text: str) -> None:
    with pytest.raises(InvalidFilter):
        parse_filter(text, COUNTED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            'roles[primary eq "True"]',
            ValuePath(at("roles"), Compare(within("roles", "primary"), Op.EQ, value=True)),
            id="a boolean as a text in brackets",
        ),
        pytest.param(
            'ActiVe eq "False"', Compare(at("active"), Op.EQ, value=False), id="and outside"
        ),
        pytest.param("title eq 7", Compare(at("title"), Op.EQ, "7"), id="a number for a text"),
        pytest.param(
            "title eq 1.50", Compare(at("title"), Op.EQ, "1.50"), id="a number as it is written"
        ),
        pytest.param(
            "title eq Employee and emails[type eq work]",
            And(Compare(at("title"), Op.EQ, "Employee"), ValuePath(at("emails"), WORK)),
            id="words without quotes",
        ),
        pytest.param(
            'manager eq "7"',
            Compare(at(f"{ENTERPRISE_URN}:manager.value"), Op.EQ, "7"),
            id="an extension's attribute by its short name",
        ),
    ],
)
def test_the_tolerant_dialect_reads(text: str, expected: Filter) -> None:
    assert parse_filter(text, USER_TYPE, TOLERANT) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('active eq "yes"', id="a boolean that is none"),
        pytest.param('shoeSize eq "9"', id="an unknown attribute: an empty answer would mislead"),
        pytest.param("title eq true", id="a boolean for a text"),
        pytest.param("title eq and", id="a word of the grammar for a text"),
        pytest.param("title eq Ada Lovelace", id="two words without quotes"),
        pytest.param("active eq maybe", id="a word for a boolean"),
    ],
)
def test_the_tolerant_dialect_refuses(text: str) -> None:
    with pytest.raises(InvalidFilter):
        parse_filter(text, USER_TYPE, TOLERANT)


@given(filters(USER_TYPE))
def test_printing_then_reading_gives_the_same_filter_on_users(node: Filter) -> None:
    assert parse_filter(str(node), USER_TYPE) == node


@given(filters(GROUP_TYPE))
def test_printing_then_reading_gives_the_same_filter_on_groups(node: Filter) -> None:
    assert parse_filter(str(node), GROUP_TYPE) == node


@given(filters(USER_TYPE))
def test_the_tolerant_dialect_reads_all_that_the_book_reads_alike(node: Filter) -> None:
    assert parse_filter(str(node), USER_TYPE, TOLERANT) == node


@pytest.mark.parametrize("word", WORDS)
def test_the_short_way_reads_as_the_long_way(word: str) -> None:
    plain = f'userName eq "{word}"'
    try:
        expected: Filter | None = parse_filter(f"({plain})", USER_TYPE)
    except ScimError:
        expected = None
    if expected is None:
        with pytest.raises(InvalidFilter):
            parse_filter(plain, USER_TYPE)
    else:
        assert parse_filter(plain, USER_TYPE) == expected
