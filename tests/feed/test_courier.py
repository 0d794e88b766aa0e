"""Events arrive at webhooks: in order for each subject, at least once, whatever receivers do."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from headcount.directory.endpoints import OVERLAP, Endpoints
from headcount.errors import Conflict, InvalidValue
from headcount.feed.webhooks.planning import MOST_AT_ONCE
from headcount.feed.webhooks.posting import Poster
from headcount.feed.webhooks.retrying import SCHEDULE
from headcount.feed.webhooks.trying import Trial
from headcount.store.model import Organisation
from headcount.store.promise import Store
from headcount.store.webhooks import TEST, Outcome
from tests.feed.couriers import SLUG, Clock, Post, arrived
from tests.feed.receiving import Got, Receiver, Reply, receiving

pytestmark = pytest.mark.anyio


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def other() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
async def post(store: Store, acme: Organisation) -> Post:
    clock, numbers = Clock(), count(1)
    chance = lambda size: next(numbers).to_bytes(size, "big")  # noqa: E731 - a value
    return Post(store, clock, Endpoints(store, clock, chance, private=True))


async def test_events_arrive_signed_and_are_noted(post: Post, receiver: Receiver) -> None:
    await post.create("before")
    one = await post.add(receiver)
    await post.create("ada", "bob")
    async with post.running():
        await arrived(receiver, 2, 3)
        await post.create("cyd")
        await arrived(receiver, 2, 3, 4)
        await post.passed(one, 3)
    for got in receiver.got:
        told = got.verified(one.secret)
        assert (told["type"], told["organisation"]) == ("account.created", SLUG)
        assert got.headers["user-agent"].startswith("Headcount/")
        assert got.headers["content-type"] == "application/json"
    tries = await post.attempts(one)
    assert {each.position for each in tries} == {2, 3, 4}
    assert {(each.outcome, each.status) for each in tries} == {(Outcome.DELIVERED, 204)}
    whole = await post.store.webhooks.attempt(one.org, one.id, tries[0].number)
    sent = next(got for got in receiver.got if got.position == whole.position)
    assert whole.request == sent.body
    assert whole.message == sent.headers["webhook-id"]
    assert "webhook-signature" not in dict(whole.headers)
    after = await post.now(one)
    assert (after.failing_since, after.off_since) == (None, None)
    assert after.arrived is not None


async def test_an_endpoint_gets_what_it_wants_from_where_it_wants(
    post: Post, receiver: Receiver, other: Receiver
) -> None:
    (ada,) = await post.create("ada")
    await post.retitle(ada, "Countess")
    updates = await post.add(receiver, "account.updated", after=0)
    groups = await post.add(other, "group.*", after=0)
    async with post.running():
        await arrived(receiver, 2)
        await post.until(lambda: _stands(post, groups.follower, 2))
        await post.passed(updates, 1)
    assert other.got == []


async def _stands(post: Post, follower: str, position: int) -> bool:
    return (await post.store.followers.all(None, follower))[0].position == position


async def test_a_subject_that_waits_holds_back_its_own_later_events_and_no_others(
    post: Post, receiver: Receiver
) -> None:
    one = await post.add(receiver)
    ada, bob = await post.create("ada", "bob")
    ada = await post.retitle(ada, "Countess")
    await post.retitle(bob, "Builder")
    await post.retitle(ada, "Lady")
    refusing = True
    receiver.answer = lambda got: Reply(500 if refusing and got.position == 1 else 204)
    async with post.running():
        await arrived(receiver, 1, 2, 4)
        await post.passed(one, 3, waiting=3)
        first, *later = await post.store.webhooks.waiting(one.org, one.id, 9)
        assert (first.position, first.tries, first.detail) == (1, 1, "the receiver answered 500")
        assert [each.position for each in later] == [3, 5]
        refusing = False
        post.clock.forward(seconds=SCHEDULE[0])
        await arrived(receiver, 1, 2, 4, 1, 3, 5)
        await post.passed(one, 6)
    about_ada = [p for p in receiver.positions if p in {1, 3, 5}]
    assert about_ada == [1, 1, 3, 5]
    ids = defaultdict(set)
    for got in receiver.got:
        ids[got.position].add(got.headers["webhook-id"])
    assert all(len(each) == 1 for each in ids.values())


async def test_a_slow_endpoint_slows_nobody_else(
    post: Post, receiver: Receiver, other: Receiver
) -> None:
    over = threading.Event()

    def slow(_: Got) -> Reply:
        over.wait(60)
        return Reply()

    receiver.answer = slow
    slow_one = await post.add(receiver)
    await post.add(other)
    await post.create(*(f"user{number}" for number in range(30)))
    async with post.running():
        await arrived(other, *range(1, 31))
        assert receiver.most_at_once <= MOST_AT_ONCE
        over.set()
        await post.passed(slow_one, 30)


async def test_several_subjects_are_under_way_at_once_until_one_fails(
    post: Post, receiver: Receiver
) -> None:
    full = threading.Barrier(MOST_AT_ONCE, timeout=60)

    def together(got: Got) -> Reply:
        if got.position <= MOST_AT_ONCE:
            full.wait()
        return Reply(500 if got.position == MOST_AT_ONCE else 204)

    receiver.answer = together
    one = await post.add(receiver)
    await post.create(*(f"user{number}" for number in range(MOST_AT_ONCE)))
    async with post.running():
        await post.passed(one, MOST_AT_ONCE, waiting=1)
        assert receiver.most_at_once == MOST_AT_ONCE
        receiver.most_at_once = 0
        receiver.answer = lambda _: Reply(500)
        await post.store.webhooks.change(
            one.org, one.id, lambda e: replace(e, failing_since=post.clock())
        )
        await post.create(*(f"more{number}" for number in range(12)))
        await post.passed(one, MOST_AT_ONCE + 12, waiting=13)
    assert receiver.most_at_once <= 2  # one that had begun before it was known, and one after


async def test_a_receiver_that_asks_for_a_pause_gets_nothing_meanwhile(
    post: Post, receiver: Receiver, other: Receiver
) -> None:
    receiver.answer = lambda _: Reply(429, {"Retry-After": "3600"})
    one = await post.add(receiver)
    await post.add(other)
    await post.create("ada")
    async with post.running():
        await post.passed(one, 1, waiting=1)
        await post.create("bob")
        receiver.answer = lambda _: Reply()
        post.clock.forward(minutes=50)
        assert (await post.now(one)).paused_until is not None
        await arrived(other, 1, 2)
        assert receiver.positions == [1]
        post.clock.forward(minutes=11)
        await arrived(receiver, 1, 1, 2)
        await post.passed(one, 3)


async def test_an_endpoint_that_is_gone_is_switched_off_and_goes_on_where_it_was(
    post: Post, receiver: Receiver, other: Receiver
) -> None:
    receiver.answer = lambda _: Reply(410)
    one = await post.add(receiver)
    await post.add(other)
    await post.create("ada")
    async with post.running():
        await post.until(lambda: _is_off(post, one.id))
        await post.create("bob", "cyd")
        receiver.answer = lambda _: Reply()
        await arrived(other, 1, 2, 3)
        assert receiver.positions == [1]
        with pytest.raises(Conflict, match="switched off"):
            await post.endpoints.redeliver(SLUG, one.id, 1, 1)
        await post.endpoints.enable(SLUG, one.id)
        await arrived(receiver, 1, 1, 2, 3)
        await post.passed(one, 4)


async def _is_off(post: Post, endpoint: str) -> bool:
    return (await post.endpoints.one(SLUG, endpoint)).off_since is not None


async def test_an_endpoint_may_leave_out_what_it_missed(post: Post, receiver: Receiver) -> None:
    one = await post.add(receiver)
    await post.endpoints.disable(SLUG, one.id)
    await post.create("ada", "bob")
    async with post.running():
        await post.endpoints.enable(SLUG, one.id, from_now=True)
        await post.create("cyd")
        await arrived(receiver, 3)
        await post.passed(one, 1)


async def test_an_event_that_never_arrives_is_given_up_and_the_next_of_its_subject_comes(
    post: Post, receiver: Receiver
) -> None:
    receiver.answer = lambda got: Reply(500 if got.position == 1 else 204)
    one = await post.add(receiver)
    (ada,) = await post.create("ada")
    await post.retitle(ada, "Countess")
    async with post.running():
        for number, pause in enumerate(SCHEDULE, start=1):
            await post.passed(one, 2 * number - 1, waiting=2)
            await _something_arrives(post, one.id, f"user{number}")
            await post.passed(one, 2 * number, waiting=2)
            post.clock.forward(seconds=pause)
        await post.passed(one, 2 * len(SCHEDULE) + 2)
    tries = [each for each in await post.attempts(one) if each.position == 1]
    assert [each.outcome for each in tries] == [Outcome.FAILED] * 9 + [Outcome.GIVEN_UP]
    assert receiver.positions[-1] == 2
    assert (await post.now(one)).off_since is None


async def _something_arrives(post: Post, endpoint: str, name: str) -> None:
    """So that the endpoint is not taken for dead."""
    await post.create(name)

    async def well() -> bool:
        return (await post.endpoints.one(SLUG, endpoint)).failing_since is None

    await post.until(well)


async def test_an_endpoint_at_which_nothing_arrives_for_days_is_switched_off(
    post: Post, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Reply(500)
    one = await post.add(receiver)
    await post.create("ada")
    async with post.running():
        await post.passed(one, 1, waiting=1)
        post.clock.forward(days=3)
        await post.until(lambda: _is_off(post, one.id))
    after = await post.now(one)
    assert after.off_reason == "nothing arrived for 3 days; at last the receiver answered 500"
    assert await post.store.webhooks.count_waiting(one.org, one.id) == 1


async def test_several_processes_do_not_send_an_event_twice(
    post: Post, receiver: Receiver, other: Receiver
) -> None:
    both = [await post.add(each) for each in (receiver, other)]
    async with post.running("one"), post.running("two"), post.running("three"):
        for number in range(40):
            await post.create(f"user{number}")
        for each in (receiver, other):
            await arrived(each, *range(1, 41))
        for one in both:
            await post.passed(one, 40)
    assert [len(await post.attempts(one)) for one in both] == [40, 40]


async def test_a_process_that_is_gone_leaves_its_endpoints_to_others(
    post: Post, receiver: Receiver, other: Receiver
) -> None:
    one = await post.add(receiver)
    await post.add(other)
    now = post.clock()
    taken = await post.store.followers.take(
        one.org, one.follower, "gone", now, now + timedelta(seconds=30)
    )
    assert taken is not None
    await post.create("ada")
    async with post.running():
        await arrived(other, 1)
        assert receiver.got == []
        post.clock.forward(seconds=31)
        await arrived(receiver, 1)
        await post.passed(one, 1)


async def test_what_was_sent_is_sent_again_by_hand(post: Post, receiver: Receiver) -> None:
    one = await post.add(receiver, "account.created")
    (ada,) = await post.create("ada")
    await post.retitle(ada, "Countess")
    await post.create("bob", "cyd")
    async with post.running():
        await arrived(receiver, 1, 3, 4)
        await post.passed(one, 3)
        assert await post.endpoints.redeliver(SLUG, one.id, 1, 3) == 2
        await arrived(receiver, 1, 3, 4, 1, 3)
        await post.passed(one, 5)
        with pytest.raises(InvalidValue, match="has come to position 4"):
            await post.endpoints.redeliver(SLUG, one.id, 1, 5)
        with pytest.raises(InvalidValue, match="begin with 1"):
            await post.endpoints.redeliver(SLUG, one.id, 3, 2)
    messages = {got.headers["webhook-id"] for got in receiver.got}
    assert len(messages) == 3


async def test_events_that_are_gone_before_they_were_sent_are_told_of(
    post: Post, receiver: Receiver
) -> None:
    one = await post.add(receiver)
    await post.endpoints.disable(SLUG, one.id)
    await post.create("ada", "bob")
    await post.store.forget_events("2100-01-01T00:00:00.000Z")
    await post.endpoints.enable(SLUG, one.id)
    async with post.running():
        await post.until(lambda: _is_off(post, one.id))
        assert "kept no longer" in (await post.now(one)).off_reason
        await post.endpoints.enable(SLUG, one.id, from_now=True)
        await post.create("cyd")
        await arrived(receiver, 3)
        await post.passed(one, 1)


async def test_an_event_that_waits_and_is_gone_is_given_up(post: Post, receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(500)
    one = await post.add(receiver)
    await post.create("ada")
    async with post.running():
        await post.passed(one, 1, waiting=1)
        await post.store.forget_events("2100-01-01T00:00:00.000Z")
        post.clock.forward(seconds=SCHEDULE[0])
        await post.passed(one, 2)
    assert [each.outcome for each in await post.attempts(one)] == [Outcome.FAILED, Outcome.GIVEN_UP]


async def test_a_changed_secret_signs_at_once_and_the_one_before_for_a_while(
    post: Post, receiver: Receiver
) -> None:
    one = await post.add(receiver)
    async with post.running():
        new = await post.endpoints.rotate(SLUG, one.id, OVERLAP)
        assert new.secret != one.secret
        await post.until(lambda: _signs(post, receiver, new.secret))
    receiver.got[-1].verified(one.secret)


async def _signs(post: Post, receiver: Receiver, secret: str) -> bool:
    seen = len(receiver.got)
    await post.create(f"user{seen}")
    await asyncio.to_thread(receiver.wait, lambda got: len(got) > seen)
    try:
        receiver.got[-1].verified(secret)
    except Exception:  # noqa: BLE001 - whatever the library says
        return False
    return True


async def test_who_ends_in_order_lets_what_is_under_way_arrive(
    post: Post, receiver: Receiver
) -> None:
    begun, over = threading.Event(), threading.Event()

    def slow(_: Got) -> Reply:
        begun.set()
        over.wait(60)
        return Reply()

    receiver.answer = slow
    one = await post.add(receiver)
    await post.create("ada")
    async with post.running() as courier:
        await asyncio.to_thread(begun.wait, 60)
        ending = asyncio.create_task(courier.close())
        await asyncio.sleep(0.05)
        over.set()
        await ending
        assert await post.store.webhooks.count_waiting(one.org, one.id) == 0
        (tried,) = await post.attempts(one)
        assert tried.outcome is Outcome.DELIVERED


async def test_a_test_event_is_sent_at_once_and_never_again(post: Post, receiver: Receiver) -> None:
    one = await post.now(await post.add(receiver))
    poster = Poster(private=True)
    trial = Trial(post.store, poster, post.clock, lambda size: b"x" * size)
    receiver.answer = lambda _: Reply(500, {}, b"not today")
    tried = await trial(SLUG, one.id)
    assert (tried.position, tried.outcome, tried.status) == (TEST, Outcome.FAILED, 500)
    assert (tried.detail, tried.answer) == ("the receiver answered 500", b"not today")
    assert receiver.got[0].verified(one.secret)["type"] == "webhook.test"
    assert await post.now(one) == one
    assert await post.store.webhooks.count_waiting(one.org, one.id) == 0
    assert len(await post.attempts(one)) == 1
    await poster.close()
