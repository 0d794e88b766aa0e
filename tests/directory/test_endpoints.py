"""What people do with webhooks is checked, and written down without secrets."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headcount.bootstrap import open_store
from headcount.directory.destinations import PRIVATE
from headcount.directory.endpoints import MOST_ENDPOINTS, Endpoints, Wanted
from headcount.directory.hook_keys import KEY_BYTES, key_of
from headcount.errors import Conflict, InvalidValue
from headcount.settings import Settings
from headcount.store.model import Policy
from tests.databases import SQLITE, fresh

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
URL = "https://hooks.test/in"


@pytest.fixture
async def endpoints(tmp_path: Path) -> AsyncIterator[Endpoints]:
    store = open_store(Settings(database=fresh(SQLITE, tmp_path)))
    await store.add_organisation("acme", "Acme", Policy(), NOW)
    yield Endpoints(store, lambda: NOW)
    await store.close()


async def test_each_webhook_has_a_secret_of_its_own(endpoints: Endpoints) -> None:
    made = [await endpoints.add("acme", Wanted(URL)) for _ in range(3)]
    assert len({one.secret for one in made}) == 3
    assert all(len(key_of(one.secret)) == KEY_BYTES for one in made)
    assert len({one.id for one in made}) == 3


async def test_what_is_done_is_in_the_audit_trail_without_a_secret(endpoints: Endpoints) -> None:
    one = await endpoints.add("acme", Wanted(URL, label="chat"))
    new = await endpoints.rotate("acme", one.id, timedelta(hours=1))
    await endpoints.disable("acme", one.id)
    await endpoints.enable("acme", one.id)
    await endpoints.remove("acme", one.id)
    entries = await endpoints.store.audited(one.org, None, 9)
    assert [entry.action for entry in entries] == [
        "webhook.removed",
        "webhook.enabled",
        "webhook.disabled",
        "webhook.secret_changed",
        "webhook.added",
    ]
    assert all(entry.data == {"webhook": one.id, "url": URL} for entry in entries)
    assert one.secret not in repr(entries) + repr(new)


async def test_an_organisation_has_so_many_webhooks_and_no_more(endpoints: Endpoints) -> None:
    for _ in range(MOST_ENDPOINTS):
        await endpoints.add("acme", Wanted(URL))
    with pytest.raises(Conflict, match="50 webhooks at most"):
        await endpoints.add("acme", Wanted(URL))


@pytest.mark.parametrize("one", ["account", "account.*.*", "user.created", "*", "", "account.x"])
async def test_a_filter_that_no_event_passes_is_refused(endpoints: Endpoints, one: str) -> None:
    with pytest.raises(InvalidValue, match=r"no events of the type .*account\.\*, group\.\*"):
        await endpoints.add("acme", Wanted(URL, (one,)))


async def test_a_filter_is_kept_without_doubles(endpoints: Endpoints) -> None:
    wanted = Wanted(URL, ("account.*", "group.deleted", "account.*"))
    assert (await endpoints.add("acme", wanted)).types == ("account.*", "group.deleted")


async def test_a_webhook_that_leads_within_is_not_switched_on_any_more(
    endpoints: Endpoints,
) -> None:
    allowed = replace(endpoints, private=True)
    one = await allowed.add("acme", Wanted("http://10.0.0.1/in"))
    await endpoints.disable("acme", one.id)
    with pytest.raises(InvalidValue, match=PRIVATE):
        await endpoints.enable("acme", one.id)
    assert (await allowed.enable("acme", one.id)).off_since is None
