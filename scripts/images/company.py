"""The company in the pictures: who works there, and what its identity provider did in a month."""

import unicodedata
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from typing import Any

from headcount.bootstrap import Runtime
from headcount.directory.endpoints import Wanted
from headcount.directory.keys import KeyWish
from headcount.directory.tokens import Wish
from headcount.feed.telling import written
from headcount.scim.custom import CustomAttribute
from headcount.scim.schemas import USER_URN
from headcount.simulate import play
from headcount.simulate.conversation import HEADERS, Conversation
from headcount.simulate.okta import Okta
from headcount.simulate.people import Person
from headcount.simulate.shapes import PATCH, USER, joined, new_group, new_user
from headcount.store.connectors import Connector
from headcount.store.model import Policy, RoleRule, UsernameFormat
from headcount.store.webhooks import Attempt, Endpoint, Outcome, Settled, Waiting
from scripts.images.stage import Calendar, Stage, settle_times, staged

TODAY = datetime(2026, 3, 18, 14, 2, tzinfo=UTC)
ROOT, GRACE = "ada@example.com", "grace.hopper@acme.test"
BY_ROOT = f"administrator:{ROOT}"

_AT_FIRST = 20  # people whom `headcount simulate okta` assigns
_JOINERS = (
    ("Sophie", "Germain"),
    ("Emmy", "Noether"),
    ("Mary", "Somerville"),
    ("Maryam", "Mirzakhani"),
    ("Srinivasa", "Ramanujan"),
    ("Carl", "Gauß"),
    ("Chien-Shiung", "Wu"),
    ("Leonhard", "Euler"),
    ("José", "Echegaray"),
    ("Sofja", "Kowalewskaja"),
    ("Dorothy", "Vaughan"),
    ("Rózsa", "Péter"),
    ("Claude", "Shannon"),
    ("Alonzo", "Church"),
    ("Haskell", "Curry"),
    ("Adele", "Goldberg"),
    ("Lynn", "Conway"),
    ("Leslie", "Lamport"),
)
"""Whoever came after the first day, in that order."""

_GROUPS = {"Engineering": 3, "Finance": 5, "Headquarters": 1, "Works council": 9}
"""Name -> one of how many of the people of the first day is in it."""

_ENTRA = {**HEADERS, "User-Agent": "Microsoft-Azure-AD-Provisioning/1.0"}


@dataclass(slots=True)
class Played:
    """What came of it: the ids of accounts and groups, by what stands before the @ of a name."""

    ids: dict[str, str] = field(default_factory=dict)


def founded(database: str) -> tuple[Calendar, Played]:
    """Everything until the moment of the pictures, on a database that is empty."""
    calendar = Calendar(at(44))
    played = Played()
    with staged(database, calendar) as stage:
        token = _found(stage)
        _first_day(stage, token, played)
        with Conversation.begin(f"{stage.address}/scim/v2", token) as server:
            okta = Okta(server, sends_role=True)
            _weeks(stage, okta, played)
            _refused(stage, server)
            _today(stage, okta, played)
        _beside(stage, played)
        stage.do(lambda runtime: _application(runtime, played))
        calendar.set(TODAY)
    settle_times(database)
    return calendar, played


def at(days: int, hour: int = 9, minute: int = 0) -> datetime:
    """A time so many days before the last one."""
    return TODAY.replace(hour=hour, minute=minute) - timedelta(days)


def _found(stage: Stage) -> str:
    """The organisation, its rules and its token; the token."""

    async def found(runtime: Runtime) -> str:
        link = await runtime.visiting.first_link()
        assert link is not None
        await runtime.visiting.enter(link, ROOT, "")
        policy = Policy(UsernameFormat.EMAIL, ("acme.test",), 60)
        await runtime.organisations.create("acme", "Acme", policy, actor=BY_ROOT)
        for new in (
            CustomAttribute("costCentreCode", USER_URN, description="Who pays for the seat"),
            CustomAttribute(
                "contract",
                USER_URN,
                canonical=("permanent", "temporary", "external"),
                description="How somebody is employed",
            ),
        ):
            await runtime.organisations.declare("acme", new, actor=BY_ROOT)
        wish = Wish("okta", timedelta(days=365))
        token, _ = await runtime.organisations.issue("acme", wish, actor=BY_ROOT)
        return token

    return stage.do(found)


