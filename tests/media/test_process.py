"""The engine as a process, with two phones on real sockets."""

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from outdial.adapters.media.client import MediaDown, MediaEvent, MediaProcess, MediaRefused, MediaSettings
from outdial.adapters.media.sounds import SoundUnusable, tone

SPEECH = tone(300.0, seconds=0.02)
PATIENCE = 10.0


class Phone(asyncio.DatagramProtocol):
    """Sends what it is told, and remembers what it hears."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()
        self.port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.DatagramTransport = transport  # type: ignore[assignment]
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        self.heard.put_nowait(data[12:])

    def say(self, number: int, to: int) -> None:
        self.transport.sendto(struct.pack(">BBHII", 0x80, 0, number, number * 160, 9) + SPEECH, ("127.0.0.1", to))

    async def hears(self, payload: bytes) -> None:
        async with asyncio.timeout(PATIENCE):
            while await self.heard.get() != payload:
                pass


async def a_phone() -> Phone:
    _, phone = await asyncio.get_running_loop().create_datagram_endpoint(Phone, local_addr=("127.0.0.1", 0))
    return phone


@pytest.fixture
async def media(tmp_path: Path) -> AsyncIterator[MediaProcess]:
    running = await MediaProcess.start(MediaSettings(recordings=tmp_path / "recordings"))
    yield running
    await running.close()


async def test_two_phones_hear_each_other_through_the_process(media: MediaProcess) -> None:
    events: asyncio.Queue[MediaEvent] = asyncio.Queue()
    media.hear = events.put_nowait
    phones = {"callee": await a_phone(), "agent": await a_phone()}
    ports = {}
    for key, phone in phones.items():
        ports[key] = await media.open(key)
        await media.talk_to(key, "127.0.0.1", phone.port, codec=0, dtmf=101)
    assert await media.open("callee") == ports["callee"], "the same key again is the same port"
    await media.record("callee", "call-1")
    await media.join("callee", "agent", whisper=None)
    for n in range(5):
        for key, phone in phones.items():
            phone.say(n, ports[key])
    await phones["agent"].hears(SPEECH)
    await phones["callee"].hears(SPEECH)
    async with asyncio.timeout(PATIENCE):
        assert (await events.get()).kind == "both_heard"
    statistics = await media.statistics()
    assert statistics.ports == 2
    assert statistics.received >= 2
    await media.play("callee", "message", "p1")
    async with asyncio.timeout(PATIENCE):
        played = await events.get()
    assert (played.kind, played.about) == ("played", {"play_id": "p1", "complete": True})
    counted = await media.close_port("callee")
    assert counted is not None
    assert counted.received > 0
    async with asyncio.timeout(PATIENCE):
        recorded = await events.get()
    assert recorded.kind == "recorded"
    assert str(recorded.about["path"]).endswith("call-1.wav")
    assert await media.close_port("callee") is None
    for phone in phones.values():
        phone.transport.close()


async def test_what_cannot_be_done_is_refused_and_the_engine_goes_on(media: MediaProcess) -> None:
    with pytest.raises(MediaRefused):
        await media.join("nobody", "nothing")
    await media.open("a")
    with pytest.raises(MediaRefused):
        await media.play("a", "no such sound", "p")
    assert (await media.statistics()).ports == 1


async def test_a_process_that_dies_is_noticed(media: MediaProcess) -> None:
    died = asyncio.Event()
    media.died = died.set
    await media.open("a")
    media._process.kill()
    async with asyncio.timeout(PATIENCE):
        await died.wait()
    with pytest.raises(MediaDown):
        await media.open("b")


async def test_the_process_ends_with_whoever_started_it() -> None:
    media = await MediaProcess.start(MediaSettings())
    await media.open("a")
    media._writer.transport.abort()  # as when the dialer is killed
    async with asyncio.timeout(PATIENCE):
        assert await media._process.wait() == 0
    await media.close()


async def test_a_range_of_ports_is_kept_to_and_its_end_is_said() -> None:
    media = await MediaProcess.start(MediaSettings(ports=(31_970, 31_973)))
    try:
        assert {await media.open("a"), await media.open("b")} == {31_970, 31_972}
        with pytest.raises(MediaRefused, match="no UDP port is free"):
            await media.open("c")
        await media.close_port("a")
        assert await media.open("c") == 31_970
    finally:
        await media.close()


async def test_a_sound_that_cannot_be_played_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SoundUnusable):
        await MediaProcess.start(MediaSettings(message=tmp_path / "missing.wav"))
