"""Connectors of an organisation: where they write, with which key, and who is who there."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from orjson import dumps, loads

from headcount.store.model import OrgId
from headcount.store.records import instant, readable

CONNECTOR = "org, name, kind, settings, secret, created, enabled, last_run"
LINK = "resource, target, address, grp"


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


class Connectors(Protocol):
    """All of them, as a store keeps them."""

    async def add(self, connector: Connector) -> None:
        """Keep a new connector, or `Taken`."""

    async def all(self, org: OrgId | None = None) -> list[Connector]:
        """Those of one organisation, or of all; by name."""

    async def get(self, org: OrgId, name: str) -> Connector:
        """The connector of this name, or `NotFound`."""

    async def change(
        self, org: OrgId, name: str, change: Callable[[Connector], Connector]
    ) -> Connector:
        """Write what `change` makes of the connector as it stands, or `NotFound`.

        Settings, key, whether it is enabled and the last run are written.
        """

    async def remove(self, org: OrgId, name: str) -> None:
        """Forget the connector, its key and who is who, or `NotFound`."""

    async def links(self, org: OrgId, name: str) -> list[Linked]:
        """Who is who, by the ids of ours."""

    async def link(self, org: OrgId, name: str, links: Sequence[Linked]) -> None:
        """Remember who is who; a resource of which something was remembered is now this.

        Nothing where there is no such connector any more.
        """

    async def unlink(self, org: OrgId, name: str, resources: Collection[str]) -> None:
        """Forget who these resources are."""


def connector_values(one: Connector) -> tuple[Any, ...]:
    """What is written of a connector: the columns of `CONNECTOR`."""
    kept = dumps(dict(one.settings)).decode()
    return one.org, one.name, one.kind, kept, one.secret, instant(one.created), *_state(one)


def _state(one: Connector) -> tuple[Any, ...]:
    last_run = None if one.last_run is None else readable(dumps(dict(one.last_run)).decode())
    return int(one.enabled), last_run


def changed_values(one: Connector) -> tuple[Any, ...]:
    """The values of `CHANGE`."""
    kept = dumps(dict(one.settings)).decode()
    return kept, one.secret, *_state(one), one.org, one.name


def connector_in(row: Any) -> Connector:
    """The connector in a row of `CONNECTOR`."""
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


def linked_in(row: Any) -> Linked:
    """Who is who in a row of `LINK`."""
    resource, target, address, group = row
    return Linked(resource, target, address, bool(group))


ADD = f"""INSERT INTO connector ({CONNECTOR}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (org, name) DO NOTHING RETURNING name"""
ALL = f"SELECT {CONNECTOR} FROM connector WHERE org >= ? AND org <= ? ORDER BY org, name"
ONE = f"SELECT {CONNECTOR} FROM connector WHERE org = ? AND name = ?"
CHANGE = """UPDATE connector SET settings = ?, secret = ?, enabled = ?, last_run = ?
    WHERE org = ? AND name = ?"""
REMOVE = "DELETE FROM connector WHERE org = ? AND name = ? RETURNING name"
FORGET = "DELETE FROM connector_link WHERE org = ? AND name = ?"
LINKS = f"SELECT {LINK} FROM connector_link WHERE org = ? AND name = ? ORDER BY resource"
PUT = f"""INSERT INTO connector_link (org, name, {LINK})
    SELECT org, name, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS INTEGER)
    FROM connector WHERE org = ? AND name = ?
    ON CONFLICT (org, name, resource) DO UPDATE SET target = excluded.target,
    address = excluded.address, grp = excluded.grp"""
UNLINK = "DELETE FROM connector_link WHERE org = ? AND name = ? AND resource = ?"
"""The statements, which are the same for every store; values in the order of their places."""

_EVERY = (0, 2**62)


def of(org: OrgId | None) -> tuple[int, int]:
    """The values of `ALL`."""
    return (org, org) if org is not None else _EVERY


def put_values(org: OrgId, name: str, one: Linked) -> tuple[Any, ...]:
    """The values of `PUT`."""
    return one.resource, one.target, readable(one.address), int(one.group), org, name
