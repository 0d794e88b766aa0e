"""What tests of a running server share: one server a store, one organisation a test."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import settings

from headcount.store.model import Policy
from tests.databases import STORES, fresh
from tests.saying import SAID, say
from tests.serving import Office, Site, serving, settle

settings.register_profile("any", deadline=None)
settings.load_profile("any")
"""No test is a matter of time: a busy machine is not a slow program."""

settings.register_profile("deep", max_examples=10_000, deadline=None)
"""`make test-deep`: as many examples as somebody has the patience for."""


@pytest.fixture(scope="session", params=STORES)
def store_name(request: pytest.FixtureRequest) -> str:
    """What the store is called; a test that takes this, or what follows, runs once for each."""
    return str(request.param)


@pytest.fixture(scope="session")
def another_database(
    store_name: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    """A new, empty database whenever it is called."""
    return lambda: fresh(store_name, tmp_path_factory.mktemp("database"))


@pytest.fixture(scope="session")
def database(another_database: Callable[[], str]) -> str:
    return another_database()


@pytest.fixture(scope="session")
def server(database: str) -> Iterator[str]:
    # Who wants webhooks or connectors starts what sends them, and knows when it does.
    with serving(database, HEADCOUNT_WORKER="off") as base_url:
        yield base_url


@pytest.fixture(scope="session")
def office(server: str, database: str) -> Iterator[Office]:
    office = Office(database)
    yield office
    office.close()


@pytest.fixture
def settled(server: str, office: Office) -> Callable[[Policy], Site]:
    return partial(settle, server, office)


@pytest.fixture
def site(settled: Callable[[Policy], Site]) -> Site:
    return settled(Policy())


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what is to be told to the process that tells it, where there are several."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["said"] = SAID


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what another process has to tell; one that broke down has nothing."""
    for sentence in getattr(node, "workeroutput", {}).get("said", ()):
        say(sentence)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what was seen, and what could not be tried here."""
    for sentence in SAID:
        terminalreporter.write_line(sentence)
