"""What happened before the console is looked at: a month of requests, and what was done by hand.

All of it goes through the operations of Headcount, except that requests are recorded as if they had
come when they say that they came.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, TypeVar

from bench.month import Month
from bench.stage import Advance, Past
from headcount.bootstrap import Runtime, clock
from headcount.directory.access import Caller
from headcount.directory.endpoints import Wanted
from headcount.directory.keys import KeyWish
from headcount.directory.tokens import Wish
from headcount.directory.visiting import SET_UP_LIFETIME
from headcount.scim.operations import Operation, PatchOp, Target
from headcount.scim.paths import resolve
from headcount.scim.schemas import USER_TYPE
from headcount.store.activity import Done, Exchange, Sought
from headcount.store.connectors import Connector
from headcount.store.model import Kind, OrgId, RoleRule
from headcount.store.visitors import Audited
from headcount.store.webhooks import Attempt, Outcome, Settled

T = TypeVar("T")

_AT_ONCE = 500  # requests that are recorded in one transaction, or changes side by side
_TOKENS = 12
_PEOPLE = 30  # administrators of the organisation
_LINKS = 5
_TRIES = 200  # to send something to the webhook
_BY_HAND = 10_000  # entries of the audit trail
_CHANGES = 1_000  # of the account that is changed most often
_APART = 200  # accounts of which half are switched off and half administer
_TEAMS = 60  # groups without members, so that the first page of them is always full
_RULES = 10  # roles by group


@dataclass(frozen=True)
class OurOffice:
    """Whoever administers Headcount, at its database."""

    runtime: Runtime
    caller: Caller

    async def invite(self) -> str:
        secret, _ = await self.runtime.visiting.invite("root@acme.test", None, "cli")
        return secret

    async def live(self, ids: Sequence[str], exchanges: int, advance: Advance) -> Past:
        busiest = len(ids) // 2 | 1  # it has a department
        tokens = await self._appoint()
        apart = ids[:: max(2, len(ids) // _APART)]
        await self._set_apart([one for one in apart if one != ids[busiest]])
        await self._gather_teams()
        await self._change_often(ids[busiest], tokens[0])
        org = self.caller.organisation.id
        month = Month(org, ids, tokens, busiest, exchanges, clock())
        await self._record(month, advance)
        await self._note()
        webhook, attempt = await self._send()
        store = self.runtime.store
        changes = await store.events_about(org, ids[busiest], None, _CHANGES // 2)
        [newest], [lost] = [await store.exchanges(whose, Sought(), 1) for whose in (org, None)]
        [entry] = await store.audited(org, None, 1)
        return Past(
            account=busiest,
            change=changes[-1].position,
            exchange=max(newest.number, lost.number) - (exchanges - 1 - month.middle),
            unclaimed=lost.number,
            entry=entry.number // 2,
            webhook=webhook,
            attempt=attempt,
        )

    async def _send(self) -> tuple[str, int]:
        """A webhook that is switched off after many tries, and a connector; its id, and a try."""
        runtime, org = self.runtime, self.caller.organisation
        wanted = Wanted("https://hooks.example.test/events", label="chat")
        one = await runtime.endpoints.add(org.slug, wanted)
        await runtime.endpoints.disable(org.slug, one.id)
        tried = Attempt(1, "msg_1", clock(), 7, Outcome.FAILED, 500, "it said 500", one.url)
        hooks = runtime.store.webhooks
        for _ in range(_TRIES):
            await hooks.settle(org.id, one.id, [Settled(tried, None)], lambda same: same)
        await runtime.keys.issue(KeyWish("billing", org.slug))
        settings = {"site": "https://chat.example.test", "email": "bot@acme.test", "protected": []}
        new = Connector(org.id, "chat", "zulip", settings, "key", clock())
        await runtime.store.connectors.add(new)
        return one.id, (await hooks.attempts(org.id, one.id, 1))[0].number

    async def _appoint(self) -> list[str]:
        """Tokens, administrators and links; the ids of the tokens."""
        runtime, organisation = self.runtime, self.caller.organisation
        slug = organisation.slug
        issued = [
            await runtime.organisations.issue(slug, Wish(f"token {number}", timedelta(days=30)))
            for number in range(_TOKENS)
        ]
        for number in range(_PEOPLE):
            await runtime.visiting.invite(f"admin{number}@acme.test", organisation, "cli")
        for _ in range(_LINKS):
            await runtime.visiting.set_up_link(organisation, SET_UP_LIFETIME, "cli")
        return [kept.id for _, kept in issued]

    async def _set_apart(self, ids: Sequence[str]) -> None:
        """Switch some accounts off, and let as many others administer."""
        off, admins = ids[::2], ids[1::2]
        await _all(self._patch(self.caller, one, "active", False) for one in off)
        await _all(self._patch(self.caller, one, "role", "administrator") for one in admins)

    async def _gather_teams(self) -> None:
        """Groups in which nobody is, some of them with a rule about roles."""
        made = [
            await self.runtime.directory.create(
                self.caller, Kind.GROUP, {"displayName": f"Team {number:02}"}
            )
            for number in range(_TEAMS)
        ]
        rules = [RoleRule(one.stored.id, "moderator") for one in made[:_RULES]]
        await self.runtime.role_rules.set(self.caller.organisation, rules)

    async def _change_often(self, account: str, token: str) -> None:
        provider = Caller(self.caller.organisation, f"token:{token}")
        for number in range(_CHANGES):
            await self._patch(provider, account, "title", f"Engineer {number}")

    async def _patch(self, caller: Caller, account: str, name: str, value: object) -> None:
        path = resolve(USER_TYPE, name)
        assert path is not None
        operation = Operation(PatchOp.REPLACE, Target(path), value)
        await self.runtime.directory.patch(caller, Kind.USER, account, [operation])

    async def _record(self, month: Month, advance: Advance) -> None:
        for part in _parts(month.exchanges()):
            await self.runtime.store.add_exchanges(part, _tallies(part))
            advance(len(part))

    async def _note(self) -> None:
        """Fill the audit trail, as if the organisation got another name again and again."""
        org = self.caller.organisation.id
        entries = (
            Audited(
                clock(),
                f"administrator:admin{number % _PEOPLE}@acme.test",
                "organisation.changed",
                org,
                {"name": [f"Acme {number}", f"Acme {number + 1}"]},
            )
            for number in range(_BY_HAND)
        )
        await _all(self.runtime.store.audit(entry) for entry in entries)


def _parts(some: Iterable[T]) -> Iterator[list[T]]:
    """Some at a time."""
    left = iter(some)
    while part := list(islice(left, _AT_ONCE)):
        yield part


async def _all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all of it, some side by side."""
    for part in _parts(work):
        await asyncio.gather(*part)


def _tallies(exchanges: Sequence[Exchange]) -> dict[tuple[OrgId, str, Done], int]:
    """How often something was done on each day."""
    return Counter(
        (one.org, one.at[:10], one.did)
        for one in exchanges
        if one.org is not None and one.did is not None
    )
