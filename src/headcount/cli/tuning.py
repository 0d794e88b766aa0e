"""How Python and its memory are set for a process that does nothing but answer."""

import ctypes
import gc
import sys

_COLLECT_AFTER = 50_000  # new objects; the default of 700 costs a create a tenth
_TURN = 50e-6  # seconds that a thread which wants the interpreter waits before it insists
_KEEP_FREED = 64 * 2**20  # bytes
_FROM_HEAP = 32 * 2**20  # bytes, the most that glibc takes

_TRIM_THRESHOLD = -1  # of mallopt(3)
_MMAP_THRESHOLD = -3


def tune() -> None:
    """Set this process. Call it once all modules are there."""
    _keep_large_blocks()
    # By default that is 5 ms: for so long an answer would wait for a commit that is done, or for a
    # list that is put together in a thread.
    sys.setswitchinterval(_TURN)
    gc.collect()
    gc.freeze()  # modules and schemas stay for good, so nobody has to look through them again
    gc.set_threshold(_COLLECT_AFTER)


def _keep_large_blocks() -> None:
    """A page of a list is a block of 150 kB, which glibc would map and unmap for each answer.

    Other C libraries have no such call, or none of these numbers.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _FROM_HEAP)
        mallopt(_TRIM_THRESHOLD, _KEEP_FREED)
