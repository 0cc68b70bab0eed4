"""Record lists in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from outdial.adapters.storage.database import Connection, Row
from outdial.adapters.storage.lists import ListTable, campaigns_using, count_lists, page_of_lists
from outdial.domain.record_lists import (
    CampaignUsing,
    ListStatus,
    RecordList,
    RecordListNotFound,
    UniqueBy,
)
from outdial.domain.text import folded
from outdial.domain.values import AccountId, RecordListId
from outdial.ports.record_lists import ListFilter

_LISTS: Final = ListTable(
    "record_list",
    bound_by="campaign_record_list",
    columns="l.uuid, l.name, l.unique_identifier_type, l.status, l.records_count, l.created_at, l.updated_at",
    order_columns={
        "name": "l.name_folded",
        "records_count": "l.records_count",
        "created_at": "l.created_at",
        "updated_at": "l.updated_at",
    },
)


class RecordListRows:
    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def add(self, new: RecordList) -> None:
        await self._connection.execute(
            """
            insert into record_list (uuid, account_id, name, name_folded, unique_identifier_type, status, records_count,
              created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            new.id,
            self._account,
            new.name,
            folded(new.name),
            new.unique_by.value,
            new.status.value,
            new.records_count,
            new.created_at,
            new.updated_at,
        )

    async def get(self, list_id: RecordListId, *, lock: bool = False) -> RecordList:
        row = await self._connection.fetchrow(
            f"select {_LISTS.columns} from record_list l where account_id = $1 and uuid = $2"  # noqa: S608
            f" {_for_update('l', lock)}",
            self._account,
            list_id,
        )
        if row is None:
            raise RecordListNotFound(list_id)
        return _record_list(row)

    async def save_status(self, changed: RecordList, at: datetime) -> None:
        await self._connection.execute(
            "update record_list set status = $3, updated_at = $4 where account_id = $1 and uuid = $2",
            self._account,
            changed.id,
            changed.status.value,
            at,
        )

    async def take_turn(self, list_id: RecordListId) -> None:
        # The row lock would do, but it would also make whoever changes the list's name wait for an import's chunk.
        await self._connection.execute(
            "select pg_advisory_xact_lock(hashtextextended('record_list', id)) from record_list"
            " where account_id = $1 and uuid = $2",
            self._account,
            list_id,
        )

    async def hold_enrolment(self, list_id: RecordListId) -> None:
        # Enrolling locks the row that says how far it has come. The campaign before it, as who deletes one does.
        await self._connection.execute(
            """
            select from record_list l join campaign_record_list b on b.list_id = l.id
              join campaign c on c.id = b.campaign_id
            where l.account_id = $1 and l.uuid = $2 order by c.id for key share of c for no key update of b
            """,
            self._account,
            list_id,
        )

    async def count(self, wanted: ListFilter) -> int:
        return await count_lists(self._connection, self._account, _LISTS, wanted)

    async def page(
        self, wanted: ListFilter, *, order: Sequence[tuple[str, bool]], offset: int, limit: int
    ) -> list[RecordList]:
        rows = await page_of_lists(
            self._connection, self._account, _LISTS, wanted, order=order, offset=offset, limit=limit
        )
        return [_record_list(row) for row in rows]

    async def campaigns_using(
        self, lists: Sequence[RecordListId], *, limit: int
    ) -> Mapping[RecordListId, tuple[int, Sequence[CampaignUsing]]]:
        return await campaigns_using(self._connection, self._account, _LISTS, lists, limit=limit)


def _for_update(table: str, lock: bool) -> str:
    return f"for no key update of {table}" if lock else ""


def _record_list(row: Row) -> RecordList:
    return RecordList(
        RecordListId(row["uuid"]),
        row["name"],
        UniqueBy(row["unique_identifier_type"]),
        ListStatus(row["status"]),
        row["records_count"],
        row["created_at"],
        row["updated_at"],
    )
