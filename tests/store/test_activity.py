"""What every store promises of what was asked and answered."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from headcount.errors import NotFound
from headcount.store.activity import Done, Exchange, Sought
from headcount.store.exchanges import MOST_COMPARED, MOST_FAILURES
from headcount.store.model import EventType, Kind, MemberDelta, Organisation, OrgId
from headcount.store.promise import Store
from headcount.store.sqlite import SqliteStore
from tests.store.test_contract import a_group, an_account, changed, deleted, joining, moved

pytestmark = pytest.mark.anyio

ALL = Sought()


def minute(number: int) -> str:
    """A moment of the day on which everything happens."""
    return f"2026-01-02T03:{number:02}:00.000Z"


def an_exchange(org: Organisation | None, number: int = 0, **more: Any) -> Exchange:
    """One request and its answer."""
    given: dict[str, Any] = {
        "org": org and org.id,
        "at": minute(number),
        "duration": 1_200,
        "method": "POST",
        "path": "/scim/v2/Users",
        "status": 201,
    }
    return Exchange(**given | more)


def a_failure(org: Organisation, number: int, person: str, detail: str, **more: Any) -> Exchange:
    """One that was refused."""
    more = {"status": 409, "refusal": "Taken"} | more
    return an_exchange(org, number, person=person, detail=detail, **more)


def a_full_exchange(org: Organisation) -> Exchange:
    """One with everything that is kept."""
    return an_exchange(
        org,
        query='filter=userName eq "ä"',
        status=409,
        kind=Kind.USER,
        resource="u1",
        person="Zoë",
        did=Done.REFUSED,
        token="t1",
        client="okta/1",
        refusal="Taken",
        detail="the userName 'Zoë' belongs to another User",
        headers='{"accept": "é"}' * 40,
        request=b'{"userName": "Zo\xc3\xab"}' * 400,
        answer=b"\x00\xff",
        cut=True,
    )


async def kept(store: Store, *exchanges: Exchange) -> list[int]:
    """Keep them, and tell their numbers, the oldest first."""
    await store.add_exchanges(exchanges, {})
    orgs = {one.org for one in exchanges}
    return sorted([one.number for org in orgs for one in await store.exchanges(org, ALL, 100)])


async def numbers(
    store: Store, org: Organisation | None, sought: Sought = ALL, limit: int = 100
) -> list[int]:
    """The numbers of those that are found."""
    return [one.number for one in await store.exchanges(org.id if org else None, sought, limit)]


async def test_an_exchange_is_kept_whole_and_listed_without_its_bodies(
    store: Store, acme: Organisation
) -> None:
    full = a_full_exchange(acme)
    [number] = await kept(store, full)
    assert await store.exchange(acme.id, number) == replace(full, number=number)
    [listed] = await store.exchanges(acme.id, ALL, 10)
    assert listed == replace(full, number=number, headers="", request=b"", answer=b"")


async def test_many_that_are_kept_at_once_keep_their_own_bodies_and_their_order(
    store: Store, acme: Organisation
) -> None:
    many = [an_exchange(acme, request=b"%d" % one) for one in range(75)]
    found = [await store.exchange(acme.id, number) for number in await kept(store, *many)]
    assert [one.request for one in found] == [one.request for one in many]


async def test_exchanges_are_seen_by_their_own_organisation_alone(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    mine, theirs, nobodys = await kept(
        store, an_exchange(acme), an_exchange(rival), an_exchange(None, status=401)
    )
    assert await numbers(store, acme) == [mine]
    assert await numbers(store, rival) == [theirs]
    assert await numbers(store, None) == [nobodys]
    assert (await store.exchange(None, nobodys)).org is None
    for org, number in [
        (acme.id, theirs),
        (acme.id, nobodys),
        (None, mine),
        (acme.id, nobodys + 1),
        (acme.id, 10**30),
        (acme.id, -1),
    ]:
        with pytest.raises(NotFound):
            await store.exchange(org, number)


async def test_exchanges_come_newest_first_and_go_on_both_ways(
    store: Store, acme: Organisation
) -> None:
    made = await kept(store, *[an_exchange(acme, one) for one in range(9, -1, -1)])
    assert made == sorted(set(made))
    assert await numbers(store, acme) == made[::-1]
    listed = await store.exchanges(acme.id, ALL, 10)
    assert [one.at for one in listed] == [minute(one) for one in range(10)]
    assert await numbers(store, acme, Sought(before=made[5]), 2) == [made[4], made[3]]
    assert await numbers(store, acme, Sought(after=made[5]), 2) == [made[6], made[7]]
    assert await numbers(store, acme, Sought(before=made[7], after=made[5])) == [made[6]]
    assert await numbers(store, acme, Sought(after=made[9])) == []
    assert await numbers(store, acme, Sought(after=10**30)) == []
    assert await numbers(store, acme, Sought(before=10**30), 1) == [made[9]]
    assert await numbers(store, acme, limit=0) == []


async def test_exchanges_are_found_by_what_they_were(store: Store, acme: Organisation) -> None:
    made = await kept(
        store,
        an_exchange(acme, person="ada@Straße.test", resource="u1", kind=Kind.USER),
        an_exchange(acme, person="bob@x.test", resource="u2", status=400),
        an_exchange(acme, person="Ada B%b", resource="u1", status=399, method="PATCH"),
        an_exchange(acme, person="a_a", resource="", status=503, method="PATCH"),
        an_exchange(acme, person="nul\0 \ud800", method="GET"),
    )
    for sought, found in [
        (Sought(failures=True), [3, 1]),
        (Sought(resource="u1"), [2, 0]),
        (Sought(resource="U1"), []),
        (Sought(resource="u1\0"), []),
        (Sought(person="ADA"), [2, 0]),
        (Sought(person="STRASSE"), [0]),
        (Sought(person="b%B"), [2]),
        (Sought(person="_"), [3]),
        (Sought(person="L\0"), [4]),
        (Sought(method="PATCH"), [3, 2]),
        (Sought(status=400), [1]),
        (Sought(failures=True, method="PATCH"), [3]),
        (Sought(failures=True, resource="u2"), [1]),
        (Sought(failures=True, resource="u1"), []),
        (Sought(resource="u1", method="PATCH", status=399, person="b"), [2]),
        (Sought(person="a", after=made[0]), [2, 3]),
    ]:
        assert await numbers(store, acme, sought) == [made[one] for one in found], sought


async def test_the_newest_of_what_is_found_come_first(store: Store, acme: Organisation) -> None:
    people = [an_exchange(acme, person=f"ada {one % 2}") for one in range(10)]
    made = await kept(store, *people)
    assert await numbers(store, acme, Sought(person="A 1"), 2) == [made[9], made[7]]


async def test_failures_come_together_with_most_people_first(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    await store.add_exchanges(
        [
            a_failure(acme, 0, "early", "taken"),
            a_failure(acme, 1, "ada", "taken"),
            a_failure(acme, 2, "ADA", "taken"),
            a_failure(acme, 3, "bob", "taken", headers="{}", request=b"x"),
            a_failure(acme, 4, "ada", "seats", refusal="SeatsTaken", status=403),
            a_failure(acme, 5, "ada", "taken", refusal="LastOwner"),
            *[a_failure(acme, 6, "", "nobody", refusal="Unauthorized", status=401)] * 5,
            a_failure(rival, 7, "carol", "taken"),
            an_exchange(acme, 8, person="dora", detail="taken", refusal="Taken", status=399),
        ],
        {},
    )
    found = await store.failures(acme.id, minute(1))
    assert [
        (one.refusal, one.detail, one.person, times, people) for one, times, people in found
    ] == [
        ("Taken", "taken", "bob", 3, 2),
        ("LastOwner", "taken", "ada", 1, 1),
        ("SeatsTaken", "seats", "ada", 1, 1),
        ("Unauthorized", "nobody", "", 5, 0),
    ]
    assert found[0][0].at == minute(3)
    assert (found[0][0].headers, found[0][0].request) == ("", b"")
    assert found[0][0].number in await numbers(store, acme)
    assert await store.failures(acme.id, minute(7)) == []


async def test_so_many_kinds_of_failures_are_told(store: Store, acme: Organisation) -> None:
    many = [a_failure(acme, 1, "ada", f"detail {one}") for one in range(MOST_FAILURES + 9)]
    of_nobody = [a_failure(acme, 1, "", "often")] * 3
    await store.add_exchanges([*many, *of_nobody, many[3]], {})
    found = await store.failures(acme.id, minute(0))
    assert len(found) == MOST_FAILURES
    assert "often" not in {one.detail for one, *_ in found}
    assert (found[0][0].detail, found[0][1:]) == ("detail 3", (2, 1))


async def test_of_very_many_failures_the_newest_are_told(store: Store, acme: Organisation) -> None:
    """Whoever asks gets an answer at once, whatever an identity provider repeats."""
    await store.add_exchanges([a_failure(acme, 1, f"old {one}", "taken") for one in range(9)], {})
    newer = [a_failure(acme, 2, f"new {one % 4}", "seats") for one in range(MOST_COMPARED - 2)]
    await store.add_exchanges(newer, {})
    found = await store.failures(acme.id, minute(0))
    assert [(one.detail, *rest) for one, *rest in found] == [
        ("seats", MOST_COMPARED - 2, 4),
        ("taken", 2, 2),
    ]


async def test_the_numbers_of_days_add_up(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    first, second, third = "2026-01-01", "2026-01-02", "2026-01-03"
    await store.add_exchanges(
        [], {(acme.id, second, Done.READ): 3, (rival.id, second, Done.READ): 9}
    )
    await store.add_exchanges(
        [an_exchange(acme)],
        {
            (acme.id, second, Done.READ): 4,
            (acme.id, first, Done.CREATED): 1,
            (acme.id, third, Done.REFUSED): 2,
        },
    )
    assert await store.days(acme.id, first) == [
        (first, Done.CREATED, 1),
        (second, Done.READ, 7),
        (third, Done.REFUSED, 2),
    ]
    await store.forget_days(second)
    assert await store.days(acme.id, first) == [(second, Done.READ, 7), (third, Done.REFUSED, 2)]
    assert await store.days(rival.id, first) == [(second, Done.READ, 9)]
    assert await store.days(acme.id, third) == [(third, Done.REFUSED, 2)]


async def test_a_batch_is_kept_whole_or_not_at_all(store: Store, acme: Organisation) -> None:
    broken = replace(an_exchange(acme), at=None)  # type: ignore[arg-type] # no store takes it
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it is
        await store.add_exchanges([an_exchange(acme), broken], {(acme.id, "x", Done.READ): 1})
    assert await numbers(store, acme) == []
    assert await store.days(acme.id, "") == []


async def test_old_exchanges_are_forgotten(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    disordered = [an_exchange(acme, one) for one in (5, 1, 6, 2)]
    made = await kept(store, *disordered, an_exchange(rival, 1), an_exchange(None, 4))
    assert await store.forget_exchanges(minute(4), 100) == 3
    assert await numbers(store, acme) == [made[2], made[0]]
    assert await numbers(store, rival) == []
    assert await numbers(store, None) == [made[5]]
    with pytest.raises(NotFound):
        await store.exchange(acme.id, made[1])
    assert (await store.exchange(acme.id, made[2])).at == minute(6)
    assert await store.forget_exchanges(minute(4), 100) == 0


async def test_nothing_of_what_is_forgotten_stays(store: Store, acme: Organisation) -> None:
    """Bodies lie in a table of their own, and would fill the disk where nobody sees them."""
    await store.add_exchanges([an_exchange(acme, one) for one in (1, 2, 3, 4, 5)], {})
    assert await store.forget_exchanges(minute(3), 2) == 3
    assert await rows_in(store, "exchange") == await rows_in(store, "exchange_body") == 2


async def rows_in(store: Any, table: str) -> int:
    """How many rows a table of the store has."""
    sql = f"SELECT count(*) FROM {table}"
    if isinstance(store, SqliteStore):
        connection = store._inline.connection()
        return int(connection.execute(sql).get)
    async with store._connections.one() as connection:
        return int(await connection.fetchval(sql))


async def test_no_more_than_the_newest_of_each_organisation_stay(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    for org in (acme, rival, None):
        await store.add_exchanges([an_exchange(org) for _ in range(5)], {})
    await store.add_exchanges([an_exchange(acme, one % 60) for one in range(1_300)], {})
    newest = await numbers(store, acme, limit=3)
    assert await store.forget_exchanges("", 3) == 2 + 2 + 1_302
    assert await numbers(store, acme) == newest
    assert len(await numbers(store, rival)) == len(await numbers(store, None)) == 3
    assert await store.forget_exchanges("", 0) == 9


async def test_a_number_never_comes_again(store: Store, acme: Organisation) -> None:
    made = await kept(store, an_exchange(acme), an_exchange(acme))
    assert await store.forget_exchanges(minute(59), 100) == 2
    assert min(await kept(store, an_exchange(acme))) > max(made)


async def test_who_reads_on_misses_nothing_while_many_write(
    store: Store, acme: Organisation
) -> None:
    async def write() -> None:
        for _ in range(20):
            await store.add_exchanges([an_exchange(acme)] * 3, {(acme.id, "x", Done.READ): 3})

    read: list[int] = []

    async def read_on() -> bool:
        found = await numbers(store, acme, Sought(after=read[-1] if read else 0))
        read.extend(found)
        return bool(found)

    writing = asyncio.gather(*(write() for _ in range(6)))
    while not writing.done():
        await read_on()
    await writing
    while await read_on():
        pass
    assert read == (await numbers(store, acme, limit=1_000))[::-1]
    assert len(read) == 360
    assert await store.days(acme.id, "") == [("x", Done.READ, 360)]


async def test_the_timeline_of_an_account_holds_its_memberships(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    ada = await store.commit(an_account(acme, "ada"))
    bob = await store.commit(an_account(acme, "bob"))
    group = await store.commit(a_group(acme, "pioneers", bob.stored.id, ada.stored.id))
    outer = await store.commit(a_group(acme, "outer", group.stored.id))
    await store.commit(changed(ada, acme, title="Countess"))
    await store.commit(moved(group, acme, MemberDelta(left=(ada.stored.id,))))
    await store.commit(moved(group, acme, joining(ada.stored.id)))
    await store.commit(deleted(ada, acme))
    about = await store.events_about(acme.id, ada.stored.id, None, 100)
    assert [one.type for one in about] == [
        EventType.ACCOUNT_DELETED,
        EventType.MEMBER_REMOVED,
        EventType.MEMBER_ADDED,
        EventType.MEMBER_REMOVED,
        EventType.ACCOUNT_UPDATED,
        EventType.MEMBER_ADDED,
        EventType.ACCOUNT_CREATED,
    ]
    told = {
        one.position: replace(one, document=None)
        for one in await store.events_after(acme.id, 0, 100)
    }
    assert about == [told[one.position] for one in about]
    assert await store.events_about(acme.id, ada.stored.id, None, 2) == about[:2]
    before = about[1].position
    assert await store.events_about(acme.id, ada.stored.id, before, 3) == about[2:5]
    assert await store.events_about(acme.id, ada.stored.id, 10**30, 1) == about[:1]
    assert await store.events_about(acme.id, ada.stored.id, -1, 1) == []
    mine = await store.events_about(acme.id, group.stored.id, None, 100)
    assert {one.subject for one in mine} == {group.stored.id, outer.stored.id}
    assert mine == sorted(
        (one for one in told.values() if group.stored.id in {one.subject, one.data.get("member")}),
        key=lambda one: -one.position,
    )
    assert await store.events_about(rival.id, ada.stored.id, None, 9) == []
    assert await store.events_about(acme.id, "no\0body", None, 9) == []
    assert await store.events_about(OrgId(10**6), ada.stored.id, None, 9) == []
