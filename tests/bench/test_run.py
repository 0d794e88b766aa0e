"""A run of the smallest size, from the first account to the tables and the page."""

import io
from dataclasses import replace

import pytest
import uvloop
from bench.contest import contest
from bench.grouping import joins
from bench.operations import BULK, CREATE, DEEP_PAGE, LAST_CURSOR, LOOK_UP, NEAR_PAGE, READ, REAL
from bench.plan import FULL, Plan, read_plan
from bench.progress import Shown
from bench.report import page
from bench.results import Measured
from bench.table import show
from bench.telling import page_name
from rich.console import Console

TINY = Plan(
    sizes=(200,),
    peers=(),
    connections=(2,),
    seconds=0.02,
    rounds=1,
    pages=(200, 300),
    exchanges=2_000,
    pairs=2,
    events=200,
)


def run(plan: Plan) -> tuple[Measured, Console]:
    """What a run led to, and where it was shown."""
    console = Console(file=io.StringIO(), width=112)
    return uvloop.run(contest(plan, Shown(console))), console


def shown(measured: Measured) -> str:
    """What is printed of it."""
    console = Console(file=io.StringIO(), width=112)
    show(console, measured)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def measured() -> Measured:
    """The run, once."""
    return run(TINY)[0]


def test_every_operation_is_measured_and_no_answer_is_wrong(measured: Measured) -> None:
    assert measured.remarks == []
    assert [(one.operation, one.example) for one in measured.results if not one.is_told] == []
    expected = {LOOK_UP, LOOK_UP + REAL, READ, READ + REAL, NEAR_PAGE, LAST_CURSOR, DEEP_PAGE}
    assert expected | {CREATE, BULK} <= set(measured.operations)
    assert "add a member to a group of 10" in measured.operations


def test_every_page_of_the_console_is_measured_and_none_is_wrong(measured: Measured) -> None:
    assert [(one.operation, one.example) for one in measured.pages if not one.is_told] == []
    names = [one.operation for one in measured.pages if one.accounts == 200]
    assert len(names) > 50
    assert [one.operation for one in measured.pages if one.accounts == 300] == names
    assert all(one.ratio > 0 and one.length > 1_000 for one in measured.pages)


def test_what_recording_costs_is_measured_in_turns(measured: Measured) -> None:
    assert [one.operation for one in measured.recording] == [LOOK_UP, READ, CREATE]
    for one in measured.recording:
        assert len(one.pairs) == TINY.pairs
        assert not any(each.wrong for each in one.rounds)
        low, middle, high = one.quartiles
        assert 0 < low <= middle <= high


def test_a_result_has_a_rate_its_ratio_and_its_processor_time(measured: Measured) -> None:
    look_up = measured.results[0]
    assert look_up.rate > 0
    assert look_up.ratio > 0
    assert look_up.ratio_beside
    assert look_up.percentile(0.5) <= look_up.percentile(0.99)
    assert look_up.per_request >= 0


def test_the_tables_and_the_page_tell_every_operation(measured: Measured) -> None:
    told = shown(measured)
    written = page(TINY, measured)
    for operation in measured.operations:
        assert operation[1:] in told
        assert f"### {operation[0].upper()}{operation[1:]}" in written
    for page_of in measured.pages:
        assert page_name(page_of.operation) in told
        assert f"\n| {page_name(page_of.operation)} | " in written
    assert f"\n| {LOOK_UP} | 2 | " in written
    words = " ".join(written.split())
    assert "pages of the console answer" in words
    assert "Recording requests takes off the rate over 2 connections: look up" in words
    assert "```" not in written


def test_a_plan_without_pages_and_pairs_tells_nothing_of_them() -> None:
    plan = replace(TINY, only=("read a group of 100",))
    measured, _ = run(plan)
    assert (measured.pages, measured.recording) == ([], [])
    assert "console" not in page(plan, measured)


def test_the_most_accounts_are_asked_in_turns_with_the_fewest() -> None:
    plan = replace(TINY, sizes=(200, 300, 400), pages=(), only=("a group of 100", joins(10)))
    measured, _ = run(plan)
    told = {(one.server, one.fewest, one.compared.accounts) for one in measured.grown}
    assert told == {("Headcount on SQLite", 200, 400)}
    names = [one.compared.operation for one in measured.grown]
    assert names == ["read a group of 100", joins(10)]
    assert all(len(one.compared.pairs) == plan.pairs for one in measured.grown)
    assert not any(each.wrong for one in measured.grown for each in one.compared.rounds)
    assert "Headcount on SQLite with 400 accounts, and with 200" in shown(measured)
    written = " ".join(page(plan, measured).split())
    assert f"| {joins(10)} | " in written
    assert "asked in turns with one with 200: a request takes so many times as long" in written
    assert "as a share of" not in written


def test_options_change_the_default_or_the_full_plan() -> None:
    assert read_plan([]) == Plan()
    assert read_plan(["--full"]) == FULL
    given = read_plan(["--full", "--accounts", "50", "--peers", "--write"])
    assert (given.sizes, given.peers, given.write) == ((50,), (), True)
    assert given.databases == FULL.databases


def test_pages_are_measured_where_somebody_wants_to_know() -> None:
    plan = read_plan(["--pages", "10", "20", "30", "--postgres-accounts", "20"])
    assert plan.pages_on("sqlite") == (10, 20, 30)
    assert plan.pages_on("postgres") == (20,)
    assert read_plan(["--pages"]).pages_on("sqlite") == ()
    assert read_plan(["--only", "create"]).pages_on("sqlite") == ()
    assert read_plan(["--only", "create", "console: tokens"]).pages_on("sqlite") == Plan().pages
