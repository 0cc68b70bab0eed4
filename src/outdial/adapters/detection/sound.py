"""G.711 as numbers: bytes to samples of 16 bits and back.

Source: ITU-T G.711 (mu-law and A-law), worked out from the segments once, into tables of 256.
"""

import enum
from typing import Final

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]
RATE: Final = 8000
FRAME_BYTES: Final = 160


class Codec(enum.Enum):
    PCMU = "PCMU"
    PCMA = "PCMA"


def _mu_law() -> list[int]:
    values = []
    for code in range(256):
        flipped = ~code & 0xFF
        magnitude = (((flipped & 0x0F) << 3) + 132 << (flipped >> 4 & 7)) - 132
        values.append(-magnitude if flipped & 0x80 else magnitude)
    return values


def _a_law() -> list[int]:
    values = []
    for code in range(256):
        flipped = code ^ 0x55
        segment, step = flipped >> 4 & 7, (flipped & 0x0F) << 4
        magnitude = step + 8 if segment == 0 else step + 0x108 << segment - 1
        values.append(magnitude if flipped & 0x80 else -magnitude)
    return values


_TABLES: Final = {Codec.PCMU: np.array(_mu_law(), np.int16), Codec.PCMA: np.array(_a_law(), np.int16)}


def samples_of(data: bytes, codec: Codec = Codec.PCMU) -> Samples:
    """The samples that bytes of G.711 stand for."""
    return _TABLES[codec][np.frombuffer(data, np.uint8)]


def ulaw_of(samples: Samples) -> bytes:
    """The mu-law bytes nearest to samples of 16 bits."""
    levels = np.sort(np.unique(_TABLES[Codec.PCMU]))
    codes = np.array([int(np.flatnonzero(_TABLES[Codec.PCMU] == level)[0]) for level in levels], np.uint8)
    middle = (levels[1:].astype(np.int32) + levels[:-1]) // 2
    return codes[np.searchsorted(middle, samples)].tobytes()
