"""What is measured: a server with so many accounts and groups of so many members."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from headcount.bootstrap import Runtime, now, opened
from headcount.directory.access import COMMAND_LINE, Caller
from headcount.directory.tokens import Wish
from headcount.scim.messages import Position, Query
from headcount.scim.resources import Document
from headcount.settings import Settings
from headcount.store.model import Change, Joining, Kind, MemberDelta, Policy

GROUP_SIZES = (10, 1_000, 100_000)
JOINERS = 256  # accounts beyond those counted, who join and leave

_BATCH = 256

Advance = Callable[[int], None]


@dataclass(frozen=True)
class Stage:
    """A filled database, and how to reach what is in it."""

    accounts: int
    token: str
    ids: list[str]
    joiners: list[str]
    groups: dict[int, str]  # by size
    cursors: dict[str, str]  # of the first page of a walk, and of the last, by what to call them


def user_name(number: int) -> str:
    """The userName of an account."""
    return f"person{number:06}@acme.test"


def account(number: int) -> Document:
    """An account as an identity provider sends it, about 600 bytes when stored."""
    given, family = f"Given{number % 977}", f"Family{number % 1999}"
    return {
        "userName": user_name(number),
        "externalId": f"00u{number:017}",
        "name": {"givenName": given, "familyName": family, "formatted": f"{given} {family}"},
        "emails": [{"value": user_name(number), "type": "work", "primary": True}],
        "title": f"Engineer {number % 13}",
        "locale": "en-US",
        "active": True,
    }


async def fill(database: Path, accounts: int, advance: Advance) -> Stage:
    """Fill an empty database through the operations that requests use."""
    async with opened(Settings(database=f"sqlite:///{database}")) as runtime:
        acme = await runtime.organisations.create("acme", "Acme", Policy())
        token, _ = await runtime.organisations.issue("acme", Wish("bench"))
        caller = Caller(acme, COMMAND_LINE)
        ids = await _create_accounts(runtime, caller, accounts + JOINERS, advance)
        groups = {
            size: await _create_group(runtime, caller, ids[:size])
            for size in GROUP_SIZES
            if size <= accounts
        }
        cursors = await _cursors(runtime, caller, ids)
    return Stage(accounts, token, ids[:accounts], ids[accounts:], groups, cursors)


async def _cursors(runtime: Runtime, caller: Caller, ids: list[str]) -> dict[str, str]:
    walker = runtime.directory.walker
    scope = {Kind.USER: Query(cursor="")}
    last = await walker.cursor_behind(caller, scope, Position(ids[-101]))
    return {"first cursor page": "", "last cursor page": last}


async def _create_accounts(
    runtime: Runtime, caller: Caller, count: int, advance: Advance
) -> list[str]:
    ids: list[str] = []
    for first in range(0, count, _BATCH):
        numbers = range(first, min(first + _BATCH, count))
        made = await asyncio.gather(
            *(runtime.directory.create(caller, Kind.USER, account(number)) for number in numbers)
        )
        ids += [outcome.stored.id for outcome in made]
        advance(len(made))
    return ids


async def _create_group(runtime: Runtime, caller: Caller, members: list[str]) -> str:
    sent: Document = {"displayName": f"Group of {len(members)}"}
    made = await runtime.directory.create(caller, Kind.GROUP, sent)
    await runtime.store.commit(
        Change(
            org=caller.organisation.id,
            kind=Kind.GROUP,
            id=made.stored.id,
            actor=COMMAND_LINE,
            at=now(),
            members=MemberDelta(joined=tuple(Joining(member) for member in members)),
        )
    )
    return made.stored.id


@contextmanager
def serving(database: Path) -> Iterator[int]:
    """Headcount on a free port."""
    command = [sys.executable, "-m", "headcount", "serve", "--port", "0"]
    with _running(command, HEADCOUNT_DATABASE=f"sqlite:///{database}") as port:
        yield port


@contextmanager
def serving_empty() -> Iterator[int]:
    """The yardstick on a free port, on the same server with the same settings."""
    with _running([sys.executable, "-m", "bench.server"]) as port:
        yield port


@contextmanager
def _running(command: list[str], **environment: str) -> Iterator[int]:
    server = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        address = next(w for w in server.stdout.readline().split() if w.startswith("http://"))
        yield int(address.split(":")[2].split("/")[0])
    finally:
        server.terminate()
        server.wait(20)
