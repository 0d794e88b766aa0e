"""One run: each server is started, filled, proved and measured, the yardsticks in between."""

import itertools
import resource
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from bench import ours
from bench.console import console, sign_in
from bench.databases import DATABASES
from bench.following import measure_feed
from bench.grouping import grouping
from bench.growing import compare_sizes
from bench.load import Round, measure
from bench.operations import Beside, Operation, creating, reading
from bench.peers.catalogue import PEERS, running
from bench.peers.filling import RefusedError
from bench.peers.installing import NotInstalledError, install
from bench.plan import Plan
from bench.progress import Shown
from bench.proving import Proof, WrongError, prove, settle
from bench.recording import compare_recording
from bench.results import Measured, Result
from bench.running import NotStartedError, processor_time, yardstick
from bench.stage import (
    Office,
    OutOfTimeError,
    Server,
    Stage,
    fill,
    gather,
    group_sizes,
    work,
)
from bench.warming import warm
from bench.wire import Asked, request

_QUICK = 0.1  # seconds within which an operation answers that is worth warming up


@dataclass(frozen=True)
class Contestant:
    """A server that is measured, and with how many accounts."""

    name: str
    starts: Callable[[], AbstractAsyncContextManager[Server]]
    sizes: tuple[int, ...]
    pages: tuple[int, ...] = ()  # with how many accounts the pages of its console are measured
    is_ours: bool = False


@dataclass
class Contest:
    """What stays the same for all servers of one run."""

    plan: Plan
    shown: Shown
    empty: int  # the ports of the yardsticks
    raw: int
    measured: Measured = field(default_factory=Measured)

    async def run(self, contestants: list[Contestant]) -> None:
        """Measure everybody, the smallest number of accounts first."""
        await self._measure_client()
        stopped: set[str] = set()
        for size in sorted({size for one in contestants for size in (*one.sizes, *one.pages)}):
            for one in contestants:
                if size in (*one.sizes, *one.pages) and one.name not in stopped:
                    try:
                        await self._measure_server(one, size)
                    except (OutOfTimeError, RefusedError, NotStartedError) as error:
                        if one.is_ours:
                            raise
                        stopped.add(one.name)
                        self._remark(f"{one.name} with {size:,} accounts: {error}")

    def _remark(self, words: str) -> None:
        self.measured.remarks.append(words)
        self.shown.say(words)

    async def _measure_server(self, contestant: Contestant, size: int) -> None:
        of = f"{contestant.name}, {size:,} accounts"
        async with contestant.starts() as server, self._with_fewest(contestant, size) as fewest:
            with self.shown.step(f"Filling {of}", work(size)) as advance:
                stage = await fill(server, size, advance)
            await self._measure_part(contestant, reading, stage, fewest)
            with self.shown.step(f"Grouping {of}", sum(group_sizes(server, size))) as advance:
                try:
                    await gather(stage, advance)
                except OutOfTimeError as error:
                    self._remark(f"{of}: {error}")
                if fewest is not None:
                    await gather(fewest, lambda _: None)
            await self._measure_part(contestant, grouping, stage, fewest)
            if size in contestant.pages and server.office is not None:
                await self._measure_console(stage, server.office, contestant)
            await self._measure_part(contestant, creating, stage, fewest)

    @asynccontextmanager
    async def _with_fewest(self, contestant: Contestant, size: int) -> AsyncIterator[Stage | None]:
        """Beside Headcount with the most accounts, one with the fewest, to be asked in turns."""
        sizes = contestant.sizes
        if not (contestant.is_ours and self.plan.pairs and min(sizes) < size == max(sizes)):
            yield None
            return
        async with contestant.starts() as server:
            yield await fill(server, min(sizes), lambda _: None)

    async def _measure_part(
        self,
        contestant: Contestant,
        operations: Callable[[Stage], list[Operation]],
        stage: Stage,
        fewest: Stage | None,
    ) -> None:
        if stage.accounts not in contestant.sizes:
            return
        await self._measure_all(stage, operations(stage), contestant)
        if fewest is not None:
            both = (stage, fewest)
            self.measured.grown += await compare_sizes(self.plan, self.shown, both, operations)

    async def _measure_console(self, stage: Stage, office: Office, contestant: Contestant) -> None:
        of = f"{contestant.name}, {stage.accounts:,} accounts"
        exchanges = self.plan.exchanges
        with self.shown.step(f"A month of requests on {of}", exchanges) as advance:
            past = await office.live(stage.ids, exchanges, advance)
        cookie = await sign_in(stage.server.port, await office.invite())
        await self._measure_all(stage, console(stage, past, cookie), contestant)

    async def _measure_all(
        self, stage: Stage, operations: list[Operation], contestant: Contestant
    ) -> None:
        wanted = [one for one in operations if self.plan.wants(one.name)]
        of = f"{contestant.name}, {stage.accounts:,} accounts"
        with self.shown.step(f"Measuring {of}", len(wanted)) as advance:
            for operation in wanted:
                try:
                    warm(stage.server.folder)
                    proof = await prove(stage, operation, self.plan.patience)
                    for connections in (1,) if operation.alone else self.plan.connections:
                        seconds = await self._measure_operation(
                            stage, operation, connections, proof
                        )
                        proof = replace(proof, seconds=seconds)
                except WrongError as error:
                    if contestant.is_ours:
                        raise
                    self._remark(f"{of}, {operation.name}: {error}")
                advance(1)

    async def _measure_operation(
        self, stage: Stage, operation: Operation, connections: int, proof: Proof
    ) -> float:
        """Some rounds, each behind a round of the yardsticks; fewer where they take too long.

        How long an answer took, in seconds: the first one may have taken longer than all others.
        """
        server, plan = stage.server, self.plan
        of = f"{server.name} with {stage.accounts:,} accounts, {operation.name}"
        if connections > 1 and connections * proof.seconds > plan.patience:
            self._remark(
                f"{of}: one answer took {proof.seconds:.1f} s, so it was not asked"
                f" {connections} times at once"
            )
            return proof.seconds
        result = Result(
            server.name,
            operation.name,
            stage.accounts,
            connections,
            operation.each,
            length=proof.length,
        )
        if proof.seconds < _QUICK:
            await measure(server.port, operation.requests, plan.seconds / 4, connections)  # warm
        until = time.monotonic() + plan.patience
        while len(result.rounds) < plan.rounds and time.monotonic() < until:
            result.empty.append(await self._measure_yardstick(self.empty, "/", connections))
            if operation.beside is not Beside.NOTHING:
                path = f"/{proof.length}" if operation.beside is Beside.BODY else "/"
                result.beside.append(await self._measure_yardstick(self.raw, path, connections))
            before = processor_time(server.pids)
            one = await measure(
                server.port, operation.requests, plan.seconds, connections, plan.patience
            )
            if operation.leaves_work:
                await settle(server, plan.patience)
            result.processor += processor_time(server.pids) - before
            result.rounds.append(one)
            if one.gave_up:
                self._remark(f"{of}: no answer within {plan.patience:g} s, {connections} at once")
                await settle(server, 10 * plan.patience)
                break
        self._take(result, self.measured.pages if operation.is_page else self.measured.results)
        return result.percentile(0.5) / 1e3 if result.is_told else proof.seconds

    def _take(self, result: Result, results: list[Result]) -> None:
        results.append(result)
        if result.wrong:
            sent = sum(one.sent for one in result.rounds)
            self._remark(
                f"{result.server} with {result.accounts:,} accounts, {result.operation}:"
                f" {result.wrong} of {sent:,} answers were wrong, {result.connections}"
                f" at once. {result.example}"
            )

    async def _measure_yardstick(self, port: int, path: str, connections: int) -> Round:
        seconds = self.plan.seconds / 2
        return await measure(port, partial(_again, request("GET", path)), seconds, connections)

    async def _measure_client(self) -> None:
        """What the client itself can do, against answers that cost next to nothing."""
        most = max(self.plan.connections)
        await self._measure_yardstick(self.empty, "/", most)  # warm
        empty = await self._measure_yardstick(self.empty, "/", most)
        await self._measure_yardstick(self.raw, "/", most)
        before = _own_time()
        raw = await self._measure_yardstick(self.raw, "/", most)
        self.measured.client = 1e6 * (_own_time() - before) / max(1, raw.sent)
        self.measured.raw, self.measured.empty = raw.rate, empty.rate


