"""Where may be sent to: never into the network of the server, unless its operator allows it. Pure.

An address is judged twice: as it is written, so that a mistake is told at once, and as it is
connected to, for a name may lead elsewhere tomorrow.
"""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

from headcount.errors import InvalidValue

Address = IPv4Address | IPv6Address

PRIVATE = "HEADCOUNT_WEBHOOK_PRIVATE"
_LONGEST_URL = 2_000
_PORTS = {"https": 443, "http": 80}

_NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        "168.63.129.16/32",  # the platform behind machines of Azure, at a public address
        "192.0.0.0/24",  # assignments of the IETF, metadata of Oracle's cloud among them
        "192.88.99.0/24",  # relays of 6to4
        "2001::/23",  # assignments of the IETF, Teredo among them: it carries an IPv4 address
        "64:ff9b:1::/48",  # NAT64 of one's own network (RFC 8215)
        "::/96",  # IPv4-compatible, and the unspecified
        "3fff::/20",  # documentation (RFC 9637)
        "5f00::/16",  # SRv6 (RFC 9602)
        "fec0::/10",  # site-local, as it was
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_6TO4 = IPv6Network("2002::/16")


class Target(NamedTuple):
    """An address to send to, taken apart."""

    scheme: str
    host: str  # as it is written, without brackets
    port: int


def is_public(address: Address) -> bool:
    """Whether an address is one of the Internet, and of no network within.

    Loopback, private, link-local (where clouds keep their metadata), shared (CGNAT), multicast,
    reserved and unspecified addresses are not; nor are those that carry such an IPv4 address.

    >>> is_public(ip_address("93.184.216.34")), is_public(ip_address("169.254.169.254"))
    (True, False)
    >>> is_public(ip_address("::ffff:10.0.0.1")), is_public(ip_address("64:ff9b::a00:1"))
    (False, False)
    """
    if isinstance(address, IPv6Address) and (carried := _carried(address)) is not None:
        return is_public(carried)
    if any(_lies_in(address, network) for network in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _lies_in(address: Address, network: IPv4Network | IPv6Network) -> bool:
    return address.version == network.version and address in network


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(address.packed[12:])
    if address in _6TO4:
        return IPv4Address(address.packed[2:6])
    return None


def literal(host: str) -> Address | None:
    """The address that a host is, in whichever notation a resolver takes; None: it is a name.

    >>> literal("127.0.0.1") == literal("2130706433") == literal("0x7f.1") == literal("0177.1")
    True
    >>> literal("example.com") is None
    True
    """
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def target_of(url: str, *, private: bool) -> Target:
    """The address, if something may be sent there as far as can be seen from how it is written.

    Args:
        url: the address.
        private: whether the operator allows plain HTTP, and networks within.

    Raises:
        InvalidValue: it is none, has a password in it, is not https, or is not public.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if not host or parts.scheme not in _PORTS or not _is_plain(url):
        raise InvalidValue(
            "the address of a webhook is such as https://example.com/hooks, at most"
            f" {_LONGEST_URL} letters, in ASCII (names of other letters as xn--...)"
        )
    if "@" in parts.netloc or parts.fragment:
        raise InvalidValue(
            "the address of a webhook has no user, no password and no part behind # in it:"
            " the signature shows who sends"
        )
    if parts.scheme != "https" and not private:
        raise InvalidValue(
            "the address of a webhook begins with https://: events hold names of people. For a"
            f" receiver in a network of your own the operator sets {PRIVATE}=on"
        )
    _check_literal(host, private=private)
    return Target(parts.scheme, host, _PORTS[parts.scheme] if port is None else port)


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url and len(url) <= _LONGEST_URL


def _check_literal(host: str, *, private: bool) -> None:
    address = literal(host)
    if not private and (_is_local(host) or (address is not None and not is_public(address))):
        raise not_public(host)


def _is_local(host: str) -> bool:
    name = host.rstrip(".")
    return name == "localhost" or name.endswith(".localhost")


def not_public(host: str) -> InvalidValue:
    """The refusal of a destination within."""
    return InvalidValue(
        f"{host[:100]} leads into a private network or to this machine, and nothing is sent there;"
        f" if the receiver is there, the operator sets {PRIVATE}=on"
    )
