"""Teams: groups of users that lists and campaigns can belong to, and when a list must not change its teams."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from outdial.domain.errors import Conflict, FieldProblem, Invalid, NotFound, NotPossible

TeamId = NewType("TeamId", UUID)


@dataclass(frozen=True, slots=True)
class Team:
    id: TeamId
    name: str
    created_at: datetime


def clash(teams_of_list: Collection[TeamId], teams_of_campaign: Collection[TeamId]) -> bool:
    """Whether a campaign that uses a list is one of other teams: both belong to some, and to none in common.

    What belongs to no team is everybody's, and clashes with nothing.
    """
    return bool(teams_of_list and teams_of_campaign) and not set(teams_of_list) & set(teams_of_campaign)


class TeamNotFound(NotFound):
    code = "team-not-found"

    def __init__(self, team_id: object) -> None:
        super().__init__("there is no team with this id")
        self.team_id = team_id


class TeamNameTaken(Conflict):
    """Another team of the account has this name; nothing was stored."""

    code = "team-name-taken"

    def __init__(self) -> None:
        super().__init__("another team of this account has this name")


class TeamInUse(Conflict):
    """Lists or campaigns belong to the team: without it they could become everybody's unnoticed."""

    code = "team-in-use"

    def __init__(self) -> None:
        super().__init__("lists or campaigns belong to this team: take them away from it first")


class TeamInvalid(Invalid):
    """What is to be taken away from a list is no team of the account; nothing was taken away."""

    code = "team-invalid"


class TeamsClash(NotPossible):
    """Campaigns that use the list would be of other teams than the list; `fields` names them, nothing was changed."""

    code = "teams-clash"

    def __init__(self, campaigns: Sequence[str]) -> None:
        super().__init__("campaigns of other teams use this list: take it away from them first")
        self.fields = tuple(FieldProblem(name, "uses this list and is of other teams") for name in campaigns)


class TeamsNotReplaceable(TeamsClash):
    code = "teams-not-replaceable"


class TeamsNotRemovable(TeamsClash):
    code = "teams-not-removable"
