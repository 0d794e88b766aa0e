"""`headcount serve`: the server."""

import os
import socket
from copy import deepcopy
from dataclasses import replace
from typing import Any

import click
import uvicorn
from uvicorn.config import LOGGING_CONFIG
from uvicorn.supervisors import Multiprocess

from headcount import assembly
from headcount.bootstrap import Runtime
from headcount.cli.administrators import link_address
from headcount.cli.ending import ending
from headcount.cli.running import database_option, refusing, run, settings
from headcount.cli.tuning import tune
from headcount.web.application import Application

_GRACE = 20  # seconds that requests under way have to end
_ACCEPTED_A_TURN = 16  # connections
"""libuv accepts one connection of each socket in a turn of its loop, and a turn in which many lists
are read takes long: who came as the 64th waited for seconds. So the one socket is listed often."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port to listen on; 0 takes a free one.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How many processes answer.",
)
@click.option("--no-worker", is_flag=True, help="Only answer: send no webhooks beside it.")
@database_option
def serve(host: str, port: int, workers: int, database: str, *, no_worker: bool) -> None:
    """Answer SCIM requests, until Ctrl-C.

    Put a proxy that speaks TLS in front of it; which proxies may tell the scheme and the address of
    a client is set by FORWARDED_ALLOW_IPS.
    """
    given = settings(database)
    if no_worker:
        given = replace(given, worker=False)
    with refusing():
        assembly.check(given)
    first = run(database, _ready)  # a database that cannot be used is told before anything listens
    listening = listen(host, port)
    os.environ.update(given.environment())
    click.echo(f"Headcount answers at {told_address(listening)}/scim/v2 (Ctrl-C ends)")
    if first is not None:
        reached = given.public_url or told_address(listening)
        click.echo(f"The console is opened by this link, once: {link_address(first, reached)}")
    config = _config(workers)
    sockets = [listening, *(listening.dup() for _ in range(_ACCEPTED_A_TURN - 1))]
    if workers == 1:
        uvicorn.Server(config).run(sockets=sockets)
    else:
        Multiprocess(config, sockets=sockets).run()


async def _ready(runtime: Runtime) -> str | None:
    """The secret of the link for the first administrator, where there is none yet."""
    await runtime.store.ready()
    return await runtime.visiting.first_link()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; a port that is taken is told in a sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family=family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise click.ClickException(
            f"cannot listen on {host} port {port} ({error.strerror or error});"
            " choose another with --host and --port"
        ) from None
    listening.listen(2048)
    listening.set_inheritable(True)
    return listening


def told_address(listening: socket.socket) -> str:
    """Where the socket is reached, such as `http://127.0.0.1:8000`."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def application() -> Application:
    """What each process of the server answers with."""
    answering = assembly.application(ending())
    tune()
    return answering


def _config(workers: int) -> uvicorn.Config:
    return uvicorn.Config(
        "headcount.cli.server:application",
        factory=True,
        workers=workers,
        http="httptools",
        lifespan="on",
        access_log=False,  # addresses hold names of people
        server_header=False,
        log_config=_logging(),
        log_level="warning",
        timeout_graceful_shutdown=_GRACE,
    )


def _logging() -> dict[str, Any]:
    """Uvicorn's own, with our messages beside its."""
    config = deepcopy(LOGGING_CONFIG)
    config["loggers"]["headcount"] = {"handlers": ["default"], "level": "INFO", "propagate": False}
    return config
