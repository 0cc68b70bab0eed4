"""What comes out of a port for what came in: packet by packet, without a network."""

import itertools
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from outdial.adapters.media.engine import ALAW, ULAW, Engine, Port
from outdial.adapters.media.g711 import FRAME, SILENCE, ULAW_TO_ALAW, samples_of
from outdial.adapters.media.recording import read_recording
from outdial.adapters.media.sounds import tone

HEADER = struct.Struct(">BBHII")
SPEECH = tone(300.0, seconds=0.02)
CALLEE, AGENT = ("127.0.0.1", 4000), ("127.0.0.1", 5000)


class Wire:
    """Takes the place of a port's socket."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def sendto(self, data: bytes, to: tuple[str, int]) -> None:
        self.sent.append(data)

    def close(self) -> None:
        pass

    @property
    def packets(self) -> list[tuple[int, int, int, int, bytes]]:
        """Kind (with the marker bit), sequence, time stamp, SSRC, payload."""
        return [(*HEADER.unpack_from(data)[1:], data[12:]) for data in self.sent]


class Exchange:
    """An engine whose ticks the test makes, and what it tells."""

    def __init__(self, **more: Any) -> None:
        self.told: list[tuple[str, str, Mapping[str, Any]]] = []
        self.engine = Engine("127.0.0.1", lambda key, kind, **about: self.told.append((key, kind, about)), **more)

    def port(self, key: str, to: tuple[str, int], *, codec: int = ULAW, dtmf: int | None = 101) -> tuple[Port, Wire]:
        port, wire = Port(self.engine, key), Wire()
        self.engine._ports[key] = port
        port._transport = wire  # type: ignore[assignment]
        port.talk_to(*to, codec=codec, dtmf=dtmf)
        return port, wire

    def kinds(self) -> list[str]:
        return [kind for _, kind, _ in self.told]


@pytest.fixture
async def exchange():  # type: ignore[no-untyped-def]
    made = Exchange()
    yield made
    made.engine.close()


def packet(number: int, *, kind: int = ULAW, payload: bytes = SPEECH, ssrc: int = 7, marker: bool = False) -> bytes:
    first = 60_000
    header = HEADER.pack(0x80, kind | (0x80 if marker else 0), (first + number) % 65536, number * FRAME, ssrc)
    return header + payload


async def test_two_ports_hear_each_other_and_the_join_is_measured(exchange: Exchange) -> None:
    callee, to_callee = exchange.port("callee", CALLEE)
    agent, to_agent = exchange.port("agent", AGENT)
    callee.join(agent)
    callee.datagram_received(packet(0), CALLEE)
    assert exchange.kinds() == []
    agent.datagram_received(packet(0, payload=SILENCE * FRAME), AGENT)
    assert [one[4] for one in to_agent.packets] == [SPEECH]
    assert [one[4] for one in to_callee.packets] == [SILENCE * FRAME]
    assert exchange.kinds() == ["both_heard"]


async def test_a_phone_hears_one_stream_whoever_is_behind_it(exchange: Exchange) -> None:
    """Silence of ours, a callee, silence, another callee: one SSRC, sequence and time go on without a jump."""
    agent, to_agent = exchange.port("agent", AGENT)
    for _ in range(2):
        agent.tick(0.0)
    for key in ("one", "other"):
        callee, _ = exchange.port(key, CALLEE)
        callee.join(agent)
        for n in range(3):
            callee.datagram_received(packet(n, ssrc=hash(key) % 1000), CALLEE)
        callee.part()
        agent.tick(0.0)
    kinds, sequences, stamps, ssrcs, _ = zip(*to_agent.packets, strict=True)
    assert len(set(ssrcs)) == 1
    steps = {(after - before) % 65536 for before, after in itertools.pairwise(sequences)}
    assert steps == {1}
    assert {(after - before) % 2**32 for before, after in itertools.pairwise(stamps)} == {FRAME}
    assert [kind >= 0x80 for kind in kinds] == [False, False, True, False, False, True, True, False, False, True]


async def test_a_gap_stays_a_gap_and_what_was_overtaken_stays_in_its_place(exchange: Exchange) -> None:
    callee, _ = exchange.port("callee", CALLEE)
    agent, to_agent = exchange.port("agent", AGENT)
    callee.join(agent)
    for n in (0, 1, 4, 3, 5):
        callee.datagram_received(packet(n), CALLEE)
    first = to_agent.packets[0]
    assert [(p[1] - first[1]) % 65536 for p in to_agent.packets] == [0, 1, 4, 3, 5]
    assert [(p[2] - first[2]) % 2**32 // FRAME for p in to_agent.packets] == [0, 1, 4, 3, 5]
    assert (callee.statistics.lost, callee.statistics.late) == (1, 1)


async def test_the_two_laws_are_translated(exchange: Exchange) -> None:
    callee, to_callee = exchange.port("callee", CALLEE, codec=ALAW)
    agent, to_agent = exchange.port("agent", AGENT)
    callee.join(agent)
    agent.datagram_received(packet(0), AGENT)
    assert to_callee.packets[0][0] & 0x7F == ALAW
    assert to_callee.packets[0][4] == SPEECH.translate(ULAW_TO_ALAW)
    callee.datagram_received(packet(0, kind=ALAW, payload=SPEECH.translate(ULAW_TO_ALAW)), CALLEE)
    heard = samples_of(to_agent.packets[0][4])
    assert all(abs(a - b) <= max(64, abs(b) // 8) for a, b in zip(heard, samples_of(SPEECH), strict=True))


async def test_what_is_played_is_heard_in_full_and_its_end_is_told(exchange: Exchange) -> None:
    port, wire = exchange.port("callee", CALLEE)
    sound = tone(400.0, seconds=0.09)
    port.play(sound, "p1")
    for _ in range(5):
        port.tick(0.0)
    assert b"".join(one[4] for one in wire.packets) == sound.ljust(5 * FRAME, SILENCE)
    assert exchange.told == [("callee", "played", {"play_id": "p1", "complete": True})]


async def test_what_is_played_replaces_the_peer_and_can_be_stopped(exchange: Exchange) -> None:
    callee, to_callee = exchange.port("callee", CALLEE)
    agent, _ = exchange.port("agent", AGENT)
    callee.join(agent)
    callee.play(tone(400.0, seconds=1.0), "p1", repeat=True)
    agent.datagram_received(packet(0), AGENT)
    assert to_callee.sent == []
    callee.stop()
    agent.datagram_received(packet(1), AGENT)
    assert [one[4] for one in to_callee.packets] == [SPEECH]
    assert exchange.told == [("callee", "played", {"play_id": "p1", "complete": False})]


async def test_the_whisper_is_heard_with_the_callee_and_only_by_the_agent(exchange: Exchange) -> None:
    callee, to_callee = exchange.port("callee", CALLEE)
    agent, to_agent = exchange.port("agent", AGENT)
    callee.join(agent, whisper=tone(440.0, seconds=0.03))
    for n in range(3):
        callee.datagram_received(packet(n, payload=SILENCE * FRAME), CALLEE)
        agent.datagram_received(packet(n, payload=SILENCE * FRAME), AGENT)
    loudest = [max(map(abs, samples_of(one[4]))) for one in to_agent.packets]
    assert [level > 1000 for level in loudest] == [True, True, False]
    assert all(one[4] == SILENCE * FRAME for one in to_callee.packets)


async def test_digits_arrive_as_they_were_sent(exchange: Exchange) -> None:
    sender, wire = exchange.port("sender", CALLEE, dtmf=96)
    receiver, _ = exchange.port("receiver", AGENT, dtmf=96)
    sender.send_digits("1#9")
    while sender._digits:
        sender.tick(0.0)
    for data in wire.sent:
        receiver.datagram_received(data, AGENT)
    assert [about["digit"] for key, kind, about in exchange.told if kind == "digit"] == ["1", "#", "9"]
    kinds, sequences, stamps, *_ = zip(*wire.packets, strict=True)
    assert {kind & 0x7F for kind in kinds} == {ULAW, 96}
    assert {(b - a) % 65536 for a, b in itertools.pairwise(sequences)} == {1}
    assert all((b - a) % 2**32 < 2**31 for a, b in itertools.pairwise(stamps)), "time never goes back"


async def test_a_digit_of_the_callee_goes_on_to_the_agents_phone_in_its_own_type(exchange: Exchange) -> None:
    callee, _ = exchange.port("callee", CALLEE, dtmf=96)
    agent, to_agent = exchange.port("agent", AGENT, dtmf=101)
    deaf, to_deaf = exchange.port("deaf", AGENT, dtmf=None)
    event = packet(0, kind=96, payload=bytes([5, 0x0A, 0, 160]))
    callee.join(agent)
    callee.datagram_received(event, CALLEE)
    callee.join(deaf)
    callee.datagram_received(event, CALLEE)
    assert [one[0] & 0x7F for one in to_agent.packets] == [101]
    assert to_deaf.packets == []


async def test_sound_is_sent_to_where_it_comes_from_and_strangers_are_not_heard(exchange: Exchange) -> None:
    """Behind a NAT a phone's packets come from elsewhere than it said; once they came, nobody else is believed."""
    callee, _ = exchange.port("callee", CALLEE)
    agent, to_agent = exchange.port("agent", AGENT)
    callee.join(agent)
    behind_nat = ("192.0.2.9", 7777)
    callee.datagram_received(packet(0), behind_nat)
    callee.datagram_received(packet(1), ("192.0.2.66", 1))
    assert callee._to == behind_nat
    assert len(to_agent.sent) == 1
    assert callee.statistics.foreign == 1


