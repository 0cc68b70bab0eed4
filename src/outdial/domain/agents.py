"""The states of an agent, which may follow which, how long each may last, and what a silent screen means."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from outdial.domain.errors import NotPossible
from outdial.domain.values import PhoneNumber, PhoneType, UserId


class AgentState(enum.Enum):
    SIGNED_OUT = "signed_out"
    READY = "ready"
    PREVIEWING = "previewing"
    """A record is on the screen; its call is not made yet."""
    DIALING = "dialing"
    """The call of a preview is on its way."""
    RESERVED = "reserved"
    """A call is being bridged to the agent."""
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"


class Link(enum.Enum):
    """Whether the agent's screen is heard of."""

    UP = "up"
    LOST = "lost"
    """Silent for a few seconds: no call is given to the agent, who may come back as if nothing had been."""
    GONE = "gone"
    """Not back in time: whoever was free is on pause, whoever is busy goes there afterwards."""


class Trouble(enum.Enum):
    """What time does to an agent when nobody else does anything."""

    LINK_LOST = "link_lost"
    LINK_GONE = "link_gone"
    AWAY = "away"
    WRAP_UP_OVER = "wrap_up_over"
    STUCK = "stuck"


_MAY_FOLLOW: Final = {
    AgentState.SIGNED_OUT: {AgentState.READY, AgentState.PAUSED},
    AgentState.READY: {AgentState.PREVIEWING, AgentState.RESERVED, AgentState.PAUSED, AgentState.SIGNED_OUT},
    AgentState.PREVIEWING: {AgentState.DIALING, AgentState.READY, AgentState.PAUSED, AgentState.SIGNED_OUT},
    AgentState.DIALING: {AgentState.TALKING, AgentState.READY},
    AgentState.RESERVED: {AgentState.TALKING, AgentState.READY},
    AgentState.TALKING: {AgentState.WRAP_UP},
    AgentState.WRAP_UP: {AgentState.READY},
    AgentState.PAUSED: {AgentState.READY, AgentState.SIGNED_OUT},
}
_CALL_AND_AFTER: Final = frozenset({AgentState.DIALING, AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP})
"""Whoever wants to leave in one of these leaves when it is over."""

_AFTER_STUCK: Final = {
    AgentState.PREVIEWING: AgentState.PAUSED,
    AgentState.DIALING: AgentState.READY,
    AgentState.RESERVED: AgentState.READY,
    AgentState.TALKING: AgentState.WRAP_UP,
    AgentState.WRAP_UP: AgentState.READY,
}

LINK_LOST: Final = "link_lost"
PHONE_LOST: Final = "phone_lost"
"""Why somebody is on pause whose phone could not be reached when a call was for them."""
MICROPHONE_LOST: Final = "microphone_lost"
"""Why somebody is on pause whose phone is their browser: it has lost the microphone, and their screen says so."""
STUCK: Final = "stuck"


@dataclass(frozen=True, slots=True)
class AgentLimits:
    """How long things may last.

    Attributes:
        link: silence of the screen after which no call is given to the agent.
        grace: silence after which the agent is taken out of work.
        away: silence after which an agent on pause is signed out.
        longest: time in a state after which something must have been lost; a state that ends by itself gets `margin`
            on top of its own end.
    """

    link: timedelta = timedelta(seconds=6)
    grace: timedelta = timedelta(seconds=30)
    away: timedelta = timedelta(minutes=15)
    margin: timedelta = timedelta(seconds=10)
    longest: Mapping[AgentState, timedelta] = field(
        default_factory=lambda: {
            AgentState.PREVIEWING: timedelta(hours=1),
            AgentState.DIALING: timedelta(seconds=180),
            AgentState.RESERVED: timedelta(seconds=10),
            AgentState.TALKING: timedelta(hours=4),
            AgentState.WRAP_UP: timedelta(hours=1),
        }
    )


@dataclass(frozen=True, slots=True)
class Work:
    """What an agent is busy with: keys of campaign and record in storage, the phone, and the call once there is one.

    `number` counts the record's attempts in the campaign, this one included. `preview` names the offer of a preview,
    so that a late command meets no other record. `skips_left` is how often the record may still be skipped. `on_hold`:
    the callee waits with music.
    """

    campaign: int
    record: int
    phone: PhoneNumber
    phone_type: PhoneType
    number: int
    attempt: UUID | None = None
    preview: UUID | None = None
    skips_left: int = 0
    on_hold: bool = False


class AgentCannot(NotPossible):
    code: ClassVar[str] = "agent-state"

    def __init__(self, agent: UserId, state: AgentState, wanted: AgentState) -> None:
        super().__init__(f"agent {agent} is {state.value} and cannot become {wanted.value}")


