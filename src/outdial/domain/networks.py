"""Which addresses may be called on behalf of a client: never those behind our own door. And which are our own."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NOT_PUBLIC: Final[tuple[Network, ...]] = (
    # Answers from inside one cloud's machines, though it looks like anybody's.
    IPv4Network("168.63.129.16/32"),
    # Special-purpose and relays, site-local: Python versions differ in what they think of these.
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("fec0::/10"),
    # Ways to say an IPv4 address in IPv6: what is meant is looked at where it is plain, and refused where it is not.
    IPv6Network("::/96"),
    IPv6Network("64:ff9b::/96"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("2001::/32"),
    IPv6Network("2002::/16"),
)


def is_here(host: str) -> bool:
    """Whether a host, by name or address, is the machine itself: nobody is on the way there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def may_be_called(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether an address is somewhere in the public internet, or in a network that the operator allows.

    Not public are loopback, private, link-local (where clouds keep their metadata), shared, reserved and multicast
    addresses, and IPv6 addresses that stand for an IPv4 address.
    """
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        if address.ipv4_mapped is not None:
            return may_be_called(address.ipv4_mapped, allowed)
    if any(address in network for network in allowed):
        return True
    return (
        address.is_global
        and not address.is_private
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _NOT_PUBLIC)
    )
