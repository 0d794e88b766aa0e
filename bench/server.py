"""Runs a yardstick as `headcount serve` runs Headcount: `python -m bench.server empty|raw`."""

import sys

import uvicorn

from bench import yardsticks
from headcount.cli.server import listen, told_address


def main() -> None:
    """Answer on a free port until the end of the run."""
    listening = listen("127.0.0.1", 0)
    print("The yardstick answers at", told_address(listening), flush=True)
    config = uvicorn.Config(
        getattr(yardsticks, sys.argv[1]),
        http="httptools",
        lifespan="off",
        access_log=False,
        server_header=False,
        log_level="warning",
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
