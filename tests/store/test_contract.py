"""What every store promises. A further store joins by one more parameter of the fixture."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from orjson import loads

from headcount.directory.drafts import draft
from headcount.errors import (
    InvalidValue,
    LastOwner,
    NotFound,
    SeatsTaken,
    Taken,
    VersionMismatch,
)
from headcount.scim.custom import CustomAttribute
from headcount.scim.filters import parse_filter
from headcount.scim.messages import Query
from headcount.scim.schemas import GROUP_TYPE, USER_TYPE, USER_URN
from headcount.store.model import (
    Change,
    Counts,
    Event,
    EventType,
    Joining,
    Kind,
    MemberDelta,
    Organisation,
    Outcome,
    Policy,
    Token,
)
from headcount.store.promise import Store

pytestmark = [pytest.mark.anyio, pytest.mark.shows("F111", "F112", "F114", "RFC 7644 6")]

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
AT = "2026-01-02T03:04:05.000Z"
LATER = "2026-01-02T03:04:06.000Z"
_IDS = count(1)


def an_account(org: Organisation, name: str, /, **more: Any) -> Change:
    """The creation of an account."""
    resource_id = f"u{next(_IDS):06}"
    document = {"id": resource_id, "userName": name, "active": True, "role": "member", **more}
    return Change(
        org=org.id,
        kind=Kind.USER,
        id=resource_id,
        actor="cli",
        at=AT,
        creates=True,
        after=draft(Kind.USER, document, USER_TYPE),
        events=(Event(EventType.ACCOUNT_CREATED),),
    )


def a_group(org: Organisation, name: str, *members: str) -> Change:
    """The creation of a group."""
    resource_id = f"g{next(_IDS):06}"
    return Change(
        org=org.id,
        kind=Kind.GROUP,
        id=resource_id,
        actor="cli",
        at=AT,
        creates=True,
        after=draft(Kind.GROUP, {"id": resource_id, "displayName": name}, GROUP_TYPE),
        members=MemberDelta(joined=tuple(Joining(member) for member in members)),
        events=(Event(EventType.GROUP_CREATED),),
    )


def changed(made: Outcome, org: Organisation, **more: Any) -> Change:
    """A change of an account, decided from what `made` it."""
    document = {**loads(made.stored.document), **more}
    return Change(
        org=org.id,
        kind=Kind.USER,
        id=made.stored.id,
        actor="cli",
        at=LATER,
        after=draft(Kind.USER, document, USER_TYPE),
        expected=made.stored.version,
        events=(Event(EventType.ACCOUNT_UPDATED),),
    )


def deleted(made: Outcome, org: Organisation) -> Change:
    """The end of a resource."""
    user = made.stored.kind is Kind.USER
    told = EventType.ACCOUNT_DELETED if user else EventType.GROUP_DELETED
    return Change(
        org=org.id,
        kind=made.stored.kind,
        id=made.stored.id,
        actor="cli",
        at=LATER,
        deletes=True,
        events=(Event(told),),
    )


def moved(group: Outcome, org: Organisation, delta: MemberDelta) -> Change:
    """A change of members alone."""
    return Change(
        org=org.id, kind=Kind.GROUP, id=group.stored.id, actor="cli", at=LATER, members=delta
    )


def joining(*members: str) -> MemberDelta:
    """These join."""
    return MemberDelta(joined=tuple(Joining(member) for member in members))


async def told(store: Store, org: Organisation) -> list[tuple[int, str, str]]:
    """Position, type and subject of every event."""
    found = await store.events_after(org.id, 0, 1_000)
    return [(one.position, one.type.value, one.subject) for one in found]


async def counts(store: Store, org: Organisation) -> Counts:
    """What the organisation counts."""
    return (await store.organisation(org.slug)).counts


async def test_keeps_what_was_committed(store: Store, acme: Organisation) -> None:
    made = await store.commit(an_account(acme, "ada"))
    seen = await store.get(acme.id, Kind.USER, made.stored.id)
    assert seen.stored == made.stored
    assert (made.stored.version, made.stored.created, made.stored.modified) == (1, AT, AT)


async def test_hides_one_organisation_from_another(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    ada = await store.commit(an_account(acme, "ada"))
    group = await store.commit(a_group(acme, "pioneers", ada.stored.id))
    for made in (ada, group):
        with pytest.raises(NotFound):
            await store.get(rival.id, made.stored.kind, made.stored.id)
        with pytest.raises(NotFound):
            await store.commit(deleted(made, rival))
        assert (await store.find(rival.id, made.stored.kind, Query())).total == 0
    by_id = Query(where=parse_filter(f'id eq "{ada.stored.id}"', USER_TYPE))
    assert (await store.find(rival.id, Kind.USER, by_id)).total == 0
    by_group = Query(where=parse_filter(f'groups.value eq "{group.stored.id}"', USER_TYPE))
    assert (await store.find(rival.id, Kind.USER, by_group)).total == 0
    assert list(await store.members(rival.id, group.stored.id)) == []
    assert await store.events_after(rival.id, 0, 9) == []
    theirs = await store.commit(a_group(rival, "pioneers"))
    with pytest.raises(InvalidValue, match=ada.stored.id):
        await store.commit(moved(theirs, rival, joining(ada.stored.id)))


async def test_an_accounts_id_names_no_group(store: Store, acme: Organisation) -> None:
    ada = await store.commit(an_account(acme, "ada"))
    with pytest.raises(NotFound):
        await store.get(acme.id, Kind.GROUP, ada.stored.id)


async def test_a_name_is_taken_in_any_letter_case_and_free_after_deletion(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    ada = await store.commit(an_account(acme, "Straße"))
    with pytest.raises(Taken, match="STRASSE"):
        await store.commit(an_account(acme, "STRASSE"))
    await store.commit(an_account(rival, "STRASSE"))
    await store.commit(deleted(ada, acme))
    await store.commit(an_account(acme, "STRASSE"))


async def test_a_refused_commit_leaves_neither_state_nor_event(
    store: Store, acme: Organisation
) -> None:
    ada = await store.commit(an_account(acme, "ada", role="owner"))
    bob = await store.commit(an_account(acme, "bob"))
    group = await store.commit(a_group(acme, "pioneers", ada.stored.id))
    await store.change_organisation("acme", lambda one: replace(one, policy=Policy(seats=2)))
    before = await told(store, acme), await counts(store, acme)
    for refused, why in [
        (an_account(acme, "ADA"), Taken),
        (an_account(acme, "carol"), SeatsTaken),
        (changed(bob, acme, userName="ada"), Taken),
        (changed(ada, acme, role="guest"), LastOwner),
        (changed(ada, acme, active=False), LastOwner),
        (deleted(ada, acme), LastOwner),
        (changed(bob, acme, title="x")._replace(expected=7), VersionMismatch),
        (moved(group, acme, joining(bob.stored.id, "nobody")), InvalidValue),
        (moved(group, acme, joining(group.stored.id)), InvalidValue),
        (a_group(acme, "another", "nobody"), InvalidValue),
        (a_group(acme, "PIONEERS"), Taken),
    ]:
        with pytest.raises(why):
            await store.commit(refused)
    assert (await told(store, acme), await counts(store, acme)) == before
    assert list(await store.members(acme.id, group.stored.id)) == [(ada.stored.id, Kind.USER)]
    assert (await store.get(acme.id, Kind.USER, bob.stored.id)).stored == bob.stored


async def test_seats_count_active_accounts_alone(store: Store, acme: Organisation) -> None:
    await store.change_organisation("acme", lambda one: replace(one, policy=Policy(seats=1)))
    ada = await store.commit(an_account(acme, "ada"))
    bob = await store.commit(an_account(acme, "bob", active=False))
    with pytest.raises(SeatsTaken, match="all 1 seats"):
        await store.commit(changed(bob, acme, active=True))
    await store.commit(changed(ada, acme, active=False))
    await store.commit(changed(bob, acme, active=True))
    assert await counts(store, acme) == Counts(users=2, active=1)


async def test_positions_rise_by_one_in_each_organisation(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    for name in "abc":
        for org in (acme, rival):
            await store.commit(an_account(org, name))
    for org in (acme, rival):
        assert [position for position, *_ in await told(store, org)] == [1, 2, 3]
    assert [one.position for one in await store.events_after(acme.id, 1, 1)] == [2]


async def test_members_join_and_leave_once(store: Store, acme: Organisation) -> None:
    ada, bob, carol = [await store.commit(an_account(acme, name)) for name in ("a", "b", "c")]
    group = await store.commit(a_group(acme, "pioneers", ada.stored.id, bob.stored.id))
    assert group.member_count == 2
    again = await store.commit(moved(group, acme, joining(ada.stored.id)))
    assert (again.changed, again.stored.version) == (False, 1)
    only = MemberDelta(joined=(Joining(bob.stored.id), Joining(carol.stored.id)), only=True)
    third = await store.commit(moved(group, acme, only))
    assert (third.changed, third.stored.version, third.member_count) == (True, 2, 2)
    assert (third.stored.created, third.stored.modified) == (AT, LATER)
    gone = await store.commit(moved(group, acme, MemberDelta(left=(ada.stored.id,))))
    assert not gone.changed
    members = await store.members(acme.id, group.stored.id)
    assert sorted(members) == [(bob.stored.id, Kind.USER), (carol.stored.id, Kind.USER)]
    types = [kind for _, kind, subject in await told(store, acme) if subject == group.stored.id]
    assert types == [
        "group.created",
        *["group.member_added"] * 2,
        "group.member_removed",
        "group.member_added",
    ]


async def test_a_deleted_account_leaves_every_group(store: Store, acme: Organisation) -> None:
    ada = await store.commit(an_account(acme, "ada", emails=[{"value": "a@x.test"}]))
    groups = [await store.commit(a_group(acme, name, ada.stored.id)) for name in ("a", "b")]
    await store.commit(deleted(ada, acme))
    for group in groups:
        seen = await store.get(acme.id, Kind.GROUP, group.stored.id)
        assert (seen.stored.version, seen.stored.modified, seen.relations) == (2, LATER, b"[]")
    assert [kind for _, kind, _ in await told(store, acme)][-3:] == [
        "group.member_removed",
        "group.member_removed",
        "account.deleted",
    ]
    by_mail = Query(where=parse_filter('emails.value eq "a@x.test"', USER_TYPE))
    assert (await store.find(acme.id, Kind.USER, by_mail)).total == 0
    assert await counts(store, acme) == Counts(groups=2)


async def test_a_deleted_group_leaves_nothing_behind(store: Store, acme: Organisation) -> None:
    ada = await store.commit(an_account(acme, "ada"))
    inner = await store.commit(a_group(acme, "inner", ada.stored.id))
    outer = await store.commit(a_group(acme, "outer", inner.stored.id))
    await store.commit(deleted(inner, acme))
    assert (await store.get(acme.id, Kind.USER, ada.stored.id)).relations == b"[]"
    assert (await store.get(acme.id, Kind.GROUP, outer.stored.id)).relations == b"[]"


async def test_groups_in_groups_are_told_as_indirect_and_circles_end(
    store: Store, acme: Organisation
) -> None:
    ada = await store.commit(an_account(acme, "ada"))
    inner = await store.commit(a_group(acme, "Inner", ada.stored.id))
    outer = await store.commit(a_group(acme, "Outer", inner.stored.id))
    await store.commit(moved(inner, acme, joining(outer.stored.id)))
    seen = await store.get(acme.id, Kind.USER, ada.stored.id, base="https://x")
    assert isinstance(seen.relations, bytes)
    assert loads(seen.relations) == [
        {
            "value": group.stored.id,
            "$ref": f"https://x/Groups/{group.stored.id}",
            "display": name,
            "type": how,
        }
        for group, name, how in [(inner, "Inner", "direct"), (outer, "Outer", "indirect")]
    ]


async def test_a_members_name_is_kept_as_it_was_sent(store: Store, acme: Organisation) -> None:
    ada = await store.commit(an_account(acme, "ada"))
    bob = await store.commit(an_account(acme, "bob"))
    group = await store.commit(a_group(acme, "pioneers", bob.stored.id))
    named = MemberDelta(joined=(Joining(ada.stored.id, 'Ada "A." \\ 😀'),))
    await store.commit(moved(group, acme, named))
    seen = await store.get(acme.id, Kind.GROUP, group.stored.id)
    assert isinstance(seen.relations, bytes)
    shown = {one["value"]: one.get("display") for one in loads(seen.relations)}
    assert shown == {ada.stored.id: 'Ada "A." \\ 😀', bob.stored.id: None}


async def test_of_many_creates_of_one_name_at_once_one_wins(
    store: Store, acme: Organisation
) -> None:
    changes = [an_account(acme, "ada") for _ in range(16)]
    done = await asyncio.gather(*map(store.commit, changes), return_exceptions=True)
    assert sum(isinstance(one, Outcome) for one in done) == 1
    assert sum(isinstance(one, Taken) for one in done) == 15
    assert await counts(store, acme) == Counts(users=1, active=1)


async def test_who_is_refused_among_many_at_once_takes_nothing_from_the_others(
    store: Store, acme: Organisation
) -> None:
    ada = await store.commit(an_account(acme, "ada", role="owner"))
    bob = await store.commit(an_account(acme, "bob"))
    staff = await store.commit(a_group(acme, "Staff"))
    before = len(await told(store, acme))
    made = [an_account(acme, f"n{number}", emails=[{"value": f"n{number}"}]) for number in range(9)]
    others = [
        a_group(acme, "Taken by nobody", bob.stored.id),
        moved(staff, acme, joining(bob.stored.id)),
    ]
    half_written = a_group(acme, "Of nobody", bob.stored.id, "nobody")
    refused: list[tuple[Change, type]] = [
        (an_account(acme, "ADA"), Taken),
        (changed(bob, acme, title="x")._replace(expected=7), VersionMismatch),
        (changed(bob, acme, title="x")._replace(id="nobody"), NotFound),
        (half_written, InvalidValue),
        (changed(ada, acme, role="member"), LastOwner),
    ]
    wanted: list[tuple[Change, type]] = [(one, Outcome) for one in (*made, *others)]
    wanted[4:4] = refused
    changes = [one for one, _ in wanted]
    done = await asyncio.gather(*map(store.commit, changes), return_exceptions=True)
    assert [type(one) for one in done] == [one for _, one in wanted]
    events = await told(store, acme)
    assert [position for position, *_ in events] == list(range(1, before + 9 + 2 + 1 + 1))
    assert sorted(subject for *_, subject in events[before:]) == sorted(
        [one.id for one in (*made, *others)] + [others[0].id]
    )
    assert await counts(store, acme) == Counts(users=11, active=11, owners=1, groups=2)
    for number in range(9):
        query = Query(where=parse_filter(f'emails.value eq "n{number}"', USER_TYPE))
        assert (await store.find(acme.id, Kind.USER, query)).total == 1
    with pytest.raises(NotFound):
        await store.get(acme.id, Kind.GROUP, half_written.id)


async def test_of_two_owners_who_go_at_once_one_stays(store: Store, acme: Organisation) -> None:
    owners = [await store.commit(an_account(acme, name, role="owner")) for name in ("ada", "bob")]
    going = [changed(owner, acme, role="member") for owner in owners]
    done = await asyncio.gather(*map(store.commit, going), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["LastOwner", "Outcome"]
    assert (await counts(store, acme)).owners == 1


async def test_of_many_who_come_at_once_no_more_than_there_are_seats_for(store: Store) -> None:
    small = await store.add_organisation("small", "Small", Policy(seats=3), NOW)
    coming = [an_account(small, f"n{number}") for number in range(5)]
    done = await asyncio.gather(*map(store.commit, coming), return_exceptions=True)
    names = sorted(type(one).__name__ for one in done)
    assert names == ["Outcome"] * 3 + ["SeatsTaken"] * 2
    assert await counts(store, small) == Counts(users=3, active=3)
    assert [position for position, *_ in await told(store, small)] == [1, 2, 3]


async def test_what_changes_twice_at_once_is_found_by_what_came_last(
    store: Store, acme: Organisation
) -> None:
    ada = await store.commit(an_account(acme, "ada", emails=[{"value": "first"}]))
    second = changed(ada, acme, emails=[{"value": "second"}])
    third = changed(ada, acme, emails=[{"value": "first"}])._replace(expected=2)
    done = await asyncio.gather(store.commit(second), store.commit(third))
    assert [one.stored.version for one in done] == [2, 3]
    for value, total in (("first", 1), ("second", 0)):
        query = Query(where=parse_filter(f'emails.value eq "{value}"', USER_TYPE))
        assert (await store.find(acme.id, Kind.USER, query)).total == total


async def test_all_who_join_at_once_are_in(store: Store, acme: Organisation) -> None:
    users = [await store.commit(an_account(acme, str(number))) for number in range(64)]
    group = await store.commit(a_group(acme, "pioneers"))
    joins = [moved(group, acme, joining(user.stored.id)) for user in users]
    await asyncio.gather(*map(store.commit, joins))
    assert len(await store.members(acme.id, group.stored.id)) == 64
    assert (await store.get(acme.id, Kind.GROUP, group.stored.id)).stored.version == 65


async def test_a_change_that_was_decided_from_an_old_version_is_refused(
    store: Store, acme: Organisation
) -> None:
    bob = await store.commit(an_account(acme, "bob"))
    await store.commit(changed(bob, acme, title="first"))
    with pytest.raises(VersionMismatch, match="version 2 now, not 1"):
        await store.commit(changed(bob, acme, title="second"))
    kept = await store.get(acme.id, Kind.USER, bob.stored.id)
    assert loads(kept.stored.document)["title"] == "first"


async def test_tokens_are_found_touched_and_revoked(store: Store, acme: Organisation) -> None:
    token = Token("t1", acme.id, "okta", b"digest", NOW, NOW + timedelta(days=1), read_only=True)
    before = await store.read_access_epoch()
    await store.add_token(token)
    assert await store.read_access_epoch() != before
    found = await store.find_token(b"digest")
    assert found is not None
    assert (found[0], found[1].slug) == (token, "acme")
    store.touch_token("t1", NOW)
    revoked = await store.revoke_token(acme.id, "t1", NOW)
    assert (revoked.last_used, revoked.revoked) == (NOW, NOW)
    assert await store.tokens(acme.id) == [revoked]
    assert await store.find_token(b"other") is None
    with pytest.raises(NotFound):
        await store.revoke_token(acme.id, "t2", NOW)


async def test_a_token_is_changed_by_its_own_organisation(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    until = NOW + timedelta(days=1)
    token = Token("t1", acme.id, "okta", b"digest", NOW, until, strict=True, hint="aB3dE6")
    await store.add_token(token)
    store.touch_token("t1", NOW)
    before = await store.read_access_epoch()
    for lifetime in (until + timedelta(days=1), None):
        renewed = partial(replace, label="new", expires=lifetime)
        done = await store.change_token(acme.id, "t1", renewed)
        assert done == replace(token, label="new", expires=lifetime, last_used=NOW)
        assert await store.tokens(acme.id) == [done]
    assert await store.read_access_epoch() != before
    kept = await store.change_token(
        acme.id, "t1", lambda one: replace(one, digest=b"x", read_only=True, revoked=NOW, hint="")
    )
    assert kept == done
    for org, token_id in [(rival.id, "t1"), (acme.id, "t2"), (acme.id, "t\0")]:
        with pytest.raises(NotFound):
            await store.change_token(org, token_id, lambda one: one)


async def test_changes_of_a_token_at_once_undo_nothing(store: Store, acme: Organisation) -> None:
    await store.add_token(Token("t1", acme.id, "okta", b"digest", NOW))
    await asyncio.gather(
        *[
            store.change_token(acme.id, "t1", lambda one: replace(one, label=one.label + "x"))
            for _ in range(8)
        ]
    )
    assert [one.label for one in await store.tokens(acme.id)] == ["okta" + "x" * 8]


async def test_changes_of_an_organisation_at_once_undo_nothing(
    store: Store, acme: Organisation
) -> None:
    attribute = CustomAttribute("badge", USER_URN)
    await asyncio.gather(
        store.change_organisation(acme.slug, lambda one: replace(one, name="New")),
        store.change_organisation(acme.slug, lambda one: replace(one, disabled=True)),
        store.change_organisation(acme.slug, lambda one: replace(one, policy=Policy(seats=3))),
        store.change_organisation(acme.slug, lambda one: replace(one, attributes=(attribute,))),
    )
    found = await store.organisation(acme.slug)
    assert (found.name, found.disabled, found.policy.seats) == ("New", True, 3)
    assert found.attributes == (attribute,)
    with pytest.raises(NotFound):
        await store.change_organisation("nobody", lambda one: one)


async def test_an_organisation_is_one_of_its_slug(store: Store) -> None:
    before = await store.read_access_epoch()
    await store.add_organisation("acme", "Acme", Policy(), NOW)
    assert await store.read_access_epoch() != before
    with pytest.raises(Taken):
        await store.add_organisation("acme", "Another", Policy(), NOW)
    with pytest.raises(NotFound):
        await store.organisation("nobody")
    policy = Policy(allowed_domains=("acme.test",), seats=5)
    epoch = await store.read_access_epoch()
    await store.change_organisation(
        "acme", lambda one: replace(one, name="New", policy=policy, disabled=True)
    )
    found = await store.organisation("acme")
    assert (found.name, found.policy, found.disabled) == ("New", policy, True)
    assert await store.organisations() == [found]
    assert await store.read_access_epoch() != epoch
