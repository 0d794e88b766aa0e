"""What can go wrong with a server elsewhere, as sentences for whoever runs Headcount.

What passes by itself is `Unavailable`: clients are told to come again. What only an operator can
mend says what to do. Everything else is a bug, and is left as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from headcount.errors import Unavailable

_NOT_NOW = "the database cannot be reached at the moment; send the request again"

_SENTENCES = {
    "53100": "the disk of the database server is full; nothing was written",
    "53300": "the database server takes no more connections: raise max_connections there, or lower"
    " HEADCOUNT_POSTGRES_CONNECTIONS here",
    "53200": "the database server is out of memory; nothing was written",
    "25006": "the database takes no writes at the moment, it is a standby; send the request again",
    "55P03": "too many changes of this organisation at once; send the request again",
    "57014": "the database took too long; send the request again",
    "42P01": "the database has no tables of Headcount: run `headcount migrate` on it first",
    "42883": "the database lacks a function of Headcount: run `headcount migrate` on it first",
    "42501": "the database user may not use the tables of Headcount: grant them to it, or run as"
    " the user who ran `headcount migrate`",
    "26000": "statements that were prepared are gone, as happens behind a pooler that hands a"
    " connection to somebody else: set HEADCOUNT_POSTGRES_PREPARED=off",
    "42P05": "a statement is prepared already, as happens behind a pooler that hands a connection"
    " to somebody else: set HEADCOUNT_POSTGRES_PREPARED=off",
}
_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
_PASSING = ("08", "57P", "40", "53", "58")  # classes of SQLSTATE that pass by themselves


@contextmanager
def telling() -> Iterator[None]:
    """What the block cannot do for a while, or without an operator, becomes `Unavailable`."""
    try:
        yield
    except _ERRORS as error:
        told = trouble(error)
        if told is None:
            raise
        raise told from None


def trouble(error: Exception) -> Unavailable | None:
    """What an error of the driver means, or None where it is a bug."""
    if isinstance(error, OSError | TimeoutError | asyncpg.InternalClientError):
        return Unavailable(_NOT_NOW)
    if isinstance(error, asyncpg.PostgresError):
        state = getattr(error, "sqlstate", None) or ""
        if state in _SENTENCES:
            return Unavailable(_SENTENCES[state])
        return Unavailable(_NOT_NOW) if state.startswith(_PASSING) else None
    closed = isinstance(error, asyncpg.InterfaceError) and "clos" in str(error)
    return Unavailable(_NOT_NOW) if closed else None


def unopened(error: Exception, address: str) -> Unavailable:
    """Why no connection to `address` came about."""
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):  # passwords, too
        return Unavailable(f"the database server of {address} refuses this user or its password")
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return Unavailable(f"there is no database at {address}: create it, as with createdb")
    if isinstance(error, asyncpg.TooManyConnectionsError):
        return Unavailable(_SENTENCES["53300"])
    if isinstance(error, asyncpg.PostgresError) and (told := trouble(error)) is not None:
        return told
    if isinstance(error, ValueError | asyncpg.ClientConfigurationError):
        return Unavailable(f"the database address {address} cannot be understood: {error}")
    return Unavailable(
        f"the database server of {address} cannot be reached: is it running, and does it listen"
        " there?"
    )
