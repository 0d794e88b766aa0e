"""What it costs to record requests: Headcount with it and without it, in turns."""

from bench.load import Round, measure
from bench.operations import CREATE, LOOK_UP, READ, Operation, creating, reading
from bench.ours import headcount
from bench.plan import Plan
from bench.progress import Shown
from bench.proving import WrongError, prove
from bench.results import Compared
from bench.running import processor_time
from bench.stage import Server, Stage, fill, work

ACCOUNTS = 10_000

_OPERATIONS = (LOOK_UP, READ, CREATE)


async def compare_recording(plan: Plan, shown: Shown) -> list[Compared]:
    """Measure two servers that are filled alike, of which one records requests.

    Raises:
        WrongError: an answer was not right.
    """
    names = [name for name in _OPERATIONS if plan.wants(name)]
    if not names or not plan.pairs:
        return []
    accounts = min(ACCOUNTS, *plan.sizes)
    async with headcount("sqlite") as one, headcount("sqlite", recorded=False) as other:
        with shown.step("Filling two Headcounts, of which one records", 2 * work(accounts)) as on:
            both = [await fill(server, accounts, on) for server in (one, other)]
        operations = [_operations(stage) for stage in both]
        compared = []
        with shown.step("Measuring what recording costs", len(names)) as advance:
            for name in names:
                for stage, found in zip(both, operations, strict=True):
                    await prove(stage, found[name], plan.patience)
                for connections in plan.connections:
                    alike = [found[name] for found in operations]
                    compared.append(await _compare(plan, both, alike, connections))
                advance(1)
    return compared


def _operations(stage: Stage) -> dict[str, Operation]:
    return {one.name: one for one in (*reading(stage), *creating(stage))}


async def _compare(
    plan: Plan, both: list[Stage], alike: list[Operation], connections: int
) -> Compared:
    """Some pairs of rounds, with the one first and the other first in turns."""
    name, accounts = alike[0].name, both[0].accounts
    compared = Compared(name, accounts, connections)
    spent = [0.0, 0.0]
    for number in range(-1, plan.pairs):  # the first warms up
        rounds: dict[int, Round] = {}
        for which in (0, 1) if number % 2 else (1, 0):
            server = both[which].server
            before = processor_time(server.pids)
            rounds[which] = await _round(plan, server, alike[which], connections)
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
