"""A store of each kind, empty, with two organisations for whoever takes them."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headcount.bootstrap import open_store
from headcount.settings import Settings
from headcount.store.model import Organisation, Policy
from headcount.store.promise import Store
from tests.databases import FORMS, POSTGRES, SQLITE, address_of, emptied, fresh
from tests.pooling import behind, pooler, pooling

FOUNDED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_POOLED = "pooled"


@pytest.fixture(params=[*FORMS, _POOLED])
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, databases: dict[str, str]
) -> AsyncIterator[Store]:
    form = request.param
    if form == SQLITE:
        settings = Settings(database=fresh(SQLITE, tmp_path))
    else:
        name = POSTGRES if form == _POOLED else form
        known = databases.get(name)
        database = databases[name] = emptied(known) if known else fresh(name, tmp_path)
        settings = Settings(database=database)
        if form == _POOLED:
            through = behind(request.getfixturevalue("pooler_port"), database)
            settings = Settings(database=through, postgres_prepared=False)
    store = open_store(settings)
    yield store
    await store.close()


@pytest.fixture(scope="module")
def databases() -> dict[str, str]:
    """The database of each form; each test finds it empty."""
    return {}


@pytest.fixture(scope="module")
def pooler_port() -> Iterator[int]:
    if pooler() is None:
        pytest.skip("there is no pgbouncer")
    with pooling(address_of("postgres")) as port:
        yield port


@pytest.fixture
async def acme(store: Store) -> Organisation:
    return await store.add_organisation("acme", "Acme", Policy(), FOUNDED)


@pytest.fixture
async def rival(store: Store) -> Organisation:
    return await store.add_organisation("rival", "Rival", Policy(), FOUNDED)
