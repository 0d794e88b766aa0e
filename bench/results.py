"""What was measured, and what follows from it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from bench.load import Round


@dataclass
class Result:
    """An operation on a server with so many accounts, and the yardsticks measured beside it."""

    server: str
    operation: str
    accounts: int
    connections: int
    each: int = 1  # how many changes one request makes
    length: int = 0  # bytes of the body of an answer
    rounds: list[Round] = field(default_factory=list)
    empty: list[Round] = field(default_factory=list)
    beside: list[Round] = field(default_factory=list)  # the raw or ready answers, where wanted
    processor: float = 0.0  # seconds that the server's processes took

    @property
    def rate(self) -> float:
        """Changes or answers per second: the median of the rounds."""
        return median(one.rate for one in self.rounds) * self.each

    @property
    def ratio(self) -> float:
        """To the empty answers that were measured between the rounds."""
        return self._against(self.empty)

    @property
    def ratio_beside(self) -> float | None:
        """To the raw or ready answers, where they were measured."""
        return self._against(self.beside) if self.beside else None

    def _against(self, yardstick: Sequence[Round]) -> float:
        pairs = zip(self.rounds, yardstick, strict=True)
        return median(one.rate / other.rate for one, other in pairs) * self.each

    def percentile(self, share: float) -> float:
        """The latency that `share` of the requests stay below, in milliseconds."""
        ordered = sorted(latency for one in self.rounds for latency in one.latencies)
        return 1e3 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def per_request(self) -> float:
        """Processor time of the server for one answer or change, in microseconds."""
        return 1e6 * self.processor / (self.each * max(1, sum(one.sent for one in self.rounds)))

    @property
    def wrong(self) -> int:
        """How many answers were not right."""
        return sum(one.wrong for one in self.rounds)

    @property
    def example(self) -> str:
        """One of the answers that were not right."""
        return next((one.example for one in self.rounds if one.example), "")

    @property
    def is_told(self) -> bool:
        """Whether the figures mean something: every answer was right, and there were some."""
        return not self.wrong and any(one.latencies for one in self.rounds)


@dataclass
class Compared:
    """An operation on two servers that differ in one thing, measured in turns."""

    operation: str
    accounts: int
    connections: int
    pairs: list[tuple[Round, Round]] = field(default_factory=list)  # with it, and without
    processor: tuple[float, float] = (0.0, 0.0)  # seconds that the servers took

    @property
    def rates(self) -> tuple[float, float]:
        """Per second with it and without it: the medians of the rounds."""
        ours, others = zip(*self.pairs, strict=True)
        return median(one.rate for one in ours), median(one.rate for one in others)

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Of the ratios of the pairs: a quarter is below the first, the second is the median."""
        ratios = [ours.rate / others.rate for ours, others in self.pairs]
        low, middle, high = quantiles(ratios, n=4, method="inclusive") if ratios[1:] else ratios * 3
        return low, middle, high

    @property
    def per_request(self) -> float:
        """How many times the processor time without it a request takes with it."""
        sent = [max(1, sum(pair[which].sent for pair in self.pairs)) for which in (0, 1)]
        ours, others = (spent / of for spent, of in zip(self.processor, sent, strict=True))
        return ours / others if others else 1.0

    @property
    def rounds(self) -> Iterator[Round]:
        """All of them."""
        return (one for pair in self.pairs for one in pair)


@dataclass(frozen=True)
class Grown:
    """An operation on a server with the most accounts, in turns with the same on one with few."""

    server: str
    fewest: int  # accounts
    compared: Compared  # the most first

    @property
    def cost(self) -> tuple[float, float, float]:
        """How many times the time with the fewest accounts it takes: the quartiles of the pairs."""
        low, middle, high = (1 / ratio for ratio in reversed(self.compared.quartiles))
        return low, middle, high


