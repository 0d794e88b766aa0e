"""What can go wrong with a server elsewhere, as sentences for whoever runs Headcount.

What passes by itself is `Unavailable`: clients are told to come again. What only an operator can
mend says what to do. Everything else is a bug, and is left as it is.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from socket import gaierror

import asyncpg

from headcount.errors import Unavailable

_NOT_NOW = "the database cannot be reached at the moment; send the request again"
_TOO_LONG = "the database took too long; send the request again"
_POOLER = (
    ", as happens behind a pooler that hands a connection to somebody else: set"
    " HEADCOUNT_POSTGRES_PREPARED=off"
)

_SENTENCES = {
    "53100": "the disk of the database server is full; nothing was written",
    "53300": "the database server takes no more connections: raise max_connections there, or the"
    " limit of this user or database, or lower HEADCOUNT_POSTGRES_CONNECTIONS here",
    "53200": "the database server is out of memory; nothing was written",
    "25006": "the database takes no writes at the moment, it is a standby; send the request again",
    "55P03": "too many changes of this organisation at once; send the request again",
    "57014": _TOO_LONG,
    "42P01": "the database has no tables of Headcount: run `headcount migrate` on it first",
    "42883": "the database lacks a function of Headcount: run `headcount migrate` on it first",
    "42501": "the database user may not use the tables of Headcount: grant them to it, or run as"
    " the user who ran `headcount migrate`",
    "26000": "statements that were prepared are gone" + _POOLER,
    "42P05": "a statement is prepared already" + _POOLER,
}
_PASSING = ("08", "57P", "40", "53", "58")  # classes of SQLSTATE that pass by themselves
_ENDING = ("08", "57P", "25006", "25P03")  # those after which a connection is of no use


_OF_THE_DRIVER = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # so it calls a connection that ended since it was looked at
    OSError,
    TimeoutError,
)


class Lost(Unavailable):
    """The connection ended meanwhile: what was asked on it may be done, or not."""


@contextmanager
def telling() -> Iterator[None]:
    """What the block cannot do for a while, or without an operator, becomes `Unavailable`."""
    try:
        yield
    except _OF_THE_DRIVER as error:
        told = trouble(error)
        if told is None:
            raise
        raise told from None


def trouble(error: Exception) -> Unavailable | None:
    """What an error of the driver means, or None where it is a bug."""
    if isinstance(error, TimeoutError):
        return Unavailable(_TOO_LONG)
    if isinstance(error, OSError | asyncpg.InternalClientError):
        return Lost(_NOT_NOW)
    if isinstance(error, asyncpg.PostgresError):
        state = getattr(error, "sqlstate", None) or ""
        kind = Lost if state.startswith(_ENDING) else Unavailable
        if state in _SENTENCES:
            return kind(_SENTENCES[state])
        return kind(_NOT_NOW) if state.startswith(_PASSING) else None
    closed = isinstance(error, asyncpg.InterfaceError) and "clos" in str(error)
    return Lost(_NOT_NOW) if closed else None


def vanished() -> Unavailable:
    """The server says nothing at all any more."""
    return Unavailable(_NOT_NOW)


def unknown_end() -> Unavailable:
    """A change is in the primary, and nobody knows whether it is anywhere else."""
    return Unavailable(
        "the change waited for a standby of the database in vain: whether it lasts is not known;"
        " send the request again"
    )


def unopened(error: Exception, address: str) -> Unavailable:
    """Why no connection to `address` came about. Nothing of an address is in it but that."""
    if isinstance(error, Unavailable):
        return error
    if isinstance(error, asyncpg.PostgresError):
        return _refused(error, address)
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return Unavailable(f"no server of {address} takes writes at the moment: each is a standby")
    if isinstance(error, asyncpg.ClientConfigurationError):
        return Unavailable(f"the database address {address} cannot be used: {error}")
    if isinstance(error, ValueError):  # it may quote what was taken for a port: a password
        return Unavailable(
            f"the database address {address} cannot be understood: write it as"
            " postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with each of / ? # @ : % in the"
            " password percent-encoded"
        )
    return _unreached(error, address)


def _refused(error: asyncpg.PostgresError, address: str) -> Unavailable:
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):  # passwords, too
        return Unavailable(f"the database server of {address} refuses this user or its password")
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return Unavailable(f"there is no database at {address}: create it, as with createdb")
    if "unsupported startup parameter" in str(error):
        return Unavailable("the database server does not take our settings" + _POOLER)
    return trouble(error) or Unavailable(
        f"the database server of {address} refuses the connection (SQLSTATE {error.sqlstate}); its"
        " log says why, and so may the options in the address"
    )


def _unreached(error: Exception, address: str) -> Unavailable:
    if isinstance(error, gaierror):
        return Unavailable(f"the host of {address} is not known here")
    if isinstance(error, ssl.SSLError) or "SSL" in str(error):
        return Unavailable(
            f"no TLS with the database server of {address}: does it speak TLS, and is its"
            " certificate one that sslmode takes?"
        )
    if isinstance(error, TimeoutError):
        return Unavailable(f"the database server of {address} does not answer in time")
    return Unavailable(
        f"the database server of {address} cannot be reached: is it running, and does it listen"
        " there?"
    )
