"""Events written beside the change that made them; the relay hands them to the bus after the commit."""

from typing import Final

import structlog

from outdial.adapters.storage.database import Connection, Database
from outdial.domain.errors import Unavailable
from outdial.domain.values import AccountId
from outdial.ports.bus import Bus, Message
from outdial.ports.clock import Clock

log = structlog.get_logger(__name__)


class OutboxRows:
    def __init__(self, connection: Connection, account: AccountId, clock: Clock) -> None:
        self._connection, self._account, self._clock = connection, account, clock

    async def add(self, topic: str, payload: dict[str, object]) -> None:
        await self._connection.execute(
            "insert into outbox (account_id, topic, payload, at) values ($1, $2, $3, $4)",
            self._account,
            topic,
            payload,
            self._clock.now(),
        )


RELAY_AT_ONCE: Final = 500

# A row may commit after one with a higher id: only what no running transaction can precede is taken, in order.
_TAKE = """
delete from outbox where id in (
  select id from outbox where xid < pg_snapshot_xmin(pg_current_snapshot()) order by id limit $1 for update skip locked)
returning id, account_id, topic, payload, at
"""


class Relay:
    """Hands committed events to the bus, each once, and forgets them: what is lost after that, polling finds."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database, self._bus = database, bus

    async def once(self) -> int:
        """Relay what is there, up to `RELAY_AT_ONCE` events; how many."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_TAKE, RELAY_AT_ONCE)
        for row in sorted(rows, key=lambda row: row["id"]):
            self._bus.publish(Message(row["topic"], AccountId(row["account_id"]), row["payload"], row["at"]))
        return len(rows)

    async def run(self, clock: Clock, seconds: float = 0.2) -> None:
        """Relay for ever, looking every so many seconds."""
        while True:
            try:
                while await self.once() == RELAY_AT_ONCE:
                    pass
            except Unavailable as exc:
                log.warning("relay_waits", why=exc.code)
            await clock.sleep(seconds)
