"""Caller ids of an account in PostgreSQL."""

from collections.abc import Collection

from outdial.adapters.storage.database import Connection, Row
from outdial.domain.values import AccountId, PhoneNumber, number_from_int, number_to_int
from outdial.ports.numbers import CallerNumber, NumberId, NumberTaken


class NumberRows:
    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def add(self, number: CallerNumber) -> None:
        # A constraint that fires would end the caller's transaction; this way the answer is only "no row".
        stored = await self._connection.fetchval(
            """
            insert into caller_number (uuid, account_id, e164, created_at) values ($1, $2, $3, $4)
            on conflict (account_id, e164) do nothing
            returning id
            """,
            number.id,
            self._account,
            number_to_int(number.phone_number),
            number.created_at,
        )
        if stored is None:
            raise NumberTaken(number.phone_number)

    async def find(self, number_id: NumberId, *, lock: bool = False) -> CallerNumber | None:
        row = await self._connection.fetchrow(
            "select uuid, e164, created_at from caller_number where account_id = $1 and uuid = $2"  # noqa: S608
            f" {'for update' if lock else ''}",
            self._account,
            number_id,
        )
        return None if row is None else _number(row)

    async def remove(self, number_id: NumberId) -> None:
        await self._connection.execute(
            "delete from caller_number where account_id = $1 and uuid = $2", self._account, number_id
        )

    async def known(self, ids: Collection[NumberId]) -> frozenset[NumberId]:
        rows = await self._connection.fetch(
            "select uuid from caller_number where account_id = $1 and uuid = any($2::uuid[])",
            self._account,
            list(ids),
        )
        return frozenset(NumberId(row["uuid"]) for row in rows)

    async def by_phone(self, numbers: Collection[PhoneNumber]) -> dict[PhoneNumber, CallerNumber]:
        rows = await self._connection.fetch(
            """
            select uuid, e164, created_at from caller_number
            where account_id = $1 and e164 = any($2::bigint[]) order by id
            """,
            self._account,
            [number_to_int(number) for number in numbers],
        )
        found = [_number(row) for row in rows]
        return {number.phone_number: number for number in found}

    async def count(self) -> int:
        found: int = await self._connection.fetchval(
            "select count(*) from caller_number where account_id = $1", self._account
        )
        return found

    async def page(self, *, offset: int, limit: int) -> list[CallerNumber]:
        rows = await self._connection.fetch(
            """
            select uuid, e164, created_at from caller_number
            where account_id = $1 order by id offset $2 limit $3
            """,
            self._account,
            offset,
            limit,
        )
        return [_number(row) for row in rows]


def _number(row: Row) -> CallerNumber:
    return CallerNumber(NumberId(row["uuid"]), number_from_int(row["e164"]), row["created_at"])
