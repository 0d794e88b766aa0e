"""The law of order: events of one subject arrive in order, and none waits for another subject."""

from collections import defaultdict
from dataclasses import dataclass, field

from hypothesis import given, strategies as st

from headcount.feed.webhooks.planning import MOST_AT_ONCE, budget, chosen
from headcount.store.webhooks import Waiting


def first_of_each(waiting: dict[int, Waiting], held: set[int]) -> list[Waiting]:
    """What a store hands out: the first of each subject, unless it waits for its next try."""
    seen: set[str] = set()
    ready = []
    for position in sorted(waiting):
        one = waiting[position]
        if one.subject not in seen:
            seen.add(one.subject)
            if position not in held:
                ready.append(one)
    return ready


@dataclass
class World:
    """An endpoint, its events, and tries that end in whichever order."""

    waiting: dict[int, Waiting]
    held: set[int] = field(default_factory=set)  # that failed, and are not due
    under_way: list[Waiting] = field(default_factory=list)
    arrived: list[Waiting] = field(default_factory=list)
    begun: list[Waiting] = field(default_factory=list)

    def begin(self, most: int) -> None:
        busy = {one.subject for one in self.under_way}
        begin = chosen(first_of_each(self.waiting, self.held), busy, most)
        self.begun += begin
        self.under_way += begin
        assert len(self.under_way) <= max(most, len(self.under_way) - len(begin))
        subjects = [one.subject for one in self.under_way]
        assert len(set(subjects)) == len(subjects)

    def end(self, which: int, *, well: bool) -> None:
        one = self.under_way.pop(which % len(self.under_way))
        if well:
            self.arrived.append(self.waiting.pop(one.position))
        else:
            self.held.add(one.position)


SUBJECTS = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=40)
STEPS = st.lists(st.tuples(st.integers(0, 7), st.booleans(), st.booleans(), st.booleans()))


@given(SUBJECTS, STEPS)
def test_the_events_of_a_subject_arrive_in_order(
    subjects: list[str], steps: list[tuple[int, bool, bool, bool]]
) -> None:
    world = World({place: Waiting(place, who) for place, who in enumerate(subjects, start=1)})
    for which, well, failing, due in steps:
        world.begin(budget(failing=failing))
        if world.under_way:
            world.end(which, well=well)
        if due:
            world.held.clear()
    while world.waiting:
        world.held.clear()
        world.begin(MOST_AT_ONCE)
        world.end(0, well=True)
    by_subject = defaultdict(list)
    for one in world.arrived:
        by_subject[one.subject].append(one.position)
    assert all(places == sorted(places) for places in by_subject.values())
    assert sorted(one.position for one in world.arrived) == list(range(1, len(subjects) + 1))


@given(SUBJECTS)
def test_a_subject_that_fails_holds_back_no_other(subjects: list[str]) -> None:
    world = World({place: Waiting(place, who) for place, who in enumerate(subjects, start=1)})
    stuck = subjects[0]
    for _ in range(2 * len(subjects)):
        world.begin(MOST_AT_ONCE)
        while world.under_way:
            world.end(0, well=world.under_way[0].subject != stuck)
    assert {one.subject for one in world.waiting.values()} == {stuck}
    assert [one.position for one in world.begun if one.subject == stuck] == [1]


def test_one_try_at_a_time_while_an_endpoint_fails() -> None:
    ready = [Waiting(number, str(number)) for number in range(1, 20)]
    assert len(chosen(ready, set(), budget(failing=False))) == 8
    assert len(chosen(ready, set(), budget(failing=True))) == 1
    assert chosen(ready, {"30"}, budget(failing=True)) == []
