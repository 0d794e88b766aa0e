"""Numbers of days as pictures: one lane for each kind, so that nobody needs colours. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from markupsafe import Markup

from headcount.console.rendering import number
from headcount.store.activity import Done

DAYS = 30

_LANES = (
    ("Created", "one", frozenset({Done.CREATED})),
    ("Changed", "three", frozenset({Done.CHANGED, Done.REACTIVATED})),
    ("Deactivated or deleted", "two-fill", frozenset({Done.DEACTIVATED, Done.DELETED})),
    ("Refused", "four", frozenset({Done.REFUSED})),
)
_STEP, _BAR, _HEIGHT = 10, 8, 40
_LEAST = 1.5  # of a day on which anything happened, however much happened on others


class Lane(NamedTuple):
    """One kind of thing, day by day."""

    name: str
    values: tuple[int, ...]  # of each day, the first one first
    busiest: date | None  # the last day of those with most
    svg: Markup

    @property
    def total(self) -> int:
        """How often it happened."""
        return sum(self.values)

    @property
    def most(self) -> int:
        """How often it happened on the busiest day."""
        return max(self.values, default=0)


def days_until(last: date, length: int = DAYS) -> list[date]:
    """So many days in a row, of which this is the last one.

    >>> [str(one) for one in days_until(date(2026, 3, 1), 2)]
    ['2026-02-28', '2026-03-01']
    """
    return [last - timedelta(length - 1 - back) for back in range(length)]


def lanes(numbers: Iterable[tuple[str, Done, int]], days: Sequence[date]) -> list[Lane]:
    """What happened on these days, a lane for each kind.

    Args:
        numbers: day, what was done, how often; days that are missing had none.
        days: those to show, in order.
    """
    times: Counter[tuple[str, Done]] = Counter()
    for day, did, often in numbers:
        times[day, did] += often
    drawn = []
    for name, style, kinds in _LANES:
        values = tuple(sum(times[day.isoformat(), kind] for kind in kinds) for day in days)
        most = max(values, default=0)
        those = [day for day, value in zip(days, values, strict=True) if value == most]
        svg = _drawn(name, style, list(zip(days, values, strict=True)))
        drawn.append(Lane(name, values, max(those) if most else None, svg))
    return drawn


def _drawn(name: str, style: str, values: Sequence[tuple[date, int]]) -> Markup:
    """Bars over a line. It takes the width that there is, so no text is in it."""
    most = max((value for _, value in values), default=0)
    bars = Markup().join(
        Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}">{}</rect>').format(
            style, place * _STEP + 1, f"{_HEIGHT - height:g}", _BAR, f"{height:g}", _title(day, how)
        )
        for place, (day, how) in enumerate(values)
        if (height := _height(how, most))
    )
    return Markup(
        '<svg class="chart lane" viewBox="0 0 {width} {height}" preserveAspectRatio="none"'
        ' role="img" aria-label="{label}">{bars}'
        '<line class="axis" x1="0" y1="{height}" x2="{width}" y2="{height}"/></svg>'
    ).format(width=len(values) * _STEP, height=_HEIGHT, label=_label(name, values), bars=bars)


def _height(value: int, most: int) -> float:
    """How high a bar is, with one place behind the point.

    >>> _height(0, 9), _height(9, 9), _height(1, 1_000_000)
    (0, 40.0, 1.5)
    """
    return max(_LEAST, round(value / most * _HEIGHT, 1)) if value else 0


def _title(day: date, value: int) -> Markup:
    return Markup("<title>{}: {}</title>").format(day.isoformat(), number(value))


def _label(name: str, values: Sequence[tuple[date, int]]) -> str:
    """The picture in words.

    >>> _label("Created", [(date(2026, 3, 1), 2), (date(2026, 3, 2), 1)])
    'Created: 3 in 2 days, most on 2026-03-01 with 2'
    """
    total, most = sum(value for _, value in values), max((value for _, value in values), default=0)
    told = f"{name}: {number(total) if total else 'none'} in {len(values)} days"
    if not total:
        return told
    busiest = max(day for day, value in values if value == most)
    return f"{told}, most on {busiest.isoformat()} with {number(most)}"
