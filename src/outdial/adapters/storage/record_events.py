"""Events of records, and the records behind contacts, in PostgreSQL."""

from collections.abc import Sequence
from typing import Final

from outdial.adapters.storage.database import Connection, Row
from outdial.domain.record_events import (
    CallbackDisposition,
    CallDisposition,
    Contact,
    RecordEvent,
    RecordEventId,
    RecordEventKind,
)
from outdial.domain.records import RecordId
from outdial.domain.values import AccountId, CampaignId, RecordListId

_FROM: Final = """
from record_event e join record r on r.id = e.record_id join record_list l on l.id = r.list_id
where l.account_id = $1 and l.uuid = $2 and r.uuid = $3
"""


class RecordEventRows:
    """The statements below are put together from the constants of this module; values are always parameters."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def add(self, list_id: RecordListId, event: RecordEvent) -> None:
        await self._connection.execute(
            """
            insert into record_event (uuid, record_id, kind, disposition, final_attempt, client_id, at)
            select $4, r.id, $5, $6, $7, $8, $9 from record r join record_list l on l.id = r.list_id
            where l.account_id = $1 and l.uuid = $2 and r.uuid = $3
            """,
            self._account,
            list_id,
            event.record,
            event.id,
            event.kind.value,
            None if event.disposition is None else event.disposition.value,
            event.final_attempt,
            event.client_id,
            event.at,
        )

    async def page(
        self, list_id: RecordListId, record_id: RecordId, *, offset: int, limit: int
    ) -> tuple[int, Sequence[RecordEvent]]:
        values = (self._account, list_id, record_id)
        total: int = await self._connection.fetchval(f"select count(*) {_FROM}", *values)
        rows = await self._connection.fetch(
            "select e.uuid, r.uuid as record_uuid, e.kind, e.disposition, e.final_attempt, e.client_id, e.at"
            f" {_FROM} order by e.id offset $4 limit $5",
            *values,
            offset,
            limit,
        )
        return total, [_event(row) for row in rows]

    async def contact(self, campaign_id: CampaignId, record_id: RecordId) -> Contact | None:
        row = await self._connection.fetchrow(
            """
            select r.first_name, r.last_name, r.external_provider, r.external_id, r.external_url, r.extra_data
            from campaign c join campaign_record_list u on u.campaign_id = c.id join record r on r.list_id = u.list_id
            where c.account_id = $1 and c.uuid = $2 and r.uuid = $3
            """,
            self._account,
            campaign_id,
            record_id,
        )
        if row is None:
            return None
        return Contact(
            row["first_name"],
            row["last_name"],
            row["external_provider"],
            row["external_id"],
            row["external_url"],
            row["extra_data"],
        )


def _event(row: Row) -> RecordEvent:
    kind = RecordEventKind(row["kind"])
    words = CallDisposition if kind is RecordEventKind.CALL_ATTEMPT else CallbackDisposition
    return RecordEvent(
        RecordEventId(row["uuid"]),
        RecordId(row["record_uuid"]),
        kind,
        None if row["disposition"] is None else words(row["disposition"]),
        row["final_attempt"],
        row["client_id"],
        row["at"],
    )
