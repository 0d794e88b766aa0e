"""What was answered and not recorded is told, to those whose it is."""

import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

from headcount.store.activity import Sought
from headcount.store.visitors import Reach
from tests.console.browsing import Browser, signed_in
from tests.console.lines import awaited, lines_of, text_of
from tests.databases import SQLITE, fresh
from tests.serving import Office, Site, serving, settle
from tests.web.client import client

MANY = 2_000  # look-ups at once, of which a server records some hundred in a second
NOTE = re.compile(r"([\d,]+) requests were answered but not recorded since the server started")


def hurry(site: Site) -> None:
    """Ask so often without waiting for an answer, and take all answers."""
    place = urlsplit(site.base_url)
    request = (
        f"GET /scim/v2/Users/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {site.token}\r\n\r\n"
    )
    line = request.replace("/Users/x", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group")
    with socket.create_connection((str(place.hostname), int(place.port or 0))) as connection:
        answers = connection.makefile("rb")
        for _ in range(MANY // 50):
            connection.sendall(line.encode() * 50)
            for _ in range(50):
                assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
                length = 0
                while (header := answers.readline().lower()) != b"\r\n":
                    if header.startswith(b"content-length:"):
                        length = int(header.partition(b":")[2])
                answers.read(length)


def test_what_was_too_much_is_counted_and_shown(tmp_path: Path) -> None:
    database = fresh(SQLITE, tmp_path)
    with serving(database) as base_url:
        office = Office(database)
        site, other = settle(base_url, office), settle(base_url, office)
        browser = signed_in(base_url, office, Reach.ORGANISATION, site.slug)
        assert not NOTE.search(browser.open(f"/o/{site.slug}/activity").text)
        hurry(site)
        org = site.organisation.id

        def kept() -> int:
            found = office.do(lambda at: at.store.exchanges(org, Sought(), MANY + 1))
            return len(found)

        def told(page: str) -> int:
            found = NOTE.search(text_of(browser.open(f"/o/{site.slug}/{page}").text))
            return int(found[1].replace(",", "")) if found else 0

        assert awaited(lambda: told("activity") + kept() == MANY)
        assert told("activity") == told("") > 0
        theirs = signed_in(base_url, office, Reach.ORGANISATION, other.slug)
        for page in ("", "activity"):
            assert "not recorded" not in theirs.open(f"/o/{other.slug}/{page}").text
        office.close()


def test_where_nothing_is_recorded_that_is_told(tmp_path: Path) -> None:
    database = fresh(SQLITE, tmp_path)
    with serving(database, HEADCOUNT_ACTIVITY_DAYS="0") as base_url:
        office = Office(database)
        site = settle(base_url, office)
        client(site).create("grace@acme.test")
        client(site)("POST", "/Users", {"userName": "grace@acme.test"})
        browser = signed_in(base_url, office, Reach.ORGANISATION, site.slug)

        def reached() -> bool:
            return "reached us" in browser.open(f"/o/{site.slug}/").text

        assert awaited(reached)
        overview = text_of(browser.text)
        assert "An identity provider reached us just now ." in overview
        assert "nothing was refused" not in overview
        activity: Browser = browser.open(f"/o/{site.slug}/activity")
        assert lines_of(activity) == []
        assert "as it arrives" not in activity.text
        for text in (overview, text_of(activity.text)):
            assert "Requests are not recorded: whoever runs this server has switched" in text
        office.close()
