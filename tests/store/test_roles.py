"""Roles by group: right after every change, on every store, judged from the memberships alone."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from headcount.errors import InvalidValue, LastOwner, NotFound, ScimError, VersionMismatch
from headcount.scim.filters import parse_filter
from headcount.scim.messages import Query
from headcount.scim.operations import Operation, PatchOp, Target
from headcount.scim.paths import resolve
from headcount.scim.schemas import GROUP_TYPE, USER_TYPE
from headcount.store.model import EventType, Kind, Organisation, RoleRule
from headcount.store.promise import Resources
from tests.databases import FORMS
from tests.store.stock import Stock, stocked


@pytest.fixture(scope="module", params=FORMS)
def stock(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stock]:
    with stocked(tmp_path_factory.mktemp("roles"), request.param) as stock:
        yield stock


class House:
    """An organisation with accounts and groups, and the words for what happens there."""

    def __init__(self, stock: Stock) -> None:
        self.stock = stock
        self.org = stock.add_organisation()
        self.ids: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.owner = self.account("owner", role="owner")

    def account(self, name: str, **more: Any) -> str:
        """A new account."""
        made = self.stock.create(Kind.USER, {"userName": name, **more}, self.org)
        return self._known(name, made)

    def group(self, name: str, *members: str) -> str:
        """A new group with these in it."""
        body = {"displayName": name, "members": [{"value": self.ids[one]} for one in members]}
        return self._known(name, self.stock.create(Kind.GROUP, body, self.org))

    def _known(self, name: str, resource_id: str) -> str:
        self.ids[name], self.names[resource_id] = resource_id, name
        return resource_id

    def rule(self, *rules: tuple[str, str]) -> int:
        """Set these rules: group, role."""
        rules_of = self.stock.runtime.role_rules.set
        return self.stock.run(rules_of(self.now, self.rules(*rules)))

    def rules(self, *rules: tuple[str, str]) -> list[RoleRule]:
        """The same as the store knows them."""
        return [RoleRule(self.ids[group], role) for group, role in rules]

    @property
    def now(self) -> Organisation:
        """The organisation as it stands."""
        return self.stock.run(self.stock.store.organisation(self.org.slug))

    def patch(self, name: str, op: PatchOp, path: str, value: Any = None) -> None:
        """Change somebody or some group."""
        kind = Kind.USER if self._is_user(name) else Kind.GROUP
        found = resolve(USER_TYPE if kind is Kind.USER else GROUP_TYPE, path)
        assert found is not None
        operation = Operation(op, Target(found), value)
        work = self.stock.runtime.directory.patch
        self.stock.run(work(self.stock.caller(self.org), kind, self.ids[name], [operation]))

    def _is_user(self, name: str) -> bool:
        return name[0].islower()

    def join(self, group: str, *members: str) -> None:
        """These are in the group from now on."""
        self.patch(group, PatchOp.ADD, "members", [{"value": self.ids[one]} for one in members])

    def leave(self, group: str, *members: str) -> None:
        """These are in the group no more."""
        self.patch(group, PatchOp.REMOVE, "members", [{"value": self.ids[one]} for one in members])

    def state(self, name: str, role: str | None) -> None:
        """The identity provider, or an administrator, says what the role is."""
        op = PatchOp.REMOVE if role is None else PatchOp.REPLACE
        self.patch(name, op, "role", role)

    def delete(self, name: str) -> None:
        """It is gone."""
        kind = Kind.USER if self._is_user(name) else Kind.GROUP
        work = self.stock.runtime.directory.delete
        self.stock.run(work(self.stock.caller(self.org), kind, self.ids[name]))

    def document(self, name: str) -> dict[str, Any]:
        """An account or a group as it stands."""
        kind = Kind.USER if self._is_user(name) else Kind.GROUP
        seen = self.stock.run(self.stock.store.get(self.org.id, kind, self.ids[name]))
        document: dict[str, Any] = json.loads(seen.stored.document)
        return document

    def role(self, name: str) -> str | None:
        """What an account may do."""
        role: str | None = self.document(name).get("role")
        return role

    def own(self, name: str) -> str | None:
        """What the store says of the role without rules."""
        return self.stock.run(self.stock.store.own_role(self.org.id, self.ids[name]))

    def told(self) -> list[tuple[EventType, str, dict[str, Any]]]:
        """All that the application learns of: what, of whom, and more."""
        events = self.stock.run(self.stock.store.events_after(self.org.id, 0, 10_000))
        assert [one.position for one in events] == list(range(1, len(events) + 1))
        return [(one.type, self.names[one.subject], one.data) for one in events]

    def moves(self, name: str) -> list[dict[str, Any]]:
        """The changes of somebody's role, as they were told."""
        told = self.told()
        return [data for what, who, data in told if what is EventType.ROLE_CHANGED and who == name]


