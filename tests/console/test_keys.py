"""API keys on the console: issued, used and revoked."""

import re

from headcount.directory.keys import READING
from headcount.store.visitors import Reach
from tests.api.client import at, refused
from tests.console.browsing import Browser, Form, signed_in
from tests.serving import Site, settle, wait_until_known
from tests.web.client import client

KEY = re.compile(r"<code>(headcount_key_\w+)</code>")


def issue(browser: Browser, site: Site, *scopes: str, label: str = "ledger") -> str:
    """A key that is issued on the page with these boxes ticked, as it was shown."""
    browser.open(f"/o/{site.slug}/keys")
    hidden = next(f for a, f in Form(browser.text).forms if a.endswith("/keys"))
    ticked = {f"scope-{scope}": "yes" for scope in scopes}
    form = {"csrf": hidden["csrf"], "label": label, "lifetime": "90", **ticked}
    browser.post(f"/o/{site.slug}/keys", form)
    assert browser.status == 200, browser.text
    (key,) = KEY.findall(browser.text)
    return str(key)


def test_a_key_works_until_it_is_revoked_and_is_shown_once(site: Site, database: str) -> None:
    browser = signed_in(site.base_url, site.office, Reach.SERVER)
    client(site).create("ada@acme.test")
    key = issue(browser, site, *READING)
    wait_until_known(database)
    assert at(site, key)("GET", f"/organisations/{site.slug}/events").status == 200
    browser.open(f"/o/{site.slug}/keys")
    assert key not in browser.text  # it was shown once
    assert "ledger" in browser.text
    browser.submit("/revoke")
    assert "Revoked. It opens nothing any more." in browser.text
    assert "1 that ended" in browser.text
    wait_until_known(database)
    refused(at(site, key)("GET", f"/organisations/{site.slug}/events"), 401)
    browser.open(f"/o/{site.slug}/settings")
    assert "key issued" in browser.text
    assert "key revoked" in browser.text
    assert key not in browser.text


def test_a_key_may_what_was_ticked_and_no_more(site: Site, database: str) -> None:
    browser = signed_in(site.base_url, site.office, Reach.SERVER)
    key = issue(browser, site, "accounts:read")
    wait_until_known(database)
    assert at(site, key)("GET", f"/organisations/{site.slug}/accounts").status == 200
    told = refused(at(site, key)("GET", f"/organisations/{site.slug}/events"), 403)
    assert "events:read" in told


def test_a_key_that_may_nothing_or_has_no_label_is_refused_with_a_sentence(site: Site) -> None:
    browser = signed_in(site.base_url, site.office, Reach.SERVER)
    for label, box in (("billing", {}), ("", {"scope-events:read": "yes"})):
        browser.open(f"/o/{site.slug}/keys")
        hidden = next(f for a, f in Form(browser.text).forms if a.endswith("/keys"))
        form = {"csrf": hidden["csrf"], "label": label, **box}
        browser.post(f"/o/{site.slug}/keys", form)
        assert browser.status == 400
        assert 'role="alert"' in browser.text
        assert not KEY.search(browser.text)
        assert f'title="{label or "nobody"}"' not in browser.text


def test_a_key_opens_its_organisation_alone(site: Site, database: str) -> None:
    another = settle(site.base_url, site.office)
    browser = signed_in(site.base_url, site.office, Reach.SERVER)
    key = issue(browser, site, *READING)
    wait_until_known(database)
    answer = at(another, key)("GET", f"/organisations/{another.slug}/accounts")
    assert answer.status in {403, 404}
    assert "ledger" not in browser.open(f"/o/{another.slug}/keys").text


def test_only_administrators_of_the_server_see_keys(site: Site) -> None:
    for reach in (Reach.ORGANISATION, Reach.SET_UP):
        browser = signed_in(site.base_url, site.office, reach, site.slug)
        assert f"/o/{site.slug}/keys" not in browser.text
        assert browser.open(f"/o/{site.slug}/keys").status == 403
        assert "ask an administrator of the server" in browser.text
