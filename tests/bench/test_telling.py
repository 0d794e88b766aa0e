"""What a run says of the pages of the console, of recording and of growth."""

from bench.load import Round
from bench.results import Compared, Grown, Measured, Result
from bench.sections import pages_in_short, recording_in_short
from bench.telling import growing_rows, page_headings, page_rows

OURS = "Headcount on SQLite"


def page(name: str, accounts: int, milliseconds: float, seldom: float | None = None) -> Result:
    """A page that took so long, beside an empty answer that takes a millisecond."""
    latencies = [milliseconds / 1e3] * 97 + [(seldom or milliseconds) / 1e3] * 3
    took = Round(1, latencies, sent=100)
    empty = Round(1, [0.001] * 10)
    return Result(OURS, f"console: {name}", accounts, 1, 1, 2_500, [took], [empty], [], 0.2)


def told(*pages: Result) -> str:
    """What is said of them."""
    return " ".join(pages_in_short(Measured(pages=list(pages)), OURS))


def test_pages_that_are_all_quick_are_said_to_be() -> None:
    found = told(page("overview", 10, 5), page("overview", 1_000, 10), page("tokens", 1_000, 99))
    assert "With 1,000 accounts each of the 2 pages of the console answers in under 100 ms" in found
    assert "The slowest, tokens, takes 99.0 ms in the median and up to 99.0 ms" in found
    assert "its rate is 0.01 of the empty answer's." in found
    assert "costs 2.0 times what it costs with 10" in found
    assert "longer" not in found


def test_a_page_that_is_slow_is_named() -> None:
    found = told(page("overview", 1_000, 100), page("tokens", 1_000, 9))
    assert "1 of the 2 pages of the console answer in under 100 ms" in found
    assert "and these do not: overview" in found


def test_a_page_that_is_slow_only_with_few_accounts_is_not() -> None:
    assert "each of the 1 pages" in told(page("overview", 10, 500), page("overview", 1_000, 9))


def test_a_page_that_is_slow_now_and_then_is_named_as_such() -> None:
    found = told(page("overview", 1_000, 10, seldom=150), page("tokens", 1_000, 9))
    assert "each of the 2 pages" in found
    assert "100 ms (Headcount on SQLite). One in 100 takes longer than that: overview." in found


def test_a_row_tells_each_size_and_what_is_missing_is_left_out() -> None:
    measured = Measured(pages=[page("overview", 1_000, 5), page("overview", 100_000, 20)])
    measured.pages.append(page("tokens", 100_000, 2))
    assert page_headings([1_000, 100_000])[1:4] == ("p50 ms, 1k", "p99 ms, 1k", "To empty, 1k")
    assert page_rows(measured, OURS) == [
        ("overview", "5.0", "5.0", "0.2", "20.0", "20.0", "0.05", "2.0", "4.0", "2.5"),
        ("tokens", "", "", "", "2.0", "2.0", "0.5", "2.0", "", "2.5"),
    ]


def test_what_recording_costs_is_the_median_of_pairs_however_much_the_machine_changes() -> None:
    fast, slow, slower = (Round(1, [seconds], 1) for seconds in (0.001, 0.002, 0.0025))
    pairs = [(fast, fast), (slow, slow), (slower, slow), (slower, slow), (slower, slow)]
    compared = Compared("read by id", 10, 16, pairs, (0.3, 0.2))
    assert compared.quartiles == (0.8, 0.8, 1.0)
    assert compared.rates == (400.0, 500.0)
    assert round(compared.per_request, 3) == 1.5
    alone = Compared("read by id", 10, 1, pairs[:1])
    [found] = recording_in_short(Measured(recording=[alone, compared]))
    assert found.startswith("Recording requests takes off the rate over 16 connections: read by id")
    assert found.endswith(" 20.0 % (half of the pairs: 0.0 % to 20.0 %).")
    assert recording_in_short(Measured()) == []


def test_a_request_that_takes_twice_as_long_costs_two_times_as_much() -> None:
    fast, slow, slower = (Round(1, [seconds], 1) for seconds in (0.001, 0.002, 0.004))
    pairs = [(fast, fast), (slow, fast), (slow, fast), (slower, fast), (slower, fast)]
    grown = Grown(OURS, 10, Compared("read by id", 1_000, 16, pairs, (0.4, 0.2)))
    assert grown.cost == (2.0, 2.0, 4.0)
    assert growing_rows([grown]) == [("read by id", "1,000", "500", "2.00", "2.00 to 4.00", "2.00")]