@pytest.fixture
def house(stock: Stock) -> House:
    return House(stock)


def test_who_comes_into_a_group_gets_its_role_and_loses_it_on_leaving(house: House) -> None:
    house.account("ada")
    house.group("Admins")
    assert house.rule(("Admins", "administrator")) == 0
    house.join("Admins", "ada")
    assert (house.role("ada"), house.own("ada")) == ("administrator", "member")
    house.leave("Admins", "ada")
    assert (house.role("ada"), house.own("ada")) == ("member", None)
    admins = {"group": house.ids["Admins"]}
    assert house.moves("ada") == [
        {"before": "member", "after": "administrator", **admins},
        {"before": "administrator", "after": "member"},
    ]


def test_the_event_of_a_role_follows_that_of_the_membership_at_once(house: House) -> None:
    house.account("ada")
    house.group("Admins")
    house.rule(("Admins", "guest"))
    house.join("Admins", "ada")
    assert [what for what, _, _ in house.told()][-2:] == [
        EventType.MEMBER_ADDED,
        EventType.ROLE_CHANGED,
    ]


def test_a_document_keeps_the_order_of_its_attributes(house: House) -> None:
    more = {"role": "guest", "title": 'Grüße, "x" \\ \u2028', "emails": [{"value": "a@b.test"}]}
    house.account("ada", **more)
    before = house.document("ada")
    house.group("Admins", "ada")
    house.rule(("Admins", "administrator"))
    after = house.document("ada")
    assert list(after) == list(before)
    assert after == {**before, "role": "administrator"}
    house.rule()
    assert house.document("ada") == before


def test_the_first_rule_that_reaches_somebody_counts(house: House) -> None:
    house.account("ada")
    house.group("Guests", "ada")
    house.group("Admins", "ada")
    house.rule(("Admins", "administrator"), ("Guests", "guest"))
    assert house.role("ada") == "administrator"
    assert house.rule(("Guests", "guest"), ("Admins", "administrator")) == 1
    assert house.role("ada") == "guest"
    house.leave("Guests", "ada")
    assert house.role("ada") == "administrator"


def test_a_rule_reaches_through_groups_in_groups(house: House) -> None:
    house.account("ada")
    house.group("Team", "ada")
    house.group("Admins")
    house.rule(("Admins", "administrator"))
    house.join("Admins", "Team")
    assert house.role("ada") == "administrator"
    house.leave("Team", "ada")
    assert house.role("ada") == "member"
    house.join("Team", "ada")
    assert house.role("ada") == "administrator"
    house.delete("Team")
    assert house.role("ada") == "member"


def test_a_group_that_goes_gives_nobody_a_role(house: House) -> None:
    house.account("ada")
    house.group("Admins", "ada")
    house.rule(("Admins", "administrator"))
    house.delete("Admins")
    assert (house.role("ada"), house.own("ada")) == ("member", None)
    assert [rule.group for rule in house.now.role_rules] == [house.ids["Admins"]]


def test_what_a_provider_says_meanwhile_holds_once_no_rule_does(house: House) -> None:
    house.account("ada")
    house.group("Admins", "ada")
    house.rule(("Admins", "administrator"))
    house.state("ada", "guest")
    assert (house.role("ada"), house.own("ada")) == ("administrator", "guest")
    house.state("ada", "administrator")  # what it read, sent back: it says nothing
    assert house.own("ada") == "guest"
    house.leave("Admins", "ada")
    assert house.role("ada") == "guest"


def test_saying_the_same_again_makes_no_new_version(house: House) -> None:
    house.account("ada")
    house.group("Admins", "ada")
    house.rule(("Admins", "administrator"))
    house.state("ada", "guest")
    before = house.stock.run(house.stock.store.get(house.org.id, Kind.USER, house.ids["ada"]))
    told = house.told()
    house.state("ada", "guest")
    after = house.stock.run(house.stock.store.get(house.org.id, Kind.USER, house.ids["ada"]))
    assert after == before
    assert house.told() == told


