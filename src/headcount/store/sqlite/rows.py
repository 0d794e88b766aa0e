"""The rows of a list: which columns are read, and what they become."""

from headcount.scim.messages import Query
from headcount.store.model import RELATIONS, Kind, OrgId
from headcount.store.sqlite import relations
from headcount.store.sqlite.points import COLUMNS, Wanted, seen_in

OWN = "r.org = ? AND r.kind = ?"
TOTALS = {
    Kind.USER: "SELECT users, users_gone FROM organisation WHERE id = ?",
    Kind.GROUP: "SELECT groups, groups_gone FROM organisation WHERE id = ?",
}


def wanted_of(org: OrgId, kind: Kind, query: Query, base: str) -> Wanted:
    """What `query` wants of each resource."""
    return Wanted(org, kind, base, query.projection.shows(RELATIONS[kind]))


def columns_of(wanted: Wanted) -> str:
    """What is read of each row."""
    return f"{COLUMNS}, {relations.RELATED[wanted.kind] if wanted.related else 'NULL'}"


def place_of(org: int, position: int) -> int:
    """The one number of an event: its organisation, and its position in the feed of that.

    >>> place_of(1, 7) - place_of(1, 6), place_of(2, 0) - place_of(1, 0)
    (1, 1099511627776)
    """
    return (org << 40) + position


__all__ = ["OWN", "TOTALS", "columns_of", "place_of", "seen_in", "wanted_of"]
