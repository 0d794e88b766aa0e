"""What is used of a connection: the driver's own has no types."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol


class Connection(Protocol):
    """A connection of asyncpg."""

    async def fetch(self, sql: str, *given: Any) -> list[Any]:
        """All rows."""

    async def fetchrow(self, sql: str, *given: Any) -> Any:
        """The first row, or None."""

    async def fetchval(self, sql: str, *given: Any) -> Any:
        """The first value of the first row, or None."""

    async def execute(self, sql: str, *given: Any) -> str:
        """Run it; without values it may be several statements."""

    async def copy_records_to_table(
        self, table: str, *, records: Sequence[Sequence[Any]], columns: Sequence[str]
    ) -> str:
        """Write many rows at once."""

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        """A transaction around the block, or a savepoint in one."""

    def add_log_listener(self, listener: Callable[[Any, Any], None]) -> None:
        """Call it with the connection and each warning that the server sends."""

    def is_closed(self) -> bool:
        """Whether it has ended, as far as is known here."""

    def is_in_transaction(self) -> bool:
        """Whether a transaction was begun and not ended."""

    async def close(self) -> None:
        """End it."""

    def terminate(self) -> None:
        """End it without a word to the server."""


def transport_of(connection: Any) -> Any:
    """What carries a connection; the driver shows it nowhere."""
    return connection._transport  # noqa: SLF001
