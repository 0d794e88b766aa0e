"""The pages of the console as operations: each that can be opened, by somebody who is signed in."""

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlencode

from bench.load import Requests
from bench.operations import Operation
from bench.people import department_name, group_name, user_name
from bench.proving import WrongError
from bench.stage import JOINERS, Past, Stage
from bench.wire import Asked, connect, submission, visit

CONSOLE = "console: "
"""How the names of all of them begin."""

LIMIT = 100.0  # milliseconds within which each of them has to be answered

_COOKIE = re.compile(rb"set-cookie: *(headcount=[^;]+)", re.IGNORECASE)
_ORG = "/o/acme"
_PAGE = 50  # accounts, groups or entries of a page
_MEMBERS = 100  # of a page of a group


async def sign_in(port: int, secret: str) -> str:
    """The cookie of somebody who came in by a link.

    Raises:
        WrongError: the link let nobody in.
    """
    talk = await connect(port)
    try:
        door = await talk.ask(visit(f"/console/enter/{secret}"))
        entered = await talk.ask(submission("/console/enter", {"secret": secret}))
    finally:
        await talk.close()
    cookie = _COOKIE.search(entered)
    if b"Sign in</button>" not in door or cookie is None:
        raise WrongError("the link into the console let nobody in")
    return cookie[1].decode()


class Page(NamedTuple):
    """A page, and what stands in it."""

    name: str
    path: str
    first: str
    last: str = "</html>"


def console(stage: Stage, past: Past, cookie: str) -> list[Operation]:
    """Every page, as somebody sees it to whom everything is open."""
    pages = itertools.chain(
        _of_the_server(past),
        _accounts(stage),
        _searches(stage),
        _account(stage, past),
        _groups(stage),
        _activity(stage, past),
        _of_the_organisation(),
        _webhooks(past),
    )
    return [
        Operation(CONSOLE + one.name, _again(one, cookie), alone=True, is_page=True)
        for one in pages
    ]


def _again(page: Page, cookie: str) -> Requests:
    """The same page again and again."""
    raw = visit(f"/console{page.path}", cookie)
    asked = Asked(raw, first=page.first.encode(), last=page.last.encode())

    def requests(_: int, __: int) -> Iterator[Asked]:
        return itertools.repeat(asked)

    return requests


def _of_the_server(past: Past) -> Iterator[Page]:
    yield Page("organisations", "/organisations", "<h1>Organisations</h1>", "Acme")
    yield Page("new organisation", "/organisations/new", "<h1>New organisation</h1>", "Create")
    yield Page("administrators", "/administrators", "admin29@acme.test", "Signed in now")
    yield Page("audit trail", "/audit", "<h1>Audit trail</h1>", "organisation changed")
    older = f"?before={past.entry - _PAGE}"
    yield Page("audit trail, far back", f"/audit?before={past.entry}", "Acme 4", older)
    yield Page("nobody's requests", "/unclaimed", "<h1>Nobody", "Okta")
    lost = f"/unclaimed/{past.unclaimed}"
    yield Page("a request that is nobody's", lost, "Why it failed", "Headers")


def _of_the_organisation() -> Iterator[Page]:
    yield Page("overview", f"{_ORG}/", "<h1>Acme</h1>", "refused")
    yield Page("connect", f"{_ORG}/connect", "<h1>Connect an identity provider</h1>", "Okta")
    connect = f"{_ORG}/connect?provider=okta"
    yield Page("connect, the steps of Okta", connect, "<h1>Connect Okta</h1>", "userName")
    yield Page("tokens", f"{_ORG}/tokens", "<h1>Tokens</h1>", "token 11")
    yield Page("settings", f"{_ORG}/settings", "admin29@acme.test", "organisation changed")
    yield Page("API keys", f"{_ORG}/keys", "<h1>API keys</h1>", "billing")
    yield Page("connectors", f"{_ORG}/connectors", "<h1>Connectors</h1>", "chat")
    yield Page("a connector", f"{_ORG}/connectors/chat", "chat", "Plan")


def _webhooks(past: Past) -> Iterator[Page]:
    hooks = f"{_ORG}/webhooks"
    yield Page("webhooks", hooks, "<h1>Webhooks</h1>", "hooks.example.test")
    yield Page("a webhook", f"{hooks}/{past.webhook}", "Latest tries", "It said 500.")
    place = f"{hooks}/{past.webhook}/attempts/{past.attempt}"
    yield Page("a try of a webhook", place, "Why it failed", "msg_1")


def _found(name: str, *words: str, **asked: str) -> Page:
    """A page of accounts."""
    query = f"?{urlencode(asked)}" if asked else ""
    return Page(f"accounts{name}", f"{_ORG}/accounts{query}", *words)


