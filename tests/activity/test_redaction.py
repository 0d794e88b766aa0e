"""Nothing that was a secret comes out of what is kept."""

import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, strategies as st

from headcount.activity import redaction
from headcount.activity.redaction import MOST, REMOVED, WITHHELD
from headcount.directory.tokens import written

TOKEN = written(bytes(range(32)))

SECRETS = st.text("ghjkmnopqrstuvwxyz0123456789", min_size=16, max_size=24).map("s3cr".__add__)
NAMES = st.sampled_from(
    ["password", "Password", "PASSWORD", "newPassword", "apiToken", "clientSecret", "secretAnswer"]
)
LEAVES = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


def planted(name: str, secret: str) -> list[Any]:
    """Ways in which a client sends a secret."""
    return [
        {name: secret},
        {name: [secret]},
        {name: {"value": secret, "type": "x"}},
        {"op": "replace", "path": name, "value": secret},
        {"value": secret, "PATH": f"urn:x:User:{name}", "op": "Add"},
        {"op": "replace", "value": {name: secret}},
        {"op": "replace", "value": json.dumps({name: secret})},
        {"op": "replace", "path": f'{name}[value eq "{secret}"]'},
        {"method": "POST", "path": "/Users", "data": {name: secret}},
        {"filter": f'{name} eq "{secret}"'},
        {"filter": f"{name} eq {secret}"},
        {"title": f"Bearer {secret}"},
        {"urn:x:User": {name: secret}},
    ]


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, bytes]:
    """A secret, and a body that holds it somewhere."""
    secret, name = draw(SECRETS), draw(NAMES)
    value = draw(st.sampled_from(planted(name, secret)))
    for _ in range(draw(st.integers(0, 4))):
        if draw(st.booleans()):
            value = [draw(JSON), value]
        else:
            before, after = draw(JSON), draw(JSON)
            name = draw(st.text(max_size=8).filter("z".__ne__))  # else nothing of it would be left
            value = {"a": before, name: value, "z": after}
    raw = json.dumps(value, ensure_ascii=draw(st.booleans())).encode("utf-8", "backslashreplace")
    if draw(st.booleans()):
        raw = raw.replace(b'"p', b'"\\u0070').replace(b'"t', b'"\\u0074')
    raw += b" " * draw(st.sampled_from([0, 0, MOST]))
    return secret, raw[: -draw(st.integers(1, 5))] if draw(st.booleans()) else raw


@given(bodies())
def test_a_secret_in_a_body_never_comes_out(case: tuple[str, bytes]) -> None:
    secret, raw = case
    kept = redaction.body(raw).shortened
    assert secret.encode() not in kept.body
    assert kept.found
    assert len(kept.body) <= MOST


@given(secret=SECRETS, name=NAMES, before=st.sampled_from(["", "a=1&"]), plus=st.booleans())
def test_a_secret_in_a_query_never_comes_out(
    secret: str, name: str, before: str, *, plus: bool
) -> None:
    encoded = quote_plus if plus else quote
    queries = [
        f"{name}={secret}",
        f"access_token={secret}",
        "filter=" + encoded(f'{name} eq "{secret}"'),
        "filter=" + encoded(f"not ({name} eq {secret})"),
        "x=" + encoded(f"Bearer {secret}"),
        encoded(name[0]).replace(name[0], f"%{ord(name[0]):02x}") + name[1:] + f"={secret}",
    ]
    for one in queries:
        kept, found = redaction.query(f"{before}{one}&b=2")
        assert secret not in kept
        assert kept.startswith(before)
        assert kept.endswith("&b=2")
        assert found


@given(SECRETS, st.sampled_from(["Bearer ", "bearer  ", "Basic ", "", "Unheard-Of ", "a b "]))
def test_a_secret_in_a_header_never_comes_out(secret: str, scheme: str) -> None:
    names = ["authorization", "cookie", "proxy-authorization", "x-api-key", "x-auth-token"]
    for name in names:
        kept = redaction.headers([(name.encode(), (scheme + secret).encode())])
        assert secret not in kept
        assert json.loads(kept)[name].startswith(
            scheme.strip() if "b" in scheme.lower() and "a b" not in scheme else "("
        )


@given(st.binary(min_size=32, max_size=32), st.text(), st.text())
def test_a_token_of_ours_comes_out_of_no_text(secret: bytes, before: str, after: str) -> None:
    token = written(secret)
    text = f"{before} {token} {after}"
    raw = text.encode("utf-8", "replace")
    assert token not in redaction.text(text)
    assert token.encode() not in redaction.body(raw).body
    assert token.encode() not in redaction.body(json.dumps({text: [text]}).encode()).body
    assert token not in redaction.query(quote(raw))[0]
    assert token not in redaction.headers([(b"x-note", raw)])


KEPT = [
    {"userName": "grace@acme.test", "title": "Rear Admiral"},
    {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "active": False},
    {"title": "Password reset officer", "nickName": "Token"},
    {"name": "secret", "type": "string", "description": "x"},
    [1, None, "x"],
]


@pytest.mark.parametrize("value", KEPT)
def test_what_is_no_secret_stays(value: Any) -> None:
    assert json.loads(redaction.body(json.dumps(value).encode()).body) == value


