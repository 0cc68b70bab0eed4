"""How well people are told from machines, out of what agents say."""

import pytest

from outdial.domain.verdicts import Estimate, Verdicts, estimate


class TestAShare:
    def test_of_nothing_is_not_known(self) -> None:
        assert estimate(0, 0) is None

    # Wilson's score interval as it is tabulated: 0 of 10, 1 of 10, 81 of 263.
    @pytest.mark.parametrize(
        ("hits", "of", "low", "high"), [(0, 10, 0.0, 0.2775), (1, 10, 0.0179, 0.4042), (81, 263, 0.2553, 0.3662)]
    )
    def test_has_bounds_that_hold_for_small_samples_too(self, hits: int, of: int, low: float, high: float) -> None:
        found = estimate(hits, of)
        assert found is not None
        assert (found.seen, found.low, found.high) == pytest.approx((hits / of, low, high), abs=1e-4)


class TestVerdicts:
    def test_people_taken_for_machines_are_a_share_of_all_people_who_answered(self) -> None:
        # 1,000 verdicts "machine", 2 % wrong: 20 people. 500 others, of which a tenth are machines: 450 people.
        found = Verdicts(machine=1000, person=400, not_sure=100, sampled_said=100, sampled_persons=2, passed_said=200,
                         passed_machines=20)  # fmt: skip
        wrong = found.false_positive
        assert wrong is not None
        assert wrong.seen == pytest.approx(20 / (20 + 450))
        assert wrong.low < wrong.seen < wrong.high
        assert found.missed is not None
        assert found.missed.seen == pytest.approx(50 / (50 + 980))

    def test_nothing_is_known_of_verdicts_that_no_agent_spoke_about(self) -> None:
        found = Verdicts(machine=1000, person=400, passed_said=200, passed_machines=20)
        assert (found.false_discovery, found.false_positive, found.missed) == (None, None, None)
        assert isinstance(found.passed_on, Estimate)

    def test_without_a_person_there_is_none_to_be_wronged(self) -> None:
        found = Verdicts(machine=10, sampled_said=10, passed_said=1, passed_machines=1)
        assert found.false_positive is not None
        assert found.false_positive.seen == 0.0
