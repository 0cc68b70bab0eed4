"""Calls to clients' servers over HTTP, kept away from our own network.

A name is resolved once, each of its addresses is looked at, and the connection is made to one that was looked at:
a name that points elsewhere a moment later leads nowhere. Certificates are checked against the name.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import ip_address
from typing import Final

import httpx

from outdial.domain.networks import Address, Network, may_be_called
from outdial.ports.webhooks import CallRefused, NoAnswer

_WHOLE_SECONDS: Final = 10.0
_STEP_SECONDS: Final = 5.0
_MOST_ADDRESSES: Final = 3
"""Addresses of one name that are tried: the first may be of a kind of network that this machine does not have."""

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]


async def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a name, in the order in which the machine would try them. Raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(address[0]) for *_, address in found))


class HttpCaller:
    """Makes calls to the public internet, and to networks that the operator allows."""

    def __init__(self, allowed: Sequence[Network] = (), resolve: Resolve = resolve) -> None:
        self._allowed, self._resolve = tuple(allowed), resolve
        # No proxies and no passwords out of the environment, and no address but the one that was looked at.
        self._client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=_STEP_SECONDS,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def call(self, method: str, endpoint: str, headers: Mapping[str, str], body: bytes | None) -> int:
        try:
            async with asyncio.timeout(_WHOLE_SECONDS):
                return await self._call(method, httpx.URL(endpoint), headers, body)
        except TimeoutError:
            raise NoAnswer(f"there was no answer within {_WHOLE_SECONDS:.0f} seconds") from None
        except httpx.InvalidURL as error:
            raise CallRefused("the endpoint is no address") from error
        except httpx.HTTPError as error:
            raise NoAnswer(f"there was no answer: {type(error).__name__}") from error

    async def _call(self, method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes | None) -> int:
        host = url.raw_host.decode("ascii").strip("[]")
        if url.scheme not in ("http", "https") or not host or url.userinfo:
            raise CallRefused("the endpoint is no plain address of http or https")
        addresses = await self._addresses(host, url.port or (443 if url.scheme == "https" else 80))
        sent = {**headers, "Host": url.netloc.decode("ascii")}
        for left, address in reversed(list(enumerate(reversed(addresses)))):
            request = self._client.build_request(
                method,
                url.copy_with(host=str(address)),
                headers=sent,
                content=body,
                extensions={"sni_hostname": host, "timeout": httpx.Timeout(_STEP_SECONDS).as_dict()},
            )
            try:
                answer = await self._client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if not left:
                    raise
            else:
                # What the other side has to say beyond its status is not read.
                await answer.aclose()
                return answer.status_code
        raise AssertionError("a name that resolves has an address")

    async def _addresses(self, host: str, port: int) -> list[Address]:
        try:
            found = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise NoAnswer("the name of the endpoint cannot be resolved") from error
        if not found:
            raise NoAnswer("the name of the endpoint has no address")
        if not all(may_be_called(address, self._allowed) for address in found):
            raise CallRefused("the endpoint is not in the public internet")
        return list(found[:_MOST_ADDRESSES])
