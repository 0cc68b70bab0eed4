"""Which addresses may be called on behalf of a client."""

from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.domain.networks import may_be_called


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_public_addresses_may_be_called(address: str) -> None:
    assert may_be_called(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.8.9.10",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.192",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2002:7f00:1::",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "2606:2800:220:1::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_our_own_side_of_the_door_may_not(address: str) -> None:
    assert not may_be_called(ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_ipv6_clothes_is_the_same_address(address: object) -> None:
    assert may_be_called(ip_address(f"::ffff:{address}")) == may_be_called(ip_address(str(address)))


@given(st.ip_addresses(v=4))
def test_no_other_clothes_are_taken(address: object) -> None:
    plain = int(ip_address(str(address)))
    for prefix in ("::", "64:ff9b::", "2002::"):
        shift = 80 if prefix == "2002::" else 0
        assert not may_be_called(IPv6Address(int(IPv6Address(prefix)) | plain << shift))


def test_a_network_that_the_operator_allows_may_be_called_in_any_clothes() -> None:
    allowed = [ip_network("10.1.0.0/16"), ip_network("fd00::/8")]
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "fd00::5"):
        assert may_be_called(ip_address(address), allowed)
    for address in ("10.2.0.1", "fe80::5", "127.0.0.1"):
        assert not may_be_called(ip_address(address), allowed)
