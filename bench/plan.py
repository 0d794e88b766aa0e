"""What is measured: the options of `python -m bench`."""

import argparse
from dataclasses import dataclass

from bench.databases import DATABASES
from bench.peers.catalogue import PEERS

FEED = "feed"
"""The word of `--only` for the feed and all who follow it."""


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    sizes: tuple[int, ...] = (1_000, 10_000, 100_000)
    databases: tuple[str, ...] = ("sqlite",)
    postgres_sizes: tuple[int, ...] | None = None  # None: the same as on SQLite
    peers: tuple[str, ...] = tuple(PEERS)
    peer_sizes: tuple[int, ...] = (1_000, 10_000)
    connections: tuple[int, ...] = (1, 16)
    seconds: float = 0.5
    rounds: int = 3
    filling: float = 120.0  # seconds that a peer has to be filled
    patience: float = 10.0  # seconds for one operation, and for one answer
    pages: tuple[int, ...] = (1_000, 100_000, 1_000_000)  # accounts, for the console
    exchanges: int = 200_000  # recorded before its pages are looked at: as many as are kept
    pairs: int = 12  # of rounds on two servers that are asked in turns; 0: none
    events: int = 10_000  # in the feed that is read; 0: none is measured
    only: tuple[str, ...] = ()  # words of the operations that are measured
    write: bool = False

    def sizes_on(self, database: str) -> tuple[int, ...]:
        """How many accounts Headcount has on a database of this kind, the fewest first."""
        return (database == "postgres" and self.postgres_sizes) or self.sizes

    def pages_on(self, database: str) -> tuple[int, ...]:
        """The same where the pages of the console are measured."""
        if self.only and not any("console" in words for words in self.only):
            return ()
        sizes = self.postgres_sizes if database == "postgres" else None
        return tuple(one for one in self.pages if sizes is None or one in sizes)

    @property
    def follows(self) -> bool:
        """Whether the feed is measured, and webhooks, and what they cost writers."""
        return self.events > 0 and (not self.only or FEED in self.only)

    @property
    def asks(self) -> bool:
        """Whether anything else is."""
        return set(self.only) != {FEED}

    def wants(self, operation: str) -> bool:
        """Whether an operation is measured."""
        return not self.only or any(words in operation for words in self.only)


FULL = Plan(
    sizes=(1_000, 10_000, 100_000, 1_000_000),
    databases=tuple(DATABASES),
    peer_sizes=(1_000, 10_000, 100_000, 1_000_000),
    seconds=1.0,
    filling=600.0,
    patience=30.0,
)


def read_plan(arguments: list[str] | None = None) -> Plan:
    """The plan that the options state, where they differ from the default or from `--full`."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="everything, up to 1,000,000 accounts")
    parser.add_argument("--accounts", dest="sizes", type=int, nargs="+", help="of Headcount")
    parser.add_argument("--database", dest="databases", nargs="+", choices=list(DATABASES))
    parser.add_argument("--postgres-accounts", dest="postgres_sizes", type=int, nargs="+")
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), help="none: only Headcount")
    parser.add_argument("--peer-accounts", dest="peer_sizes", type=int, nargs="+")
    parser.add_argument("--connections", type=int, nargs="+")
    parser.add_argument("--seconds", type=float, help="of each round")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--filling", type=float, help="seconds that a peer has to be filled")
    parser.add_argument("--patience", type=float, help="seconds for one operation on one server")
    parser.add_argument(
        "--pages", type=int, nargs="*", help="accounts, for the pages of the console; none: no page"
    )
    parser.add_argument("--exchanges", type=int, help="requests recorded before a page is opened")
    parser.add_argument(
        "--pairs",
        type=int,
        help="of rounds with and without recording, followers or many accounts; 0: none",
    )
    parser.add_argument("--events", type=int, help="in the feed that is read; 0: no feed")
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="WORDS",
        help=f"operations with these words; {FEED}: the event feed, webhooks, what they cost",
    )
    parser.add_argument(
        "--write", action="store_true", help="docs/performance.md and its pictures, from this run"
    )
    given = vars(parser.parse_args(arguments))
    default = FULL if given.pop("full") else Plan()
    stated = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if value is not None
    }
    return Plan(**{**vars(default), **stated})