async def test_damaged_packets_are_nothing(exchange: Exchange) -> None:
    callee, _ = exchange.port("callee", CALLEE)
    agent, to_agent = exchange.port("agent", AGENT)
    callee.join(agent)
    whole = packet(0)
    for data in (b"", whole[:11], b"\x00" + whole[1:], whole[:12], b"\xb0" + whole[1:13], b"\x90" + whole[1:14]):
        callee.datagram_received(data, CALLEE)
    assert to_agent.sent == []


async def test_a_port_that_falls_silent_is_told_once_and_again_when_it_is_back(exchange: Exchange) -> None:
    callee, _ = exchange.port("callee", CALLEE)
    callee.heard_at -= 21.0
    exchange.engine._look_for_silence()
    exchange.engine._look_for_silence()
    callee.datagram_received(packet(0), CALLEE)
    assert exchange.kinds() == ["silent", "heard_again"]


async def test_a_listener_hears_20_ms_at_a_time_until_it_is_done() -> None:
    heard: list[bytes] = []

    class Detector:
        def hear(self, frame: bytes) -> Mapping[str, Any] | None:
            heard.append(frame)
            return {"done": True, "verdict": "human"} if len(heard) == 3 else None

    exchange = Exchange(listeners={"detector": lambda settings: Detector()})
    callee, _ = exchange.port("callee", CALLEE, codec=ALAW)
    exchange.engine.listen("callee", "detector", {})
    callee.datagram_received(packet(0, kind=ALAW, payload=SPEECH.translate(ULAW_TO_ALAW) * 2), CALLEE)
    callee.datagram_received(packet(2), CALLEE)
    callee.datagram_received(packet(3), CALLEE)
    assert [len(frame) for frame in heard] == [FRAME] * 3
    assert heard[2] == SPEECH
    assert exchange.told == [("callee", "listened", {"said": {"done": True, "verdict": "human"}})]
    exchange.engine.close()


