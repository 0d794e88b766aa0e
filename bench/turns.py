"""Two servers that differ in one thing, measured in turns."""

from collections.abc import Awaitable, Callable, Sequence

from bench.load import Round, measure
from bench.operations import Operation
from bench.plan import Plan
from bench.proving import WrongError, settle
from bench.results import Compared
from bench.running import processor_time
from bench.stage import Server, Stage

CaughtUp = Callable[[], Awaitable[None]]
"""Returns when whoever follows the first server has everything."""


async def take_turns(
    plan: Plan,
    both: Sequence[Stage],
    alike: Sequence[Operation],
    connections: int,
    caught_up: CaughtUp | None = None,
) -> Compared:
    """Some pairs of rounds, with the one first and the other first in turns.

    The processor time is that of all rounds with all that a server does later because of them.

    Raises:
        WrongError: an answer was not right.
    """
    compared = Compared(alike[0].name, both[0].accounts, connections)
    before = (0.0, 0.0)
    for number in range(-1, plan.pairs):  # the first warms up
        rounds: dict[int, Round] = {}
        for which in (0, 1) if number % 2 else (1, 0):
            server = both[which].server
            rounds[which] = await _round(plan, server, alike[which], connections)
            if caught_up is not None and which == 0:
                await caught_up()
        if number < 0:
            before = await _spent(plan, both)
        else:
            compared.pairs.append((rounds[0], rounds[1]))
    after = await _spent(plan, both)
    compared.processor = (after[0] - before[0], after[1] - before[1])
    return compared


async def _spent(plan: Plan, both: Sequence[Stage]) -> tuple[float, float]:
    """The processor time of both so far, once they have nothing more to do."""
    for stage in both:
        await settle(stage.server, plan.patience)
    one, other = (processor_time(stage.server.pids) for stage in both)
    return one, other


async def _round(plan: Plan, server: Server, operation: Operation, connections: int) -> Round:
    noted = await measure(server.port, operation.requests, plan.seconds, connections, plan.patience)
    if noted.wrong or not noted.latencies:
        raise WrongError(noted.example or f"no answer within {plan.patience:g} s")
    if operation.leaves_work:
        await settle(server, plan.patience)
    return noted
