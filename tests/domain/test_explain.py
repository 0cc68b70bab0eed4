"""Which rule binds a record: exactly one, and when it gives way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from outdial.domain.calling_hours import Opening
from outdial.domain.campaigns import CampaignStatus
from outdial.domain.explain import Rule, Stage, Standing, Surroundings, Why, floor_priority, sentence, why
from outdial.domain.outcomes import Reason

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OPEN, SHUT, NEVER = 1, 2, 3
OPENINGS = {
    OPEN: Opening(True, NOON + timedelta(hours=6)),
    SHUT: Opening(False, NOON + timedelta(hours=2)),
    NEVER: Opening(False, None),
}
AROUND = Surroundings(CampaignStatus.RUNNING, OPENINGS, floor=1, now=NOON)
READY = Standing(Stage.READY, priority=5, zone=OPEN)
SOON = NOON + timedelta(minutes=30)
WAITING = Standing(Stage.WAITING, 5, OPEN, Reason.WAITING_FOR_RETRY, due=SOON)


class TestARecordThatIsNotOver:
    def test_it_is_ready_when_nothing_binds_it(self) -> None:
        assert why(READY, AROUND) == Why(Rule.READY)

    def test_the_lists_of_numbers_not_to_call_bind_before_everything_else(self) -> None:
        assert why(replace(WAITING, on_dnc=True, zone=SHUT), AROUND) == Why(Rule.ON_DNC_LIST)

    def test_a_retry_that_is_not_due_says_when_it_is(self) -> None:
        assert why(WAITING, AROUND) == Why(Rule.WAITING_FOR_RETRY, SOON)

    def test_a_retry_that_falls_due_in_closed_hours_is_dialed_at_the_next_opening(self) -> None:
        assert why(replace(WAITING, zone=SHUT), AROUND) == Why(Rule.WAITING_FOR_RETRY, NOON + timedelta(hours=2))

    def test_a_pause_because_of_the_carrier_is_told_apart_from_a_retry(self) -> None:
        assert why(replace(WAITING, reason=Reason.CARRIER_BACK_OFF), AROUND) == Why(Rule.CARRIER_BACK_OFF, SOON)

    def test_a_retry_whose_time_has_come_waits_no_longer(self) -> None:
        assert why(replace(WAITING, due=NOON), AROUND) == Why(Rule.READY)

    def test_closed_hours_say_when_they_open(self) -> None:
        assert why(replace(READY, zone=SHUT), AROUND) == Why(Rule.OUTSIDE_CALLING_HOURS, NOON + timedelta(hours=2))

    def test_hours_that_never_open_say_no_time(self) -> None:
        assert why(replace(READY, zone=NEVER), AROUND) == Why(Rule.OUTSIDE_CALLING_HOURS)

    @pytest.mark.parametrize(("priority", "rule"), [(4, Rule.HIGHER_PRIORITY_WAITS), (5, Rule.READY), (6, Rule.READY)])
    def test_strict_order_holds_back_what_is_below_the_floor(self, priority: int, rule: Rule) -> None:
        assert why(replace(READY, priority=priority), replace(AROUND, floor=5)) == Why(rule)

    @pytest.mark.parametrize("status", [CampaignStatus.PAUSED, CampaignStatus.READY, CampaignStatus.INCOMPLETE])
    def test_a_campaign_that_does_not_run_is_the_last_reason(self, status: CampaignStatus) -> None:
        assert why(READY, replace(AROUND, status=status)) == Why(Rule.CAMPAIGN_NOT_RUNNING)
        assert why(replace(READY, zone=SHUT), replace(AROUND, status=status)).rule is Rule.OUTSIDE_CALLING_HOURS


class TestARecordInACall:
    def test_it_is_in_a_call_from_the_moment_its_attempt_is_written(self) -> None:
        claimed = Standing(Stage.CLAIMED, 5, OPEN)
        assert why(claimed, AROUND) == Why(Rule.ABOUT_TO_BE_CALLED)
        assert why(replace(claimed, in_call=True), AROUND) == Why(Rule.IN_CALL)


class TestARecordThatIsOver:
    @pytest.mark.parametrize("stage", [Stage.FINAL, Stage.SUPPRESSED])
    def test_its_stored_reason_is_the_answer_whatever_else_holds(self, stage: Stage) -> None:
        over = Standing(stage, 5, SHUT, Reason.MAX_ATTEMPTS)
        assert why(over, replace(AROUND, floor=9)) == Why(Reason.MAX_ATTEMPTS)
        assert why(over, AROUND).final


class TestARecordThatIsNotInTheWorkYet:
    def test_it_tells_whether_its_list_may_be_dialed(self) -> None:
        left_out = Standing(Stage.NOT_TAKEN_IN, 5)
        assert why(left_out, AROUND) == Why(Rule.NOT_TAKEN_IN)
        assert why(replace(left_out, list_accepted=False), AROUND) == Why(Rule.LIST_NOT_READY)


class TestTheFloorOfStrictOrder:
    def test_the_highest_priority_that_falls_due_before_its_zone_closes_holds_the_rest_back(self) -> None:
        waiting = [(3, OPEN, SOON), (7, OPEN, SOON), (9, OPEN, NOON + timedelta(hours=7)), (10, SHUT, SOON)]
        assert floor_priority(waiting, OPENINGS) == 7

    def test_nobody_waiting_holds_nobody_back(self) -> None:
        assert floor_priority([], OPENINGS) == 1


def test_every_rule_and_every_final_reason_has_words_of_its_own() -> None:
    passing = {Reason.READY, Reason.IN_CALL, Reason.WAITING_FOR_RETRY, Reason.CARRIER_BACK_OFF, Reason.CALLBACK_PENDING}
    final = set(Reason) - passing
    said = [sentence(rule) for rule in [*Rule, *final]]
    assert all(" " in words for words in said)
    assert len(said) == len(set(said))
