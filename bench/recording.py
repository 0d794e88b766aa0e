"""What it costs to record requests: Headcount with it and without it, in turns."""

from bench.operations import CREATE, LOOK_UP, READ, Operation, creating, reading
from bench.ours import headcount
from bench.plan import Plan
from bench.progress import Shown
from bench.proving import prove
from bench.results import Compared
from bench.stage import Stage, fill, work
from bench.turns import take_turns

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
                    compared.append(await take_turns(plan, both, alike, connections))
                advance(1)
    return compared


def _operations(stage: Stage) -> dict[str, Operation]:
    return {one.name: one for one in (*reading(stage), *creating(stage))}
