"""Teams: made, renamed, filled, and given lists and campaigns; one transaction each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from outdial.app import campaigns, dnc, record_lists
from outdial.app.campaigns import uuid_of
from outdial.domain.access import Principal
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.teams import (
    Team,
    TeamId,
    TeamInUse,
    TeamInvalid,
    TeamNotFound,
    TeamsClash,
    TeamsNotRemovable,
    TeamsNotReplaceable,
    clash,
)
from outdial.domain.values import RecordListId, UserId
from outdial.ports.clock import Clock, Ids
from outdial.ports.storage import Storage, UnitOfWork
from outdial.ports.teams import Owned
from outdial.ports.users import User

MAX_NAME: Final = 100


async def create(*, name: str, by: Principal, storage: Storage, clock: Clock, ids: Ids) -> Team:
    """Make a team without members.

    Raises:
        Invalid: no name.
        TeamNameTaken: another team of the account has it.
    """
    team = Team(TeamId(ids.new("team")), _checked_name(name), clock.now())
    async with storage.unit_of_work(by.account) as uow:
        await uow.teams.add(team)
    return team


async def get(team_id: str, *, by: Principal, storage: Storage) -> Team:
    """Raises `TeamNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        return await _found(uow, team_id)


async def listed(*, offset: int, limit: int, by: Principal, storage: Storage) -> tuple[int, Sequence[Team]]:
    """How many teams there are, and one page of them in the order in which they were made."""
    async with storage.unit_of_work(by.account) as uow:
        return await uow.teams.count(), await uow.teams.page(offset=offset, limit=limit)


async def rename(team_id: str, *, name: str | None, by: Principal, storage: Storage) -> Team:
    """Give a team another name; None leaves it.

    Raises:
        TeamNotFound: no such team.
        Invalid: no name.
        TeamNameTaken: another team of the account has it.
    """
    async with storage.unit_of_work(by.account) as uow:
        before = await _found(uow, team_id, lock=True)
        team = replace(before, name=before.name if name is None else _checked_name(name))
        if team != before:
            await uow.teams.save(team)
    return team


async def remove(team_id: str, *, by: Principal, storage: Storage) -> None:
    """Delete a team; its members stay users.

    Raises:
        TeamNotFound: no such team.
        TeamInUse: lists or campaigns belong to it.
    """
    async with storage.unit_of_work(by.account) as uow:
        team = await _found(uow, team_id, lock=True)
        if await uow.teams.owns(team.id):
            raise TeamInUse
        await uow.teams.remove(team.id)


# Members -------------------------------------------------------------------------------------------------------------


async def members(
    team_id: str, *, offset: int, limit: int, by: Principal, storage: Storage
) -> tuple[int, Sequence[User]]:
    """How many users are in a team, and one page of them. Raises `TeamNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        return await uow.teams.members((await _found(uow, team_id)).id, offset=offset, limit=limit)


async def join(team_id: str, user_ids: Sequence[str], *, by: Principal, storage: Storage) -> None:
    """Put users into a team; those who are in it stay.

    Raises:
        TeamNotFound: no such team.
        Invalid: some of the users do not exist; none was put into it.
    """
    async with storage.unit_of_work(by.account) as uow:
        team = await _found(uow, team_id)
        await uow.teams.join(team.id, await _users(uow, user_ids))


async def leave(team_id: str, user_ids: Sequence[str], *, by: Principal, storage: Storage) -> None:
    """Take users out of a team; those who are not in it stay out.

    Raises:
        TeamNotFound: no such team.
        Invalid: some of the users do not exist; none was taken out of it.
    """
    async with storage.unit_of_work(by.account) as uow:
        team = await _found(uow, team_id)
        await uow.teams.leave(team.id, await _users(uow, user_ids))


# What belongs to teams -----------------------------------------------------------------------------------------------


