"""A Zulip gets names, addresses, roles and groups; what it refuses is told with a remedy."""

import socket
from dataclasses import replace

import pytest

from headcount.connectors.reconciling import Report
from headcount.connectors.target import Reach, Refused
from headcount.connectors.values import Group, Op
from headcount.connectors.zulip import ONLY_PEOPLE, clean_name
from tests.connectors.conftest import Chat
from tests.connectors.keeping import Side, an_account
from tests.connectors.zulip_server import ADMINISTRATOR, GUEST, MEMBER, MODERATOR, OWNER


def told(report: Report) -> list[tuple[str, str]]:
    return [(one.step.who, one.cause) for one in report.failures]


def settled(side: Side) -> None:
    """Do everything, and see that nothing is left to do."""
    assert side.apply().failures == ()
    assert side.plan().steps == ()


@pytest.mark.parametrize(
    ("role", "number"),
    [
        ("owner", OWNER),
        ("administrator", ADMINISTRATOR),
        ("moderator", MODERATOR),
        ("member", MEMBER),
        ("guest", GUEST),
    ],
)
def test_somebody_new_gets_the_role_right_after(chat: Chat, role: str, number: int) -> None:
    side = chat.side()
    side.have(an_account("ada", "Ada Lovelace", role=role))
    settled(side)
    ada = chat.user("ada@acme.test")
    assert (ada.name, ada.role, ada.active) == ("Ada Lovelace", number, True)
    made = chat.realm.asked.index("POST /users")
    if role != "member":
        assert chat.realm.asked[made + 1] == f"PATCH /users/{ada.id}"


def test_nobody_learns_the_password_of_somebody_new(chat: Chat) -> None:
    side = chat.side()
    side.have(an_account("ada"), an_account("bob"))
    report = side.apply()
    passwords = {chat.user(f"{name}@acme.test").password for name in ("ada", "bob")}
    assert len(passwords) == 2
    assert not any(one in repr((report, side.kept.held)) for one in passwords)


def test_names_addresses_and_roles_follow_the_organisation(chat: Chat) -> None:
    side = chat.side()
    side.have(an_account("ada", role="guest"))
    settled(side)
    id_ = chat.user("ada@acme.test").id
    side.have(an_account("ada", "Ada King", role="moderator", address="king@acme.test"))
    assert [step.op for step in side.plan().steps] == [Op.UPDATE, Op.ADDRESS, Op.ROLE]
    settled(side)
    ada = chat.user("king@acme.test")
    assert (ada.id, ada.name, ada.role) == (id_, "Ada King", MODERATOR)


def test_who_leaves_is_deactivated_and_who_comes_back_has_the_groups_again(chat: Chat) -> None:
    side = chat.side()
    side.have(an_account("ada"), an_account("bob"))
    side.have_groups(Group("g", "Pioneers", frozenset({"ada", "bob"})))
    settled(side)
    side.have(an_account("ada", active=False))
    settled(side)
    assert not chat.user("ada@acme.test").active
    assert chat.members("Pioneers") == {"bob@acme.test"}
    side.have(an_account("ada", "Ada King", role="guest"))
    settled(side)
    ada = chat.user("ada@acme.test")
    assert (ada.active, ada.name, ada.role) == (True, "Ada King", GUEST)
    assert chat.members("Pioneers") == {"ada@acme.test", "bob@acme.test"}


def test_who_was_taken_out_of_a_group_while_away_is_not_in_it_again(chat: Chat) -> None:
    side = chat.side()
    side.have(an_account("ada"), an_account("bob"))
    side.have_groups(Group("g", "Pioneers", frozenset({"ada", "bob"})))
    settled(side)
    side.have(an_account("ada", active=False))
    settled(side)
    side.have_groups(Group("g", "Pioneers", frozenset({"bob"})))
    settled(side)
    side.have(an_account("ada"))
    settled(side)
    assert chat.members("Pioneers") == {"bob@acme.test"}


def test_who_was_deactivated_there_by_hand_meanwhile_is_no_error(chat: Chat) -> None:
    side = chat.side()
    side.have(an_account("ada"))
    settled(side)
    side.have(an_account("ada", active=False))
    step = side.plan().steps[0]
    chat.user("ada@acme.test").active = False
    assert side.target.do(step, lambda _: None) == step.target