@dataclass(frozen=True)
class Read:
    """The feed of an organisation, read from its first event to its last, some times."""

    way: str
    server: str
    events: int
    length: int  # bytes, each time
    seconds: tuple[float, ...]  # each time
    processor: float  # seconds that the server took in all

    @property
    def rate(self) -> float:
        """Events per second: the median."""
        return self.events / median(self.seconds)

    @property
    def megabytes(self) -> float:
        """Megabytes per second."""
        return self.length / median(self.seconds) / 1e6

    @property
    def per_event(self) -> float:
        """Processor time of the server for an event, in microseconds."""
        return 1e6 * self.processor / (self.events * len(self.seconds))


@dataclass(frozen=True)
class Arrived:
    """How long after the answer to a change its event was there, at a long poll."""

    server: str
    latencies: tuple[float, ...]  # in seconds

    def percentile(self, share: float) -> float:
        """The latency that `share` of the events stay below, in milliseconds."""
        ordered = sorted(self.latencies)
        return 1e3 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True)
class Delivered:
    """Events that were waiting, sent to some webhooks."""

    server: str
    endpoints: int
    deliveries: int  # in all
    rate: float  # per second, in all, without the beginning and the end
    processor: float  # seconds that the server took

    @property
    def per_delivery(self) -> float:
        """Processor time of the server for a delivery, in microseconds."""
        return 1e6 * self.processor / self.deliveries


@dataclass
class Followed:
    """What was measured of the feed and of those who follow it."""

    read: list[Read] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    costs: list[tuple[str, str, Compared]] = field(default_factory=list)  # server, way, with it


@dataclass
class Measured:
    """Everything that one run led to."""

    results: list[Result] = field(default_factory=list)
    pages: list[Result] = field(default_factory=list)  # of the console
    grown: list[Grown] = field(default_factory=list)  # Headcount with the most and the fewest
    recording: list[Compared] = field(default_factory=list)  # Headcount with it and without
    followed: Followed = field(default_factory=Followed)  # the feed
    remarks: list[str] = field(default_factory=list)  # where somebody stopped or went wrong
    client: float = 0.0  # processor time of the client for one raw answer, in microseconds
    raw: float = 0.0  # raw answers per second
    empty: float = 0.0  # Starlette's

    def find(self, server: str, operation: str, accounts: int, connections: int) -> Result | None:
        """The result, where there is one that means something."""
        wanted = (server, operation, accounts, connections)
        for one in self.results:
            if (one.server, one.operation, one.accounts, one.connections) == wanted:
                return one if one.is_told else None
        return None

    def told(self, operation: str, connections: int) -> list[Result]:
        """The results for an operation, the fewest accounts first.

        Over one connection where there is none over so many: it is as slow then, for those that
        are too slow to be asked by many at once.
        """
        found = {
            (one.accounts, one.server): one
            for one in sorted(self.results, key=lambda one: one.connections)
            if one.operation == operation and one.connections <= connections and one.is_told
        }
        return [found[place] for place in sorted(found)]

    def times(self, ours: str, result: Result) -> float | None:
        """How many times as much as another server does ours do, by the ratios to empty."""
        mine = self.find(ours, result.operation, result.accounts, result.connections)
        return mine.ratio / result.ratio if mine and result.server != ours else None

    @property
    def operations(self) -> list[str]:
        """What was measured, in the order of the most accounts, where nothing is left out."""
        most_first = sorted(self.results, key=lambda one: -one.accounts)
        return unique(one.operation for one in most_first)

    @property
    def servers(self) -> list[str]:
        """Who was measured, in that order."""
        return unique(one.server for one in self.results)

    @property
    def growing(self) -> Iterator[tuple[str, list[Grown]]]:
        """Who was measured with the most accounts and with the fewest, and what that led to."""
        for server in self.servers:
            if found := [one for one in self.grown if one.server == server]:
                yield server, found


def unique(values: Iterable[str]) -> list[str]:
    """The values, each once, in the order in which they came."""
    return list(dict.fromkeys(values))
