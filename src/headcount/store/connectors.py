"""Connectors of an organisation: where they write, with which key, and who is who there."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from orjson import dumps, loads

from headcount.store.model import OrgId
from headcount.store.records import instant, readable
from headcount.store.refusals import connector_taken, no_connector
from headcount.store.steps import LOCK, Rows, Statement, Steps, span

_CONNECTOR = "org, name, kind, settings, secret, created, enabled, last_run"
_LINK = "resource, target, address, grp"


@dataclass(frozen=True, slots=True)
class Connector:
    """An application into which an organisation's accounts are written."""

    org: OrgId
    name: str  # unique in the organisation
    kind: str  # of the application, such as `zulip`
    settings: Mapping[str, Any]
    secret: str = field(repr=False)  # the key: it is used with every request, and never shown
    created: datetime
    enabled: bool = True
    last_run: Mapping[str, Any] | None = None  # what came of it, for people


class Linked(NamedTuple):
    """Which resource of ours is which of the application's."""

    resource: str
    target: str
    address: str = ""  # that was written there last
    group: bool = False


_ADD = f"""INSERT INTO connector ({_CONNECTOR}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (org, name) DO NOTHING RETURNING name"""
_ALL = f"SELECT {_CONNECTOR} FROM connector WHERE org >= ? AND org <= ? ORDER BY org, name"
_ONE = f"SELECT {_CONNECTOR} FROM connector WHERE org = ? AND name = ?"
_CHANGE = """UPDATE connector SET settings = ?, secret = ?, enabled = ?, last_run = ?
    WHERE org = ? AND name = ?"""
_REMOVE = "DELETE FROM connector WHERE org = ? AND name = ? RETURNING name"
_FORGET = "DELETE FROM connector_link WHERE org = ? AND name = ?"
_LINKS = f"SELECT {_LINK} FROM connector_link WHERE org = ? AND name = ? ORDER BY resource"
_PUT = f"""INSERT INTO connector_link (org, name, {_LINK})
    SELECT org, name, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS INTEGER)
    FROM connector WHERE org = ? AND name = ?
    ON CONFLICT (org, name, resource) DO UPDATE SET target = excluded.target,
    address = excluded.address, grp = excluded.grp"""
_UNLINK = "DELETE FROM connector_link WHERE org = ? AND name = ? AND resource = ?"


class Connectors:
    """All of them, as a store keeps them."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def add(self, connector: Connector) -> None:
        """Keep a new connector, or `Taken`."""
        if not await self._rows.write(_ADD, *_values(connector)):
            raise connector_taken(connector.name)

    async def all(self, org: OrgId | None = None) -> list[Connector]:
        """Those of one organisation, or of all; by name."""
        return [_connector_in(row) for row in await self._rows.read(_ALL, *span(org))]

    async def get(self, org: OrgId, name: str) -> Connector:
        """The connector of this name, or `NotFound`."""
        return _found(await self._rows.read(_ONE, org, name), name)

    async def change(
        self, org: OrgId, name: str, change: Callable[[Connector], Connector]
    ) -> Connector:
        """Write what `change` makes of the connector as it stands, or `NotFound`.

        Settings, key, whether it is enabled and the last run are written.
        """
        return await self._rows.run(_changed(org, name, change))

    async def remove(self, org: OrgId, name: str) -> None:
        """Forget the connector, its key and who is who, or `NotFound`."""
        await self._rows.run(_removed(org, name))

    async def links(self, org: OrgId, name: str) -> list[Linked]:
        """Who is who, by the ids of ours."""
        return [_linked_in(row) for row in await self._rows.read(_LINKS, org, name)]

    async def link(self, org: OrgId, name: str, links: Sequence[Linked]) -> None:
        """Remember who is who; a resource of which something was remembered is now this.

        Nothing where there is no such connector any more.
        """
        await self._rows.run(_each(_PUT, [_put_values(org, name, one) for one in links]))

    async def unlink(self, org: OrgId, name: str, resources: Collection[str]) -> None:
        """Forget who these resources are."""
        await self._rows.run(_each(_UNLINK, [(org, name, one) for one in resources]))


def _changed(org: OrgId, name: str, change: Callable[[Connector], Connector]) -> Steps[Connector]:
    after = change(_found((yield Statement(f"{_ONE} {LOCK}", (org, name))), name))
    yield Statement(_CHANGE, _changed_values(after))
    return after


def _removed(org: OrgId, name: str) -> Steps[None]:
    if not (yield Statement(_REMOVE, (org, name))):
        raise no_connector(name)
    yield Statement(_FORGET, (org, name))


def _each(sql: str, given: Sequence[tuple[Any, ...]]) -> Steps[None]:
    for values in given:
        yield Statement(sql, values)


def _found(rows: Sequence[Any], name: str) -> Connector:
    if not rows:
        raise no_connector(name)
    return _connector_in(rows[0])


def _values(one: Connector) -> tuple[Any, ...]:
    """What is written of a connector: the columns of `_CONNECTOR`."""
    kept = dumps(dict(one.settings)).decode()
    return one.org, one.name, one.kind, kept, one.secret, instant(one.created), *_state(one)


def _state(one: Connector) -> tuple[Any, ...]:
    last_run = None if one.last_run is None else readable(dumps(dict(one.last_run)).decode())
    return int(one.enabled), last_run


def _changed_values(one: Connector) -> tuple[Any, ...]:
    """The values of `_CHANGE`."""
    kept = dumps(dict(one.settings)).decode()
    return kept, one.secret, *_state(one), one.org, one.name


def _connector_in(row: Any) -> Connector:
    """The connector in a row of `_CONNECTOR`."""
    org, name, kind, settings, secret, created, enabled, last_run = row
    return Connector(
        OrgId(org),
        name,
        kind,
        loads(settings),
        secret,
        datetime.fromisoformat(created),
        bool(enabled),
        None if last_run is None else loads(last_run),
    )


def _linked_in(row: Any) -> Linked:
    """Who is who in a row of `_LINK`."""
    resource, target, address, group = row
    return Linked(resource, target, address, bool(group))


def _put_values(org: OrgId, name: str, one: Linked) -> tuple[Any, ...]:
    """The values of `_PUT`."""
    return one.resource, one.target, readable(one.address), int(one.group), org, name