def test_a_role_that_was_removed_is_none_again(house: House) -> None:
    house.account("ada")
    house.state("ada", None)
    house.group("Admins", "ada")
    house.rule(("Admins", "administrator"))
    assert (house.role("ada"), house.own("ada")) == ("administrator", "")
    house.rule()
    assert house.role("ada") is None


def test_state_and_role_sent_together_are_both_understood(house: House) -> None:
    house.account("ada")
    house.group("Admins", "ada")
    house.rule(("Admins", "administrator"))
    active, role = resolve(USER_TYPE, "active"), resolve(USER_TYPE, "role")
    assert active is not None
    assert role is not None
    operations = [
        Operation(PatchOp.REPLACE, Target(active), value=False),
        Operation(PatchOp.REPLACE, Target(role), "moderator"),
    ]
    work = house.stock.runtime.directory.patch
    caller = house.stock.caller(house.org)
    house.stock.run(work(caller, Kind.USER, house.ids["ada"], operations))
    assert house.document("ada")["active"] is False
    assert (house.role("ada"), house.own("ada")) == ("administrator", "moderator")
    assert house.told()[-1][0] is EventType.ACCOUNT_DEACTIVATED


def test_a_filter_by_role_finds_whom_a_rule_made_one(house: House) -> None:
    house.account("ada")
    house.group("Admins", "ada")
    house.rule(("Admins", "administrator"))
    query = Query(where=parse_filter('role eq "administrator"', USER_TYPE))
    page = house.stock.run(house.stock.store.find(house.org.id, Kind.USER, query))
    assert [seen.stored.id for seen in page.resources] == [house.ids["ada"]]


class TestTheLastOwner:
    """An organisation is owned by somebody, whatever rules make of it."""

    def test_does_not_lose_the_role_to_a_rule(self, house: House) -> None:
        house.group("Guests", "owner")
        told = house.told()
        with pytest.raises(LastOwner, match="no active owner"):
            house.rule(("Guests", "guest"))
        assert (house.role("owner"), house.own("owner")) == ("owner", None)
        assert house.now.role_rules == ()
        assert house.told() == told

    def test_does_not_lose_the_role_to_a_membership(self, house: House) -> None:
        house.account("ada")
        house.group("Guests")
        house.rule(("Guests", "guest"))
        with pytest.raises(LastOwner, match="last active owner"):
            house.join("Guests", "ada", "owner")
        assert (house.role("owner"), house.role("ada")) == ("owner", "member")
        assert house.now.counts.owners == 1

    def test_does_not_leave_the_group_that_makes_it_one(self, house: House) -> None:
        house.account("ada")
        house.group("Owners", "ada")
        house.rule(("Owners", "owner"))
        house.state("owner", "member")
        with pytest.raises(LastOwner):
            house.leave("Owners", "ada")
        with pytest.raises(LastOwner):
            house.delete("Owners")
        assert house.role("ada") == "owner"
        assert house.now.counts.owners == 1

    def test_is_not_one_who_is_switched_off(self, house: House) -> None:
        house.account("ada", active=False)
        house.group("Owners", "ada")
        house.rule(("Owners", "owner"))
        assert house.now.counts.owners == 1
        with pytest.raises(LastOwner):
            house.state("owner", "member")

    def test_refused_within_a_transaction_leaves_the_others(self, house: House) -> None:
        """As in a bulk request: what comes before and after it is written."""
        house.account("ada")
        house.group("Guests")
        house.group("Others")
        house.rule(("Guests", "guest"))
        stock, caller = house.stock, house.stock.caller(house.org)
        path = resolve(GROUP_TYPE, "members")
        assert path is not None

        async def work(resources: Resources) -> list[str]:
            directory = stock.runtime.directory
            within = type(directory)(resources, directory.now, directory.new_id, directory.walker)
            became = []
            for group, member in (("Guests", "ada"), ("Guests", "owner"), ("Others", "owner")):
                operation = Operation(PatchOp.ADD, Target(path), [{"value": house.ids[member]}])
                try:
                    await within.patch(caller, Kind.GROUP, house.ids[group], [operation])
                except ScimError as refused:
                    became.append(type(refused).__name__)
                else:
                    became.append("done")
            return became

        assert stock.run(stock.store.together(work)) == ["done", "LastOwner", "done"]
        assert (house.role("ada"), house.role("owner")) == ("guest", "owner")


