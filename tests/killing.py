"""Processes that are killed at moments which nobody chose."""

import os
import random
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.saying import say

_ASKED_FOR = os.environ.get("HEADCOUNT_TEST_ROUNDS")


def rounds(few: int) -> int:
    """How often to kill: a few times, or as often as whoever runs the tests asks for."""
    return int(_ASKED_FOR or few)


@contextmanager
def dice() -> Iterator[random.Random]:
    """Chance, whose seed is told where it brings a mistake to light."""
    seed = random.SystemRandom().randrange(10**6)
    try:
        yield random.Random(seed)
    except BaseException:
        say(f"processes were killed by the dice of {seed}")
        raise


def kill(process: subprocess.Popen[str]) -> None:
    """End it as a power failure would, and wait until it is gone."""
    process.send_signal(signal.SIGKILL)
    process.wait(20)


def killed_on_the_way_up(
    launch: Callable[[], subprocess.Popen[str]], chance: random.Random, most: int = 4
) -> None:
    """Have a process get no further than it has told by so many lines, fewer than `most`."""
    process = launch()
    assert process.stderr is not None
    for _ in range(chance.randrange(most)):
        process.stderr.readline()
    kill(process)
    process.stderr.close()
