"""Where a request was sent: the base of addresses, and the organisation in the host name."""

import re
from functools import lru_cache, partial
from typing import Any, NamedTuple

PREFIX = "/scim/v2"

_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


class Address(NamedTuple):
    """What is known of the place that a request was sent to."""

    base: str  # of everything SCIM, such as https://acme.example.com/scim/v2
    slug: str | None  # of the organisation in the host name, where it names one


class Addresses:
    """Reads the place out of a request.

    Args:
        public_url: how clients reach the server, where it cannot tell; None: as they ask for it.
        base_domain: the domain whose subdomains are organisations; None: there are none.
        mounted: whether the `root_path` of a request is that of SCIM itself, as `mounting` has it.
    """

    def __init__(
        self,
        public_url: str | None = None,
        base_domain: str | None = None,
        *,
        mounted: bool = False,
    ) -> None:
        read = _mounted if mounted else _address
        self._read = lru_cache(maxsize=1024)(partial(read, public_url, base_domain))

    def of(self, scope: dict[str, Any], host: bytes) -> Address:
        """The place that a request was sent to."""
        return self._read(scope["scheme"], host, scope.get("root_path", ""))


def _address(
    public_url: str | None, base_domain: str | None, scheme: str, host: bytes, root: str
) -> Address:
    name = _checked(host)
    base = public_url or f"{scheme}://{name}{root}"
    return Address(base.rstrip("/") + PREFIX, slug_of(name, base_domain))


def _mounted(
    public_url: str | None, base_domain: str | None, scheme: str, host: bytes, root: str
) -> Address:
    """The same in an application of others: where it put SCIM stands behind the public address."""
    name = _checked(host)
    return Address((public_url or f"{scheme}://{name}") + root, slug_of(name, base_domain))


def _checked(host: bytes) -> str:
    """The host that was asked for: nobody's address is written into an answer unchecked."""
    name = host.decode("latin-1")
    return name if _HOST.fullmatch(name) else "localhost"


def slug_of(host: str, base_domain: str | None) -> str | None:
    """The organisation that a host name names.

    >>> slug_of("acme.example.com:8000", "example.com"), slug_of("example.com", "example.com")
    ('acme', None)
    """
    if base_domain is None:
        return None
    name = host.partition(":")[0].lower().rstrip(".")
    suffix = "." + base_domain.lower()
    return name.removesuffix(suffix) if name.endswith(suffix) else None
