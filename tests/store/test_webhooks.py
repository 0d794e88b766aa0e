"""Webhooks, what waits for them, and what became of each try, on every store."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from headcount.errors import NotFound
from headcount.store.followers import Follower
from headcount.store.hooks import MOST_ATTEMPTS
from headcount.store.model import Organisation
from headcount.store.promise import Store
from headcount.store.webhooks import Attempt, Endpoint, Outcome, Settled, Waiting
from tests.store.conftest import FOUNDED

pytestmark = pytest.mark.anyio

SOON = FOUNDED + timedelta(seconds=30)
LATER = FOUNDED + timedelta(seconds=60)


def an_endpoint(org: Organisation, name: str = "a1", **given_: object) -> Endpoint:
    made = Endpoint(org.id, name, "https://hooks.test/in", "whsec_c2VjcmV0", FOUNDED)
    return replace(made, **given_)  # type: ignore[arg-type]  # whatever the test is about


def an_attempt(position: int, outcome: Outcome = Outcome.DELIVERED) -> Attempt:
    headers = (("webhook-id", "msg_1"),)
    return Attempt(
        position, "msg_1", FOUNDED, 12, outcome, 200, "", "https://x.test", headers, b"{}", b"ok"
    )


async def added(store: Store, org: Organisation, name: str = "a1") -> Endpoint:
    endpoint = an_endpoint(org, name)
    await store.webhooks.add(endpoint, 0)
    return endpoint


async def queued(store: Store, one: Endpoint, position: int, *waiting: Waiting) -> bool:
    await store.followers.take(one.org, one.follower, "here", FOUNDED, LATER)
    return await store.webhooks.queue(
        Follower(one.org, one.follower, position), "here", list(waiting)
    )


async def test_an_endpoint_is_kept_as_it_was_added(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    full = an_endpoint(
        acme,
        "b2",
        label="the product",
        types=("account.*", "group.deleted"),
        previous="whsec_b2xk",
        previous_until=LATER,
        off_since=SOON,
        off_reason="it was gone",
        failing_since=SOON,
        arrived=FOUNDED,
        paused_until=LATER,
    )
    plain, other = an_endpoint(acme), an_endpoint(rival)
    for one in (plain, full, other):
        await store.webhooks.add(one, 7)
    assert await store.webhooks.all(acme.id) == [plain, full]
    assert await store.webhooks.all() == [plain, full, other]
    assert await store.webhooks.one(acme.id, "b2") == full
    assert "whsec" not in repr(full)
    with pytest.raises(NotFound, match="no webhook 'b2'"):
        await store.webhooks.one(rival.id, "b2")
    assert await store.followers.all(rival.id) == [Follower(rival.id, "webhook:a1", 7)]


async def test_changes_of_an_endpoint_do_not_undo_each_other(
    store: Store, acme: Organisation
) -> None:
    one = await added(store, acme)
    await store.webhooks.change(one.org, one.id, lambda e: replace(e, label="new"))
    after = await store.webhooks.change(one.org, one.id, lambda e: replace(e, off_since=SOON))
    assert after == replace(one, label="new", off_since=SOON)
    assert await store.webhooks.one(one.org, one.id) == after
    with pytest.raises(NotFound):
        await store.webhooks.change(one.org, "zz", lambda e: e)


async def test_what_is_removed_leaves_nothing(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    one, other = await added(store, acme), await added(store, rival)
    for each in (one, other):
        assert await queued(store, each, 2, Waiting(1, "ada"), Waiting(2, "bob"))
        await store.webhooks.settle(each.org, each.id, [Settled(an_attempt(1), None)], lambda e: e)
    assert await store.webhooks.remove(acme.id, one.id) == one
    assert await store.webhooks.all() == [other]
    assert [each.org for each in await store.followers.all()] == [rival.id]
    assert await store.webhooks.count_waiting(acme.id, one.id) == 0
    assert await store.webhooks.attempts(acme.id, one.id, 9) == []
    assert await store.webhooks.count_waiting(rival.id, one.id) == 1
    assert len(await store.webhooks.attempts(rival.id, one.id, 9)) == 1
    with pytest.raises(NotFound):
        await store.webhooks.remove(acme.id, one.id)


async def test_events_are_passed_and_wait_in_one_write(store: Store, acme: Organisation) -> None:
    one = await added(store, acme)
    assert await queued(store, one, 3, Waiting(1, "ada"), Waiting(3, "bob"))
    assert await store.followers.all() == [Follower(acme.id, one.follower, 3)]
    assert await store.webhooks.waiting(acme.id, one.id, 9) == [
        Waiting(1, "ada"),
        Waiting(3, "bob"),
    ]
    lost = Follower(acme.id, one.follower, 4)
    assert not await store.webhooks.queue(lost, "there", [Waiting(4, "ada")])
    assert await store.webhooks.count_waiting(acme.id, one.id) == 2
    assert await queued(store, one, 600, *(Waiting(n, "cyd") for n in range(3, 601)))
    assert await store.webhooks.count_waiting(acme.id, one.id) == 599
    assert await store.webhooks.waiting(acme.id, one.id, 2) == [
        Waiting(1, "ada"),
        Waiting(3, "bob"),
    ]


async def test_only_the_first_of_a_subject_is_ready_and_only_when_it_is_due(
    store: Store, acme: Organisation
) -> None:
    one = await added(store, acme)
    later = Waiting(1, "ada", 1, SOON, "the receiver answered 500")
    await queued(store, one, 5, later, Waiting(2, "bob"), Waiting(3, "ada"), Waiting(4, "bob"))
    assert await store.webhooks.ready(acme.id, one.id, FOUNDED, 9) == [Waiting(2, "bob")]
    assert await store.webhooks.ready(acme.id, one.id, SOON, 9) == [later, Waiting(2, "bob")]
    assert await store.webhooks.ready(acme.id, one.id, SOON, 1) == [later]


WAITS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 3)), max_size=12)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=WAITS)
async def test_what_is_ready_is_the_first_of_each_subject_that_is_due(
    store: Store, acme: Organisation, drawn: list[tuple[str, int]]
) -> None:
    for known in await store.webhooks.all(acme.id):
        await store.webhooks.remove(acme.id, known.id)
    one = await added(store, acme)
    waits = [
        Waiting(position, subject, 0, FOUNDED + timedelta(seconds=20 * due) if due else None)
        for position, (subject, due) in enumerate(drawn, start=1)
    ]
    await queued(store, one, len(waits), *waits)
    first = {wait.subject: wait for wait in reversed(waits)}
    expected = [w for w in waits if first[w.subject] is w and (w.due is None or w.due <= SOON)]
    assert await store.webhooks.ready(acme.id, one.id, SOON, 99) == expected


async def test_what_tries_led_to_is_noted_with_the_endpoint(
    store: Store, acme: Organisation
) -> None:
    one = await added(store, acme)
    await queued(store, one, 2, Waiting(1, "ada"), Waiting(2, "bob"))
    again = Waiting(2, "bob", 1, LATER, "the receiver answered 500")
    after = await store.webhooks.settle(
        acme.id,
        one.id,
        [Settled(an_attempt(1), None), Settled(an_attempt(2, Outcome.FAILED), again)],
        lambda e: replace(e, arrived=SOON, failing_since=SOON),
    )
    assert after == replace(one, arrived=SOON, failing_since=SOON)
    assert await store.webhooks.waiting(acme.id, one.id, 9) == [again]
    newest, oldest = await store.webhooks.attempts(acme.id, one.id, 9)
    assert (newest.position, newest.outcome) == (2, Outcome.FAILED)
    assert await store.webhooks.attempts(acme.id, one.id, 9, newest.number) == [oldest]
    whole = await store.webhooks.attempt(acme.id, one.id, oldest.number)
    assert whole == replace(an_attempt(1), number=oldest.number)
    assert oldest == replace(whole, headers=(), request=b"", answer=b"")
    with pytest.raises(NotFound, match="no delivery with the number"):
        await store.webhooks.attempt(acme.id, "zz", oldest.number)


async def test_what_becomes_of_an_endpoint_that_is_gone_is_not_noted(
    store: Store, acme: Organisation
) -> None:
    tried = [Settled(an_attempt(1), Waiting(1, "ada", 1))]
    assert await store.webhooks.settle(acme.id, "a1", tried, lambda e: e) is None
    assert await store.webhooks.attempts(acme.id, "a1", 9) == []


async def test_tries_are_kept_up_to_a_number_and_a_time(store: Store, acme: Organisation) -> None:
    one, other = await added(store, acme), await added(store, acme, "b2")
    tries = [Settled(an_attempt(number), None) for number in range(1, MOST_ATTEMPTS + 6)]
    await store.webhooks.settle(acme.id, one.id, tries, lambda e: e)
    await store.webhooks.settle(acme.id, other.id, tries[:1], lambda e: e)
    kept = await store.webhooks.attempts(acme.id, one.id, 2_000)
    assert [each.position for each in kept] == list(range(MOST_ATTEMPTS + 5, 5, -1))
    await store.webhooks.forget_attempts(FOUNDED)
    assert len(await store.webhooks.attempts(acme.id, other.id, 9)) == 1
    await store.webhooks.forget_attempts(SOON)
    for each in (one, other):
        assert await store.webhooks.attempts(acme.id, each.id, 9) == []


async def test_what_is_sent_again_waits_as_if_it_were_new(store: Store, acme: Organisation) -> None:
    one = await added(store, acme)
    await queued(store, one, 4, Waiting(3, "ada", 4, LATER, "no"), Waiting(4, "bob"))
    await store.webhooks.again(acme.id, one.id, [Waiting(2, "ada"), Waiting(3, "ada")])
    found = await store.webhooks.waiting(acme.id, one.id, 9)
    assert [(each.position, each.tries, each.due) for each in found] == [
        (2, 0, None),
        (3, 0, None),
        (4, 0, None),
    ]
    with pytest.raises(NotFound):
        await store.webhooks.again(acme.id, "zz", [Waiting(2, "ada")])


async def test_an_endpoint_goes_on_with_what_waits_or_behind_a_position(
    store: Store, acme: Organisation
) -> None:
    one, other = await added(store, acme), await added(store, acme, "b2")
    for each in (one, other):
        await queued(store, each, 4, Waiting(3, "ada", 4, LATER, "no"))
    await store.webhooks.resume(acme.id, one.id)
    (found,) = await store.webhooks.waiting(acme.id, one.id, 9)
    assert (found.tries, found.due) == (0, None)
    await store.webhooks.resume(acme.id, one.id, 9)
    assert await store.webhooks.waiting(acme.id, one.id, 9) == []
    assert await store.webhooks.count_waiting(acme.id, other.id) == 1
    places = {each.name: each.position for each in await store.followers.all()}
    assert places == {one.follower: 9, other.follower: 4}