def _first_day(stage: Stage, token: str, played: Played) -> None:
    """Okta is connected: everybody is assigned, and groups are pushed."""
    base = f"{stage.address}/scim/v2"
    stage.calendar.set(at(23, 8, 30))
    report = play(base, token, _AT_FIRST)
    assert report.exit_status == 0, report
    played.ids.update((_short(one.user_name), one.id) for one in report.accounts)
    people = [(one, name) for name, one in played.ids.items()]
    stage.calendar.set(at(22, 10, 15))
    with Conversation.begin(base, token) as server:
        for name, step in _GROUPS.items():
            group = str(server.post("/Groups", new_group(name)).expect(201).body["id"])
            body = joined(group, name, people[step - 1 :: step])
            server.patch(f"/Groups/{group}", body).expect(200, 204)
            played.ids[name] = group


def _weeks(stage: Stage, okta: Okta, played: Played) -> None:
    """Joiners and leavers of three weeks; nobody comes on a weekend."""
    joining = iter([_person(given, family) for given, family in _JOINERS])
    here: list[Person] = []
    for number, days in enumerate(range(21, 0, -1)):
        if at(days).weekday() > 4:
            continue
        stage.calendar.set(at(days, 9 + number % 3, 5 * number % 60))
        for person in islice(joining, number % 3):
            _assign(okta, person, played)
            here.append(person)
        if number % 4 == 3:
            okta.unassign(here.pop(0))
        if number % 5 == 2:
            okta.change_role(here[-1])
    stage.calendar.set(at(1, 16, 20))
    _take_in(okta.server, played, "Engineering", here[::2])


def _refused(stage: Stage, server: Conversation) -> None:
    """What did not work in the last week."""
    stage.calendar.set(at(4, 11, 40))
    for name in ("k.nygaard", "t.hoare", "k.nygaard"):
        server.post("/Users", {"schemas": [USER], "userName": name}).expect(400)
    stage.calendar.set(at(1, 15, 10))
    stranger = _person("Joan", "Feynman", "freelance.test")
    server.post("/Users", new_user(stranger, role=False)).expect(400)


def _today(stage: Stage, okta: Okta, played: Played) -> None:
    """Somebody comes, somebody is refused, and somebody leaves."""
    stage.calendar.set(at(0, 8, 47))
    newest = _person("Ida", "Rhodes")
    _assign(okta, newest, played)
    value: dict[str, Any] = {"department": "Research", "title": "Mathematician"}
    more = {"schemas": [PATCH], "Operations": [{"op": "replace", "value": value}]}
    okta.server.patch(f"/Users/{played.ids['ida']}", more).expect(200)
    _take_in(okta.server, played, "Engineering", [newest])
    stage.calendar.set(at(0, 11, 31))
    body = {**new_user(_person("Mina", "Rees"), role=False), "role": "manager"}
    okta.server.post("/Users", body).expect(400)
    stage.calendar.set(at(0, 13, 58))
    okta.unassign(_person("Carl", "Gauß"))


def _assign(okta: Okta, person: Person, played: Played) -> None:
    okta.assign(person)
    played.ids[_short(person.user_name)] = okta.links[person.external_id].id


def _take_in(server: Conversation, played: Played, group: str, people: list[Person]) -> None:
    """Some people join a group."""
    members = [(played.ids[_short(one.user_name)], one.user_name) for one in people]
    body = joined(played.ids[group], group, members)
    server.patch(f"/Groups/{played.ids[group]}", body).expect(200, 204)


def _person(given: str, family: str, domain: str = "acme.test") -> Person:
    plain = unicodedata.normalize("NFKD", given.lower()).encode("ascii", "ignore").decode()
    known_as = "00u" + blake2b(f"{given} {family}".encode(), digest_size=9).hexdigest()[:17]
    return Person(f"{plain}@{domain}", given, family, "member", known_as)


