"""The load generator notices what is wrong."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import repeat

import pytest
from bench.load import Requests, Round, measure
from bench.results import Measured, Result
from bench.wire import Asked, request

from bench import __main__ as bench
from tests.bench.answering import answering, ok

YES = ok(b"yes")


def ask() -> Requests:
    """The same request again and again."""
    sent = Asked(request("GET", "/"), last=b"yes")
    return lambda _, __: repeat(sent)


def measured(
    requests: Requests,
    answer: Callable[[int], bytes],
    *,
    patience: float = 5.0,
    ends: bool = False,
) -> Round:
    """What a server led to."""

    async def run() -> Round:
        async with answering(answer, ends=ends) as port:
            return await measure(port, requests, 0.1, 2, patience)

    return asyncio.run(run())


def test_right_answers_are_counted_and_none_is_wrong() -> None:
    noted = measured(ask(), lambda _: YES)
    assert (noted.wrong, noted.gave_up) == (0, False)
    assert len(noted.latencies) == noted.sent > 10
    assert noted.rate > 10


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(ok(b"no!"), id="about something else"),
        pytest.param(YES.replace(b"200", b"500"), id="a failure"),
    ],
)
def test_one_wrong_answer_among_many_is_noticed(answer: bytes) -> None:
    noted = measured(ask(), lambda given: answer if given == 7 else YES)
    assert noted.wrong == 1
    assert noted.example.startswith("GET / should have answered HTTP/1.1 200 yes, not")


def test_a_server_that_hangs_up_is_noticed() -> None:
    assert measured(ask(), lambda _: YES, ends=True).wrong


def test_a_server_that_never_answers_does_not_hold_up_the_run() -> None:
    noted = measured(ask(), lambda _: b"", patience=0.1)
    assert noted.gave_up
    assert noted.rate == 0


def test_what_is_sent_between_is_not_counted_and_ends_a_round() -> None:
    def requests(_: int, __: int) -> Iterator[Asked]:
        while True:
            yield Asked(request("GET", "/join"))
            yield Asked(request("GET", "/leave"), counted=False)

    noted = measured(requests, lambda _: YES)
    assert noted.sent == 2 * len(noted.latencies)


def test_a_wrong_answer_of_ours_ends_the_run_and_a_peers_does_not() -> None:
    wrong = Round(1, [0.1], 1, wrong=1, example="GET / should have answered otherwise")
    peer = Result("a peer", "read by id", 10, 1, rounds=[wrong])
    bench.refuse_wrong(Measured([peer]))
    ours = Result("Headcount on SQLite", "read by id", 10, 1, rounds=[wrong])
    with pytest.raises(SystemExit, match="read by id: 1 answers were wrong"):
        bench.refuse_wrong(Measured([peer, ours]))
