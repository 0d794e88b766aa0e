"""Compares an organisation with a target, and says what to do: pure, and the same every time."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from headcount.connectors.grouping import People, plan_groups
from headcount.connectors.target import Target, is_protected
from headcount.connectors.values import (
    ORDER,
    Account,
    Form,
    Found,
    Link,
    Notice,
    Op,
    Person,
    Plan,
    Step,
    Wanted,
)

Scope = Collection[str] | None
"""Ids of the accounts that are looked at; None: all."""


@dataclass(frozen=True, slots=True)
class Match:
    """An account and the form that it shall have, with who it is at the target."""

    account: Account
    form: Form
    person: Person | None
    adopted: bool = False  # by its key, and not by a link


@dataclass(slots=True)
class _Draft:
    """A plan that comes about."""

    steps: list[Step] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    adopted: list[Link] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Hands:
    """What the parts of a plan need."""

    links: Mapping[str, Link]
    target: Target
    shielded: frozenset[str]  # folded addresses of people whom nobody touches
    draft: _Draft


def plan(
    wanted: Wanted,
    found: Found,
    links: Mapping[str, Link],
    target: Target,
    *,
    protected: Collection[str] = (),
    scope: Scope = None,
) -> Plan:
    """What makes the target like the organisation.

    Args:
        wanted: the side of the organisation; with a `scope` only those in it need be there.
        found: the side of the target.
        links: who is who, by the ids of ours.
        target: says what it can hold.
        protected: addresses of people whom nobody touches.
        scope: the accounts that are looked at.
    """
    draft = _Draft()
    shielded = frozenset(address.casefold() for address in protected)
    hands = _Hands(links, target, shielded, draft)
    people = {one.id: one for one in found.people}
    living = {one.id for one in wanted.people}
    ours = [link for link in links.values() if not link.group]
    gone = [one for one in ours if one.resource not in living and _is_in(scope, one.resource)]
    taken = {link.target for link in ours if link not in gone}
    matches = _matches(wanted, people, taken, hands)
    safe = {one.id for one in found.people if is_protected(one, shielded)}
    for match in matches:
        _plan_person(match, safe, hands)
    claimed = {one.person.id for one in matches if one.person}
    for link in gone:
        _plan_gone(link, people.get(link.target), claimed | safe | taken, draft)
    there = {one.resource: one.target for one in ours if one not in gone}
    there |= {one.account.id: one.person.id for one in matches if one.person}
    _plan_groups(wanted, found, there, safe, hands)
    draft.notices += [Notice("", notice) for notice in found.notices]
    linked = {link.target for link in ours} | claimed
    return Plan(
        steps=tuple(sorted(draft.steps, key=_place)),
        notices=tuple(draft.notices),
        adopted=tuple(draft.adopted),
        forgotten=tuple(draft.forgotten),
        unknown=sum(one.active and one.id not in linked | safe for one in found.people),
        protected=len(safe),
    )


def _plan_groups(
    wanted: Wanted, found: Found, there: dict[str, str], safe: Collection[str], hands: _Hands
) -> None:
    draft = hands.draft
    if wanted.groups is None or found.groups is None:
        return
    arriving = {step.resource for step in draft.steps if step.op in {Op.CREATE, Op.REACTIVATE}}
    leaving = {step.target for step in draft.steps if step.op is Op.DEACTIVATE}
    free = {one.id for one in found.people if one.active} - leaving - set(safe)
    people = People(there, arriving, free)
    planned = plan_groups(wanted.groups, found.groups, hands.links, hands.target, people)
    draft.steps += planned.steps
    draft.notices += planned.notices
    draft.adopted += planned.adopted
    draft.forgotten += planned.forgotten


def _place(step: Step) -> tuple[int, bool, str, str]:
    """Whoever becomes an owner does so before somebody ceases to be the last one."""
    return ORDER[step.op], step.role != "owner", step.who.casefold(), step.resource


def _is_in(scope: Scope, resource: str) -> bool:
    return scope is None or resource in scope


def _matches(
    wanted: Wanted, people: Mapping[str, Person], taken: Collection[str], hands: _Hands
) -> list[Match]:
    """Who is who: by what is remembered, then by the key; nobody is matched twice."""
    by_key = _by_key(one for one in people.values() if one.id not in taken)
    claimed: set[str] = set()  # ids of people
    others = {key: one.name for one in people.values() if one.id in taken for key in one.keys}
    found: list[Match] = []
    keys: dict[str, str] = {} if hands.target.traits.keys_change else others
    for account in sorted(wanted.people, key=lambda one: (not one.active, one.id)):
        form = hands.target.fit(account)
        link = hands.links.get(account.id)
        person = people.get(link.target) if link else None
        why_not = form if isinstance(form, str) else ""
        if not isinstance(form, str) and person is None and form.key in keys:
            why_not = _same_key(form, keys[form.key])
        if why_not and account.active:
            hands.draft.notices.append(Notice(account.user_name, why_not))
        if isinstance(form, str):
            if person is not None and not account.active:
                found.append(Match(account, Form("", "", person.name), person))
            continue
        if why_not:
            continue
        keys.setdefault(form.key, account.user_name)
        same = by_key.get(form.key)
        held = person or (same if same is not None and same.id not in claimed else None)
        if held is not None:
            claimed.add(held.id)
        found.append(Match(account, form, held, adopted=held is not person))
    return found


def _same_key(form: Form, other: str) -> str:
    return (
        f"It would be {form.key} at the target, and so would {other}, which is there already:"
        " give one of them another address."
    )


def _by_key(people: Iterable[Person]) -> dict[str, Person]:
    """People by each of their keys; who is active comes before who is not."""
    ordered = sorted(people, key=lambda one: (one.active, one.id))
    return {key: one for one in ordered for key in one.keys}


def _plan_person(match: Match, safe: Collection[str], hands: _Hands) -> None:
    account, form, person = match.account, match.form, match.person
    steps = hands.draft.steps
    if form.address.casefold() in hands.shielded or (person is not None and person.id in safe):
        return
    if person is None:
        if account.active:
            steps.append(_created(account, form))
        return
    if match.adopted:
        hands.draft.adopted.append(Link(account.id, person.id, person.address or ""))
    link = hands.links.get(account.id)
    known = link if link is not None and link.target == person.id else None
    differing = _differing(form, person, known)
    if not account.active:
        if person.active:
            steps.append(_left(account.id, person, "The account is not active."))
    elif not person.active:
        steps.append(_reactivated(account, form, person, differing))
    else:
        steps += _changed(account, person, differing)


Differing = dict[str, tuple[str, str]]
"""What is other than it shall be: before and after, by the name of the value."""


def _differing(form: Form, person: Person, link: Link | None) -> Differing:
    held = person.address if person.address is not None else (link.address if link else None)
    found: Differing = {}
    if form.name != person.name:
        found["name"] = person.name, form.name
    if form.address and (held is None or form.address.casefold() != held.casefold()):
        found["address"] = held or "", form.address
    if form.role is not None and form.role != person.role:
        found["role"] = person.role or "", form.role
    return found


def _told(differing: Differing) -> str:
    """What changes, in words.

    >>> _told({"name": ("Ada", "Ada King"), "address": ("", "a@x.test")})
    'The name becomes Ada King (it was Ada); the address becomes a@x.test.'
    """
    told = [
        f"the {name} becomes {after}" + (f" (it was {before})" if before else "")
        for name, (before, after) in differing.items()
    ]
    text = "; ".join(told)
    return text[:1].upper() + text[1:] + "." if text else ""


def _created(account: Account, form: Form) -> Step:
    return Step(
        Op.CREATE,
        account.id,
        "",
        account.user_name,
        "There is no such account yet.",
        form.name,
        form.address,
        form.role,
        key=form.key,
    )


def _left(resource: str, person: Person, why: str) -> Step:
    return Step(Op.DEACTIVATE, resource, person.id, person.address or person.name, why)


def _reactivated(account: Account, form: Form, person: Person, differing: Differing) -> Step:
    why = f"The account is active. {_told(differing)}".strip()
    step = _step(Op.REACTIVATE, account, person, differing)
    # With its address in any case: some targets forget it meanwhile.
    return replace(step, why=why, address=step.address or form.address)


def _changed(account: Account, person: Person, differing: Differing) -> Iterator[Step]:
    for name, op in (("name", Op.UPDATE), ("address", Op.ADDRESS), ("role", Op.ROLE)):
        if name in differing:
            yield _step(op, account, person, {name: differing[name]})


def _step(op: Op, account: Account, person: Person, differing: Differing) -> Step:
    after = {name: value for name, (_, value) in differing.items()}
    return Step(
        op,
        account.id,
        person.id,
        account.user_name,
        _told(differing),
        after.get("name"),
        after.get("address"),
        after.get("role"),
    )


def _plan_gone(link: Link, person: Person | None, others: Collection[str], draft: _Draft) -> None:
    """Somebody who was linked, and is not in the organisation any more."""
    if person is None or not person.active or person.id in others:
        draft.forgotten.append(link.resource)
    else:
        draft.steps.append(_left(link.resource, person, "The account was deleted."))
