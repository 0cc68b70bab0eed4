"""Templates of calling hours in PostgreSQL."""

from collections.abc import Sequence
from typing import Final

import asyncpg

from outdial.adapters.storage.campaigns import (
    exceptions_from_json,
    exceptions_to_json,
    windows_from_json,
    windows_to_json,
)
from outdial.adapters.storage.database import Connection, Row
from outdial.domain.hour_templates import HourTemplate, HourTemplateId, HourTemplateNameTaken
from outdial.domain.values import AccountId

_SELECT: Final = """
select uuid, name, calling_hours, exceptions, holidays, created_at, updated_at from hour_template where account_id = $1
"""


class HourTemplateRows:
    """Implements `outdial.ports.hour_templates.HourTemplateStore`."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def add(self, template: HourTemplate) -> None:
        await self._write(
            """insert into hour_template (account_id, uuid, name, calling_hours, exceptions, holidays, updated_at,
                                          created_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8)""",
            template,
            template.created_at,
        )

    async def save(self, template: HourTemplate) -> None:
        await self._write(
            """update hour_template
               set name = $3, calling_hours = $4, exceptions = $5, holidays = $6, updated_at = $7
               where account_id = $1 and uuid = $2""",
            template,
        )

    async def _write(self, statement: str, template: HourTemplate, *more: object) -> None:
        try:
            # A savepoint: a name that is taken must not end the caller's transaction.
            async with self._connection.transaction():
                await self._connection.execute(
                    statement,
                    self._account,
                    template.id,
                    template.name,
                    windows_to_json(template.windows),
                    exceptions_to_json(template.exceptions),
                    list(template.holidays),
                    template.updated_at,
                    *more,
                )
        except asyncpg.UniqueViolationError:
            raise HourTemplateNameTaken from None

    async def remove(self, template_id: HourTemplateId) -> None:
        await self._connection.execute(
            "delete from hour_template where account_id = $1 and uuid = $2", self._account, template_id
        )

    async def get(self, template_id: HourTemplateId, *, lock: bool = False) -> HourTemplate | None:
        row = await self._connection.fetchrow(
            f"{_SELECT} and uuid = $2 {'for no key update' if lock else ''}", self._account, template_id
        )
        return None if row is None else _template(row)

    async def count(self) -> int:
        found: int = await self._connection.fetchval(
            "select count(*) from hour_template where account_id = $1", self._account
        )
        return found

    async def page(self, *, offset: int, limit: int) -> Sequence[HourTemplate]:
        rows = await self._connection.fetch(
            f"{_SELECT} order by lower(name), id offset $2 limit $3", self._account, offset, limit
        )
        return [_template(row) for row in rows]


def _template(row: Row) -> HourTemplate:
    return HourTemplate(
        HourTemplateId(row["uuid"]),
        row["name"],
        windows_from_json(row["calling_hours"]),
        row["created_at"],
        row["updated_at"],
        exceptions_from_json(row["exceptions"]),
        tuple(row["holidays"]),
    )
