"""Keys of the application behind Headcount, on every store."""

from dataclasses import replace
from datetime import timedelta

import pytest

from headcount.errors import NotFound
from headcount.store.keys import ApiKey
from headcount.store.model import Organisation
from headcount.store.promise import Store
from tests.store.conftest import FOUNDED

pytestmark = pytest.mark.anyio

EVERYWHERE = ApiKey(
    "k1", None, "all", b"1" * 32, ("accounts:read", "events:read"), FOUNDED, hint="abc123"
)


def of(org: Organisation) -> ApiKey:
    later = FOUNDED + timedelta(days=1)
    return ApiKey(
        "k2", org.id, "chat", b"2" * 32, ("events:read",), later, later, hint="x", slug=org.slug
    )


async def test_a_key_is_found_by_its_hash_with_its_organisation(
    store: Store, acme: Organisation
) -> None:
    await store.keys.add(of(acme))
    await store.keys.add(EVERYWHERE)
    assert await store.keys.find(b"1" * 32) == EVERYWHERE
    assert await store.keys.find(b"2" * 32) == of(acme)
    assert await store.keys.find(b"3" * 32) is None
    assert await store.keys.all() == [EVERYWHERE, of(acme)]


async def test_a_key_that_is_revoked_stays_revoked_when_it_was(store: Store) -> None:
    await store.keys.add(EVERYWHERE)
    ended = await store.keys.revoke("k1", FOUNDED + timedelta(hours=1))
    assert ended == replace(EVERYWHERE, revoked=FOUNDED + timedelta(hours=1))
    assert await store.keys.revoke("k1", FOUNDED + timedelta(hours=2)) == ended
    assert await store.keys.find(b"1" * 32) == ended


@pytest.mark.parametrize("key_id", ["nobody", "a\0b"])
async def test_a_key_that_was_never_issued_cannot_be_revoked(store: Store, key_id: str) -> None:
    with pytest.raises(NotFound, match="api-key list"):
        await store.keys.revoke(key_id, FOUNDED)


async def test_the_last_use_of_a_key_never_moves_back(store: Store) -> None:
    await store.keys.add(EVERYWHERE)
    for hours in (2, 1):
        await store.keys.touch("k1", FOUNDED + timedelta(hours=hours))
    assert (await store.keys.all())[0].last_used == FOUNDED + timedelta(hours=2)


async def test_a_key_that_comes_or_goes_is_noticed_by_all_who_remember_keys(store: Store) -> None:
    begun = await store.read_access_epoch()
    await store.keys.add(EVERYWHERE)
    added = await store.read_access_epoch()
    await store.keys.revoke("k1", FOUNDED)
    assert begun < added < await store.read_access_epoch()
