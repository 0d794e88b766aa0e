"""The guides on the page Connect: what is in the documents, with an organisation's own values."""

import re
import subprocess
import sys
import zipfile
from html import unescape
from pathlib import Path

import pytest

from headcount.console.guides import (
    FOR_OPERATORS,
    STEPS,
    TOKEN,
    found,
    read,
    refusals,
    shelf,
)
from headcount.console.typesetting import Values, typeset
from tests.docs.pages import ROOT

ADDRESS = "https://acme.headcount.test/scim/v2"
SECRET = "headcount_" + "x" * 49
SHOWN = Values(ADDRESS, SECRET, frozenset(shelf()))
UNKNOWN = Values(ADDRESS, "", frozenset(shelf()))
COPY = re.compile(r'data-copy="([^"]*)"')


def copies(html: str) -> list[str]:
    return [unescape(value) for value in COPY.findall(html)]


def test_every_guide_of_the_documents_is_offered() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "connect").glob("*.md")}
    assert set(shelf()) == pages - {"README", "errors"}
    assert next(iter(shelf())) == "okta"
    assert all(guide.title and guide.note and guide.lead for guide in shelf().values())


@pytest.mark.parametrize("key", shelf())
def test_every_guide_has_steps_with_the_address_and_the_token(key: str) -> None:
    html = typeset(shelf()[key].sections[STEPS], SHOWN)
    assert html.count("<li>") >= 4
    assert ADDRESS in copies(html)
    assert [one for one in copies(html) if SECRET in one]
    assert not [one for one in copies(html) if "yourorganisation" in one or TOKEN in one]


@pytest.mark.parametrize("key", shelf())
def test_without_a_token_the_steps_lead_to_where_one_is_issued(key: str) -> None:
    html = typeset(shelf()[key].sections[STEPS], UNKNOWN)
    assert '<a class="blank" href="#token">' in html
    assert not [one for one in copies(html) if "token" in one]


@pytest.mark.parametrize("key", shelf())
def test_nothing_of_a_guide_is_for_a_shell_on_the_server(key: str) -> None:
    guide = shelf()[key]
    assert set(guide.sections) >= FOR_OPERATORS
    assert not set(guide.further) & FOR_OPERATORS
    texts = [guide.lead, guide.sections[STEPS], *guide.further.values()]
    for html in (typeset(text, SHOWN) for text in texts):
        assert "yourorganisation" not in html
        assert not re.search(r"<pre|shell on the server|<code>--", html)
        assert not re.search(r"<p>(?:(?!</p>).)*<code>headcount ", html, re.DOTALL)


@pytest.mark.parametrize("key", shelf())
def test_a_link_of_a_guide_leads_to_somewhere_on_the_page_or_nowhere(key: str) -> None:
    for text in (*shelf()[key].sections.values(), refusals()):
        for target in re.findall(r'href="([^"]*)"', typeset(text, UNKNOWN)):
            assert target in {"#token", "#refusals"} or target.startswith("https://")


def test_guides_lead_to_one_another() -> None:
    text = (found() / "README.md").read_text("utf-8")
    assert 'href="?provider=okta"' in typeset(text, UNKNOWN)


def test_only_okta_is_said_to_want_the_word_in_front() -> None:
    assert {key for key, guide in shelf().items() if guide.wants_word} == {"okta"}


def test_what_is_no_markup_does_not_become_any() -> None:
    html = typeset('<script>x</script> `<b>` [x](javascript:x) **L**: `"><i>`', SHOWN)
    assert "<script" not in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert "javascript" not in re.sub(r"\[x\]\(javascript:x\)", "", html)
    assert copies(html) == ['"><i>']


def test_the_table_of_refusals_is_whole() -> None:
    rows = (ROOT / "docs/connect/errors.md").read_text("utf-8").count("\n| 4")
    assert typeset(refusals(), SHOWN).count("<tr>") == rows + 1


def test_a_page_is_read_by_its_headings() -> None:
    assert read("# T\n\nLead,\nmore.\n") == ("Lead,\nmore.", {})
    lead, sections = read("# T\n\nLead.\n\n## One\n\nA.\n\n### Below\n\n## Two\n\nB.\n")
    assert (lead, sections) == ("Lead.", {"One": "A.\n\n### Below", "Two": "B."})


BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"


def test_the_package_brings_its_guides_along(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    wheel = tmp_path / built.stdout.split()[-1]
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if name.startswith("headcount/guides/")}
        packed.extractall(tmp_path / "installed")
    assert {Path(name).stem for name in names} == {*shelf(), "README", "errors"}
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "from headcount.console.guides import found, shelf; print(found(), *shelf())",
        ],
        env={"PYTHONPATH": str(tmp_path / "installed")},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    place, *keys = told.stdout.split()
    assert place.startswith(str(tmp_path / "installed"))
    assert keys == list(shelf())