class TestRules:
    """What can be a rule."""

    def test_of_a_group_that_is_none_is_refused(self, house: House) -> None:
        with pytest.raises(InvalidValue, match="no group with the id"):
            house.stock.run(
                house.stock.runtime.role_rules.set(house.now, [RoleRule("nobody", "guest")])
            )

    def test_of_another_organisations_group_is_refused(self, house: House) -> None:
        other = House(house.stock)
        other.group("Admins")
        with pytest.raises(InvalidValue, match="no group with the id"):
            house.stock.run(
                house.stock.runtime.role_rules.set(
                    house.now, other.rules(("Admins", "administrator"))
                )
            )

    def test_of_a_role_that_is_none_is_refused(self, house: House) -> None:
        house.group("Admins")
        with pytest.raises(InvalidValue, match="is no role"):
            house.rule(("Admins", "emperor"))

    def test_of_one_group_twice_is_refused(self, house: House) -> None:
        house.group("Admins")
        with pytest.raises(InvalidValue, match="two rules"):
            house.rule(("Admins", "guest"), ("Admins", "owner"))

    def test_made_from_others_than_those_that_stand_are_refused(self, house: House) -> None:
        house.group("Admins")
        seen = house.now.role_rules
        house.rule(("Admins", "guest"))
        work = house.stock.runtime.role_rules.set(house.now, [], seen=seen)
        with pytest.raises(VersionMismatch, match="somebody else"):
            house.stock.run(work)
        assert len(house.now.role_rules) == 1

    def test_stay_when_their_group_is_gone(self, house: House) -> None:
        house.group("Admins")
        house.rule(("Admins", "guest"))
        house.delete("Admins")
        house.rule(("Admins", "guest"))
        assert len(house.now.role_rules) == 1

    def test_of_an_organisation_that_is_none(self, house: House) -> None:
        with pytest.raises(NotFound):
            house.stock.run(
                house.stock.store.set_role_rules(
                    type(house.org.id)(987_654), lambda one: one.role_rules, "now", "cli"
                )
            )

    def test_are_in_the_audit_trail(self, house: House) -> None:
        house.account("ada")
        house.group("Admins", "ada")
        house.rule(("Admins", "guest"))
        [entry, *_] = house.stock.run(house.stock.store.audited(house.org.id, None, 5))
        assert (entry.action, entry.data) == (
            "roles.ruled",
            {"rules": ["Admins: guest"], "moved": 1},
        )


def test_a_preview_tells_what_comes_of_it_and_writes_nothing(house: House) -> None:
    house.account("ada")
    house.account("grace", role="guest")
    house.account("alan", active=False)
    house.group("Team", "grace")
    house.group("Admins", "ada", "alan", "Team")
    told = house.told()
    preview = house.stock.runtime.role_rules.preview
    seen = house.stock.run(preview(house.now, house.rules(("Admins", "owner"))))
    assert (seen.reached, seen.owners) == (3, 3)
    assert sorted(seen.moves) == [("guest", "owner", 1), ("member", "owner", 2)]
    people = {(house.names[one.id], one.before, one.after) for one in seen.some}
    assert people == {
        ("ada", "member", "owner"),
        ("alan", "member", "owner"),
        ("grace", "guest", "owner"),
    }
    assert json.loads(seen.some[0].document)["userName"] == house.names[seen.some[0].id]
    assert house.told() == told
    assert house.rule(("Admins", "owner")) == 3
    after = house.stock.run(preview(house.now, ()))
    assert (after.reached, after.owners) == (0, 1)
    assert sorted(after.moves) == [("owner", "guest", 1), ("owner", "member", 2)]


def test_rules_that_come_while_people_join_reach_all_of_them(house: House) -> None:
    people = [house.account(f"person {number}") for number in range(24)]
    group = house.group("Admins")
    path = resolve(GROUP_TYPE, "members")
    assert path is not None
    runtime, caller = house.stock.runtime, house.stock.caller(house.org)
    organisation, rules = house.now, house.rules(("Admins", "administrator"))

    async def join(person: str) -> None:
        operation = Operation(PatchOp.ADD, Target(path), [{"value": person}])
        await runtime.directory.patch(caller, Kind.GROUP, group, [operation])

    async def work() -> None:
        first, rest = people[:8], people[8:]
        await asyncio.gather(*map(join, first))
        await asyncio.gather(*map(join, rest), runtime.role_rules.set(organisation, rules))

    house.stock.run(work())
    assert {house.role(house.names[one]) for one in people} == {"administrator"}


