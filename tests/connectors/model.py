"""A target that exists in memory alone, and refuses as a real one would."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from headcount.connectors.reconciling import GROUP_OPS
from headcount.connectors.target import Refused, Resolve
from headcount.connectors.values import (
    Abilities,
    Account,
    Circle,
    Form,
    Found,
    Op,
    Person,
    Step,
    Traits,
)


class ModelTarget:
    """People and groups as values; an address belongs to one of them, a deactivated one too."""

    def __init__(self, *people: Person, groups: Sequence[Circle] = ()) -> None:
        self.people = {one.id: one for one in people}
        self.groups = {one.id: one for one in groups}
        self._ids = count(1000)
        self.taken: list[Step] = []
        self.refusing: set[str] = set()  # people with whom nothing can be done

    @property
    def traits(self) -> Traits:
        return Traits(groups=True)

    def fit(self, account: Account) -> Form | str:
        if not account.address:
            return "The account has no e-mail address."
        return Form(account.address.casefold(), account.address, account.name, account.role)

    def fit_group(self, name: str) -> tuple[str, str]:
        return name, "Names may not begin with @." if name.startswith("@") else ""

    def check(self) -> Abilities:
        return Abilities("model")

    def close(self) -> None:
        pass

    def read(self, _sought: Sequence[Form], *, groups: bool) -> Found:
        circles = tuple(self.groups.values()) if groups else None
        return Found(tuple(self.people.values()), circles)

    def do(self, step: Step, resolve: Resolve) -> str:
        self.taken.append(step)
        if step.who in self.refusing:
            raise Refused("It said no.", "Ask it.")
        if step.op in GROUP_OPS:
            return self._group(step, resolve)
        if step.op is Op.CREATE:
            self._free(step.address or "", "")
            made = Person(
                str(next(self._ids)),
                ((step.address or "").casefold(),),
                step.name or "",
                active=True,
                address=step.address,
                role=step.role,
            )
            self.people[made.id] = made
            return made.id
        self._change(step)
        return step.target

    def _change(self, step: Step) -> None:
        one = self.people[step.target]
        assert not one.protected
        if step.address is not None:
            self._free(step.address, one.id)
            one = replace(one, address=step.address, keys=(step.address.casefold(),))
        one = replace(one, name=step.name or one.name, role=step.role or one.role)
        if step.op is Op.DEACTIVATE:
            one = replace(one, active=False)
        elif step.op is Op.REACTIVATE:
            one = replace(one, active=True)
        self.people[one.id] = one

    def _free(self, address: str, own: str) -> None:
        for one in self.people.values():
            if address.casefold() in one.keys and one.id != own:
                raise Refused("The address is taken.")

    def _group(self, step: Step, resolve: Resolve) -> str:
        if step.op is Op.CREATE_GROUP:
            id_ = str(next(self._ids))
            self.groups[id_] = Circle(id_, step.name or "", frozenset())
        else:
            id_ = step.target
        one = self.groups[id_]
        if step.op in {Op.DEACTIVATE_GROUP, Op.REACTIVATE_GROUP}:
            one = replace(one, active=step.op is Op.REACTIVATE_GROUP)
        joining = frozenset(there for one in step.joins if (there := resolve(one)))
        assert all(self.people[there].active for there in joining)
        members = (one.members | joining) - frozenset(step.leaves)
        self.groups[id_] = replace(one, name=step.name or one.name, members=members)
        return id_
