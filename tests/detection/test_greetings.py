"""People and machines as they sound: floors to be kept on speakers that the rules were not chosen on.

`make bench-detection` says how good it is; here is what must never be lost.
"""

import os

import pytest

from outdial.adapters.detection.detector import Detector
from outdial.domain.machine_detection import RULES, Judgement, Profile, Verdict
from tests.detection.greetings import Greeting, Half, Kind, greetings, missing

pytestmark = [
    pytest.mark.skipif(bool(lacking := missing()), reason=f"Debian's speech is not here: {', '.join(lacking)}"),
    pytest.mark.xdist_group("greetings"),
]

EVERY = 1 if os.environ.get("OUTDIAL_TEST_LONG") else 3
"""In the short form of the tests every third greeting is spoken."""

JudgedGreetings = list[tuple[Greeting, Judgement]]


def judged(greeting: Greeting, profile: Profile) -> Judgement:
    detector = Detector(RULES[profile])
    return next(one for frame in greeting.frames for one in detector.hear(frame) if isinstance(one, Judgement))


@pytest.fixture(scope="module")
def spoken() -> list[Greeting]:
    return greetings(Half.TEST, every=EVERY)


def share(spoken: list[Greeting], kind: Kind, verdict: Verdict, profile: Profile = Profile.PRIVATE) -> float:
    verdicts = [judged(one, profile).verdict for one in spoken if one.kind is kind]
    assert len(verdicts) >= 10
    return verdicts.count(verdict) / len(verdicts)


def test_hardly_anybody_is_taken_for_a_machine(spoken: list[Greeting]) -> None:
    assert share(spoken, Kind.PERSON, Verdict.MACHINE) <= 0.05


def test_most_machines_are_known(spoken: list[Greeting]) -> None:
    assert share(spoken, Kind.MACHINE, Verdict.MACHINE) >= 0.8


def test_companies_are_people_to_the_profile_for_them(spoken: list[Greeting]) -> None:
    assert share(spoken, Kind.COMPANY, Verdict.MACHINE, Profile.BUSINESS) <= 0.2


def test_a_greeting_of_a_seed_is_the_same_whenever_it_is_made(spoken: list[Greeting]) -> None:
    again = greetings(Half.TEST, every=EVERY * 20)
    assert again
    assert all(one in spoken for one in again)
