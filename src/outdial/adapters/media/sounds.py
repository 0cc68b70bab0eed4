"""What the engine plays: the operator's files, and the tones that stand in for them. All mu-law at 8 kHz."""

import math
import wave
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from outdial.adapters.media.g711 import RATE, SILENCE, ulaw_of
from outdial.domain.errors import Invalid

WHISPER: Final = "whisper"
"""The short tone that tells an agent that somebody is on the line now."""
HOLD: Final = "hold"
"""What somebody hears who waits."""
MESSAGE: Final = "message"
"""What somebody hears for whom no agent was free in time, before the call ends."""

LONGEST_SECONDS: Final = 120


class SoundUnusable(Invalid):
    """The file cannot be played over the telephone."""

    code = "sound-unusable"


def tone(*frequencies: float, seconds: float, level: float = 0.2) -> bytes:
    """Sine waves at once, faded at both ends so that nothing clicks. `level`: of the largest sample, all together."""
    count = int(seconds * RATE)
    fade = min(count // 4, RATE // 100) or 1
    share = 32767 * level / len(frequencies)
    samples = []
    for n in range(count):
        edge = min(1.0, (n + 1) / fade, (count - n) / fade)
        samples.append(int(edge * share * sum(math.sin(2 * math.pi * f * n / RATE) for f in frequencies)))
    return ulaw_of(samples)


def silence(seconds: float) -> bytes:
    return SILENCE * int(seconds * RATE)


def read_wav(path: Path) -> bytes:
    """A WAV file as mu-law.

    Raises:
        SoundUnusable: it is no WAV file of one channel with 16 bits at 8 kHz, or longer than two minutes.
    """
    try:
        with wave.open(str(path), "rb") as file:
            form = (file.getnchannels(), file.getsampwidth() * 8, file.getframerate())
            if form != (1, 16, RATE):
                raise SoundUnusable(
                    f"{path}: {form[0]} channels of {form[1]} bits at {form[2]} Hz; "
                    f"it takes one of 16 bits at {RATE} Hz (sox IN -r {RATE} -c 1 -b 16 OUT.wav)"
                )
            if file.getnframes() > LONGEST_SECONDS * RATE:
                raise SoundUnusable(f"{path}: longer than {LONGEST_SECONDS} s")
            samples = array("h", file.readframes(file.getnframes()))
    except (OSError, EOFError, wave.Error) as error:
        raise SoundUnusable(f"{path} cannot be played: {error}") from error
    return ulaw_of(samples)


def write_wav(path: Path, samples: Sequence[int]) -> None:
    """A WAV file of one channel with 16 bits at 8 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array("h", samples).tobytes())


def message_called(name: str) -> str:
    """The sound of a message that has a name of its own."""
    return f"{MESSAGE}/{name}"


def standard(
    message: Path | None = None, hold: Path | None = None, messages: Mapping[str, Path] | None = None
) -> dict[str, bytes]:
    """The sounds of a back end; without files, tones that nobody takes for a voice.

    Args:
        messages: further messages, by name.

    Raises:
        SoundUnusable: a file that was named cannot be played.
    """
    return {
        WHISPER: tone(440.0, seconds=0.2),
        MESSAGE: read_wav(message) if message is not None else tone(480.0, 620.0, seconds=0.5) + silence(0.5),
        HOLD: read_wav(hold) if hold is not None else tone(330.0, 415.0, seconds=0.8, level=0.1) + silence(2.2),
        **{message_called(name): read_wav(path) for name, path in (messages or {}).items()},
    }
