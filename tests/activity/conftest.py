"""A server whose recorder is the test's own, and what it recorded."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from headcount.activity.recorder import Bounds, Recorder
from headcount.bootstrap import clock, open_store, runtime
from headcount.cli.server import listen, told_address
from headcount.settings import Settings
from headcount.store.activity import Exchange, Sought
from headcount.store.model import OrgId
from headcount.web.address import Addresses
from headcount.web.application import Application
from headcount.web.authentication import Authentication
from headcount.web.call import Services
from headcount.web.request import Limits
from headcount.web.scim import ScimApplication
from tests.databases import SQLITE, fresh
from tests.serving import Office, Site, settle

USUAL = Bounds()


@dataclass(frozen=True)
class Recorded:
    """A server in this process, with one organisation and the recorder in view."""

    site: Site
    recorder: Recorder
    loop: asyncio.AbstractEventLoop
    file: Path

    def exchanges(self, org: OrgId | None = None, *, of_nobody: bool = False) -> list[Exchange]:
        """All that was recorded by now, in order, whole."""
        asyncio.run_coroutine_threadsafe(self.recorder.flush(), self.loop).result(60)
        asked = None if of_nobody else org or self.site.organisation.id

        async def read(at: object) -> list[Exchange]:
            store = self.site.office.runtime.store
            short = await store.exchanges(asked, Sought(after=0), 10_000)
            return [await store.exchange(asked, one.number) for one in short]

        return self.site.office.do(read)


@contextmanager
def recorded(folder: Path, bounds: Bounds, base_domain: str | None = None) -> Iterator[Recorded]:
    """A server that records within these bounds."""
    database = fresh(SQLITE, folder)
    store = open_store(Settings(database=database))
    recorder = Recorder(store, clock, bounds)
    scim = ScimApplication(
        Services(runtime(store).directory, store, Limits()),
        Authentication(store, clock),
        Addresses(None, base_domain),
        recorder,
    )
    listening = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        Application(scim, store, recorder), lifespan="on", log_level="warning", access_log=False
    )
    server = uvicorn.Server(config)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(server.serve(sockets=[listening]))
    )
    thread.start()
    office = Office(database)
    try:
        site = settle(f"{told_address(listening)}/scim/v2", office)
        yield Recorded(site, recorder, loop, folder)
    finally:
        server.should_exit = True
        thread.join()
        loop.close()
        office.close()


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Callable[..., Recorded]]:
    """A server for bounds that the test chooses; one a test."""
    with ExitStack() as stack:
        yield lambda bounds=USUAL, base_domain=None: stack.enter_context(
            recorded(tmp_path, bounds, base_domain)
        )
