"""A database of an application, on each store."""

from collections.abc import Callable
from pathlib import Path

import pytest

from headcount import Headcount
from tests.databases import STORES, emptied, fresh

_KEPT: dict[str, str] = {}


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    store = str(request.param)
    if store == STORES[0]:
        return fresh(store, tmp_path)
    if store not in _KEPT:
        _KEPT[store] = fresh(store, tmp_path)
    return emptied(_KEPT[store])


@pytest.fixture
def token(place: str) -> str:
    """A token for the organisation acme, which is there."""
    hc = Headcount(place)
    hc.wait(hc.create_organisation("acme", "Acme"))
    return hc.wait(hc.issue_token("acme", label="test"))


@pytest.fixture
def make(place: str) -> Callable[[], Headcount]:
    """A new Headcount on the database, as another process would have it."""
    return lambda: Headcount(place)
