"""`headcount roles`: what it prints, writes and refuses."""

import pytest

from headcount.bootstrap import Runtime
from headcount.directory.access import COMMAND_LINE, Caller
from headcount.scim.resources import read_resource
from headcount.scim.schemas import GROUP_TYPE, USER_TYPE
from headcount.store.model import Kind
from tests.cli.test_commands import Terminal, acme, terminal
from tests.store.estate import do

__all__ = ["acme", "terminal"]


async def settle_in(runtime: Runtime) -> str:
    """An owner, somebody in a group, and the group; its id."""
    caller = Caller(await runtime.store.organisation("acme"), COMMAND_LINE)
    made = [
        await runtime.directory.create(caller, Kind.USER, read_resource(body, USER_TYPE))
        for body in (
            {"userName": "ada@acme.test", "role": "owner"},
            {"userName": "grace@acme.test"},
        )
    ]
    body = {"displayName": "Chat = admins", "members": [{"value": made[1].stored.id}]}
    sent = read_resource(body, GROUP_TYPE)
    return (await runtime.directory.create(caller, Kind.GROUP, sent)).stored.id


def test_groups_give_roles(acme: Terminal) -> None:
    assert "no rules" in acme.type("roles", "show", "acme")
    group = do(acme.database, settle_in)
    dry = acme.type("roles", "set", "acme", "--rule", "chat = ADMINS=administrator", "--dry-run")
    assert "grace@acme.test" in dry
    assert "Nothing was changed" in dry
    assert acme.json("roles", "show", "acme") == []
    rule = ["--rule", "Chat = admins=administrator"]
    done = acme.json("roles", "set", "acme", *rule)
    rules = [{"group": group, "name": "Chat = admins", "role": "administrator"}]
    moves = [{"before": "member", "after": "administrator", "accounts": 1}]
    assert done == {"rules": rules, "moves": moves}
    assert acme.json("roles", "show", "acme") == rules
    assert "Chat = admins" in acme.type("roles", "show", "acme")
    assert "Nobody's role changes" in acme.type("roles", "set", "acme", *rule)
    assert "grace@acme.test" in acme.type("roles", "set", "acme", "--none")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["set", "acme"], "--none"),
        (["set", "acme", "--none", "--rule", "x=owner"], "--none"),
        (["set", "acme", "--rule", "owner"], "such as"),
        (["set", "acme", "--rule", "Nobody=owner"], "no group"),
        (["show", "nobody"], "org list"),
    ],
)
def test_rules_that_are_none_are_refused(acme: Terminal, words: list[str], why: str) -> None:
    assert why in acme.fail("roles", *words)
