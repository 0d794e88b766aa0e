"""A run of the smallest size, from the first account to the tables and the page."""

import io

import pytest
import uvloop
from bench.contest import contest
from bench.operations import BULK, CREATE, DEEP_PAGE, LAST_CURSOR, LOOK_UP, READ, REAL
from bench.plan import FULL, Plan, read_plan
from bench.progress import Shown
from bench.report import page
from bench.results import Measured
from bench.table import show
from rich.console import Console

TINY = Plan(sizes=(200,), peers=(), connections=(2,), seconds=0.05, rounds=1)


def run(plan: Plan) -> tuple[Measured, Console]:
    """What a run led to, and where it was shown."""
    console = Console(file=io.StringIO(), width=112)
    return uvloop.run(contest(plan, Shown(console))), console


@pytest.fixture(scope="module")
def measured() -> Measured:
    """The run, once."""
    return run(TINY)[0]


def test_every_operation_is_measured_and_no_answer_is_wrong(measured: Measured) -> None:
    assert measured.remarks == []
    assert [(one.operation, one.example) for one in measured.results if not one.is_told] == []
    expected = {LOOK_UP, LOOK_UP + REAL, READ, READ + REAL, LAST_CURSOR, DEEP_PAGE, CREATE, BULK}
    assert expected <= set(measured.operations)
    assert "add a member to a group of 10" in measured.operations


def test_a_result_has_a_rate_its_ratio_and_its_processor_time(measured: Measured) -> None:
    look_up = measured.results[0]
    assert look_up.rate > 0
    assert look_up.ratio > 0
    assert look_up.ratio_beside
    assert look_up.percentile(0.5) <= look_up.percentile(0.99)
    assert look_up.per_request >= 0


def test_the_tables_and_the_page_tell_every_operation(measured: Measured) -> None:
    console = Console(file=io.StringIO(), width=112)
    show(console, measured)
    assert isinstance(console.file, io.StringIO)
    told = console.file.getvalue()
    written = page(TINY, measured)
    for operation in measured.operations:
        assert operation[1:] in told
        assert f"### {operation[0].upper()}{operation[1:]}" in written
    assert "```" not in written


def test_options_change_the_default_or_the_full_plan() -> None:
    assert read_plan([]) == Plan()
    assert read_plan(["--full"]) == FULL
    given = read_plan(["--full", "--accounts", "50", "--peers", "--write"])
    assert (given.sizes, given.peers, given.write) == ((50,), (), True)
    assert given.databases == FULL.databases
