"""G.711: the levels that its bytes stand for, as the recommendation has them."""

import pytest

from outdial.adapters.media.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW, samples_of, ulaw_of


@pytest.mark.parametrize(("code", "sample"), [(0xFF, 0), (0x7F, 0), (0x80, 32124), (0x00, -32124), (0xE7, 260)])
def test_mu_law(code: int, sample: int) -> None:
    assert samples_of(bytes([code])).tolist() == [sample]


def test_every_mu_law_byte_comes_back_as_the_same_sample() -> None:
    samples = samples_of(bytes(range(256)))
    assert samples_of(ulaw_of(samples)) == samples


@pytest.mark.parametrize(("alaw", "sample"), [(0xD5, 8), (0x55, -8), (0xAA, 32256), (0x2A, -32256)])
def test_a_law_becomes_the_mu_law_nearest_to_it(alaw: int, sample: int) -> None:
    (heard,) = samples_of(bytes([alaw]).translate(ALAW_TO_ULAW))
    assert abs(heard - sample) <= max(8, abs(sample) / 32)


def test_loud_sounds_keep_their_level_from_one_law_to_the_other_and_back() -> None:
    loud = bytes(code for code in range(256) if abs(samples_of(bytes([code]))[0]) > 1000)
    again = loud.translate(ULAW_TO_ALAW).translate(ALAW_TO_ULAW)
    for before, after in zip(samples_of(loud), samples_of(again), strict=True):
        assert abs(before - after) <= abs(before) / 16