async def check_owned(kind: Owned, thing_id: str, *, by: Principal, storage: Storage) -> None:
    """Raises `RecordListNotFound`, `DncListNotFound` or `CampaignNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        await _thing(uow, kind, thing_id)


async def of(
    kind: Owned, thing_id: str, *, offset: int, limit: int, by: Principal, storage: Storage
) -> tuple[int, Sequence[Team]]:
    """How many teams a thing belongs to, and one page of them. Raises that the thing is not found."""
    async with storage.unit_of_work(by.account) as uow:
        return await uow.teams.page_of(kind, await _thing(uow, kind, thing_id), offset=offset, limit=limit)


async def of_several(
    kind: Owned, ids: Collection[UUID], *, by: Principal, storage: Storage
) -> Mapping[UUID, Sequence[Team]]:
    """For each thing the teams that it belongs to, the oldest first; none for what does not exist."""
    async with storage.unit_of_work(by.account) as uow:
        return await uow.teams.of(kind, ids)


async def give(kind: Owned, thing_id: str, team_ids: Sequence[str], *, by: Principal, storage: Storage) -> None:
    """Let a thing belong to teams besides those it belongs to.

    Raises:
        NotFound: no such thing.
        Invalid: some of the teams do not exist; nothing was changed.
    """
    async with storage.unit_of_work(by.account) as uow:
        teams = await _teams(uow, team_ids, Invalid)
        await uow.teams.give(kind, await _thing(uow, kind, thing_id, lock=True), teams)


async def replace_all(kind: Owned, thing_id: str, team_ids: Sequence[str], *, by: Principal, storage: Storage) -> None:
    """Let a thing belong to these teams and no others.

    Raises:
        NotFound: no such thing.
        Invalid: some of the teams do not exist; nothing was changed.
        TeamsNotReplaceable: campaigns of other teams use the list.
    """
    async with storage.unit_of_work(by.account) as uow:
        teams = await _teams(uow, team_ids, Invalid)
        thing = await _thing(uow, kind, thing_id, lock=True)
        before = {team.id for team in (await uow.teams.of(kind, [thing]))[thing]}
        await _check_clash(uow, kind, thing, set(teams), TeamsNotReplaceable)
        await uow.teams.take(kind, thing, before - set(teams))
        await uow.teams.give(kind, thing, teams)


async def take(kind: Owned, thing_id: str, team_ids: Sequence[str], *, by: Principal, storage: Storage) -> None:
    """Let a thing belong to teams no longer; those it does not belong to do not matter.

    Raises:
        NotFound: no such thing.
        TeamInvalid: some of the teams do not exist; nothing was changed.
        TeamsNotRemovable: campaigns of other teams than those that are left use the list.
    """
    async with storage.unit_of_work(by.account) as uow:
        teams = await _teams(uow, team_ids, TeamInvalid)
        thing = await _thing(uow, kind, thing_id, lock=True)
        before = {team.id for team in (await uow.teams.of(kind, [thing]))[thing]}
        if before & set(teams):
            await _check_clash(uow, kind, thing, before - set(teams), TeamsNotRemovable)
            await uow.teams.take(kind, thing, teams)


async def _check_clash(uow: UnitOfWork, kind: Owned, thing: UUID, after: set[TeamId], error: type[TeamsClash]) -> None:
    if kind is not Owned.RECORD_LISTS:
        return
    using = await uow.teams.of_campaigns_using(RecordListId(thing))
    if names := [name for name, teams in using if clash(after, teams)]:
        raise error(names)


async def _thing(uow: UnitOfWork, kind: Owned, thing_id: str, *, lock: bool = False) -> UUID:
    match kind:
        case Owned.RECORD_LISTS:
            return (await record_lists.found(uow, thing_id, lock=lock)).id
        case Owned.DNC_LISTS:
            return (await dnc.found(uow, thing_id)).id
        case Owned.CAMPAIGNS:
            return (await campaigns.found(uow, thing_id, lock=lock)).id


async def _found(uow: UnitOfWork, team_id: str, *, lock: bool = False) -> Team:
    uuid = uuid_of(team_id)
    if uuid is None:
        raise TeamNotFound(team_id)
    return await uow.teams.get(TeamId(uuid), lock=lock)


async def _teams(uow: UnitOfWork, team_ids: Sequence[str], error: type[Invalid]) -> list[TeamId]:
    """The ids of teams that must exist; they stay until the unit of work ends. Raises `error` with all that do not."""
    uuids = [uuid_of(one) for one in team_ids]
    known = await uow.teams.known([TeamId(uuid) for uuid in uuids if uuid is not None])
    _check_known("team", uuids, known, error)
    return [TeamId(uuid) for uuid in uuids if uuid is not None]


async def _users(uow: UnitOfWork, user_ids: Sequence[str]) -> list[UserId]:
    uuids = [uuid_of(one) for one in user_ids]
    _check_known("user", uuids, await uow.users.known([UserId(uuid) for uuid in uuids if uuid is not None]), Invalid)
    return [UserId(uuid) for uuid in uuids if uuid is not None]


def _check_known(
    noun: str, uuids: Sequence[UUID | None], known: frozenset[TeamId] | frozenset[UserId], error: type[Invalid]
) -> None:
    problems = [
        FieldProblem(f"{place}.id", f"there is no {noun} with this id")
        for place, uuid in enumerate(uuids)
        if uuid not in known
    ]
    if problems:
        raise error("Invalid input", problems)


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise Invalid("Invalid input", [FieldProblem("name", f"must be 1 to {MAX_NAME} printable characters")])
    return name
