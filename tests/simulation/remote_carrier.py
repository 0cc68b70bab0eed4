"""A carrier in a process of its own, over a socket: its calls outlive the engines, as those of a telephone network do.

One server, any number of engines; every engine hears of every call. The messages are pickled: both ends are this test.
"""

import asyncio
import contextlib
import pickle
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from outdial.domain.values import UserId
from outdial.ports.carrier import CallEvent, Carrier, CarrierUnreachable, NewCall, WayOut

PATIENCE: Final = 60.0
"""Real seconds that an answer may take."""


async def serve(carrier: Carrier, path: Path) -> asyncio.Server:
    """Answer to engines on a socket at `path`."""
    engines: set[asyncio.StreamWriter] = set()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        engines.add(writer)
        _send(writer, (None, None, carrier.free_lines()))
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                turn, command, arguments = await _receive(reader)
                try:
                    answer = await getattr(carrier, command)(*arguments)
                except Exception as exc:
                    answer = exc
                _send(writer, (turn, answer, carrier.free_lines()))
        engines.discard(writer)
        writer.close()

    def tell(event: CallEvent) -> None:
        for writer in engines:
            _send(writer, (None, event, carrier.free_lines()))

    carrier.listen(tell)
    return await asyncio.start_unix_server(meet, path)


class RemoteCarrier:
    """Implements `outdial.ports.carrier.Carrier` over the socket of a `serve`; made by `connected_to`."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._hear: Callable[[CallEvent], None] = lambda event: None
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._turn = self._free = 0

    def listen(self, hear: Callable[[CallEvent], None]) -> None:
        self._hear = hear

    def free_lines(self) -> int:
        return self._free

    def health(self) -> Sequence[WayOut]:
        return (WayOut("remote", None, False, 0, self._free, self._free),)

    def drain(self, name: str | None = None) -> None:
        raise NotImplementedError("these engines stop by themselves")

    def resume(self, name: str | None = None) -> None:
        raise NotImplementedError("these engines stop by themselves")

    async def originate(self, call: NewCall) -> None:
        await self._ask("originate", call)

    async def bridge(self, call_id: UUID, agent: UserId) -> None:
        await self._ask("bridge", call_id, agent)

    async def hang_up(self, call_id: UUID) -> None:
        await self._ask("hang_up", call_id)

    async def play_then_hang_up(self, call_id: UUID) -> None:
        await self._ask("play_then_hang_up", call_id)

    async def hold(self, call_id: UUID) -> None:
        await self._ask("hold", call_id)

    async def unhold(self, call_id: UUID) -> None:
        await self._ask("unhold", call_id)

    async def send_digits(self, call_id: UUID, digits: str) -> None:
        await self._ask("send_digits", call_id, digits)

    async def calls(self) -> tuple[UUID, ...]:
        calls: tuple[UUID, ...] = await self._ask("calls")
        return calls

    async def run(self, reader: asyncio.StreamReader) -> None:
        """Hear what the carrier says, for as long as it is there."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                turn, told, self._free = await _receive(reader)
                if turn is None:
                    if told is not None:
                        self._hear(told)
                elif isinstance(told, Exception):
                    self._answers.pop(turn).set_exception(told)
                else:
                    self._answers.pop(turn).set_result(told)

    async def _ask(self, command: str, *arguments: object) -> Any:
        self._turn += 1
        answer = self._answers[self._turn] = asyncio.get_running_loop().create_future()
        _send(self._writer, (self._turn, command, arguments))
        try:
            async with asyncio.timeout(PATIENCE):
                return await answer
        except TimeoutError as exc:
            raise CarrierUnreachable("the carrier's process does not answer") from exc


@contextlib.asynccontextmanager
async def connected_to(path: Path) -> AsyncIterator[RemoteCarrier]:
    """The carrier that serves at `path`."""
    reader, writer = await asyncio.open_unix_connection(path)
    carrier = RemoteCarrier(writer)
    hearing = asyncio.create_task(carrier.run(reader), name="carrier's events")
    try:
        yield carrier
    finally:
        hearing.cancel()
        writer.close()


def _send(writer: asyncio.StreamWriter, message: object) -> None:
    packed = pickle.dumps(message)
    writer.write(len(packed).to_bytes(4) + packed)


async def _receive(reader: asyncio.StreamReader) -> Any:
    return pickle.loads(await reader.readexactly(int.from_bytes(await reader.readexactly(4))))
