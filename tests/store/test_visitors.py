"""What every store promises of those who come into the console."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from headcount.errors import NotFound, Taken
from headcount.store.model import Organisation, OrgId
from headcount.store.promise import Store
from headcount.store.visitors import Administrator, Audited, Link, Reach, Session

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
_IDS = count(1)


def an_administrator(email: str = "ada@x.test", org: OrgId | None = None) -> Administrator:
    """Somebody new."""
    return Administrator(f"a{next(_IDS):06}", email, org, NOW)


def a_link(whose: Administrator) -> Link:
    """A link by which an administrator comes in."""
    number = next(_IDS)
    reach = Reach.SERVER if whose.org is None else Reach.ORGANISATION
    expires = NOW + HOUR
    return Link(f"l{number:06}", b"l%d" % number, reach, whose.org, whose.email, NOW, expires)


def a_set_up_link(org: Organisation, created: datetime = NOW) -> Link:
    """A link to the page on which an organisation is connected."""
    number = next(_IDS)
    digest = b"l%d" % number
    return Link(f"l{number:06}", digest, Reach.SET_UP, org.id, None, created, created + HOUR)


def a_session(by: Link | None = None, whose: Administrator | None = None) -> Session:
    """A browser that is signed in."""
    number = next(_IDS)
    return Session(
        id=f"s{number:06}",
        digest=b"s%d" % number,
        reach=by.reach if by else Reach.SERVER,
        org=by.org if by else whose.org if whose else None,
        administrator=whose.id if whose else None,
        link=by.id if by else None,
        created=NOW,
        last_seen=NOW,
        expires=NOW + HOUR,
        browser="Firefox",
    )


async def admitted(store: Store, email: str, org: OrgId | None = None) -> Administrator:
    """An administrator whom the store knows."""
    one = an_administrator(email, org)
    await store.add_administrator(one)
    return one


async def test_an_administrator_is_found_in_any_letter_case(store: Store) -> None:
    assert await store.find_administrator("zoë@x.test") is None
    zoe = await admitted(store, "Zoë@Straße.test")
    ada = await admitted(store, "ada@x.test", OrgId(7))
    assert await store.find_administrator("ZOË@STRASSE.TEST") == zoe
    assert await store.find_administrator("Ada@x.test") == ada
    assert await store.find_administrator("bob\0@x.test") is None
    assert await store.administrators() == [ada, zoe]


async def test_an_e_mail_address_is_of_one_administrator(store: Store) -> None:
    await admitted(store, "ada@x.test")
    with pytest.raises(Taken, match=r"ADA@x\.test"):
        await admitted(store, "ADA@x.test", OrgId(7))
    assert len(await store.administrators()) == 1


async def test_of_many_administrators_of_one_address_at_once_one_stays(store: Store) -> None:
    waiting = [admitted(store, "ada@x.test") for _ in range(8)]
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert sum(isinstance(one, Taken) for one in done) == 7
    assert len(await store.administrators()) == 1


async def test_who_is_removed_is_out_and_the_others_stay(store: Store) -> None:
    ada, bob = await admitted(store, "Ada@x.test"), await admitted(store, "bob@x.test")
    unused, kept = a_link(replace(ada, email="ADA@X.test")), a_link(bob)
    for link in (unused, kept):
        await store.add_link(link)
    sessions = {one.id: a_session(whose=one) for one in (ada, bob)}
    for session in sessions.values():
        await store.add_session(session)
    removed = await store.remove_administrator(ada.id)
    assert removed == replace(ada, last_seen=NOW)
    assert await store.find_session(sessions[ada.id].digest) is None
    assert await store.find_link(unused.digest) is None
    assert not await store.use_link(unused.id, NOW, a_session(unused, ada))
    assert await store.find_link(kept.digest) == kept
    assert await store.administrators() == [replace(bob, last_seen=NOW)]
    assert [one.id for one in await store.sessions(None)] == [sessions[bob.id].id]
    for nobody in (ada.id, "nobody"):
        with pytest.raises(NotFound):
            await store.remove_administrator(nobody)
    assert not await store.renew_session(sessions[ada.id].digest, a_session(whose=bob))
    with pytest.raises(NotFound):
        await store.add_session(a_session(whose=ada))
    await admitted(store, "ada@X.test")


async def test_a_link_that_came_about_after_its_administrator_went_opens_nothing(
    store: Store,
) -> None:
    ada = await admitted(store, "ada@x.test")
    link = a_link(ada)
    await store.remove_administrator(ada.id)
    await store.add_link(link)
    assert not await store.use_link(link.id, NOW, a_session(link, ada))
    assert await store.find_link(link.digest) == link
    assert list(await store.sessions(None)) == []


async def test_nobody_gets_in_while_they_are_removed(store: Store) -> None:
    for turn in range(8):
        ada = await admitted(store, f"ada{turn}@x.test")
        link = a_link(ada)
        await store.add_link(link)
        await asyncio.gather(
            store.use_link(link.id, NOW, a_session(link, ada)),
            store.remove_administrator(ada.id),
            store.add_session(a_session(whose=ada)),
            return_exceptions=True,
        )
        assert await store.administrators() == []
        assert list(await store.sessions(None)) == []


async def test_links_are_of_one_organisation_or_of_none_the_newest_first(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    first, second = a_set_up_link(acme), a_set_up_link(acme, NOW + HOUR)
    other, server = a_set_up_link(rival), a_link(await admitted(store, "Ada@x.test"))
    for link in (first, second, other, server):
        await store.add_link(link)
    assert list(await store.links(acme.id)) == [second, first]
    assert list(await store.links(rival.id)) == [other]
    assert list(await store.links(None)) == [server]
    assert await store.find_link(server.digest) == server
    assert await store.find_link(b"unknown") is None


async def test_links_are_forgotten_long_after_their_end(store: Store, acme: Organisation) -> None:
    old, lately = a_set_up_link(acme, NOW - 31 * 24 * HOUR), a_set_up_link(acme, NOW - 24 * HOUR)
    for link in (old, lately, new := a_set_up_link(acme)):
        await store.add_link(link)
    assert list(await store.links(acme.id)) == [new, lately]


async def test_a_link_of_an_administrator_opens_one_session(store: Store) -> None:
    ada = await admitted(store, "ada@x.test")
    link = a_link(ada)
    await store.add_link(link)
    session, later = a_session(link, ada), NOW + HOUR / 2
    assert await store.use_link(link.id, later, session)
    assert await store.find_session(session.digest) == (session, replace(ada, last_seen=NOW))
    assert await store.find_link(link.digest) == replace(link, used=later)
    second = a_session(link, ada)
    assert not await store.use_link(link.id, later, second)
    assert await store.find_session(second.digest) is None


async def test_of_two_who_use_a_link_at_once_one_gets_in(store: Store) -> None:
    ada = await admitted(store, "ada@x.test")
    link = a_link(ada)
    await store.add_link(link)
    tries = [store.use_link(link.id, NOW, a_session(link, ada)) for _ in range(8)]
    assert sorted(await asyncio.gather(*tries)) == [False] * 7 + [True]
    assert len(await store.sessions(None)) == 1


async def test_a_set_up_link_opens_any_number_of_sessions(store: Store, acme: Organisation) -> None:
    link = a_set_up_link(acme)
    await store.add_link(link)
    for minutes in (1, 2):
        at = NOW + timedelta(minutes=minutes)
        session = a_session(link)
        assert await store.use_link(link.id, at, session)
        assert await store.find_session(session.digest) == (session, None)
        assert await store.find_link(link.digest) == replace(link, used=at)
    assert len(await store.sessions(acme.id)) == 2


async def test_a_link_that_has_ended_opens_nothing(store: Store, acme: Organisation) -> None:
    ada = await admitted(store, "ada@x.test")
    for link, session in [
        (own := a_link(ada), a_session(own, ada)),
        (theirs := a_set_up_link(acme), a_session(theirs)),
    ]:
        await store.add_link(link)
        assert not await store.use_link(link.id, link.expires, session)
        assert await store.find_link(link.digest) == link
        revoked = await store.revoke_link(link.org, link.id, NOW)
        assert revoked == replace(link, revoked=NOW)
        assert not await store.use_link(link.id, NOW, session)
        assert await store.find_link(link.digest) == revoked
        assert await store.find_session(session.digest) is None
    assert not await store.use_link("unknown", NOW, a_session())


async def test_a_revoked_link_ends_the_sessions_that_it_opened(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    link, other = a_set_up_link(acme), a_set_up_link(acme)
    opened = [a_session(link), a_session(link), a_session(other)]
    for one in (link, other):
        await store.add_link(one)
    for session in opened:
        assert await store.use_link(session.link or "", NOW, session)
    for org in (rival.id, None):
        with pytest.raises(NotFound):
            await store.revoke_link(org, link.id, NOW)
    with pytest.raises(NotFound):
        await store.revoke_link(acme.id, "unknown", NOW)
    assert len(await store.sessions(acme.id)) == 3
    revoked = await store.revoke_link(acme.id, link.id, NOW)
    assert revoked == replace(link, used=NOW, revoked=NOW)
    assert list(await store.sessions(acme.id)) == [opened[2]]
    assert await store.revoke_link(acme.id, link.id, NOW + HOUR) == revoked


async def test_sessions_that_ended_are_forgotten_when_another_begins(store: Store) -> None:
    old, new = a_session(), a_session()
    await store.add_session(old)
    await store.add_session(replace(new, created=old.expires - HOUR / 4))
    assert len(await store.sessions(None)) == 2
    third = replace(a_session(), created=old.expires + HOUR / 4, expires=NOW + 3 * HOUR)
    await store.add_session(third)
    assert list(await store.sessions(None)) == [third]


async def test_a_renewed_session_takes_the_place_of_the_one_before(store: Store) -> None:
    ada = await admitted(store, "ada@x.test")
    before = a_session(whose=ada)
    await store.add_session(before)
    seen = NOW + HOUR / 2
    after = replace(before, digest=b"renewed", last_seen=seen, expires=NOW + 2 * HOUR)
    assert await store.renew_session(before.digest, after)
    assert await store.find_session(before.digest) is None
    assert await store.find_session(b"renewed") == (after, replace(ada, last_seen=seen))
    assert not await store.renew_session(before.digest, replace(after, digest=b"again"))
    assert list(await store.sessions(None)) == [after]
    earlier = replace(after, last_seen=NOW)
    assert await store.renew_session(b"renewed", earlier)
    assert await store.administrators() == [replace(ada, last_seen=seen)]


async def test_of_two_who_renew_a_session_at_once_one_does(store: Store) -> None:
    session = a_session()
    await store.add_session(session)
    tries = [
        store.renew_session(session.digest, replace(session, digest=b"new%d" % one))
        for one in range(8)
    ]
    assert sorted(await asyncio.gather(*tries)) == [False] * 7 + [True]


async def test_sessions_are_of_one_organisation_or_of_everybody_the_last_seen_first(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    links = [a_set_up_link(acme), a_set_up_link(acme), a_set_up_link(rival)]
    sessions = []
    for minutes, link in enumerate(links):
        await store.add_link(link)
        sessions.append(replace(a_session(link), last_seen=NOW + timedelta(minutes=minutes)))
        await store.use_link(link.id, NOW, sessions[-1])
    server = replace(a_session(), last_seen=NOW + HOUR / 2)
    await store.add_session(server)
    first, second, other = sessions
    assert list(await store.sessions(acme.id)) == [second, first]
    assert list(await store.sessions(rival.id)) == [other]
    assert list(await store.sessions(None)) == [server, other, second, first]


async def test_a_session_that_is_ended_opens_nothing(store: Store) -> None:
    session, other = a_session(), a_session()
    for one in (session, other):
        await store.add_session(one)
    await store.end_session(session.id)
    await store.end_session(session.id)
    assert await store.find_session(session.digest) is None
    assert await store.find_session(other.digest) == (other, None)


async def test_what_was_done_is_told_the_newest_first_and_to_nobody_else(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    data = {"seats": [None, 5], "name": ["Ä\0", "é"]}
    kept = [
        Audited(NOW + number * HOUR, "administrator:ada@x.test", f"done.{number}", org, data)
        for number, org in enumerate([acme.id, rival.id, None, acme.id])
    ]
    for entry in kept:
        await store.audit(entry)
    found = await store.audited(None, None, 10)
    assert [replace(one, number=0) for one in found] == kept[::-1]
    numbers = [one.number for one in found]
    assert numbers == sorted(set(numbers), reverse=True)
    assert min(numbers) > 0
    mine = await store.audited(acme.id, None, 10)
    assert mine == [found[0], found[3]]
    assert await store.audited(rival.id, None, 10) == [found[2]]
    assert await store.audited(acme.id, mine[0].number, 10) == [mine[1]]
    assert await store.audited(None, found[1].number, 1) == [found[2]]
    assert await store.audited(None, 10**30, 1) == found[:1]
    assert await store.audited(None, -1, 1) == []


@pytest.mark.parametrize(
    "do",
    [
        lambda store: store.add_administrator(an_administrator()),
        lambda store: store.add_session(a_session()),
        lambda store: store.audit(Audited(NOW, "cli", "some.thing")),
    ],
)
async def test_visitors_do_not_move_what_tokens_are_looked_at_by(
    store: Store, do: Callable[[Store], Coroutine[Any, Any, None]]
) -> None:
    before = await store.read_access_epoch()
    await do(store)
    assert await store.read_access_epoch() == before
