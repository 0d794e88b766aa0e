"""What a connector plans, and that there is nothing left to do after it was done."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from headcount.connectors.reconciling import Report
from headcount.connectors.values import Account, Circle, Group, Op, Person, Plan
from tests.connectors.keeping import Side, an_account
from tests.connectors.model import ModelTarget


def a_person(id_: str, address: str, **more: Any) -> Person:
    values: dict[str, Any] = {"name": "Somebody", "active": True, "role": "member"} | more
    return Person(id_, (address.casefold(),), address=address, **values)


def ops(plan: Plan) -> list[tuple[Op, str]]:
    return [(step.op, step.who) for step in plan.steps]


def test_who_is_not_there_is_made_with_name_address_and_role() -> None:
    side = Side(target := ModelTarget())
    side.have(an_account("ada", role="owner"), an_account("bob", active=False))
    assert ops(side.plan()) == [(Op.CREATE, "ada@acme.test")]
    report = side.apply()
    assert report == Report({Op.CREATE: 1})
    (ada,) = target.people.values()
    assert (ada.name, ada.address, ada.role) == ("Ada", "ada@acme.test", "owner")
    assert side.plan().steps == ()


def test_who_was_there_before_is_adopted_by_address_and_not_doubled() -> None:
    side = Side(target := ModelTarget(a_person("7", "ADA@acme.test", name="Ada")))
    side.have(an_account("ada"))
    plan = side.plan()
    assert (plan.steps, [one.target for one in plan.adopted]) == ((), ["7"])
    side.apply()
    side.have(an_account("ada", address="king@acme.test"))
    step = side.plan().steps[0]
    assert (step.op, step.target, step.address) == (Op.ADDRESS, "7", "king@acme.test")
    assert step.why == "The address becomes king@acme.test (it was ADA@acme.test)."
    side.apply()
    assert [one.address for one in target.people.values()] == ["king@acme.test"]


def test_steps_come_in_an_order_that_takes_access_away_first() -> None:
    side = Side(
        ModelTarget(
            a_person("1", "gone@acme.test"),
            a_person("2", "back@acme.test", active=False),
            a_person("3", "name@acme.test"),
            a_person("4", "role@acme.test", name="Role"),
        )
    )
    side.have(
        an_account("new"), an_account("role", role="owner"), an_account("name"), an_account("back")
    )
    side.have(an_account("gone", active=False))
    side.have_groups(Group("g", "All", frozenset({"new", "back", "gone"})))
    plan = side.plan()
    assert [step.op for step in plan.steps] == [
        *(Op.DEACTIVATE, Op.UPDATE, Op.REACTIVATE, Op.CREATE, Op.ROLE, Op.CREATE_GROUP)
    ]
    assert plan.steps[-1].joins == ("back", "new")


def test_of_whom_headcount_does_not_know_is_left_alone_and_counted() -> None:
    side = Side(target := ModelTarget(a_person("7", "stray@acme.test")))
    side.have(an_account("ada"))
    assert side.plan().unknown == 1
    side.apply()
    assert target.people["7"].active


@pytest.mark.parametrize("how", ["deleted", "deactivated"])
def test_who_was_linked_and_is_gone_here_is_deactivated_there(how: str) -> None:
    side = Side(target := ModelTarget())
    side.have(an_account("ada"))
    side.apply()
    if how == "deleted":
        del side.people["ada"]
    else:
        side.have(an_account("ada", active=False))
    assert [step.op for step in side.plan().steps] == [Op.DEACTIVATE]
    side.apply()
    assert [one.active for one in target.people.values()] == [False]
    assert side.plan().steps == ()
    assert ("ada" in side.kept.held) == (how == "deactivated")


def test_an_account_that_is_made_anew_finds_its_person_again() -> None:
    side = Side(target := ModelTarget())
    side.have(an_account("ada"))
    side.apply()
    del side.people["ada"]
    side.have(an_account("other", address="ada@acme.test"))
    assert [step.op for step in side.plan().steps] == [Op.UPDATE]
    side.apply()
    assert [one.name for one in target.people.values()] == ["Other"]
    assert list(side.kept.held) == ["other"]


@pytest.mark.parametrize("protected", [True, False])
def test_protected_people_are_never_touched(*, protected: bool) -> None:
    why = "" if protected else "It is the account of the connector."
    root = a_person("1", "Root@acme.test", name="Root", role="owner", protected=why)
    side = Side(ModelTarget(root), *(["ROOT@acme.test"] if protected else []))
    side.have(an_account("root", "Other", active=False))
    plan = side.plan()
    assert (plan.steps, plan.adopted, plan.protected, plan.unknown) == ((), (), 1, 0)
    side.have(an_account("root", "Other", role="guest"))
    side.have_groups(Group("g", "All", frozenset({"root"})))
    side.apply()
    assert root in side.target.read([], groups=False).people
    assert {one.members for one in side.target.groups.values()} == {frozenset()}  # type: ignore[attr-defined]


def test_a_protected_person_who_is_not_there_is_not_made() -> None:
    side = Side(ModelTarget(), "root@acme.test")
    side.have(an_account("root"))
    assert side.plan().steps == ()


def test_who_cannot_be_there_is_told_and_the_others_are_written() -> None:
    side = Side(ModelTarget())
    side.have(Account("x", "nobody", "", "Nobody", active=True, role="member"), an_account("ada"))
    side.have(an_account("two", address="ADA@acme.test"))
    plan = side.plan()
    assert ops(plan) == [(Op.CREATE, "ada@acme.test")]
    assert {one.who: one.why for one in plan.notices} == {
        "nobody": "The account has no e-mail address.",
        "ADA@acme.test": "It would be ada@acme.test at the target, and so would ada@acme.test,"
        " which is there already: give one of them another address.",
    }


def test_who_is_refused_does_not_stop_the_others() -> None:
    side = Side(target := ModelTarget())
    target.refusing.add("bob@acme.test")
    side.have(*(an_account(name) for name in ("ada", "bob", "cyd")))
    report = side.apply()
    assert report.done == {Op.CREATE: 2}
    assert [(one.step.who, one.cause, one.remedy) for one in report.failures] == [
        ("bob@acme.test", "It said no.", "Ask it.")
    ]
    target.refusing.clear()
    assert side.apply().done == {Op.CREATE: 1}


def test_addresses_that_move_on_from_one_to_the_next_find_their_way() -> None:
    side = Side(target := ModelTarget())
    side.have(an_account("a", address="1@x.test"), an_account("b", address="2@x.test"))
    side.apply()
    side.have(an_account("a", address="2@x.test"), an_account("b", address="3@x.test"))
    report = side.apply()
    assert (report.failures, report.done[Op.ADDRESS]) == ((), 2)
    assert {one.name: one.address for one in target.people.values()} == {
        "A": "2@x.test",
        "B": "3@x.test",
    }


def test_groups_get_the_members_that_they_have_here_and_keep_strangers() -> None:
    stranger, root = a_person("8", "stray@acme.test"), a_person("9", "root@acme.test")
    circle = Circle("4", "pioneers", frozenset({"8", "9"}))
    system = Circle("1", "role:owners", frozenset({"9"}), system=True)
    side = Side(target := ModelTarget(stranger, root, groups=[circle, system]), "root@acme.test")
    side.have(an_account("ada"), an_account("bob"), an_account("off", active=False))
    side.have_groups(Group("g", "Pioneers", frozenset({"ada", "bob", "off"})))
    assert [(one.op, one.why) for one in side.plan().steps[2:]] == [
        (Op.RENAME_GROUP, "The name becomes Pioneers (it was pioneers)."),
        (Op.MEMBERS, "Joining: 2."),
    ]
    side.apply()
    ids = {one.name: one.id for one in target.people.values()}
    assert target.groups["4"].members == {"8", "9", ids["Ada"], ids["Bob"]}
    side.have_groups(Group("g", "Pioneers", frozenset({"bob"})))
    side.apply()
    assert target.groups["4"].members == {"8", "9", ids["Bob"]}
    assert target.groups["1"] == system
    assert side.groups is not None
    del side.groups["g"]
    side.apply()
    assert not target.groups["4"].active
    assert side.plan().steps == ()


def test_a_group_with_a_name_that_the_target_forbids_is_told_and_left_alone() -> None:
    side = Side(ModelTarget())
    side.have_groups(Group("g", "@all", frozenset()))
    plan = side.plan()
    assert (plan.steps, plan.notices) == ((), (("@all", "Names may not begin with @."),))


def test_a_plan_for_some_leaves_the_others_as_they_are() -> None:
    side = Side(target := ModelTarget())
    side.have(an_account("ada"), an_account("bob"))
    side.apply()
    side.have(an_account("ada", active=False), an_account("bob", "Robert"))
    side.scope = {"ada"}
    assert ops(side.plan()) == [(Op.DEACTIVATE, "ada@acme.test")]
    side.apply()
    del side.people["bob"]
    assert side.plan().steps == ()
    side.scope = {"bob"}
    assert ops(side.plan()) == [(Op.DEACTIVATE, "bob@acme.test")]
    assert len(target.people) == 2


ROLES = st.sampled_from(["owner", "member", "guest"])
NAMES = st.sampled_from(["Ada", "Bob", "Cyd"])
ADDRESSES = [f"{letter}@acme.test" for letter in "abcdefg"]


@st.composite
def organisations(draw: st.DrawFn) -> tuple[list[Account], list[Group]]:
    """Accounts of any state, no two with one address, and groups of them."""
    ids = draw(st.lists(st.sampled_from("123456"), unique=True))
    addresses = draw(st.permutations(ADDRESSES))
    people = [
        Account(id_, at.title(), at.title(), draw(NAMES), draw(st.booleans()), draw(ROLES))
        for id_, at in zip(ids, addresses, strict=False)
    ]
    names = draw(st.lists(st.sampled_from(["Red", "green", "@no"]), unique=True))
    some = st.frozensets(st.sampled_from(ids)) if ids else st.just(frozenset())
    return people, [Group(f"g{name}", name, draw(some)) for name in names]


@st.composite
def targets(draw: st.DrawFn) -> ModelTarget:
    """People and groups that were there before, some of them with addresses of ours."""
    addresses = draw(st.lists(st.sampled_from(ADDRESSES), unique=True))
    people = [
        a_person(f"t{at}", at, name=draw(NAMES), active=draw(st.booleans()), role=draw(ROLES))
        for at in addresses
    ]
    ids = [one.id for one in people]
    some = st.frozensets(st.sampled_from(ids)) if ids else st.just(frozenset())
    names = draw(st.lists(st.sampled_from(["RED", "Blue"]), unique=True))
    return ModelTarget(*people, groups=[Circle(name, name, draw(some)) for name in names])


@given(targets(), st.lists(organisations(), min_size=1, max_size=3))
def test_after_it_was_applied_a_plan_is_empty_but_for_what_was_refused(
    target: ModelTarget, times: list[tuple[list[Account], list[Group]]]
) -> None:
    before = {id_: one for id_, one in target.people.items() if "g@acme.test" in one.keys}
    side = Side(target, "g@acme.test")
    for people, groups in times:
        side.people = {one.id: one for one in people}
        side.groups = {one.id: one for one in groups}
        report = side.apply()
        plan = side.plan()
        failed = {one.step.resource for one in report.failures}
        rest = [one for one in plan.steps if one.op is not Op.MEMBERS or one.leaves]
        assert set(rest) <= {one.step for one in report.failures}
        assert {id_ for one in plan.steps if one not in rest for id_ in one.joins} <= failed
        assert not plan.adopted
        assert not plan.forgotten
        assert {id_: target.people[id_] for id_ in before} == before
        if not report.failures:
            _is_alike(side, target)
        assert side.plan() == plan


def _is_alike(side: Side, target: ModelTarget) -> None:
    """Who is active here is there, with name, address and role; and linked only once."""
    linked = [one.target for one in side.kept.held.values() if not one.group]
    assert len(linked) == len(set(linked))
    for account in side.people.values():
        link = side.kept.held.get(account.id)
        if account.address.casefold() == "g@acme.test" or (link is None and not account.active):
            continue
        assert link is not None
        person = target.people[link.target]
        assert person.active == account.active
        if account.active:
            told = (person.name, (person.address or "").casefold(), person.role)
            assert told == (account.name, account.address.casefold(), account.role)
    _groups_are_alike(side, target)


def _groups_are_alike(side: Side, target: ModelTarget) -> None:
    ours = {one.target: one.resource for one in side.kept.held.values() if not one.group}
    for group in (side.groups or {}).values():
        link = side.kept.held.get(group.id)
        if link is None:
            assert group.name == "@no"
            continue
        wanted = {id_ for id_ in group.members if (one := side.people.get(id_)) and one.active}
        circle = target.groups[link.target]
        held = {ours[id_] for id_ in circle.members if id_ in ours and target.people[id_].active}
        safe = {one.id for one in side.people.values() if one.address == "G@Acme.Test"}
        assert held - safe == wanted - safe
        assert circle.name == group.name


def test_a_plan_is_the_same_in_whichever_order_it_is_made() -> None:
    target = ModelTarget(*(a_person(str(n), f"{n}@acme.test") for n in range(5)))
    people = [an_account(str(n), role="owner" if n % 2 else "guest") for n in range(9)]
    one, other = Side(target), Side(target)
    one.have(*people)
    other.have(*reversed(people))
    target.people = dict(reversed(target.people.items()))
    assert other.plan() == one.plan()
    assert replace(one.plan(), steps=()) == replace(other.plan(), steps=())
