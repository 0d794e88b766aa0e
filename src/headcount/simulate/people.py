"""Who works at the organisation that the story is about, and with which role."""

from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import count, islice
from typing import Final

DOMAIN: Final = "acme.test"
FEWEST: Final = 2  # the owner stays; somebody else is unassigned

PIONEERS: Final = (
    ("Ada", "Lovelace"),
    ("Grace", "Hopper"),
    ("Barbara", "Liskov"),
    ("Katherine", "Johnson"),
    ("Alan", "Turing"),
    ("Margaret", "Hamilton"),
    ("Edsger", "Dijkstra"),
    ("Hedy", "Lamarr"),
    ("Radia", "Perlman"),
    ("Dennis", "Ritchie"),
    ("Karen", "Spärck Jones"),
    ("Annie", "Easley"),
    ("Niklaus", "Wirth"),
    ("Joan", "Clarke"),
    ("Kathleen", "Booth"),
    ("John", "Backus"),
    ("Evelyn", "Boyd Granville"),
    ("Christopher", "Strachey"),
    ("Frances", "Allen"),
    ("Kristen", "Nygaard"),
)

RANKS: Final = ("owner", "administrator", "moderator", "member", "guest")
"""The roles of the first people. Whoever comes after them is a member."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person as Okta's directory knows them."""

    user_name: str
    given: str
    family: str
    role: str
    external_id: str  # Okta's own id of the person; it never changes

    @property
    def full_name(self) -> str:
        """Given and family name.

        >>> cast(2)[0].full_name
        'Ada Lovelace'
        """
        return f"{self.given} {self.family}"


def cast(users: int, domain: str = DOMAIN) -> list[Person]:
    """As many people as asked for, the same ones every time.

    >>> [person.user_name for person in cast(22)][-3:]
    ['kristen@acme.test', 'ada2@acme.test', 'grace2@acme.test']

    Raises:
        ValueError: `users` is below `FEWEST`.
    """
    if users < FEWEST:
        raise ValueError(f"the story needs at least {FEWEST} people, not {users}")
    names = ((n, *pioneer) for n in count(1) for pioneer in PIONEERS)
    return [
        _person(f"{given.lower()}{'' if n == 1 else n}@{domain}", given, family, rank)
        for rank, (n, given, family) in enumerate(islice(names, users))
    ]


def _person(user_name: str, given: str, family: str, rank: int) -> Person:
    role = RANKS[rank] if rank < len(RANKS) else "member"
    return Person(user_name, given, family, role, _okta_id(user_name))


def _okta_id(user_name: str) -> str:
    """Twenty characters in the shape of Okta's ids, the same on every run."""
    return "00u" + blake2b(user_name.encode(), digest_size=9).hexdigest()[:17]


def moved(person: Person) -> Person:
    """The same person under another e-mail address and with a longer family name.

    >>> grace = cast(2)[1]
    >>> moved(grace).user_name, moved(grace).full_name
    ('grace.hopper@acme.test', 'Grace Murray Hopper')
    """
    domain = person.user_name.rpartition("@")[2]
    last_word = person.family.split()[-1].lower()
    return replace(
        person,
        user_name=f"{person.given.lower()}.{last_word}@{domain}",
        family=f"Murray {person.family}",
    )


def promoted(person: Person) -> Person:
    """The same person as a moderator; who is one already becomes a member."""
    return replace(person, role="member" if person.role == "moderator" else "moderator")
