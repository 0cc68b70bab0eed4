"""Calls to clients' servers, over real connections on loopback."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from ipaddress import ip_address, ip_network

import pytest

from outdial.adapters.webhooks import HttpCaller, resolve
from outdial.domain.networks import Address
from outdial.ports.webhooks import CallRefused, NoAnswer

LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@contextlib.asynccontextmanager
async def listening(answer: bytes = OK, host: str = "127.0.0.1") -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that says always the same: its port, and what it heard."""
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(one[15:]) for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:")), 0)
        heard.append(head + await reader.readexactly(length))
        with contextlib.suppress(ConnectionError):
            writer.write(answer)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(talk, host) as server:
        yield server.sockets[0].getsockname()[1], heard


def names(*addresses: str) -> Callable[[str, int], object]:
    """A resolver to which every name is these addresses."""

    async def found(host: str, port: int) -> Sequence[Address]:
        return [ip_address(address) for address in addresses]

    return found


async def test_what_is_to_be_sent_is_sent() -> None:
    async with listening() as (port, heard):
        caller = HttpCaller(LOOPBACK)
        status = await caller.call("POST", f"http://127.0.0.1:{port}/done?x=1", {"X-Api-Key": "k"}, b'{"a":1}')
    assert status == 204
    (said,) = heard
    assert said.startswith(b"POST /done?x=1 HTTP/1.1\r\n")
    assert b"x-api-key: k\r\n" in said.lower()
    assert said.endswith(b'\r\n\r\n{"a":1}')


async def test_the_connection_goes_to_the_address_that_was_looked_at_and_names_the_host() -> None:
    async with listening() as (port, heard):
        caller = HttpCaller(LOOPBACK, names("127.0.0.1"))  # type: ignore[arg-type]
        assert await caller.call("GET", f"http://crm.example:{port}/", {}, None) == 204
    assert f"host: crm.example:{port}".encode() in heard[0].lower()


async def test_a_name_is_resolved_once_so_that_it_cannot_point_elsewhere_a_moment_later() -> None:
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])

    async def changing(host: str, port: int) -> Sequence[Address]:
        return [ip_address(address) for address in next(answers)]

    async with listening() as (port, heard):
        assert await HttpCaller(LOOPBACK, changing).call("GET", f"http://crm.example:{port}/", {}, None) == 204
    assert len(heard) == 1


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["10.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:127.0.0.1"], ["169.254.169.254"]]
)
async def test_a_name_with_any_address_of_ours_is_refused(addresses: list[str]) -> None:
    with pytest.raises(CallRefused):
        await HttpCaller(resolve=names(*addresses)).call("GET", "http://crm.example/", {}, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:7f00:1]"]
)
async def test_no_spelling_of_this_machine_is_called(host: str) -> None:
    async with listening() as (port, heard):
        with pytest.raises((CallRefused, NoAnswer)):
            await HttpCaller().call("GET", f"http://{host}:{port}/", {}, None)
    assert heard == []


@pytest.mark.parametrize("endpoint", ["ftp://crm.example/", "http://", "http://ana:secret@crm.example/", "//x"])
async def test_what_is_no_plain_address_is_refused(endpoint: str) -> None:
    with pytest.raises(CallRefused):
        await HttpCaller(LOOPBACK).call("GET", endpoint, {}, None)


async def test_a_redirection_is_an_answer_and_is_not_followed() -> None:
    async with listening() as (elsewhere, not_asked):
        answer = f"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:{elsewhere}/\r\nContent-Length: 0\r\n\r\n".encode()
        async with listening(answer) as (port, _):
            assert await HttpCaller(LOOPBACK).call("GET", f"http://127.0.0.1:{port}/", {}, None) == 307
    assert not_asked == []


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as (proxy, heard), listening() as (port, asked):
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy}")
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy}")
        monkeypatch.setenv("NO_PROXY", "")
        assert await HttpCaller(LOOPBACK).call("GET", f"http://127.0.0.1:{port}/", {}, None) == 204
    assert (len(heard), len(asked)) == (0, 1)


async def test_a_long_answer_is_not_read() -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n" + bytes(1_000_000)
    async with listening(long) as (port, _):
        assert await HttpCaller(LOOPBACK).call("GET", f"http://127.0.0.1:{port}/", {}, None) == 200


async def test_an_endless_head_is_no_answer() -> None:
    async with listening(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000) as (port, _):
        with pytest.raises(NoAnswer):
            await HttpCaller(LOOPBACK).call("GET", f"http://127.0.0.1:{port}/", {}, None)


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n"])
async def test_what_is_no_http_is_no_answer(answer: bytes) -> None:
    async with listening(answer) as (port, _):
        with pytest.raises(NoAnswer):
            await HttpCaller(LOOPBACK).call("GET", f"http://127.0.0.1:{port}/", {}, None)


async def test_nobody_there_is_no_answer() -> None:
    async with listening() as (port, _):
        pass
    with pytest.raises(NoAnswer):
        await HttpCaller(LOOPBACK).call("GET", f"http://127.0.0.1:{port}/", {}, None)


async def test_the_next_address_is_tried_where_the_first_cannot_be_reached() -> None:
    async with listening() as (port, heard):
        caller = HttpCaller(LOOPBACK, names("127.0.0.2", "127.0.0.1"))  # type: ignore[arg-type]
        assert await caller.call("GET", f"http://crm.example:{port}/", {}, None) == 204
    assert len(heard) == 1


async def test_a_name_that_nobody_has_is_no_answer() -> None:
    async def unknown(host: str, port: int) -> Sequence[Address]:
        raise OSError("no such name")

    with pytest.raises(NoAnswer):
        await HttpCaller(resolve=unknown).call("GET", "http://nobody.invalid/", {}, None)


async def test_names_are_resolved_as_the_machine_does() -> None:
    assert ip_address("127.0.0.1") in await resolve("127.0.0.1", 80)
