"""Person or machine, by how the first words are spoken. `speak` is a call in words: "1.0 of silence, 0.5 of speech"."""

from uuid import UUID

import pytest

from outdial.domain.machine_detection import (
    FRAME_MS,
    RULES,
    Cause,
    Detection,
    Judgement,
    Listening,
    Profile,
    Rules,
    Verdict,
)


def speak(*parts: tuple[str, float], rules: Rules | None = None) -> Judgement | None:
    """What is judged of a call with these parts, in seconds; None: the call was over before."""
    listening = Listening(rules or RULES[Profile.PRIVATE])
    for kind, seconds in parts:
        for _ in range(round(seconds * 1000 / FRAME_MS)):
            heard = listening.hear(kind == "speech")
            if isinstance(heard, Judgement):
                return heard
            listening = heard
    return None


def verdict(*parts: tuple[str, float], rules: Rules | None = None) -> tuple[Verdict, Cause] | None:
    judged = speak(*parts, rules=rules)
    return None if judged is None else (judged.verdict, judged.cause)


class TestTheSample:
    @pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
    def test_has_about_its_share_of_the_calls_and_always_the_same_ones(self, share: float) -> None:
        detection, calls = Detection(sampled=share), [UUID(int=number) for number in range(5000)]
        taken = [call for call in calls if detection.samples(call)]
        assert len(taken) == pytest.approx(share * len(calls), abs=110)
        assert taken == [call for call in calls if detection.samples(call)]


class TestPerson:
    def test_says_a_word_and_waits(self) -> None:
        assert verdict(("silence", 0.6), ("speech", 0.5), ("silence", 1)) == (Verdict.HUMAN, Cause.SHORT_GREETING)

    def test_is_known_as_soon_as_the_pause_is_long_enough(self) -> None:
        judged = speak(("silence", 0.6), ("speech", 0.5), ("silence", 1))
        assert judged == Judgement(Verdict.HUMAN, Cause.SHORT_GREETING, after_ms=1700, after_speech_ms=1100)

    def test_who_said_more_is_known_after_a_shorter_pause(self) -> None:
        judged = speak(("speech", 1.0), ("silence", 1))
        assert judged == Judgement(Verdict.HUMAN, Cause.SHORT_GREETING, after_ms=1400, after_speech_ms=1400)

    def test_may_draw_breath_between_two_words(self) -> None:
        assert verdict(("speech", 0.3), ("silence", 0.5), ("speech", 0.3), ("silence", 1)) == (
            Verdict.HUMAN,
            Cause.SHORT_GREETING,
        )


class TestMachine:
    def test_speaks_on(self) -> None:
        judged = speak(("silence", 0.4), ("speech", 6))
        assert judged == Judgement(Verdict.MACHINE, Cause.LONG_GREETING, after_ms=1760, after_speech_ms=1360)

    def test_short_pauses_belong_to_its_greeting(self) -> None:
        sentence = [("speech", 0.4), ("silence", 0.2)] * 4
        assert verdict(*sentence) == (Verdict.MACHINE, Cause.LONG_GREETING)

    def test_a_tone_is_one(self) -> None:
        listening = Listening(RULES[Profile.PRIVATE])
        for _ in range(10):
            heard = listening.hear(False)
            assert isinstance(heard, Listening)
            listening = heard
        assert listening.tone() == Judgement(Verdict.MACHINE, Cause.TONE, 200, None)


class TestNotSure:
    def test_when_nobody_says_a_word(self) -> None:
        judged = speak(("silence", 9))
        assert judged == Judgement(Verdict.NOT_SURE, Cause.SILENCE, after_ms=2500, after_speech_ms=None)

    def test_a_click_is_no_word(self) -> None:
        assert verdict(("silence", 0.5), ("speech", 0.06), ("silence", 9)) == (Verdict.NOT_SURE, Cause.SILENCE)

    def test_when_time_is_up(self) -> None:
        slow = Rules(longest_greeting=9000, limit=3000)
        assert verdict(("speech", 9), rules=slow) == (Verdict.NOT_SURE, Cause.OUT_OF_TIME)


class TestProfiles:
    COMPANY = (("silence", 0.5), ("speech", 3.2), ("silence", 1))

    def test_a_company_that_greets_at_length_is_a_person_to_the_profile_for_companies(self) -> None:
        assert verdict(*self.COMPANY, rules=RULES[Profile.BUSINESS]) == (Verdict.HUMAN, Cause.SHORT_GREETING)

    def test_and_a_machine_to_the_one_for_private_numbers(self) -> None:
        assert verdict(*self.COMPANY, rules=RULES[Profile.PRIVATE]) == (Verdict.MACHINE, Cause.LONG_GREETING)

    @pytest.mark.parametrize("profile", Profile)
    @pytest.mark.parametrize("speech", [[True], [False], [True, False], [True, True, False, False, False]])
    def test_every_call_is_judged_within_the_limit(self, profile: Profile, speech: list[bool]) -> None:
        rules = RULES[profile]
        parts = [("speech" if one else "silence", 0.08) for one in speech] * 200
        judged = speak(*parts, rules=rules)
        assert judged is not None
        assert judged.after_ms <= rules.limit
