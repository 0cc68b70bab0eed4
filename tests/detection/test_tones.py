"""Beeps, faxes and the three tones before "not in service"; and what is none of them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from outdial.adapters.detection.detector import Beep, Detector, Heard, NotInService
from outdial.adapters.media.g711 import FRAME, RATE, ulaw_of
from outdial.domain.machine_detection import RULES, Cause, Judgement, Profile, Verdict

Sound = npt.NDArray[np.float64]


def tone(seconds: float, *hertz: float, level: float = 8000.0) -> Sound:
    """One tone, or several at once."""
    time = np.arange(round(seconds * RATE)) / RATE
    return sum((level * np.sin(2 * np.pi * one * time) for one in hertz), np.zeros(len(time)))


def silence(seconds: float) -> Sound:
    return np.random.default_rng(7).standard_normal(round(seconds * RATE)) * 20


def hear(*parts: Sound) -> list[Heard]:
    data = ulaw_of(np.concatenate(parts).astype(int).tolist())
    detector = Detector(RULES[Profile.PRIVATE])
    frames: Sequence[bytes] = [data[at : at + FRAME] for at in range(0, len(data) - FRAME + 1, FRAME)]
    return [one for frame in frames for one in detector.hear(frame)]


def beeps(*parts: Sound) -> list[Beep]:
    return [one for one in hear(*parts) if isinstance(one, Beep)]


@pytest.mark.parametrize("hertz", [425.0, 440.0, 620.0, 850.0, 1000.0, 1400.0, 2000.0, 2100.0])
@pytest.mark.parametrize("seconds", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("level", [900.0, 8000.0, 30000.0])
def test_a_beep_is_heard_with_its_pitch_and_its_length(hertz: float, seconds: float, level: float) -> None:
    (beep,) = beeps(silence(0.5), tone(seconds, hertz, level=level), silence(0.5))
    assert beep.hertz == pytest.approx(hertz, abs=12)
    assert beep.ended - beep.began == pytest.approx(seconds * 1000, abs=40)
    assert beep.began == pytest.approx(500, abs=20)


def test_a_beep_over_a_noisy_line_is_heard() -> None:
    noise = np.random.default_rng(3).standard_normal(RATE) * 400
    assert len(beeps(silence(0.3), tone(0.4, 1000.0) + noise[: round(0.4 * RATE)], silence(0.3))) == 1


@pytest.mark.parametrize(
    "sound",
    [
        tone(0.1, 1000.0),  # a click of a tone
        tone(1.0, 440.0, 480.0),  # ringing in North America: two tones
        tone(1.0, 697.0, 1209.0),  # a key that is pressed
        tone(1.0, 1000.0, level=100.0),  # cross-talk
        tone(1.0, 120.0, 240.0, 360.0),  # hum
        np.random.default_rng(5).standard_normal(RATE) * 3000,
        np.concatenate([tone(0.04, 500.0 + 40 * step) for step in range(25)]),  # a voice that glides
    ],
)
def test_what_is_no_beep(sound: Sound) -> None:
    assert beeps(silence(0.3), sound, silence(0.3)) == []


class TestJudgement:
    def test_a_beep_before_any_word_is_a_machines(self) -> None:
        judged = next(one for one in hear(silence(0.5), tone(0.5, 1400.0)) if isinstance(one, Judgement))
        assert (judged.verdict, judged.cause, judged.after_ms) == (Verdict.MACHINE, Cause.TONE, 640)

    def test_a_fax_answers_with_a_tone(self) -> None:
        judged = next(one for one in hear(silence(0.2), tone(3.0, 2100.0)) if isinstance(one, Judgement))
        assert (judged.verdict, judged.cause) == (Verdict.MACHINE, Cause.TONE)

    def test_there_is_one_and_beeps_are_heard_after_it(self) -> None:
        heard = hear(silence(3.0), tone(0.4, 1000.0), silence(1.0), tone(0.4, 1000.0), silence(0.2))
        assert [type(one) for one in heard] == [Judgement, Beep, Beep]


class TestNotInService:
    @pytest.mark.parametrize("first", [914.0, 950.0, 985.0])
    def test_three_rising_tones(self, first: float) -> None:
        heard = hear(silence(0.2), tone(0.33, first), tone(0.33, 1400.0), tone(0.33, 1780.0), silence(0.2))
        assert NotInService() in heard

    @pytest.mark.parametrize("hertz", [(1400.0, 950.0, 1800.0), (950.0, 1400.0, 1400.0), (950.0, 950.0, 1800.0)])
    def test_other_tones_are_none(self, hertz: tuple[float, float, float]) -> None:
        heard = hear(silence(0.2), *(part for one in hertz for part in (tone(0.3, one), silence(0.02))), silence(0.2))
        assert NotInService() not in heard

    def test_nor_are_the_three_with_long_pauses_between(self) -> None:
        parts = (tone(0.33, 950.0), silence(0.4), tone(0.33, 1400.0), silence(0.4), tone(0.33, 1800.0), silence(0.2))
        assert NotInService() not in hear(*parts)


def test_a_frame_is_20_ms() -> None:
    with pytest.raises(ValueError, match="160 bytes, not 80"):
        Detector(RULES[Profile.PRIVATE]).hear(bytes(80))
