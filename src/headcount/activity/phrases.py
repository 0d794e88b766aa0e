"""Small parts of sentences about what a client did."""

from collections.abc import Sequence
from typing import NamedTuple

from headcount.store.activity import Done
from headcount.store.model import Kind


class Phrase(NamedTuple):
    """What somebody did, told as done or as tried."""

    past: str
    plain: str  # the same verb behind "tried to"
    what: str

    def told(self, *, refused: bool) -> str:
        """The sentence without its subject.

        >>> Phrase("created", "create", "ada").told(refused=True)
        'tried to create ada'
        """
        verb = f"tried to {self.plain}" if refused else self.past
        return f"{verb} {self.what}".strip()


class Deed(NamedTuple):
    """What one request came to."""

    phrase: Phrase
    did: Done
    person: str = ""  # whom it was about: userName or displayName
    resource: str = ""  # id
    counts: tuple[Done, ...] = ()  # of a bulk request, one for each operation


SOMEBODY = {Kind.USER: "an account", Kind.GROUP: "a group"}
MANY = {Kind.USER: "users", Kind.GROUP: "groups"}

_SHOWN = 3  # names in a list
_LONGEST = 120  # characters of a text that a client chose


def named(kind: Kind, name: str) -> str:
    """A person or a group in a sentence.

    >>> named(Kind.USER, "ada"), named(Kind.GROUP, "Engineering"), named(Kind.USER, "")
    ('ada', 'the group Engineering', 'an account')
    """
    if not name:
        return SOMEBODY[kind]
    return short(name) if kind is Kind.USER else f"the group {short(name)}"


def short(text: str) -> str:
    """A text that fits into a line."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def counted(number: int, one: str, many: str = "") -> str:
    """So many of something.

    >>> counted(1, "member"), counted(3, "member")
    ('1 member', '3 members')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """Names with an "and" before the last; of many, the first.

    >>> listed(["a"]), listed(["a", "b", "c"]), listed(["a", "b", "c", "d"])
    ('a', 'a, b and c', 'a, b and 2 more')
    """
    shown = [short(name) for name in names]
    if len(shown) > _SHOWN:
        shown = [*shown[: _SHOWN - 1], f"{len(shown) - _SHOWN + 1} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
