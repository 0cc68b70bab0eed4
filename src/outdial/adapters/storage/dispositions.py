"""Dispositions of an account in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from outdial.adapters.storage.database import Connection, Row
from outdial.domain.dispositions import Disposition, DispositionId, DispositionNameTaken, Effect
from outdial.domain.dnc import DncListId
from outdial.domain.values import AccountId
from outdial.domain.verdicts import AnsweredBy

_SELECT: Final = """
select d.uuid, d.name, d.effect, d.retry_seconds, l.uuid as dnc_list, d.is_default, d.answered_by, d.created_at,
  d.updated_at
from disposition d left join dnc_list l on l.id = d.dnc_list_id
where d.account_id = $1 and d.retired_at is null
"""


class DispositionRows:
    """Implements `outdial.ports.dispositions.DispositionStore`."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def add(self, disposition: Disposition) -> None:
        await self._write(
            """insert into disposition (account_id, uuid, name, effect, retry_seconds, dnc_list_id, is_default,
                                        answered_by, updated_at, created_at)
               values ($1, $2, $3, $4, $5, (select id from dnc_list where account_id = $1 and uuid = $6), $7,
                       $8, $9, $10)""",
            disposition,
            disposition.created_at,
        )

    async def save(self, disposition: Disposition) -> None:
        await self._write(
            """update disposition set name = $3, effect = $4, retry_seconds = $5,
                 dnc_list_id = (select id from dnc_list where account_id = $1 and uuid = $6), is_default = $7,
                 answered_by = $8, updated_at = $9
               where account_id = $1 and uuid = $2""",
            disposition,
        )

    async def _write(self, statement: str, disposition: Disposition, *more: object) -> None:
        wait = disposition.retry_after
        try:
            # A savepoint: a name that is taken must not end the caller's transaction.
            async with self._connection.transaction():
                await self._connection.execute(
                    statement,
                    self._account,
                    disposition.id,
                    disposition.name,
                    disposition.effect.value,
                    None if wait is None else int(wait.total_seconds()),
                    disposition.dnc_list,
                    disposition.is_default,
                    None if disposition.answered_by is None else disposition.answered_by.value,
                    disposition.updated_at,
                    *more,
                )
        except asyncpg.UniqueViolationError:
            raise DispositionNameTaken from None

    async def retire(self, disposition_id: DispositionId, now: datetime) -> None:
        await self._connection.execute(
            "update disposition set retired_at = $3, updated_at = $3 where account_id = $1 and uuid = $2",
            self._account,
            disposition_id,
            now,
        )

    async def no_default(self, but: DispositionId) -> None:
        await self._connection.execute(
            "update disposition set is_default = false where account_id = $1 and uuid <> $2 and is_default",
            self._account,
            but,
        )

    async def get(self, disposition_id: DispositionId, *, lock: bool = False) -> Disposition | None:
        row = await self._connection.fetchrow(
            f"{_SELECT} and d.uuid = $2 {'for no key update of d' if lock else ''}", self._account, disposition_id
        )
        return None if row is None else _disposition(row)

    async def default(self) -> Disposition | None:
        row = await self._connection.fetchrow(f"{_SELECT} and d.is_default", self._account)
        return None if row is None else _disposition(row)

    async def count(self) -> int:
        found: int = await self._connection.fetchval(
            "select count(*) from disposition where account_id = $1 and retired_at is null", self._account
        )
        return found

    async def page(self, *, offset: int, limit: int) -> Sequence[Disposition]:
        rows = await self._connection.fetch(
            f"{_SELECT} order by lower(d.name), d.id offset $2 limit $3", self._account, offset, limit
        )
        return [_disposition(row) for row in rows]


def _disposition(row: Row) -> Disposition:
    return Disposition(
        DispositionId(row["uuid"]),
        row["name"],
        Effect(row["effect"]),
        row["created_at"],
        row["updated_at"],
        None if row["retry_seconds"] is None else timedelta(seconds=row["retry_seconds"]),
        None if row["dnc_list"] is None else DncListId(row["dnc_list"]),
        row["is_default"],
        None if row["answered_by"] is None else AnsweredBy(row["answered_by"]),
    )
