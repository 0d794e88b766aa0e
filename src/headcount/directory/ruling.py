"""Roles by group: who sets the rules of an organisation, and what they may be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from orjson import loads

from headcount.directory.access import COMMAND_LINE
from headcount.errors import InvalidValue, NotFound
from headcount.scim.filters import Compare, Op
from headcount.scim.messages import Query
from headcount.scim.paths import resolve
from headcount.scim.schemas import GROUP_TYPE, ROLES
from headcount.store.model import Kind, Organisation, RoleRule
from headcount.store.promise import Store
from headcount.store.records import instant
from headcount.store.refusals import rules_changed
from headcount.store.roles import Preview
from headcount.store.visitors import Audited

MOST_RULES = 100
_FORESEEN = 50  # people of a preview that are told by name


@dataclass(frozen=True, slots=True)
class RoleRules:
    """The rules of organisations. The first that reaches an account gives its role.

    Whom none reaches has the role that the identity provider, or an administrator, gave.
    """

    store: Store
    clock: Callable[[], datetime]

    async def preview(self, organisation: Organisation, rules: Sequence[RoleRule]) -> Preview:
        """What would come of rules; nothing is written.

        Raises:
            InvalidValue: they cannot be rules.
        """
        await self._check(organisation, rules)
        return await self.store.preview_role_rules(organisation.id, rules, _FORESEEN)

    async def set(
        self,
        organisation: Organisation,
        rules: Sequence[RoleRule],
        *,
        seen: Sequence[RoleRule] | None = None,
        actor: str = COMMAND_LINE,
    ) -> int:
        """Write rules, and the role of everybody whom they reach, or reached before, at once.

        Args:
            organisation: whose rules.
            rules: all of them, in their order.
            seen: those that they were made from; None: whichever stand.
            actor: who does it.

        Returns:
            of how many accounts the role changed.

        Raises:
            InvalidValue: they cannot be rules.
            VersionMismatch: those that were seen do not stand any more.
            LastOwner: nobody would be left who owns the organisation.
        """
        await self._check(organisation, rules)

        def change(one: Organisation) -> Sequence[RoleRule]:
            if seen is not None and tuple(seen) != one.role_rules:
                raise rules_changed()
            return rules

        now = self.clock()
        moved = await self.store.set_role_rules(organisation.id, change, instant(now), actor)
        told = {"rules": [await self._told(organisation, rule) for rule in rules], "moved": moved}
        await self.store.audit(Audited(now, actor, "roles.ruled", organisation.id, told))
        return moved

    async def name(self, organisation: Organisation, rule: RoleRule) -> str | None:
        """What the group of a rule is called; None where it is gone."""
        try:
            seen = await self.store.get(organisation.id, Kind.GROUP, rule.group, relations=False)
        except NotFound:
            return None
        return str(loads(seen.stored.document)["displayName"])

    async def group_named(self, organisation: Organisation, name: str) -> str:
        """The id of the group of this name, in any letter case.

        Raises:
            InvalidValue: there is none.
        """
        path = resolve(GROUP_TYPE, "displayName")
        assert path is not None
        query = Query(Compare(path, Op.EQ, name), count=1)
        page = await self.store.find(organisation.id, Kind.GROUP, query)
        if not page.resources:
            raise InvalidValue(
                f"there is no group {name[:100]!r}: groups come from the identity provider"
            )
        return page.resources[0].stored.id

    async def _told(self, organisation: Organisation, rule: RoleRule) -> str:
        name = await self.name(organisation, rule) or "a group that is gone"
        return f"{name[:100]}: {rule.role}"

    async def _check(self, organisation: Organisation, rules: Sequence[RoleRule]) -> None:
        if len(rules) > MOST_RULES:
            raise InvalidValue(
                f"at most {MOST_RULES} rules are kept: put groups into one that has a rule"
            )
        groups = [rule.group for rule in rules]
        if len(set(groups)) < len(groups):
            raise InvalidValue(
                "a group has two rules: only the first would ever count, so drop one"
            )
        for rule in rules:
            if rule.role not in ROLES:
                raise InvalidValue(f"{rule.role[:100]!r} is no role: {', '.join(ROLES)} are")
            if rule not in organisation.role_rules and await self.name(organisation, rule) is None:
                raise InvalidValue(f"there is no group with the id {rule.group[:100]!r}")
