"""Numbers of days as pictures: true to the numbers, whatever they are, and readable as text."""

from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, strategies as st

from headcount.console.charts import DAYS, Lane, days_until, lanes
from headcount.store.activity import Done

SVG = ("rect", "line", "title", "svg")
LAST = date(2026, 3, 1)
WIDE, HIGH = 10, 40  # of a day, and of the highest bar
LEAST = 1.5

COUNTS = st.integers(0, 10) | st.integers(0, 10**15)
NUMBERS = st.lists(
    st.tuples(
        st.integers(-2, 40).map(lambda ago: (LAST - timedelta(ago)).isoformat()),
        st.sampled_from(Done),
        COUNTS,
    ),
    max_size=60,
)
KINDS = {
    "Created": {Done.CREATED},
    "Changed": {Done.CHANGED, Done.REACTIVATED},
    "Deactivated or deleted": {Done.DEACTIVATED, Done.DELETED},
    "Refused": {Done.REFUSED},
}


def bars(lane: Lane) -> list[tuple[float, float, float, float, str]]:
    """x, y, width, height and title of each bar."""
    root = ET.fromstring(str(lane.svg))
    assert {one.tag for one in root.iter()} <= set(SVG)
    found = []
    for one in root.iter("rect"):
        title = one.find("title")
        assert title is not None
        x, y, width, height = (float(one.attrib[name]) for name in ("x", "y", "width", "height"))
        found.append((x, y, width, height, str(title.text)))
    return found


@given(NUMBERS, st.integers(0, 40))
def test_a_picture_is_true_to_its_numbers(
    numbers: list[tuple[str, Done, int]], length: int
) -> None:
    days = days_until(LAST, length)
    drawn = lanes(numbers, days)
    assert [lane.name for lane in drawn] == list(KINDS)
    for lane in drawn:
        wanted = [
            sum(often for on, did, often in numbers if on == str(day) and did in KINDS[lane.name])
            for day in days
        ]
        assert list(lane.values) == wanted
        assert (lane.total, lane.most) == (sum(wanted), max(wanted, default=0))
        busiest = [day for day, often in zip(days, wanted, strict=True) if often == lane.most]
        assert lane.busiest == (busiest[-1] if lane.most else None)
        assert (lane.busiest is None) is (lane.total == 0)
        check_bars(lane, days)


def check_bars(lane: Lane, days: list[date]) -> None:
    """Each day on which something happened has a bar: in its place, within the frame, so high."""
    root = ET.fromstring(str(lane.svg))
    assert root.attrib["viewBox"] == f"0 0 {len(days) * WIDE} {HIGH}"
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"].startswith(f"{lane.name}: ")
    happened = [(place, often) for place, often in enumerate(lane.values) if often]
    drawn = bars(lane)
    assert len(drawn) == len(happened)
    for (x, y, width, height, title), (place, often) in zip(drawn, happened, strict=True):
        assert place * WIDE < x < x + width < (place + 1) * WIDE
        assert y >= 0
        assert y + height == pytest.approx(HIGH)
        assert LEAST <= height <= HIGH
        assert height == pytest.approx(max(LEAST, often / lane.most * HIGH), abs=0.05)
        assert title == f"{days[place]}: {often:,}"
    by_number = sorted(zip((often for _, often in happened), drawn, strict=True))
    for (fewer, low), (more, high) in pairwise(by_number):
        assert low[3] <= high[3] or fewer == more
    for text in ("nan", "inf", "e+", "e-"):
        assert text not in str(lane.svg).lower().replace("line", "")


def test_where_there_are_no_days_there_is_nothing_to_see() -> None:
    for lane in lanes([("2026-03-01", Done.CREATED, 7)], []):
        assert (lane.values, lane.total, lane.most, lane.busiest) == ((), 0, 0, None)
        assert bars(lane) == []


def test_a_quiet_month_is_told_so() -> None:
    for lane in lanes([], days_until(LAST)):
        assert f'aria-label="{lane.name}: none in {DAYS} days"' in lane.svg
        assert bars(lane) == []


def test_days_follow_each_other_up_to_the_last() -> None:
    days = days_until(LAST)
    assert len(days) == DAYS
    assert days[-1] == LAST
    assert {after - before for before, after in pairwise(days)} == {timedelta(1)}


def test_each_kind_has_a_lane_of_its_own_so_that_nobody_needs_colours() -> None:
    numbers = [(str(LAST), done, 1) for done in Done]
    drawn = {lane.name: lane.total for lane in lanes(numbers, days_until(LAST))}
    assert drawn == {name: len(kinds) for name, kinds in KINDS.items()}
