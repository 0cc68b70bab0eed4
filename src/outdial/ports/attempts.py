"""Attempts as they are written down, for those who look at them and for what agents say of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from outdial.domain.campaigns import DialingStrategy
from outdial.domain.dispositions import DispositionId
from outdial.domain.outcomes import Outcome
from outdial.domain.retry import DialAgain, NoMore
from outdial.domain.values import CampaignId, PhoneNumber, PhoneType, UserId
from outdial.domain.verdicts import Verdicts
from outdial.ports.dialing import History


@dataclass(frozen=True, slots=True)
class AttemptFilter:
    """Which attempts of a campaign; `None` = all."""

    record: UUID | None = None
    user: UUID | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to a record, as it is written down. `outcome` is `None` while it is in flight."""

    id: UUID
    campaign: CampaignId
    record: UUID | None
    """`None`: the record has been deleted since."""
    number: int
    phone: PhoneNumber
    phone_type: PhoneType
    caller_id: PhoneNumber | None
    started_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    verdict_at: datetime | None
    verdict: str | None
    bridged_at: datetime | None
    ended_at: datetime | None
    user: UserId | None
    outcome: Outcome | None
    counted: bool | None
    hangup_by: str | None
    left_early: bool | None
    sip_status: int | None
    q850: int | None
    cause: str | None
    disposition: DispositionId | None
    disposition_name: str | None
    disposed_at: datetime | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Disposable:
    """What an agent's word may change: the attempt's record in its campaign, held until the unit of work ends.

    `history` is `None` when the record has gone on since: it was dialed again, is being dialed, or was deleted.
    """

    attempt: Attempt
    strategy: DialingStrategy | None
    history: History | None


class AttemptStore(Protocol):
    async def page(
        self, campaign: CampaignId, which: AttemptFilter, *, offset: int, limit: int
    ) -> tuple[int, Sequence[Attempt]]:
        """How many attempts match, and one page of them, the newest first."""
        ...

    async def get(self, attempt_id: UUID) -> Attempt | None: ...

    async def verdicts(self, campaign: CampaignId, since: datetime | None, until: datetime | None) -> Verdicts:
        """What detection and agents said of the campaign's attempts started from `since` on and before `until`."""
        ...

    async def hold(self, attempt_id: UUID) -> Disposable | None:
        """The attempt and its record, which nobody else changes until the unit of work ends."""
        ...

    async def say(self, attempt_id: UUID, disposition: DispositionId, note: str | None, now: datetime) -> None:
        """Write down what the agent said; what was said before is replaced."""
        ...

    async def set_step(self, attempt_id: UUID, step: DialAgain | NoMore) -> None:
        """Let the attempt's record go on as the step says."""
        ...
