"""Signing in to the console with OpenID Connect: with a real provider, and with none."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import pytest

from headcount.errors import InvalidValue
from headcount.settings import read_settings
from tests.console import canaille_provider as canaille
from tests.console.browsing import root_of
from tests.console.coming_in import Person, invite, refused, settings_of
from tests.console.hostile import CLIENT_ID, CLIENT_SECRET, Hostile, providing
from tests.databases import SQLITE, fresh
from tests.serving import Office, address_of, serving


@pytest.fixture(scope="module")
def real() -> Iterator[tuple[str, Callable[[str], None]]]:
    """Canaille: where it is, and how it learns of another address."""
    provider = subprocess.Popen(
        [sys.executable, "-m", canaille.__name__],
        env={**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert provider.stdin is not None
    assert provider.stdout is not None
    writes, reads = provider.stdin, provider.stdout

    def learn(address: str) -> None:
        writes.write(address + "\n")
        writes.flush()
        assert reads.readline() == "ok\n"

    yield reads.readline().strip(), learn
    writes.close()
    provider.wait(20)
    reads.close()


@pytest.fixture(scope="module")
def with_canaille(
    real: tuple[str, Callable[[str], None]], another_database: Callable[[], str]
) -> Iterator[tuple[str, Office]]:
    """A console of two processes: each may end what the other has begun."""
    issuer, learn = real
    database = another_database()
    given = settings_of(issuer, canaille.CLIENT_ID, canaille.CLIENT_SECRET)
    with serving(database, "--workers", "2", **given) as base_url:
        office = Office(database)
        invite(office, "Ada@ACME.test", "grace@acme.test")
        root = root_of(base_url)
        learn(f"{root}/oidc/callback")
        yield root, office
        office.close()


def through_canaille(root: str, name: str, then: str = "") -> Person:
    """Somebody who signs in at Canaille, with its forms."""
    person = Person(root)
    person.open(f"/sign-in{then}")
    (begin,) = re.findall(r'href="/console(/oidc/begin[^"]*)"', person.text)
    assert "Sign in with Acme &amp; Co" in person.text
    person.open(begin.replace("&amp;", "&"))
    person.submit("/login", login=name)
    person.submit("/auth/password", password=canaille.PASSWORD)
    if urlsplit(person.url).path == "/oauth/authorize":  # it asks once
        person.submit("/oauth/authorize", answer="accept")
    return person


@pytest.mark.parametrize("name", ["ada", "grace"])
def test_an_administrator_signs_in_with_a_real_provider(
    with_canaille: tuple[str, Office], name: str
) -> None:
    root, office = with_canaille
    person = through_canaille(root, name)
    assert person.url == f"{root}/organisations", person.text
    assert person.heading == "Organisations"
    assert set(person.cookies) >= {"headcount"}
    assert "headcount-oidc" not in person.cookies
    (last,) = office.do(lambda runtime: runtime.store.audited(None, None, 1))
    assert last.action == "session.opened"
    assert last.actor.lower() == f"administrator:{name}@acme.test"


def test_whoever_was_not_invited_stays_outside(with_canaille: tuple[str, Office]) -> None:
    root, _ = with_canaille
    person = through_canaille(root, "mallory")
    assert person.status == 404
    assert "mallory@acme.test was invited" in person.text
    assert "headcount" not in person.cookies
    assert "/sign-in" in person.open("/organisations").url


def test_people_get_to_the_page_that_they_wanted(with_canaille: tuple[str, Office]) -> None:
    root, _ = with_canaille
    wanted = Person(root).open("/administrators")
    assert "/sign-in?then=" in wanted.url
    person = through_canaille(root, "ada", "?" + wanted.url.partition("?")[2])
    assert person.url == f"{root}/administrators"


def test_a_code_of_a_real_provider_is_good_once(with_canaille: tuple[str, Office]) -> None:
    root, _ = with_canaille
    person = through_canaille(root, "ada")
    where = f"{root}/oidc/begin"
    while "/oidc/callback?" not in where:  # she is known there by now
        person.open(where, follow=False)
        where = urljoin(person.url, person.headers["location"])
    kept = {"headcount-oidc": person.cookies["headcount-oidc"]}
    assert person.open(where).heading == "Organisations"
    again = Person(root)
    again.cookies = kept
    refused(again.open(where), 400, "begin again")


def test_a_provider_that_is_down_is_told_and_nothing_else_suffers(tmp_path: Path) -> None:
    with providing(Hostile()) as hostile:
        issuer = hostile.issuer
    given = settings_of(issuer, CLIENT_ID, CLIENT_SECRET)
    with serving(fresh(SQLITE, tmp_path), **given) as base_url:
        person = Person(root_of(base_url)).open("/oidc/begin", follow=False)
        refused(person, 503, "cannot be reached")
        assert person.headers["retry-after"] == "5"
        assert person.open("/sign-in").status == 200


def test_without_settings_there_is_no_button_and_no_door(server: str) -> None:
    person = Person(root_of(server)).open("/sign-in")
    assert "/oidc/" not in person.text
    for path in ("/oidc/begin", "/oidc/callback?code=x&state=y"):
        assert person.open(path).status == 404
        assert "OpenID Connect" in person.text


ALL = settings_of("https://id.example.com", "x", "y")


@pytest.mark.parametrize("missing", list(ALL)[:3])
def test_half_of_the_settings_are_refused(missing: str) -> None:
    given = {name: value for name, value in ALL.items() if name != missing}
    with pytest.raises(InvalidValue, match=f"set {missing} too"):
        read_settings(given)


@pytest.mark.parametrize(
    "issuer",
    [
        "id.example.com",
        "http://id.example.com",
        "http://127.0.0.1.evil.test",
        "https://ada:secret@id.example.com",
        "https://id.example.com?x=1",
        "https://id.example.com#x",
        "https://",
        "https://[::1",
        "ftp://id.example.com",
    ],
)
def test_an_issuer_that_others_could_play_is_refused(issuer: str) -> None:
    with pytest.raises(InvalidValue, match="HEADCOUNT_OIDC_ISSUER must be") as told_:
        read_settings({**ALL, "HEADCOUNT_OIDC_ISSUER": issuer})
    assert "ada:secret" not in told_.value.detail


def test_the_secret_is_in_no_text_of_the_settings() -> None:
    given = read_settings({**ALL, "HEADCOUNT_OIDC_CLIENT_SECRET": "hush-hush"})
    assert given.oidc_client_secret == "hush-hush"
    assert "hush-hush" not in repr(given)


def test_a_missing_package_is_told_before_anything_listens(tmp_path: Path) -> None:
    code = "import sys; sys.modules['authlib'] = None; from headcount.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "serve", "--port", "0"],
        env={**os.environ, **ALL, "HEADCOUNT_DATABASE": fresh(SQLITE, tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "pip install 'headcount[oidc]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_secret_is_in_what_the_server_writes(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with providing(Hostile()) as hostile, log.open("w") as writes:
        hostile.authentication = []
        given = settings_of(hostile.issuer, CLIENT_ID, CLIENT_SECRET)
        server = subprocess.Popen(
            [sys.executable, "-m", "headcount", "serve", "--port", "0"],
            env={**os.environ, **given, "HEADCOUNT_DATABASE": fresh(SQLITE, tmp_path)},
            stdout=subprocess.PIPE,
            stderr=writes,
            text=True,
        )
        person = Person(root_of(address_of(server))).open("/oidc/begin", follow=False)
        came = urlencode(hostile.allow(person.headers["location"], "the-code"))
        refused(person.open(f"/oidc/callback?{came}"), 502, "Acme &amp; Co failed")
        server.terminate()
        server.wait(20)
        assert server.stdout is not None
        server.stdout.close()
    text = log.read_text(encoding="utf-8")
    assert "signing in with OpenID Connect failed" in text
    for secret in (CLIENT_SECRET, "the-code", "an-access-token"):
        assert secret not in text
