"""What those who watch over an installation ask the database, in one short statement."""

from outdial.adapters.storage.database import Database
from outdial.ports.health import DatabaseState

_LOOK = """
select (select version_num from schema_version) as schema,
  exists (select from lease where until > now()) as dialed,
  (select count(*) from outbox) as events,
  (select count(*) from webhook where status = 'PENDING') as webhooks,
  (select coalesce(jsonb_object_agg(status, number), '{}') from
    (select status, count(*) as number from campaign group by status) c) as campaigns
"""


class HealthRows:
    """Implements `outdial.ports.health.HealthStore`."""

    def __init__(self, database: Database, schema_needed: str) -> None:
        self._database, self._needed = database, schema_needed

    async def look(self) -> DatabaseState:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_LOOK)
        assert row is not None
        return DatabaseState(
            row["schema"], self._needed, row["dialed"], row["events"], row["webhooks"], row["campaigns"]
        )
