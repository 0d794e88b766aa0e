"""The parts of the page about growth, about the console, about recording and about the feed."""

from collections.abc import Iterator, Mapping
from statistics import median

from bench.console import LIMIT
from bench.figures import number
from bench.markdown import bullets, markdown, paragraph
from bench.plan import Plan
from bench.results import Followed, Measured, Result, unique
from bench.telling import (
    ARRIVING,
    DELIVERING,
    FOLLOWING,
    GROWING,
    READING,
    RECORDING,
    arriving_rows,
    by_page,
    delivering_rows,
    following_rows,
    growing_rows,
    growth,
    page_headings,
    page_rows,
    page_sizes,
    reading_rows,
    recording_rows,
)


def of_growth(measured: Measured) -> Iterator[str]:
    """The part about what accounts cost, where that was measured in turns."""
    for server, grown in measured.growing:
        compared = grown[0].compared
        yield paragraph(
            f"{server} with {compared.accounts:,} accounts and with {grown[0].fewest:,}, asked in"
            f" turns, {len(compared.pairs)} times each, over {compared.connections} connections,"
            " per second. **Cost** is how many times the time with the fewest accounts a request"
            " takes with the most, the median of the pairs; half of them are within the **middle"
            " half**."
        )
        yield markdown(GROWING, growing_rows(grown))


def of_the_console(plan: Plan, measured: Measured) -> Iterator[str]:
    """The part about the pages of the console, where they were measured."""
    if not measured.pages:
        return
    yield "## The pages of the console"
    yield paragraph(
        "Each page that can be opened, by somebody who came in by a link and to whom everything is"
        " open: the time until its last byte is there, over one connection. Before that,"
        f" {plan.exchanges:,} requests were recorded (200,000 are kept by default), spread over 30"
        " days and over all accounts; one in twenty of them was refused. The audit trail has 10,000"
        " entries, and one account was changed 1,000 times. An answer is right if its status is 200"
        " and the texts stand in it that have to, such as the first and the last name of a list."
    )
    yield bullets([line for name in _consoles(measured) for line in pages_in_short(measured, name)])
    yield "![How long the pages of the console take](images/pages.svg)"
    yield paragraph(
        "**p50** is the median and **p99** what 99 of 100 requests stay below. **Growth** is how"
        " many times the cost with the fewest accounts a page has with the most, by the ratios to"
        " the empty answer. **CPU** and **kB** are those with the most accounts."
    )
    for name in _consoles(measured):
        yield f"### On {name}"
        yield markdown(page_headings(page_sizes(measured, name)), page_rows(measured, name))


def _consoles(measured: Measured) -> list[str]:
    return unique(one.server for one in measured.pages)


def of_recording(measured: Measured) -> Iterator[str]:
    """The part about what recording costs, where that was measured."""
    if not measured.recording:
        return
    first = measured.recording[0]
    yield "## What recording requests costs"
    yield paragraph(
        "Headcount records each request for the page Activity, as it does by itself, and beside it"
        " runs one that records none (`HEADCOUNT_ACTIVITY_DAYS=0`), both on SQLite with"
        f" {first.accounts:,} accounts. They are asked in turns, {len(first.pairs)} times each, now"
        " the one first and now the other. **Ratio** is the median of what the one does to what the"
        " other does, pair by pair; half of the pairs are within the **middle half**."
    )
    yield bullets(recording_in_short(measured))
    yield markdown(RECORDING, recording_rows(measured))


def of_the_feed(measured: Measured) -> Iterator[str]:
    """The part about how changes leave, where that was measured."""
    followed = measured.followed
    if not followed.read:
        return
    yield "## How changes leave"
    yield paragraph(
        "One reader takes the whole feed of an organisation, each account of which was created and"
        " then changed three times: in pages, each asked for when the last was there, or as"
        " server-sent events. Positions have to go on by one, and each event has to carry its"
        " account. **CPU** is the processor time that the server takes for an event."
    )
    yield markdown(READING, reading_rows(followed))
    yield paragraph(
        "Who waits at a long poll while somebody changes an account now and then gets the event so"
        " long after the change was answered; the server looks for new events every 100 ms:"
    )
    yield markdown(ARRIVING, arriving_rows(followed))
    yield "### Webhooks"
    yield paragraph(
        "A receiver on the same machine takes events that were waiting and does nothing with them."
        " Each event has to come once, those of an account in order, and one signature of 50 is"
        " made anew and compared. **Per second** is of all webhooks together, without the first and"
        " the last tenth. What limits it: one process signs, sends and notes each delivery, beside"
        " answering, and the receiver shares its cores. To one webhook, eight requests go out at"
        " once, each for another account, so a receiver that takes 100 ms gets 80 per second at"
        " most; and the events of one account or group wait for each other."
    )
    yield markdown(DELIVERING, delivering_rows(followed))
    if followed.costs:
        yield from _of_followers(followed)


