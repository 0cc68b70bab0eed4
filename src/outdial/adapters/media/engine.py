"""The sound of calls on one event loop: RTP ports, who hears whom, prompts, digits, recordings.

What comes in for a port that is joined to another goes out at once; only sound of our own is paced, by one tick each
20 ms for all. Each port has one stream of its own (SSRC, sequence, time stamps) whatever is behind it, so that a phone
never sees a jump when who it hears changes.

Source:
    RFC 3550 (RTP; jitter in appendix A.8), RFC 4733 (telephone events).
"""

import asyncio
import secrets
import socket
import struct
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast

from outdial.adapters.media.g711 import ALAW_TO_ULAW, FRAME, RATE, SILENCE, ULAW_TO_ALAW, mixed
from outdial.adapters.media.recording import LEFT, RIGHT, Recorder

TICK: Final = FRAME / RATE
ULAW, ALAW = 0, 8

_HEADER: Final = struct.Struct(">BBHII")
_EVENT: Final = struct.Struct(">BBH")
_DIGITS: Final = "0123456789*#ABCD"
_DIGIT_FRAMES: Final = 8
"""A digit lasts 160 ms and is followed by a gap of the same length."""
_END_REPEATS: Final = 3
_MOST_CATCH_UP: Final = 5
"""Ticks that are made up for after a pause; of a longer one the rest is lost, as it would be on a line."""
_CLOCK: Final = 1 << 32
_SEQUENCE: Final = 1 << 16


class Listener(Protocol):
    """Hears what a port receives, 20 ms of mu-law at a time, and may have something to say about it."""

    def hear(self, frame: bytes) -> Mapping[str, Any] | None:
        """What is to be told, or `None`; after `{"done": True, ...}` it is asked no more."""
        ...


NewListener = Callable[[Mapping[str, Any]], Listener]


@dataclass(slots=True)
class PortStatistics:
    """Counts of one port since it was opened."""

    received: int = 0
    sent: int = 0
    lost: int = 0
    late: int = 0
    foreign: int = 0
    """Packets of others than the one we talk to: not heard."""
    jitter_ms: float = 0.0


@dataclass(slots=True)
class EngineStatistics:
    """Of the whole engine: how well it keeps its beat."""

    ports: int
    received: int
    sent: int
    ticks: int
    tick_busy: float
    """Fraction of each 20 ms that its own sounds took, since the last look: the tick budget."""
    late_p50_ms: float
    late_p99_ms: float
    late_max_ms: float
    skipped: int
    """Ticks that were too late to be made up for."""