def _again(raw: bytes, _: int, __: int) -> Iterator[Asked]:
    return itertools.repeat(Asked(raw, last=b"ok"))


def _own_time() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def contest(plan: Plan, shown: Shown) -> Measured:
    """Measure what the plan says."""
    with shown.bars(), yardstick("empty") as empty, yardstick("raw") as raw:
        run = Contest(plan, shown, empty, raw)
        run.measured.recording += await compare_recording(plan, shown)
        run.measured.followed = await measure_feed(plan, shown)
        if plan.asks:
            await run.run([*_ours(plan), *_peers(plan, run)])
    return run.measured


def _ours(plan: Plan) -> Iterator[Contestant]:
    for database in plan.databases:
        name, _ = DATABASES[database]
        starts = partial(ours.headcount, database)
        sizes, pages = plan.sizes_on(database), plan.pages_on(database)
        yield Contestant(name, starts, sizes, pages, is_ours=True)


def _peers(plan: Plan, run: Contest) -> Iterator[Contestant]:
    for name in plan.peers:
        try:
            with run.shown.step(f"Installing {name}", 1):
                installed = install(name)
        except NotInstalledError as error:
            run.measured.remarks.append(f"{name} was left out: {error}")
            run.shown.say(f"{name.upper()} IS LEFT OUT: {error}")
        else:
            starts = partial(running, PEERS[name], installed, plan.filling)
            yield Contestant(name, starts, plan.peer_sizes)