def _of_followers(followed: Followed) -> Iterator[str]:
    _, _, first = followed.costs[0]
    yield "### What followers cost those who write"
    yield paragraph(
        f"Two servers with {first.accounts:,} accounts are asked in turns, {len(first.pairs)} times"
        " each; somebody follows the one and nobody the other. **Ratio** is the median of what the"
        " one does to what the other does, pair by pair. **CPU ratio** compares the processor time"
        " that a write takes with all that follows from it. The next round begins when the follower"
        " has everything. Follower and writers are one process beside the server."
    )
    for name in unique(server for server, _, _ in followed.costs):
        yield f"On {name}:"
        yield markdown(FOLLOWING, following_rows(followed, name))


def following_in_short(measured: Measured) -> list[str]:
    """What each way to follow takes off the rate of those who write."""
    told: dict[tuple[str, str], list[str]] = {}
    for server, way, one in measured.followed.costs:
        low, middle, high = one.quartiles
        told.setdefault((server, way), []).append(
            f"{one.operation} {_taken(middle)} (half of the pairs: {_share(high)} to {_share(low)})"
        )
    return [
        f"Following by {way} takes off the rate of writers ({server}): {', '.join(shares)}."
        for (server, way), shares in told.items()
    ]


def pages_in_short(measured: Measured, server: str) -> list[str]:
    """Whether each page of a console is quick enough with the most accounts, and what grows."""
    pages = by_page(measured, server)
    if not pages:
        return []
    last = {name: series[-1] for name, series in pages.items()}
    grown = {name: growth(series) for name, series in pages.items() if series[1:]}
    told = [_verdict(server, last)]
    if grown:
        worst = max(grown, key=lambda name: grown[name])
        fewest, most = (series[place].accounts for series in (pages[worst],) for place in (0, -1))
        told.append(
            f"With {most:,} accounts a page costs {number(median(grown.values()))} times what it"
            f" costs with {fewest:,}, in the median of the pages, and {number(grown[worst])} times"
            f" where that is most: {worst} ({server})."
        )
    return told


def _verdict(server: str, last: Mapping[str, Result]) -> str:
    most = max(one.accounts for one in last.values())
    slow = [name for name, one in last.items() if one.percentile(0.5) >= LIMIT]
    verdict = f"each of the {len(last)} pages of the console answers in under {LIMIT:g} ms"
    if slow:
        verdict = (
            f"{len(last) - len(slow)} of the {len(last)} pages of the console answer in under"
            f" {LIMIT:g} ms, and these do not: {'; '.join(slow)}"
        )
    slowest = max(last, key=lambda name: last[name].percentile(0.5))
    one = last[slowest]
    beyond = [name for name, one in last.items() if one.percentile(0.99) >= LIMIT]
    seldom = f" One in 100 takes longer than that: {'; '.join(beyond)}." if beyond else ""
    return (
        f"With {most:,} accounts {verdict} ({server}).{seldom} The slowest, {slowest}, takes"
        f" {number(one.percentile(0.5))} ms in the median and up to"
        f" {number(one.percentile(0.99))} ms in 99 of 100 cases; its rate is {number(one.ratio)} of"
        " the empty answer's."
    )


def recording_in_short(measured: Measured) -> list[str]:
    """What recording takes off the rate of each operation over the most connections."""
    most = max((one.connections for one in measured.recording), default=0)
    told = [
        f"{one.operation} {_taken(middle)} (half of the pairs: {_share(high)} to {_share(low)})"
        for one in measured.recording
        for low, middle, high in [one.quartiles]
        if one.connections == most
    ]
    if not told:
        return []
    return [f"Recording requests takes off the rate over {most} connections: {', '.join(told)}."]


def _taken(ratio: float) -> str:
    """What is missing to 1, where anything is.

    >>> _taken(0.953), _taken(1.02)
    ('4.7 %', 'nothing')
    """
    return _share(ratio) if ratio < 1 else "nothing"


def _share(ratio: float) -> str:
    """What is missing to 1, in hundredths.

    >>> _share(0.953), _share(1.02)
    ('4.7 %', '-2.0 %')
    """
    return f"{100 * (1 - ratio):.1f} %"
