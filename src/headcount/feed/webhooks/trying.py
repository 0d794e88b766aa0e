"""One try to send one message, as it is kept for people."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from headcount.errors import NotFound
from headcount.feed.webhooks.messages import SIGNATURE, Message, headers_of, trial
from headcount.feed.webhooks.posting import Post, Poster
from headcount.feed.webhooks.retrying import Answer, is_success, next_try, sentence
from headcount.store.promise import Store
from headcount.store.webhooks import Attempt, Endpoint, Outcome, Settled, Waiting


class Tried(NamedTuple):
    """A try that has ended."""

    settled: Settled
    answer: Answer | None  # None: nothing was sent


async def send(
    post: Post, endpoint: Endpoint, message: Message, clock: Callable[[], datetime]
) -> tuple[Attempt, Answer]:
    """Send a message now. The attempt says no more than delivered or failed."""
    began = clock()
    headers = headers_of(endpoint, message, began)
    answer = await post(endpoint.url, headers, message.body)
    arrived = is_success(answer.status)
    attempt = Attempt(
        position=message.position,
        message=message.id,
        at=began,
        duration=max(0, round((clock() - began).total_seconds() * 1_000)),
        outcome=Outcome.DELIVERED if arrived else Outcome.FAILED,
        status=answer.status,
        detail="" if arrived else sentence(answer),
        url=endpoint.url,
        headers=tuple(one for one in headers if one[0] != SIGNATURE),
        request=message.body,
        answer=answer.body,
    )
    return attempt, answer


def settled(
    waiting: Waiting, attempt: Attempt, answer: Answer, now: datetime, chance: float
) -> Settled:
    """What the try leads to: the event has arrived, waits again, or is given up."""
    if attempt.outcome is Outcome.DELIVERED:
        return Settled(attempt, None)
    tries = waiting.tries + 1
    due = next_try(tries, answer, now, chance)
    if due is None:
        return Settled(replace(attempt, outcome=Outcome.GIVEN_UP), None)
    return Settled(attempt, waiting._replace(tries=tries, due=due, detail=attempt.detail))


def missing(waiting: Waiting, endpoint: Endpoint, now: datetime) -> Tried:
    """An event that was removed from the feed before it could be sent."""
    detail = "the event was kept no longer when it should have been sent"
    attempt = Attempt(waiting.position, "", now, 0, Outcome.GIVEN_UP, None, detail, endpoint.url)
    return Tried(Settled(attempt, None), None)


class Trial:
    """Sends a test event to an endpoint, whether that is switched on or not."""

    def __init__(
        self,
        store: Store,
        post: Post,
        clock: Callable[[], datetime],
        chance: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._post = post
        self._clock = clock
        self._chance = chance

    async def __call__(self, slug: str, endpoint_id: str) -> Attempt:
        """What became of it; it is kept like any other try, and never tried again."""
        org = await self._store.organisation(slug)
        endpoint = await self._store.webhooks.one(org.id, endpoint_id)
        message = trial(slug, self._clock(), self._chance(12))
        attempt, _ = await send(self._post, endpoint, message, self._clock)
        noted = [Settled(attempt, None)]
        if await self._store.webhooks.settle(org.id, endpoint_id, noted, lambda one: one) is None:
            raise NotFound("the webhook was removed meanwhile")
        return attempt


async def send_test(
    store: Store,
    slug: str,
    endpoint: str,
    *,
    private: bool,
    clock: Callable[[], datetime],
    chance: Callable[[int], bytes],
) -> Attempt:
    """Send a test event to a webhook, now and from here; what became of it.

    Args:
        store: with the webhook.
        slug: of its organisation.
        endpoint: its id.
        private: whether it may be at a private address.
        clock: the time.
        chance: so many bytes that nobody can guess.
    """
    poster = Poster(private=private)
    try:
        return await Trial(store, poster, clock, chance)(slug, endpoint)
    finally:
        await poster.close()
