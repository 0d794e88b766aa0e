"""Compares the groups of an organisation with those of a target: pure, as `planning` is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from headcount.connectors.target import Target
from headcount.connectors.values import Circle, Group, Link, Notice, Op, Step


@dataclass(frozen=True, slots=True)
class People:
    """Who is who at the target, and who of them can be in a group."""

    there: Mapping[str, str]  # ids of theirs by ours
    arriving: Collection[str]  # ids of ours that will be there, or active, when groups are written
    free: Collection[str]  # ids of theirs: active, and not protected


@dataclass(slots=True)
class Planned:
    """What there is to do with groups."""

    steps: list[Step] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    adopted: list[Link] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)  # ids of ours with nothing left to do


def plan_groups(
    wanted: Collection[Group],
    found: Collection[Circle],
    links: Mapping[str, Link],
    target: Target,
    people: People,
) -> Planned:
    """What makes the groups of the target like those of the organisation."""
    planned = Planned()
    circles = {one.id: one for one in found if not one.system}
    held = {one.resource: one.target for one in links.values() if one.group}
    living = {one.id for one in wanted}
    taken = {held[id_] for id_ in living if id_ in held}
    by_name = {one.name.casefold(): one for one in circles.values() if one.id not in taken}
    claimed = set(taken)
    for group in sorted(wanted, key=lambda one: (one.name.casefold(), one.id)):
        name, why_not = target.fit_group(group.name)
        if why_not:
            planned.notices.append(Notice(group.name, why_not))
            continue
        circle = circles.get(held.get(group.id, ""))
        if circle is None and (circle := by_name.pop(name.casefold(), None)) is not None:
            planned.adopted.append(Link(group.id, circle.id, group=True))
            claimed.add(circle.id)
        planned.steps += _steps(group, name, circle, people)
    for id_, circle_id in held.items():
        if id_ not in living:
            _plan_gone(id_, circles.get(circle_id), claimed, planned)
    return planned


def _plan_gone(id_: str, circle: Circle | None, claimed: Collection[str], into: Planned) -> None:
    """A group that was linked, and is not in the organisation any more."""
    if circle is None or not circle.active or circle.id in claimed:
        into.forgotten.append(id_)
    else:
        why = "The group was deleted."
        into.steps.append(Step(Op.DEACTIVATE_GROUP, id_, circle.id, circle.name, why))


def _steps(group: Group, name: str, circle: Circle | None, people: People) -> list[Step]:
    joins = tuple(sorted(_joining(group, circle, people)))
    if circle is None:
        why = f"There is no such group yet. {_counted(joins, ())}".strip()
        return [Step(Op.CREATE_GROUP, group.id, "", name, why, name=name, joins=joins)]
    steps = []
    if not circle.active:
        why = "The group is there, and not active."
        steps.append(Step(Op.REACTIVATE_GROUP, group.id, circle.id, name, why))
    if circle.name != name:
        why = f"The name becomes {name} (it was {circle.name})."
        steps.append(Step(Op.RENAME_GROUP, group.id, circle.id, name, why, name=name))
    leaves = tuple(sorted(_leaving(group, circle, people)))
    if joins or leaves:
        why = _counted(joins, leaves)
        step = Step(Op.MEMBERS, group.id, circle.id, name, why, joins=joins, leaves=leaves)
        steps.append(step)
    return steps


def _counted(joins: Collection[str], leaves: Collection[str]) -> str:
    """How many come and go.

    >>> _counted(["7"], ["8", "9"])
    'Joining: 1; leaving: 2.'
    """
    told = [f"joining: {len(joins)}"] if joins else []
    told += [f"leaving: {len(leaves)}"] if leaves else []
    text = "; ".join(told)
    return text[:1].upper() + text[1:] + "." if text else ""


def _joining(group: Group, circle: Circle | None, people: People) -> set[str]:
    """Who shall be in and is not, of those whom the target can have in a group."""
    held = circle.members if circle else frozenset()
    joining = set()
    for member in group.members:
        there = people.there.get(member)
        if there in held:
            continue
        if member in people.arriving or (there is not None and there in people.free):
            joining.add(member)
    return joining


def _leaving(group: Group, circle: Circle, people: People) -> frozenset[str]:
    """Who is in and shall not be: people of ours. Others, and who is protected, stay in."""
    wanted = {people.there[member] for member in group.members if member in people.there}
    ours = frozenset(people.there.values())
    return (circle.members - wanted) & ours & set(people.free)
