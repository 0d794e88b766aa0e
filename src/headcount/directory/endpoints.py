"""What people do with webhooks: add, list, switch off and on, change the secret, send again."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from headcount.directory.access import COMMAND_LINE
from headcount.directory.destinations import target_of
from headcount.directory.hook_keys import KEY_BYTES, secret_of
from headcount.errors import Conflict, InvalidValue
from headcount.store.model import EventType, Organisation
from headcount.store.promise import Store
from headcount.store.visitors import Audited
from headcount.store.webhooks import Endpoint, Waiting

OVERLAP = timedelta(hours=24)  # that the secret before signs too
MOST_LABEL = 200
MOST_ENDPOINTS = 50  # of an organisation

_ID_BYTES = 5  # short enough to type; it opens nothing
_BATCH = 500  # events


@dataclass(frozen=True, slots=True)
class Wanted:
    """A webhook that somebody wants."""

    url: str
    types: Sequence[str] = ()
    label: str = ""
    after: int | None = None  # the position to begin behind; None: the newest event


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The webhooks of a server. Whatever is done to them goes into the audit trail."""

    store: Store
    clock: Callable[[], datetime]
    chance: Callable[[int], bytes] = secrets.token_bytes
    private: bool = False  # whether networks within may be sent to

    async def add(self, slug: str, wanted: Wanted, *, actor: str = COMMAND_LINE) -> Endpoint:
        """A new webhook, with a secret that is shown now and never again.

        Raises:
            InvalidValue: the address, a type, the label or the position is none.
            Conflict: there are too many.
        """
        org = await self.store.organisation(slug)
        target_of(wanted.url, private=self.private)
        endpoint = Endpoint(
            org=org.id,
            id=self.chance(_ID_BYTES).hex(),
            url=wanted.url,
            secret=secret_of(self.chance(KEY_BYTES)),
            created=self.clock(),
            label=_label(wanted.label),
            types=checked_types(wanted.types),
        )
        if len(await self.store.webhooks.all(org.id)) >= MOST_ENDPOINTS:
            raise Conflict(
                f"an organisation has {MOST_ENDPOINTS} webhooks at most: remove one first"
            )
        newest = await self._newest(org)
        after = newest if wanted.after is None else wanted.after
        if after > newest:
            raise InvalidValue(f"the feed has come to position {newest}, and not to {after}")
        await self.store.webhooks.add(endpoint, after)
        await self._note(actor, "webhook.added", org, endpoint)
        return endpoint

    async def all(self, slug: str) -> list[Endpoint]:
        """The webhooks of an organisation."""
        return await self.store.webhooks.all((await self.store.organisation(slug)).id)

    async def one(self, slug: str, endpoint: str) -> Endpoint:
        """One of them, or `NotFound`."""
        return await self.store.webhooks.one((await self.store.organisation(slug)).id, endpoint)

    async def remove(self, slug: str, endpoint: str, *, actor: str = COMMAND_LINE) -> Endpoint:
        """Send nothing more, and forget all that waits and every try."""
        org = await self.store.organisation(slug)
        gone = await self.store.webhooks.remove(org.id, endpoint)
        await self._note(actor, "webhook.removed", org, gone)
        return gone

    async def rotate(
        self, slug: str, endpoint: str, overlap: timedelta, *, actor: str = COMMAND_LINE
    ) -> Endpoint:
        """A new secret; the one before signs too for a while."""
        org = await self.store.organisation(slug)
        secret, until = secret_of(self.chance(KEY_BYTES)), self.clock() + overlap
        done = await self.store.webhooks.change(
            org.id,
            endpoint,
            lambda one: replace(
                one,
                secret=secret,
                previous=one.secret if overlap else None,
                previous_until=until if overlap else None,
            ),
        )
        await self._note(actor, "webhook.secret_changed", org, done)
        return done

    async def disable(self, slug: str, endpoint: str, *, actor: str = COMMAND_LINE) -> Endpoint:
        """Send nothing until it is switched on again; what happens meanwhile waits."""
        org, now = await self.store.organisation(slug), self.clock()
        done = await self.store.webhooks.change(
            org.id,
            endpoint,
            lambda one: replace(
                one, off_since=one.off_since or now, off_reason=one.off_reason or "by hand"
            ),
        )
        await self._note(actor, "webhook.disabled", org, done)
        return done

    async def enable(
        self, slug: str, endpoint: str, *, from_now: bool = False, actor: str = COMMAND_LINE
    ) -> Endpoint:
        """Send again: all that happened meanwhile, or only what comes from now on."""
        org = await self.store.organisation(slug)
        target_of((await self.store.webhooks.one(org.id, endpoint)).url, private=self.private)
        position = await self._newest(org) if from_now else None
        await self.store.webhooks.resume(org.id, endpoint, position)
        done = await self.store.webhooks.change(
            org.id,
            endpoint,
            lambda one: replace(
                one, off_since=None, off_reason="", failing_since=None, paused_until=None
            ),
        )
        await self._note(actor, "webhook.enabled", org, done)
        return done

    async def redeliver(
        self,
        slug: str,
        endpoint: str,
        first: int,
        last: int,
        *,
        told: Callable[[int], None] | None = None,
        actor: str = COMMAND_LINE,
    ) -> int:
        """Send events again that were passed before, those at both ends too; how many.

        Args:
            slug: of the organisation.
            endpoint: the id of the webhook.
            first: the first position.
            last: the last one.
            told: is given the position that was come to, now and then.
            actor: who wants it.

        Raises:
            InvalidValue: there are no such positions, or the webhook has not come so far.
            Conflict: it is switched off.
        """
        org = await self.store.organisation(slug)
        one = await self.store.webhooks.one(org.id, endpoint)
        if one.off_since is not None:
            raise Conflict(
                "the webhook is switched off; `headcount webhook enable` switches it on first"
            )
        await self._check_passed(one, first, last)
        done, position = 0, first - 1
        while position < last:
            found = await self.store.events_after(org.id, position, min(_BATCH, last - position))
            found = [event for event in found if event.position <= last]
            if not found:
                break
            again = [Waiting(e.position, e.subject) for e in found if wants(one.types, e.type)]
            await self.store.webhooks.again(org.id, endpoint, again)
            done, position = done + len(again), found[-1].position
            if told is not None:
                told(position)
        if position == first - 1:
            raise InvalidValue(f"no event from position {first} to {last} is kept any more")
        await self._note(actor, "webhook.redelivered", org, one, first=first, last=last)
        return done

    async def _check_passed(self, one: Endpoint, first: int, last: int) -> None:
        """What is still to come would get out of order."""
        follower = next(iter(await self.store.followers.all(one.org, one.follower)))
        if not 1 <= first <= last:
            raise InvalidValue("positions begin with 1, and the first is not behind the last")
        if last > follower.position:
            raise InvalidValue(
                f"the webhook has come to position {follower.position}: what is behind that is"
                " still to be sent for the first time"
            )

    async def _newest(self, org: Organisation) -> int:
        return (await self.store.positions([org.id])).get(org.id, 0)

    async def _note(
        self, actor: str, action: str, org: Organisation, one: Endpoint, **more: object
    ) -> None:
        data = {"webhook": one.id, "url": one.url, **more}
        await self.store.audit(Audited(self.clock(), actor, action, org.id, data))


def wants(types: Sequence[str], event: str) -> bool:
    """Whether a webhook with such a filter gets events of a type.

    >>> wants((), "account.created"), wants(("account.*",), "account.created")
    (True, True)
    >>> wants(("group.*", "account.deleted"), "account.created")
    False
    """
    return not types or any(
        event == one or (one.endswith(".*") and event.startswith(one[:-1])) for one in types
    )


def checked_types(types: Sequence[str]) -> tuple[str, ...]:
    """The filter, if each of it fits some type of event.

    Raises:
        InvalidValue: one fits none.
    """
    for one in types:
        if not any(wants((one,), event) for event in EventType):
            known = ", ".join(sorted({f"{event.partition('.')[0]}.*" for event in EventType}))
            raise InvalidValue(
                f"there are no events of the type {one[:100]!r}: give one such as"
                f" {EventType.ACCOUNT_CREATED}, or {known}"
            )
    return tuple(dict.fromkeys(types))


def _label(text: str) -> str:
    if len(text) > MOST_LABEL:
        raise InvalidValue(f"a label has {MOST_LABEL} letters at most")
    return text.strip()
