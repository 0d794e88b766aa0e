"""The export of very many accounts: sent as it is read, and never held."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.console.crowds import settle_in
from tests.console.test_accounts import MANY, administrator, exported
from tests.serving import Office, address_of, settle, start

STATUS = "/proc/{}/status"


@pytest.mark.skipif(not Path(STATUS.format("self")).exists(), reason="no /proc here")
def test_an_export_takes_no_more_memory_than_a_part_of_it(
    another_database: Callable[[], str],
) -> None:
    database = another_database()
    # Who looks for webhooks meanwhile would have another connection fill with pages.
    server, office = start(database, HEADCOUNT_WORKER="off"), Office(database)
    try:
        few, many = (settle(address_of(server), office) for _ in range(2))
        for site, count in ((few, MANY // 4), (many, MANY)):
            settle_in(database, site.organisation, count, padding=4_000)
        assert len(exported(administrator(few), few)) == MANY // 4
        before = most_memory(server.pid)  # with what a database keeps of its pages
        browser = administrator(many)
        assert len(exported(browser, many)) == MANY
        assert len(browser.text) > 40_000_000
        assert most_memory(server.pid) - before < 30 * 2**20
    finally:
        office.close()
        server.terminate()
        server.wait(20)
        assert server.stdout is not None
        server.stdout.close()


def most_memory(process: int) -> int:
    """The most memory that a process ever held, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(STATUS.format(process)).read_text())
    assert found is not None
    return int(found[1]) * 1024
