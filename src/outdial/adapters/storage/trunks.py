"""The installation's trunks in PostgreSQL."""

from collections.abc import Collection, Sequence
from typing import Final

from outdial.adapters.storage.database import Connection, Database, Row
from outdial.domain.access import DEFAULT_ACCOUNT
from outdial.domain.trunks import Trunk, TrunkId, TrunkNotFound
from outdial.domain.values import AccountId
from outdial.ports.carrier import WayOut
from outdial.ports.clock import Clock

_COLUMNS: Final = (
    "t.uuid, t.name, t.drained, t.trouble, t.draining, t.calls, t.most, t.per_second, t.sign, t.sign_at, t.heard_at"
)
_OF_OPERATOR: Final = "from trunk t join account a on a.id = $1 and a.name = $2"


class TrunkRows:
    """Implements `outdial.ports.trunks.TrunkStore`; statements are put together from the constants of this module."""

    def __init__(self, connection: Connection, account: AccountId) -> None:
        self._connection, self._account = connection, account

    async def all(self) -> list[Trunk]:
        rows = await self._connection.fetch(
            f"select {_COLUMNS} {_OF_OPERATOR} order by t.place, t.name", self._account, DEFAULT_ACCOUNT
        )
        return [_trunk(row) for row in rows]

    async def get(self, trunk_id: TrunkId, *, lock: bool = False) -> Trunk:
        row = await self._connection.fetchrow(
            f"select {_COLUMNS} {_OF_OPERATOR} where t.uuid = $3 {'for no key update of t' if lock else ''}",
            self._account,
            DEFAULT_ACCOUNT,
            trunk_id,
        )
        if row is None:
            raise TrunkNotFound(trunk_id)
        return _trunk(row)

    async def put_drained(self, trunk_id: TrunkId, drained: bool) -> None:
        await self._connection.execute("update trunk set drained = $2 where uuid = $1", trunk_id, drained)


class TrunkReports:
    """Implements `outdial.ports.trunks.TrunkWatch`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def tell(self, ways: Sequence[WayOut]) -> Collection[str]:
        now, names = self._clock.now(), [way.name for way in ways]
        async with self._database.transaction() as connection:
            # A row is written when something of it has changed, and else every five seconds as a sign of life.
            await connection.executemany(
                """
                insert into trunk as t
                  (uuid, name, place, trouble, draining, calls, most, per_second, sign, sign_at, heard_at)
                values (md5('trunk/' || $1)::uuid, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                on conflict (name) do update set place = excluded.place, trouble = excluded.trouble,
                  draining = excluded.draining, calls = excluded.calls, most = excluded.most,
                  per_second = excluded.per_second, sign = excluded.sign, sign_at = excluded.sign_at,
                  heard_at = excluded.heard_at
                where t.heard_at < excluded.heard_at - interval '5 seconds'
                  or (t.place, t.trouble, t.draining, t.calls, t.most, t.per_second, t.sign)
                    is distinct from (excluded.place, excluded.trouble, excluded.draining, excluded.calls,
                      excluded.most, excluded.per_second, excluded.sign)
                """,
                [
                    (
                        way.name,
                        place,
                        way.trouble,
                        way.draining,
                        way.calls,
                        way.most,
                        way.per_second,
                        way.sign,
                        way.sign_at,
                        now,
                    )
                    for place, way in enumerate(ways)
                ],
            )
            await connection.execute("delete from trunk where not drained and name <> all($1::text[])", names)
            rows = await connection.fetch("select name from trunk where drained order by name")
        return [row["name"] for row in rows]


async def told_of(database: Database) -> list[Trunk]:
    """All trunks that engines told of, in the order of their file: for the one who runs the installation."""
    async with database.connection() as connection:
        rows = await connection.fetch(f"select {_COLUMNS} from trunk t order by t.place, t.name")  # noqa: S608
    return [_trunk(row) for row in rows]


def _trunk(row: Row) -> Trunk:
    values = dict(row)
    return Trunk(TrunkId(values.pop("uuid")), **values)
