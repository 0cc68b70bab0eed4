"""Campaigns and what is assigned to them, as the use cases need them kept."""

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from outdial.domain.campaigns import Campaign, CampaignStatus, DialingMode
from outdial.domain.teams import TeamId
from outdial.domain.values import CampaignId, PhoneNumber


class Part(enum.Enum):
    """What can be assigned to a campaign; the values are the names of the collections."""

    RECORD_LISTS = "record_lists"
    DNC_LISTS = "do_not_call_lists"
    USERS = "users"
    NUMBERS = "numbers"


class OrderBy(enum.Enum):
    CREATED_AT = "created_at"
    NAME = "name"
    DIALING_MODE = "dialing_mode"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class CampaignFilter:
    """Which campaigns are asked for: every member that is given must hold.

    `name` matches exactly, `search` any part of the name without regard to case and diacritics; the bounds of
    `created_at` are inclusive. `using` names things that must all be assigned. `nothing` matches no campaign.
    """

    name: str | None = None
    search: str = ""
    using: tuple[tuple[Part, UUID], ...] = ()
    dialing_mode: DialingMode | None = None
    status: CampaignStatus | None = None
    action_required: bool | None = None
    priority: int | None = None
    team: TeamId | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    nothing: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """Something assigned to a campaign; only caller ids have a phone number."""

    id: UUID
    phone_number: PhoneNumber | None = None


class CampaignStore(Protocol):
    """Campaigns of one account. Those of other accounts do not exist here."""

    async def add(self, campaign: Campaign) -> None:
        """Store a new campaign; nothing is assigned to it yet, whatever it counts."""
        ...

    async def get(self, campaign_id: CampaignId, *, lock: bool = False) -> Campaign | None:
        """The campaign; with `lock`, nobody else changes it until the unit of work ends."""
        ...

    async def save(self, campaign: Campaign) -> None:
        """Store what changed; assignments have methods of their own."""
        ...

    async def remove(self, campaign_id: CampaignId) -> None:
        """Delete a campaign with its dialing work and its attempts."""
        ...

    async def page(
        self, which: CampaignFilter, *, order_by: OrderBy, descending: bool, offset: int, limit: int
    ) -> tuple[int, Sequence[Campaign]]:
        """How many campaigns match, and one page of them."""
        ...

    async def assigned(
        self, campaign_id: CampaignId, part: Part, *, only: Collection[UUID] | None, offset: int, limit: int
    ) -> tuple[int, Sequence[Assignment]]:
        """How many are assigned, and one page of them in a steady order; `only` keeps those ids alone."""
        ...

    async def known(self, part: Part, ids: Collection[UUID]) -> frozenset[UUID]:
        """Those of the ids that exist in this account; they stay as they are until the unit of work ends."""
        ...

    async def assign(self, campaign_id: CampaignId, part: Part, ids: Collection[UUID]) -> int:
        """Assign what is not assigned yet; how many were."""
        ...

    async def unassign(self, campaign_id: CampaignId, part: Part, ids: Collection[UUID]) -> int:
        """Take away what is assigned; how many were. Records of a list that leaves are no longer dialed."""
        ...

    async def copy_assignments(self, source: CampaignId, target: CampaignId) -> None:
        """Assign to `target` all that is assigned to `source`."""
        ...

    async def using(self, part: Part, part_id: UUID) -> Sequence[CampaignId]:
        """The campaigns that something is assigned to, the oldest first."""
        ...
