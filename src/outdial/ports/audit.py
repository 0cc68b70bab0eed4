"""The audit, as the use cases need it kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from outdial.domain.audit import Action, Actor, Change, ChangeId, Kind
from outdial.domain.values import CampaignId


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which changes are asked for: every member that is given must hold. The bounds of time are inclusive.

    `campaign` finds the changes of a campaign, also of one that was deleted; `field` a member by its dotted name,
    or all that is below it.
    """

    campaign: UUID | None = None
    kind: Kind | None = None
    thing: UUID | None = None
    action: Action | None = None
    client_id: str | None = None
    field: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    nothing: bool = False


class AuditStore(Protocol):
    """Changes of one account: written with the change itself, and never altered."""

    async def add(
        self,
        kind: Kind,
        thing: UUID,
        action: Action,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        *,
        actor: Actor,
        campaign_id: CampaignId | None,
        undoes: ChangeId | None,
    ) -> Change:
        """Store a change; it gets its time and its identity here."""
        ...

    async def get(self, change_id: ChangeId) -> Change | None: ...

    async def page(self, which: ChangeFilter, *, offset: int, limit: int) -> tuple[int, Sequence[Change]]:
        """How many changes match, and one page of them, the newest first."""
        ...

    async def older(self, which: ChangeFilter, *, than: ChangeId | None, limit: int) -> Sequence[Change]:
        """The newest of those that match and are older than another change; without one, of all."""
        ...

    async def touched_since(self, change: Change) -> frozenset[str]:
        """The fields of the same thing that newer changes touched."""
        ...
