"""Settings and limits in the documents are those of the source."""

import re

import pytest

from headcount.directory.tokens import PREFIX
from headcount.scim import bulk, cursors, custom, filters, messages, operations
from headcount.scim.schemas import MEMBERS, USER
from headcount.settings import Settings, read_settings
from headcount.web import wire
from tests.docs.pages import OPERATING, PAGES, README, ROOT, Page

ALL_SET = Settings(
    public_url="https://x.test",
    base_domain="x.test",
    oidc_issuer="https://id.x.test",
    oidc_client_id="x",
    oidc_client_secret="y",
).environment()
DEFAULTS = Settings().environment()
READ_ELSEWHERE = {"HEADCOUNT_TOKEN"}  # by a command, not by a process that answers
OF_TESTS = {"HEADCOUNT_TEST_POSTGRES"}

VARIABLE = re.compile(r"\bHEADCOUNT_[A-Z_]+\b")


def table(page: Page) -> dict[str, str]:
    """Variable -> default, as the page has it."""
    return {row[0].strip("`"): row[1].strip("`") for row in page.rows("Variable")}


@pytest.mark.parametrize("page", [README, OPERATING], ids=str)
def test_every_variable_has_its_row_and_its_default(page: Page) -> None:
    assert table(page) == {name: DEFAULTS.get(name, "none") for name in ALL_SET}


def test_what_a_process_hands_to_its_workers_is_all_that_it_reads() -> None:
    source = (ROOT / "src/headcount/settings.py").read_text(encoding="utf-8")
    named = set(VARIABLE.findall(source))
    assert named == set(ALL_SET)
    assert read_settings(ALL_SET).environment() == ALL_SET


def test_no_module_reads_a_variable_that_is_not_documented() -> None:
    sources = (ROOT / "src").rglob("*.py")
    read = {name for path in sources for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}
    assert read == set(ALL_SET) | READ_ELSEWHERE
    assert all(f"`{name}`" in OPERATING.prose for name in read)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_no_page_names_a_variable_that_nobody_reads(page: Page) -> None:
    assert set(VARIABLE.findall(page.text)) <= set(ALL_SET) | READ_ELSEWHERE | OF_TESTS


LIMITS = [
    ("Body of a request", f"{Settings().max_body_bytes:,} bytes", "413"),
    ("Objects and lists within one another in JSON", f"{wire.MAX_DEPTH} levels", "invalidSyntax"),
    ("Operations in one PATCH", f"{operations.MAX_OPERATIONS:,}", "tooMany"),
    (
        "Values of one attribute, such as `emails`; members of a group are not limited",
        f"{USER.attributes[0].most:,}",
        "tooMany",
    ),
    ("Operations in one bulk request", f"{bulk.MAX_OPERATIONS:,}", "413"),
    ("Time a cursor is good for", f"{cursors.TIMEOUT:,} seconds", "expiredCursor"),
    ("Attributes that an organisation declares", f"{custom.MAX_CUSTOM}", "refused"),
    ("Filter", f"{filters.MAX_LENGTH:,} characters", "invalidFilter"),
    ("Filter", f"{filters.MAX_TERMS} terms", "invalidFilter"),
    ("Filter", f"{filters.MAX_DEPTH} levels", "invalidFilter"),
    ("Resources on a page", f"{messages.MAX_PAGE}; {messages.DEFAULT_PAGE} where", "as many"),
    ("Parameters in an address", f"{wire.MAX_PARAMETERS}", "invalidValue"),
    ("Seats", "`--seats`", "403"),
]


@pytest.mark.parametrize(("what", "limit", "answer"), LIMITS)
def test_a_limit_is_documented_with_its_number(what: str, limit: str, answer: str) -> None:
    rows = {row[0]: row[1:] for row in OPERATING.rows("What")}
    assert limit in rows[what][0]
    assert answer in rows[what][1]


def test_only_members_of_a_group_are_without_a_limit() -> None:
    assert len({attribute.most for attribute in USER.attributes}) == 1
    assert MEMBERS.most is None


def test_no_limit_is_documented_that_is_not_held_against_the_source() -> None:
    assert {row[0] for row in OPERATING.rows("What")} == {what for what, _, _ in LIMITS}


def test_the_look_of_a_token_is_documented() -> None:
    assert f"`{PREFIX}`" in OPERATING.prose
