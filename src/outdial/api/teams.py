"""Teams: their home under `/v1`, and the teams of record lists, do-not-call lists and campaigns."""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, StringConstraints, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from outdial.api import users
from outdial.api.answers.people import AssignedTeamShown, TeamShown, UserShown
from outdial.api.auth import needs
from outdial.api.bodies import read_json
from outdial.api.describe import described, pages_of
from outdial.api.hal import hal, instant, link, nothing
from outdial.api.paging import LongPageQuery, page_of
from outdial.api.services import services_of
from outdial.api.shapes import Shape, read_as, read_query
from outdial.app import teams
from outdial.app.teams import MAX_NAME
from outdial.domain.access import Principal, Scope
from outdial.domain.campaigns import CampaignNotFound
from outdial.domain.dnc import DncListNotFound
from outdial.domain.record_lists import RecordListNotFound
from outdial.domain.teams import (
    Team,
    TeamInUse,
    TeamInvalid,
    TeamNameTaken,
    TeamNotFound,
    TeamsNotRemovable,
    TeamsNotReplaceable,
)
from outdial.ports.teams import Owned

Read = Annotated[Principal, needs(Scope.TEAMS_READ)]
Write = Annotated[Principal, needs(Scope.TEAMS_WRITE)]
ManageRecordLists = Annotated[Principal, needs(Scope.RECORD_LISTS_MANAGE)]
ManageDncLists = Annotated[Principal, needs(Scope.DNC_LISTS_MANAGE)]
ReadCampaigns = Annotated[Principal, needs(Scope.CAMPAIGNS_READ)]
WriteCampaigns = Annotated[Principal, needs(Scope.CAMPAIGNS_WRITE)]

router = APIRouter(tags=["Teams"])

Teams = Sequence[Team]

Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)]


class TeamIn(Shape):
    """A new team. Two teams of an account cannot share a name."""

    name: Name


class TeamChangeIn(Shape):
    """What is to change of a team."""

    name: Name | None = None


class IdIn(Shape):
    id: Annotated[str, StringConstraints(min_length=1, max_length=36)]


IdsIn = Annotated[list[IdIn], Field(min_length=1, max_length=100)]
_IDS: Final[TypeAdapter[list[IdIn]]] = TypeAdapter(IdsIn)


def shown(request: Request, team: Team) -> dict[str, Any]:
    """A team as it is shown where it is assigned; `/v1/teams` adds when it was made."""
    return {
        "id": str(team.id),
        "name": team.name,
        "_links": {"self": link(request, f"/v1/teams/{team.id}"), "teams": link(request, "/v1/teams")},
    }


def shown_inside(request: Request, team: Team) -> dict[str, Any]:
    """A team as it is shown within what belongs to it."""
    return {"id": str(team.id), "name": team.name, "_links": {"self": link(request, f"/v1/teams/{team.id}")}}


async def _teams_where_asked(
    request: Request, kind: Owned, ids: Collection[UUID], who: Principal, asked: bool
) -> Mapping[UUID, Teams]:
    if not asked:
        return {}
    return await teams.of_several(kind, ids, by=who, storage=services_of(request).storage)


async def teams_of_record_lists(
    request: Request, lists: Collection[UUID], who: Principal, asked: bool
) -> Mapping[UUID, Teams]:
    """The teams of each list; nothing where nobody asked for them."""
    return await _teams_where_asked(request, Owned.RECORD_LISTS, lists, who, asked)


async def teams_of_dnc_lists(
    request: Request, lists: Collection[UUID], who: Principal, asked: bool
) -> Mapping[UUID, Teams]:
    """The teams of each list; nothing where nobody asked for them."""
    return await _teams_where_asked(request, Owned.DNC_LISTS, lists, who, asked)


async def teams_of_campaigns(
    request: Request, campaigns: Collection[UUID], who: Principal, asked: bool
) -> Mapping[UUID, Teams]:
    """The teams of each campaign; nothing where nobody asked for them."""
    return await _teams_where_asked(request, Owned.CAMPAIGNS, campaigns, who, asked)


def _details(request: Request, team: Team) -> dict[str, Any]:
    return {**shown(request, team), "created_at": instant(team.created_at)}


async def _ids(request: Request) -> Sequence[str]:
    return [one.id for one in read_as(_IDS, await read_json(request))]


# The home ------------------------------------------------------------------------------------------------------------


