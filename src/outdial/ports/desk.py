"""The agents' desks, as those who serve them ask for them: an engine answers, wherever it runs.

What an agent does is decided by the engine that holds the agents, at once and from memory; it is written down after.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from outdial.domain.agents import Agent, AgentState, Work
from outdial.domain.errors import Conflict, NotFound, NotPossible, Unavailable
from outdial.domain.outcomes import Reason
from outdial.domain.values import AccountId, CampaignId, UserId


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent at work.

    Attributes:
        session: `None` for agents whom the machine plays: they have no desk.
        campaigns: those the agent chose; `None` for all they are assigned to.
        campaign: whom the agent works for at present, if anybody.
        work: what is on the screen or on the line, until the wrap-up is over.
        ends_at: when the agent means to leave, if they have said so.
    """

    session: UUID | None
    account: AccountId
    agent: Agent
    campaigns: tuple[CampaignId, ...] | None
    campaign: CampaignId | None
    work: Work | None
    signed_in_at: datetime
    ends_at: datetime | None = None

    @property
    def on_hold(self) -> bool:
        """The callee waits with music; afterwards, in wrap-up, nobody does."""
        return self.agent.state is AgentState.TALKING and self.work is not None and self.work.on_hold


@dataclass(frozen=True, slots=True)
class NewSession:
    """Who wants to sign in.

    `wrap_up` is how long a wrap-up may last, `extension` by how much it is extended, `ends_at` when they mean to leave.
    """

    account: AccountId
    user: UserId
    campaigns: tuple[CampaignId, ...] | None
    ready: bool
    wrap_up: timedelta
    extension: timedelta
    ends_at: datetime | None = None


class NoEngine(Unavailable):
    """No dialer is at work: nobody can sign in, and nothing was changed."""

    code = "no-engine"

    def __init__(self) -> None:
        super().__init__("no dialer is running: agents can sign in as soon as one does")


class SessionNotFound(NotFound):
    code = "session-not-found"

    def __init__(self) -> None:
        super().__init__("there is no session with this id, or it is over")


class AgentNotFound(NotFound):
    code = "agent-not-found"

    def __init__(self) -> None:
        super().__init__("this user is not signed in")


class AgentIsSimulated(Conflict):
    """The machine plays this agent: a person cannot sit down at the same desk."""

    code = "agent-is-simulated"

    def __init__(self) -> None:
        super().__init__("this agent is played by the machine")


class NotInCall(NotPossible):
    code = "not-in-call"

    def __init__(self) -> None:
        super().__init__("the agent is in no call")


class PreviewOver(NotPossible):
    """The command is about a preview that is no longer there: dialed, skipped, or out of time."""

    code = "preview-over"

    def __init__(self) -> None:
        super().__init__("this preview is over: it was dialed, skipped or taken back, or its time has run out")


class NoSkipLeft(NotPossible):
    """The record was skipped as often as the campaign allows."""

    code = "no-skip-left"

    def __init__(self) -> None:
        super().__init__("this record was skipped as often as the campaign allows: dial it, or go on pause")


class PreviewNotDialed(NotPossible):
    """The record may not be called at this instant."""

    code = "preview-not-dialed"

    def __init__(self, reason: Reason) -> None:
        # A record that stays ready was held back by the moment and not by anything about it.
        closed = "its time zone is closed, the campaign stops, or the agent hung up first"
        why = closed if reason is Reason.READY else reason.value
        super().__init__(f"the record was not called: {why}")
        self.reason = reason


class Desk(Protocol):
    """What agents and supervisors do. Every answer shows the agent as they are afterwards.

    Everything raises `NoEngine`; what names a session raises `SessionNotFound`, what the agent's state forbids a
    `NotPossible`.
    """

    async def seats(self, account: AccountId) -> Sequence[Seat]:
        """Everybody at work, by the time they signed in."""
        ...

    async def seat(self, account: AccountId, session: UUID) -> Seat: ...

    async def sign_in(self, new: NewSession) -> tuple[Seat, bool]:
        """The session of a user, and whether it began now: who is signed in already goes on where they were."""
        ...

    async def heard(self, account: AccountId, session: UUID) -> Seat:
        """The agent's screen is there."""
        ...

    async def ready(self, account: AccountId, session: UUID) -> Seat:
        """Free for the next call; during one, no longer leave after it; in wrap-up, end that."""
        ...

    async def pause(self, account: AccountId, session: UUID, reason: str | None, *, after_call: bool) -> Seat:
        """Go on pause, at once where there is no call, or, with `after_call`, after the present or next one."""
        ...

    async def dial(self, account: AccountId, session: UUID, preview: UUID) -> Seat: ...

    async def skip(self, account: AccountId, session: UUID, preview: UUID) -> Seat: ...

    async def hang_up(self, account: AccountId, session: UUID) -> Seat:
        """Raises `NotInCall`."""
        ...

    async def hold(self, account: AccountId, session: UUID) -> Seat:
        """Let the callee wait with music, until `unhold`; said again, it changes nothing.

        Raises `NotInCall` where there is no conversation, `CarrierUnreachable`: it may have been done.
        """
        ...

    async def unhold(self, account: AccountId, session: UUID) -> Seat:
        """Talk on; raises as `hold` does."""
        ...

    async def send_digits(self, account: AccountId, session: UUID, digits: str) -> Seat:
        """Press keys of a telephone for the callee's side; raises as `hold` does."""
        ...

    async def wrap_up_done(self, account: AccountId, session: UUID) -> Seat: ...

    async def extend_wrap_up(self, account: AccountId, session: UUID) -> Seat: ...

    async def sign_out(self, account: AccountId, session: UUID, reason: str | None) -> Seat:
        """At once, or when the present call is wrapped up."""
        ...
