"""One call's ear: frames in, verdict, beep and "not in service" out."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from outdial.adapters.detection.speech import SpeechActivity, level_of
from outdial.adapters.detection.tones import Samples, SpecialInformation, ToneFinder
from outdial.adapters.media.g711 import FRAME, ULAW_SAMPLES
from outdial.domain.machine_detection import Judgement, Listening, Rules


@dataclass(frozen=True, slots=True)
class Beep:
    """A tone has ended: after a machine's greeting, the moment to speak. Milliseconds since the first frame."""

    hertz: float
    began: int
    ended: int


@dataclass(frozen=True, slots=True)
class NotInService:
    """The three tones that announce a number that cannot be reached were heard."""


Heard = Judgement | Beep | NotInService

_SAMPLES: Final = np.array(ULAW_SAMPLES, np.int16)


def samples_of(frame: bytes) -> Samples:
    """The samples of mu-law bytes."""
    return _SAMPLES[np.frombuffer(frame, np.uint8)]


class Detector:
    """Hears a call from its answer on, or early media from there on, frame by frame; has one `Judgement` at most."""

    def __init__(self, rules: Rules) -> None:
        self._listening: Listening | None = Listening(rules)
        self._activity = SpeechActivity()
        self._tones = ToneFinder()
        self._information = SpecialInformation()

    def hear(self, frame: bytes) -> tuple[Heard, ...]:
        """What a frame of 20 ms (160 bytes of mu-law) told. A lost frame is one of silence.

        Raises:
            ValueError: it is not 20 ms long.
        """
        if len(frame) != FRAME:
            raise ValueError(f"a frame has {FRAME} bytes, not {len(frame)}")
        samples = samples_of(frame)
        sound = samples.astype(np.float64)
        speech = self._activity.hear(level_of(float(np.mean(sound * sound))))
        heard: list[Heard] = []
        if (tone := self._tones.hear(samples)) is not None:
            heard.append(Beep(tone.hertz, tone.began, tone.ended))
            if self._information.hear(tone):
                heard.append(NotInService())
        if self._listening is not None:
            judged = self._listening.tone() if self._tones.sounding else self._listening.hear(speech)
            if isinstance(judged, Judgement):
                heard.append(judged)
                self._listening = None
            else:
                self._listening = judged
        return tuple(heard)
