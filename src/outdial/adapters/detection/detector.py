"""One call's ear: frames in, verdict, beep and "not in service" out."""

from dataclasses import dataclass

import numpy as np

from outdial.adapters.detection.sound import FRAME_BYTES, Codec, samples_of
from outdial.adapters.detection.speech import SpeechActivity, level_of
from outdial.adapters.detection.tones import SpecialInformation, ToneFinder
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


class Detector:
    """Hears a call from its answer on, or its early media from there on, frame by frame; has one `Judgement` at most.

    Costs about 0.05 ms for each frame until it has judged, as long as it is fed for tones.
    """

    def __init__(self, rules: Rules, codec: Codec = Codec.PCMU) -> None:
        self._codec = codec
        self._listening: Listening | None = Listening(rules)
        self._activity = SpeechActivity()
        self._tones = ToneFinder()
        self._information = SpecialInformation()

    def hear(self, frame: bytes) -> tuple[Heard, ...]:
        """What a frame of 20 ms (160 bytes of G.711) told. A lost frame is one of silence.

        Raises:
            ValueError: it is not 20 ms long.
        """
        if len(frame) != FRAME_BYTES:
            raise ValueError(f"a frame has {FRAME_BYTES} bytes, not {len(frame)}")
        samples = samples_of(frame, self._codec)
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
