"""What the application calls accounts, on every store."""

import pytest

from headcount.errors import NotFound, Taken
from headcount.store.links import AccountLink
from headcount.store.model import Organisation
from headcount.store.promise import Store
from tests.store.test_contract import an_account, deleted

pytestmark = pytest.mark.anyio

AT, LATER = "2026-01-02T03:04:05.000Z", "2026-01-03T03:04:05.000Z"


async def test_a_link_leads_both_ways_and_to_no_other_organisation(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    ada = (await store.commit(an_account(acme, "ada"))).stored.id
    made = await store.account_links.put(acme.id, AccountLink(ada, "17", AT))
    assert made == AccountLink(ada, "17", AT)
    assert await store.account_links.of_account(acme.id, ada) == made
    assert await store.account_links.of_application(acme.id, "17") == made
    assert await store.account_links.of_account(rival.id, ada) is None
    assert await store.account_links.of_application(rival.id, "17") is None


async def test_a_link_that_is_the_same_stays_as_it_is_and_another_takes_its_place(
    store: Store, acme: Organisation
) -> None:
    ada = (await store.commit(an_account(acme, "ada"))).stored.id
    first = await store.account_links.put(acme.id, AccountLink(ada, "17", AT))
    assert await store.account_links.put(acme.id, AccountLink(ada, "17", LATER)) == first
    after = await store.account_links.put(acme.id, AccountLink(ada, "18", LATER))
    assert after == AccountLink(ada, "18", LATER)
    assert await store.account_links.of_application(acme.id, "17") is None


async def test_an_id_of_the_application_belongs_to_one_account_of_an_organisation(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    ada, bob = [(await store.commit(an_account(acme, n))).stored.id for n in ("ada", "bob")]
    eve = (await store.commit(an_account(rival, "eve"))).stored.id
    await store.account_links.put(acme.id, AccountLink(ada, "17", AT))
    await store.account_links.put(rival.id, AccountLink(eve, "17", AT))
    with pytest.raises(Taken, match="'17' is linked to another account"):
        await store.account_links.put(acme.id, AccountLink(bob, "17", AT))
    assert await store.account_links.of_account(acme.id, bob) is None


async def test_a_link_outlives_its_account_until_its_id_is_given_to_another(
    store: Store, acme: Organisation
) -> None:
    ada = await store.commit(an_account(acme, "ada"))
    bob = (await store.commit(an_account(acme, "bob"))).stored.id
    kept = await store.account_links.put(acme.id, AccountLink(ada.stored.id, "17", AT))
    await store.commit(deleted(ada, acme))
    assert await store.account_links.of_account(acme.id, ada.stored.id) == kept
    with pytest.raises(NotFound):
        await store.account_links.put(acme.id, AccountLink(ada.stored.id, "18", AT))
    await store.account_links.put(acme.id, AccountLink(bob, "17", LATER))
    assert await store.account_links.of_account(acme.id, ada.stored.id) is None


async def test_a_link_is_taken_away_once(store: Store, acme: Organisation) -> None:
    ada = (await store.commit(an_account(acme, "ada"))).stored.id
    await store.account_links.put(acme.id, AccountLink(ada, "17", AT))
    assert await store.account_links.remove(acme.id, ada)
    assert not await store.account_links.remove(acme.id, ada)
    assert await store.account_links.of_account(acme.id, ada) is None


@pytest.mark.parametrize("text", ["nobody", "a\0b"])
async def test_there_is_no_link_of_nobody(store: Store, acme: Organisation, text: str) -> None:
    with pytest.raises(NotFound):
        await store.account_links.put(acme.id, AccountLink(text, "17", AT))
    assert await store.account_links.of_account(acme.id, text) is None
    assert await store.account_links.of_application(acme.id, text) is None
    assert not await store.account_links.remove(acme.id, text)
