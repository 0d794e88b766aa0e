"""`headcount worker`: what is done with events, in a process of its own."""

import asyncio
import logging
import signal
import sys

import click

from headcount.beside import Beside
from headcount.bootstrap import Runtime, clock
from headcount.cli.running import database_option, run, settings
from headcount.feed.watching import Watch

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@click.command()
@database_option
def worker(database: str) -> None:
    """Send webhooks and follow with connectors, and answer nobody, until Ctrl-C.

    A server does that beside answering, unless it is started with --no-worker. Any number of
    servers and workers may run on one database: no event is sent by two of them.
    """
    _tell()

    async def work(runtime: Runtime) -> None:
        ended = asyncio.Event()
        for number in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        watch = Watch(runtime.store)
        working = Beside(runtime.store, watch, settings(database), clock)
        working.start()
        click.echo("Headcount sends webhooks (Ctrl-C ends)")
        await ended.wait()
        await working.close()
        await watch.close()

    run(database, work)


def _tell() -> None:
    """Each try is a line on standard output."""
    told = logging.StreamHandler(sys.stdout)
    told.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logger = logging.getLogger("headcount")
    logger.addHandler(told)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
