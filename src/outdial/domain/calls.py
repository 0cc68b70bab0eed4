"""The life of one call as the dialer sees it: facts in, the next state and what to do about it out."""

import enum
from dataclasses import dataclass, replace
from datetime import datetime

from outdial.domain.machine_detection import Verdict
from outdial.domain.outcomes import Outcome
from outdial.domain.values import UserId


class CallState(enum.Enum):
    DIALING = "dialing"
    """On its way to the carrier, or ringing."""
    DETECTING = "detecting"
    """Answered; person or machine is not known yet."""
    WAITING = "waiting"
    """A person answered and waits for an agent."""
    BRIDGING = "bridging"
    """An agent is reserved for it and the bridge is asked for."""
    BRIDGED = "bridged"
    RELEASING = "releasing"
    """We asked for the end of it; the outcome stands, the carrier's last word is awaited."""
    ENDED = "ended"


class HangupBy(enum.Enum):
    CALLEE = "callee"
    AGENT = "agent"
    US = "us"
    NETWORK = "network"


# What happened ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ringing:
    pass


@dataclass(frozen=True, slots=True)
class Answered:
    pass


@dataclass(frozen=True, slots=True)
class Judged:
    """Detection came to an end. `machine` false also means "not sure": a doubtful call goes to an agent."""

    machine: bool
    verdict: str


@dataclass(frozen=True, slots=True)
class AgentFound:
    agent: UserId


@dataclass(frozen=True, slots=True)
class Bridged:
    """The two hear each other."""


@dataclass(frozen=True, slots=True)
class WaitedTooLong:
    """The abandonment time is over."""


@dataclass(frozen=True, slots=True)
class Silent:
    """The call exists, and for longer than anything takes nothing was heard of it: some event must have been lost."""


@dataclass(frozen=True, slots=True)
class AgentHangsUp:
    """The call's agent wants it to end: before the answer, or after a conversation."""


@dataclass(frozen=True, slots=True)
class AgentLost:
    """The agent it was being bridged to cannot be reached."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Never answered. Raw protocol facts are kept beside the outcome."""

    outcome: Outcome
    sip_status: int | None = None
    q850: int | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class HungUp:
    by: HangupBy
    sip_status: int | None = None
    q850: int | None = None
    cause: str | None = None


CallFact = (
    Ringing
    | Answered
    | Judged
    | AgentFound
    | Bridged
    | WaitedTooLong
    | Silent
    | AgentHangsUp
    | AgentLost
    | Failed
    | HungUp
)


# What to do ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SeekAgent:
    """Find the agent who waits longest, or start the abandonment clock."""


@dataclass(frozen=True, slots=True)
class Bridge:
    agent: UserId


@dataclass(frozen=True, slots=True)
class HangUp:
    pass


@dataclass(frozen=True, slots=True)
class PlayMessageThenHangUp:
    """Nobody is left in silence: the safety message, then the end."""


@dataclass(frozen=True, slots=True)
class Close:
    """The call is over and its outcome final: write it down."""


Action = SeekAgent | Bridge | HangUp | PlayMessageThenHangUp | Close


