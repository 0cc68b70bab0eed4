"""What was put out of dialing is judged again by the rules as they are now."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from outdial.domain.campaigns import ChainItem, DialingStrategy, OutcomeRule, StatusAfterCall, TimeUnit
from outdial.domain.outcomes import Outcome, Reason
from outdial.domain.retry import Phone, Tally
from outdial.domain.second_chances import Back, KeptOut, second_chance
from outdial.domain.values import PhoneType

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STRATEGY = DialingStrategy(3, 30, TimeUnit.MINUTES, (), {})
MOBILE, HOME = Phone(0, PhoneType.MOBILE, zone=1), Phone(1, PhoneType.HOME, zone=2)
CHAINED = replace(STRATEGY, record_chain=(ChainItem(PhoneType.MOBILE, 2), ChainItem(PhoneType.HOME, 2)))
THRICE_BUSY = Tally(3, {Outcome.BUSY: 3}, {PhoneType.MOBILE: 3})
USED_UP = KeptOut(1, Reason.MAX_ATTEMPTS, (MOBILE, HOME), 0, THRICE_BUSY, (Outcome.BUSY, NOON))
LISTED = KeptOut(1, Reason.ON_DNC_LIST, (MOBILE, HOME), 1, Tally(), listed=frozenset({1}))


def look(kept: KeptOut, strategy: DialingStrategy = STRATEGY, unreachable: Collection[int] = ()) -> Back | Reason:
    return second_chance(kept, strategy, unreachable=unreachable)


class TestLimits:
    def test_more_attempts_go_on_after_the_last_one_as_if_the_limit_had_always_been_that(self) -> None:
        assert look(USED_UP) is Reason.MAX_ATTEMPTS
        assert look(USED_UP, replace(STRATEGY, max_attempts=4)) == Back(0, NOON + timedelta(minutes=30))

    def test_a_limit_of_the_outcome_still_binds(self) -> None:
        thrice = {Outcome.BUSY: OutcomeRule(StatusAfterCall.RETRY, custom=True, max_attempts=3)}
        assert look(USED_UP, replace(STRATEGY, max_attempts=4, dispositions=thrice)) is Reason.MAX_ATTEMPTS

    def test_a_longer_chain_goes_on_with_the_next_type(self) -> None:
        kept = replace(USED_UP, reason=Reason.NO_PHONE_LEFT, tally=Tally(2, {Outcome.BUSY: 2}, {PhoneType.MOBILE: 2}))
        assert look(kept, CHAINED) == Back(1, NOON)
        assert look(kept, CHAINED, unreachable={2}) is Reason.NO_PHONE_LEFT

    def test_an_agents_wish_to_call_again_waits_as_long_as_the_campaign_does(self) -> None:
        kept = replace(USED_UP, last=(Outcome.CONNECTED, NOON))
        assert look(kept, replace(STRATEGY, max_attempts=4)) == Back(0, NOON + timedelta(minutes=30))

    def test_a_record_that_lost_the_phone_it_had_come_to_stays_final(self) -> None:
        kept = replace(USED_UP, reason=Reason.NO_PHONE_LEFT, phones=(MOBILE,), position=1)
        assert look(kept, replace(CHAINED, max_attempts=9)) is Reason.NO_PHONE_LEFT


class TestDoNotCallLists:
    def test_a_record_goes_on_when_its_number_is_on_no_list_any_more(self) -> None:
        assert look(replace(LISTED, listed=frozenset()), CHAINED) == Back(0)
        assert look(LISTED, CHAINED) == Back(0), "the first number of the chain is free"
        assert look(replace(LISTED, listed=frozenset({0})), CHAINED) == Back(1)
        assert look(replace(LISTED, listed=frozenset({0, 1})), CHAINED) is Reason.ON_DNC_LIST

    def test_a_type_that_is_used_up_stays_so(self) -> None:
        tried = replace(LISTED, tally=Tally(2, {Outcome.BUSY: 2}, {PhoneType.MOBILE: 2}), listed=frozenset())
        assert look(tried, CHAINED) == Back(1)
        assert look(replace(tried, listed=frozenset({1})), CHAINED) is Reason.ON_DNC_LIST


class TestHours:
    @pytest.mark.parametrize(("unreachable", "expected"), [({1}, Back(1)), ({2}, Back(0)), (set(), Back(0))])
    def test_a_record_begins_with_the_first_phone_that_can_be_reached(
        self, unreachable: set[int], expected: Back
    ) -> None:
        kept = KeptOut(1, Reason.NO_COMMON_CALLING_HOURS, (MOBILE, HOME), 0, Tally())
        assert look(kept, CHAINED, unreachable) == expected

    def test_a_ready_record_that_can_never_be_reached_any_more_is_final(self) -> None:
        ready = KeptOut(1, None, (MOBILE, HOME), 0, Tally())
        assert look(ready, CHAINED, unreachable={1}) == Back(1)
        assert look(ready, CHAINED, unreachable={1, 2}) is Reason.NO_COMMON_CALLING_HOURS
