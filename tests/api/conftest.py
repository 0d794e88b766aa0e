"""A client of the API for the organisation of the test, and writers in other processes."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.api.client import Client, client
from tests.serving import Site
from tests.web.client import Client as ScimClient, client as scim_client

Writers = Callable[[int, int], list["subprocess.Popen[bytes]"]]


@pytest.fixture
def api(site: Site) -> Client:
    return client(site)


@pytest.fixture
def scim(site: Site) -> ScimClient:
    return scim_client(site)


@pytest.fixture
def writers(site: Site, database: str) -> Iterator[Writers]:
    """Starts so many processes that write so many rounds each."""
    started: list[subprocess.Popen[bytes]] = []

    def start(many: int, rounds: int) -> list[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "tests.api.writing", database, site.slug, str(rounds)]
        started.extend(subprocess.Popen([*command, str(number)]) for number in range(many))
        return started

    yield start
    for one in started:
        one.kill()
        one.wait()