@router.get("/v1/teams", summary="List teams")
@described(pages_of("teams", TeamShown), query=LongPageQuery)
async def list_teams(request: Request, who: Read) -> Response:
    query = read_query(request, LongPageQuery)
    total, found = await teams.listed(
        offset=query.offset, limit=query.per_page, by=who, storage=services_of(request).storage
    )
    items = [_details(request, team) for team in found]
    return hal(request, page_of(request, "teams", items, total=total, query=query))


@router.post("/v1/teams", status_code=201, summary="Create a team")
@described(TeamShown, body=TeamIn, example={"name": "North"}, makes="team_id", refuses=(TeamNameTaken,))
async def create_team(request: Request, who: Write) -> Response:
    services = services_of(request)
    new = read_as(TeamIn, await read_json(request))
    team = await teams.create(name=new.name, by=who, storage=services.storage, clock=services.wall, ids=services.ids)
    body = _details(request, team)
    return hal(request, body, 201, {"Location": body["_links"]["self"]["href"]})


@router.get("/v1/teams/{team_id}", summary="One team")
@described(TeamShown, refuses=(TeamNotFound,))
async def team_details(request: Request, team_id: str, who: Read) -> Response:
    return hal(request, _details(request, await teams.get(team_id, by=who, storage=services_of(request).storage)))


@router.patch("/v1/teams/{team_id}", summary="Rename a team")
@described(TeamShown, body=TeamChangeIn, example={"name": "North"}, refuses=(TeamNotFound, TeamNameTaken))
async def rename_team(request: Request, team_id: str, who: Write) -> Response:
    storage = services_of(request).storage
    await teams.get(team_id, by=who, storage=storage)
    asked = read_as(TeamChangeIn, await read_json(request))
    return hal(request, _details(request, await teams.rename(team_id, name=asked.name, by=who, storage=storage)))


@router.delete("/v1/teams/{team_id}", status_code=204, summary="Delete a team that no list or campaign belongs to")
@described(refuses=(TeamNotFound, TeamInUse))
async def delete_team(request: Request, team_id: str, who: Write) -> Response:
    await teams.remove(team_id, by=who, storage=services_of(request).storage)
    return nothing()


@router.get("/v1/teams/{team_id}/users", summary="Members of a team")
@described(pages_of("users", UserShown), query=LongPageQuery, refuses=(TeamNotFound,))
async def team_members(request: Request, team_id: str, who: Read) -> Response:
    storage = services_of(request).storage
    await teams.get(team_id, by=who, storage=storage)
    query = read_query(request, LongPageQuery)
    total, found = await teams.members(team_id, offset=query.offset, limit=query.per_page, by=who, storage=storage)
    items = [users.shown(request, user) for user in found]
    return hal(request, page_of(request, "users", items, total=total, query=query))


@router.post(
    "/v1/teams/{team_id}/users", status_code=204, operation_id="add_team_members", summary="Put users into a team"
)
@router.delete(
    "/v1/teams/{team_id}/users", status_code=204, operation_id="remove_team_members", summary="Take users out of a team"
)
@described(body=_IDS, refuses=(TeamNotFound,))
async def change_members(request: Request, team_id: str, who: Write) -> Response:
    storage = services_of(request).storage
    await teams.get(team_id, by=who, storage=storage)
    do = teams.join if request.method == "POST" else teams.leave
    await do(team_id, await _ids(request), by=who, storage=storage)
    return nothing()


# What belongs to teams -----------------------------------------------------------------------------------------------


async def _teams_of(request: Request, kind: Owned, thing_id: str, who: Principal, status: int = 200) -> Response:
    query = read_query(request, LongPageQuery)
    total, found = await teams.of(
        kind,
        thing_id,
        offset=query.offset,
        limit=query.per_page,
        by=who,
        storage=services_of(request).storage,
    )
    items = [shown(request, team) for team in found]
    return hal(request, page_of(request, "teams", items, total=total, query=query), status)


async def _change_teams(request: Request, kind: Owned, thing_id: str, who: Principal) -> Response:
    storage = services_of(request).storage
    await teams.check_owned(kind, thing_id, by=who, storage=storage)
    if request.method != "DELETE":
        read_query(request, LongPageQuery)  # which page of the answer
    ids = await _ids(request)
    do = {"POST": teams.give, "PUT": teams.replace_all, "DELETE": teams.take}[request.method]
    await do(kind, thing_id, ids, by=who, storage=storage)
    return nothing() if request.method == "DELETE" else await _teams_of(request, kind, thing_id, who, 201)


async def _show_teams(request: Request, kind: Owned, thing_id: str, who: Principal) -> Response:
    await teams.check_owned(kind, thing_id, by=who, storage=services_of(request).storage)
    return await _teams_of(request, kind, thing_id, who)


