"""Connectors, their keys, and who is who at their applications, on every store."""

from dataclasses import replace

import pytest

from headcount.errors import NotFound, Taken
from headcount.store.connectors import Connector, Linked
from headcount.store.model import Organisation
from headcount.store.promise import Store
from tests.store.conftest import FOUNDED

pytestmark = pytest.mark.anyio


def a_connector(org: Organisation, name: str = "zulip") -> Connector:
    settings = {"site": "https://chat.acme.test", "protected": ["root@acme.test"]}
    return Connector(org.id, name, "zulip", settings, "the key", FOUNDED)


async def test_a_connector_is_kept_as_it_was_added(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    one, other, theirs = a_connector(acme), a_connector(acme, "another"), a_connector(rival)
    for each in (one, other, theirs):
        await store.connectors.add(each)
    assert await store.connectors.all(acme.id) == [other, one]
    assert await store.connectors.all() == [other, one, theirs]
    assert await store.connectors.get(acme.id, "zulip") == one
    assert "the key" not in repr(one)


async def test_a_second_connector_needs_another_name(store: Store, acme: Organisation) -> None:
    await store.connectors.add(a_connector(acme))
    with pytest.raises(Taken, match="has a connector 'zulip' already: give this one another"):
        await store.connectors.add(replace(a_connector(acme), secret="other"))
    assert (await store.connectors.get(acme.id, "zulip")).secret == "the key"


async def test_a_change_of_a_connector_is_kept(store: Store, acme: Organisation) -> None:
    await store.connectors.add(a_connector(acme))
    run = {"at": "2026-01-02", "failures": [{"who": "a\0da"}]}
    kept = await store.connectors.change(
        acme.id, "zulip", lambda one: replace(one, enabled=False, last_run=run, kind="no matter")
    )
    assert kept.last_run == run
    found = await store.connectors.get(acme.id, "zulip")
    assert (found.enabled, found.kind) == (False, "zulip")
    assert found.last_run == {"at": "2026-01-02", "failures": [{"who": "a\0da"}]}


async def test_no_connector_is_changed_or_removed_that_is_not_there(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    await store.connectors.add(a_connector(rival))
    for work in (
        store.connectors.get(acme.id, "zulip"),
        store.connectors.remove(acme.id, "zulip"),
        store.connectors.change(acme.id, "zulip", lambda one: one),
    ):
        with pytest.raises(NotFound, match="has no connector by the name 'zulip'"):
            await work
    assert len(await store.connectors.all(rival.id)) == 1


async def test_who_is_who_is_remembered_until_it_is_forgotten(
    store: Store, acme: Organisation, rival: Organisation
) -> None:
    for each in (a_connector(acme), a_connector(acme, "another"), a_connector(rival)):
        await store.connectors.add(each)
    ada, group = Linked("1", "17", "ada@acme.test"), Linked("2", "4", group=True)
    await store.connectors.link(acme.id, "zulip", [ada, group])
    assert await store.connectors.links(acme.id, "zulip") == [ada, group]
    assert await store.connectors.links(acme.id, "another") == []
    assert await store.connectors.links(rival.id, "zulip") == []
    await store.connectors.link(acme.id, "zulip", [ada._replace(target="18")])
    await store.connectors.unlink(acme.id, "zulip", ["2", "3"])
    assert await store.connectors.links(acme.id, "zulip") == [ada._replace(target="18")]


async def test_a_connector_that_is_removed_takes_its_links_along(
    store: Store, acme: Organisation
) -> None:
    await store.connectors.add(a_connector(acme))
    await store.connectors.link(acme.id, "zulip", [Linked("1", "17")])
    await store.connectors.remove(acme.id, "zulip")
    await store.connectors.link(acme.id, "zulip", [Linked("1", "17")])
    assert await store.connectors.links(acme.id, "zulip") == []
    await store.connectors.add(a_connector(acme))
    assert await store.connectors.links(acme.id, "zulip") == []
