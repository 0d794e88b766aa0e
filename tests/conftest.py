"""What tests of a running server share: one server a run, one organisation a test."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings

from headcount.store.model import Policy
from tests.serving import Office, Site, serving, settle

settings.register_profile("deep", max_examples=10_000, deadline=None)
"""`make test-deep`: as many examples as somebody has the patience for."""


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "headcount.db"


@pytest.fixture(scope="session")
def server(database: Path) -> Iterator[str]:
    with serving(database) as base_url:
        yield base_url


@pytest.fixture(scope="session")
def office(server: str, database: Path) -> Iterator[Office]:
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
