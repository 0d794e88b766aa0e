"""What an application asks for itself, from wherever it asks."""

import asyncio
import subprocess
import sys

import pytest

from headcount import Headcount
from headcount.errors import InvalidFilter, InvalidValue, NotFound
from tests.embedding.serving import Client, served


def test_accounts_are_read_page_by_page(place: str, token: str) -> None:
    hc = Headcount(place)
    with served(hc.in_front_of(hc.asgi)) as address:
        client = Client(f"{address}/scim/v2", token)
        ids = client.create_many(*(f"user{number}@acme.test" for number in range(203)))
        client.group("Pioneers", ids[0])
        client.patch(f"/Users/{ids[1]}", {"active": True})
        found = hc.wait(hc.accounts("acme"))
        assert [one["id"] for one in found] == sorted(ids)
        first = next(one for one in found if one["id"] == ids[0])
        assert [group["display"] for group in first["groups"]] == ["Pioneers"]
        asked = hc.wait(hc.accounts("acme", 'userName eq "user7@acme.test"'))
        assert [one["id"] for one in asked] == [ids[7]]
    assert len(hc.wait(hc.accounts("acme", "active eq true"))) >= 1


def test_what_is_not_there_is_told(place: str, token: str) -> None:
    hc = Headcount(place)
    with pytest.raises(NotFound):
        hc.wait(hc.accounts("nobody"))
    with pytest.raises(NotFound):
        hc.wait(hc.issue_token("nobody", label="x"))
    with pytest.raises(InvalidFilter):
        hc.wait(hc.accounts("acme", "userName eq"))
    with pytest.raises(InvalidValue, match="lower-case letters"):
        hc.wait(hc.create_organisation("Acme Inc", "Acme"))


def test_settings_that_do_not_work_are_told_at_once() -> None:
    with pytest.raises(InvalidValue, match="none that works here"):
        Headcount("mysql://db")
    with pytest.raises(InvalidValue, match="must be an address"):
        Headcount("sqlite:///never.db", public_url="app.example.com")


def test_who_waits_where_an_event_loop_runs_is_told_to_await() -> None:
    hc = Headcount("sqlite:///never.db")

    async def within() -> None:
        hc.wait(hc.accounts("acme"))

    with pytest.raises(RuntimeError, match="use await"):
        asyncio.run(within())


def test_the_command_line_does_not_load_what_applications_embed() -> None:
    code = "import sys, headcount.cli; sys.exit('headcount.embedding' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    code = "import sys, headcount; sys.exit(len([m for m in sys.modules if 'headcount' in m]) > 1)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_headcount_does_not_have_is_told() -> None:
    code = "from headcount import Heads"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "cannot import name 'Heads'" in done.stderr
