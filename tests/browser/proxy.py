"""A reverse proxy with a path: what the world has in front of Outdial."""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator

CHUNK = 65_536


class Proxy:
    """Takes its path off each request and hands it on; each connection carries one request, or a WebSocket."""

    def __init__(self, path: str, listener: socket.socket) -> None:
        self._path = path.encode()
        self._listener = listener
        self.address = f"http://localhost:{listener.getsockname()[1]}{path}"
        self._behind = ("", 0)

    @contextlib.asynccontextmanager
    async def in_front_of(self, address: str) -> AsyncIterator[None]:
        host, port = address.partition("://")[2].split(":")
        self._behind = host, int(port)
        async with await asyncio.start_server(self._carry, sock=self._listener):
            yield

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:  # a browser opens connections to have them
            writer.close()
            return
        method, target, rest = head.split(b" ", 2)
        if not target.startswith(self._path + b"/"):
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            writer.close()
            return
        if b"\r\nupgrade: websocket" not in head.lower():
            rest = re.sub(rb"(?i)\r\nconnection: [^\r]*", b"", rest).replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        inner, out = await asyncio.open_connection(*self._behind)
        out.write(b" ".join((method, target.removeprefix(self._path), rest)))
        await asyncio.gather(_pour(reader, out), _pour(inner, writer))


async def _pour(source: asyncio.StreamReader, drain: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(CHUNK):
            drain.write(chunk)
            await drain.drain()
    drain.close()
