"""The detector as the media engine uses it."""

import random

from outdial.adapters.detection.listener import MachineListener
from outdial.adapters.media.g711 import FRAME, RATE, ulaw_of
from outdial.adapters.media.sounds import silence, tone

_CHANCE = random.Random(7)


def speech(seconds: float) -> bytes:
    """Sound that is no tone."""
    return ulaw_of([int(_CHANCE.gauss(0, 4000)) for _ in range(int(seconds * RATE))])


def told(listener: MachineListener, sound: bytes) -> list[dict[str, object]]:
    frames = (sound[at : at + FRAME] for at in range(0, len(sound) - FRAME + 1, FRAME))
    return [dict(said) for frame in frames if (said := listener.hear(frame)) is not None]


def test_a_short_greeting_and_a_pause_are_a_person() -> None:
    [said] = told(MachineListener({}), silence(0.4) + speech(0.6) + silence(1.5))
    assert (said["verdict"], said["done"]) == ("human", True)


def test_who_speaks_on_is_a_machine() -> None:
    [said] = told(MachineListener({}), silence(0.4) + speech(4.0))
    assert said["verdict"] == "machine"


def test_a_number_that_is_not_in_service_is_heard_before_the_answer_only() -> None:
    announcement = b"".join(tone(hertz, seconds=0.33) for hertz in (950.0, 1400.0, 1800.0)) + silence(0.5)
    assert told(MachineListener({"early": True}), announcement) == [{"done": True, "not_in_service": True}]
    assert all("not_in_service" not in said for said in told(MachineListener({}), announcement))


def test_early_media_judges_nobody() -> None:
    assert told(MachineListener({"early": True}), silence(0.4) + speech(0.6) + silence(6.0)) == []
