"""Names that the console looks for: they come into their indexes in quiet moments.

A name stands anywhere in an index, so each account that is created would touch two pages that no
other touches: a third of all that its commit writes. Later and together they cost less. Whoever
looks for a name meanwhile waits until all are there, for a second at most.
"""

from headcount.store.model import OrgId
from headcount.store.sqlite.connection import Connection

_AT_ONCE = 100  # accounts: some 5 ms, for which others wait who want to write

_WAITING = "FROM resource INDEXED BY resource_unnamed WHERE kind = 1 AND named IS NULL"
_TAKE_IN = "UPDATE resource SET named = 1 WHERE seq IN (SELECT seq {} LIMIT ?)"
_ANYBODY = _TAKE_IN.format(_WAITING)
_OF_ONE = _TAKE_IN.format(f"{_WAITING} AND org = ?")
_ARE_WAITING = f"SELECT EXISTS (SELECT 1 {_WAITING} AND org = ?)"


def take_in(connection: Connection) -> int:
    """Put the names of some accounts into the indexes; of how many: of none where none wait."""
    connection.execute(_ANYBODY, (_AT_ONCE,))
    return connection.changes()


def take_in_of(connection: Connection, org: OrgId) -> None:
    """The same of one organisation."""
    connection.execute(_OF_ONE, (org, _AT_ONCE))


def are_waiting(connection: Connection, org: OrgId) -> bool:
    """Whether any account of an organisation is not found by its names yet."""
    return bool(connection.execute(_ARE_WAITING, (org,)).get)
