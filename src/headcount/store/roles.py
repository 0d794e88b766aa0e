"""Roles by group: the rules of an organisation, and what they make of its accounts.

An account whose role a rule gives keeps the role that it would have without, its own, beside it.
The store holds both right in the transaction of each change of a membership; so whoever reads an
account, or filters by role, never looks at a rule.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple, Protocol

from headcount.scim.schemas import DEFAULT_ROLE, OWNER
from headcount.store.model import Event, EventType, Organisation, OrgId, RoleRule

NO_ROLE = ""
"""The own role of an account that has none."""


class Moved(NamedTuple):
    """Somebody whose role would be another."""

    id: str
    document: bytes  # as it stands
    before: str
    after: str


class Preview(NamedTuple):
    """What would come of rules."""

    reached: int  # accounts whose role a rule would give
    moves: Sequence[tuple[str, str, int]]  # before, after, of how many
    some: Sequence[Moved]  # the first of them, by id
    owners: int  # active ones, afterwards


_FORESEEN = """WITH RECURSIVE rule (rank, grp, role) AS ({rules}),
    below (rank, id, kind) AS (
        SELECT rule.rank, m.member, m.kind
        FROM rule {join} member m ON m.org = {org} AND m.grp = rule.grp
        UNION SELECT below.rank, m.member, m.kind
        FROM below {join} member m ON m.org = {org} AND m.grp = below.id WHERE below.kind = 2),
    reached (id, rank) AS (SELECT id, min(rank) FROM below WHERE kind = 1 GROUP BY id),
    touched (id) AS (SELECT id FROM reached UNION SELECT id FROM resource{by}
        WHERE org = {org} AND kind = 1 AND own_role IS NOT NULL),
    foreseen (id, active, was, role, document) AS (
        SELECT r.id, r.active, coalesce(r.role, 'member'),
            coalesce(rule.role, nullif(coalesce(r.own_role, r.role), ''), 'member'), r.document
        FROM touched {join} resource r ON r.org = {org} AND r.kind = 1 AND r.id = touched.id
        LEFT JOIN reached ON reached.id = r.id LEFT JOIN rule ON rule.rank = reached.rank)
    """


class Previewing:
    """The statements of a preview, in the words of a database.

    Args:
        org: the place of the organisation in them.
        rules: what selects (rank, group, role) from the text of the rules.
        limit: the place of how many to tell by name.
        join: how tables are joined in the order in which they stand.
        by: how the index of those whose role a rule gives is asked for.
    """

    def __init__(self, org: str, rules: str, limit: str, join: str, by: str = "") -> None:
        foreseen = _FORESEEN.format(org=org, rules=rules, join=join, by=by)
        self.reached = f"{foreseen} SELECT count(*) FROM reached"
        self.moves = f"""{foreseen} SELECT was, role, count(*), count(*) FILTER (WHERE active)
            FROM foreseen WHERE was <> role GROUP BY was, role ORDER BY 3 DESC, was, role"""
        self.some = f"""{foreseen} SELECT id, document, was, role FROM foreseen
            WHERE was <> role ORDER BY id LIMIT {limit}"""


def previewed(
    reached: int, moves: Sequence[Sequence[Any]], some: Sequence[Sequence[Any]], owners: int
) -> Preview:
    """The rows of the three statements as one, where so many owners are active now."""
    for was, role, _, active in moves:
        owners += active * ((role == OWNER) - (was == OWNER))
    told = [(was, role, count) for was, role, count, _ in moves]
    return Preview(reached, told, [Moved(*one) for one in some], owners)


class Roles(Protocol):
    """Roles by group."""

    async def set_role_rules(
        self,
        org: OrgId,
        change: Callable[[Organisation], Sequence[RoleRule]],
        at: str,
        actor: str,
    ) -> int:
        """Write what `change` makes of the rules as they stand, and the roles that come of it.

        All of it is one transaction, with an event for each account whose role is another then.

        Returns:
            of how many accounts the role changed.

        Raises:
            LastOwner: nobody would be left who owns the organisation.
            NotFound: there is no such organisation.
        """

    async def preview_role_rules(
        self, org: OrgId, rules: Sequence[RoleRule], limit: int
    ) -> Preview:
        """What would come of rules, were they the organisation's; nothing is written."""


def given_by(rules: Sequence[RoleRule], groups: Collection[str]) -> RoleRule | None:
    """The rule that gives the role to somebody in these groups: the first of them that does.

    >>> rules = RoleRule("a", "owner"), RoleRule("b", "guest")
    >>> given_by(rules, {"b", "c"}), given_by(rules, {"a", "b"}).role, given_by(rules, ())
    (RoleRule(group='b', role='guest'), 'owner', None)
    """
    return next((rule for rule in rules if rule.group in groups), None)


def role_changed(before: str | None, after: str | None, rule: RoleRule | None) -> Event | None:
    """The event of a role that a rule gave, or gives no more; None where it stays the same."""
    was, role = before or DEFAULT_ROLE, after or DEFAULT_ROLE
    if was == role:
        return None
    data = {"before": was, "after": role}
    return Event(EventType.ROLE_CHANGED, data if rule is None else {**data, "group": rule.group})


def is_owner(*, active: object, role: str | None) -> bool:
    """Whether an account counts as one that owns the organisation."""
    return bool(active) and role == OWNER