class Port(asyncio.DatagramProtocol):
    """One side of one call: a UDP port of ours, and whom it talks to."""

    def __init__(self, engine: "Engine", key: str) -> None:
        self.engine, self.key = engine, key
        self.number = 0
        self.statistics = PortStatistics()
        self.peer: Port | None = None
        self.recorder: Recorder | None = None
        self.listener: Listener | None = None
        self.codec = ULAW
        self._transport: asyncio.DatagramTransport | None = None
        self._to: tuple[str, int] | None = None
        self._latched = False
        self._dtmf: int | None = None
        self._muted = False
        self._ssrc, self._sequence = secrets.randbits(32), secrets.randbits(16)
        self._stamp = secrets.randbits(32)
        self._sent_at = 0.0
        self._source: tuple[Port, int] | None = None  # whose packets go out, and their SSRC
        self._sequence_shift = self._stamp_shift = 0
        self._far_ssrc: int | None = None
        self._far_sequence = 0
        self._transit: float | None = None
        self.heard_at = 0.0
        self.silent_told = False
        self._digit_stamp: int | None = None
        self._recording_since = 0.0
        # Sound of our own
        self._sound = b""
        self._at = 0
        self._play_id: str | None = None
        self._repeat = False
        self._over = b""  # mixed into what the port hears of its peer
        self._digits: deque[tuple[int, int]] = deque()  # events to send, each with its frame
        self._event_stamp = 0
        self._joined_at: float | None = None
        """When it was joined to its peer, until both of them were heard."""
        self._heard_since = False

    # What it is told ----------------------------------------------------------------------------------------------

    def talk_to(self, host: str, port: int, *, codec: int, dtmf: int | None, muted: bool = False) -> None:
        """Where the far side listens, and how. Until something comes from elsewhere, which is a NAT's doing."""
        if self._to is None or (host, port) != self._to:
            self._latched = False
        self._to = (host, port)
        self.codec, self._dtmf, self._muted = codec, dtmf, muted
        self.heard_at, self.silent_told = self.engine.loop.time(), False
        self.engine.pace(self)

    def join(self, peer: "Port", *, whisper: bytes = b"") -> None:
        """Hear each other from now on; the peer hears `whisper` over it. Whoever they heard before hears nothing."""
        for one in (self, peer):
            one.part()
        self.peer, peer.peer = peer, self
        for one in (self, peer):
            one._stop_sound(complete=False)
            one._joined_at, one._heard_since = self.engine.loop.time(), False
        peer._over = whisper
        self.engine.pace(self)
        self.engine.pace(peer)

    def part(self) -> None:
        """Hear nobody from now on: silence, until something is played."""
        peer, self.peer = self.peer, None
        if peer is not None and peer.peer is self:
            peer.peer = None
            peer._over = b""
            self.engine.pace(peer)
        self._over = b""
        self.engine.pace(self)

    def play(self, sound: bytes, play_id: str, *, repeat: bool = False) -> None:
        """Hear this instead of anything else, from the next tick on; `played` tells when it is over."""
        self._stop_sound(complete=False)
        self._sound, self._at, self._play_id, self._repeat = sound, 0, play_id, repeat
        self.engine.pace(self)

    def stop(self) -> None:
        self._stop_sound(complete=False)

    def send_digits(self, digits: str) -> None:
        """Send telephone events, one after the other; nothing else goes out meanwhile."""
        for digit in digits:
            event = _DIGITS.index(digit)
            self._digits.extend((event, frame) for frame in range(_DIGIT_FRAMES + _END_REPEATS - 1))
            self._digits.extend((-1, 0) for _ in range(_DIGIT_FRAMES))
        self.engine.pace(self)

    def record(self, recorder: Recorder) -> None:
        self.recorder, self._recording_since = recorder, self.engine.loop.time()

    def close(self) -> None:
        self.part()
        self._stop_sound(complete=False)
        self.engine.pace(self, wanted=False)
        if self._transport is not None:
            self._transport.close()

    @property
    def paced(self) -> bool:
        """Whether what it hears comes from us: it has to be kept going, tick by tick."""
        return self._to is not None and (
            self.peer is None or bool(self._play_id) or bool(self._digits) or bool(self._over)
        )

    @property
    def connected(self) -> bool:
        return self._to is not None

    # What goes out ------------------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Send the next 20 ms of our own."""
        if self._digits:
            self._send_event(*self._digits.popleft())
        elif self._play_id is not None:
            self._send_own(self._next_frame())
        elif self.peer is None:
            self._send_own(SILENCE * FRAME)
        elif self._over and now - self._sent_at > 1.5 * TICK:
            # Nothing comes from the peer that it could be mixed into.
            self._send_own(self._whispered(SILENCE * FRAME))
        if not self.paced:
            self.engine.pace(self, wanted=False)

    def _next_frame(self) -> bytes:
        frame = self._sound[self._at : self._at + FRAME]
        self._at += FRAME
        if self._at >= len(self._sound):
            if self._repeat:
                self._at = 0
            else:
                self._stop_sound(complete=True)
        return frame.ljust(FRAME, SILENCE)

    def _stop_sound(self, *, complete: bool) -> None:
        play_id, self._play_id, self._sound = self._play_id, None, b""
        if play_id is not None:
            self.engine.tell(self.key, "played", play_id=play_id, complete=complete)

    def _whispered(self, frame: bytes) -> bytes:
        over, self._over = self._over[:FRAME], self._over[FRAME:]
        return mixed(frame, over)

    def _send_own(self, frame: bytes) -> None:
        """20 ms of mu-law that is ours: the stream goes on where it was."""
        began = self._source is not None
        self._source = None
        self._sequence = (self._sequence + 1) % _SEQUENCE
        self._stamp = (self._stamp + self._elapsed(began)) % _CLOCK
        if self.recorder is not None:
            self._put_down(RIGHT, frame, self._stamp)
        payload = frame.translate(ULAW_TO_ALAW) if self.codec == ALAW else frame
        self._send(self.codec, payload, self._sequence, self._stamp, marker=began)

    def _elapsed(self, began: bool) -> int:
        """Samples since the last packet: as many as it had, or after a pause as many as its time."""
        if not began and self._sent_at:
            return FRAME
        passed = self.engine.loop.time() - self._sent_at if self._sent_at else TICK
        return max(1, round(passed / TICK)) * FRAME

    def relay(
        self, source: "Port", ssrc: int, kind: int, payload: bytes, sequence: int, stamp: int, marker: bool
    ) -> None:
        """What the peer said: in our own numbers, with its gaps."""
        if self._to is None or self._play_id is not None or self._digits:
            return
        if self._source is None or self._source[0] is not source or self._source[1] != ssrc:
            began = self._source is None or self._source != (source, ssrc)
            self._source = (source, ssrc)
            self._sequence_shift = self._sequence + 1 - sequence
            self._stamp_shift = self._stamp + self._elapsed(began) - stamp
            marker = True
        out_sequence = (sequence + self._sequence_shift) % _SEQUENCE
        out_stamp = (stamp + self._stamp_shift) % _CLOCK
        if (out_sequence - self._sequence) % _SEQUENCE < _SEQUENCE // 2:
            self._sequence, self._stamp = out_sequence, out_stamp
        if kind in (ULAW, ALAW):
            if self._over:
                payload = payload.translate(ALAW_TO_ULAW) if kind == ALAW else payload
                payload, kind = self._whispered(payload), ULAW
            if kind != self.codec:
                payload = payload.translate(ULAW_TO_ALAW if kind == ULAW else ALAW_TO_ULAW)
            if self.recorder is not None:
                self._put_down(RIGHT, payload, out_stamp, alaw=self.codec == ALAW)
            kind = self.codec
        elif self._dtmf is not None:
            kind = self._dtmf
        else:
            return  # an event, and nobody to understand it
        self._send(kind, payload, out_sequence, out_stamp, marker=marker)

    def _send_event(self, event: int, frame: int) -> None:
        if event < 0:
            self._send_own(SILENCE * FRAME)
            return
        if frame == 0:
            self._stamp = (self._stamp + self._elapsed(self._source is not None)) % _CLOCK
            self._event_stamp, self._source = self._stamp, None
        last = frame >= _DIGIT_FRAMES - 1
        duration = min(frame + 1, _DIGIT_FRAMES) * FRAME
        self._sequence = (self._sequence + 1) % _SEQUENCE
        if self._dtmf is not None:
            payload = _EVENT.pack(event, (0x80 if last else 0) | 10, duration)
            self._send(self._dtmf, payload, self._sequence, self._event_stamp, marker=frame == 0)
        if frame == _DIGIT_FRAMES - 1:
            self._stamp = (self._event_stamp + duration) % _CLOCK

    def _send(self, kind: int, payload: bytes, sequence: int, stamp: int, *, marker: bool) -> None:
        self._sent_at = self.engine.loop.time()
        if self._muted or self._transport is None or self._to is None:
            return
        self.statistics.sent += 1
        header = _HEADER.pack(0x80, (0x80 if marker else 0) | kind, sequence, stamp, self._ssrc)
        self._transport.sendto(header + payload, self._to)

    # What comes in ------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        if len(data) < 12 or data[0] & 0xC0 != 0x80 or self._to is None:
            return
        if source != self._to:
            if self._latched:
                self.statistics.foreign += 1
                return
            self._to = source
        self._latched = True
        flags, kind, sequence, stamp, ssrc = _HEADER.unpack_from(data)
        marker, kind = kind >= 0x80, kind & 0x7F
        payload = _payload(data, flags)
        if payload is None:
            return
        now = self.engine.loop.time()
        self.heard_at = now
        if self.silent_told:
            self.silent_told = False
            self.engine.tell(self.key, "heard_again")
        self._count(ssrc, sequence, stamp, now)
        peer = self.peer
        if peer is not None:
            peer.relay(self, ssrc, kind, payload, sequence, stamp, marker)
            if self._joined_at is not None:
                self._both(peer, self._joined_at, now)
        if kind in (ULAW, ALAW):
            if self.recorder is not None:
                self._put_down(LEFT, payload, stamp, alaw=kind == ALAW)
            if self.listener is not None:
                self._listen(payload.translate(ALAW_TO_ULAW) if kind == ALAW else payload)
        elif kind == self._dtmf and len(payload) >= 4:
            self._digit(payload, stamp)

    def _both(self, peer: "Port", joined_at: float, now: float) -> None:
        """Tell how long it took from the join until both sides had been heard."""
        self._heard_since = True
        if peer._heard_since:
            self._joined_at = peer._joined_at = None
            self.engine.tell(self.key, "both_heard", peer=peer.key, seconds=now - joined_at)

    def _count(self, ssrc: int, sequence: int, stamp: int, now: float) -> None:
        statistics = self.statistics
        statistics.received += 1
        if ssrc != self._far_ssrc:
            self._far_ssrc, self._far_sequence, self._transit = ssrc, sequence, None
            return
        ahead = (sequence - self._far_sequence) % _SEQUENCE
        if ahead < _SEQUENCE // 2:
            statistics.lost += max(0, ahead - 1)
            self._far_sequence = sequence
        else:
            statistics.late += 1
            statistics.lost = max(0, statistics.lost - 1)
        transit = now * RATE - stamp
        if self._transit is not None:
            change = abs(transit - self._transit)
            if change < RATE:  # else its clock was set anew
                statistics.jitter_ms += (change * 1000 / RATE - statistics.jitter_ms) / 16
        self._transit = transit

    def _listen(self, ulaw: bytes) -> None:
        listener = self.listener
        for at in range(0, len(ulaw), FRAME):
            if listener is None:
                return
            said = listener.hear(ulaw[at : at + FRAME].ljust(FRAME, SILENCE))
            if said is not None:
                self.engine.tell(self.key, "listened", said=dict(said))
                if said.get("done"):
                    self.listener = listener = None

    def _digit(self, payload: bytes, stamp: int) -> None:
        event, _, _ = _EVENT.unpack_from(payload)
        if stamp != self._digit_stamp:  # its packets share a time stamp
            self._digit_stamp = stamp
            if event < len(_DIGITS):
                self.engine.tell(self.key, "digit", digit=_DIGITS[event])

    def _put_down(self, side: int, payload: bytes, stamp: int, *, alaw: bool = False) -> None:
        assert self.recorder is not None
        now = round((self.engine.loop.time() - self._recording_since) * RATE)
        self.recorder.hear(side, payload, stamp, now, alaw=alaw)


