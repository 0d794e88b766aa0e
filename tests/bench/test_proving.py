"""Before it is measured, an answer is taken apart and what it claims is looked up."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

import pytest
from bench.operations import Operation
from bench.ours import MANNERS, OurFiller
from bench.proving import WrongError, prove
from bench.stage import Server, Stage
from bench.warming import read_through
from bench.wire import Asked, request

from tests.bench.answering import answering, ok

GET = Asked(request("GET", "/"), last=b"}")


def proved(operation: Operation, answer: Callable[[int], bytes]) -> int:
    """The length of the answer that was taken apart."""

    async def run() -> int:
        async with answering(answer) as port:
            filler = OurFiller.__new__(OurFiller)  # nobody is filled here
            server = Server("ours", port, "", MANNERS, filler, (), Path())
            proof = await prove(Stage(server, 0), operation, patience=0.1)
            return proof.length

    return asyncio.run(run())


def test_all_of_a_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "it").write_bytes(bytes(3_000_000))
    (tmp_path / "beside").write_bytes(b"x")
    assert read_through(tmp_path) == 3_000_001


def joins(_: int, __: int) -> Iterator[Asked]:
    """Somebody joins, and leaves."""
    return iter([GET, GET._replace(counted=False)])


def test_an_answer_that_is_whole_tells_its_length() -> None:
    operation = Operation("read", lambda _, __: repeat(GET), lambda told: bool(told["id"] == 7))
    assert proved(operation, lambda _: ok(b'{"id": 7}')) == 9


@pytest.mark.parametrize(
    ("operation", "answers"),
    [
        pytest.param(
            Operation("read", lambda _, __: repeat(GET), lambda told: "id" in told),
            [b"{}"],
            id="something is missing",
        ),
        pytest.param(
            Operation("change", lambda _, __: repeat(GET), witness=lambda _: GET),
            [b"{}", b"not changed"],
            id="what was changed is not so",
        ),
        pytest.param(
            Operation("join", joins, witness=lambda _: GET),
            [b"{}", b"{}", b"{}", b"{}"],
            id="who left is still there",
        ),
        pytest.param(Operation("read", lambda _, __: repeat(GET)), [b"no"], id="something else"),
    ],
)
def test_a_claim_that_does_not_hold_is_told(operation: Operation, answers: list[bytes]) -> None:
    with pytest.raises(WrongError):
        proved(operation, lambda given: ok(answers[given]))


def test_who_joins_is_seen_and_is_gone_after_leaving() -> None:
    answers = [b"{}", b"{}", b"{}", b"gone"]
    proved(Operation("join", joins, witness=lambda _: GET), lambda given: ok(answers[given]))


def test_a_server_that_does_not_answer_is_given_up() -> None:
    with pytest.raises(WrongError, match="no answer within"):
        proved(Operation("read", lambda _, __: repeat(GET)), lambda _: b"")
