"""What is signed here is verified by the library that receivers use."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from headcount.directory.hook_keys import key_of, secret_of
from headcount.errors import InvalidValue
from headcount.feed.webhooks.messages import headers_of, message_of, trial
from headcount.feed.webhooks.signing import signature
from headcount.store.model import EventType, OrgId, Recorded
from headcount.store.webhooks import Endpoint

NOW = datetime.now(UTC)
OLD, NEW = secret_of(b"o" * 32), secret_of(b"n" * 32)
ENDPOINT = Endpoint(OrgId(1), "a1", "https://hooks.test", NEW, NOW)
EVENT = Recorded(
    7,
    EventType.ACCOUNT_DEACTIVATED,
    "2026-01-02T03:04:05.000Z",
    "cli",
    "01a2",
    {},
    '{"userName":"zoë"}'.encode(),
)


def verifies(secret: str, endpoint: Endpoint) -> bool:
    """Whether whoever has this secret takes what is signed now, as it would for five minutes."""
    message, at = message_of(EVENT, "acme"), datetime.now(UTC)
    try:
        Webhook(secret).verify(message.body, dict(headers_of(endpoint, message, at)))
    except WebhookVerificationError:
        return False
    return True


def test_the_signature_is_that_of_the_specification() -> None:
    assert verifies(NEW, ENDPOINT)
    assert not verifies(OLD, ENDPOINT)


@given(st.binary(min_size=24, max_size=64), st.text(), st.uuids())
def test_whatever_is_signed_is_verified(key: bytes, text: str, name: object) -> None:
    body = json.dumps(text).encode()
    stamp = int(datetime.now(UTC).timestamp())
    signed = signature([secret_of(key)], str(name), stamp, body)
    headers = {
        "webhook-id": str(name),
        "webhook-timestamp": str(stamp),
        "webhook-signature": signed,
    }
    assert Webhook(secret_of(key)).verify(body, headers) == text
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_of(key)).verify(body + b" ", headers)


def test_while_a_secret_takes_the_place_of_another_both_sign() -> None:
    now = datetime.now(UTC)
    both = replace(ENDPOINT, previous=OLD, previous_until=now + timedelta(hours=1))
    assert verifies(NEW, both)
    assert verifies(OLD, both)
    over = replace(ENDPOINT, previous=OLD, previous_until=now)
    assert verifies(NEW, over)
    assert not verifies(OLD, over)
    _, *_, signed = headers_of(both, message_of(EVENT, "acme"), now)
    assert [one.partition(",")[0] for one in signed[1].split(" ")] == ["v1", "v1"]


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param("whsec_" + base64.b64encode(b"x" * 23).decode(), id="too short"),
        pytest.param("whsec_" + base64.b64encode(b"x" * 65).decode(), id="too long"),
        pytest.param(base64.b64encode(b"x" * 32).decode(), id="without its beginning"),
        pytest.param("whsec_!!!", id="no base64"),
    ],
)
def test_a_secret_that_is_none_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        key_of(secret)
    assert secret not in refused.value.detail
    assert key_of(NEW) == b"n" * 32


def test_a_message_is_for_readers_of_the_specification_and_of_the_feed() -> None:
    told = json.loads(message_of(EVENT, "acme").body)
    assert told == {
        "type": "account.deactivated",
        "timestamp": "2026-01-02T03:04:05.000Z",
        "organisation": "acme",
        "position": 7,
        "at": "2026-01-02T03:04:05.000Z",
        "actor": "cli",
        "subject": "01a2",
        "data": {},
        "resource": {"userName": "zoë"},
    }


def test_the_id_of_a_message_is_the_same_each_time_and_that_of_no_other_event() -> None:
    first, again = message_of(EVENT, "acme"), message_of(EVENT, "acme")
    assert first == again
    others = [
        replace(EVENT, position=8),
        replace(EVENT, subject="01a3"),
        replace(EVENT, at="2026-01-02T03:04:05.001Z"),
        replace(EVENT, type=EventType.ACCOUNT_DELETED),
    ]
    ids = {first.id, *(message_of(one, "acme").id for one in others)}
    assert len(ids) == 5
    assert all(one.startswith("msg_") and "." not in one for one in ids)


def test_a_test_message_is_told_from_an_event() -> None:
    message = trial("acme", NOW, b"12345678")
    assert json.loads(message.body)["type"] == "webhook.test"
    assert message.id == "msg_test_3132333435363738"
