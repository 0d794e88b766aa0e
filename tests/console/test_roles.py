"""Roles by group in the console: put together, foreseen, saved, and told as the reason."""

import json
import re
from collections.abc import Callable
from html import unescape

import pytest

from headcount.bootstrap import Runtime
from headcount.store.model import Policy, RoleRule
from headcount.store.visitors import Reach
from tests.console.browsing import Browser, signed_in
from tests.console.test_accounts import HOSTILE, harmless
from tests.serving import Site
from tests.web.client import Client, client, patch


@pytest.fixture
def browser(site: Site) -> Browser:
    return signed_in(site.base_url, site.office, Reach.ORGANISATION, site.slug)


@pytest.fixture
def call(site: Site) -> Client:
    return client(site)


def rows(browser: Browser) -> list[tuple[str, str]]:
    """The rules that the page shows: group, role."""
    table = browser.text.partition('id="rules"')[2].partition("</table>")[0]
    found = re.findall(r'/groups/[^"]*">([^<]*)</a></td>\s*<td class="fit">(\w+)</td>', table)
    return [(unescape(name), role) for name, role in found]


def press(browser: Browser, button: str, **fields: str) -> Browser:
    """Press a button that the page has."""
    assert f'name="do" value="{button}"' in browser.text, browser.text
    return browser.submit("/roles", do=button, **fields)


def foreseen(browser: Browser) -> str:
    """What the page says that saving changes, without markup."""
    part = browser.text.partition('id="preview"')[2].partition("</section>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", part)).split())


def role_of(call: Client, account: str) -> str:
    """What everybody else reads."""
    return str(json.loads(call("GET", f"/Users/{account}").data)["role"])


def join(call: Client, group: str, *members: str) -> None:
    value = [{"value": one} for one in members]
    answer = call(
        "PATCH", f"/Groups/{group}", patch({"op": "add", "path": "members", "value": value})
    )
    assert answer.status == 200, answer.data


def rules_of(site: Site) -> list[tuple[str, str]]:
    return [(rule.group, rule.role) for rule in site.organisation.role_rules]


def test_where_there_are_no_rules_the_page_says_what_they_are_for(
    site: Site, browser: Browser
) -> None:
    browser.open(f"/o/{site.slug}/roles")
    assert (browser.status, browser.heading) == (200, "Roles by group")
    assert "No rules yet" in browser.text
    assert 'value="save"' not in browser.text


def test_a_rule_is_foreseen_before_it_is_saved_and_holds_from_then_on(
    site: Site, browser: Browser, call: Client
) -> None:
    ada, grace = call.create("ada", displayName="Ada King"), call.create("grace")
    admins = call.create_group("Chat admins", ada)
    browser.open(f"/o/{site.slug}/roles")
    press(browser, "add", name="chat ADMINS", **{"new-role": "administrator"})
    assert rows(browser) == [("Chat admins", "Administrator")]
    assert "Not saved yet" in browser.text
    assert "1 account gets another role" in foreseen(browser)
    assert "Ada King Member Administrator" in foreseen(browser)
    assert (role_of(call, ada), rules_of(site)) == ("member", [])
    press(browser, "save")
    assert "Saved. Every account has the role" in browser.text
    assert rows(browser) == [("Chat admins", "Administrator")]
    assert rules_of(site) == [(admins, "administrator")]
    join(call, admins, grace)
    assert (role_of(call, ada), role_of(call, grace)) == ("administrator", "administrator")


def test_rules_are_ordered_and_taken_out_again(site: Site, browser: Browser, call: Client) -> None:
    ada = call.create("ada")
    call.create_group("Guests", ada)
    call.create_group("Admins", ada)
    browser.open(f"/o/{site.slug}/roles")
    press(browser, "add", name="Guests", **{"new-role": "guest"})
    press(browser, "add", name="Admins", **{"new-role": "administrator"})
    assert "Ada" not in foreseen(browser)
    assert "ada Member Guest" in foreseen(browser)
    press(browser, "up:1")
    assert rows(browser) == [("Admins", "Administrator"), ("Guests", "Guest")]
    assert "ada Member Administrator" in foreseen(browser)
    press(browser, "save")
    assert role_of(call, ada) == "administrator"
    press(browser, "remove:0")
    assert "ada Administrator Guest" in foreseen(browser)
    press(browser, "remove:0")
    assert rows(browser) == []
    assert "ada Administrator Member" in foreseen(browser)
    press(browser, "save")
    assert (role_of(call, ada), rules_of(site)) == ("member", [])


def test_a_rule_that_changes_nobody_says_so(site: Site, browser: Browser, call: Client) -> None:
    call.create_group("Admins")
    browser.open(f"/o/{site.slug}/roles")
    press(browser, "add", name="Admins", **{"new-role": "administrator"})
    assert "Nobody's role changes now" in foreseen(browser)


def test_rules_that_leave_no_owner_are_not_saved(
    site: Site, browser: Browser, call: Client
) -> None:
    owner = call.create("ada", role="owner")
    call.create_group("Guests", owner)
    browser.open(f"/o/{site.slug}/roles")
    press(browser, "add", name="Guests", **{"new-role": "guest"})
    assert "Nobody would own the organisation" in foreseen(browser)
    press(browser, "save")
    assert browser.status == 409
    assert "no active owner" in browser.text
    assert rows(browser) == [("Guests", "Guest")]
    assert (role_of(call, owner), rules_of(site)) == ("owner", [])


