"""A real Synapse ends with exactly the people of the organisation, and nothing is left to do."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from headcount.connectors.catalogue import SYNAPSE, reach
from headcount.connectors.target import Refused
from headcount.connectors.values import Op
from tests.cli.test_commands import Terminal
from tests.connectors.keeping import Side, an_account
from tests.connectors.synapse_server import SERVER_NAME, Homeserver, synapse
from tests.databases import SQLITE, fresh


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    with synapse(tmp_path_factory.mktemp("synapse")) as server:
        yield server


@pytest.fixture
def homeserver(started: Homeserver) -> Homeserver:
    """The homeserver with nobody active but its administrator."""
    for name in started.active().keys() - {"root"}:
        started.write(name, deactivated=True)
    return started


def side(homeserver: Homeserver, *protected: str, admins: bool = False) -> Side:
    settings = {"site": homeserver.site, "server_name": SERVER_NAME, "admins": admins}
    return Side(reach(SYNAPSE, settings, homeserver.token), *protected)


def settled(one: Side) -> None:
    assert one.apply().failures == ()
    assert one.plan().steps == ()


def test_people_come_change_leave_and_come_back(homeserver: Homeserver) -> None:
    one = side(homeserver)
    one.have(an_account("s.ada", "Ada Lovelace"), an_account("s.bob"), an_account("s.cyd"))
    settled(one)
    assert homeserver.active() == {
        "root": "root",
        "s.ada": "Ada Lovelace",
        "s.bob": "S.Bob",
        "s.cyd": "S.Cyd",
    }
    assert homeserver.addresses("s.ada") == ["s.ada@acme.test"]
    one.have(an_account("s.ada", "Ada King", address="king@acme.test"))
    one.people["s.ada"] = replace(one.people["s.ada"], user_name="s.ada@acme.test")
    one.have(an_account("s.bob", active=False))
    del one.people["s.cyd"]
    assert [step.op for step in one.plan().steps] == [
        *(Op.DEACTIVATE, Op.DEACTIVATE, Op.UPDATE, Op.ADDRESS)
    ]
    settled(one)
    assert homeserver.active() == {"root": "root", "s.ada": "Ada King"}
    assert homeserver.addresses("s.ada") == ["king@acme.test"]
    assert homeserver.addresses("s.bob") == []
    one.have(an_account("s.bob", "Robert"))
    settled(one)
    assert homeserver.active() == {"root": "root", "s.ada": "Ada King", "s.bob": "Robert"}
    assert homeserver.addresses("s.bob") == ["s.bob@acme.test"]


def test_a_name_that_changes_here_stays_what_people_are_known_by_there(
    homeserver: Homeserver,
) -> None:
    one = side(homeserver)
    one.have(an_account("first"))
    settled(one)
    one.have(replace(an_account("first", "New Name", address="second@acme.test")))
    settled(one)
    assert homeserver.active() == {"root": "root", "first": "New Name"}
    one.have(replace(an_account("other", address="first@acme.test")))
    plan = one.plan()
    assert (plan.steps, len(plan.notices)) == ((), 1)
    assert "give one of them another" in plan.notices[0].why


def test_who_was_there_before_is_found_by_name_or_by_address(homeserver: Homeserver) -> None:
    homeserver.write("eve", displayname="Eve", deactivated=False, password="x")
    threepids = [{"medium": "email", "address": "fay@acme.test"}]
    homeserver.write("other.name", displayname="F", deactivated=False, password="x")
    homeserver.write("other.name", threepids=threepids)
    homeserver.write("stray", displayname="Stray", deactivated=False, password="x")
    one = side(homeserver)
    one.have(an_account("eve", "Eve E"), an_account("fay"))
    plan = one.plan()
    assert sorted(link.target for link in plan.adopted) == [
        "@eve:acme.test",
        "@other.name:acme.test",
    ]
    assert plan.unknown == 1
    settled(one)
    names = {"root": "root", "eve": "Eve E", "other.name": "Fay", "stray": "Stray"}
    assert homeserver.active() == names


def test_its_own_account_and_protected_people_are_never_touched(homeserver: Homeserver) -> None:
    homeserver.write("glass", displayname="Glass", deactivated=False, password="x")
    one = side(homeserver, "@glass:acme.test")
    one.have(an_account("root", active=False), an_account("glass", active=False))
    assert one.plan().protected == 2
    settled(one)
    assert homeserver.active() == {"root": "root", "glass": "Glass"}


@pytest.mark.parametrize("admins", [True, False])
def test_owners_administrate_the_server_only_where_that_is_wanted(
    homeserver: Homeserver, *, admins: bool
) -> None:
    one = side(homeserver, admins=admins)
    one.have(an_account("own", role="owner"), an_account("mem"))
    settled(one)
    assert (homeserver.user("own")["admin"], homeserver.user("mem")["admin"]) == (admins, False)
    one.have(an_account("own", role="member"))
    settled(one)
    assert not homeserver.user("own")["admin"]


def test_names_beyond_ascii_find_their_way(homeserver: Homeserver) -> None:
    one = side(homeserver)
    one.have(replace(an_account("z", "Zoë Å"), user_name="Zoë Å"), an_account("long", "ä" * 200))
    settled(one)
    assert homeserver.active() == {
        "root": "root",
        "zo=c3=ab=20=c3=a5": "Zoë Å",
        "long": "ä" * 128,
    }


def test_one_whom_it_refuses_does_not_stop_the_others(homeserver: Homeserver) -> None:
    one = side(homeserver)
    one.have(replace(an_account("1"), user_name="1234"), an_account("ned"))
    report = one.apply()
    assert [failure.step.who for failure in report.failures] == ["1234"]
    assert report.failures[0].remedy
    assert homeserver.active() == {"root": "root", "ned": "Ned"}


def test_a_token_that_opens_nothing_stops_with_one_sentence(homeserver: Homeserver) -> None:
    one = side(replace(homeserver, token="nothing"))
    with pytest.raises(Refused, match=r"^Synapse does not take the token: .* Make a new access"):
        one.plan()


def test_a_token_of_somebody_else_than_an_administrator_is_told(homeserver: Homeserver) -> None:
    homeserver.write("plain", password="password", deactivated=False)
    login = homeserver.ask(
        "POST",
        "/_matrix/client/v3/login",
        {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": "plain"},
            "password": "password",
        },
    )
    one = side(replace(homeserver, token=login["access_token"]))
    with pytest.raises(Refused, match="of a server administrator"):
        one.target.check()


def test_another_server_name_is_told(homeserver: Homeserver) -> None:
    settings = {"site": homeserver.site, "server_name": "other.test"}
    with pytest.raises(Refused, match="Add the connector with --server-name acme"):
        reach(SYNAPSE, settings, homeserver.token).check()


def test_the_command_line_makes_it_like_the_organisation(
    homeserver: Homeserver, tmp_path: Path
) -> None:
    terminal = Terminal(tmp_path, fresh(SQLITE, tmp_path))
    terminal.type("org", "create", "acme", "--name", "Acme")
    people = "".join(f"user{n}@acme.test,User {n},{n % 3 != 0}\n" for n in range(30))
    people = terminal.file("userName,displayName,active\n" + people.lower())
    terminal.type("account", "import", "acme", people)
    token = terminal.file(homeserver.token, "token")
    options = ["--site", homeserver.site, "--server-name", SERVER_NAME, "--token-file", token]
    terminal.type("connector", "add", "acme", "synapse", *options)
    assert "server administrator" in terminal.type("connector", "check", "acme", "synapse")
    done = terminal.json("connector", "apply", "acme", "synapse")
    assert (done["done"], done["failed"]) == ({"create": 20}, 0)
    wanted = {f"user{n}": f"user {n}" for n in range(30) if n % 3}
    assert homeserver.active() == {"root": "root", **wanted}
    assert terminal.json("connector", "plan", "acme", "synapse", "--exit-code")["steps"] == []


def test_somebody_who_came_meanwhile_is_not_written_over(homeserver: Homeserver) -> None:
    one = side(homeserver)
    one.have(an_account("meanwhile"))
    (step,) = one.plan().steps
    homeserver.write("meanwhile", displayname="Somebody Else", deactivated=False)
    with pytest.raises(Refused, match="It is there already"):
        one.target.do(step, lambda _: None)
    assert homeserver.active()["meanwhile"] == "Somebody Else"
    settled(one)
