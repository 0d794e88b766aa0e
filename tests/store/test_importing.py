"""Importing and exporting, on every store: who is matched, what changes, what is taken back."""

import io
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any

import pytest

from headcount.bootstrap import runtime
from headcount.directory.access import Caller
from headcount.directory.exporting import exported, group_lines
from headcount.directory.importing import (
    Format,
    Imported,
    Importer,
    Options,
    Result,
    Source,
    look_through,
)
from headcount.directory.listing import every
from headcount.errors import InvalidValue, OrganisationDisabled
from headcount.scim.filters import parse_filter
from headcount.scim.schemas import ENTERPRISE_URN, USER_TYPE
from headcount.store.model import Kind, Organisation, Policy, Seen, Stored
from headcount.store.promise import Store

pytestmark = pytest.mark.anyio

Told = list[tuple[int, str, str]]


class Desk:
    """Imports files into one organisation of a store."""

    def __init__(self, store: Store, slug: str = "acme") -> None:
        self.store = store
        self.slug = slug
        self.done: list[Imported] = []

    async def type(
        self, text: str, form: Format = Format.CSV, *, deactivates: bool = False, **options: bool
    ) -> Told:
        """Import a text; (line, name, result) of each entry."""
        caller = Caller(await self.store.organisation(self.slug), "cli")
        source = Source(io.BytesIO(text.encode()), form)
        wish = Options(**options)
        contents = look_through(source, caller, emails=wish.match_email)
        directory = runtime(self.store).directory
        importer = Importer(self.store, directory, caller, source, contents, wish)
        self.done = [one async for one in importer.run(deactivates=deactivates)]
        return [(one.line, one.name, one.result.value) for one in self.done]

    @property
    def details(self) -> str:
        """Why entries were refused."""
        return "\n".join(one.detail for one in self.done)

    async def accounts(self) -> dict[str, dict[str, Any]]:
        """The accounts that are there, by userName."""
        org = (await self.store.organisation(self.slug)).id
        read = [json.loads(s.stored.document) async for s in every(self.store, org, Kind.USER)]
        return {one["userName"]: one for one in read}

    async def events(self) -> list[str]:
        """The types of all events."""
        org = (await self.store.organisation(self.slug)).id
        return [one.type.value for one in await self.store.events_after(org, 0, 10_000)]

    async def export(self) -> list[dict[str, Any]]:
        """The lines of an export."""
        caller = Caller(await self.store.organisation(self.slug), "cli")
        return [json.loads(line) async for line in exported(self.store, caller, list(Kind))]


@pytest.fixture
def desk(store: Store, acme: Organisation) -> Desk:
    return Desk(store, acme.slug)


async def test_a_second_import_of_the_same_file_changes_nothing(desk: Desk) -> None:
    text = "userName,givenName,email,role\nada,Ada,a@x.test,owner\nbob,,,\n"
    assert await desk.type(text) == [(2, "ada", "created"), (3, "bob", "created")]
    before = await desk.accounts()
    assert await desk.type(text) == [(2, "ada", "unchanged"), (3, "bob", "unchanged")]
    assert await desk.accounts() == before
    assert await desk.events() == ["account.created"] * 2


async def test_what_the_file_names_is_changed_and_everything_else_stays(desk: Desk) -> None:
    await desk.type("userName,title,nickName\nada,Countess,A\n")
    assert await desk.type("userName,title\nADA,\n") == [(2, "ADA", "updated")]
    await desk.type("userName,title,active\nada,Baroness,no\n")
    assert desk.done[0].changes == {
        "active": [True, False],
        "title": ["Countess", "Baroness"],
        "userName": ["ADA", "ada"],
        "displayName": ["ADA", "ada"],
    }
    (ada,) = (await desk.accounts()).values()
    assert (ada["nickName"], ada["title"], ada["active"]) == ("A", "Baroness", False)


async def test_who_is_renamed_is_found_by_external_id(desk: Desk) -> None:
    await desk.type("userName,externalId\nada,7\n")
    assert await desk.type("userName,externalId\nada.king,7\n") == [(2, "ada.king", "updated")]
    assert list(await desk.accounts()) == ["ada.king"]


