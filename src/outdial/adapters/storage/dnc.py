"""Do-not-call lists and their entries in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from outdial.adapters.storage.database import Connection, Row
from outdial.adapters.storage.lists import ListTable, campaigns_using, count_lists, in_order, page_of_lists
from outdial.domain.dnc import (
    DncEntry,
    DncEntryId,
    DncEntryNotFound,
    DncList,
    DncListId,
    DncListNotFound,
    lock_key,
)
from outdial.domain.record_lists import CampaignUsing, ListStatus
from outdial.domain.text import folded
from outdial.domain.values import AccountId, PhoneNumber, number_from_int, number_to_int
from outdial.ports.dnc import Order
from outdial.ports.record_lists import ListFilter

_LISTS: Final = ListTable(
    "dnc_list",
    bound_by="campaign_dnc_list",
    columns="l.uuid, l.name, l.status, l.entries_count, l.created_at, l.updated_at, l.account_wide",
    order_columns={
        "name": "l.name_folded",
        "entries_count": "l.entries_count",
        "created_at": "l.created_at",
        "updated_at": "l.updated_at",
    },
)
_ENTRY_COLUMNS: Final = "e.uuid, $2::uuid as list_uuid, e.e164, e.expires_on, e.reason, e.created_at, e.updated_at"
# The list's key by itself and not by a join: only then can an index bring the entries in their order.
_ENTRIES: Final = (
    "from dnc_entry e where e.list_id = (select l.id from dnc_list l where l.account_id = $1 and l.uuid = $2)"
)
# An entry that never expires has no date: last in rising order, first in falling, as PostgreSQL sorts by itself.
_ENTRY_ORDER: Final = {
    "expiration_date": "e.expires_on",
    "created_at": "e.created_at",
    "updated_at": "e.updated_at",
}


class DncRows:
    """The statements below are put together from the constants of this module; values are always parameters."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def add(self, new: DncList) -> None:
        await self._connection.execute(
            """
            insert into dnc_list (uuid, account_id, name, name_folded, status, entries_count, created_at, updated_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            new.id,
            self._account,
            new.name,
            folded(new.name),
            new.status.value,
            new.entries_count,
            new.created_at,
            new.updated_at,
        )

    async def get(self, list_id: DncListId, *, lock: bool = False) -> DncList:
        row = await self._connection.fetchrow(
            f"select {_LISTS.columns} from dnc_list l where l.account_id = $1 and l.uuid = $2"  # noqa: S608
            f" {'for no key update of l' if lock else ''}",
            self._account,
            list_id,
        )
        if row is None:
            raise DncListNotFound(list_id)
        return _dnc_list(row)

    async def save_status(self, changed: DncList, at: datetime) -> None:
        await self._connection.execute(
            "update dnc_list set status = $3, updated_at = greatest(updated_at, $4)"
            " where account_id = $1 and uuid = $2",
            self._account,
            changed.id,
            changed.status.value,
            at,
        )

    async def save_reach(self, changed: DncList, at: datetime) -> None:
        await self._connection.execute(
            "update dnc_list set account_wide = $3, updated_at = greatest(updated_at, $4)"
            " where account_id = $1 and uuid = $2",
            self._account,
            changed.id,
            changed.account_wide,
            at,
        )

    async def of_number(self, number: PhoneNumber) -> list[tuple[DncList, DncEntry]]:
        rows = await self._connection.fetch(
            f"select {_LISTS.columns} from dnc_list l join dnc_entry e on e.list_id = l.id"  # noqa: S608
            " where l.account_id = $1 and e.e164 = $2 order by l.id",
            self._account,
            number_to_int(number),
        )
        lists = [_dnc_list(row) for row in rows]
        return [(one, entry) for one in lists for entry in await self.of_numbers(one.id, [number])]

    async def on_any_list(self, numbers: Collection[PhoneNumber], day: date) -> set[PhoneNumber]:
        rows = await self._connection.fetch(
            """select distinct e.e164 from dnc_list l join dnc_entry e on e.list_id = l.id
               where l.account_id = $1 and e.e164 = any($2::bigint[])
                 and (e.expires_on is null or e.expires_on >= $3) order by 1""",
            self._account,
            sorted({number_to_int(number) for number in numbers}),
            day,
        )
        return {number_from_int(row["e164"]) for row in rows}

    async def count(self, wanted: ListFilter) -> int:
        return await count_lists(self._connection, self._account, _LISTS, wanted)

    async def page(self, wanted: ListFilter, *, order: Order, offset: int, limit: int) -> list[DncList]:
        rows = await page_of_lists(
            self._connection, self._account, _LISTS, wanted, order=order, offset=offset, limit=limit
        )
        return [_dnc_list(row) for row in rows]

    async def campaigns_using(
        self, lists: Sequence[DncListId], *, limit: int
    ) -> Mapping[DncListId, tuple[int, Sequence[CampaignUsing]]]:
        return await campaigns_using(self._connection, self._account, _LISTS, lists, limit=limit)

    async def changed(self, list_id: DncListId, at: datetime, *, more: int = 0) -> None:
        await self._connection.execute(
            "update dnc_list set entries_count = entries_count + $3, updated_at = greatest(updated_at, $4)"
            " where account_id = $1 and uuid = $2",
            self._account,
            list_id,
            more,
            at,
        )

    async def hold_calls(self, numbers: Collection[PhoneNumber]) -> None:
        # In one order everywhere: two that hold several numbers then wait for each other instead of deadlocking.
        await self._connection.execute(
            "select pg_advisory_xact_lock(key) from (select key from unnest($1::bigint[]) k(key) order by key) sorted",
            [lock_key(number) for number in set(numbers)],
        )

    async def put_entry(self, new: DncEntry) -> DncEntry:
        row = await self._connection.fetchrow(
            """
            insert into dnc_entry (uuid, list_id, e164, expires_on, reason, created_at, updated_at)
            select $3, l.id, $4, $5, $6, $7, $8 from dnc_list l where l.account_id = $1 and l.uuid = $2
            on conflict (list_id, e164) do update
              set expires_on = excluded.expires_on, reason = excluded.reason, updated_at = excluded.updated_at
            returning uuid, $2::uuid as list_uuid, e164, expires_on, reason, created_at, updated_at
            """,
            self._account,
            new.list_id,
            new.id,
            number_to_int(new.number),
            new.expires_on,
            new.reason,
            new.created_at,
            new.updated_at,
        )
        if row is None:
            raise DncListNotFound(new.list_id)
        return _entry(row)

    async def put_entries(self, list_id: DncListId, new: Sequence[DncEntry]) -> int:
        rows = await self._connection.fetch(
            """
            insert into dnc_entry (uuid, list_id, e164, expires_on, reason, created_at, updated_at)
            select n.uuid, l.id, n.e164, n.expires_on, n.reason, n.created_at, n.updated_at
            from dnc_list l, unnest($3::uuid[], $4::bigint[], $5::date[], $6::text[], $7::timestamptz[],
              $8::timestamptz[]) with ordinality as n(uuid, e164, expires_on, reason, created_at, updated_at, place)
            where l.account_id = $1 and l.uuid = $2 order by n.place
            on conflict (list_id, e164) do update
              set expires_on = excluded.expires_on, reason = excluded.reason, updated_at = excluded.updated_at
            returning uuid
            """,
            self._account,
            list_id,
            [one.id for one in new],
            [number_to_int(one.number) for one in new],
            [one.expires_on for one in new],
            [one.reason for one in new],
            [one.created_at for one in new],
            [one.updated_at for one in new],
        )
        # What was on the list before has kept its own identity.
        return len({row["uuid"] for row in rows} & {one.id for one in new})

    async def entry(self, list_id: DncListId, entry_id: DncEntryId) -> DncEntry:
        found = await self.several(list_id, [entry_id])
        if entry_id not in found:
            raise DncEntryNotFound(entry_id)
        return found[entry_id]

    async def several(
        self, list_id: DncListId, entry_ids: Collection[DncEntryId], *, lock: bool = False
    ) -> dict[DncEntryId, DncEntry]:
        rows = await self._connection.fetch(
            f"select {_ENTRY_COLUMNS} {_ENTRIES} and e.uuid = any($3::uuid[])"
            f" order by e.id {'for update of e' if lock else ''}",
            self._account,
            list_id,
            list(entry_ids),
        )
        return {DncEntryId(row["uuid"]): _entry(row) for row in rows}

    async def count_entries(self, list_id: DncListId, number: PhoneNumber | None) -> int:
        if number is None:
            return (await self.get(list_id)).entries_count
        return len(await self.of_numbers(list_id, [number]))

    async def page_of_entries(
        self, list_id: DncListId, number: PhoneNumber | None, *, order: Order, offset: int, limit: int
    ) -> list[DncEntry]:
        values: list[object] = [self._account, list_id, offset, limit]
        only = ""
        if number is not None:
            values.append(number_to_int(number))
            only = "and e.e164 = $5"
        rows = await self._connection.fetch(
            f"select {_ENTRY_COLUMNS} {_ENTRIES} {only} order by {in_order(_ENTRY_ORDER, order)}, e.id"
            " offset $3 limit $4",
            *values,
        )
        return [_entry(row) for row in rows]

    async def of_numbers(self, list_id: DncListId, numbers: Collection[PhoneNumber]) -> list[DncEntry]:
        rows = await self._connection.fetch(
            f"select {_ENTRY_COLUMNS} {_ENTRIES} and e.e164 = any($3::bigint[]) order by e.id",
            self._account,
            list_id,
            [number_to_int(number) for number in numbers],
        )
        return [_entry(row) for row in rows]

    async def set_expirations(
        self, list_id: DncListId, expirations: Mapping[DncEntryId, date | None], at: datetime
    ) -> None:
        await self._connection.execute(
            """
            update dnc_entry e set expires_on = n.expires_on, updated_at = $5
            from unnest($3::uuid[], $4::date[]) as n(uuid, expires_on), dnc_list l
            where l.account_id = $1 and l.uuid = $2 and e.list_id = l.id and e.uuid = n.uuid
            """,
            self._account,
            list_id,
            list(expirations.keys()),
            list(expirations.values()),
            at,
        )

    async def remove_entries(self, list_id: DncListId, entry_ids: Collection[DncEntryId]) -> set[DncEntryId]:
        rows = await self._connection.fetch(
            f"""
            with doomed as (
              select e.id, e.uuid {_ENTRIES} and e.uuid = any($3::uuid[]) order by e.id for update of e
            )
            delete from dnc_entry e using doomed d where e.id = d.id returning e.uuid
            """,  # noqa: S608
            self._account,
            list_id,
            list(entry_ids),
        )
        return {DncEntryId(row["uuid"]) for row in rows}


def _dnc_list(row: Row) -> DncList:
    return DncList(
        DncListId(row["uuid"]),
        row["name"],
        ListStatus(row["status"]),
        row["entries_count"],
        row["created_at"],
        row["updated_at"],
        row["account_wide"],
    )


def _entry(row: Row) -> DncEntry:
    return DncEntry(
        DncEntryId(row["uuid"]),
        DncListId(row["list_uuid"]),
        number_from_int(row["e164"]),
        row["expires_on"],
        row["reason"],
        row["created_at"],
        row["updated_at"],
    )
