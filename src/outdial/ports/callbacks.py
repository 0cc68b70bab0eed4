"""Scheduled callbacks, as the use cases and the dialer need them kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from outdial.domain.callbacks import Callback, CallbackId, CallbackStatus, FromCallType
from outdial.domain.campaigns import DialingMode
from outdial.domain.outcomes import Outcome
from outdial.domain.records import RecordId
from outdial.domain.retry import Phone
from outdial.domain.values import CampaignId, PhoneNumber, RecordListId, UserId
from outdial.domain.zones import ZoneNames


@dataclass(frozen=True, slots=True)
class CallbackFilter:
    """Which callbacks are asked for: every member that is given must hold; bounds are inclusive.

    `due_until` asks for active ones alone. `agents` are those to whom a callback is assigned by name, `teams` those
    whose name is one of its ring groups. `nothing` matches no callback.
    """

    scheduled_at: datetime | None = None
    phone_number: PhoneNumber | None = None
    campaign: CampaignId | None = None
    record: RecordId | None = None
    status: CallbackStatus | None = None
    due_until: datetime | None = None
    due_from: datetime | None = None
    due_to: datetime | None = None
    agents: tuple[UserId, ...] | None = None
    ring_groups: tuple[str, ...] | None = None
    teams: tuple[UUID, ...] | None = None
    from_call_types: tuple[FromCallType, ...] | None = None
    nothing: bool = False


@dataclass(frozen=True, slots=True)
class SeenCallback:
    """A callback with what is shown of its record and its campaign."""

    callback: Callback
    list_id: RecordListId
    list_name: str
    first_name: str
    last_name: str
    extra_data: Mapping[str, Any]
    caller_id: PhoneNumber | None
    dialing_mode: DialingMode | None
    teams: tuple[UUID, ...]
    zones: ZoneNames


@dataclass(frozen=True, slots=True)
class RecordToCall:
    """A record that a campaign works on, or whose list is assigned to it; its numbers in their order."""

    id: RecordId
    timezone: str | None
    phones: tuple[PhoneNumber, ...]


@dataclass(frozen=True, slots=True)
class AttemptOfCallback:
    """What is known of an attempt in which a callback is promised; no outcome = the call is going on.

    `agent` is who took it, once that is written. `callback` is the callback that the attempt was made for.
    """

    campaign: CampaignId
    record: RecordId
    phone_number: PhoneNumber
    outcome: Outcome | None
    agent: UserId | None
    callback: CallbackId | None


class CallbackStore(Protocol):
    """Callbacks of one account."""

    async def add(self, callback: Callback, zones: ZoneNames) -> None:
        """Store a new callback and park its record: ordinary dialing leaves it alone from now on.

        Raises:
            CallbackExists: the record has an active one in this campaign; nothing was stored.
        """
        ...

    async def get(self, callback_id: CallbackId, *, lock: bool = False) -> Callback:
        """One callback; with `lock`, nobody else changes it until the unit of work ends.

        Raises:
            CallbackNotFound: the account has no such callback.
        """
        ...

    async def seen(self, callback_id: CallbackId) -> SeenCallback:
        """Raises `CallbackNotFound`."""
        ...

    async def save(self, callback: Callback, zones: ZoneNames, now: datetime, *, anew: bool = False) -> None:
        """Store a changed callback; when it is over, its record goes on as it would without it.

        With `anew` its last attempt, which may still be in flight, has nothing to do with it any more.

        Raises:
            CallbackExists: it is active again, and the record has another active one; nothing was stored.
        """
        ...

    async def page(self, which: CallbackFilter, *, offset: int, limit: int) -> tuple[int, Sequence[SeenCallback]]:
        """How many callbacks match, and one page of them by the time at which they are dialed next."""
        ...

    async def record(self, campaign_id: CampaignId, record_id: RecordId) -> RecordToCall | None:
        """A record of the campaign; `None` when that has nothing to do with it, or it is about to be deleted."""
        ...

    async def attempt(self, attempt: UUID) -> AttemptOfCallback | None: ...

    async def on_dnc(self, campaign_id: CampaignId, number: PhoneNumber, day: date) -> bool:
        """Whether the number is on a do-not-call list of the campaign that holds on a day."""
        ...


# The dialer's side ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WaitingCallback:
    """A callback whose time has come, with its key in storage.

    `members` are the users of the teams that its ring groups name.
    """

    key: int
    callback: Callback
    zone: int
    zones: ZoneNames
    members: tuple[UserId, ...]


@dataclass(frozen=True, slots=True)
class ParkedRecord:
    """The record of a callback, taken for its call. `number` counts the record's attempts, the coming one included."""

    record: int
    list_key: int
    priority: int
    phone: Phone
    attempts: int
    number: int


@dataclass(frozen=True, slots=True)
class TriedCallback:
    """A callback whose attempt is over: all outcomes since it was promised, in order."""

    key: int
    callback: Callback
    phone: Phone
    outcomes: tuple[Outcome, ...]
    ended_at: datetime


class CallbackWork(Protocol):
    """What the owner of a campaign does with its callbacks; campaigns and callbacks are named by their keys."""

    async def coming_callbacks(self, campaign: int, now: datetime) -> tuple[int, datetime | None]:
        """How many callbacks are active, and when the first of those that are not due yet is due."""
        ...

    async def due_callbacks(self, campaign: int, now: datetime, *, limit: int) -> Sequence[WaitingCallback]:
        """Active callbacks whose time has come and whose record is not in a call, the longest due first."""
        ...

    async def claim_callback(
        self, campaign: int, callback: int, *, due_at: datetime, lease: str, fence: int
    ) -> ParkedRecord | None:
        """Take the record of a callback for its call; `None` if it is in a call, the callback was changed, or the
        campaign has another owner.
        """
        ...

    async def begin_callback(self, callback: int, after: Callback) -> None:
        """The claimed record's newest attempt is the callback's; `after` says when it was dialed."""
        ...

    async def give_back_callback(self, campaign: int, callback: int, now: datetime) -> None:
        """The record was claimed and is not called: it is parked again, unless the callback was canceled meanwhile."""
        ...

    async def release_parked(self, campaign: int, now: datetime) -> None:
        """Let records go on that are parked for callbacks that are over: what a crash may leave behind."""
        ...

    async def tried_callbacks(self, campaign: int) -> Sequence[TriedCallback]:
        """Callbacks whose attempt has an outcome that they have not heard of."""
        ...

    async def decide_callback(self, callback: int, before: Callback, after: Callback, now: datetime) -> bool:
        """Store what was decided of a callback, unless somebody changed it since it was read as `before`.

        Its attempt, if it has one, is over. When it is over itself its record goes on as it would without it.
        """
        ...

    async def listed_callbacks(self, campaign: int) -> Sequence[WaitingCallback]:
        """Active callbacks whose number is on a do-not-call list that will surely hold when they are due."""
        ...
