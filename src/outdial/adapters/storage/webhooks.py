"""Calls to clients' servers that are due or done, in PostgreSQL."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from outdial.adapters.storage.database import Connection, Row
from outdial.domain.record_lists import UploadId
from outdial.domain.values import AccountId
from outdial.domain.webhooks import Webhook, WebhookId, WebhookStatus

_COLUMNS: Final = """
w.uuid, u.uuid as upload_uuid, w.method, w.endpoint, w.headers, w.body, w.status, w.attempts, w.next_at, w.last_at,
w.last_answer, w.last_problem, w.created_at
"""


class WebhookRows:
    """The statements below are put together from the constants of this module; values are always parameters."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def add(self, new: Webhook) -> None:
        await self._connection.execute(
            """
            insert into webhook (uuid, account_id, upload_request_id, method, endpoint, headers, body, status, next_at,
              created_at)
            select $2, $1, id, $4, $5, $6, $7, $8, $9, $10 from upload_request where uuid = $3
            """,
            self._account,
            new.id,
            new.upload,
            new.method,
            new.endpoint,
            dict(new.headers),
            new.body,
            new.status.value,
            new.next_at,
            new.created_at,
        )

    async def take_due(self, now: datetime, *, again_at: datetime, limit: int) -> list[Webhook]:
        rows = await self._connection.fetch(
            f"""
            with due as (
              select id from webhook where account_id = $1 and status = 'PENDING' and next_at <= $2
              order by next_at, id limit $4 for update skip locked
            ), w as (
              update webhook w set attempts = w.attempts + 1, next_at = $3 from due where w.id = due.id returning w.*
            )
            select {_COLUMNS} from w join upload_request u on u.id = w.upload_request_id order by w.id
            """,  # noqa: S608
            self._account,
            now,
            again_at,
            limit,
        )
        return [_webhook(row) for row in rows]

    async def save(self, tried: Webhook) -> None:
        await self._connection.execute(
            """
            update webhook set status = $4, next_at = $5, last_at = $6, last_answer = $7, last_problem = $8
            where account_id = $1 and uuid = $2 and attempts = $3
            """,
            self._account,
            tried.id,
            tried.attempts,
            tried.status.value,
            tried.next_at,
            tried.last_at,
            tried.last_answer,
            tried.last_problem,
        )

    async def of_uploads(self, uploads: Collection[UploadId]) -> dict[UploadId, Webhook]:
        rows = await self._connection.fetch(
            f"select {_COLUMNS} from webhook w join upload_request u on u.id = w.upload_request_id"  # noqa: S608
            " where w.account_id = $1 and u.uuid = any($2::uuid[]) order by w.id",
            self._account,
            list(uploads),
        )
        return {UploadId(row["upload_uuid"]): _webhook(row) for row in rows}

    async def page(self, *, offset: int, limit: int) -> tuple[int, list[Webhook]]:
        total: int = await self._connection.fetchval(
            "select count(*) from webhook where account_id = $1", self._account
        )
        rows = await self._connection.fetch(
            f"select {_COLUMNS} from webhook w join upload_request u on u.id = w.upload_request_id"  # noqa: S608
            " where w.account_id = $1 order by w.id desc offset $2 limit $3",
            self._account,
            offset,
            limit,
        )
        return total, [_webhook(row) for row in rows]

    async def secret(self) -> bytes | None:
        found: bytes | None = await self._connection.fetchval(
            "select secret from webhook_secret where account_id = $1", self._account
        )
        return found

    async def set_secret(self, secret: bytes, at: datetime, *, replace: bool) -> bytes:
        holds: bytes = await self._connection.fetchval(
            """
            insert into webhook_secret as s (account_id, secret, created_at) values ($1, $2, $3)
            on conflict (account_id) do update
              set secret = case when $4 then excluded.secret else s.secret end,
                  created_at = case when $4 then excluded.created_at else s.created_at end
            returning secret
            """,
            self._account,
            secret,
            at,
            replace,
        )
        return holds


def _webhook(row: Row) -> Webhook:
    return Webhook(
        id=WebhookId(row["uuid"]),
        upload=UploadId(row["upload_uuid"]),
        method=row["method"],
        endpoint=row["endpoint"],
        headers=row["headers"],
        body=row["body"],
        created_at=row["created_at"],
        next_at=row["next_at"],
        status=WebhookStatus(row["status"]),
        attempts=row["attempts"],
        last_at=row["last_at"],
        last_answer=row["last_answer"],
        last_problem=row["last_problem"],
    )
