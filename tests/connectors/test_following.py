"""What identity providers do to an organisation is in its application a moment later."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import urllib3

from headcount.beside import connector_handlers, connector_worker
from headcount.bootstrap import Runtime, clock
from headcount.connectors.following import concerned
from headcount.connectors.managing import Managing, Wish
from headcount.connectors.running import Some, applied, follower_name
from headcount.errors import Unavailable
from headcount.store.model import EventType, Recorded
from tests.connectors.conftest import Chat
from tests.connectors.zulip_server import MEMBER, MODERATOR, User
from tests.serving import Site

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that comes about."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def send(site: Site, method: str, path: str, body: Any = None) -> str:
    """One request of an identity provider; the id in its answer."""
    headers = {"Authorization": f"Bearer {site.token}"}
    kept = json.dumps(body) if body is not None else None
    answer = urllib3.request(method, site.base_url + path, body=kept, headers=headers)
    assert answer.status < 300, answer.data
    return str(answer.json()["id"]) if answer.data else ""


def okta(name: str, given: str, family: str, **more: Any) -> dict[str, Any]:
    """An account as Okta sends it, with what the guide of Zulip maps."""
    return {
        "userName": name,
        "name": {"givenName": given, "familyName": family},
        "active": True,
        **more,
    }


def change(site: Site, path: str, op: str, at: str, value: Any) -> None:
    """One PATCH with one operation."""
    operation = {"op": op, "path": at, "value": value}
    send(site, "PATCH", path, {"schemas": [PATCH], "Operations": [operation]})


def connect(site: Site, chat: Chat, *, key: str = "human-key") -> None:
    """A connector of the site to the Zulip."""
    wish = Wish("zulip", chat.site, key, email="iago@zulip.test")
    site.office.do(lambda runtime: Managing(runtime.store, clock).add(site.slug, wish))


@contextmanager
def following(site: Site, database: str) -> Iterator["subprocess.Popen[str]"]:
    """`headcount connector follow`, which has applied everything when the block begins."""
    process = subprocess.Popen(
        [sys.executable, "-m", "headcount", "connector", "follow", site.slug, "zulip"],
        env={**os.environ, "HEADCOUNT_DATABASE": database},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        while "Following" not in process.stdout.readline():
            assert process.poll() is None
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        process.stdout.close()


def person(chat: Chat, email: str) -> User | None:
    return next((one for one in chat.realm.users.values() if one.email == email), None)


def test_what_an_identity_provider_does_reaches_the_application(
    site: Site, chat: Chat, database: str
) -> None:
    connect(site, chat)
    send(site, "POST", "/Users", okta("grace@acme.test", "Grace", "Hopper", role="owner"))
    with following(site, database):
        assert chat.user("grace@acme.test").name == "Grace Hopper"
        ada = okta("ada@acme.test", "Ada", "van der Berg", role="moderator")
        id_ = send(site, "POST", "/Users", ada)
        until(lambda: (one := person(chat, "ada@acme.test")) is not None and one.role == MODERATOR)
        there = chat.user("ada@acme.test")
        assert there.name == "Ada van der Berg"
        ada = okta("king@acme.test", "Ada", "King", role="member")
        send(site, "PUT", f"/Users/{id_}", ada)
        until(
            lambda: (there.email, there.name, there.role) == ("king@acme.test", "Ada King", MEMBER)
        )
        members = [{"value": id_}]
        group = send(site, "POST", "/Groups", {"displayName": "Pioneers", "members": members})
        until(lambda: any(one.name == "Pioneers" for one in chat.realm.groups.values()))
        until(lambda: chat.members("Pioneers") == {"king@acme.test"})
        change(site, f"/Users/{id_}", "replace", "active", value=False)
        until(lambda: not there.active)
        change(site, f"/Users/{id_}", "replace", "active", value=True)
        until(lambda: there.active)
        until(lambda: chat.members("Pioneers") == {"king@acme.test"})
        change(site, f"/Groups/{group}", "replace", "displayName", "First")
        change(site, f"/Groups/{group}", "remove", "members", members)
        until(lambda: any(one.name == "First" for one in chat.realm.groups.values()))
        until(lambda: chat.members("First") == set())
        send(site, "DELETE", f"/Groups/{group}")
        until(lambda: not chat.realm.group("First").active)
        send(site, "DELETE", f"/Users/{id_}")
        until(lambda: not there.active)
    assert len(chat.realm.users) == 4


def test_what_came_while_nobody_followed_is_done_by_the_next(
    site: Site, chat: Chat, database: str
) -> None:
    connect(site, chat)
    with following(site, database) as process:
        process.kill()
        process.wait()
    send(site, "POST", "/Users", okta("ada@acme.test", "Ada", "King"))

    async def work(runtime: Runtime) -> None:
        (one,) = await Managing(runtime.store, clock).list(site.slug)
        worker, watch = connector_worker(runtime.store, one, clock)
        worker.start()
        async with asyncio.timeout(60):
            while person(chat, "ada@acme.test") is None:  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.02)
        await worker.close()
        await watch.close()

    # The one that was killed is known to be gone when what it held for is over.
    site.office.do(lambda runtime: let_go(runtime, site))
    site.office.do(work)
    assert chat.user("ada@acme.test").name == "Ada King"


async def let_go(runtime: Runtime, site: Site) -> None:
    org = (await runtime.store.organisation(site.slug)).id
    (one,) = await runtime.store.followers.all(org)
    await runtime.store.followers.move(org, one.name, one.position)


def test_one_person_who_is_refused_is_tried_again_with_the_next_events(
    site: Site, chat: Chat
) -> None:
    connect(site, chat)
    org = site.organisation.id

    async def handle(runtime: Runtime, *subjects: str) -> dict[str, Any]:
        found = await connector_handlers(runtime.store, clock)
        (handler,) = [one for key, one in found.items() if key.org == org]
        await handler([event(one) for one in subjects])
        (one,) = await runtime.store.connectors.all(org)
        return dict(one.last_run or {})

    async def begin(runtime: Runtime) -> None:
        (one,) = await runtime.store.connectors.all(org)
        await applied(runtime.store, one, clock)

    assert not [
        key
        for key in site.office.do(lambda runtime: connector_handlers(runtime.store, clock))
        if key.org == org
    ]
    site.office.do(begin)
    ada = send(site, "POST", "/Users", okta("ada@acme.test", "Ada", "King"))
    bob = send(site, "POST", "/Users", okta("bob@acme.test", "Bob", "King"))
    chat.realm.failing = "ada"
    run = site.office.do(lambda runtime: handle(runtime, ada, bob))
    assert (run["done"], run["failed"]) == ({"create": 1}, 1)
    assert person(chat, "bob@acme.test")
    chat.realm.failing = ""
    run = site.office.do(lambda runtime: handle(runtime, bob))
    assert (run["done"], run["failed"]) == ({"create": 1}, 0)
    assert person(chat, "ada@acme.test")


def test_while_the_key_opens_nothing_no_event_is_dealt_with(site: Site, chat: Chat) -> None:
    connect(site, chat)
    org = site.organisation.id

    async def begin(runtime: Runtime) -> None:
        (one,) = await runtime.store.connectors.all(org)
        await applied(runtime.store, one, clock)
        chat.user("iago@zulip.test").key = "another"
        found = await connector_handlers(runtime.store, clock)
        handler = next(one for key, one in found.items() if key.org == org)
        with pytest.raises(Unavailable, match="Zulip does not take the key"):
            await handler([event("1")])

    site.office.do(begin)


def test_a_connector_that_is_switched_off_follows_nothing(site: Site, chat: Chat) -> None:
    connect(site, chat)
    org = site.organisation.id

    async def work(runtime: Runtime) -> list[str]:
        managing = Managing(runtime.store, clock)
        (one,) = await managing.list(site.slug)
        await applied(runtime.store, one, clock)
        told = []
        for on in (True, False, True):
            await managing.switch(site.slug, "zulip", on=on)
            told.append(
                any(key.org == org for key in await connector_handlers(runtime.store, clock))
            )
        await managing.remove(site.slug, "zulip")
        assert await runtime.store.followers.all(org, follower_name("zulip")) == []
        return [str(one) for one in told]

    assert site.office.do(work) == ["True", "False", "True"]


def event(subject: str, kind: EventType = EventType.ACCOUNT_UPDATED) -> Recorded:
    return Recorded(1, kind, "2026-01-02T03:04:05.000Z", "cli", subject, {})


def test_events_lead_to_the_people_they_are_about_and_to_groups_where_these_matter() -> None:
    assert concerned([event("1"), event("2")]) == Some(frozenset("12"), groups=False)
    added = event("g", EventType.MEMBER_ADDED)
    assert concerned([added]) == Some(frozenset(), groups=True)
    assert concerned([event("1", EventType.ACCOUNT_CREATED)]) == Some(frozenset("1"), groups=True)
    assert concerned([event("1")], ["9"]) == Some(frozenset("19"), groups=True)
