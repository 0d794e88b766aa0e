"""What to send next to an endpoint. Pure.

A store hands out the first waiting event of each subject, if it is due. With one try of a subject
at a time, and the next event of it only after the one before has arrived or was given up, the
events of a subject come in order, and one that has to wait holds back no other subject.
"""

from collections.abc import Collection, Sequence

from headcount.store.webhooks import Waiting

MOST_AT_ONCE = 8  # to an endpoint that takes them
WHILE_FAILING = 1


def budget(*, failing: bool) -> int:
    """How many tries may be under way at once: one, until something arrives again."""
    return WHILE_FAILING if failing else MOST_AT_ONCE


def chosen(ready: Sequence[Waiting], under_way: Collection[str], most: int) -> list[Waiting]:
    """Which of those that are ready to begin now, the oldest first.

    Args:
        ready: the first of each subject, the oldest first.
        under_way: the subjects of which a try has begun and not ended.
        most: how many tries may be under way.

    >>> ready = [Waiting(1, "ada"), Waiting(2, "bob"), Waiting(4, "cyd")]
    >>> [one.position for one in chosen(ready, {"ada"}, 2)]
    [2]
    """
    free = [one for one in ready if one.subject not in under_way]
    return free[: max(0, most - len(under_way))]