PEOPLE = ("owner", "ada", "grace", "alan", "mary")
GROUPS = ("Admins", "Team", "Guests", "Deep")
STATED = ("owner", "administrator", "member", "guest", None)
_GROUP, _ANYBODY = st.sampled_from(GROUPS), st.sampled_from((*PEOPLE, *GROUPS))
_RULES = st.lists(
    st.tuples(_GROUP, st.sampled_from(("owner", "administrator", "guest", "member"))),
    max_size=3,
    unique_by=lambda rule: rule[0],
)
DEEDS = st.one_of(
    st.tuples(st.just("join"), _GROUP, _ANYBODY, _ANYBODY),
    st.tuples(st.just("leave"), _GROUP, _ANYBODY, _ANYBODY),
    st.tuples(st.just("state"), st.sampled_from(PEOPLE), st.sampled_from(STATED)),
    st.tuples(st.just("rule"), _RULES),
    st.tuples(st.just("delete"), _ANYBODY),
)


@dataclass
class Judge:
    """What should be, worked out anew after each deed from who is in what."""

    rules: list[tuple[str, str]] = field(default_factory=list)
    inside: dict[str, set[str]] = field(default_factory=lambda: {one: set() for one in GROUPS})
    own: dict[str, str | None] = field(
        default_factory=lambda: {one: "owner" if one == "owner" else "member" for one in PEOPLE}
    )

    def role(self, name: str) -> str | None:
        """The role of the first rule whose group is reached from there."""
        seen: set[str] = set()
        ways = [group for group, members in self.inside.items() if name in members]
        while ways:
            group = ways.pop()
            if group not in seen:
                seen.add(group)
                ways += [one for one, members in self.inside.items() if group in members]
        return next((role for group, role in self.rules if group in seen), self.own[name])

    def copy(self) -> "Judge":
        """Another one of the same opinion."""
        inside = {group: set(members) for group, members in self.inside.items()}
        return Judge(list(self.rules), inside, dict(self.own))

    def do(self, deed: tuple[Any, ...]) -> None:
        """Take a deed into account that is done."""
        match deed:
            case "join", group, *members:
                self.inside[group].update(members)
            case "leave", group, *members:
                self.inside[group].difference_update(members)
            case "state", name, role if role != self.role(name):
                self.own[name] = role
            case "rule", rules:
                self.rules = rules
            case "delete", name:
                self.inside.pop(name, None)
                self.own.pop(name, None)
                for within in self.inside.values():
                    within.discard(name)

    @property
    def owners(self) -> int:
        """How many own the organisation."""
        return sum(self.role(one) == "owner" for one in self.own)


def _do(house: House, deed: tuple[Any, ...]) -> None:
    match deed:
        case "join", group, *members:
            house.join(group, *members)
        case "leave", group, *members:
            house.leave(group, *members)
        case "state", name, role:
            house.state(name, role)
        case "rule", rules:
            house.rule(*rules)
        case "delete", name:
            house.delete(name)


def _is_possible(judge: Judge, deed: tuple[Any, ...]) -> bool:
    there = {*judge.own, *judge.inside}
    match deed:
        case (("join" | "leave"), group, *members):
            return there.issuperset((group, *members)) and group not in members
        case "rule", rules:
            return there.issuperset(group for group, _ in rules)
        case _:
            return deed[1] in there


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(DEEDS, min_size=1, max_size=14))
def test_roles_are_what_rules_and_memberships_make_them(
    stock: Stock, deeds: list[tuple[Any, ...]]
) -> None:
    house, judge = House(stock), Judge()
    for name in PEOPLE[1:]:
        house.account(name)
    for name in GROUPS:
        house.group(name)
    for deed in deeds:
        if not _is_possible(judge, deed):
            continue
        wanted = judge.copy()
        wanted.do(deed)
        try:
            _do(house, deed)
        except LastOwner:
            assert wanted.owners == 0
            assert judge.owners > 0
        else:
            assert wanted.owners > 0 or judge.owners == 0
            judge = wanted
        _agree(house, judge)


def _agree(house: House, judge: Judge) -> None:
    for name in judge.own:
        assert house.role(name) == judge.role(name), name
        ruled = any(judge.role(name) == role for _, role in judge.rules)
        if (own := house.own(name)) is not None:
            assert ruled
            assert (own or None) == judge.own[name]
        moves = house.moves(name)
        if moves:
            assert moves[-1]["after"] == (judge.role(name) or "member")
        for earlier, later in pairwise(moves):
            assert earlier["after"] == later["before"]
    assert house.now.counts.owners == judge.owners