def _short(user_name: str) -> str:
    return user_name.partition("@")[0]


async def _application(runtime: Runtime, played: Played) -> None:
    """What the application behind has: webhooks, a key, a connector."""
    acme, hooks = await runtime.store.organisation("acme"), runtime.store.webhooks
    newest = (await runtime.store.positions([acme.id]))[acme.id]
    for url, label, types in (
        ("https://billing.example.com/headcount", "billing", ("account.*",)),
        ("https://chat.example.com/events", "chat", ()),
    ):
        one = await runtime.endpoints.add("acme", Wanted(url, types, label), actor=BY_ROOT)
        played.ids["webhook"] = one.id
        for event in await runtime.store.events_after(acme.id, newest - 6, 6):
            failed = label == "chat" and event.position == newest - 2
            tried = Attempt(
                event.position,
                f"msg_{event.position:024}",
                TODAY - timedelta(minutes=newest - event.position),
                38 + event.position % 7,
                Outcome.FAILED if failed else Outcome.DELIVERED,
                503 if failed else 200,
                "the receiver answered 503" if failed else "",
                url,
                (("content-type", "application/json"), ("webhook-id", "msg")),
                written(event, "acme"),
                b"Service Unavailable" if failed else b'{"ok": true}',
            )
            late = TODAY + timedelta(minutes=5)
            waits = Waiting(event.position, event.subject, 1, late, tried.detail)
            noted = Settled(tried, waits if failed else None)
            await hooks.settle(acme.id, one.id, [noted], _arrived)
    attempts = await hooks.attempts(acme.id, played.ids["webhook"], 9)
    bad = next(one for one in attempts if one.outcome is Outcome.FAILED)
    played.ids["attempt"] = str(bad.number)
    await runtime.keys.issue(KeyWish("reporting", "acme"), actor=BY_ROOT)
    settings = {"site": "https://chat.example.com", "email": "it@acme.test", "protected": []}
    await runtime.store.connectors.add(
        Connector(acme.id, "chat", "zulip", settings, "key", TODAY - timedelta(days=3))
    )


def _arrived(one: Endpoint) -> Endpoint:
    return replace(one, arrived=TODAY - timedelta(minutes=1))


def _beside(stage: Stage, played: Played) -> None:
    """What there is beside it: other organisations, tokens, administrators, a link."""
    stage.calendar.set(at(0, 13, 59))

    async def settle(runtime: Runtime) -> str:
        organisations, visiting = runtime.organisations, runtime.visiting
        acme = await runtime.store.organisation("acme")
        for slug, name, seats in (
            ("kestrel", "Kestrel Logistics", None),
            ("bellweather", "Bellweather Health", 250),
        ):
            await organisations.create(slug, name, Policy(seats=seats), actor=BY_ROOT)
        rules = [RoleRule(played.ids["Works council"], "moderator")]
        await runtime.role_rules.set(acme, rules, actor=f"administrator:{GRACE}")
        reporting = Wish("reporting", timedelta(days=9), read_only=True)
        await organisations.issue("acme", reporting, actor=BY_ROOT)
        _, trial = await organisations.issue("acme", Wish("trial"), actor=BY_ROOT)
        await organisations.revoke("acme", trial.id, actor=BY_ROOT)
        await visiting.invite(GRACE, acme, BY_ROOT)
        await visiting.invite("edsger@example.com", None, BY_ROOT)
        await visiting.set_up_link(acme, timedelta(days=7), f"administrator:{GRACE}")
        entra = Wish("entra", timedelta(days=90))
        return (await organisations.issue("kestrel", entra, actor=BY_ROOT))[0]

    token, base = stage.do(settle), f"{stage.address}/scim/v2"
    with Conversation(base, "mistyped", headers=_ENTRA, is_trusted=False) as server:
        server.get("/Users", filter='userName eq "nobody"').expect(401)
    with Conversation.begin(base, token, _ENTRA) as server:
        for given, family in _JOINERS[:7]:
            person = _person(given, family, "kestrel.test")
            server.post("/Users", new_user(person, role=False)).expect(201)
