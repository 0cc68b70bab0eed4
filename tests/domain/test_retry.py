"""What follows an attempt, rule by rule."""

from datetime import UTC, datetime, timedelta

import pytest

from outdial.domain.campaigns import ChainItem, DialingStrategy, OutcomeRule, StatusAfterCall, TimeUnit
from outdial.domain.outcomes import Outcome, Reason
from outdial.domain.retry import DialAgain, NoMore, Phone, Tally, dialing_order, next_phone, next_step
from outdial.domain.values import PhoneType

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOBILE = Phone(0, PhoneType.MOBILE, zone=1)
HOME = Phone(1, PhoneType.HOME, zone=2)
OFFICE = Phone(2, PhoneType.OFFICE, zone=3)
RETRY = OutcomeRule(StatusAfterCall.RETRY)
FINAL = OutcomeRule(StatusAfterCall.FINAL)
BUSY_TWENTY_MINUTES = OutcomeRule(StatusAfterCall.RETRY, True, 4, 20, TimeUnit.MINUTES)
CHAIN = (
    ChainItem(PhoneType.MOBILE, 3, 2, TimeUnit.HOURS),
    ChainItem(PhoneType.HOME, 2, 1, TimeUnit.DAYS),
    ChainItem(PhoneType.OFFICE, 1),
)


def a_strategy(
    *,
    max_attempts: int = 6,
    chain: tuple[ChainItem, ...] = (),
    **dispositions: OutcomeRule,
) -> DialingStrategy:
    rules = {Outcome.BUSY: RETRY, Outcome.NO_ANSWER: RETRY, Outcome.INVALID_NUMBER: FINAL}
    rules |= {Outcome(name): rule for name, rule in dispositions.items()}
    return DialingStrategy(max_attempts, 4, TimeUnit.HOURS, (), rules, record_chain=chain)


def after(*attempts: tuple[Outcome, Phone]) -> Tally:
    tally = Tally()
    for outcome, phone in attempts:
        tally = tally.plus(outcome, phone)
    return tally


def step(strategy: DialingStrategy, *attempts: tuple[Outcome, Phone], phones: tuple[Phone, ...] = (MOBILE,)) -> object:
    """What follows the last of these attempts."""
    outcome, phone = attempts[-1]
    return next_step(strategy, phones, phone.position, outcome, after(*attempts), NOON)


def again(phone: Phone, **wait: int) -> DialAgain:
    return DialAgain(phone.position, NOON + timedelta(**wait))


class TestOutcomes:
    def test_a_connected_record_is_final(self) -> None:
        assert step(a_strategy(), (Outcome.CONNECTED, MOBILE)) == NoMore(Reason.CONNECTED)

    def test_an_outcome_that_the_campaign_calls_final_ends_the_record(self) -> None:
        assert step(a_strategy(no_answer=FINAL), (Outcome.NO_ANSWER, MOBILE)) == NoMore(Reason.FINAL_OUTCOME)

    def test_a_rejected_call_follows_the_rule_of_no_answer(self) -> None:
        assert step(a_strategy(no_answer=FINAL), (Outcome.REJECTED, MOBILE)) == NoMore(Reason.FINAL_OUTCOME)

    def test_an_optional_outcome_without_a_rule_is_tried_again_by_the_campaigns_numbers(self) -> None:
        assert step(a_strategy(), (Outcome.ABANDONED, MOBILE)) == again(MOBILE, hours=4)


class TestLimits:
    def test_the_campaigns_maximum_ends_the_record(self) -> None:
        strategy = a_strategy(max_attempts=2)
        assert step(strategy, (Outcome.BUSY, MOBILE)) == again(MOBILE, hours=4)
        assert step(strategy, (Outcome.BUSY, MOBILE), (Outcome.NO_ANSWER, MOBILE)) == NoMore(Reason.MAX_ATTEMPTS)

    def test_a_custom_outcome_ends_the_record_at_its_own_maximum_over_all_phones(self) -> None:
        strategy = a_strategy(chain=CHAIN, busy=OutcomeRule(StatusAfterCall.RETRY, True, 2, 20, TimeUnit.MINUTES))
        attempts = ((Outcome.BUSY, MOBILE), (Outcome.NO_ANSWER, MOBILE), (Outcome.BUSY, HOME))
        assert step(strategy, *attempts, phones=(MOBILE, HOME)) == NoMore(Reason.MAX_OUTCOME_ATTEMPTS)

    def test_a_maximum_of_one_means_no_further_attempt(self) -> None:
        strategy = a_strategy(abandoned=OutcomeRule(StatusAfterCall.RETRY, True, 1, 3, TimeUnit.DAYS))
        assert step(strategy, (Outcome.ABANDONED, MOBILE)) == NoMore(Reason.MAX_OUTCOME_ATTEMPTS)

    def test_the_numbers_of_an_outcome_that_is_not_custom_do_not_count(self) -> None:
        strategy = a_strategy(busy=OutcomeRule(StatusAfterCall.RETRY, False, 1, 20, TimeUnit.MINUTES))
        assert step(strategy, (Outcome.BUSY, MOBILE)) == again(MOBILE, hours=4)

    def test_rejected_and_no_answer_share_one_maximum(self) -> None:
        strategy = a_strategy(no_answer=OutcomeRule(StatusAfterCall.RETRY, True, 2, 1, TimeUnit.HOURS))
        attempts = ((Outcome.REJECTED, MOBILE), (Outcome.NO_ANSWER, MOBILE))
        assert step(strategy, *attempts) == NoMore(Reason.MAX_OUTCOME_ATTEMPTS)


