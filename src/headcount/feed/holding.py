"""What a process that holds followers calls itself, so that others see when it is gone.

A process that was killed leaves what it held when its time is over. One that starts on the same
machine does not wait for that: it sees that the other is there no longer.
"""

import os
import secrets
from functools import cache
from hashlib import sha256
from pathlib import Path

from headcount.store.followers import Followers

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NUMBERS = Path("/proc/self/ns/pid")
_SOMEWHERE = secrets.token_hex(6)
_words: set[str] = set()  # that this process goes by


def holder() -> str:
    """A new name for this process: where it runs, its number there, and a word of its own."""
    word = secrets.token_hex(6)
    _words.add(word)
    return f"{_place()}:{os.getpid()}:{word}"


@cache
def _place() -> str:
    """Where numbers of processes are this process's too: a machine, or a container on it.

    A word that nobody else has, where the system does not tell.
    """
    try:
        told = f"{_BOOT.read_text(encoding='ascii')} {_NUMBERS.readlink()}"
    except OSError:
        return f"somewhere-{_SOMEWHERE}"
    return sha256(told.encode()).hexdigest()[:16]


def is_gone(name: str) -> bool:
    """Whether a holder is known to be no more; a process of another machine never is.

    >>> is_gone(holder()), is_gone(holder() + "x"), is_gone("elsewhere:1:x")
    (False, True, False)
    """
    place, _, rest = name.partition(":")
    number, _, word = rest.partition(":")
    if place != _place() or not number.isdecimal():
        return False
    if int(number) == os.getpid():
        return word not in _words
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False  # somebody else's, so there it is
    return False


async def free(followers: Followers) -> None:
    """Take from processes of this machine that are gone what they held."""
    for name in {one.holder for one in await followers.held()}:
        if is_gone(name):
            await followers.free(name)