async def test_both_directions_of_a_call_are_recorded(tmp_path: Path) -> None:
    exchange = Exchange(recordings=tmp_path)
    callee, _to_callee = exchange.port("callee", CALLEE)
    agent, _ = exchange.port("agent", AGENT, codec=ALAW)
    callee.join(agent)
    exchange.engine.record("callee", "call")
    for n in range(10):
        callee.datagram_received(packet(n), CALLEE)
        agent.datagram_received(packet(n, kind=ALAW, payload=(SILENCE * FRAME).translate(ULAW_TO_ALAW)), AGENT)
    exchange.engine.close_port("callee")
    [(_, _, about)] = [one for one in exchange.told if one[1] == "recorded"]
    assert about["seconds"] == pytest.approx(0.2, abs=0.02)
    frames = struct.iter_unpack("<hh", read_recording(Path(about["path"]), None)[44:])
    left, right = zip(*frames, strict=True)
    assert max(map(abs, left)) > 3000
    assert max(map(abs, right)) < 50
    exchange.engine.close()


async def test_ticks_that_were_missed_are_made_up_for_but_not_without_end(exchange: Exchange) -> None:
    _port, wire = exchange.port("callee", CALLEE)
    exchange.engine._next = exchange.engine.loop.time() - 0.05
    exchange.engine._tick()
    assert len(wire.sent) == 3
    exchange.engine._next = exchange.engine.loop.time() - 10.0
    exchange.engine._tick()
    assert len(wire.sent) == 3 + 5
    statistics = exchange.engine.statistics()
    assert statistics.ticks == 8
    assert statistics.skipped > 400
    assert statistics.late_max_ms >= 10_000
