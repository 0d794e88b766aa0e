"""Which addresses may be sent to: none within a network, however it is written."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, strategies as st

from headcount.directory.destinations import Target, is_public, literal, target_of
from headcount.errors import InvalidValue

WITHIN = [
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback, its end"),
    ("0.0.0.0", "unspecified"),
    ("0.1.2.3", "this network"),
    ("10.0.0.1", "private"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private, its end"),
    ("192.168.1.1", "private"),
    ("100.64.0.1", "shared (CGNAT)"),
    ("100.100.100.200", "metadata of Alibaba's cloud"),
    ("169.254.169.254", "metadata of clouds"),
    ("169.254.170.2", "metadata of containers"),
    ("168.63.129.16", "the platform of Azure"),
    ("192.0.0.192", "metadata of Oracle's cloud"),
    ("192.0.2.1", "documentation"),
    ("198.18.0.1", "benchmarks"),
    ("203.0.113.5", "documentation"),
    ("192.88.99.1", "relay of 6to4"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::7f00:1", "IPv4-compatible"),
    ("::ffff:127.0.0.1", "IPv4-mapped loopback"),
    ("::ffff:169.254.169.254", "IPv4-mapped metadata"),
    ("64:ff9b::a00:1", "NAT64 of 10.0.0.1"),
    ("64:ff9b::a9fe:a9fe", "NAT64 of metadata"),
    ("64:ff9b:1::1", "NAT64 of one's own"),
    ("2002:7f00:1::", "6to4 of loopback"),
    ("2002:a00:1::1", "6to4 of 10.0.0.1"),
    ("2001:0:53aa:64c:0:fb1f:f5ff:fffe", "Teredo"),
    ("2001:db8::1", "documentation"),
    ("3fff::1", "documentation"),
    ("5f00::1", "segments"),
    ("100::1", "discard"),
    ("fc00::1", "private"),
    ("fd00:ec2::254", "metadata of Amazon's cloud"),
    ("fe80::1", "link-local"),
    ("fe80::1%eth0", "link-local with its link"),
    ("fec0::1", "site-local"),
    ("ff02::1", "multicast"),
    ("ff0e::1", "multicast, global"),
]

OUTSIDE = ["1.1.1.1", "93.184.216.34", "100.128.0.1", "172.32.0.1", "2606:4700:4700::1111"]
OUTSIDE += ["::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"]


@pytest.mark.parametrize(("address", "_what"), WITHIN)
def test_addresses_within_are_not_public(address: str, _what: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_in_whichever_form_it_is_carried(address: object) -> None:
    assert isinstance(address, IPv4Address)
    number = int(address)
    mapped = IPv6Address((0xFFFF << 32) + number)
    behind_nat64 = IPv6Address((0x64FF9B << 96) + number)
    by_6to4 = IPv6Address((0x2002 << 112) + (number << 80))
    expected = is_public(address)
    assert [is_public(one) for one in (mapped, behind_nat64, by_6to4)] == [expected] * 3


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:0:0:1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "0",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
    ],
)
def test_a_host_within_is_refused_in_every_notation(host: str) -> None:
    url = f"https://{host}/in"
    with pytest.raises(InvalidValue, match="private network or to this machine"):
        target_of(url, private=False)
    assert target_of(url, private=True).port == 443


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://ada:secret@hooks.test/in", "no user, no password"),
        ("https://ada@hooks.test/in", "no user, no password"),
        ("https://hooks.test/in#part", "no part behind #"),
        ("http://hooks.test/in", "begins with https://"),
        ("ftp://hooks.test/in", "is such as https://"),
        ("hooks.test/in", "is such as https://"),
        ("https:///in", "is such as https://"),
        ("https://hooks.test:99999/in", "is such as https://"),
        ("https://[::1/in", "is such as https://"),
        ("https://hooks.test/a b", "is such as https://"),
        ("https://hooks.test/a\r\nX: y", "is such as https://"),
        ("https://zoë.test/in", "is such as https://"),
        ("https://hooks.test/" + "x" * 2_000, "at most"),
        ("", "is such as https://"),
    ],
)
def test_what_is_no_address_for_webhooks_is_refused(url: str, why: str) -> None:
    with pytest.raises(InvalidValue, match=why) as refused:
        target_of(url, private=False)
    assert "secret" not in refused.value.detail


def test_plain_http_needs_the_setting() -> None:
    assert target_of("http://hooks.internal:8080/in", private=True) == Target(
        "http", "hooks.internal", 8080
    )
    with pytest.raises(InvalidValue, match="HEADCOUNT_WEBHOOK_PRIVATE=on"):
        target_of("http://hooks.internal:8080/in", private=False)


def test_an_address_is_taken_apart() -> None:
    assert target_of("https://hooks.test/in?a=b", private=False) == Target(
        "https", "hooks.test", 443
    )
    assert target_of("https://1.1.1.1:8443", private=False) == Target("https", "1.1.1.1", 8443)


@given(st.text())
def test_whatever_is_typed_is_an_address_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://x.test/{text}"):
        try:
            target = target_of(url, private=False)
        except InvalidValue:
            continue
        address = literal(target.host)
        assert target.host
        assert address is None or is_public(address)
