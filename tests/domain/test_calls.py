"""The life of one call, told as facts that come in and what is to be done."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from outdial.domain.calls import (
    Action,
    AgentFound,
    AgentHangsUp,
    AgentLost,
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
    Silent,
    WaitedTooLong,
)
from outdial.domain.outcomes import Outcome
from outdial.domain.values import UserId

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANA = UserId(UUID(int=1))
HUMAN, MACHINE = Judged(False, "human"), Judged(True, "machine")
CALLEE_GONE, WE_HUNG_UP = HungUp(HangupBy.CALLEE), HungUp(HangupBy.US)


def after(*facts: CallFact, detect: bool = True, sampled: bool = False) -> tuple[Call, list[Action]]:
    """A call to which these facts happened, a second apart, and everything it asked for."""
    call = Call(detect, START, sampled=sampled)
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


class TestASampledMachine:
    """A call that an agent gets whatever detection says, so that its verdicts can be measured."""

    def test_an_agent_gets_it_and_the_verdict_is_kept(self) -> None:
        call, todo = after(Answered(), MACHINE, AgentFound(ANA), Bridged(), CALLEE_GONE, sampled=True)
        assert todo == [SeekAgent(), Bridge(ANA), Close()]
        assert (call.outcome, call.verdict) == (Outcome.CONNECTED, "machine")

    @pytest.mark.parametrize(
        "facts",
        [
            (WaitedTooLong(), WE_HUNG_UP),
            (CALLEE_GONE,),
            (AgentFound(ANA), CALLEE_GONE),
            (AgentFound(ANA), AgentLost(), WE_HUNG_UP),
        ],
    )
    def test_without_an_agent_it_is_a_machine_and_nobody_was_abandoned(self, facts: tuple[CallFact, ...]) -> None:
        call, _ = after(Answered(), MACHINE, *facts, sampled=True)
        assert (call.outcome, call.left_early) == (Outcome.MACHINE, False)

    def test_it_may_be_a_person_so_it_is_not_left_in_silence(self) -> None:
        assert PlayMessageThenHangUp() in after(Answered(), MACHINE, WaitedTooLong(), sampled=True)[1]

    def test_other_verdicts_go_their_usual_way(self) -> None:
        call, _ = after(Answered(), HUMAN, WaitedTooLong(), WE_HUNG_UP, sampled=True)
        assert call.outcome is Outcome.ABANDONED


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


class TestAnEventThatWasLost:
    """The carrier still has the call, and nothing was heard of it for too long."""

    def test_whoever_may_have_answered_hears_the_message_and_it_is_not_counted(self) -> None:
        call, todo = after(Ringing(), Silent(), WE_HUNG_UP)
        assert todo == [PlayMessageThenHangUp(), Close()]
        assert (call.outcome, call.outcome is not None and call.outcome.counted) == (Outcome.LOST, False)

    def test_without_a_verdict_it_is_taken_for_a_person(self) -> None:
        call, todo = after(Answered(), Silent(), HUMAN)
        assert (call.state, call.verdict, todo) == (CallState.WAITING, "no_verdict", [SeekAgent()])

    def test_the_bridge_is_asked_for_again(self) -> None:
        _, todo = after(Answered(), HUMAN, AgentFound(ANA), Silent(), Bridged())
        assert todo == [SeekAgent(), Bridge(ANA), Bridge(ANA)]

    def test_the_end_is_asked_for_again_with_the_message_if_there_was_to_be_one(self) -> None:
        for facts in ((MACHINE,), (HUMAN, AgentFound(ANA), Bridged(), AgentHangsUp()), (HUMAN, WaitedTooLong())):
            call, todo = after(Answered(), *facts)
            _, again = call.step(Silent(), START + timedelta(minutes=1))
            assert again == (todo[-1],)

    @pytest.mark.parametrize("facts", [(HUMAN,), (HUMAN, AgentFound(ANA), Bridged())], ids=["waiting", "bridged"])
    def test_waiting_and_talking_have_their_own_ends(self, facts: tuple[CallFact, ...]) -> None:
        call, _ = after(Answered(), *facts)
        assert call.step(Silent(), START + timedelta(hours=1)) == (call, ())


def test_no_fact_is_earlier_than_the_one_before_it_whatever_clock_stamped_it() -> None:
    call, _ = Call(False, START).step(Answered(), START - timedelta(seconds=3))
    ended, _ = call.step(CALLEE_GONE, START - timedelta(hours=1))
    assert (call.answered_at, ended.ended_at) == (START, START)
