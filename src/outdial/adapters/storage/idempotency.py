"""Kept answers in PostgreSQL: a row is claimed before the work and completed after it."""

from datetime import datetime
from uuid import UUID

from outdial.adapters.storage.database import Connection
from outdial.domain.values import AccountId
from outdial.ports.idempotency import Answer, Earlier

# Of two that arrive at once the second waits here until the first has committed, and then finds its row.
_CLAIM = """
insert into kept_answer as k (account_id, key, claim, fingerprint, claimed_at) values ($1, $2, $3, $4, $5)
on conflict (account_id, key) do update set claim = excluded.claim, fingerprint = excluded.fingerprint,
  claimed_at = excluded.claimed_at, status = null, headers = null, body = null
where k.claimed_at < $6 or (k.status is null and k.fingerprint = excluded.fingerprint and k.claimed_at < $7)
returning claim
"""


class AnswerRows:
    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def claim(
        self, key: str, claim: UUID, fingerprint: bytes, *, now: datetime, kept_since: datetime, at_work_since: datetime
    ) -> Earlier | None:
        while True:
            values = (self._account, key, claim, fingerprint, now, kept_since, at_work_since)
            if await self._connection.fetchval(_CLAIM, *values) is not None:
                return None
            row = await self._connection.fetchrow(
                "select fingerprint, status, headers, body from kept_answer where account_id = $1 and key = $2",
                self._account,
                key,
            )
            # Given back between the two statements: then it can be had.
            if row is not None:
                answer = None if row["status"] is None else Answer(row["status"], row["headers"], row["body"])
                return Earlier(row["fingerprint"], answer)

    async def complete(self, claim: UUID, answer: Answer) -> None:
        await self._connection.execute(
            "update kept_answer set status = $3, headers = $4, body = $5 where account_id = $1 and claim = $2",
            self._account,
            claim,
            answer.status,
            dict(answer.headers),
            answer.body,
        )

    async def release(self, claim: UUID) -> None:
        await self._connection.execute(
            "delete from kept_answer where account_id = $1 and claim = $2 and status is null", self._account, claim
        )

    async def forget(self, before: datetime) -> int:
        done = await self._connection.execute(
            "delete from kept_answer where account_id = $1 and claimed_at < $2", self._account, before
        )
        return int(done.rpartition(" ")[2])
