"""Who follows events, and how far they have come, on every store."""

from dataclasses import replace
from datetime import timedelta

import pytest

from headcount.errors import NotFound
from headcount.store.followers import Follower, Held
from headcount.store.model import Kind, MemberDelta, Organisation, OrgId
from headcount.store.promise import Store
from tests.store.conftest import FOUNDED
from tests.store.test_contract import a_group, an_account, changed, deleted, joining, moved

pytestmark = pytest.mark.anyio

SOON = FOUNDED + timedelta(seconds=30)
LATER = FOUNDED + timedelta(seconds=60)


async def test_a_follower_is_added_once(store: Store, acme: Organisation) -> None:
    first = await store.followers.add(Follower(acme.id, "webhook:a", 3))
    again = await store.followers.add(Follower(acme.id, "webhook:a", 9))
    assert first == again == Follower(acme.id, "webhook:a", 3)


async def test_followers_are_listed_by_organisation_and_name(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    kept = [
        await store.followers.add(Follower(org.id, name, 0))
        for org in (acme, rival)
        for name in ("subscriber:b", "webhook:a")
    ]
    assert await store.followers.all() == kept
    assert await store.followers.all(rival.id) == kept[2:]
    assert await store.followers.all(acme.id, "webhook:") == kept[1:2]
    assert await store.followers.all(None, "subscriber:") == [kept[0], kept[2]]


async def test_one_holds_a_follower_until_the_time_is_over(
    store: Store, acme: Organisation
) -> None:
    one = await store.followers.add(Follower(acme.id, "webhook:a", 0))
    key = (acme.id, one.name)
    assert await store.followers.take(*key, "here", FOUNDED, SOON) == one
    assert await store.followers.take(*key, "there", FOUNDED, SOON) is None
    assert await store.followers.take(*key, "here", FOUNDED, LATER) == one
    assert await store.followers.take(*key, "there", SOON, LATER) is None
    assert await store.followers.take(*key, "there", LATER, LATER + timedelta(1)) == one
    assert await store.followers.take(*key, "here", LATER, LATER + timedelta(1)) is None


async def test_who_lets_go_leaves_it_to_others_at_once(store: Store, acme: Organisation) -> None:
    one = await store.followers.add(Follower(acme.id, "webhook:a", 0))
    key = (acme.id, one.name)
    await store.followers.take(*key, "here", FOUNDED, LATER)
    await store.followers.let_go(*key, "there")
    assert await store.followers.take(*key, "there", FOUNDED, SOON) is None
    await store.followers.let_go(*key, "here")
    assert await store.followers.take(*key, "there", FOUNDED, SOON) == one


async def test_what_a_process_held_that_is_gone_is_freed_at_once(
    store: Store, acme: Organisation
) -> None:
    names = ("subscriber:a", "subscriber:b", "subscriber:c")
    for name in names:
        await store.followers.add(Follower(acme.id, name, 0))
    assert await store.followers.held() == []
    for name, holder in zip(names, ("gone", "here", "gone"), strict=True):
        await store.followers.take(acme.id, name, holder, FOUNDED, LATER)
    held = await store.followers.held()
    assert held[0] == Held(acme.id, "subscriber:a", "gone", LATER)
    assert [one.holder for one in held] == ["gone", "here", "gone"]
    await store.followers.free("gone")
    assert [one.name for one in await store.followers.held()] == ["subscriber:b"]
    assert await store.followers.take(acme.id, names[0], "there", FOUNDED, SOON) is not None
    assert await store.followers.take(acme.id, names[1], "there", FOUNDED, SOON) is None


async def test_only_the_holder_notes_how_far_it_has_come(store: Store, acme: Organisation) -> None:
    one = await store.followers.add(Follower(acme.id, "webhook:a", 0))
    key = (acme.id, one.name)
    await store.followers.take(*key, "here", FOUNDED, SOON)
    failed = replace(one, position=5, failures=2, detail="it\0said no", due=SOON)
    assert not await store.followers.settle(failed, "there")
    assert await store.followers.all() == [one]
    assert await store.followers.settle(failed, "here")
    assert await store.followers.all() == [replace(failed, detail="it\ufffdsaid no")]


async def test_a_follower_that_is_moved_begins_there_at_once(
    store: Store, acme: Organisation
) -> None:
    one = await store.followers.add(Follower(acme.id, "webhook:a", 7, 3, "refused", LATER))
    key = (acme.id, one.name)
    await store.followers.take(*key, "here", FOUNDED, LATER)
    await store.followers.move(*key, 2)
    assert not await store.followers.settle(replace(one, position=8), "here")
    assert await store.followers.take(*key, "there", FOUNDED, SOON) == Follower(*key, 2)
    with pytest.raises(NotFound, match="nobody follows this organisation by the name 'webhook:b'"):
        await store.followers.move(acme.id, "webhook:b", 2)


async def test_a_follower_that_was_removed_is_held_by_nobody(
    store: Store, acme: Organisation
) -> None:
    one = await store.followers.add(Follower(acme.id, "webhook:a", 0))
    await store.followers.take(acme.id, one.name, "here", FOUNDED, LATER)
    await store.followers.remove(acme.id, one.name)
    await store.followers.remove(acme.id, one.name)
    assert not await store.followers.settle(one, "here")
    assert await store.followers.take(acme.id, one.name, "here", FOUNDED, LATER) is None


async def test_positions_are_those_of_the_last_events(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    await store.commit(an_account(acme, "ada"))
    await store.commit(an_account(acme, "bob"))
    assert await store.positions([acme.id, rival.id, OrgId(99)]) == {acme.id: 2, rival.id: 0}
    assert await store.positions([]) == {}


async def test_an_event_carries_whom_it_is_about_after_the_change(
    store: Store, acme: Organisation
) -> None:
    ada = await store.commit(an_account(acme, "ada"))
    after = await store.commit(changed(ada, acme, title="Countess"))
    group = await store.commit(a_group(acme, "pioneers", ada.stored.id))
    await store.commit(moved(group, acme, MemberDelta(left=(ada.stored.id,))))
    await store.commit(moved(group, acme, joining(ada.stored.id)))
    await store.commit(deleted(after, acme))
    told = await store.events_after(acme.id, 0, 100)
    by_subject = {ada.stored.id: after.stored.document, group.stored.id: group.stored.document}
    assert [one.document for one in told] == [
        ada.stored.document,
        *(by_subject[one.subject] for one in told[1:]),
    ]
    members = [one.data for one in told if one.data.get("member")]
    assert members == [{"member": ada.stored.id, "type": "User", "display": "ada"}] * 4
    groups = await store.members(acme.id, group.stored.id)
    assert groups == []


async def test_events_are_forgotten_from_the_oldest_on(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    early, late = "2026-01-02T03:04:06.000Z", "2026-02-02T03:04:06.000Z"
    for at, name in ((early, "a"), (early, "b"), (late, "c"), (early, "d")):
        await store.commit(an_account(acme, name)._replace(at=at))
    await store.commit(an_account(rival, "e")._replace(at=early))
    await store.commit(an_account(rival, "f")._replace(at=late))
    assert await store.forget_events(early) == 0
    assert await store.forget_events("2026-01-31T00:00:00.000Z") == 3
    assert [one.position for one in await store.events_after(acme.id, 0, 9)] == [3, 4]
    assert [one.position for one in await store.events_after(rival.id, 0, 9)] == [2]
    assert await store.forget_events("2027-01-01T00:00:00.000Z") == 3
    assert await store.events_after(acme.id, 0, 9) == []
    outcome = await store.commit(an_account(acme, "g")._replace(at=late))
    assert outcome.stored.kind is Kind.USER
    assert [one.position for one in await store.events_after(acme.id, 4, 9)] == [5]
