"""Teams, who is in them and what belongs to them, as the use cases need them kept."""

import enum
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from outdial.domain.teams import Team, TeamId
from outdial.domain.values import RecordListId, UserId
from outdial.ports.users import User


class Owned(enum.Enum):
    """What can belong to teams."""

    RECORD_LISTS = "record_lists"
    DNC_LISTS = "do_not_call_lists"
    CAMPAIGNS = "campaigns"


class TeamStore(Protocol):
    """Teams of one account."""

    async def add(self, team: Team) -> None:
        """Store a new team.

        Raises:
            TeamNameTaken: nothing was stored, and the unit of work goes on.
        """
        ...

    async def get(self, team_id: TeamId, *, lock: bool = False) -> Team:
        """One team; with `lock`, nobody else changes it or gives it anything until this unit of work ends.

        Raises:
            TeamNotFound: the account has no such team.
        """
        ...

    async def save(self, team: Team) -> None:
        """Store a new name. Raises `TeamNameTaken`: nothing was stored, and the unit of work goes on."""
        ...

    async def remove(self, team_id: TeamId) -> None:
        """Delete a team to which nothing belongs; its members are in it no longer."""
        ...

    async def known(self, ids: Collection[TeamId]) -> frozenset[TeamId]:
        """Those of the ids that are teams of this account; they stay until the unit of work ends."""
        ...

    async def count(self) -> int: ...

    async def page(self, *, offset: int, limit: int) -> list[Team]:
        """Teams in the order in which they were made."""
        ...

    async def members(self, team_id: TeamId, *, offset: int, limit: int) -> tuple[int, list[User]]:
        """How many users are in a team, and one page of them in the order in which they were made."""
        ...

    async def join(self, team_id: TeamId, users: Collection[UserId]) -> None:
        """Put users into a team; those who are in it stay."""
        ...

    async def leave(self, team_id: TeamId, users: Collection[UserId]) -> None:
        """Take users out of a team; those who are not in it stay out."""
        ...

    async def owns(self, team_id: TeamId) -> bool:
        """Whether any list or campaign belongs to the team."""
        ...

    async def of(self, kind: Owned, ids: Collection[UUID]) -> Mapping[UUID, Sequence[Team]]:
        """For each thing the teams that it belongs to, the oldest first; empty where it belongs to none."""
        ...

    async def page_of(self, kind: Owned, thing: UUID, *, offset: int, limit: int) -> tuple[int, list[Team]]:
        """How many teams a thing belongs to, and one page of them."""
        ...

    async def give(self, kind: Owned, thing: UUID, teams: Collection[TeamId]) -> None:
        """Let a thing belong to teams, besides those it belongs to."""
        ...

    async def take(self, kind: Owned, thing: UUID, teams: Collection[TeamId]) -> None:
        """Let a thing belong to teams no longer."""
        ...

    async def of_campaigns_using(self, list_id: RecordListId) -> Sequence[tuple[str, frozenset[TeamId]]]:
        """The names of the campaigns that use a record list, the oldest first, with the teams that each belongs to."""
        ...
