"""Hearing a channel of an Asterisk: a snoop channel's sound comes to a UDP port of ours, until a verdict is there.

Source: RTP, RFC 3550: twelve bytes of header, then four for each contributing source, then the sound.
"""

import asyncio
import contextlib
from collections.abc import Callable

from outdial.adapters.detection.detector import Detector
from outdial.adapters.media.g711 import FRAME
from outdial.domain.machine_detection import Judgement, Rules

Judge = Callable[[Judgement], None]


class Ear(asyncio.DatagramProtocol):
    """Listens on a port of its own; `judged` is called once, unless it is closed before."""

    def __init__(self, rules: Rules, judged: Judge) -> None:
        self._detector: Detector | None = Detector(rules)
        self._judged = judged
        self._transport: asyncio.BaseTransport | None = None
        self._rest = b""
        self._sequence: int | None = None

    @classmethod
    async def open(cls, host: str, rules: Rules, judged: Judge) -> tuple["Ear", int]:
        """An ear and its port. Raises `OSError`."""
        loop = asyncio.get_running_loop()
        transport, ear = await loop.create_datagram_endpoint(lambda: cls(rules, judged), (host, 0))
        return ear, int(transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        if len(data) < 12 or data[0] >> 6 != 2 or self._detector is None:
            return
        sequence = int.from_bytes(data[2:4], "big")
        if self._sequence is not None and (sequence - self._sequence) % 2**16 >= 2**15:
            return  # late or doubled: its place has been heard
        self._sequence = sequence
        self._rest += data[12 + 4 * (data[0] & 0x0F) :]
        while len(self._rest) >= FRAME and self._detector is not None:
            frame, self._rest = self._rest[:FRAME], self._rest[FRAME:]
            for heard in self._detector.hear(frame):
                if isinstance(heard, Judgement):
                    self.close()
                    self._judged(heard)

    def close(self) -> None:
        self._detector = None
        if self._transport is not None:
            with contextlib.suppress(OSError):
                self._transport.close()