async def test_an_address_finds_somebody_only_if_it_shall(desk: Desk) -> None:
    await desk.type("userName,email\nada,a@x.test\n")
    text = "userName,email\nada.king,A@X.test\n"
    assert await desk.type(text, match_email=True, dry_run=True) == [(2, "ada.king", "updated")]
    assert await desk.type(text) == [(2, "ada.king", "created")]


async def test_a_match_that_is_not_clear_is_refused_with_the_candidates(desk: Desk) -> None:
    await desk.type("userName,externalId,email\nada,7,x@x.test\nbob,8,x@x.test\n")
    text = "userName,externalId,email\nada,8,\nzoe,,x@x.test\ncy,,\n"
    assert [one[2] for one in await desk.type(text, match_email=True)] == [
        "refused",
        "refused",
        "created",
    ]
    assert "externalId fit several: 'ada' and 'bob'" in desk.details
    assert "e-mail address fit several: 'ada' and 'bob'" in desk.details


async def test_a_row_takes_nobody_whom_another_row_is_about(desk: Desk) -> None:
    await desk.type("userName,externalId\nada,7\n")
    assert await desk.type("userName,externalId\nzoe,7\nada,\n") == [
        (2, "zoe", "refused"),
        (3, "ada", "unchanged"),
    ]
    assert "its externalId is that of 'ada', about whom line 3 is" in desk.details


async def test_the_second_row_of_a_name_is_refused(desk: Desk) -> None:
    assert await desk.type("userName\nada\nbob\nADA\n") == [
        (2, "ada", "created"),
        (3, "bob", "created"),
        (4, "ADA", "refused"),
    ]
    assert "line 2 is about 'ADA' already" in desk.details


async def test_create_only_leaves_everybody_alone(desk: Desk) -> None:
    await desk.type("userName,title\nada,Countess\n")
    assert await desk.type("userName,title\nada,x\nbob,y\n", create_only=True) == [
        (2, "ada", "already there"),
        (3, "bob", "created"),
    ]
    assert (await desk.accounts())["ada"]["title"] == "Countess"


async def test_a_row_that_is_refused_stops_nobody_else(desk: Desk) -> None:
    rows = [f"person{number},{'boss' if number % 7 == 0 else 'guest'}" for number in range(250)]
    told = await desk.type("userName,role\n" + "\n".join(rows))
    assert [one[0] for one in told] == list(range(2, 252))
    refused = [one for one in told if one[2] == "refused"]
    assert [one[0] for one in refused] == list(range(2, 252, 7))
    assert len(await desk.accounts()) == 250 - len(refused)


async def test_a_file_with_a_broken_line_leaves_nothing_behind(desk: Desk) -> None:
    rows = "\n".join(f"person{number}," for number in range(300))
    with pytest.raises(InvalidValue, match="line 302: it has 3 cells"):
        await desk.type(f"userName,title\n{rows}\nada,x,y\n")
    assert await desk.accounts() == {}


async def test_a_disabled_organisation_takes_no_file(desk: Desk) -> None:
    await desk.store.change_organisation("acme", lambda one: replace(one, disabled=True))
    with pytest.raises(OrganisationDisabled):
        await desk.type("userName\nada\n")


async def test_a_dry_run_writes_nothing_and_tells_the_same(desk: Desk) -> None:
    await desk.type("userName,title\nada,x\n")
    before, events = await desk.accounts(), await desk.events()
    text = "userName,title\nada,y\n" + "".join(f"person{number},\n" for number in range(150))
    rehearsed = await desk.type(text, dry_run=True)
    changes = [one.changes for one in desk.done]
    assert (await desk.accounts(), await desk.events()) == (before, events)
    assert await desk.type(text) == rehearsed
    assert [one.changes for one in desk.done] == changes


async def test_a_dry_run_counts_seats_and_owners_over_all_batches(desk: Desk) -> None:
    await desk.store.change_organisation("acme", lambda one: replace(one, policy=Policy(seats=200)))
    await desk.type("userName,role\nada,owner\nbob,owner\n")
    rows = "".join(f"person{number},member\n" for number in range(250))
    text = f"userName,role\nada,member\n{rows}bob,member\n"
    rehearsed = await desk.type(text, dry_run=True)
    assert sum(one[2] == "created" for one in rehearsed) == 198
    assert rehearsed[-1] == (253, "bob", "refused")
    assert "last active owner" in desk.details
    assert await desk.type(text) == rehearsed


