"""What accounts cost: Headcount with the most of them and with the fewest, in turns.

Two figures of one run are minutes apart, in which other work on a machine may double. Two servers
that are asked in turns have the same machine.
"""

from collections.abc import Callable, Sequence

from bench.operations import Operation
from bench.plan import Plan
from bench.progress import Shown
from bench.proving import prove
from bench.results import Grown
from bench.stage import Stage
from bench.turns import take_turns
from bench.warming import warm


async def compare_sizes(
    plan: Plan,
    shown: Shown,
    both: Sequence[Stage],
    operations: Callable[[Stage], list[Operation]],
) -> list[Grown]:
    """Measure what both servers can be asked for, over the most connections.

    Args:
        plan: how long, how often.
        shown: who watches.
        both: the server with the most accounts, and the same one with the fewest.
        operations: what a server is asked for.

    Raises:
        WrongError: an answer was not right.
    """
    of_most, of_fewest = ({one.name: one for one in operations(stage)} for stage in both)
    names = [name for name in of_most if name in of_fewest and plan.wants(name)]
    alike = [(of_most[name], of_fewest[name]) for name in names if not of_most[name].alone]
    most, fewest = both
    of = f"{most.server.name}, {most.accounts:,} beside {fewest.accounts:,} accounts"
    grown = []
    with shown.step(f"Measuring {of}", len(alike)) as advance:
        for pair in alike:
            for stage, operation in zip(both, pair, strict=True):
                warm(stage.server.folder)
                await prove(stage, operation, plan.patience)
            compared = await take_turns(plan, both, pair, max(plan.connections))
            grown.append(Grown(most.server.name, fewest.accounts, compared))
            advance(1)
    return grown
