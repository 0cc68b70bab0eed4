"""The dialer's end of the media engine: starts its process, tells it what to do, hears what happens."""

import asyncio
import contextlib
import itertools
import json
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from outdial.adapters.media.engine import EngineStatistics, PortStatistics
from outdial.adapters.media.sounds import standard
from outdial.domain.errors import Unavailable

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_PATIENCE: Final = 5.0
"""Seconds for an answer that takes the engine less than one millisecond."""


class MediaDown(Unavailable):
    """The media engine does not answer; no call can be heard."""

    code = "media-down"


class MediaRefused(Exception):
    """The engine cannot do this: a port that is gone, no free UDP port, an unknown sound."""


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """How the engine is to be set up.

    Attributes:
        host: the address at which it receives sound.
        ports: first and last UDP port; (0, 0) lets the machine choose.
        message, hold: WAV files in place of the standard sounds.
        messages: further messages, by the names under which campaigns ask for them.
        recordings: the folder of recordings; `secret` encrypts them.
        listeners: what can hear a call, by name: `module:name` of a `NewListener`.
        silent_seconds: without a packet for so long a port is told to be silent.
    """

    host: str = "127.0.0.1"
    ports: tuple[int, int] = (0, 0)
    message: Path | None = None
    hold: Path | None = None
    messages: Mapping[str, Path] = field(default_factory=dict)
    recordings: Path | None = None
    secret: str | None = field(default=None, repr=False)
    listeners: Mapping[str, str] = field(default_factory=dict)
    silent_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class MediaEvent:
    """Something that happened to a port.

    The kinds: `played`, `digit`, `silent`, `heard_again`, `recorded`, `listened`, `both_heard`.
    """

    key: str
    kind: str
    about: Mapping[str, Any]


class MediaProcess:
    """The engine in a process. Everything that is told to it happens in the order in which it was said."""

    def __init__(self, process: asyncio.subprocess.Process, writer: asyncio.StreamWriter) -> None:
        self._process, self._writer = process, writer
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._reading: asyncio.Task[None] | None = None
        self._down = False
        self.hear: Callable[[MediaEvent], None] = lambda event: None
        self.died: Callable[[], None] = lambda: None
        """Told when the process ends without having been asked to."""

    @classmethod
    async def start(cls, settings: MediaSettings) -> "MediaProcess":
        """Start the process; it ends with `close`, or when this one does.

        Raises:
            SoundUnusable: a sound file cannot be played.
        """
        standard(
            settings.message, settings.hold, settings.messages
        )  # better said here than by a process that does not start
        if settings.recordings is not None:
            settings.recordings.mkdir(parents=True, exist_ok=True, mode=0o700)
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "outdial.adapters.media.process", str(theirs.fileno())),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
            )
        reader, writer = await asyncio.open_connection(sock=ours)
        media = cls(process, writer)
        media._write(
            {
                "host": settings.host,
                "ports": settings.ports,
                "message": settings.message and str(settings.message),
                "hold": settings.hold and str(settings.hold),
                "messages": {name: str(path) for name, path in settings.messages.items()},
                "recordings": settings.recordings and str(settings.recordings),
                "secret": settings.secret,
                "listeners": dict(settings.listeners),
                "silent_seconds": settings.silent_seconds,
            }
        )
        media._reading = asyncio.create_task(media._read(reader), name="media engine")
        return media

    @property
    def pid(self) -> int:
        """The process's number, for those who measure it."""
        return self._process.pid

    async def close(self) -> None:
        """End the process; recordings are closed first."""
        self._down = True
        self._writer.close()
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading

    # Commands -----------------------------------------------------------------------------------------------------

    async def open(self, key: str) -> int:
        """Make a port; the number of its UDP port. The same key again is the same port."""
        return int(await self._do("open", key))

    async def talk_to(
        self, key: str, host: str, port: int, *, codec: int, dtmf: int | None, muted: bool = False
    ) -> None:
        """Where the far side of a port listens; with `muted` it wants to hear nothing."""
        await self._do("talk_to", key, host=host, port=port, codec=codec, dtmf=dtmf, muted=muted)

    async def join(self, key: str, peer: str, *, whisper: str | None = None) -> None:
        """Let two ports hear each other; the peer hears the sound `whisper` as well."""
        await self._do("join", key, peer=peer, whisper=whisper)

    async def part(self, key: str) -> None:
        """Let a port and its peer hear nothing any more."""
        await self._do("part", key)

    async def play(self, key: str, sound: str, play_id: str, *, repeat: bool = False) -> None:
        """Play a sound; the event `played` tells of its end."""
        await self._do("play", key, sound=sound, play_id=play_id, repeat=repeat)

    async def stop(self, key: str) -> None:
        await self._do("stop", key)

    async def send_digits(self, key: str, digits: str) -> None:
        """Send DTMF as telephone events."""
        await self._do("digits", key, digits=digits)

    async def listen(self, key: str, listener: str, settings: Mapping[str, Any]) -> None:
        """Let a listener hear what a port receives; what it says comes as `listened`."""
        await self._do("listen", key, listener=listener, settings=dict(settings))

    async def record(self, key: str, name: str) -> None:
        """Record a port; `recorded` tells where, when it is over."""
        await self._do("record", key, name=name)

    async def stop_recording(self, key: str) -> None:
        await self._do("stop_recording", key)

    async def close_port(self, key: str) -> PortStatistics | None:
        """Give a port back; what was counted on it, or `None` if there is no such port."""
        counted = await self._do("close", key)
        return None if counted is None else PortStatistics(**counted)

    async def statistics(self) -> EngineStatistics:
        return EngineStatistics(**await self._do("statistics", ""))

    # ------------------------------------------------------------------------------------------------------------

    def post(self, what: str, key: str, **more: Any) -> None:
        """A command by its name whose answer nobody waits for; a refusal is logged. Commands keep their order."""
        if not self._down:
            self._write({"no": 0, "do": what, "key": key, **more})

    async def _do(self, what: str, key: str, **more: Any) -> Any:
        """
        Raises:
            MediaDown: the process is gone, or silent.
            MediaRefused: it said no.
        """
        if self._down:
            raise MediaDown("the media engine does not run")
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._write({"no": number, "do": what, "key": key, **more})
        try:
            async with asyncio.timeout(_PATIENCE):
                return await answer
        except TimeoutError:
            raise MediaDown(f"the media engine did not answer within {_PATIENCE:.0f} s") from None
        finally:
            self._answers.pop(number, None)

    def _write(self, message: Mapping[str, Any]) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                self._take(json.loads(line))
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(MediaDown("the media engine has ended"))
        if not self._down:
            self._down = True
            log.error("media_engine_died")
            self.died()

    def _take(self, message: dict[str, Any]) -> None:
        if "event" in message:
            self.hear(MediaEvent(message.pop("key"), message.pop("event"), message))
            return
        if message["re"] == 0:
            if "error" in message:
                log.warning("media_command_refused", error=message["error"])
            return
        answer = self._answers.get(message["re"])
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(MediaRefused(message["error"]))
        else:
            answer.set_result(message["answer"])