class WrapUpNotExtendable(NotPossible):
    """There is no wrap-up with an end, or it was extended before."""

    code: ClassVar[str] = "wrap-up-not-extendable"


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent at work.

    Attributes:
        leaving: what follows the present call or wrap-up instead of `ready`, for `leaving_reason`.
        reason: why the agent is on pause.
        until: when the present state ends by itself, if it does.
        extended: the present wrap-up was given more time.
        seen_at: when the agent's screen was last heard of; `None` for agents without one, who are always there.
    """

    id: UserId
    state: AgentState
    since: datetime
    leaving: AgentState | None = None
    leaving_reason: str | None = None
    reason: str | None = None
    until: datetime | None = None
    extended: bool = False
    seen_at: datetime | None = None
    link: Link = Link.UP

    @property
    def free(self) -> bool:
        """Ready, and there: a call may be given to the agent."""
        return self.state is AgentState.READY and self.link is Link.UP

    def become(
        self, state: AgentState, now: datetime, *, reason: str | None = None, until: datetime | None = None
    ) -> "Agent":
        """The agent in the new state; asked to leave while busy, it is remembered until the work is over.

        Raises:
            AgentCannot: the present state does not allow it.
        """
        if state is self.state:
            return self if reason is None or reason == self.reason else replace(self, reason=reason)
        leaves = state in (AgentState.PAUSED, AgentState.SIGNED_OUT)
        if leaves and self.state in _CALL_AND_AFTER:
            return replace(self, leaving=state, leaving_reason=reason)
        if state not in _MAY_FOLLOW[self.state]:
            raise AgentCannot(self.id, self.state, state)
        if state is AgentState.READY and self.leaving is not None:
            return self._in(self.leaving, now, self.leaving_reason)
        if leaves:
            return self._in(state, now, reason)
        return replace(self, state=state, since=now, reason=None, until=until, extended=False)

    @property
    def may_be_found_talking(self) -> bool:
        """Nothing is known that speaks against the agent being in a call."""
        return self.state in (AgentState.READY, AgentState.WRAP_UP, AgentState.PAUSED)

    def found_talking(self, now: datetime) -> "Agent":
        """The agent who was thought to be done, and is still in a call; who was to go on pause goes there afterwards.

        Raises:
            AgentCannot: the agent is doing something else.
        """
        if not self.may_be_found_talking:
            raise AgentCannot(self.id, self.state, AgentState.TALKING)
        talking = replace(self, state=AgentState.TALKING, since=now, reason=None, until=None, extended=False)
        if self.state is AgentState.PAUSED:
            return replace(talking, leaving=AgentState.PAUSED, leaving_reason=self.reason)
        return talking

    def leaving_after(self, reason: str | None) -> "Agent":
        """The agent who goes on pause after the present call, or the next one.

        Raises:
            AgentCannot: not at work.
        """
        if self.state in (AgentState.PAUSED, AgentState.SIGNED_OUT):
            raise AgentCannot(self.id, self.state, AgentState.PAUSED)
        return replace(self, leaving=AgentState.PAUSED, leaving_reason=reason)

    def staying(self) -> "Agent":
        """The agent who no longer wants to leave."""
        return replace(self, leaving=None, leaving_reason=None)

    def with_longer_wrap_up(self, by: timedelta) -> "Agent":
        """The wrap-up with its end put off, once.

        Raises:
            WrapUpNotExtendable: not in wrap-up, without an end, or extended before.
        """
        if self.state is not AgentState.WRAP_UP or self.until is None:
            raise WrapUpNotExtendable(f"the agent is {self.state.value}: there is no wrap-up to extend")
        if self.extended:
            raise WrapUpNotExtendable("this wrap-up was extended before")
        return replace(self, until=self.until + by, extended=True)

    def heard(self, now: datetime) -> "Agent":
        """The agent whose screen was heard of: back, if it was away for a moment."""
        if self.seen_at is None:
            return self
        back = replace(self, seen_at=now, link=Link.UP)
        return back.staying() if self.leaving_reason == LINK_LOST else back

    def next_trouble(self, limits: AgentLimits) -> tuple[datetime, Trouble] | None:
        """What comes over the agent next if nothing else happens, and when."""
        if self.state is AgentState.SIGNED_OUT:
            return None
        coming = []
        if self.seen_at is not None:
            if self.link is Link.UP:
                coming.append((self.seen_at + limits.link, Trouble.LINK_LOST))
            elif self.link is Link.LOST:
                coming.append((self.seen_at + limits.grace, Trouble.LINK_GONE))
            elif self.state is AgentState.PAUSED:
                coming.append((self.seen_at + limits.away, Trouble.AWAY))
        if self.state is AgentState.WRAP_UP and self.until is not None:
            coming.append((self.until, Trouble.WRAP_UP_OVER))
        elif self.until is not None:
            coming.append((self.until + limits.margin, Trouble.STUCK))
        elif self.state in limits.longest:
            coming.append((self.since + limits.longest[self.state], Trouble.STUCK))
        return min(coming, key=lambda one: one[0], default=None)

    def after(self, trouble: Trouble, now: datetime) -> "Agent":
        """The agent after `trouble`: freed from where there was no way on."""
        match trouble:
            case Trouble.LINK_LOST:
                return replace(self, link=Link.LOST)
            case Trouble.LINK_GONE:
                gone = replace(self, link=Link.GONE)
                if self.state in (AgentState.READY, AgentState.PREVIEWING):
                    return gone._in(AgentState.PAUSED, now, LINK_LOST)
                if self.state in _CALL_AND_AFTER and self.leaving is None:
                    return replace(gone, leaving=AgentState.PAUSED, leaving_reason=LINK_LOST)
                return gone
            case Trouble.AWAY:
                return self._in(AgentState.SIGNED_OUT, now, LINK_LOST)
            case Trouble.WRAP_UP_OVER:
                return self.become(AgentState.READY, now)
            case Trouble.STUCK:
                return self.become(_AFTER_STUCK[self.state], now, reason=STUCK)

    def _in(self, state: AgentState, now: datetime, reason: str | None) -> "Agent":
        return replace(
            self,
            state=state,
            since=now,
            leaving=None,
            leaving_reason=None,
            reason=reason,
            until=None,
            extended=False,
        )