def test_who_was_in_zulip_before_is_adopted_and_strangers_are_left_alone(chat: Chat) -> None:
    ada = chat.realm.add("Ada@ACME.test", "ada")
    stray = replace(chat.realm.add("stray@acme.test", "Stray"))
    side = chat.side()
    side.have(an_account("ada"))
    assert side.plan().unknown == 1
    settled(side)
    assert (ada.name, len(chat.realm.users)) == ("Ada", 4)
    assert chat.user("stray@acme.test") == stray


def test_the_connectors_own_account_and_protected_people_are_never_touched(chat: Chat) -> None:
    glass = replace(chat.realm.add("glass@acme.test", "Break Glass", OWNER))
    iago = replace(chat.user("iago@zulip.test"))
    side = chat.side("GLASS@acme.test")
    side.have(an_account("me", address="iago@zulip.test", active=False))
    side.have(an_account("glass", "Somebody", role="guest"))
    assert side.plan().protected == 2
    settled(side)
    assert (chat.user("glass@acme.test"), chat.user("iago@zulip.test")) == (glass, iago)


def test_the_owner_of_the_connectors_bot_is_never_touched(chat: Chat) -> None:
    chat.realm.add("other@zulip.test", "Other", OWNER)
    side = chat.side(email="sync-bot@zulip.test")
    side.have(an_account("me", address="iago@zulip.test", active=False))
    settled(side)
    assert chat.user("iago@zulip.test").active


def test_with_the_key_of_a_bot_people_are_written_and_groups_are_told_once(chat: Chat) -> None:
    side = chat.side(email="sync-bot@zulip.test")
    side.have(an_account("ada"), an_account("bob"))
    side.have_groups(Group("g", "One", frozenset({"ada"})), Group("h", "Two", frozenset()))
    report = side.apply()
    assert (report.done, report.failures) == ({Op.CREATE: 2}, ())
    assert [notice.why for notice in report.notices] == [ONLY_PEOPLE]
    abilities = side.target.check()
    assert (abilities.facts["Kind"], abilities.facts["Groups"]) == ("a bot", "no")
    assert ONLY_PEOPLE in abilities.warnings


@pytest.mark.parametrize("tells_ids", [True, False])
def test_groups_are_made_renamed_filled_and_ended(chat: Chat, *, tells_ids: bool) -> None:
    chat.realm.tells_ids = tells_ids
    side = chat.side()
    side.have(*(an_account(name) for name in ("ada", "bob", "cyd")))
    side.have_groups(Group("g", "Pioneers", frozenset({"ada", "bob"})))
    settled(side)
    group = chat.realm.group("Pioneers")
    group.description = "Who came first"
    side.have_groups(Group("g", "First", frozenset({"bob", "cyd"})))
    settled(side)
    assert (group.name, group.description) == ("First", "Who came first")
    assert chat.members("First") == {"bob@acme.test", "cyd@acme.test"}
    side.groups = {}
    settled(side)
    assert not group.active
    assert [one.active for one in chat.realm.groups.values()] == [True, True, False]


def test_a_group_that_was_there_is_adopted_with_strangers_in_it(chat: Chat) -> None:
    stray = chat.realm.add("stray@acme.test", "Stray")
    side = chat.side()
    side.have(an_account("ada"))
    side.have_groups(Group("g", "Pioneers", frozenset()))
    settled(side)
    chat.realm.group("Pioneers").members.add(stray.id)
    side.kept.held.pop("g")
    side.have_groups(Group("g", "PIONEERS", frozenset({"ada"})))
    settled(side)
    assert chat.members("PIONEERS") == {"stray@acme.test", "ada@acme.test"}


def test_a_group_that_is_in_use_is_told_with_where(chat: Chat) -> None:
    side = chat.side()
    side.have_groups(Group("g", "Pioneers", frozenset()))
    settled(side)
    use = {"type": "channel", "channel_id": 7, "settings": ["can_send_message_group"]}
    chat.realm.group("Pioneers").used_in = [use]
    side.groups = {}
    report = side.apply()
    assert told(report) == [
        ("Pioneers", "The group is in use: channel 7 (can_send_message_group).")
    ]
    assert "Take it out of these settings" in report.failures[0].remedy
    chat.realm.group("Pioneers").used_in = []
    settled(side)