def _accounts(stage: Stage) -> Iterator[Page]:
    """All accounts, in each order, and far behind the beginning."""
    count, end = stage.accounts, stage.accounts + JOINERS
    far = stage.ids[-_PAGE - 1]
    yield _found("", user_name(0), user_name(_PAGE - 1))
    yield _found(", Z to A", user_name(end - 1), user_name(end - _PAGE), order="name-down")
    yield _found(", newest first", user_name(end - 1), user_name(end - _PAGE), order="new")
    yield _found(", oldest first", user_name(0), user_name(_PAGE - 1), order="old")
    yield _found(", far back", user_name(count - _PAGE), user_name(count - 1), after=far)
    yield _found(
        ", newest first, far back",
        user_name(_PAGE - 1),
        user_name(0),
        order="new",
        after=stage.ids[_PAGE],
    )
    yield _found(
        ", turned back to",
        user_name(count - 2 * _PAGE - 1),
        user_name(count - _PAGE - 2),
        before=far,
    )


def _searches(stage: Stage) -> Iterator[Page]:
    """Some of the accounts: by what they are called, and by what they are."""
    middle = stage.accounts // 2
    group, largest = group_name(10), group_name(max(stage.groups))
    everybody, somebody = user_name(0)[:6], user_name(middle)
    yield _found(", searched by a user name", somebody, "1 found", q=somebody)
    yield _found(", searched by an external id", somebody, "1 found", q=f"00u{middle:017}")
    yield _found(", searched by a family name", "Family".lower(), "50 on this page", q="family1")
    yield _found(", searched by what all begin with", user_name(0), user_name(24), q=everybody)
    yield _found(", searched in vain", "Nobody fits", q="zzz")
    yield _found(", active", "@acme.test", "50 on this page", state="active")
    yield _found(", deactivated", "Deactivated", state="inactive")
    yield _found(", administrators", "Administrator", role="administrator")
    yield _found(", owners", "Nobody fits", role="owner")
    yield _found(", members", user_name(1), role="member")
    both = {"role": "administrator", "state": "inactive"}
    yield _found(", deactivated administrators", "Accounts", **both)
    yield _found(", of a provider", "Written by", provider="token 0")
    yield _found(", in a group of 10", user_name(0), user_name(9), group=group)
    yield _found(", in the largest group", user_name(0), user_name(_PAGE - 1), group=largest)
    yield _found(", searched among the deactivated", "Accounts", q=everybody, state="inactive")
    yield _found(", searched among owners", "Accounts", q=everybody, role="owner")
    yield _found(", searched in a group of 10", user_name(0), q=everybody, group=group)


def _account(stage: Stage, past: Past) -> Iterator[Page]:
    place, name = f"{_ORG}/accounts/{stage.ids[past.account]}", user_name(past.account)
    yield Page("an account that was changed 1,000 times", place, name, "Older changes")
    older = f"{place}?before={past.change}"
    yield Page("an account, changes far back", older, name, "Older changes")
    yield Page("an account that was never changed", f"{_ORG}/accounts/{stage.ids[3]}", user_name(3))


def _groups(stage: Stage) -> Iterator[Page]:
    groups = f"{_ORG}/groups"
    few, most = min(stage.groups), max(stage.groups)
    yield Page("roles by group", f"{_ORG}/roles", "<h1>Roles by group</h1>", "Team 09")
    yield Page("groups", groups, "<h1>Groups</h1>", department_name(0))
    yield Page("groups, newest first", f"{groups}?order=new", "Team 59", "Team 10")
    search = f"{groups}?{urlencode({'q': group_name(few)})}"
    yield Page("groups, searched", search, group_name(few))
    yield Page("groups, far back", f"{groups}?after={stage.departments[-1]}", group_name(few))
    yield Page(
        f"a group of {few}", f"{groups}/{stage.groups[few]}", user_name(0), user_name(few - 1)
    )
    place = f"{groups}/{stage.groups[most]}"
    late = f"{place}?after={stage.ids[max(0, most - _MEMBERS - 1)]}"
    yield Page("the largest group", place, f">{most:,}<", user_name(_MEMBERS - 1))
    yield Page("the largest group, its last members", late, f">{most:,}<", user_name(most - 1))


def _activity(stage: Stage, past: Past) -> Iterator[Page]:
    place, person = f"{_ORG}/activity", user_name(past.account)
    far = f"{place}?before={past.exchange}"
    yield Page("activity", place, "<h1>Activity</h1>", "Older")
    yield Page("activity, failures", f"{place}?failures=yes", 'class="cause"', "Older")
    yield Page("activity, of one person", f"{place}?person={person}", person)
    yield Page("activity, of nobody", f"{place}?person=nobody", "No request fits")
    yield Page("activity, one method", f"{place}?method=PATCH", "PATCH", "Older")
    yield Page("activity, a method that none had", f"{place}?method=PUT", "No request fits")
    yield Page("activity, one status", f"{place}?status=409", "<h1>Activity</h1>", "409")
    about = f"{place}?resource={stage.ids[past.account]}"
    yield Page("activity, about one account", about, person)
    yield Page("activity, far back", far, "<h1>Activity</h1>", "Older")
    yield Page("a request", f"{place}/{past.exchange}", person, "Headers")
