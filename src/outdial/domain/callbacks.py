"""Scheduled callbacks: a promise to call a person again at a time, who keeps it, and how it ends.

A callback belongs to one record of one campaign. It is dialed in the campaign's calling hours where its number is, and
a do-not-call list wins over it.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NewType, Self
from uuid import UUID

from outdial.domain import retry
from outdial.domain.calling_hours import CallingHours
from outdial.domain.campaigns import DialingStrategy
from outdial.domain.errors import Conflict, FieldProblem, Invalid, NotFound, NotPossible
from outdial.domain.outcomes import Outcome, Reason
from outdial.domain.records import RecordId
from outdial.domain.retry import DialAgain, Phone, Tally
from outdial.domain.values import CampaignId, PhoneNumber, UserId
from outdial.domain.zones import ZoneNames

CallbackId = NewType("CallbackId", UUID)

MOST_RESCHEDULES: Final = 3
"""How often the time of a callback can be changed."""
FURTHEST: Final = timedelta(days=366)
"""How far ahead a callback can be promised."""
LATE_IS_NOW: Final = timedelta(minutes=1)
"""A time that is just over still means "now": clocks differ, and forms take a moment."""
OWNER_FIRST: Final = timedelta(minutes=1)
"""How long a callback that prefers its owner waits for them; then any agent of the campaign may take it."""
EXPIRES_AFTER: Final = timedelta(days=7)
"""A callback that could not be dialed for so long after it was due is given up: nobody expects it any more."""
LONGEST_RING_GROUP: Final = 100
"""Characters of a ring group's name."""
MOST_ASSIGNEES: Final = 50


class CallbackStatus(enum.Enum):
    UNATTEMPTED = "UNATTEMPTED"
    TO_BE_RETRIED = "TO_BE_RETRIED"
    EXHAUSTED = "EXHAUSTED"
    SUCCESS = "SUCCESS"
    CANCELED = "CANCELED"
    INVALID_NUMBER = "INVALID_NUMBER"

    @property
    def active(self) -> bool:
        """Whether it is still to be dialed."""
        return self in (CallbackStatus.UNATTEMPTED, CallbackStatus.TO_BE_RETRIED)


class AssignType(enum.Enum):
    """Who takes the call: the agent who promised it, agents or ring groups by name, or any agent of the campaign."""

    MYSELF_ONLY = "MYSELF_ONLY"
    SPECIFIC_AGENT = "SPECIFIC_AGENT"
    SPECIFIC_RING_GROUP = "SPECIFIC_RING_GROUP"
    MYSELF_IF_AVAILABLE = "MYSELF_IF_AVAILABLE"
    ANY_ELIGIBLE_AGENT = "ANY_ELIGIBLE_AGENT"


class FromCallType(enum.Enum):
    """The kind of call in which the callback was promised; the dialer's own is the last."""

    INBOUND = "INBOUND"
    MANUAL_OUTBOUND = "MANUAL_OUTBOUND"
    PROACTIVE_OUTBOUND = "PROACTIVE_OUTBOUND"


class CallbackReason(enum.Enum):
    """Why a callback has the time it has, or why it is over; none at first."""

    RESCHEDULED = "rescheduled"
    OUTSIDE_CALLING_HOURS = "outside_calling_hours"
    WAITING_FOR_RETRY = "waiting_for_retry"
    CARRIER_BACK_OFF = "carrier_back_off"
    # over
    CONNECTED = "connected"
    INVALID_NUMBER = "invalid_number"
    FINAL_OUTCOME = "final_outcome"
    MAX_ATTEMPTS = "max_attempts"
    CARRIER_GAVE_UP = "carrier_gave_up"
    CANCELED = "canceled"
    ON_DNC_LIST = "on_dnc_list"
    NO_COMMON_CALLING_HOURS = "no_common_calling_hours"
    EXPIRED = "expired"


_REASON_OF: Final = {
    Reason.CONNECTED: CallbackReason.CONNECTED,
    Reason.INVALID_NUMBER: CallbackReason.INVALID_NUMBER,
    Reason.FINAL_OUTCOME: CallbackReason.FINAL_OUTCOME,
    Reason.CARRIER_GAVE_UP: CallbackReason.CARRIER_GAVE_UP,
    Reason.WAITING_FOR_RETRY: CallbackReason.WAITING_FOR_RETRY,
    Reason.CARRIER_BACK_OFF: CallbackReason.CARRIER_BACK_OFF,
}
"""Everything else that ends the attempts of a number is a limit of them."""


class CallbackNotFound(NotFound):
    code = "callback-not-found"

    def __init__(self, callback_id: object) -> None:
        super().__init__(f"there is no callback {callback_id}")


class CallbackExists(Conflict):
    """A record of a campaign has at most one active callback."""

    code = "callback-exists"

    def __init__(self) -> None:
        super().__init__("the record has an active callback in this campaign already")


