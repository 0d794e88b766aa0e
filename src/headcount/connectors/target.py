"""What a target has to offer, so that a connector can write into it; and how it refuses."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

from headcount.connectors.values import Abilities, Account, Form, Found, Person, Step, Traits


class Reach(StrEnum):
    """What a refusal holds for."""

    ONE = "one"  # this person or group alone
    KIND = "kind"  # every step of the kind
    GROUPS = "groups"  # everything about groups
    ALL = "all"  # whatever is asked of the target


class Refused(Exception):
    """The target did not do it.

    Args:
        cause: what it said, as a sentence.
        remedy: what a person can do about it, as a sentence; empty where nobody knows.
        reach: what else will be refused for the same reason.
    """

    def __init__(self, cause: str, remedy: str = "", reach: Reach = Reach.ONE) -> None:
        super().__init__(f"{cause} {remedy}".strip())
        self.cause = cause
        self.remedy = remedy
        self.reach = reach


Resolve = Callable[[str], str | None]
"""The id at the target of an account of ours; None: it is not there."""


class Target(Protocol):
    """An application that holds people, and perhaps groups.

    Its methods wait for the network and are called in a thread, one at a time. Each of them raises
    `Refused`, with `Reach.ALL` where the target cannot be reached or does not take the key.
    """

    @property
    def traits(self) -> Traits:
        """What it can do."""

    def fit(self, account: Account) -> Form | str:
        """The account as the target can hold it, or a sentence that says why it cannot."""

    def fit_group(self, name: str) -> tuple[str, str]:
        """The name of a group as the target can hold it, and a sentence where it cannot."""

    def check(self) -> Abilities:
        """Who the key belongs to, and what it may do."""

    def read(self, sought: Sequence[Form], *, groups: bool) -> Found:
        """Everybody who is there, deactivated people too.

        Args:
            sought: whom Headcount does not know there yet: a target that does not tell addresses
                in its list may look for these.
            groups: whether groups are wanted too.
        """

    def do(self, step: Step, resolve: Resolve) -> str:
        """Take one step; the id of the person or group at the target. Done already: no error."""

    def close(self) -> None:
        """Let go of the connections."""


def is_protected(person: Person, addresses: frozenset[str]) -> bool:
    """Whether nobody touches a person, by the target's word or because their address is named."""
    own = {*person.keys, (person.address or "").casefold()}
    return bool(person.protected) or not own.isdisjoint(addresses)
