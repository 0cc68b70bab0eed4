"""The life of one call, told as facts that come in and what is to be done."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from outdial.domain.calls import (
    Action,
    AgentFound,
    Answered,
    Bridge,
    Bridged,
    Call,
    CallFact,
    CallState,
    Close,
    Failed,
    HangUp,
    HangupBy,
    HungUp,
    Judged,
    PlayMessageThenHangUp,
    Ringing,
    SeekAgent,
    WaitedTooLong,
)
from outdial.domain.outcomes import Outcome
from outdial.domain.values import UserId

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANA = UserId(UUID(int=1))
HUMAN, MACHINE = Judged(False, "human"), Judged(True, "machine")
CALLEE_GONE, WE_HUNG_UP = HungUp(HangupBy.CALLEE), HungUp(HangupBy.US)


def after(*facts: CallFact, detect: bool = True) -> tuple[Call, list[Action]]:
    """A call to which these facts happened, a second apart, and everything it asked for."""
    call = Call(detect, START)
    todo: list[Action] = []
    for seconds, fact in enumerate(facts, start=1):
        call, actions = call.step(fact, START + timedelta(seconds=seconds))
        todo += actions
    return call, todo


class TestAnAnsweredCall:
    def test_a_person_is_bridged_to_an_agent_and_the_call_ends_connected(self) -> None:
        call, todo = after(Ringing(), Answered(), HUMAN, AgentFound(ANA), Bridged(), CALLEE_GONE)
        assert todo == [SeekAgent(), Bridge(ANA), Close()]
        assert (call.outcome, call.agent, call.hangup_by) == (Outcome.CONNECTED, ANA, HangupBy.CALLEE)
        assert call.bridged_at == START + timedelta(seconds=5)

    def test_without_detection_the_answer_is_the_verdict(self) -> None:
        call, todo = after(Answered(), detect=False)
        assert (call.state, todo, call.verdict_at) == (CallState.WAITING, [SeekAgent()], call.answered_at)

    def test_a_machine_is_hung_up_on(self) -> None:
        call, todo = after(Answered(), MACHINE, WE_HUNG_UP)
        assert todo == [HangUp(), Close()]
        assert call.outcome is Outcome.MACHINE

    def test_who_waits_too_long_hears_the_message_and_was_abandoned(self) -> None:
        call, todo = after(Answered(), HUMAN, WaitedTooLong(), WE_HUNG_UP)
        assert todo == [SeekAgent(), PlayMessageThenHangUp(), Close()]
        assert (call.outcome, call.left_early) == (Outcome.ABANDONED, False)

    def test_who_leaves_during_the_message_was_abandoned_all_the_same(self) -> None:
        call, _ = after(Answered(), HUMAN, WaitedTooLong(), CALLEE_GONE)
        assert call.outcome is Outcome.ABANDONED

    @pytest.mark.parametrize("facts", [(), (AgentFound(ANA),)], ids=["waiting", "while the bridge is made"])
    def test_who_leaves_before_a_voice_left_early(self, facts: tuple[CallFact, ...]) -> None:
        call, _ = after(Answered(), HUMAN, *facts, CALLEE_GONE)
        assert (call.outcome, call.left_early, call.bridged_at) == (Outcome.HANGUP_BEFORE_CONNECTION, True, None)

    def test_who_leaves_before_the_verdict_did_not_wait_for_an_agent(self) -> None:
        call, _ = after(Answered(), CALLEE_GONE)
        assert (call.outcome, call.left_early) == (Outcome.HANGUP_BEFORE_CONNECTION, False)


class TestAnUnansweredCall:
    def test_the_carriers_reason_is_kept_beside_the_outcome(self) -> None:
        call, todo = after(Ringing(), Failed(Outcome.BUSY, 486, 17, "User busy"))
        assert todo == [Close()]
        assert (call.outcome, call.sip_status, call.q850, call.cause) == (Outcome.BUSY, 486, 17, "User busy")

    def test_a_call_that_we_take_back_costs_the_record_nothing(self) -> None:
        call, _ = after(Ringing(), WE_HUNG_UP)
        assert call.outcome is Outcome.LOST

    def test_it_counts_against_the_ratio_until_it_is_live_or_over(self) -> None:
        stories: list[tuple[CallFact, ...]] = [(), (Ringing(),), (Answered(),), (Answered(), HUMAN)]
        counts = [after(*facts)[0].unanswered for facts in stories]
        assert counts == [True, True, True, False]


class TestFactsOutOfTurn:
    @pytest.mark.parametrize("late", [Ringing(), Answered(), HUMAN, MACHINE, AgentFound(ANA), CALLEE_GONE])
    def test_nothing_changes_a_call_that_is_over(self, late: CallFact) -> None:
        over, _ = after(Failed(Outcome.BUSY))
        assert over.step(late, START) == (over, ())

    def test_an_agent_is_not_given_to_a_call_that_nobody_answered(self) -> None:
        ringing, _ = after(Ringing())
        assert ringing.step(AgentFound(ANA), START) == (ringing, ())

    def test_a_verdict_that_comes_twice_seeks_one_agent(self) -> None:
        assert after(Answered(), HUMAN, HUMAN)[1] == [SeekAgent()]

    def test_the_waiting_time_does_not_end_a_conversation(self) -> None:
        call, todo = after(Answered(), HUMAN, AgentFound(ANA), Bridged(), WaitedTooLong())
        assert call.state is CallState.BRIDGED
        assert PlayMessageThenHangUp() not in todo
