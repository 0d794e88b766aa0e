"""What nobody gets in with: answers, tokens and descriptions of a provider that lies."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from joserfc.jws import JWSRegistry

from headcount.bootstrap import Runtime
from headcount.store.visitors import Reach
from tests.console.browsing import link, root_of
from tests.console.coming_in import Door, Person, invite, refused, settings_of
from tests.console.hostile import (
    CLIENT_ID,
    CLIENT_SECRET,
    RUBBISH,
    Answer,
    Claims,
    Hostile,
    providing,
    told,
)
from tests.databases import SQLITE, fresh
from tests.serving import Office, serving, settle


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    database = fresh(SQLITE, tmp_path_factory.mktemp("oidc"))
    with providing(Hostile()) as hostile:
        given = settings_of(hostile.issuer, CLIENT_ID, CLIENT_SECRET)
        with serving(database, **given) as base_url:
            office = Office(database)
            invite(office, "ada@acme.test")
            yield Door(root_of(base_url), office, hostile)
            office.close()


@pytest.fixture
def door(place: Door) -> Door:
    place.hostile.reset()
    return place


def test_a_sign_in_with_everything_as_it_should_be(door: Door) -> None:
    person = door.signs_in()
    assert person.status == 303, person.text
    assert person.headers["location"] == "/console"
    assert person.open("").heading == "Organisations"


def test_what_the_browser_keeps_tells_nothing_and_lasts_for_a_moment(door: Door) -> None:
    person, location = door.begun()
    cookie = person.headers["set-cookie"]
    for word in ("HttpOnly", "SameSite=lax", "Max-Age=600", "Path=/"):
        assert word in cookie
    asked = dict(parse_qsl(urlsplit(location).query))
    assert asked["redirect_uri"] == f"{door.root}/oidc/callback"
    kept = person.cookies["headcount-oidc"]
    plain = b"".join(base64.urlsafe_b64decode(part + "==") for part in kept.split("."))
    for secret in (asked["state"], asked["nonce"], "verifier"):
        assert secret.encode() not in plain


@pytest.mark.parametrize(
    ("then", "leads_to"),
    [
        ("/console/administrators", "/console/administrators"),
        ("/console", "/console"),
        ("https://evil.test/", "/console"),
        ("//evil.test/console/", "/console"),
        ("/console//evil.test", "/console"),
        ("/console/\\evil.test", "/console"),
        ("/console/../../evil", "/console"),
        ("/console@evil.test", "/console"),
        ("/scim/v2/Users", "/console"),
        ("/console/" + "x" * 1000, "/console"),
    ],
)
def test_one_is_led_to_pages_of_the_console_only(door: Door, then: str, leads_to: str) -> None:
    assert door.signs_in(then).headers["location"] == leads_to


@pytest.mark.parametrize(
    "changed", [{"state": "wrong"}, {"state": ""}, {"state": "ü"}, {"code": "another"}]
)
def test_an_answer_that_was_not_asked_for_is_refused(door: Door, changed: dict[str, str]) -> None:
    refused(door.signs_in(**changed), 400, "begin again")


def test_an_answer_in_another_browser_is_refused(door: Door) -> None:
    """Whoever sends the end of their own sign-in to somebody else does not sign them in."""
    _, location = door.begun()
    came = urlencode(door.hostile.allow(location))
    door.hostile.asked.clear()
    refused(Person(door.root).open(f"/oidc/callback?{came}"), 400, "another browser")
    other, _ = door.begun()
    refused(other.open(f"/oidc/callback?{came}"), 400, "another browser")
    assert "/token" not in door.hostile.asked


def test_an_answer_is_good_once(door: Door) -> None:
    person, location = door.begun()
    kept = dict(person.cookies)
    callback = f"/oidc/callback?{urlencode(door.hostile.allow(location))}"
    assert person.open(callback, follow=False).status == 303
    assert set(person.cookies) == {"headcount"}
    again = Person(door.root)
    refused(again.open(callback), 400, "begin again")
    again.cookies = kept
    refused(again.open(callback), 400, "begin again")


@pytest.mark.parametrize("kept", ["", "x", "a.b.c", "a.b.c.d.e", "....", "e30.e30.e30.e30.e30"])
def test_a_cookie_that_is_not_ours_opens_nothing(door: Door, kept: str) -> None:
    person, location = door.begun()
    person.cookies["headcount-oidc"] = kept
    came = urlencode(door.hostile.allow(location))
    refused(person.open(f"/oidc/callback?{came}"), 400, "begin again")


def test_a_cookie_that_was_changed_opens_nothing(door: Door) -> None:
    person, location = door.begun()
    came = urlencode(door.hostile.allow(location))
    kept = person.cookies["headcount-oidc"]
    middle = len(kept) // 2
    person.cookies["headcount-oidc"] = (
        kept[:middle] + ("A" if kept[middle] != "A" else "B") + kept[middle + 1 :]
    )
    refused(person.open(f"/oidc/callback?{came}"), 400, "begin again")


def without(name: str) -> Callable[[Claims], Claims]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


def saying(**changed: Any) -> Callable[[Claims], Claims]:
    return lambda claims: {**claims, **changed}


LIES = {
    "another nonce": (saying(nonce="another"), "nonce"),
    "no nonce": (without("nonce"), "nonce"),
    "for another": (saying(aud="another"), "aud"),
    "for others": (saying(aud=["another", "one more"]), "aud"),
    "for nobody": (without("aud"), "aud"),
    "for us and others, and none of them asked": (saying(aud=[CLIENT_ID, "another"]), "azp"),
    "asked for by another": (saying(azp="another"), "azp"),
    "of another issuer": (saying(iss="https://evil.test"), "iss"),
    "of no issuer": (without("iss"), "iss"),
    "expired": (saying(exp=int(time.time()) - 120), "expired"),
    "without an end": (without("exp"), "exp"),
    "with an end that is none": (saying(exp="tomorrow"), "exp"),
    "of tomorrow": (saying(iat=int(time.time()) + 86400), "issued in the future"),
    "not good yet": (saying(nbf=int(time.time()) + 86400), "not yet valid"),
    "without a time": (without("iat"), "iat"),
    "of nobody": (without("sub"), "sub"),
    "for another access token": (saying(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), "at_hash"),
}


@pytest.mark.parametrize("name", LIES)
def test_an_id_token_that_is_not_for_this_sign_in_is_refused(door: Door, name: str) -> None:
    door.hostile.twist, word = LIES[name]
    refused(door.signs_in(), 502, word)


def by_another_key(hostile: Hostile, claims: Claims) -> str:
    key = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256", "kid": str(hostile.key.kid)}, claims, key)


def by_an_unknown_key(_: Hostile, claims: Claims) -> str:
    key = RSAKey.generate_key(2048, auto_kid=True)
    return jwt.encode({"alg": "RS256", "kid": str(key.kid)}, claims, key)


def by_nobody(_: Hostile, claims: Claims) -> str:
    parts = [{"alg": "none"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode() for one in parts]
    return ".".join(part.rstrip("=") for part in [*encoded, ""])


def by_what_everybody_knows(hostile: Hostile, claims: Claims) -> str:
    key = OctKey.import_key(base64.urlsafe_b64encode(hostile.key.as_pem(private=False)))
    head = {"alg": "HS256", "kid": str(hostile.key.kid)}
    return jwt.encode(head, claims, key, registry=JWSRegistry(algorithms=["HS256"]))


def by_the_client_secret(hostile: Hostile, claims: Claims) -> str:
    key = OctKey.import_key(CLIENT_SECRET + "-longer")
    return jwt.encode({"alg": "HS256", "kid": str(hostile.key.kid)}, claims, key)


def with_a_key_in_its_head(_: Hostile, claims: Claims) -> str:
    key = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256", "jwk": key.as_dict(private=False)}, claims, key)


def by_another_kind_of_key(hostile: Hostile, claims: Claims) -> str:
    key = ECKey.generate_key("P-256")
    return jwt.encode({"alg": "ES256", "kid": str(hostile.key.kid)}, claims, key)


def changed_afterwards(hostile: Hostile, claims: Claims) -> str:
    head, _, signature = hostile.signed(claims).split(".")
    body = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "eve"}).encode()).decode()
    return f"{head}.{body.rstrip('=')}.{signature}"


def something_else(_: Hostile, __: Claims) -> str:
    return "ü.{}"


def a_number(hostile: Hostile, _: Claims) -> str:
    head = base64.urlsafe_b64encode(b'{"alg": 5}').decode().rstrip("=")
    return f"{head}.MQ.MQ"


SIGNERS = [
    by_another_key,
    by_an_unknown_key,
    by_nobody,
    by_what_everybody_knows,
    by_the_client_secret,
    with_a_key_in_its_head,
    by_another_kind_of_key,
    changed_afterwards,
    something_else,
    a_number,
]


@pytest.mark.parametrize("signer", SIGNERS, ids=[one.__name__ for one in SIGNERS])
def test_an_id_token_that_the_provider_did_not_sign_is_refused(
    door: Door, signer: Callable[[Hostile, Claims], str]
) -> None:
    door.hostile.sign = lambda claims: signer(door.hostile, claims)
    refused(door.signs_in(), 502, "its ID token")


def test_a_provider_may_change_its_key(door: Door) -> None:
    assert door.signs_in().status == 303
    door.hostile.asked.clear()
    assert door.signs_in().status == 303
    assert "/keys" not in door.hostile.asked  # it is remembered
    for kid in ({"auto_kid": True}, {"parameters": {"kid": "the same for ever"}}):
        for _ in range(2):
            door.hostile.key = RSAKey.generate_key(2048, **kid)
            door.hostile.asked.clear()
            assert door.signs_in().status == 303
            assert door.hostile.asked.count("/keys") == 1  # it is asked once more


@pytest.mark.parametrize(
    ("said", "status", "sentence"),
    [
        ({"email": "ada@acme.test", "email_verified": True}, 303, ""),
        ({"email": "ADA@acme.test", "email_verified": "true"}, 303, ""),
        ({"email": "ada@acme.test"}, 303, ""),
        ({"email": "ada@acme.test", "email_verified": False}, 403, "not verified"),
        ({"email": "ada@acme.test", "email_verified": "false"}, 403, "not verified"),
        ({"email": "ada@acme.test", "email_verified": 0}, 403, "not verified"),
        ({"email": "ada@acme.test", "email_verified": []}, 403, "not verified"),
        ({"email": ""}, 403, "does not tell your e-mail address"),
        ({"email": ["ada@acme.test"]}, 403, "does not tell your e-mail address"),
        ({"email": "<script>@acme.test"}, 403, "does not tell your e-mail address"),
        ({"email": "eve@acme.test"}, 404, "eve@acme.test was invited"),
    ],
)
def test_only_a_known_and_proven_address_opens(
    door: Door, said: Claims, status: int, sentence: str
) -> None:
    door.hostile.email = said
    if status == 303:
        assert door.signs_in().status == 303
    else:
        refused(door.signs_in(), status, sentence)


@pytest.mark.parametrize(
    ("said", "status", "sentence"),
    [
        ({"sub": "ada", "email": "ada@acme.test"}, 303, ""),
        ({"sub": "eve", "email": "ada@acme.test"}, 502, "somebody else"),
        ({"email": "ada@acme.test"}, 502, "somebody else"),
        ({"sub": "ada", "email": "ada@acme.test", "email_verified": False}, 403, "not verified"),
        ({"sub": "ada"}, 403, "does not tell your e-mail address"),
    ],
)
def test_an_address_that_is_not_in_the_id_token_is_asked_for(
    door: Door, said: Claims, status: int, sentence: str
) -> None:
    door.hostile.email = {}
    door.hostile.user_info = said
    if status == 303:
        assert door.signs_in().status == 303
    else:
        refused(door.signs_in(), status, sentence)


@pytest.mark.parametrize("path", ["/token", "/user-info"])
@pytest.mark.parametrize("rubbish", RUBBISH)
def test_rubbish_is_told_in_a_sentence(door: Door, path: str, rubbish: str) -> None:
    door.hostile.email = {}
    door.hostile.answers[path] = RUBBISH[rubbish]
    refused(door.signs_in(), 502, "in with Acme &amp; Co failed")


@pytest.mark.parametrize(
    ("answer", "status", "sentence"),
    [
        (told({}), 502, "no ID token"),
        (told({"id_token": 5}), 502, "no ID token"),
        (told({"id_token": "x", "expires_in": "soon"}), 502, "failed"),
        (told({"error": "server_error"}, 400), 502, "gives no token (server_error)"),
        (told({"error": "<b>call 555</b>"}, 400), 502, "gives no token."),
        (told({"error": {"a": 1}}, 400), 502, "gives no token."),
        ((503, {}, b"busy"), 503, "answers with an error (503)"),
    ],
)
def test_a_token_that_is_none_is_refused(
    door: Door, answer: Answer, status: int, sentence: str
) -> None:
    door.hostile.answers["/token"] = answer
    refused(door.signs_in(), status, sentence)


@pytest.mark.parametrize(
    ("came", "status", "sentence"),
    [
        ({"error": "access_denied", "code": ""}, 403, "did not let you in"),
        ({"error": "temporarily_unavailable"}, 502, "(temporarily_unavailable)"),
        ({"error": "Call 555-0100 now", "error_description": "Call 555"}, 502, "it refused."),
        ({"iss": "https://evil.test"}, 502, "of another provider"),
        ({"code": ""}, 502, "no code"),
    ],
)
def test_a_refusal_of_the_provider_is_told(
    door: Door, came: dict[str, str], status: int, sentence: str
) -> None:
    person = door.signs_in(**came)
    refused(person, status, sentence)
    assert "555" not in person.text


@pytest.mark.parametrize("ways", [["basic"], ["post"], ["basic", "post"], []])
def test_the_client_proves_itself_as_the_provider_wants_it(door: Door, ways: list[str]) -> None:
    door.hostile.authentication = ways
    person = door.signs_in()
    if ways:
        assert person.status == 303
    else:
        refused(person, 502, "HEADCOUNT_OIDC_CLIENT_SECRET")
        assert CLIENT_SECRET not in person.text


def test_who_fails_often_waits(door: Door) -> None:
    person = Person(door.root)
    statuses = [person.open("/oidc/callback?state=x&code=y").status for _ in range(12)]
    assert set(statuses) == {400, 429}
    assert person.headers["retry-after"].isdecimal()


def test_whoever_signs_in_anew_is_who_they_say_now(door: Door) -> None:
    """Also where the session before is old enough to be renewed by the same request."""
    person, location = door.begun()
    came = urlencode(door.hostile.allow(location))
    kept = dict(person.cookies)
    organisation = settle(door.root.removesuffix("/console"), door.office)
    person.open(f"/enter/{link(door.office, Reach.SET_UP, organisation.slug)}").submit("/enter")
    org = organisation.organisation.id

    async def grow_old(runtime: Runtime) -> None:
        (one,) = await runtime.store.sessions(org)
        older = replace(one, created=one.created - timedelta(hours=1))
        await runtime.store.renew_session(one.digest, older)

    door.office.do(grow_old)
    person.cookies |= kept
    person.open(f"/oidc/callback?{came}")
    assert person.heading == "Organisations"


def test_a_link_still_opens_beside_it(door: Door) -> None:
    person = Person(door.root)
    person.open(f"/enter/{link(door.office, Reach.SERVER)}").submit("/enter")
    assert person.heading == "Organisations"
