"""Runs the yardstick as `headcount serve` runs Headcount."""

import uvicorn

from bench.empty import application
from headcount.cli.server import listen, told_address


def main() -> None:
    """Answer on a free port until the end of the run."""
    listening = listen("127.0.0.1", 0)
    print("The yardstick answers at", told_address(listening), flush=True)
    config = uvicorn.Config(
        application,
        http="httptools",
        lifespan="off",
        access_log=False,
        server_header=False,
        log_level="warning",
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