class CallbackRefused(Invalid):
    """The callback cannot be promised like this; `fields` says which member is in the way."""

    code = "callback-refused"

    def __init__(self, fields: Sequence[FieldProblem]) -> None:
        super().__init__("Invalid input", fields)


class CallbackOver(NotPossible):
    code = "callback-over"

    def __init__(self, callback_id: CallbackId, status: CallbackStatus) -> None:
        super().__init__(f"the callback {callback_id} is {status.value} and cannot be changed any more")


class TooManyReschedules(NotPossible):
    code = "callback-rescheduled-too-often"

    def __init__(self, callback_id: CallbackId) -> None:
        super().__init__(f"the time of callback {callback_id} was changed {MOST_RESCHEDULES} times already")


class NotOnACall(NotPossible):
    """Agents promise callbacks to people they have spoken to."""

    code = "callback-needs-a-connected-call"

    def __init__(self, attempt: UUID) -> None:
        super().__init__(f"the call {attempt} is not connected to this agent")


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who is to take a callback; made by `assignment`, which keeps the members consistent.

    `agents` has the owner for the two types that mean them.
    """

    type: AssignType = AssignType.ANY_ELIGIBLE_AGENT
    agents: tuple[UserId, ...] = ()
    ring_groups: tuple[str, ...] = ()


def assignment(
    kind: AssignType, *, owner: UserId | None, agents: Sequence[UserId] = (), ring_groups: Sequence[str] = ()
) -> Assignment:
    """The assignment of a type: agents go with SPECIFIC_AGENT, ring groups with SPECIFIC_RING_GROUP, neither else.

    Raises:
        CallbackRefused: the assignee does not fit the type, or nobody is "myself".
    """
    problems = []
    if agents and kind is not AssignType.SPECIFIC_AGENT:
        problems.append(FieldProblem("agents", f"must not be given with {kind.value}"))
    if ring_groups and kind is not AssignType.SPECIFIC_RING_GROUP:
        problems.append(FieldProblem("ring_groups", f"must not be given with {kind.value}"))
    match kind:
        case AssignType.MYSELF_ONLY | AssignType.MYSELF_IF_AVAILABLE:
            if owner is None:
                described = f"cannot be {kind.value}: no agent made this callback"
                problems.append(FieldProblem("assign_type", described))
            else:
                agents = (owner,) if not problems else agents
        case AssignType.SPECIFIC_AGENT if not agents:
            problems.append(FieldProblem("agents", "is required with SPECIFIC_AGENT"))
        case AssignType.SPECIFIC_RING_GROUP if not ring_groups:
            problems.append(FieldProblem("ring_groups", "is required with SPECIFIC_RING_GROUP"))
    if problems:
        raise CallbackRefused(problems)
    return Assignment(kind, tuple(dict.fromkeys(agents)), tuple(dict.fromkeys(ring_groups)))


@dataclass(frozen=True, slots=True)
class Takers:
    """Who may take a callback now: these agents first, in this order, and with `anyone` every agent of the campaign."""

    agents: tuple[UserId, ...]
    anyone: bool


@dataclass(frozen=True, slots=True)
class Callback:
    """A promised call.

    Attributes:
        timezone: where the person is, if the one who promised knows better than record and number.
        scheduled_at: the time that was promised last.
        due_at: when it is dialed next: the promised time, or later by hours or retries.
        since: when that time was promised; attempts before it do not count.
        created_by: the agent's or the API client's id.
        owner: the agent whom "myself" means.
        attempts: counted attempts since `since`.
        dialed_at: the first attempt since `since`, to tell whether the promise was kept in time.
        processed_at: the last attempt of all.
    """

    id: CallbackId
    campaign_id: CampaignId
    record_id: RecordId
    phone_number: PhoneNumber
    timezone: str | None
    assignment: Assignment
    from_call_type: FromCallType
    scheduled_at: datetime
    due_at: datetime
    since: datetime
    created_at: datetime
    created_by: str
    owner: UserId | None = None
    interaction: UUID | None = None
    status: CallbackStatus = CallbackStatus.UNATTEMPTED
    reason: CallbackReason | None = None
    attempts: int = 0
    reschedules: int = 0
    dialed_at: datetime | None = None
    processed_at: datetime | None = None

    def takers(self, now: datetime, members: Sequence[UserId] = ()) -> Takers:
        """Who may take it at `now`. A ring group is the team of that name: `members` are its users.

        A ring group that no team has the name of binds nobody: the promise to the person counts for more.
        """
        match self.assignment.type:
            case AssignType.MYSELF_ONLY | AssignType.SPECIFIC_AGENT:
                return Takers(self.assignment.agents, anyone=False)
            case AssignType.MYSELF_IF_AVAILABLE:
                return Takers(self.assignment.agents, anyone=now - self.due_at >= OWNER_FIRST)
            case AssignType.SPECIFIC_RING_GROUP if members:
                return Takers(tuple(members), anyone=False)
            case AssignType.ANY_ELIGIBLE_AGENT | AssignType.SPECIFIC_RING_GROUP:
                return Takers((), anyone=True)

    def rescheduled(self, at: datetime, now: datetime) -> Self:
        """The callback promised anew for `at`, as if it had never been tried.

        Raises:
            TooManyReschedules: its time was changed too often.
        """
        if self.reschedules >= MOST_RESCHEDULES:
            raise TooManyReschedules(self.id)
        return replace(
            self,
            scheduled_at=at,
            due_at=at,
            since=now,
            status=CallbackStatus.UNATTEMPTED,
            reason=CallbackReason.RESCHEDULED,
            attempts=0,
            dialed_at=None,
            reschedules=self.reschedules + 1,
        )

    def check_active(self) -> None:
        """Raises `CallbackOver`."""
        if not self.status.active:
            raise CallbackOver(self.id, self.status)

    def over(self, status: CallbackStatus, reason: CallbackReason) -> Self:
        return replace(self, status=status, reason=reason)

    def canceled(self, reason: CallbackReason = CallbackReason.CANCELED) -> Self:
        """The callback, never to be dialed again; one that is over stays what it became."""
        return self.over(CallbackStatus.CANCELED, reason) if self.status.active else self

    def begun(self, now: datetime) -> Self:
        """The callback whose call is about to be placed."""
        return replace(self, dialed_at=self.dialed_at or now, processed_at=now)


def check_time(at: datetime, *, zones: ZoneNames, hours: CallingHours, now: datetime) -> list[FieldProblem]:
    """What speaks against promising a call at `at`: it is over, too far ahead, or outside the hours of the zones."""
    problem = None
    if at < now - LATE_IS_NOW:
        problem = "must not be in the past"
    elif at > now + FURTHEST:
        problem = f"must not be more than {FURTHEST.days} days ahead"
    else:
        opening = hours.opening(zones, at)
        if not opening.is_open and opening.until is None:
            problem = "is outside the campaign's calling hours, which never open where the number is"
        elif not opening.is_open:
            problem = (
                "is outside the campaign's calling hours where the number is; they open next at "
                f"{opening.until:%Y-%m-%dT%H:%M:%SZ}"
            )
    return [] if problem is None else [FieldProblem("time_to_call", problem)]


@dataclass(frozen=True, slots=True)
class Due:
    """The callback may be dialed now, by those who may take it."""

    takers: Takers


def when_due(
    callback: Callback, *, zones: ZoneNames, hours: CallingHours, now: datetime, members: Sequence[UserId] = ()
) -> Due | Callback:
    """What becomes of an active callback whose time has come: it is dialed, or moved, or dropped with a reason."""
    if now - callback.due_at >= EXPIRES_AFTER:
        return callback.over(CallbackStatus.EXHAUSTED, CallbackReason.EXPIRED)
    opening = hours.opening(zones, now)
    if opening.is_open:
        return Due(callback.takers(now, members))
    if opening.until is None:
        return callback.canceled(CallbackReason.NO_COMMON_CALLING_HOURS)
    return replace(callback, due_at=opening.until, reason=CallbackReason.OUTSIDE_CALLING_HOURS)


def after_attempt(
    callback: Callback, strategy: DialingStrategy, phone: Phone, outcomes: Sequence[Outcome], ended_at: datetime
) -> Callback:
    """The callback after its last attempt, which ended in the last of `outcomes` (all since the promise, in order).

    The campaign's limits and waits hold, counted over the attempts of this promise alone: that the record was called
    before must not use up what was promised to it.
    """
    tally = Tally()
    for outcome in outcomes:
        tally = tally.plus(outcome, phone)
    outcome = outcomes[-1]
    step = retry.next_step(replace(strategy, record_chain=()), [phone], phone.position, outcome, tally, ended_at)
    tried = replace(callback, attempts=tally.counted)
    reason = _REASON_OF.get(step.reason, CallbackReason.MAX_ATTEMPTS)
    if isinstance(step, DialAgain):
        status = CallbackStatus.TO_BE_RETRIED if tally.counted else callback.status
        return replace(tried, status=status, due_at=step.at, reason=reason)
    match outcome:
        case Outcome.CONNECTED:
            return tried.over(CallbackStatus.SUCCESS, reason)
        case Outcome.INVALID_NUMBER:
            return tried.over(CallbackStatus.INVALID_NUMBER, CallbackReason.INVALID_NUMBER)
        case _:
            return tried.over(CallbackStatus.EXHAUSTED, reason)