class TestWaits:
    def test_without_a_chain_the_campaigns_period_applies(self) -> None:
        assert step(a_strategy(), (Outcome.NO_ANSWER, MOBILE)) == again(MOBILE, hours=4)

    def test_on_the_same_type_the_chain_items_period_applies(self) -> None:
        assert step(a_strategy(chain=CHAIN), (Outcome.NO_ANSWER, MOBILE)) == again(MOBILE, hours=2)

    def test_a_chain_item_without_a_period_falls_back_to_the_campaigns(self) -> None:
        chain = (ChainItem(PhoneType.MOBILE, 3),)
        assert step(a_strategy(chain=chain), (Outcome.NO_ANSWER, MOBILE)) == again(MOBILE, hours=4)

    def test_a_custom_period_goes_before_the_chains(self) -> None:
        strategy = a_strategy(chain=CHAIN, busy=BUSY_TWENTY_MINUTES)
        assert step(strategy, (Outcome.BUSY, MOBILE)) == again(MOBILE, minutes=20)

    def test_a_custom_period_applies_also_when_the_type_changes(self) -> None:
        strategy = a_strategy(chain=CHAIN, busy=BUSY_TWENTY_MINUTES)
        attempts = ((Outcome.NO_ANSWER, MOBILE), (Outcome.NO_ANSWER, MOBILE), (Outcome.BUSY, MOBILE))
        assert step(strategy, *attempts, phones=(MOBILE, HOME)) == again(HOME, minutes=20)


class TestChain:
    def test_a_type_that_is_used_up_gives_way_to_the_next_at_once(self) -> None:
        attempts = ((Outcome.NO_ANSWER, MOBILE),) * 3
        assert step(a_strategy(chain=CHAIN), *attempts, phones=(MOBILE, HOME)) == again(HOME, hours=0)

    def test_an_invalid_number_gives_way_at_once_and_ends_its_type_alone(self) -> None:
        strategy = a_strategy(chain=CHAIN)
        assert step(strategy, (Outcome.INVALID_NUMBER, MOBILE), phones=(MOBILE, HOME)) == again(HOME, hours=0)
        assert step(strategy, (Outcome.INVALID_NUMBER, MOBILE)) == NoMore(Reason.INVALID_NUMBER)

    def test_the_record_ends_when_the_last_type_is_used_up(self) -> None:
        attempts = ((Outcome.NO_ANSWER, OFFICE),)
        assert step(a_strategy(chain=CHAIN), *attempts, phones=(MOBILE, OFFICE)) == NoMore(Reason.NO_PHONE_LEFT)

    def test_the_order_is_the_chains_and_types_the_record_lacks_are_skipped(self) -> None:
        office_first = Phone(0, PhoneType.OFFICE, 1), Phone(1, PhoneType.MOBILE, 1)
        assert [phone.type for phone in dialing_order(a_strategy(chain=CHAIN), office_first)] == [
            PhoneType.MOBILE,
            PhoneType.OFFICE,
        ]

    def test_without_a_chain_only_the_first_phone_is_used(self) -> None:
        assert dialing_order(a_strategy(), (MOBILE, HOME)) == [MOBILE]
        assert step(a_strategy(), (Outcome.INVALID_NUMBER, MOBILE), phones=(MOBILE, HOME)) == NoMore(
            Reason.INVALID_NUMBER
        )

    def test_a_type_whose_zone_never_opens_is_skipped(self) -> None:
        phones = (MOBILE, HOME, OFFICE)
        assert next_phone(a_strategy(chain=CHAIN), phones, 0, Tally(), unreachable={HOME.zone}) == OFFICE


class TestUncounted:
    @pytest.mark.parametrize("outcome", [Outcome.CONGESTION, Outcome.CARRIER_FAULT, Outcome.LOST])
    def test_what_the_network_or_we_broke_uses_up_nothing(self, outcome: Outcome) -> None:
        assert after((outcome, MOBILE)).counted == 0
        assert after((outcome, MOBILE)).by_type == {}

    def test_it_backs_off_from_thirty_seconds_doubling_to_thirty_minutes(self) -> None:
        waits = []
        for times in range(1, 9):
            found = step(a_strategy(), *[(Outcome.CONGESTION, MOBILE)] * times)
            assert isinstance(found, DialAgain)
            assert found.reason is Reason.CARRIER_BACK_OFF
            waits.append((found.at - NOON).total_seconds())
        assert waits == [30, 60, 120, 240, 480, 960, 1800, 1800]

    def test_twenty_in_a_row_end_the_record(self) -> None:
        assert isinstance(step(a_strategy(), *[(Outcome.CONGESTION, MOBILE)] * 19), DialAgain)
        assert step(a_strategy(), *[(Outcome.CONGESTION, MOBILE)] * 20) == NoMore(Reason.CARRIER_GAVE_UP)

    def test_a_counted_outcome_begins_the_row_anew(self) -> None:
        tally = after(*[(Outcome.CONGESTION, MOBILE)] * 19, (Outcome.BUSY, MOBILE), (Outcome.CONGESTION, MOBILE))
        assert tally.uncounted_in_a_row == 1
