"""Who gets into the console, how far, and how they are let out again."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from headcount.bootstrap import Runtime, clock
from headcount.console.application import ALL_PAGES, HEADERS
from headcount.console.visits import Page
from headcount.directory.visiting import IDLE_LIFETIME, SESSION_LIFETIME
from headcount.store.model import Policy
from headcount.store.visitors import Reach
from tests.console.browsing import Browser, Form, link, root_of, signed_in
from tests.serving import Office, Site, serving, settle

EVERY_PAGE = [pytest.param(page, id=f"{page.method} {page.path or '/'}") for page in ALL_PAGES]
CLOSED_PAGES = [
    pytest.param(page, id=f"{page.method} {page.path}")
    for page in ALL_PAGES
    if page.open_to and page.path != "/leave"  # which signs out whoever comes after
]


@pytest.fixture(scope="module")
def sites(server: str, office: Office) -> tuple[Site, Site]:
    """Two organisations on one server."""
    return settle(server, office), settle(server, office)


@pytest.fixture(scope="module")
def browsers(sites: tuple[Site, Site]) -> dict[Reach | None, Browser]:
    """Somebody of every kind, of the first organisation where they are of one."""
    ours, _ = sites
    made: dict[Reach | None, Browser] = {
        reach: signed_in(ours.base_url, ours.office, reach, ours.slug) for reach in Reach
    }
    return {**made, None: Browser(root_of(ours.base_url))}


def address(page: Page, slug: str) -> str:
    """The page of an organisation; ids that nobody has."""
    return re.sub(r"\{\w+(:\w+)?\}", "0", page.path.replace("{slug}", slug))


@pytest.mark.parametrize("page", CLOSED_PAGES)
@pytest.mark.parametrize("reach", [*Reach, None])
@pytest.mark.parametrize("which", ["ours", "theirs"])
def test_every_page_is_open_to_whom_it_says_and_to_nobody_else(
    page: Page,
    reach: Reach | None,
    which: str,
    sites: tuple[Site, Site],
    browsers: dict[Reach | None, Browser],
) -> None:
    browser = browsers[reach]
    before = dict(browser.cookies)
    slug = sites[which == "theirs"].slug
    where = address(page, slug)
    if page.method == "GET":
        browser.open(where, follow=False)
    else:
        browser.post(where, {"csrf": "wrong"}, follow=False)
    foreign = "{slug}" in page.path and which == "theirs" and reach is not Reach.SERVER
    if reach is None:
        assert browser.status == 303, browser.text
        assert "/sign-in" in browser.headers["location"]
    elif reach not in page.open_to:
        assert browser.status == 403
    elif foreign:
        assert browser.status == 404
        assert "no organisation" in browser.text
    elif page.method == "POST":
        assert browser.status == 403  # the form is from nowhere
        assert "too old" in browser.text
    else:
        assert browser.status in {200, 303, 404}, browser.text
        assert "no organisation" not in browser.text
    assert browser.cookies == before


@pytest.mark.parametrize("page", [one for one in EVERY_PAGE if "{slug}" in str(one.id)])
def test_an_organisation_that_is_not_open_looks_like_none(
    page: Page, sites: tuple[Site, Site], browsers: dict[Reach | None, Browser]
) -> None:
    _, theirs = sites
    for reach in (Reach.ORGANISATION, Reach.SET_UP):
        if reach not in page.open_to:
            continue
        texts = []
        for slug in (theirs.slug, "nobody-has-this"):
            browser = browsers[reach]
            method = browser.open if page.method == "GET" else browser.post
            method(address(page, slug), follow=False)
            texts.append((browser.status, browser.text.replace(slug, "SLUG")))
        assert texts[0] == texts[1]


def test_a_link_of_an_administrator_lets_in_once(site: Site) -> None:
    secret = link(site.office, Reach.ORGANISATION, site.slug)
    first, second = Browser(root_of(site.base_url)), Browser(root_of(site.base_url))
    assert first.open(f"/enter/{secret}").status == 200
    assert second.open(f"/enter/{secret}").status == 200  # looking uses nothing up
    first.submit("/enter")
    assert first.url.endswith(f"/o/{site.slug}/")
    second.submit("/enter")
    assert second.status == 404
    assert "was used, has expired or was revoked" in second.text
    assert not second.cookies


def test_a_set_up_link_opens_its_page_again_and_again_until_it_is_revoked(site: Site) -> None:
    secret = link(site.office, Reach.SET_UP, site.slug)
    for _ in range(2):
        browser = Browser(root_of(site.base_url))
        browser.open(f"/enter/{secret}").submit("/enter")
        assert browser.url.endswith(f"/o/{site.slug}/connect")

    org = site.organisation.id

    async def revoke(runtime: Runtime) -> None:
        (one,) = await runtime.store.links(org)
        await runtime.store.revoke_link(org, one.id, clock())

    site.office.do(revoke)
    assert Browser(browser.root).open(f"/enter/{secret}").status == 404
    assert "/sign-in" in browser.open(f"/o/{site.slug}/connect").url


def test_who_signs_out_is_out(site: Site) -> None:
    browser = signed_in(site.base_url, site.office, Reach.ORGANISATION, site.slug)
    stolen = dict(browser.cookies)
    browser.open(f"/o/{site.slug}/settings").submit("/leave")
    assert "signed out" in browser.text
    assert not browser.cookies
    browser.cookies = stolen
    assert "/sign-in" in browser.open(f"/o/{site.slug}/settings").url


def test_who_is_removed_is_out_at_once(site: Site) -> None:
    browser = signed_in(site.base_url, site.office, Reach.ORGANISATION, site.slug)
    email = f"admin@{site.slug}.test"
    site.office.do(lambda runtime: runtime.visiting.remove(email, "cli"))
    assert "/sign-in" in browser.open(f"/o/{site.slug}/settings").url


@pytest.mark.parametrize(
    ("age", "idle", "comes_in"),
    [
        (timedelta(), timedelta(), True),
        (IDLE_LIFETIME, IDLE_LIFETIME + timedelta(minutes=1), False),
        (SESSION_LIFETIME - timedelta(hours=1), timedelta(hours=1), True),
        (SESSION_LIFETIME + timedelta(hours=1), timedelta(), False),
    ],
)
def test_a_session_ends(site: Site, age: timedelta, idle: timedelta, *, comes_in: bool) -> None:
    browser = signed_in(site.base_url, site.office, Reach.ORGANISATION, site.slug)

    org = site.organisation.id

    async def grow_old(runtime: Runtime) -> None:
        (one,) = await runtime.store.sessions(org)
        older = replace(
            one,
            created=one.created - age,
            last_seen=one.last_seen - idle,
            expires=one.expires - age,
        )
        await runtime.store.renew_session(one.digest, older)

    site.office.do(grow_old)
    browser.open(f"/o/{site.slug}/settings", follow=False)
    assert (browser.status == 200) is comes_in


def test_an_old_cookie_is_replaced_and_good_for_another_moment(site: Site) -> None:
    browser = signed_in(site.base_url, site.office, Reach.ORGANISATION, site.slug)
    old = dict(browser.cookies)

    org = site.organisation.id

    async def grow_old(runtime: Runtime) -> None:
        (one,) = await runtime.store.sessions(org)
        older = replace(one, created=one.created - timedelta(hours=1))
        await runtime.store.renew_session(one.digest, older)

    site.office.do(grow_old)
    browser.open(f"/o/{site.slug}/settings")
    assert browser.cookies != old
    assert browser.open(f"/o/{site.slug}/settings").status == 200
    late = Browser(browser.root)
    late.cookies = old
    assert late.open(f"/o/{site.slug}/settings", follow=False).status == 200
    assert late.cookies == old  # it is not renewed again


def test_the_cookie_is_for_nobody_but_this_server(site: Site) -> None:
    browser = Browser(root_of(site.base_url))
    browser.open(f"/enter/{link(site.office, Reach.SET_UP, site.slug)}")
    ((action, fields),) = Form(browser.text).forms
    browser.post("/enter", fields, follow=False)
    assert action.endswith("/enter")
    cookie = browser.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_form_from_another_site_does_nothing(site: Site) -> None:
    browser = signed_in(site.base_url, site.office, Reach.ORGANISATION, site.slug)
    browser.open(f"/o/{site.slug}/tokens")
    fields = next(f for a, f in Form(browser.text).forms if a.endswith("/tokens"))
    wish = {**fields, "label": "stolen"}
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
        browser.post(f"/o/{site.slug}/tokens", wish, **headers)
        assert browser.status == 403
    browser.post(f"/o/{site.slug}/tokens", {**wish, "csrf": "0" * 64})
    assert browser.status == 403
    other = signed_in(site.base_url, site.office, Reach.SERVER)
    other.post(f"/o/{site.slug}/tokens", wish)  # the field of somebody else's session
    assert other.status == 403
    assert browser.post(f"/o/{site.slug}/tokens", wish).status == 200
    assert site.kept("stolen")


def test_who_tries_many_links_waits(database: str) -> None:
    with serving(database) as base_url:  # of its own: everybody here comes from one address
        browser = Browser(root_of(base_url))
        statuses = [browser.open(f"/enter/{number}").status for number in range(40)]
        assert set(statuses) == {404, 429}
        assert browser.headers["retry-after"].isdecimal()
        assert "seconds" in browser.text


@pytest.mark.parametrize("path", ["/sign-in", "/enter/x", "/nothing", "/static/console.css"])
def test_every_answer_says_what_a_browser_may_do_with_it(site: Site, path: str) -> None:
    browser = Browser(root_of(site.base_url)).open(path)
    for name, value in HEADERS.items():
        if name != "cache-control":
            assert browser.headers[name] == value
    assert ("no-store" in browser.headers["cache-control"]) is ("static" not in path)


def test_no_page_holds_a_script_or_a_style_of_its_own(
    sites: tuple[Site, Site], browsers: dict[Reach | None, Browser]
) -> None:
    for page in ALL_PAGES:
        if page.method != "GET" or "csv" in page.path or "live" in page.path:
            continue
        text = browsers[Reach.SERVER].open(address(page, sites[0].slug)).text
        assert not re.search(r"<script(?! type=\"module\" src=)", text), page.path
        assert not re.search(r"<style|\sstyle=|\son\w+=", text), page.path


def test_the_first_one_says_who_they_are_and_the_second_cannot(
    another_database: Callable[[], str],
) -> None:
    database = another_database()
    with serving(database) as base_url:
        office = Office(database)
        first, second = (office.do(lambda runtime: runtime.visiting.first_link()) for _ in "12")
        one, two = Browser(root_of(base_url)), Browser(root_of(base_url))
        one.open(f"/enter/{first}").submit("/enter", email="not an address")
        assert one.status == 400
        assert "not an e-mail address" in one.text
        two.open(f"/enter/{second}")
        one.submit("/enter", email="ada@acme.test")
        assert one.heading == "Organisations"
        two.submit("/enter", email="mallory@acme.test")
        assert two.status == 404
        assert office.do(lambda runtime: runtime.visiting.first_link()) is None
        office.close()


def test_a_disabled_organisation_is_still_looked_after(site: Site) -> None:
    browser = signed_in(site.base_url, site.office, Reach.SERVER)
    browser.open(f"/o/{site.slug}/settings").submit("/settings/disabled", disabled="yes")
    assert site.organisation.disabled
    assert browser.open(f"/o/{site.slug}/").status == 200
    browser.open(f"/o/{site.slug}/settings").submit("/settings/disabled", disabled="no")
    assert not site.organisation.disabled


def test_policy_is_what_the_settings_say(settled: Callable[[Policy], Site]) -> None:
    site = settled(Policy(seats=3))
    browser = signed_in(site.base_url, site.office, Reach.ORGANISATION, site.slug)
    browser.open(f"/o/{site.slug}/settings")
    browser.submit(
        "/settings",
        name="Acme & Sons",
        username_format="email",
        allowed_domains="acme.test, Example.COM",
        seats="7",
    )
    assert "Saved" in browser.text
    assert "Acme &amp; Sons" in browser.text
    policy = site.organisation.policy
    assert policy.seats == 7
    assert policy.allowed_domains == ("acme.test", "example.com")
    assert "seats" in browser.text
    browser.submit("/settings", name="Acme", seats="many")
    assert browser.status == 400
    assert "whole number" in browser.text
    assert site.organisation.policy == policy


def test_a_token_is_issued_rotated_and_revoked(site: Site) -> None:
    browser = signed_in(site.base_url, site.office, Reach.ORGANISATION, site.slug)
    browser.open(f"/o/{site.slug}/tokens").submit("/tokens", label="okta", lifetime="90")
    (token,) = re.findall(r"<code>(headcount_\w{49})</code>", browser.text)
    old = site.kept("okta")
    assert token[10:16] == old.hint
    browser.submit(f"/{old.id}/rotate", overlap="7")
    (second,) = re.findall(r"<code>(headcount_\w{49})</code>", browser.text)
    assert second != token
    by_id = {one.id: one for one in site.office.do(lambda r: r.organisations.tokens(site.slug))}
    ended = by_id[old.id]
    assert ended.expires is not None
    assert timedelta(days=6) < ended.expires - clock() <= timedelta(days=7)
    browser.open(f"/o/{site.slug}/tokens")
    assert token not in browser.text  # it was shown once
    browser.submit(f"/{old.id}/revoke")
    assert "Revoked" in browser.text
    browser.open(f"/o/{site.slug}/settings")
    for done in ("token issued", "token replaced", "token revoked", "session opened"):
        assert done in browser.text
    assert token not in browser.text