def test_a_body_that_speaks_of_no_secret_is_kept_to_the_byte() -> None:
    raw = b'{ "userName":"ada" , "b" : [ ] }'
    assert redaction.body(raw) == (raw, False, False)


def test_a_body_that_is_no_json_is_kept_as_text_unless_it_may_hold_a_secret() -> None:
    assert redaction.body(b"<html>").body == b"<html>"
    assert redaction.body(f"x {TOKEN} y".encode()).body == f"x {REMOVED} y".encode()
    assert redaction.body(b'{"password": "abc').body == WITHHELD.encode()


def test_the_second_of_two_equal_names_hides_nothing() -> None:
    kept = redaction.body(b'{"a": {"password": "geheim"}, "a": {}, "note": "token"}')
    assert b"geheim" not in kept.body


def test_a_long_body_is_cut_and_said_to_be() -> None:
    kept = redaction.body(b'{"a":"' + b"x" * MOST + b'"}').shortened
    assert kept.cut
    assert len(kept.body) == MOST


def test_the_path_of_a_secret_may_stand_behind_what_is_kept() -> None:
    value = {"op": "replace", "value": "geheim", "x": "y" * MOST, "path": "password"}
    assert b"geheim" not in redaction.body(json.dumps(value).encode()).body
    vast = {**value, "x": "y" * 500_000}
    assert b"geheim" not in redaction.body(json.dumps(vast).encode()).body


DETAILS = [
    ("apiToken must be text, not {'a': 's3cret'}", True),
    ("pinToken must be text, not 12345", True),
    ("expected an operator at character 9, not 's3cret'", True),
    (f"there is nothing at '/Users/{TOKEN}'", False),
]


@pytest.mark.parametrize(("sentence", "about_secrets"), DETAILS)
def test_a_refusal_quotes_no_secret(sentence: str, *, about_secrets: bool) -> None:
    kept = redaction.detail(sentence, about_secrets=about_secrets)
    assert not any(secret in kept for secret in ("s3cret", "12345", TOKEN))


BESIDE: list[tuple[str, Any]] = [
    ("role 'king' does not exist; it must be one of: owner, member", {"role": "king"}),
    ("the userName 'O\\'Hara \"x\"' belongs to another User", {"userName": 'O\'Hara "x"'}),
    ('the userName "O\'Hara" belongs to another User', {"userName": "O'Hara"}),
    ("active must be true or false, not 'perhaps'", [{"value": {"active": "perhaps"}}]),
    ("active must be true or false, not 5", {"active": 5}),
    ("a User has no attribute 'colour'", {"colour": "red"}),
    ("schemas must be a list that holds 'urn:ietf:params:scim:api:messages:2.0:PatchOp'", {}),
]


@pytest.mark.parametrize(("sentence", "kept"), BESIDE)
def test_a_refusal_quotes_what_was_said_beside_a_secret(sentence: str, kept: Any) -> None:
    told = redaction.detail(sentence, about_secrets=True, kept=kept)
    assert told == sentence
    if kept:
        assert redaction.detail(sentence, about_secrets=True, kept={}) != sentence


@given(
    SECRETS,
    st.lists(
        st.sampled_from(["king", " or ", "'", '"', "' or '", ", not ", "\\", "x'", '"y']),
        max_size=6,
    ),
    st.integers(0, 3),
)
def test_whatever_was_said_beside_a_secret_it_is_not_quoted(
    secret: str, said: list[str], place: int
) -> None:
    """Not even where what was said looks like a part of the sentence."""
    quoted = [repr(one) for one in said]
    quoted.insert(min(place, len(quoted)), repr(secret))
    for sentence in (" or ".join(quoted), "it must be text, not " + ", ".join(quoted)):
        assert secret not in redaction.detail(sentence, about_secrets=True, kept={"a": said})
        answer = json.dumps({"status": "400", "detail": sentence}).encode()
        kept = redaction.answer(answer, about_secrets=True, kept={"a": said})
        assert secret.encode() not in kept.body


def test_the_refusals_in_an_answer_quote_no_secret() -> None:
    told = {"detail": "pinToken must be true or false, not 's3cret'", "status": "400"}
    many = {"Operations": [{"method": "POST", "response": told}], "x": 7}
    for value in (told, many):
        raw = json.dumps(value).encode()
        kept = redaction.answer(raw, about_secrets=True, kept={"pinToken": REMOVED})
        assert b"s3cret" not in kept.body
        assert b"pinToken must be true or false, not (removed)" in kept.body
        assert redaction.answer(raw, about_secrets=False).body == redaction.body(raw).body
    assert redaction.answer(b'{"detail": "s3cret', about_secrets=True).body == WITHHELD.encode()
    plain = b'{"userName": "ada"}'
    assert redaction.answer(plain, about_secrets=True, kept={}) == (plain, False, False)


def test_a_refusal_about_no_secret_keeps_what_it_quotes() -> None:
    sentence = "the token 'okta' was revoked; ask for a new one"
    assert redaction.detail(sentence, about_secrets=False) == sentence
    told = "the request carries no token; send it as: Authorization: Bearer TOKEN"
    assert redaction.detail(told, about_secrets=False) == told
