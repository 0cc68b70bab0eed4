"""The states of an agent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from outdial.domain.agents import Agent, AgentCannot, AgentState
from outdial.domain.values import UserId

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)
ANA = UserId(UUID(int=1))


def an_agent(state: AgentState) -> Agent:
    return Agent(ANA, state, NOON)


def test_a_call_goes_from_ready_to_ready() -> None:
    agent = an_agent(AgentState.SIGNED_OUT)
    for state in (AgentState.READY, AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP, AgentState.READY):
        agent = agent.become(state, LATER)
        assert (agent.state, agent.since) == (state, LATER)


def test_a_state_that_holds_already_keeps_its_time() -> None:
    assert an_agent(AgentState.READY).become(AgentState.READY, LATER) == an_agent(AgentState.READY)


@pytest.mark.parametrize("wish", [AgentState.PAUSED, AgentState.SIGNED_OUT])
@pytest.mark.parametrize("busy", [AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP])
def test_who_wants_to_leave_while_busy_leaves_when_the_work_is_done(busy: AgentState, wish: AgentState) -> None:
    agent = an_agent(busy).become(wish, NOON)
    assert agent.state is busy
    for state in (AgentState.TALKING, AgentState.WRAP_UP, AgentState.READY):
        if busy is AgentState.WRAP_UP and state is not AgentState.READY:
            continue
        agent = agent.become(state, LATER)
    assert (agent.state, agent.leaving) == (wish, None)


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        (AgentState.SIGNED_OUT, AgentState.TALKING),
        (AgentState.PAUSED, AgentState.RESERVED),
        (AgentState.READY, AgentState.WRAP_UP),
        (AgentState.TALKING, AgentState.READY),
    ],
)
def test_what_may_not_follow_is_refused_with_both_states_named(state: AgentState, wanted: AgentState) -> None:
    with pytest.raises(AgentCannot, match=f"{state.value} and cannot become {wanted.value}"):
        an_agent(state).become(wanted, LATER)


@pytest.mark.parametrize("thought", [AgentState.READY, AgentState.WRAP_UP])
def test_who_is_found_in_a_call_that_was_thought_over_talks(thought: AgentState) -> None:
    found = replace(an_agent(thought), until=LATER).found_talking(LATER)
    assert (found.state, found.since, found.until) == (AgentState.TALKING, LATER, None)


def test_who_is_found_in_a_call_while_on_pause_goes_back_there_afterwards() -> None:
    found = replace(an_agent(AgentState.PAUSED), reason="lunch").found_talking(LATER)
    over = found.become(AgentState.WRAP_UP, LATER).become(AgentState.READY, LATER)
    assert (found.state, over.state, over.reason) == (AgentState.TALKING, AgentState.PAUSED, "lunch")


def test_who_does_something_else_is_not_found_in_a_call() -> None:
    with pytest.raises(AgentCannot):
        an_agent(AgentState.RESERVED).found_talking(LATER)
