"""Two servers that differ in one thing, measured in turns."""

from collections.abc import Awaitable, Callable

from bench.load import Round, measure
from bench.operations import Operation
from bench.plan import Plan
from bench.proving import WrongError
from bench.results import Compared
from bench.running import processor_time
from bench.stage import Server, Stage

Settle = Callable[[], Awaitable[None]]
"""Returns when the first server has nothing more to do for what was asked of it."""


async def take_turns(
    plan: Plan,
    both: list[Stage],
    alike: list[Operation],
    connections: int,
    settle: Settle | None = None,
) -> Compared:
    """Some pairs of rounds, with the one first and the other first in turns.

    The processor time of a round goes on until the server has settled.

    Raises:
        WrongError: an answer was not right.
    """
    compared = Compared(alike[0].name, both[0].accounts, connections)
    spent = [0.0, 0.0]
    for number in range(-1, plan.pairs):  # the first warms up
        rounds: dict[int, Round] = {}
        for which in (0, 1) if number % 2 else (1, 0):
            server = both[which].server
            before = processor_time(server.pids)
            rounds[which] = await _round(plan, server, alike[which], connections)
            if settle is not None and which == 0:
                await settle()
            spent[which] += processor_time(server.pids) - before if number >= 0 else 0.0
        if number >= 0:
            compared.pairs.append((rounds[0], rounds[1]))
    compared.processor = (spent[0], spent[1])
    return compared


async def _round(plan: Plan, server: Server, operation: Operation, connections: int) -> Round:
    noted = await measure(server.port, operation.requests, plan.seconds, connections, plan.patience)
    if noted.wrong or not noted.latencies:
        raise WrongError(noted.example or f"no answer within {plan.patience:g} s")
    return noted
