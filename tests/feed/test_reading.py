"""Who goes on from a position misses nothing, or is told so."""

import pytest

from headcount.errors import Expired, InvalidValue, NotFound
from headcount.feed.reading import events_behind
from headcount.store.model import Organisation, OrgId
from headcount.store.promise import Store
from tests.store.test_contract import an_account

pytestmark = pytest.mark.anyio


async def test_events_are_read_on_from_a_position(store: Store, acme: Organisation) -> None:
    assert await events_behind(store, acme.id, 0, 10) == []
    for name in ("ada", "bob", "cyd"):
        await store.commit(an_account(acme, name))
    assert [one.position for one in await events_behind(store, acme.id, 1, 10)] == [2, 3]
    assert [one.position for one in await events_behind(store, acme.id, 0, 2)] == [1, 2]
    assert await events_behind(store, acme.id, 3, 10) == []


async def test_who_is_too_late_is_told_so(store: Store, acme: Organisation) -> None:
    for name in ("ada", "bob"):
        await store.commit(an_account(acme, name))
    await store.forget_events("2100-01-01T00:00:00.000Z")
    with pytest.raises(Expired, match="up to position 2 are kept no longer, so 1 is too old"):
        await events_behind(store, acme.id, 1, 10)
    assert await events_behind(store, acme.id, 2, 10) == []
    await store.commit(an_account(acme, "cyd"))
    with pytest.raises(Expired, match="up to position 2 are kept no longer, so 0 is too old"):
        await events_behind(store, acme.id, 0, 10)
    assert [one.position for one in await events_behind(store, acme.id, 2, 10)] == [3]


async def test_who_is_ahead_of_the_feed_is_told_so(store: Store, acme: Organisation) -> None:
    with pytest.raises(InvalidValue, match="has come to position 0, and not to 5"):
        await events_behind(store, acme.id, 5, 10)
    with pytest.raises(NotFound):
        await events_behind(store, OrgId(99), 0, 10)