class Engine:
    """All ports of a process. `tell` is handed what happens: the port's key, the kind of event, its fields."""

    def __init__(
        self,
        host: str,
        tell: Callable[..., None],
        *,
        ports: tuple[int, int] = (0, 0),
        listeners: Mapping[str, NewListener] | None = None,
        recordings: Path | None = None,
        secret: str | None = None,
        silent_seconds: float = 20.0,
    ) -> None:
        """
        Args:
            ports: first and last UDP port to use; (0, 0) lets the machine choose.
            silent_seconds: without a packet for so long, a port is told to be silent.
        """
        self.loop = asyncio.get_running_loop()
        self.host, self.tell = host, tell
        self.sounds: dict[str, bytes] = {}
        self._range, self._listeners = ports, dict(listeners or {})
        self._recordings, self._secret, self._silent_seconds = recordings, secret, silent_seconds
        self._next_port = ports[0]
        self._ports: dict[str, Port] = {}
        self._paced: dict[Port, None] = {}
        self._beat: asyncio.TimerHandle | None = None
        self._next = 0.0
        self._late: deque[float] = deque(maxlen=3000)
        self._ticks = self._skipped = 0
        self._busy = self._looked_at = 0.0
        self._gone = [0, 0]
        self._watch = self.loop.call_later(1.0, self._look_for_silence)

    async def open(self, key: str) -> int:
        """Make a port; its UDP port number. The same key again is the same port.

        Raises:
            OSError: none is free.
        """
        if key in self._ports:
            return self._ports[key].number
        port = Port(self, key)
        _, port.number = await self._bind(port)
        self._ports[key] = port
        return port.number

    async def _bind(self, port: Port) -> tuple[asyncio.DatagramTransport, int]:
        first, last = self._range
        # Two numbers a port, of which RTP has the even one: the other is its RTCP, which is not sent.
        for _ in range(max(1, (last - first) // 2 + 1)):
            number = self._next_port
            if last:
                self._next_port = first if number + 2 > last else number + 2
            try:
                transport, _ = await self.loop.create_datagram_endpoint(lambda: port, local_addr=(self.host, number))
            except OSError:
                if not last:
                    raise
                continue
            found: socket.socket = transport.get_extra_info("socket")
            return transport, int(found.getsockname()[1])
        raise OSError(f"no UDP port is free between {first} and {last}")

    def port(self, key: str) -> Port:
        """Raises KeyError."""
        return self._ports[key]

    def close_port(self, key: str) -> PortStatistics | None:
        """Give a port back; what was counted on it. One that is gone already is no error."""
        port = self._ports.pop(key, None)
        if port is None:
            return None
        self.stop_recording(port)
        port.close()
        self._gone[0] += port.statistics.received
        self._gone[1] += port.statistics.sent
        return port.statistics

    def close(self) -> None:
        for key in list(self._ports):
            self.close_port(key)
        self._watch.cancel()
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None

    # Commands by name ---------------------------------------------------------------------------------------------

    def listen(self, key: str, listener: str, settings: Mapping[str, Any]) -> None:
        """Let a listener of this name hear what the port receives, from now on."""
        self._ports[key].listener = self._listeners[listener](settings)

    def record(self, key: str, name: str) -> None:
        """Record both directions of a port into a file of this name."""
        if self._recordings is None:
            raise ValueError("there is no folder for recordings")
        port = self._ports[key]
        self.stop_recording(port)
        port.record(Recorder(self._recordings, name, self._secret))

    def stop_recording(self, port: Port) -> None:
        recorder, port.recorder = port.recorder, None
        if recorder is not None:
            self.tell(port.key, "recorded", path=str(recorder.path), seconds=recorder.close())

    # The beat -----------------------------------------------------------------------------------------------------

    def pace(self, port: Port, *, wanted: bool = True) -> None:
        """Keep a port going tick by tick, or stop doing so."""
        if wanted and port.paced:
            self._paced[port] = None
            if self._beat is None:
                self._next = self.loop.time() + TICK
                self._beat = self.loop.call_at(self._next, self._tick)
        elif port in self._paced:
            del self._paced[port]

    def _tick(self) -> None:
        began = self.loop.time()
        self._late.append(began - self._next)
        due = 1 + int((began - self._next) / TICK)
        if due > _MOST_CATCH_UP:
            self._skipped += due - _MOST_CATCH_UP
            self._next += (due - _MOST_CATCH_UP) * TICK
            due = _MOST_CATCH_UP
        for _ in range(due):
            self._ticks += 1
            for port in tuple(self._paced):
                port.tick(began)
            self._next += TICK
        self._busy += self.loop.time() - began
        self._beat = self.loop.call_at(self._next, self._tick) if self._paced else None

    def _look_for_silence(self) -> None:
        now = self.loop.time()
        for port in self._ports.values():
            if port.connected and not port.silent_told and now - port.heard_at > self._silent_seconds:
                port.silent_told = True
                self.tell(port.key, "silent", seconds=now - port.heard_at)
        self._watch = self.loop.call_later(min(1.0, self._silent_seconds / 4), self._look_for_silence)

    def statistics(self) -> EngineStatistics:
        now = self.loop.time()
        late = sorted(self._late) or [0.0]
        passed = now - self._looked_at if self._looked_at else 0.0
        busy = self._busy / passed if passed else 0.0
        self._busy, self._looked_at = 0.0, now
        received, sent = self._gone
        for port in self._ports.values():
            received += port.statistics.received
            sent += port.statistics.sent
        return EngineStatistics(
            ports=len(self._ports),
            received=received,
            sent=sent,
            ticks=self._ticks,
            tick_busy=busy,
            late_p50_ms=late[len(late) // 2] * 1000,
            late_p99_ms=late[int(len(late) * 0.99)] * 1000,
            late_max_ms=late[-1] * 1000,
            skipped=self._skipped,
        )


def _payload(data: bytes, flags: int) -> bytes | None:
    """What a packet carries, without padding and extensions; `None` if it is damaged."""
    start = 12 + 4 * (flags & 0x0F)
    if flags & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * struct.unpack_from(">H", data, start + 2)[0]
    end = len(data) - (data[-1] if flags & 0x20 else 0)
    return data[start:end] if end > start else None
