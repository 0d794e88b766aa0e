"""The page about embedding is written in Python that runs."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp

from headcount import Event, Headcount
from tests.docs.pages import EMBEDDING, PAGES
from tests.embedding.serving import Client, served
from tests.waiting import until

BLOCKS = [block.text for block in EMBEDDING.blocks("python")]


def test_python_stands_only_where_it_is_run() -> None:
    assert [page for page in PAGES if page.blocks("python")] == [EMBEDDING]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the blocks define, one after the other, but for the tests of an application."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "app"}
    for block in BLOCKS:
        if "def test_" not in block:
            exec(compile(block, str(EMBEDDING), "exec", dont_inherit=True), names)
    return names


def test_the_application_of_the_page_follows_its_provider(module: dict[str, Any]) -> None:
    hc: Headcount = module["hc"]
    app: ASGIApp = module["app"]
    token = asyncio.run(module["welcome"]("acme", "Acme"))
    with served(app) as address:
        client = Client(f"{address}/scim/v2", token)
        ada = client.create("ada@acme.test")
        client.patch(f"/Users/{ada}", {"active": True})
        hc.wait(hc.caught_up())
        assert module["users"] == {ada: "ada@acme.test"}
        assert asyncio.run(module["active"]("acme")) == ["ada@acme.test"]
    with module["closing"](module["sqlite3"].connect("app.db")) as db:
        rows = db.execute("SELECT id, email, active FROM people").fetchall()
        assert rows == [(ada, "ada@acme.test", 1)]


def test_the_tenants_of_the_page_come_in_by_their_keys(module: dict[str, Any]) -> None:
    with served(module["app"]) as address:
        client = Client(f"{address}/tenants/acme/scim/v2", "of-acme")
        assert client.send("GET", "/Users").json()["totalResults"] == 0
        other = Client(f"{address}/tenants/rival/scim/v2", "of-acme")
        assert other.send("GET", "/Users").status == 401
        module["tenants"].wait(_closed(module["tenants"]))


async def _closed(hc: Headcount) -> None:
    await hc._do(lambda _: hc.close())


def test_the_lifespan_of_the_page_starts_and_ends(module: dict[str, Any]) -> None:
    async def live() -> None:
        async with module["lifespan"](module["app"]):
            await module["hc"].caught_up()

    asyncio.run(live())


def test_the_test_of_the_page_passes(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(BLOCKS[0], encoding="utf-8")
    (test,) = [block for block in BLOCKS if "def test_" in block]
    (tmp_path / "test_app.py").write_text(test, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_app.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_attributes_of_an_event_are_those_of_the_table() -> None:
    told = [row[0].strip("`") for row in EMBEDDING.rows("Attribute")]
    shown = {
        *Event.__dataclass_fields__,
        *(n for n, one in vars(Event).items() if isinstance(one, property)),
    }
    assert set(told) | {"resource"} == shown


def test_waiting_tells_that_it_was_in_vain() -> None:
    with pytest.raises(AssertionError, match="not so within"):
        until(lambda: False, 0)
