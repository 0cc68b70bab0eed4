"""Is there speech in a frame: its level against the noise of the line, which is learned as the call goes on."""

import math
from typing import Final

QUIET_DB: Final = -70.0
_LOUDEST_FLOOR_DB: Final = -38.0
_FIRST_FRAMES: Final = 5
_ABOVE_FLOOR_DB: Final = 9.0
_FAINTEST_SPEECH_DB: Final = -46.0
_RISE_DB: Final = 0.06
"""For each frame: noise that grows is known as such within seconds, a long sentence is not."""
_FALL: Final = 0.3


class SpeechActivity:
    """Tells frames with speech from those without. One for each call; levels in dB below the largest sample."""

    def __init__(self) -> None:
        self._floor = _LOUDEST_FLOOR_DB
        self._frames = 0

    def hear(self, level_db: float) -> bool:
        """Whether the frame of this level is speech."""
        self._frames += 1
        if level_db < self._floor:
            self._floor = level_db if self._frames <= _FIRST_FRAMES else self._floor + _FALL * (level_db - self._floor)
        else:
            self._floor = min(self._floor + _RISE_DB, _LOUDEST_FLOOR_DB)
        return level_db > max(self._floor + _ABOVE_FLOOR_DB, _FAINTEST_SPEECH_DB)


def level_of(power: float) -> float:
    """The level of a frame in dB below the largest sample, from the mean square of its samples (of 16 bits)."""
    return 10 * math.log10(power / 32768.0**2) if power > 0 else QUIET_DB
