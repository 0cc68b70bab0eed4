"""Where records stand in a campaign's work, for those who ask why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from outdial.domain.explain import Standing
from outdial.domain.outcomes import Outcome
from outdial.domain.values import CampaignId, PhoneNumber, PhoneType


@dataclass(frozen=True, slots=True)
class LastAttempt:
    """The newest attempt on a record; `outcome` is `None` while it is in flight."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    phone: PhoneNumber


@dataclass(frozen=True, slots=True)
class RecordStanding:
    """One record in a campaign's work; `phone` is its next number, absent before it is taken in."""

    record: UUID
    record_list: UUID
    first_name: str
    last_name: str
    standing: Standing
    attempts: int = 0
    phone: PhoneNumber | None = None
    phone_type: PhoneType | None = None
    last: LastAttempt | None = None


class ExplainStore(Protocol):
    """`days` has for each zone set the earliest date it is in its zones: until then a do-not-call entry holds."""

    async def zones(self) -> Mapping[int, tuple[str, ...]]:
        """The interned sets of time zones, by key."""
        ...

    async def earliest_waiting(self, campaign_id: CampaignId, now: datetime) -> Sequence[tuple[int, int, datetime]]:
        """Priority, zone and earliest due time of the records that wait for a retry after `now`."""
        ...

    async def groups(
        self, campaign_id: CampaignId, days: Mapping[int, date], now: datetime
    ) -> Sequence[tuple[Standing, int]]:
        """All records of the campaign's lists in groups that stand alike, each with its size.

        The sizes sum to the records of the lists, and those that left a list with their call still open.
        """
        ...

    async def record(self, campaign_id: CampaignId, record: UUID, days: Mapping[int, date]) -> RecordStanding | None:
        """`None`: the campaign has no such record."""
        ...

    async def ready(
        self, campaign_id: CampaignId, days: Mapping[int, date], *, newest_first: bool, limit: int
    ) -> Sequence[RecordStanding]:
        """The ready records of the zones in `days`, in the order in which they will be claimed."""
        ...

    async def waiting(
        self, campaign_id: CampaignId, days: Mapping[int, date], *, limit: int
    ) -> Sequence[RecordStanding]:
        """The records that wait for a retry, the first due first."""
        ...
