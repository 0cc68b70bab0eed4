"""G.711 by tables: bytes to samples of 16 bits, back, and from one law to the other.

Source:
    ITU-T G.711. A byte stands for a sign, a segment and a step in it; mu-law adds a bias, A-law flips every other bit.
"""

import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import Final

RATE: Final = 8_000
FRAME: Final = 160
"""Samples, and bytes, in 20 ms."""


def _ulaw_sample(byte: int) -> int:
    byte ^= 0xFF
    magnitude = (((byte & 0x0F) << 3) + 0x84 << (byte >> 4 & 7)) - 0x84
    return -magnitude if byte & 0x80 else magnitude


def _alaw_sample(byte: int) -> int:
    byte ^= 0x55
    segment, step = byte >> 4 & 7, (byte & 0x0F) << 4
    magnitude = step + 8 if segment == 0 else step + 0x108 << segment - 1
    return magnitude if byte & 0x80 else -magnitude


ULAW_SAMPLES: Final = tuple(_ulaw_sample(byte) for byte in range(256))
_ALAW_SAMPLES: Final = tuple(_alaw_sample(byte) for byte in range(256))


def _nearest(samples: Sequence[int], wanted: Iterable[int]) -> bytes:
    """For each wanted sample, in rising order, the byte whose sample is nearest."""
    by_level = sorted((sample, byte) for byte, sample in enumerate(samples))
    found = bytearray()
    at = 0
    for sample in wanted:
        while at + 1 < 256 and abs(by_level[at + 1][0] - sample) <= abs(by_level[at][0] - sample):
            at += 1
        found.append(by_level[at][1])
    return bytes(found)


_STEP: Final = 4
_ULAW_OF: Final = _nearest(ULAW_SAMPLES, range(-32768, 32768, _STEP))
"""The byte for each sample, of which the two lowest bits are less than any step of the law."""


def _law_to_law(source: Sequence[int], target: Sequence[int]) -> bytes:
    table = bytearray(256)
    order = sorted(range(256), key=source.__getitem__)
    for byte, other in zip(order, _nearest(target, (source[byte] for byte in order)), strict=True):
        table[byte] = other
    return bytes(table)


ALAW_TO_ULAW: Final = _law_to_law(_ALAW_SAMPLES, ULAW_SAMPLES)
"""For `bytes.translate`."""
ULAW_TO_ALAW: Final = _law_to_law(ULAW_SAMPLES, _ALAW_SAMPLES)

SILENCE: Final = b"\xff"
"""A sample of silence in mu-law."""


def samples_of(ulaw: bytes) -> "array[int]":
    """The samples of mu-law bytes."""
    return array("h", map(ULAW_SAMPLES.__getitem__, ulaw))


def ulaw_of(samples: Iterable[int]) -> bytes:
    """The mu-law bytes nearest to samples; louder ones than 16 bits hold are cut."""
    table = _ULAW_OF
    return bytes([table[(32768 + (-32768 if s < -32768 else min(s, 32767))) // _STEP] for s in samples])


def mixed(one: bytes, other: bytes) -> bytes:
    """Two pieces of mu-law heard at once; as long as the first."""
    level = ULAW_SAMPLES
    other = other.ljust(len(one), SILENCE)
    return ulaw_of(level[a] + level[b] for a, b in zip(one, other, strict=False))


def little_endian(samples: "array[int]") -> bytes:
    """Samples as WAV files hold them."""
    if sys.byteorder == "big":
        samples = array("h", samples)
        samples.byteswap()
    return samples.tobytes()
