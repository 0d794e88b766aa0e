"""Every refusal of the server has its cause and its remedy in the console, and tells no secret."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import headcount
from headcount import errors
from headcount.activity.causes import GENERAL
from headcount.activity.refusals import BY_STATUS
from headcount.api import problems
from headcount.api.keyring import NoKey
from headcount.bootstrap import Runtime
from headcount.errors import ScimError
from headcount.scim.filters import UnknownSub
from headcount.store.activity import Done, Exchange
from headcount.store.model import Policy
from headcount.store.postgres.troubles import Lost
from headcount.store.visitors import Reach
from headcount.web.answers import ServerFault
from tests.activity.test_causes import classes
from tests.console.browsing import Browser, signed_in
from tests.console.lines import Line, awaited, facts_of, lines_of, text_of
from tests.console.refusing import BASE_DOMAIN, CASES, LARGEST, OKTA, PASSWORD, connected
from tests.databases import SQLITE, fresh
from tests.serving import Office, Site, serving, settle

SOURCE = Path(headcount.__path__[0])

KINDS = (errors.Conflict, errors.Forbidden)
"""What others are kinds of. A server says them of an operation in a bulk request, and in pages."""

OF_OTHERS = (
    *(errors.TooManyRequests, errors.ProviderFailed, errors.InUse, errors.Expired),
    *(NoKey, problems.ServerFault),
)
"""Answers to the console, a shell or the application, never to an identity provider."""

OUT_OF_REACH: dict[type[ScimError], str] = {
    errors.Unavailable: "Nothing has to be done in Okta",
    Lost: "Nothing has to be done in Okta",
    ServerFault: "Whoever runs this server finds the reason in its log",
    UnknownSub: "Correct the name of the target attribute",
}
"""Nobody can provoke these from outside while the database works -> the remedy."""


NARROWER = {401, 403, 404, 409}
"""Answers of which there are several kinds, so that what is said of all of them says too little."""


class Place(NamedTuple):
    """A server that limits bodies and gives each organisation a host name of its own."""

    base_url: str
    office: Office

    def settled(self, policy: Policy) -> Site:
        """A new organisation."""
        return settle(self.base_url, self.office, policy)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    database = fresh(SQLITE, tmp_path_factory.mktemp("refusals"))
    settings = {
        "HEADCOUNT_MAX_BODY_BYTES": str(LARGEST),
        "HEADCOUNT_BASE_DOMAIN": BASE_DOMAIN,
    }
    with serving(database, **settings) as base_url:
        office = Office(database)
        settle(base_url, office)  # so that a request may be nobody's
        yield Place(base_url, office)
        office.close()


def refused_in(site: Site, where: str = "") -> tuple[Browser, Line]:
    """The only refusal of an organisation, once it stands in the list."""
    browser = signed_in(site.base_url, site.office, Reach.ORGANISATION, site.slug)
    path = where or f"/o/{site.slug}/activity?failures=yes"
    (line,) = awaited(lambda: lines_of(browser.open(path)))
    return browser, line


@pytest.mark.parametrize("name", CASES)
def test_whoever_is_refused_finds_why_and_what_to_do(name: str, place: Place) -> None:
    case = CASES[name]
    site = place.settled(case.policy)
    answer = case.act(connected(site))
    status = answer if isinstance(answer, int) else answer.status
    assert status == case.by.status
    browser, line = refused_in(site)
    assert line.status == status
    assert case.cause in line.cause
    no_secret(browser, site)
    browser.open(line.address)
    told = facts_of(browser)
    assert told["Why it failed"] == line.cause
    assert case.remedy in told["What to do"]
    assert told["Answer"].startswith(str(status))
    for sentence in (line.cause, told["What to do"]):
        assert re.fullmatch(r"[A-Z].*\.", sentence)
        assert "(removed)" not in sentence
    assert line.cause != GENERAL.cause
    assert status not in NARROWER or line.cause != BY_STATUS[status].cause
    if isinstance(answer, int):
        return
    assert case.by.scim_type == answer.json().get("scimType")
    no_secret(browser, site)


def no_secret(browser: Browser, site: Site) -> None:
    """Neither a password nor a token stands on the page."""
    assert browser.status == 200
    for secret in (PASSWORD, site.token, site.token[12:30], "Geh3im"):
        assert secret not in browser.text


def test_every_refusal_of_the_source_is_tried() -> None:
    tried = {case.by for case in CASES.values()}
    assert tried.union(KINDS, OF_OTHERS, OUT_OF_REACH) == set(classes())
    assert tried.isdisjoint((*KINDS, *OF_OTHERS))


@pytest.mark.parametrize("refusal", OF_OTHERS)
def test_what_only_pages_say_is_not_said_to_identity_providers(refusal: type[ScimError]) -> None:
    folders = [*(SOURCE / one for one in ("web", "scim", "activity"))]
    files = [file for folder in folders for file in folder.rglob("*.py")]
    files += [SOURCE / "tolerance.py", SOURCE / "directory" / "directory.py"]
    assert len(files) > 30
    raising = re.compile(rf"raise {refusal.__name__}\b")
    assert not [file for file in files if raising.search(file.read_text())]


@pytest.mark.parametrize("refusal", OUT_OF_REACH)
def test_what_cannot_be_provoked_is_explained_too(refusal: type[ScimError], place: Place) -> None:
    site = place.settled(Policy())
    org = site.organisation.id

    async def happened(at: Runtime) -> None:
        one = Exchange(
            org=org, at="2026-01-02T03:04:05.000Z", duration=7, method="POST", path="/Users",
            status=refusal.status, did=Done.REFUSED, client=OKTA["User-Agent"],
            refusal=refusal.__name__, detail="it was so",
        )  # fmt: skip
        await at.store.add_exchanges([one], {})

    site.office.do(happened)
    browser, line = refused_in(site)
    assert line.status == refusal.status
    assert line.cause not in {"", GENERAL.cause}
    assert OUT_OF_REACH[refusal] in facts_of(browser.open(line.address))["What to do"]


def test_what_is_nobodys_is_explained_to_whoever_runs_the_server(place: Place) -> None:
    site = place.settled(Policy())
    ask = connected(site).ask
    type(ask)(ask.base_url, "a-token-of-elsewhere", OKTA)("GET", "/Users?count=1&startIndex=3")
    browser = signed_in(site.base_url, site.office, Reach.SERVER)
    line = awaited(lambda: lines_of(browser.open("/unclaimed?status=401")))[0]
    assert "none that this server has issued" in line.cause
    told = facts_of(browser.open(line.address))
    assert "Issue a token for this organisation" in told["What to do"]
    assert "a-token-of-elsewhere" not in browser.text
    assert text_of(browser.text).count("(removed)") > 0
