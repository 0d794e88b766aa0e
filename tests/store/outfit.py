"""What the application behind Headcount has there: keys, links, webhooks, connectors, followers."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from headcount.store.connectors import Connector, Linked
from headcount.store.followers import Follower
from headcount.store.keys import ApiKey
from headcount.store.links import AccountLink
from headcount.store.model import Organisation, OrgId
from headcount.store.promise import Store
from headcount.store.webhooks import Attempt, Endpoint, Outcome, Settled, Waiting

ODD = "\"😀\" 'L'Été' \\ \x07 \u2028 $1 ? {}"
_WHEN = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
_LATER = _WHEN + timedelta(days=40_000)  # leases that are held by then are held in the tests too


async def fit_out(store: Store, slug: str, accounts: list[str], *, odd: str = "") -> None:
    """Give an organisation some of everything, with links of all these accounts."""
    org = await store.organisation(slug)
    await _keys(store, slug, org.id, odd)
    await asyncio.gather(
        *(
            store.account_links.put(org.id, AccountLink(one, f"{odd}{number}", "2026-01-02"))
            for number, one in enumerate(accounts)
        )
    )
    await _connectors(store, org, accounts, odd)
    await _webhooks(store, org, len(accounts), odd)
    await _subscriber(store, org)


async def keys_of_all(store: Store) -> None:
    """Keys that open every organisation."""
    await _keys(store, "all", None, ODD)


async def _keys(store: Store, name: str, org: OrgId | None, odd: str) -> None:
    plain = ApiKey(f"{name}1", org, odd, f"{name}\0\xff".encode(), ("accounts:read",), _WHEN)
    full = ApiKey(
        f"{name}2", org, "full", b"2" + name.encode(), ("a", "b"), _WHEN, _LATER, _WHEN, _LATER, "x"
    )
    for one in (plain, full):
        await store.keys.add(one)


async def _connectors(store: Store, org: Organisation, accounts: list[str], odd: str) -> None:
    settings = {"site": odd, "protected": [odd], "number": 2**53 + 1}
    one = Connector(org.id, "chat", "zulip", settings, f"key {odd}", _WHEN)
    off = Connector(org.id, f"off{odd}", "synapse", {}, "", _WHEN, enabled=False, last_run={"a": 1})
    for each in (one, off):
        await store.connectors.add(each)
    people = [Linked(one, f"{odd}{number}", f"{number}@x") for number, one in enumerate(accounts)]
    await store.connectors.link(org.id, one.name, [*people, Linked("group", "7", group=True)])
    await store.connectors.link(org.id, off.name, people[:2])
    await store.followers.add(Follower(org.id, "connector:chat", 2))


async def _webhooks(store: Store, org: Organisation, many: int, odd: str) -> None:
    plain = Endpoint(org.id, "plain", "https://hooks.test/in", "whsec_c2VjcmV0", _WHEN)
    full = replace(
        plain,
        id="full",
        label=odd,
        types=("account.*", "group.deleted"),
        previous="whsec_b2xk",
        previous_until=_LATER,
        off_since=_WHEN,
        off_reason=odd,
        failing_since=_WHEN,
        arrived=_WHEN,
        paused_until=_LATER,
    )
    for one in (plain, full):
        await store.webhooks.add(one, 1)
    waiting = [Waiting(number + 1, f"subject {number % 7}") for number in range(many)]
    await store.webhooks.again(org.id, plain.id, waiting)
    attempt = Attempt(1, "msg_1", _WHEN, 12, Outcome.FAILED, 500, "no", "https://hooks.test/in")
    tried = Settled(attempt, Waiting(1, "subject 0", 3, _LATER, f"why {odd}"))
    await store.webhooks.settle(org.id, plain.id, [tried], lambda one: one)


async def _subscriber(store: Store, org: Organisation) -> None:
    """One that failed, and is held by a process."""
    await store.secret("subscriber:mail", b"2026-01-02T03:04:05.678Z")
    one = Follower(org.id, "subscriber:mail", 1)
    await store.followers.add(one)
    await store.followers.take(org.id, one.name, "somebody", _WHEN, _LATER)
    failed = replace(one, failures=3, detail="why", due=_WHEN)
    assert await store.followers.settle(failed, "somebody")
