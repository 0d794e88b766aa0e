"""Somebody who has never seen the page Connect, in Chromium: what is visible is enough."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect

from headcount.cli import main
from headcount.store.model import Policy, UsernameFormat
from headcount.store.visitors import Reach
from tests.console.browsing import link, root_of
from tests.console.chromium import launched
from tests.databases import SQLITE, fresh
from tests.serving import Office, Site, serving, settle
from tests.web.client import Client

MOST_STEPS = 20


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched("the page Connect") as browser:
        yield browser


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Site]:
    """An organisation that has a server for itself."""
    database = fresh(SQLITE, tmp_path)
    with serving(database) as base_url:
        office = Office(database)
        yield settle(base_url, office, Policy(UsernameFormat.EMAIL))
        office.close()


class Person:
    """Clicks what is visible, and counts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.steps = 0
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda told: self.errors.append(told.text))

    def click(self, role: str, name: str) -> None:
        """Click something by what it is called."""
        self.steps += 1
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type] # a role

    def copy(self, label: str) -> str:
        """What the button beside `label` in the steps copies."""
        self.steps += 1
        line = self.page.locator(".guide li").filter(has_text=label).last
        line.get_by_role("button").click()
        copied = self.page.evaluate("navigator.clipboard.readText()")
        assert isinstance(copied, str)
        return copied


@pytest.mark.parametrize(
    ("provider", "card", "address", "token"),
    [
        ("okta", "Okta", "Base URL", "API token"),
        ("entra", "Microsoft Entra ID", "Tenant URL", "Secret Token"),
    ],
)
def test_somebody_connects_a_provider_with_the_page_alone(
    provider: str, card: str, address: str, token: str, alone: Site, chromium: Browser
) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    person = Person(context.new_page())
    page = person.page
    secret = link(alone.office, Reach.SET_UP, alone.slug)
    page.goto(f"{root_of(alone.base_url)}/enter/{secret}")
    person.click("button", "Begin")
    person.click("link", card)
    person.click("button", f"Issue a token for {card}")
    typed = person.copy(address), person.copy(token)
    assert typed[0] == alone.base_url
    assert typed[1].startswith("Bearer ") is (provider == "okta")
    told = page.locator(".told")
    expect(told).to_contain_text("Waiting for the first request")

    client = {"User-Agent": {"okta": "Okta SCIM Client 1.0.0"}.get(provider, "azure")}
    Client(alone.base_url, typed[1][:-5], client)("GET", "/Users")  # not the whole token
    expect(told).to_contain_text("copied in part")
    expect(told.locator(".bad")).to_be_visible()

    words = ["simulate", provider, "--base-url", typed[0]]
    played = CliRunner().invoke(main, [*words, "--token", typed[1].removeprefix("Bearer ")])
    assert played.exit_code == 0, played.output
    expect(told).to_contain_text(card)
    expect(told.locator(".bad")).to_have_count(0)
    page.get_by_role("link", name="Look again").last.click()
    person.steps += 1
    expect(page.locator(".arrived")).to_contain_text("userName")
    assert person.steps < MOST_STEPS
    assert person.errors == []
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_page(
    width: int, scheme: str, alone: Site, chromium: Browser
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of the two
    page.goto(f"{root_of(alone.base_url)}/enter/{link(alone.office, Reach.SET_UP, alone.slug)}")
    page.get_by_role("button", name="Begin").click()
    ask = Client(alone.base_url, alone.token)
    for where in ("", "?provider=okta", "?provider=generic"):
        page.goto(f"{root_of(alone.base_url)}/o/{alone.slug}/connect{where}")
        for summary in page.locator("summary").all():
            summary.click()
        ask("POST", "/Users", {"userName": "ada@acme.test", "colour": "red"})
        ask("POST", "/Users", {"userName": "grace"})
        expect(page.locator(".told .bad")).to_be_visible()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