async def test_who_is_missing_is_deactivated_but_for_the_last_owner(desk: Desk) -> None:
    await desk.type("userName,role,externalId\nada,owner,\nbob,,7\ncy,,\neve,,\n")
    told = await desk.type("userName,externalId\nbob.x,7\ncy,\n", deactivates=True)
    assert told == [
        (0, "eve", "deactivated"),
        (2, "bob.x", "updated"),
        (3, "cy", "unchanged"),
        (0, "ada", "refused"),
    ]
    active = {name: one["active"] for name, one in (await desk.accounts()).items()}
    assert active == {"ada": True, "bob.x": True, "cy": True, "eve": False}


async def test_the_seats_of_who_is_missing_are_free_and_successors_of_owners_come_first(
    desk: Desk,
) -> None:
    await desk.store.change_organisation("acme", lambda one: replace(one, policy=Policy(seats=3)))
    await desk.type("userName,role\nada,owner\nbob,\ncy,\n")
    text = "userName,role\nzoe,owner\nyan,\n"
    for dry_run in (True, False):
        told = await desk.type(text, deactivates=True, dry_run=dry_run)
        assert sorted(one[2] for one in told) == ["created"] * 2 + ["deactivated"] * 3
    accounts = await desk.accounts()
    assert [name for name, one in accounts.items() if one["active"]] == ["zoe", "yan"]


DIRECTORY = """dn: cn=Everybody,dc=acme
objectClass: groupOfNames
cn: Everybody
member: cn=Pioneers,dc=acme
member: uid=bob,dc=acme
member: cn=nobody,dc=acme

dn: cn=Pioneers,dc=acme
objectClass: groupOfNames
cn: Pioneers
member: uid=ada,dc=acme

dn: uid=ada,dc=acme
objectClass: inetOrgPerson
uid: ada
cn: Ada
manager: uid=bob,dc=acme

dn: uid=bob,dc=acme
objectClass: inetOrgPerson
uid: bob
cn: Bob
"""


async def test_a_directory_comes_with_groups_and_managers_in_any_order(desk: Desk) -> None:
    for dry_run in (True, False):
        told = await desk.type(DIRECTORY, Format.LDIF, dry_run=dry_run)
        assert told[:4] == [
            (13, "ada", "created"),
            (19, "bob", "created"),
            (1, "Everybody", "created"),
            (8, "Pioneers", "created"),
        ]
        assert told[-3:] == [
            (1, "Everybody", "members added"),
            (8, "Pioneers", "members added"),
            (1, "Everybody", "refused"),
        ]
        assert "cn=nobody,dc=acme" in desk.details
    accounts = await desk.accounts()
    assert accounts["ada"][ENTERPRISE_URN]["manager"]["value"] == accounts["bob"]["id"]
    groups = {
        one["group"]["displayName"]: one["group"] for one in await desk.export() if "group" in one
    }
    assert [one["value"] for one in groups["Pioneers"]["members"]] == [accounts["ada"]["id"]]
    assert {one["value"] for one in groups["Everybody"]["members"]} == {
        accounts["bob"]["id"],
        groups["Pioneers"]["id"],
    }
    events = await desk.events()
    assert [one[2] for one in await desk.type(DIRECTORY, Format.LDIF)] == ["unchanged"] * 4 + [
        "refused"
    ]
    assert await desk.events() == events


async def test_an_import_lets_nobody_out_of_a_group(desk: Desk) -> None:
    await desk.type(DIRECTORY, Format.LDIF)
    text = "dn: cn=Everybody,dc=acme\ncn: Everybody\nmember: uid=cy\n\ndn: uid=cy\nuid: cy\n"
    assert (1, "Everybody", "members added") in await desk.type(text, Format.LDIF)
    groups = [one["group"] for one in await desk.export() if "group" in one]
    assert sorted(len(one["members"]) for one in groups) == [1, 3]


