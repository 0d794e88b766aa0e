"""What a provider says of itself, and what is believed of it."""

from collections.abc import Iterator

import pytest
from joserfc.jwk import RSAKey

from tests.console.browsing import root_of
from tests.console.coming_in import Door, Person, invite, refused, settings_of
from tests.console.hostile import (
    CLIENT_ID,
    CLIENT_SECRET,
    RUBBISH,
    Claims,
    Hostile,
    providing,
    told,
)
from tests.databases import SQLITE, fresh
from tests.serving import Office, serving

DESCRIPTIONS: dict[str, Claims] = {
    "another issuer": {"issuer": "https://evil.test"},
    "no issuer": {"issuer": None},
    "no authorization endpoint": {"authorization_endpoint": None},
    "an authorization endpoint without TLS": {"authorization_endpoint": "http://evil.test/a"},
    "a token endpoint without TLS": {"token_endpoint": "http://evil.test/token"},
    "a token endpoint that is no address": {"token_endpoint": ["x"]},
    "keys in a file": {"jwks_uri": "file:///etc/passwd"},
    "an authorization endpoint that is a script": {"authorization_endpoint": "javascript:1"},
    "an address with a line break": {"authorization_endpoint": "https://x.test/\r\nx: y"},
    "an address with a port that is none": {"token_endpoint": "https://x.test:port/"},
    "a user info endpoint without TLS": {"userinfo_endpoint": "http://evil.test/"},
}


@pytest.fixture(scope="module")
def unwell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A provider that has never been well, so nothing is remembered of it."""
    database = fresh(SQLITE, tmp_path_factory.mktemp("unwell"))
    with providing(Hostile()) as hostile:
        given = settings_of(hostile.issuer + "/", CLIENT_ID, CLIENT_SECRET)
        with serving(database, **given) as base_url:
            office = Office(database)
            invite(office, "ada@acme.test")
            yield Door(root_of(base_url), office, hostile)
            office.close()


@pytest.mark.parametrize("described", DESCRIPTIONS)
def test_a_provider_that_leads_elsewhere_is_not_followed(unwell: Door, described: str) -> None:
    unwell.hostile.reset()
    unwell.hostile.described = DESCRIPTIONS[described]
    person = Person(unwell.root)
    refused(person.open("/oidc/begin", follow=False), 502, "Acme &amp; Co failed")


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_a_provider_that_says_rubbish_of_itself_is_told(unwell: Door, rubbish: str) -> None:
    unwell.hostile.reset()
    unwell.hostile.answers["/.well-known/openid-configuration"] = RUBBISH[rubbish]
    person = Person(unwell.root)
    refused(person.open("/oidc/begin", follow=False), 502, "Acme &amp; Co failed")


KEYS: dict[str, object] = {
    "no key": {"keys": []},
    "no list": {"keys": "x"},
    "keys for something else": {
        "keys": [{"kty": "oct", "k": "c2VjcmV0"}, 5, {"kty": "RSA"}, {"kty": []}]
    },
    "another key": {"keys": [RSAKey.generate_key(2048, auto_kid=True).as_dict(private=False)]},
}


@pytest.mark.parametrize("name", KEYS)
def test_without_its_key_nobody_is_believed(unwell: Door, name: str) -> None:
    unwell.hostile.reset()
    unwell.hostile.answers["/keys"] = told(KEYS[name])
    refused(unwell.signs_in(), 502, "Acme &amp; Co failed")