@pytest.mark.parametrize("can", [True, False])
def test_a_group_that_ended_and_comes_again_is_brought_back(chat: Chat, *, can: bool) -> None:
    chat.realm.can_reactivate_groups = can
    side = chat.side()
    side.have_groups(group := Group("g", "Pioneers", frozenset()))
    settled(side)
    side.groups = {}
    settled(side)
    side.have_groups(replace(group, id="h"))
    report = side.apply()
    assert chat.realm.group("Pioneers").active == can
    if not can:
        assert "Rename the deactivated group" in report.failures[0].remedy


@pytest.mark.parametrize("name", ["@all", "role:x", "user:x", "stream:x", "Channel:x"])
def test_a_group_whose_name_zulip_forbids_is_told(chat: Chat, name: str) -> None:
    side = chat.side()
    side.have_groups(Group("g", name, frozenset()))
    plan = side.plan()
    assert plan.steps == ()
    assert [notice.who for notice in plan.notices] == [name]
    assert "may not begin with" in plan.notices[0].why


def test_without_the_grant_to_create_people_that_is_told_once(chat: Chat) -> None:
    chat.realm.may_create = False
    chat.realm.add("zoe@acme.test", "zoe")
    side = chat.side()
    side.have(*(an_account(f"new{number}") for number in range(5)), an_account("zoe"))
    side.have_groups(Group("g", "All", frozenset({"new1", "zoe"})))
    report = side.apply()
    assert [(one.step.op, one.others) for one in report.failures] == [(Op.CREATE, 4)]
    assert report.missed == tuple(f"new{number}" for number in range(5))
    assert "change_user_role ADDRESS can_create_users" in report.failures[0].remedy
    assert chat.user("zoe@acme.test").name == "Zoe"
    assert chat.members("All") == {"zoe@acme.test"}
    chat.realm.may_create = True
    settled(side)
    assert chat.members("All") == {"zoe@acme.test", "new1@acme.test"}


def test_without_the_grant_to_change_addresses_the_rest_is_written(chat: Chat) -> None:
    side = chat.side()
    side.have(an_account("ada"), an_account("bob"))
    settled(side)
    chat.realm.may_change_emails = False
    side.have(an_account("ada", "Ada King", address="king@acme.test"))
    side.have(an_account("bob", "Robert", address="robert@acme.test"))
    report = side.apply()
    assert [(one.step.op, one.others) for one in report.failures] == [(Op.ADDRESS, 1)]
    assert "can_change_user_emails" in report.failures[0].remedy
    assert (chat.user("ada@acme.test").name, chat.user("bob@acme.test").name) == (
        "Ada King",
        "Robert",
    )


def test_the_last_owner_stays_and_that_is_told(chat: Chat) -> None:
    owner = chat.realm.add("own@acme.test", "Own", OWNER)
    chat.user("iago@zulip.test").role = ADMINISTRATOR
    side = chat.side()
    side.have(an_account("own", active=False))
    report = side.apply()
    assert told(report) == [("own@acme.test", "Cannot deactivate the only organization owner.")]
    assert "role owner" in report.failures[0].remedy
    side.have(an_account("own", role="member"))
    assert "Must be an organization owner" in side.apply().failures[0].cause
    assert (owner.active, owner.role) == (True, OWNER)


def test_a_new_owner_comes_before_the_old_one_goes(chat: Chat) -> None:
    side = chat.side()
    side.have(an_account("old", role="owner"), an_account("new"))
    settled(side)
    chat.realm.users[1].role = OWNER
    side.have(an_account("old", active=False), an_account("new", role="owner"))
    settled(side)
    assert not chat.user("old@acme.test").active
    assert chat.user("new@acme.test").role == OWNER


