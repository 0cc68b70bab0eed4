"""Steady tones in a call's sound: a machine's beep, a fax, and the three tones before "not in service"."""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from outdial.adapters.media.g711 import RATE
from outdial.domain.machine_detection import FRAME_MS

Samples = npt.NDArray[np.int16]

_LOWEST_HZ: Final = 380.0
_HIGHEST_HZ: Final = 2200.0
_WINDOW: Final = np.hanning(RATE * FRAME_MS // 1000)
_BIN_HZ: Final = 1000 / FRAME_MS
_SHARE: Final = 0.92
"""So much of a frame's power lies around one frequency when it is a tone: a vowel spreads it over its harmonics."""
_EVEN: Final = 0.5
"""The faintest quarter of a frame has at least this share of the loudest one's power: two tones at once beat."""
_DRIFT_HZ: Final = 30.0
_SHORTEST_MS: Final = 150
_FAINTEST: Final = 300.0
"""Root of the mean square, of samples of 16 bits: fainter ones are cross-talk and hum."""
_LONGEST_GAP_MS: Final = 60


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone that has ended; times in milliseconds since the first frame."""

    hertz: float
    began: int
    ended: int


class ToneFinder:
    """Finds tones of 150 ms and more. One for each call."""

    def __init__(self) -> None:
        self._now = 0
        self._began = 0
        self._hertz: list[float] = []

    @property
    def sounding(self) -> bool:
        """Whether a tone has been heard for long enough to be one, and goes on."""
        return len(self._hertz) * FRAME_MS >= _SHORTEST_MS

    def hear(self, samples: Samples) -> Tone | None:
        """The tone that the frame before this one ended, if one did."""
        hertz = _only_frequency(samples)
        ended = None
        if self._hertz and (hertz is None or abs(hertz - self._mean()) > _DRIFT_HZ):
            if self.sounding:
                ended = Tone(self._mean(), self._began, self._now)
            self._hertz = []
        if hertz is not None:
            if not self._hertz:
                self._began = self._now
            self._hertz.append(hertz)
        self._now += FRAME_MS
        return ended

    def _mean(self) -> float:
        return sum(self._hertz) / len(self._hertz)


def _only_frequency(samples: Samples) -> float | None:
    """The frequency of a frame that is one tone, in hertz; None for any other sound."""
    sound = samples.astype(np.float64)
    quarters = (sound * sound).reshape(4, -1).sum(axis=1)
    if float(quarters.sum()) < _FAINTEST**2 * len(sound) or float(quarters.min()) < _EVEN * float(quarters.max()):
        return None
    power = np.abs(np.fft.rfft(sound * _WINDOW)) ** 2
    peak = int(np.argmax(power[2:])) + 2
    near = power[max(peak - 2, 0) : peak + 3]
    if float(near.sum()) < _SHARE * float(power.sum()):
        return None
    # Between the bins: the middle of what the window smeared around the peak.
    first = max(peak - 2, 0)
    hertz = float((near * np.arange(first, first + len(near))).sum() / near.sum()) * _BIN_HZ
    return hertz if _LOWEST_HZ <= hertz <= _HIGHEST_HZ else None


_RISING: Final = ((880.0, 1020.0), (1340.0, 1460.0), (1740.0, 1820.0))
"""Source: ITU-T E.180, special information tone: 950, 1400 and 1800 Hz, each with 50 Hz of tolerance; North America's
segments begin at 914 Hz."""
_SEGMENT_MS: Final = (200, 480)


class SpecialInformation:
    """Recognises the three rising tones that precede "this number is not in service"."""

    def __init__(self) -> None:
        self._last: deque[Tone] = deque(maxlen=3)

    def hear(self, tone: Tone) -> bool:
        """Whether this tone completes the three."""
        self._last.append(tone)
        if len(self._last) < 3:
            return False
        heard = list(self._last)
        gaps = (heard[1].began - heard[0].ended, heard[2].began - heard[1].ended)
        return (
            all(low <= one.hertz <= high for one, (low, high) in zip(heard, _RISING, strict=True))
            and all(_SEGMENT_MS[0] <= one.ended - one.began <= _SEGMENT_MS[1] for one in heard)
            and max(gaps) <= _LONGEST_GAP_MS
        )