@pytest.mark.parametrize(
    ("name", "role", "told"),
    [
        ("", "guest", "type the name"),
        ("Nobody", "guest", "no group begins"),
        ("Te", "guest", "several groups"),
        ("Team", "emperor", "is no role"),
        ("Admins", "guest", "two rules"),
    ],
)
def test_what_cannot_be_a_rule_is_refused_and_the_others_stay(
    name: str, role: str, told: str, site: Site, browser: Browser, call: Client
) -> None:
    for group in ("Admins", "Team", "Teams"):
        call.create_group(group)
    browser.open(f"/o/{site.slug}/roles")
    press(browser, "add", name="Admins", **{"new-role": "administrator"})
    press(browser, "add", name=name, **{"new-role": role})
    assert browser.status == 400
    assert told in browser.text.lower()
    assert rows(browser) == [("Admins", "Administrator")]


def test_two_who_change_rules_at_once_do_not_undo_each_other(
    site: Site, browser: Browser, call: Client
) -> None:
    for group in ("Admins", "Team"):
        call.create_group(group)
    other = signed_in(site.base_url, site.office, Reach.SERVER)
    for one in (browser, other):
        one.open(f"/o/{site.slug}/roles")
    press(browser, "add", name="Admins", **{"new-role": "administrator"})
    press(browser, "save")
    press(other, "add", name="Team", **{"new-role": "guest"})
    press(other, "save")
    assert other.status == 412
    assert "somebody else" in other.text
    assert len(rules_of(site)) == 1


def test_a_rule_of_a_group_that_is_gone_says_so(site: Site, browser: Browser, call: Client) -> None:
    ada = call.create("ada")
    admins = call.create_group("Admins", ada)
    browser.open(f"/o/{site.slug}/roles")
    press(browser, "add", name="Admins", **{"new-role": "administrator"})
    press(browser, "save")
    call("DELETE", f"/Groups/{admins}")
    browser.open(f"/o/{site.slug}/roles")
    assert "Gone" in browser.text
    assert role_of(call, ada) == "member"
    press(browser, "remove:0")
    press(browser, "save")
    assert rules_of(site) == []


def test_an_account_tells_why_it_has_its_role_and_keeps_its_own(
    site: Site, browser: Browser, call: Client
) -> None:
    ada = call.create("ada")
    admins = call.create_group("Admins", ada)
    org = site.organisation

    async def rule(runtime: Runtime) -> None:
        await runtime.role_rules.set(org, [RoleRule(admins, "administrator")])

    site.office.do(rule)
    browser.open(f"/o/{site.slug}/accounts/{ada}")
    facts = browser.text.partition('id="facts"')[2].partition("</section>")[0]
    assert "as a member of" in facts
    assert f'/groups/{admins}"' in facts
    assert "without, Member" in facts
    assert "Role given to members of" in browser.text
    browser.submit("/role", role="guest")
    assert "once no rule gives it another" in browser.text
    assert "without, Guest" in browser.text
    assert role_of(call, ada) == "administrator"
    browser.submit("/role", role="administrator")  # by hand that is a decision, not an echo
    assert "without, Administrator" in browser.text
    browser.submit("/role", role="emperor")
    assert browser.status == 400
    assert "Gives the role" in browser.open(f"/o/{site.slug}/groups/{admins}").text
    assert "Administrator, <a" in browser.text
    audit = signed_in(site.base_url, site.office, Reach.SERVER).open("/audit").text
    assert "account own role changed" in audit
    assert "roles ruled" in audit


def test_names_of_groups_and_people_are_harmless(
    site: Site, browser: Browser, call: Client
) -> None:
    for text in HOSTILE:
        ada = call.create(text, displayName=text)
        group = call.create_group(text, ada)
        fields = {"name": "x", "group": group, "role": "owner", "do": "show"}
        browser.open(f"/o/{site.slug}/roles").submit("/roles", **fields)
        harmless(browser)
        browser.submit("/roles", name=text, do="add", **{"new-role": text})
        assert browser.status in {200, 400}
        harmless_at_any_status(browser)


def harmless_at_any_status(browser: Browser) -> None:
    browser.status = 200
    harmless(browser)


def test_what_a_form_says_beside_its_buttons_does_no_harm(
    site: Site, browser: Browser, call: Client
) -> None:
    admins = call.create_group("Admins")
    browser.open(f"/o/{site.slug}/roles")
    for do in ("", "up", "up:-1", "up:9", "remove:x", "explode:1", "up:" + "9" * 5_000):
        browser.submit("/roles", do=do, group=admins, role="guest")
        assert browser.status in {200, 400}, do
    browser.submit("/roles", do="save", seen="[{", group=admins, role="guest")
    assert browser.status == 400
    assert rules_of(site) == []


def test_rules_of_one_organisation_are_nothing_to_another(
    settled: Callable[[Policy], Site],
) -> None:
    ours, theirs = settled(Policy()), settled(Policy())
    group = client(theirs).create_group("Their secret project")
    browser = signed_in(ours.base_url, ours.office, Reach.ORGANISATION, ours.slug)
    browser.open(f"/o/{ours.slug}/roles")
    browser.submit("/roles", do="save", group=group, role="owner")
    assert browser.status == 400
    assert "Their secret project" not in browser.text
    assert rules_of(ours) == []