_PAGE: Final = pages_of("teams", AssignedTeamShown)


@router.get("/record-lists/{list_id}/teams", summary="Teams of a record list")
@described(_PAGE, query=LongPageQuery, refuses=(RecordListNotFound,))
async def teams_of_record_list(request: Request, list_id: str, who: ManageRecordLists) -> Response:
    return await _show_teams(request, Owned.RECORD_LISTS, list_id, who)


@router.put("/record-lists/{list_id}/teams", status_code=201, summary="Replace the teams of a record list")
@described(_PAGE, body=_IDS, query=LongPageQuery, refuses=(RecordListNotFound, TeamsNotReplaceable))
async def replace_teams_of_record_list(request: Request, list_id: str, who: ManageRecordLists) -> Response:
    return await _change_teams(request, Owned.RECORD_LISTS, list_id, who)


@router.post("/record-lists/{list_id}/teams", status_code=201, summary="Give a record list to teams")
@described(_PAGE, body=_IDS, query=LongPageQuery, refuses=(RecordListNotFound,))
async def add_teams_of_record_list(request: Request, list_id: str, who: ManageRecordLists) -> Response:
    return await _change_teams(request, Owned.RECORD_LISTS, list_id, who)


@router.delete("/record-lists/{list_id}/teams", status_code=204, summary="Take a record list away from teams")
@described(body=_IDS, refuses=(RecordListNotFound, TeamInvalid, TeamsNotRemovable))
async def remove_teams_of_record_list(request: Request, list_id: str, who: ManageRecordLists) -> Response:
    return await _change_teams(request, Owned.RECORD_LISTS, list_id, who)


@router.get("/do-not-call-lists/{list_id}/teams", summary="Teams of a do-not-call list")
@described(_PAGE, query=LongPageQuery, refuses=(DncListNotFound,))
async def teams_of_dnc_list(request: Request, list_id: str, who: ManageDncLists) -> Response:
    return await _show_teams(request, Owned.DNC_LISTS, list_id, who)


@router.post("/do-not-call-lists/{list_id}/teams", status_code=201, summary="Give a do-not-call list to teams")
@described(_PAGE, body=_IDS, query=LongPageQuery, refuses=(DncListNotFound,))
async def add_teams_of_dnc_list(request: Request, list_id: str, who: ManageDncLists) -> Response:
    return await _change_teams(request, Owned.DNC_LISTS, list_id, who)


@router.delete("/do-not-call-lists/{list_id}/teams", status_code=204, summary="Take a do-not-call list from teams")
@described(body=_IDS, refuses=(DncListNotFound, TeamInvalid))
async def remove_teams_of_dnc_list(request: Request, list_id: str, who: ManageDncLists) -> Response:
    return await _change_teams(request, Owned.DNC_LISTS, list_id, who)


@router.get("/v1/campaigns/{campaign_id}/teams", summary="Teams of a campaign")
@described(_PAGE, query=LongPageQuery, refuses=(CampaignNotFound,))
async def list_teams_of_campaign(request: Request, campaign_id: str, who: ReadCampaigns) -> Response:
    return await _show_teams(request, Owned.CAMPAIGNS, campaign_id, who)


@router.put("/v1/campaigns/{campaign_id}/teams", status_code=201, summary="Replace the teams of a campaign")
@described(_PAGE, body=_IDS, query=LongPageQuery, refuses=(CampaignNotFound,))
async def replace_teams_of_campaign(request: Request, campaign_id: str, who: WriteCampaigns) -> Response:
    return await _change_teams(request, Owned.CAMPAIGNS, campaign_id, who)


@router.post("/v1/campaigns/{campaign_id}/teams", status_code=201, summary="Give a campaign to teams")
@described(_PAGE, body=_IDS, query=LongPageQuery, refuses=(CampaignNotFound,))
async def add_teams_of_campaign(request: Request, campaign_id: str, who: WriteCampaigns) -> Response:
    return await _change_teams(request, Owned.CAMPAIGNS, campaign_id, who)


@router.delete("/v1/campaigns/{campaign_id}/teams", status_code=204, summary="Take a campaign away from teams")
@described(body=_IDS, refuses=(CampaignNotFound, TeamInvalid))
async def remove_teams_of_campaign(request: Request, campaign_id: str, who: WriteCampaigns) -> Response:
    return await _change_teams(request, Owned.CAMPAIGNS, campaign_id, who)
