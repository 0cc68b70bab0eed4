"""Events written beside the change that made them; the relay hands them to the bus after the commit."""

from outdial.adapters.storage.database import Connection
from outdial.domain.values import AccountId
from outdial.ports.clock import Clock


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