@dataclass(frozen=True, slots=True)
class Call:
    """One call's facts so far. Times are aware UTC instants at which the thing was observed.

    A call that is made for an agent, of a preview or a callback, has its `agent` from the start. One that is `sampled`
    is brought to an agent whatever detection says: so it can be measured how often a machine was a person.
    """

    detect_machines: bool
    started_at: datetime
    state: CallState = CallState.DIALING
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    verdict_at: datetime | None = None
    verdict: str | None = None
    bridged_at: datetime | None = None
    ended_at: datetime | None = None
    agent: UserId | None = None
    outcome: Outcome | None = None
    left_early: bool = False
    hangup_by: HangupBy | None = None
    sip_status: int | None = None
    q850: int | None = None
    cause: str | None = None
    sampled: bool = False

    @property
    def unanswered(self) -> bool:
        """Whether it still counts against the dialing ratio: launched, and neither live nor over.

        One that has its agent takes nobody else's.
        """
        return self.agent is None and self.state in (CallState.DIALING, CallState.DETECTING)

    def step(self, fact: CallFact, now: datetime) -> tuple["Call", tuple[Action, ...]]:
        """The call after `fact`. A fact that comes late, twice or out of turn changes nothing.

        Facts are stamped by more than one clock, and clocks are set: none is earlier than the one before it.
        """
        now = max(now, self._latest)
        match self.state, fact:
            case CallState.DIALING, Ringing():
                return replace(self, ringing_at=self.ringing_at or now), ()
            case CallState.DIALING, Answered():
                answered = replace(self, answered_at=now)
                if self.agent is not None:
                    return replace(answered, state=CallState.BRIDGING, verdict_at=now), (Bridge(self.agent),)
                if self.detect_machines:
                    return replace(answered, state=CallState.DETECTING), ()
                return replace(answered, state=CallState.WAITING, verdict_at=now), (SeekAgent(),)
            case CallState.DETECTING, Judged(machine, verdict):
                judged = replace(self, verdict_at=now, verdict=verdict)
                if machine and not self.sampled:
                    return replace(judged, state=CallState.RELEASING, outcome=Outcome.MACHINE), (HangUp(),)
                return replace(judged, state=CallState.WAITING), (SeekAgent(),)
            case CallState.WAITING, AgentFound(agent):
                return replace(self, state=CallState.BRIDGING, agent=agent), (Bridge(agent),)
            case CallState.BRIDGING, Bridged():
                return replace(self, state=CallState.BRIDGED, bridged_at=now), ()
            case CallState.WAITING, WaitedTooLong():
                return (
                    replace(self, state=CallState.RELEASING, outcome=self._given_up),
                    (PlayMessageThenHangUp(),),
                )
            case CallState.BRIDGING, AgentLost():
                return (
                    replace(self, state=CallState.RELEASING, outcome=self._given_up, agent=None),
                    (PlayMessageThenHangUp(),),
                )
            case CallState.DIALING, Silent():
                # Perhaps it was answered: nobody is left in silence, and nobody is charged for it.
                return replace(self, state=CallState.RELEASING, outcome=Outcome.LOST), (PlayMessageThenHangUp(),)
            case CallState.DETECTING, Silent():
                return self.step(Judged(False, "no_verdict"), now)
            case CallState.BRIDGING, Silent() if self.agent is not None:
                return self, (Bridge(self.agent),)
            case CallState.BRIDGED, Silent() if self.hangup_by is HangupBy.AGENT:
                return self, (HangUp(),)
            case CallState.RELEASING, Silent():
                return self, (HangUp() if self.outcome is Outcome.MACHINE else PlayMessageThenHangUp(),)
            case CallState.DIALING, AgentHangsUp() if self.agent is not None:
                return self._given_up_by_agent(), (HangUp(),)
            case CallState.BRIDGING, AgentHangsUp():
                # Somebody has answered and must not be left in silence.
                return self._given_up_by_agent(), (PlayMessageThenHangUp(),)
            case CallState.BRIDGED, AgentHangsUp() if self.hangup_by is None:
                return replace(self, hangup_by=HangupBy.AGENT), (HangUp(),)
            case CallState.DIALING | CallState.DETECTING | CallState.RELEASING, Failed(outcome, sip, q850, cause):
                return self._ended(now, self.outcome or outcome, HungUp(HangupBy.NETWORK, sip, q850, cause))
            case CallState.ENDED, _:
                return self, ()
            case _, HungUp(by):
                return self._ended(now, self.outcome or self._outcome_of_hangup(by), fact)
        return self, ()

    @property
    def _latest(self) -> datetime:
        return self.bridged_at or self.verdict_at or self.answered_at or self.ringing_at or self.started_at

    @property
    def _given_up(self) -> Outcome:
        """What a call is for which no agent came: nobody abandons a machine."""
        return Outcome.MACHINE if self.verdict == Verdict.MACHINE.value else Outcome.ABANDONED

    def _outcome_of_hangup(self, by: HangupBy) -> Outcome:
        match self.state, by:
            case CallState.BRIDGED, _:
                return Outcome.CONNECTED
            case CallState.WAITING | CallState.BRIDGING, _ if self._given_up is Outcome.MACHINE:
                return Outcome.MACHINE
            case CallState.WAITING | CallState.BRIDGING, HangupBy.US:
                return Outcome.ABANDONED
            case _, HangupBy.US:
                # We took the call back, at a stop or a restart: that must not cost the record an attempt.
                return Outcome.LOST
            case CallState.DIALING, _:
                return Outcome.NO_ANSWER
            case _:
                return Outcome.HANGUP_BEFORE_CONNECTION

    def _given_up_by_agent(self) -> "Call":
        return replace(
            self,
            state=CallState.RELEASING,
            outcome=Outcome.AGENT_HANGUP_BEFORE_CONNECTION,
            hangup_by=HangupBy.AGENT,
        )

    def _ended(self, now: datetime, outcome: Outcome, end: HungUp) -> tuple["Call", tuple[Action, ...]]:
        return replace(
            self,
            state=CallState.ENDED,
            outcome=outcome,
            ended_at=now,
            left_early=outcome is Outcome.HANGUP_BEFORE_CONNECTION and self.verdict_at is not None,
            hangup_by=self.hangup_by or end.by,
            sip_status=end.sip_status,
            q850=end.q850,
            cause=end.cause,
        ), (Close(),)
