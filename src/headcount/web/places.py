"""How addresses below the base are read. They are typed by hand, so with some patience."""

from headcount.store.model import Kind

KINDS = {"users": Kind.USER, "groups": Kind.GROUP}
"""Which kind lives at which endpoint; its letter case means nothing."""


def parts_of(path: str) -> list[str]:
    """The parts of a path; a slash at the end, or two in the middle, mean nothing.

    >>> parts_of("//Users/7/")
    ['Users', '7']
    """
    return [part for part in path.split("/") if part]
