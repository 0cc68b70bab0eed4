"""The audit in PostgreSQL: rows that are written once."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from outdial.adapters.storage.database import Connection, Row
from outdial.domain.audit import Action, Actor, Change, ChangeId, Kind
from outdial.domain.values import AccountId, CampaignId
from outdial.ports.audit import ChangeFilter
from outdial.ports.clock import Clock

_COLUMNS: Final = (
    "a.uuid, a.at, a.client_id, a.user_id, a.request_id, a.kind, a.thing, a.action, a.before, a.after,"
    " a.campaign, a.undoes"
)


class AuditRows:
    """Implements `outdial.ports.audit.AuditStore`; statements are put together from constants of this module."""

    def __init__(self, connection: Connection, account: AccountId, clock: Clock) -> None:
        self._connection, self._account, self._clock = connection, account, clock

    async def add(
        self,
        kind: Kind,
        thing: UUID,
        action: Action,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        *,
        actor: Actor,
        campaign_id: CampaignId | None,
        undoes: ChangeId | None,
    ) -> Change:
        # The uuid follows from the key: no chance in it, so that a simulated day repeats itself.
        row = await self._connection.fetchrow(
            f"""
            with next as (select nextval(pg_get_serial_sequence('audit_change', 'id')) as id)
            insert into audit_change as a (id, uuid, account_id, at, client_id, user_id, request_id, kind, thing,
              action, fields, before, after, campaign, undoes)
            overriding system value
            select n.id, md5('change/' || n.id)::uuid, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
            from next n
            returning {_COLUMNS}
            """,  # noqa: S608
            self._account,
            self._clock.now(),
            actor.client_id,
            actor.user_id,
            actor.request_id,
            kind.value,
            thing,
            action.value,
            sorted({*before, *after}),
            dict(before),
            dict(after),
            campaign_id,
            undoes,
        )
        assert row is not None
        return _change(row)

    async def get(self, change_id: ChangeId) -> Change | None:
        row = await self._connection.fetchrow(
            f"select {_COLUMNS} from audit_change a where a.account_id = $1 and a.uuid = $2",  # noqa: S608
            self._account,
            change_id,
        )
        return None if row is None else _change(row)

    async def page(self, which: ChangeFilter, *, offset: int, limit: int) -> tuple[int, list[Change]]:
        if which.nothing:
            return 0, []
        where, values = self._where(which)
        total: int = await self._connection.fetchval(f"select count(*) from audit_change a where {where}", *values)  # noqa: S608
        rows = await self._connection.fetch(
            f"select {_COLUMNS} from audit_change a where {where} order by a.id desc"  # noqa: S608
            f" offset ${len(values) + 1} limit ${len(values) + 2}",
            *values,
            offset,
            limit,
        )
        return total, [_change(row) for row in rows]

    async def older(self, which: ChangeFilter, *, than: ChangeId | None, limit: int) -> list[Change]:
        if which.nothing:
            return []
        where, values = self._where(which)
        if than is not None:
            values.append(than)
            where += f" and a.id < (select id from audit_change where account_id = $1 and uuid = ${len(values)})"  # noqa: S608
        rows = await self._connection.fetch(
            f"select {_COLUMNS} from audit_change a where {where} order by a.id desc limit ${len(values) + 1}",  # noqa: S608
            *values,
            limit,
        )
        return [_change(row) for row in rows]

    def _where(self, which: ChangeFilter) -> tuple[str, list[Any]]:
        """The condition of a filter, and the values of its parameters."""
        conditions: list[str] = ["a.account_id = $1"]
        values: list[Any] = [self._account]

        def must(condition: str, value: Any) -> None:
            if value is not None:
                values.append(value)
                conditions.append(condition.replace("?", f"${len(values)}"))

        must("a.campaign = ?", which.campaign)
        must("a.kind = ?", which.kind.value if which.kind else None)
        must("a.thing = ?", which.thing)
        must("a.action = ?", which.action.value if which.action else None)
        must("a.client_id = ?", which.client_id)
        must(
            "exists (select from unnest(a.fields) f where f = ? or starts_with(f, ? || '.'))",
            which.field,
        )
        must("a.at >= ?", which.since)
        must("a.at <= ?", which.until)
        return " and ".join(conditions), values

    async def touched_since(self, change: Change) -> frozenset[str]:
        rows = await self._connection.fetch(
            """
            select distinct f as field from audit_change a cross join unnest(a.fields) f
            where a.account_id = $1 and a.kind = $2 and a.thing = $3
              and a.id > (select id from audit_change where account_id = $1 and uuid = $4)
            """,
            self._account,
            change.kind.value,
            change.thing,
            change.id,
        )
        return frozenset(row["field"] for row in rows)


def _change(row: Row) -> Change:
    return Change(
        ChangeId(row["uuid"]),
        row["at"],
        Actor(row["client_id"], row["user_id"], row["request_id"]),
        Kind(row["kind"]),
        row["thing"],
        Action(row["action"]),
        row["before"],
        row["after"],
        None if row["campaign"] is None else CampaignId(row["campaign"]),
        None if row["undoes"] is None else ChangeId(row["undoes"]),
    )
