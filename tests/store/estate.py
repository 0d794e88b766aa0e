"""An installation with something of everything in it, and all rows of a database to look at."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import apsw
import asyncpg

from headcount.bootstrap import Runtime, open_store, runtime
from headcount.directory.access import COMMAND_LINE, Caller
from headcount.directory.tokens import Wish
from headcount.scim.custom import CustomAttribute
from headcount.scim.resources import read_resource
from headcount.scim.schemas import GROUP_TYPE, USER_URN
from headcount.settings import Settings, is_postgres, sqlite_path
from headcount.store.activity import Done, Exchange
from headcount.store.model import (
    Joining,
    Kind,
    MemberDelta,
    Organisation,
    Policy,
    RoleRule,
    UsernameFormat,
)
from headcount.store.promise import Store
from headcount.store.visitors import Administrator, Audited, Link, Reach, Session
from tests.databases import copy_of, fresh
from tests.store.outfit import ODD, fit_out, keys_of_all
from tests.store.test_contract import a_group, an_account, deleted, joining, moved

T = TypeVar("T")

MANY = 1_150  # accounts, so that everything comes in several chunks

NAMES = (
    "ada",
    "Straße İ ǆ",
    "😀 family 👩‍👩‍👧‍👦",
    "e\u0301 and \u0301 alone",
    "tab\t line\n bell\x07 escape\x1b end\x7f \x85 \u2028",
    "it's \"quoted\" \\ 100% $1 ? {} ');--",
    "\ufeff\u200f\U0010ffff",
    "x" * 399 + "ß",
    "y" * 10_000,
    "y" * 9_999 + "z",
)
NUMBERS = (0, -1, 2**63 - 1, -(2**63) + 1, 2**53 + 1)
DECIMALS = (0.1, -0.0, 1.0, 1e16, 1e22, 1e300, 5e-324, 1.7976931348623157e308, 3)
_WHEN = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)


def do(database: str, work: Callable[[Runtime], Awaitable[T]]) -> T:
    """Run one operation on a database."""

    async def once() -> T:
        store = open_store(Settings(database=database))
        try:
            return await work(runtime(store))
        finally:
            await store.close()

    return asyncio.run(once())


def build(database: str) -> str:
    """Fill an empty database, and hand it back."""

    async def fill(runtime: Runtime) -> None:
        await _hostile(runtime)
        await _large(runtime)
        await runtime.organisations.create("empty", "Nobody there yet", Policy())
        await runtime.store.secret("cursor", b"\0\xff a seal of thirty-two bytes ...")
        await _visitors(runtime.store)
        await keys_of_all(runtime.store)

    do(database, fill)
    return database


async def _hostile(runtime: Runtime) -> None:
    store = runtime.store
    org = await runtime.organisations.create("hostile", "L'Été \"& 😀 \x07", Policy())
    for name, type_ in (("level", "integer"), ("weight", "decimal"), ("since", "dateTime")):
        await runtime.organisations.declare(org.slug, CustomAttribute(name, USER_URN, type=type_))
    own = CustomAttribute("site", "urn:example:a:2.0:User", canonical=("Oslo", "Lima"))
    org = await runtime.organisations.declare(org.slug, own)
    people = [await _person(runtime, org, number) for number in range(len(NAMES))]
    for _ in range(3):
        gone = await store.commit(an_account(org, f"gone {_}"))
        await store.commit(deleted(gone, org))
    await _groups(runtime, org, people)
    await _tokens(runtime, org)
    await fit_out(store, org.slug, people, odd=ODD)
    policy = Policy(UsernameFormat.EMAIL, ("acme.test", "b.test"), seats=50)
    await runtime.organisations.update(org.slug, None, policy)
    await runtime.organisations.set_disabled(org.slug, disabled=True)


async def _person(runtime: Runtime, org: Organisation, number: int) -> str:
    caller = Caller(org, COMMAND_LINE)
    name = NAMES[number]
    body = {
        "userName": name,
        "displayName": name[::-1].strip() or "x",
        "externalId": f"{name[:300]}|" * (number + 1),
        "active": number % 3 != 1,
        "role": "owner" if number % 2 else "member",
        "emails": [{"value": f"{number}+{name[:40]}@acme.test", "primary": True}, {"type": "x"}],
        "level": NUMBERS[number % len(NUMBERS)],
        "weight": DECIMALS[number % len(DECIMALS)],
        "since": "2026-01-01T01:00:00.1234567+01:00",
        "urn:example:a:2.0:User": {"site": "Oslo"},
    }
    sent = read_resource(body, caller.types[Kind.USER])
    outcome = await runtime.directory.create(caller, Kind.USER, sent)
    if number % 4 == 0:
        changed = read_resource({**body, "title": name}, caller.types[Kind.USER])
        await runtime.directory.replace(caller, Kind.USER, outcome.stored.id, changed)
    return outcome.stored.id


async def _groups(runtime: Runtime, org: Organisation, people: list[str]) -> None:
    caller = Caller(org, COMMAND_LINE)
    inner: list[str] = []
    for name in NAMES:
        body = {"displayName": name, "externalId": name}
        sent = read_resource(body, GROUP_TYPE)
        made = await runtime.directory.create(caller, Kind.GROUP, sent)
        shown = MemberDelta(joined=tuple(Joining(one, name) for one in [*people, *inner[-1:]]))
        await runtime.store.commit(moved(made, org, shown))
        inner.append(made.stored.id)
    few = await runtime.store.commit(a_group(org, "few", *people[:2]))
    rules = [RoleRule(few.stored.id, "guest"), RoleRule(few.stored.id + "?", "owner")]
    await runtime.store.set_role_rules(org.id, lambda _: rules, "2026-01-02T03:04:05.000Z", "cli")
    gone = await runtime.store.commit(a_group(org, "gone", *people, *inner))
    await runtime.store.commit(deleted(gone, org))


async def _tokens(runtime: Runtime, org: Organisation) -> None:
    wishes = (
        Wish("plain"),
        Wish("😀 'quoted' \x07", timedelta(days=3)),
        Wish("reads", timedelta(microseconds=1), read_only=True),
        Wish("strict", strict=True),
    )
    issued = [await runtime.organisations.issue(org.slug, wish) for wish in wishes]
    runtime.store.touch_token(issued[0][1].id, _WHEN)
    await runtime.organisations.revoke(org.slug, issued[1][1].id)


async def _visitors(store: Store) -> None:
    """Administrators and what they did, and beside it what stays behind when all is copied."""
    org = (await store.organisation("hostile")).id
    people = [
        Administrator(f"a{number}", f"{name[:60]}@Straße.test", [None, org][number % 2], _WHEN)
        for number, name in enumerate(NAMES[:6])
    ]
    for one in people:
        await store.add_administrator(one)
    when, end = _WHEN, _WHEN + timedelta(hours=1)
    await store.add_link(Link("l1", b"link", Reach.SET_UP, org, None, when, end))
    session = Session("s1", b"s", Reach.SERVER, None, people[0].id, None, when, when, end)
    await store.add_session(session)
    await asyncio.gather(
        *(
            store.audit(
                Audited(
                    _WHEN, "cli", "some.thing", [None, org][number % 2], {"é\0😀": [number, None]}
                )
            )
            for number in range(MANY)
        )
    )
    exchange = Exchange(org=org, at="", duration=1, method="GET", path="/", status=200)
    await store.add_exchanges([exchange], {(org, "2026-01-02", Done.READ): 1})


async def _large(runtime: Runtime) -> None:
    org = await runtime.organisations.create("large", "Large", Policy())
    await runtime.organisations.issue(org.slug, Wish("large"))
    made = await asyncio.gather(
        *(runtime.store.commit(an_account(org, f"person {number}")) for number in range(MANY))
    )
    group = await runtime.store.commit(a_group(org, "everybody"))
    everybody = joining(*(one.stored.id for one in made))
    await runtime.store.commit(moved(group, org, everybody))
    await fit_out(runtime.store, org.slug, [one.stored.id for one in made])


def another(database: str, store: str, folder: Path) -> str:
    """A new database with the same in it, made by the means of its store."""
    if is_postgres(database):
        return copy_of(database.partition("?")[0].rpartition("/")[2])
    new = fresh(store, folder)
    connection = apsw.Connection(str(sqlite_path(database)))
    connection.execute("VACUUM INTO ?", (str(sqlite_path(new)),))
    connection.close()
    return new


Rows = dict[str, list[tuple[Any, ...]]]

TABLES = {
    "organisation": """id, slug, name, username_format, allowed_domains, seats, created, disabled,
        attributes""",
    "counters": "org, users, active, owners, groups, nested, users_gone, groups_gone, position",
    "token": """id, org, label, digest, created, expires, last_used, revoked, read_only, strict,
        hint""",
    "secret": "name, value",
    "administrator": "id, email, email_key, org, created, last_seen",
    "audit": "number, at, actor, action, org, data",
    "resource": """org, kind, id, version, created, modified, name, external_id, active, role,
        member_count, keys, document""",
    "member": "org, grp, member, kind, display",
    "event": "org, position, type, at, actor, subject, data",
    "follower": "org, name, position, failures, detail, due",
    "webhook_endpoint": """org, id, url, secret, created, label, types, previous, previous_until,
        off_since, off_reason, failing_since, arrived, paused_until""",
    "webhook_waiting": "org, endpoint, position, subject, tries, due, detail",
    "api_key": "org, id, label, digest, scopes, created, expires, last_used, revoked, hint",
    "account_link": "org, account, application_id, created",
    "connector": "org, name, kind, settings, secret, created, enabled, last_run",
    "connector_link": "org, name, resource, target, address, grp",
}


def rows_of(database: str) -> Rows:
    """Every row of every table, read by nothing that copies."""
    read = _rows_on_a_server if is_postgres(database) else _rows_of_a_file
    found = read(database)
    found["resource"] = [(*row[:11], _keys(row[11]), row[12]) for row in found["resource"]]
    return {table: sorted(map(tuple, rows), key=repr) for table, rows in found.items()}


def _keys(text: str) -> Any:
    """The keys, with numbers as large as a double is spelt."""
    return json.loads(text, parse_int=lambda digits: (int if len(digits) < 21 else float)(digits))


def _rows_of_a_file(database: str) -> Rows:
    connection = apsw.Connection(str(sqlite_path(database)))
    tables = TABLES | {"counters": TABLES["counters"].replace("org", "id")}
    try:
        return {
            table: connection.execute(
                f"SELECT {columns} FROM {'organisation' if table == 'counters' else table}"
            ).fetchall()
            for table, columns in tables.items()
        }
    finally:
        connection.close()


def _rows_on_a_server(database: str) -> Rows:
    long = {"name": "coalesce(long_name, name)", "keys": "keys::TEXT"}
    long["external_id"] = "coalesce(long_external_id, external_id)"
    columns = [name.strip() for name in TABLES["resource"].split(",")]
    tables = TABLES | {"resource": ", ".join(long.get(name, name) for name in columns)}

    async def read() -> Rows:
        connection = await asyncpg.connect(database)
        try:
            return {
                table: await connection.fetch(
                    f"SELECT {columns} FROM {'tally' if table == 'counters' else table}"
                )
                for table, columns in tables.items()
            }
        finally:
            await connection.close()

    return asyncio.run(read())
