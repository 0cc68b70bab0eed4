"""Events of records and the records behind contacts, as the use cases need them kept."""

from collections.abc import Sequence
from typing import Protocol

from outdial.domain.record_events import Contact, RecordEvent
from outdial.domain.records import RecordId
from outdial.domain.values import CampaignId, RecordListId


class RecordEventStore(Protocol):
    """Events of one account's records."""

    async def add(self, list_id: RecordListId, event: RecordEvent) -> None: ...

    async def page(
        self, list_id: RecordListId, record_id: RecordId, *, offset: int, limit: int
    ) -> tuple[int, Sequence[RecordEvent]]:
        """How many events a record has, and one page of them, the oldest first."""
        ...

    async def contact(self, campaign_id: CampaignId, record_id: RecordId) -> Contact | None:
        """The record of one of the campaign's lists; None where the campaign has no such record."""
        ...
