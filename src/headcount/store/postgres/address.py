"""What is in a database address: the servers, the options, and what of it a person may see."""

import os
import re
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

_HOST = r"(?:\[[0-9a-fA-F:.%]+\]|[^\s:/?#@,\[\]]*)(?::\d{1,5})?"
_CLEAN = re.compile(
    rf"postgres(?:ql)?://(?:[^/?#@]*@)?(?P<hosts>{_HOST}(?:,{_HOST})*)(?P<path>/[^/?#@]*)?(?:\?[^@]*)?"
)
_MOST_SHOWN = 200


class Server(NamedTuple):
    """Where one of the servers is; None: as the driver finds it."""

    host: str | None = None
    port: int | None = None


def shown(url: str) -> str:
    """The address without user, password and options.

    Nothing is shown where it is not plain what is the password, as with one that is not
    percent-encoded.

    >>> shown("postgresql://ada:secret@db.test:5432/headcount?sslmode=require")
    'postgresql://db.test:5432/headcount'
    >>> shown("postgresql://ada:sec/ret@db.test/headcount")
    'postgresql://...'
    """
    clean = _CLEAN.fullmatch(url)
    if clean is None:
        return "postgresql://..."
    return f"postgresql://{clean['hosts']}{clean['path'] or ''}"[:_MOST_SHOWN]


def options(url: str) -> dict[str, str]:
    """The options that an address ends with.

    >>> options("postgresql://db.test/headcount?sslmode=require")
    {'sslmode': 'require'}
    """
    return {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}


def servers(url: str) -> list[Server]:
    """The servers of an address, in its order.

    Raises:
        ValueError: a port is no number.

    >>> servers("postgresql://ada@one.test,two.test:6432/headcount")
    [Server(host='one.test', port=5432), Server(host='two.test', port=6432)]
    >>> servers("postgresql://one.test/headcount")
    [Server(host=None, port=None)]
    """
    hosts = urlsplit(url).netloc.rpartition("@")[2] or options(url).get("host", "")
    ports = options(url).get("port", "").split(",")
    if "," not in hosts:
        return [Server()]
    found = [_server(one) for one in hosts.split(",")]
    if ports != [""]:
        ports = ports * len(found) if len(ports) == 1 else ports
        found = [Server(one.host, int(port)) for one, port in zip(found, ports, strict=True)]
    return found


def _server(text: str) -> Server:
    host, separator, port = text.rpartition(":")
    if not separator or port.endswith("]"):
        host, port = text, ""
    return Server(unquote(host).strip("[]"), int(port or os.environ.get("PGPORT", "5432")))
