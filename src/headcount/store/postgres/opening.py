"""How a connection comes about: with the first server that answers and may be written to.

A server that has vanished does not refuse, it says nothing; so the next one is asked soon, and
nobody waits for the first. What is set on a connection makes a commit durable and no wait endless.
"""

import asyncio
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from headcount.errors import Unavailable
from headcount.store.postgres.address import Server, options, servers, shown
from headcount.store.postgres.driver import Connection, transport_of
from headcount.store.postgres.troubles import telling, unopened

_SESSION = {
    "application_name": "headcount",
    "default_transaction_isolation": "read committed",
    "plan_cache_mode": "force_generic_plan",  # planning anew costs more than a look-up
    "enable_seqscan": "off",  # the organisation leads every key: no table is read whole
    "jit": "off",
    "client_min_messages": "warning",  # a commit that waited in vain is told by one
    "lock_timeout": "10s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "30s",
}
_PATIENT = {"lock_timeout": "0", "statement_timeout": "0"}  # tables may be large
_DURABLE = """SELECT set_config('synchronous_commit', 'on', FALSE)
    WHERE current_setting('synchronous_commit') = 'off'"""
_PREPARED = 500  # statements that a connection keeps
_OPENING = 3.0  # seconds in which a server has to answer
_NEXT = 0.25  # seconds after which the next server is asked too
_ANSWERING = 33.0  # seconds; the server's own limit comes first, and tells more
_SOCKET = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}  # seconds, seconds, times
_UNHEARD = 5_000  # milliseconds in which the other host has to take what was sent


@dataclass(frozen=True, slots=True)
class Options:
    """How the server is used."""

    connections: int = 8  # of one process
    prepared: bool = True  # False: for a pooler that hands connections round


class Opener:
    """Opens connections to one database, which may be on any of several servers."""

    def __init__(self, url: str, chosen: Options, *, patient: bool = False) -> None:
        self._url = url
        self._options = chosen
        self._patient = patient
        self._found: Server | None = None  # the one that answered last is asked first

    async def connect(self) -> Connection:
        """A new connection, on which what is committed is on disk.

        Raises:
            Unavailable: there is none to be had; the sentence says why.
        """
        try:
            order = sorted(servers(self._url), key=lambda one: one != self._found)
            connection, self._found = await self._first(order)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no connection
            raise unopened(error, shown(self._url)) from None
        try:
            with telling():
                _keep_alive(connection)
                await self._make_durable(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _first(self, order: Sequence[Server]) -> tuple[Connection, Server]:
        waiting = list(order)
        running: dict[asyncio.Task[Connection], Server] = {}
        failed: list[BaseException] = []
        try:
            while waiting or running:
                if waiting:
                    server = waiting.pop(0)
                    running[asyncio.ensure_future(self._open(server))] = server
                done, _ = await asyncio.wait(
                    running,
                    timeout=_NEXT if waiting else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for task in done:
                    server = running.pop(task)
                    if (error := task.exception()) is None:
                        return task.result(), server
                    failed.append(error)
        finally:
            for task in running:
                task.add_done_callback(_dismiss)
                task.cancel()
        raise min(failed, key=lambda error: not isinstance(error, asyncpg.PostgresError))

    async def _open(self, server: Server) -> Connection:
        given = options(self._url)
        prepared = self._options.prepared
        session = {**_SESSION, **(_PATIENT if self._patient else {})} if prepared else {}
        found: Connection = await asyncpg.connect(
            self._url,
            host=server.host,
            port=server.port,
            timeout=_OPENING,
            command_timeout=None if self._patient else _ANSWERING,
            statement_cache_size=_PREPARED if prepared else 0,
            max_cacheable_statement_size=0,
            max_cached_statement_lifetime=0,
            target_session_attrs=given.get(
                "target_session_attrs", os.environ.get("PGTARGETSESSIONATTRS", "read-write")
            ),
            server_settings={name: one for name, one in session.items() if name not in given},
        )
        return found

    async def _make_durable(self, connection: Connection) -> None:
        if self._options.prepared:
            await connection.execute(_DURABLE)
        elif await connection.fetchval("SHOW synchronous_commit") == "off":
            raise Unavailable(
                "the database has synchronous_commit = off, so that it loses what was answered when"
                " it crashes, and behind a pooler Headcount cannot change that: set it to on there"
            )


def _dismiss(task: "asyncio.Task[Connection]") -> None:
    """Let go of a connection that came too late."""
    if not task.cancelled() and task.exception() is None:
        task.result().terminate()


def _keep_alive(connection: Connection) -> None:
    """Notice a host that has vanished, and keep firewalls from forgetting a quiet connection."""
    found = transport_of(connection).get_extra_info("socket")
    if found.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in {**_SOCKET, "TCP_USER_TIMEOUT": _UNHEARD}.items():
        if (option := getattr(socket, name, None)) is not None:  # not every system has each
            found.setsockopt(socket.IPPROTO_TCP, option, value)
