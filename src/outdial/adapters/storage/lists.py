"""What record lists and do-not-call lists have in common in PostgreSQL: which are asked for, and who uses them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from outdial.adapters.storage.database import Connection, Row
from outdial.domain.record_lists import CampaignUsing
from outdial.domain.text import folded
from outdial.domain.values import AccountId, CampaignId
from outdial.ports.record_lists import ListFilter

ListId = TypeVar("ListId", bound=UUID)


@dataclass(frozen=True, slots=True)
class ListTable:
    """The names that one kind of list has in the schema: constants of a module, which statements are put together from.

    Its table is `l` in every statement, so the columns are `l.uuid` and so on; `order_columns` are by the API's names.
    """

    name: str
    bound_by: str
    """The table that says which campaigns use which lists."""
    columns: str
    order_columns: Mapping[str, str]


async def count_lists(connection: Connection, account: AccountId, table: ListTable, wanted: ListFilter) -> int:
    where, values = _where(account, table, wanted)
    found: int = await connection.fetchval(f"select count(*) from {table.name} l where {where}", *values)  # noqa: S608
    return found


async def page_of_lists(
    connection: Connection,
    account: AccountId,
    table: ListTable,
    wanted: ListFilter,
    *,
    order: Sequence[tuple[str, bool]],
    offset: int,
    limit: int,
) -> list[Row]:
    where, values = _where(account, table, wanted)
    return await connection.fetch(
        f"select {table.columns} from {table.name} l where {where}"  # noqa: S608
        f" order by {in_order(table.order_columns, order)}, l.id offset ${len(values) + 1} limit ${len(values) + 2}",
        *values,
        offset,
        limit,
    )


async def campaigns_using(
    connection: Connection, account: AccountId, table: ListTable, lists: Sequence[ListId], *, limit: int
) -> Mapping[ListId, tuple[int, Sequence[CampaignUsing]]]:
    rows = await connection.fetch(
        f"""
        select * from (
          select l.uuid as list_uuid, c.uuid, c.name, count(*) over (partition by l.id) as total,
            row_number() over (partition by l.id order by c.id) as n
          from {table.name} l join {table.bound_by} b on b.list_id = l.id join campaign c on c.id = b.campaign_id
          where l.account_id = $1 and l.uuid = any($2::uuid[])
        ) using_it where n <= $3 order by list_uuid, n
        """,  # noqa: S608
        account,
        list(lists),
        limit,
    )
    found: dict[ListId, tuple[int, list[CampaignUsing]]] = {one: (0, []) for one in lists}
    for row in rows:
        before = found[row["list_uuid"]][1]
        campaign = CampaignUsing(CampaignId(row["uuid"]), row["name"])
        found[row["list_uuid"]] = (row["total"], [*before, campaign])
    return found


def in_order(columns: Mapping[str, str], order: Sequence[tuple[str, bool]]) -> str:
    """What stands after `order by` for pairs of a column's name in the API and whether it descends."""
    return ", ".join(f"{columns[column]} {'desc' if descending else 'asc'}" for column, descending in order)


def _where(account: AccountId, table: ListTable, wanted: ListFilter) -> tuple[str, list[object]]:
    values: list[object] = [account]
    tests = ["l.account_id = $1"]

    def test(condition: str, value: object) -> None:
        if value is not None:
            values.append(value)
            tests.append(condition.replace("?", f"${len(values)}"))

    test("position(? in l.name_folded) > 0", None if wanted.name is None else folded(wanted.name))
    test("l.status = ?", None if wanted.status is None else wanted.status.value)
    test(
        f"l.id in (select b.list_id from {table.bound_by} b join campaign c on c.id = b.campaign_id"  # noqa: S608
        " where c.account_id = l.account_id and c.uuid = any(?::uuid[]))",
        None if wanted.campaigns is None else list(wanted.campaigns),
    )
    of_team = f"select from {table.name}_team o join team t on t.id = o.team_id where o.owner_id = l.id"
    or_none = f" or not exists ({of_team})" if wanted.or_no_team else ""
    test(
        f"(exists ({of_team} and t.uuid = any(?::uuid[])){or_none})",
        None if wanted.teams is None else list(wanted.teams),
    )
    test("l.created_at >= ?", wanted.created_from)
    test("l.created_at <= ?", wanted.created_to)
    test("l.updated_at >= ?", wanted.updated_from)
    test("l.updated_at <= ?", wanted.updated_to)
    if wanted.nothing:
        tests.append("false")
    return " and ".join(tests), values
