"""Tokens: their form, their lifetime, and what is kept of them."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from headcount.directory.tokens import Wish, digest_of, is_good, is_well_formed, new_token, written
from headcount.errors import InvalidValue
from headcount.store.model import OrgId

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _issue(wish: Wish) -> tuple[str, object]:
    return new_token(secrets.token_bytes(32), "t1", OrgId(1), wish, NOW)


def test_two_secrets_are_never_one_token() -> None:
    tokens = {written(secrets.token_bytes(32)) for _ in range(200)}
    assert len(tokens) == 200
    assert {len(token) for token in tokens} == {59}
    assert written(b"\xff" * 32)[:10] == "headcount_"


def test_any_mistyped_letter_is_noticed() -> None:
    token = written(secrets.token_bytes(32))
    assert is_well_formed(token)
    for at, letter in enumerate(token):
        other = "x" if letter != "x" else "y"
        assert not is_well_formed(token[:at] + other + token[at + 1 :])


def test_only_the_hash_is_kept() -> None:
    token, kept = new_token(b"s" * 32, "t1", OrgId(1), Wish("okta"), NOW)
    assert kept.digest == digest_of(token)
    assert token not in repr(kept)
    assert token.startswith(f"headcount_{kept.hint}")
    assert len(kept.hint) == 6
    assert kept.expires is None


def test_a_token_works_until_it_expires_or_is_revoked() -> None:
    _, kept = new_token(b"s" * 32, "t1", OrgId(1), Wish("okta", timedelta(days=1)), NOW)
    assert is_good(kept, NOW + timedelta(hours=23))
    assert not is_good(kept, NOW + timedelta(days=1))


@pytest.mark.parametrize(
    "wish", [Wish(" "), Wish("x", timedelta(0)), Wish("x", timedelta(days=999_999_999))]
)
def test_a_wish_that_makes_no_sense_is_refused(wish: Wish) -> None:
    with pytest.raises(InvalidValue):
        _issue(wish)