async def test_an_export_comes_back_the_same_in_an_empty_organisation(
    desk: Desk, rival: Organisation
) -> None:
    await desk.type(DIRECTORY, Format.LDIF)
    await desk.type(
        "userName,active,role,email,phone,externalId\n"
        "cy,no,guest,c@x.test,1,7\ndee,,owner,d@x.test,,7\nbob,,,b@x.test,2,\n"
    )
    first = await desk.export()
    text = "\n".join(map(json.dumps, first))
    other = Desk(desk.store, rival.slug)
    results = {one[2] for one in await other.type(text, Format.JSONL)}
    assert results == {"created", "managers set", "members added"}
    assert _told_apart_from_ids(await other.export()) == _told_apart_from_ids(first)
    again = {one[2] for one in await other.type(text, Format.JSONL)}
    assert again == {"unchanged"}


def _told_apart_from_ids(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines with names where they have ids, without what belongs to the moment."""
    resources = [one.get("account") or one.get("group") for one in lines[:-1]]
    names = {one["id"]: one.get("userName") or one["displayName"] for one in resources if one}
    text = json.dumps(resources)
    for resource_id, name in names.items():
        text = text.replace(resource_id, name)
    told: list[dict[str, Any]] = json.loads(text)
    for one in told:
        del one["meta"], one["schemas"]
        for entries in (one.get("groups", []), one.get("members", [])):
            entries.sort(key=lambda entry: str(entry["value"]))
    return sorted(told, key=lambda one: str(one["id"]))


async def test_the_position_of_an_export_is_read_before_everything_else(
    store: Store, desk: Desk
) -> None:
    await desk.type("userName\nada\nbob\n")
    caller = Caller(await store.organisation("acme"), "cli")
    lines = exported(store, caller, list(Kind))
    told = [json.loads(await anext(lines))]
    await desk.type("userName\ncy\n")
    told += [json.loads(line) async for line in lines]
    assert told[-1] == {"type": "position", "position": 2}
    org = caller.organisation.id
    behind = [one.data["userName"] for one in await store.events_after(org, 2, 10)]
    assert behind == ["cy"]


async def test_an_export_holds_what_a_filter_finds(store: Store, desk: Desk) -> None:
    await desk.type("userName,role\nada,owner\nbob,\n")
    caller = Caller(await store.organisation("acme"), "cli")
    where = parse_filter('role eq "owner"', USER_TYPE)
    lines = [json.loads(line) async for line in exported(store, caller, [Kind.USER], where)]
    assert [one["account"]["userName"] for one in lines[:-1]] == ["ada"]
    assert lines[0]["account"]["meta"]["resourceType"] == "User"


async def test_the_members_of_a_group_come_in_parts_too(desk: Desk) -> None:
    number = 450
    people = (f'{{"userName": "p{n}", "id": "{n}"}}' for n in range(number))
    first = json.dumps({"displayName": "All", "id": "g", "members": [{"value": "0"}]})
    rest = (_part("g", range(at, at + 150)) for at in range(0, number, 150))
    text = "\n".join([*people, first, *rest, _part("nowhere", [1])])
    told = await desk.type(text, Format.JSONL)
    assert sum(one.joined for one in desk.done) == number
    assert [one for one in told if one[2] == Result.REFUSED] == [
        (number + 5, "nowhere", "refused"),
    ]
    (group,) = [one["group"] for one in await desk.export() if one["type"] == "group"]
    assert len(group["members"]) == number


def _part(group: str, members: Iterable[int]) -> str:
    entries = [{"value": str(n)} for n in members]
    return json.dumps({"type": "members", "group": group, "members": entries})


class Parts:
    """Members as a store hands out those of a huge group."""

    closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"value":"1","$ref":"/Users/1","type":"User"},{"value":"2","type":"User"}'
        yield b'{"value":"3","type":"Group"}'

    def close(self) -> None:
        self.closed = True


async def test_a_huge_group_goes_out_on_several_lines() -> None:
    parts = Parts()
    stored = Stored(Kind.GROUP, "g", 3, "2026", "2027", b'{"id":"g","displayName":"All"}')
    first, *rest = [json.loads(line) async for line in group_lines(Seen(stored, parts))]
    assert first["group"]["displayName"] == "All"
    assert "members" not in first["group"]
    assert [(one["type"], one["group"], len(one["members"])) for one in rest] == [
        ("members", "g", 2),
        ("members", "g", 1),
    ]
    assert rest[0]["members"][0] == {"value": "1", "type": "User"}
    assert parts.closed
