"""Links lead somewhere, dependencies are explained, and nothing is promised that is not there."""

import re
import tomllib

import pytest

from headcount import __version__
from tests.docs.pages import (
    CHANGELOG,
    CONTRIBUTING,
    DEPENDENCIES,
    OKTA,
    OPERATING,
    PAGES,
    README,
    ROOT,
    Page,
)

MACHINE = re.compile(r"(?<![\w.])/(home|root|work|tmp|Users/\w+/)\b|\.\./shared|\bpypi\.org\b")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_somewhere(page: Page) -> None:
    for link in page.links():
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = Page((page.path.parent / file).resolve()) if file else page
        assert target.path.is_file(), link
        assert not anchor or anchor in target.anchors(), link


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_no_page_speaks_of_the_machine_that_it_was_written_on(page: Page) -> None:
    assert not MACHINE.search(page.text)


def test_the_readme_leads_to_every_page() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in README.links()}
    assert {page.path for page in PAGES} - {README.path} <= linked


def section(page: Page, heading: str) -> str:
    """What stands under a heading of the second level."""
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", page.text, re.DOTALL | re.MULTILINE)
    assert found, f"{page} has no {heading!r}"
    return found[1]


def test_what_is_missing_is_said() -> None:
    for page, heading in (
        (README, "What is not there yet"),
        (OPERATING, "Not there yet"),
        (CHANGELOG, "0.1.0 - unreleased"),
    ):
        assert "removes whole organisations" in section(page, heading).lower(), page


def test_the_changelog_knows_this_version() -> None:
    assert re.search(rf"^## {re.escape(__version__)}\b", CHANGELOG.text, re.MULTILINE)


def names(requirements: list[str]) -> set[str]:
    """The packages that are required."""
    return {found[0] for one in requirements if (found := NAME.match(one))}


@pytest.mark.parametrize(
    ("heading", "requirements"),
    [
        ("At run time", PROJECT["project"]["dependencies"]),
        ("For the tests", PROJECT["project"]["optional-dependencies"]["test"]),
        ("To measure", PROJECT["project"]["optional-dependencies"]["bench"]),
    ],
)
def test_every_package_that_we_ask_for_has_its_row(heading: str, requirements: list[str]) -> None:
    rows = re.findall(r"^\| `([\w-]+)` \|", section(DEPENDENCIES, heading), re.MULTILINE)
    assert set(rows) == names(requirements)
    assert rows == sorted(rows)


@pytest.mark.parametrize("kind", ["runtime", "dev", "bench"])
def test_every_package_that_is_installed_is_named(kind: str) -> None:
    pinned = (ROOT / f"constraints/{kind}.txt").read_text(encoding="utf-8")
    installed = set(re.findall(r"^([\w.-]+)==", pinned, re.MULTILINE))
    assert installed <= set(DEPENDENCIES.spans())


def test_nothing_is_explained_that_is_not_installed() -> None:
    files = (ROOT / f"constraints/{kind}.txt" for kind in ("dev", "bench"))
    pinned = "".join(file.read_text(encoding="utf-8") for file in files)
    installed = set(re.findall(r"^([\w.-]+)==", pinned, re.MULTILINE))
    first_cells = [row[0].strip("`") for row in DEPENDENCIES.rows("Package")]
    assert set(first_cells) <= installed


def layers() -> list[set[str]]:
    """The layers of the import contract, the highest first."""
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    found = next(one["layers"] for one in contracts if one["type"] == "layers")
    return [set(re.findall(r"(?<=headcount\.)\w+", layer)) for layer in found]


def test_contributors_learn_the_layers_that_are_checked() -> None:
    lines = CONTRIBUTING.text.splitlines()
    chain = next(line for line in lines if line.startswith("`cli`, `embedding`, "))
    assert [set(re.findall(r"`(\w+)`", part)) for part in chain.split(">")] == layers()


@pytest.mark.parametrize("value", ["owner", "administrator", "moderator", "member", "guest"])
def test_the_five_roles_are_named_where_they_are_typed(value: str) -> None:
    for page in (README, OKTA):
        assert f"`{value}`" in page.prose