def test_one_person_whom_zulip_refuses_does_not_stop_the_others(chat: Chat) -> None:
    chat.realm.failing = "bob"
    side = chat.side()
    side.have(*(an_account(name) for name in ("ada", "bob", "cyd")))
    side.have_groups(Group("g", "All", frozenset({"ada", "bob", "cyd"})))
    report = side.apply()
    assert told(report) == [("bob@acme.test", "Zulip failed: Internal server error.")]
    assert chat.members("All") == {"ada@acme.test", "cyd@acme.test"}
    chat.realm.failing = ""
    settled(side)
    assert len(chat.members("All")) == 3


def test_zulip_is_waited_for_when_it_is_asked_too_often(chat: Chat) -> None:
    chat.realm.limit, chat.realm.window = 5, 0.3
    side = chat.side()
    side.have(*(an_account(f"user{number}") for number in range(8)))
    settled(side)
    assert chat.realm.refused_for_haste > 0
    assert len(chat.realm.users) == 10


@pytest.mark.parametrize("how", ["wrong", "revoked", "owner gone"])
def test_a_key_that_opens_nothing_stops_with_one_sentence(chat: Chat, how: str) -> None:
    side = chat.side(email="sync-bot@zulip.test")
    side.have(an_account("ada"))
    if how == "wrong":
        side.target = chat.side(key="no-key").target
    elif how == "revoked":
        chat.user("sync-bot@zulip.test").key = "another"
    else:
        chat.user("iago@zulip.test").active = False
    for work in (side.plan, side.apply, side.target.check):
        with pytest.raises(Refused, match=r"^Zulip does not take the key: .* Make a new key"):
            work()


def test_a_site_that_cannot_be_reached_stops_with_one_sentence(chat: Chat) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        chat.site = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Refused, match=r"cannot be reached \(connection refused\)") as refused:
            chat.side().plan()
    assert refused.value.reach is Reach.ALL


def test_a_run_that_was_cut_off_goes_on_without_doubling(chat: Chat) -> None:
    side = chat.side()
    side.have(*(an_account(f"user{number}") for number in range(4)))
    step = side.plan().steps[0]
    side.target.do(step, lambda _: None)  # and nothing is remembered of it
    settled(side)
    assert len([one for one in chat.realm.users.values() if "user" in one.email]) == 4


def test_names_that_zulip_does_not_take_are_made_to_fit(chat: Chat) -> None:
    side = chat.side()
    names = ["ada@acme.test", 'Ada "the" `first` *>\\', "A" * 200, "\x00\u202eAda", "@"]
    side.have(*(an_account(f"user{n}", name) for n, name in enumerate(names)))
    settled(side)
    kept = [chat.user(f"user{n}@acme.test").name for n in range(len(names))]
    assert kept == ["ada", "Ada the first", "A" * 100, "Ada", "user4"]
    assert clean_name("Zoë Ångström", "zoe@acme.test") == "Zoë Ångström"


def test_an_account_without_an_address_is_told(chat: Chat) -> None:
    side = chat.side()
    side.have(replace(an_account("ada"), user_name="ada", address=""))
    plan = side.plan()
    assert (plan.steps, [one.who for one in plan.notices]) == ((), ["ada"])


def test_check_tells_what_the_key_may_do(chat: Chat) -> None:
    abilities = chat.side().target.check()
    assert abilities.facts == {
        "Zulip": "11.4",
        "Account": "iago@zulip.test",
        "Kind": "a person",
        "Role": "owner",
        "Groups": "yes",
    }
    assert "can_create_users" in abilities.warnings[-1]
    chat.user("iago@zulip.test").role = MEMBER
    assert "is no administrator" in chat.side().target.check().warnings[0]


def test_who_came_into_a_group_or_left_it_meanwhile_is_no_error(chat: Chat) -> None:
    side = chat.side()
    side.have(*(an_account(name) for name in ("ada", "bob", "cyd")))
    side.have_groups(Group("g", "Pioneers", frozenset({"ada"})))
    settled(side)
    side.have_groups(Group("g", "Pioneers", frozenset({"bob", "cyd"})))
    (step,) = side.plan().steps
    group = chat.realm.group("Pioneers")
    group.members = {chat.user("bob@acme.test").id}
    held = side.kept.held
    side.target.do(step, lambda one: held[one].target)
    assert chat.members("Pioneers") == {"bob@acme.test", "cyd@acme.test"}
    side.target.do(step, lambda one: held[one].target)
