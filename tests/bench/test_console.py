"""The pages of the console are measured: each of them, by somebody who came in."""

import asyncio
from pathlib import Path

import pytest
from bench.console import console, sign_in
from bench.ours import MANNERS, OurFiller
from bench.proving import WrongError
from bench.stage import Past, Server, Stage
from starlette.routing import compile_path

from headcount.console.pages import PAGES
from headcount.console.services import PREFIX
from tests.bench.answering import answering, ok

DOOR = ok(b"<button>Sign in</button>")


def paths() -> list[str]:
    """The address of each page that is measured."""
    filler = OurFiller.__new__(OurFiller)  # nobody is filled here
    server = Server("ours", 0, "", MANNERS, filler, (), Path())
    ids = [f"u{number}" for number in range(200)]
    stage = Stage(server, 200, ids, departments=["d0"], groups={10: "g10", 100: "g100"})
    operations = console(
        stage, Past(account=101, change=9, exchange=7, unclaimed=8, entry=60), "headcount=7"
    )
    asked = [next(one.requests(0, 1)).raw for one in operations]
    assert all(b"\r\nCookie: headcount=7\r\n" in one for one in asked)
    return [one.split(b" ")[1].decode().partition("?")[0] for one in asked]


@pytest.mark.parametrize(
    "path",
    [
        page.path
        for page in PAGES
        if page.method == "GET" and not page.path.endswith(("/live", ".csv"))  # which go on
    ],
)
def test_every_page_of_the_console_is_measured(path: str) -> None:
    pattern, _, _ = compile_path(PREFIX + path)
    assert [one for one in paths() if pattern.match(one)]


@pytest.mark.parametrize(
    ("door", "entered"),
    [
        pytest.param(DOOR, ok(b"no"), id="no cookie"),
        pytest.param(ok(b"no"), ok(b"no"), id="no door"),
    ],
)
def test_a_link_that_lets_nobody_in_ends_the_run(door: bytes, entered: bytes) -> None:
    with pytest.raises(WrongError, match="let nobody in"):
        came_in(door, entered)


def test_whoever_comes_in_has_a_cookie() -> None:
    cookie = b"Set-Cookie: headcount=secret; HttpOnly\r\n"
    entered = ok(b"").replace(b"\r\nContent", b"\r\n" + cookie + b"Content")
    assert came_in(DOOR, entered) == "headcount=secret"


def came_in(door: bytes, entered: bytes) -> str:
    """The cookie of somebody to whom a server answered so."""

    async def run() -> str:
        async with answering(lambda given: entered if given else door) as port:
            return await sign_in(port, "a-secret")

    return asyncio.run(run())
