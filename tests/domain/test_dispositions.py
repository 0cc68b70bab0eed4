"""What an agent's word means for the record."""

from datetime import timedelta

import pytest
from tests.domain.test_retry import CHAIN, HOME, MOBILE, NOON, a_strategy, after

from outdial.domain.dispositions import Effect, Meaning, step_after
from outdial.domain.outcomes import Outcome, Reason
from outdial.domain.retry import DialAgain, NoMore

ONE_CALL = after((Outcome.CONNECTED, MOBILE))


def said(effect: Effect, wait: timedelta | None = None, *, max_attempts: int = 6, chain: bool = False) -> object:
    strategy = a_strategy(max_attempts=max_attempts, chain=CHAIN if chain else ())
    return step_after(Meaning(effect, wait), strategy, (MOBILE, HOME), MOBILE.position, ONE_CALL, NOON)


@pytest.mark.parametrize("effect", [Effect.FINAL, Effect.CALLBACK])
def test_a_final_word_ends_the_record(effect: Effect) -> None:
    assert said(effect) == NoMore(Reason.FINAL_DISPOSITION)


def test_do_not_call_ends_the_record_as_the_list_itself_would() -> None:
    assert said(Effect.DO_NOT_CALL) == NoMore(Reason.ON_DNC_LIST)


def test_a_retry_dials_the_phone_that_was_answered_after_the_dispositions_own_wait() -> None:
    assert said(Effect.RETRY, timedelta(days=2)) == DialAgain(MOBILE.position, NOON + timedelta(days=2))


def test_a_retry_without_a_wait_of_its_own_waits_as_the_campaign_does() -> None:
    assert said(Effect.RETRY) == DialAgain(MOBILE.position, NOON + timedelta(hours=4))
    assert said(Effect.RETRY, chain=True) == DialAgain(MOBILE.position, NOON + timedelta(hours=2))


def test_the_campaigns_number_of_attempts_binds_agents_too() -> None:
    assert said(Effect.RETRY, timedelta(hours=1), max_attempts=1) == NoMore(Reason.MAX_ATTEMPTS)
