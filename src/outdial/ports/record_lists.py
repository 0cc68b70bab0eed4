"""Record lists, as the use cases need them kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outdial.domain.record_lists import CampaignUsing, ListStatus, RecordList
from outdial.domain.teams import TeamId
from outdial.domain.values import CampaignId, RecordListId


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Which lists are asked for; None asks for all. Bounds of times are included.

    `or_no_team` asks, beside those of `teams`, for lists that belong to no team.
    """

    name: str | None = None
    status: ListStatus | None = None
    campaigns: tuple[CampaignId, ...] | None = None
    teams: tuple[TeamId, ...] | None = None
    or_no_team: bool = False
    created_from: datetime | None = None
    created_to: datetime | None = None
    updated_from: datetime | None = None
    updated_to: datetime | None = None
    nothing: bool = False


class RecordListStore(Protocol):
    """Record lists of one account."""

    async def add(self, new: RecordList) -> None: ...

    async def get(self, list_id: RecordListId, *, lock: bool = False) -> RecordList:
        """One list; with `lock`, nobody else changes it until this unit of work ends.

        Raises:
            RecordListNotFound: the account has no such list.
        """
        ...

    async def save_status(self, changed: RecordList, at: datetime) -> None: ...

    async def take_turn(self, list_id: RecordListId) -> None:
        """Wait until no other unit of work adds records to the list: what is added commits in the order of `seq`."""
        ...

    async def hold_enrolment(self, list_id: RecordListId) -> None:
        """Keep campaigns from taking records of the list in until this unit of work ends."""
        ...

    async def count(self, wanted: ListFilter) -> int: ...

    async def page(
        self, wanted: ListFilter, *, order: Sequence[tuple[str, bool]], offset: int, limit: int
    ) -> list[RecordList]:
        """Lists in an order of (column, descending) pairs; equal ones in the order in which they were made."""
        ...

    async def campaigns_using(
        self, lists: Sequence[RecordListId], *, limit: int
    ) -> Mapping[RecordListId, tuple[int, Sequence[CampaignUsing]]]:
        """For each list how many campaigns use it, and the first of them by age."""
        ...
