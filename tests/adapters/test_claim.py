"""Taking records for dialing: who comes first, who may take, and what it costs on long lists."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outdial.adapters.storage.database import Connection, Database, open_database

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
EVENING = NOON + timedelta(hours=8)
EAST, WEST = 1, 2

Take = Any


@pytest.fixture
async def connection(fresh_database: dict[str, Any]) -> AsyncIterator[Connection]:
    """A connection on which rows need no records behind them, with a lease of fence 7."""
    async with open_database(fresh_database, size=1) as opened, _connected(opened) as one:
        await one.execute("set session_replication_role = replica")
        await one.execute("insert into lease values ('pool/default', 'us', 7, $1)", EVENING)
        yield one


def _connected(database: Database) -> Any:
    return database.connection()


async def item(
    connection: Connection,
    record: int,
    *,
    priority: int = 5,
    zone: int = EAST,
    state: str = "R",
    next_at: datetime | None = None,
) -> None:
    await connection.execute(
        """insert into dial_item (campaign_id, record_id, list_id, seq, priority, position, e164, phone_type, zone_id,
             state, next_at) values (1, $1, 1, $1, $2, 0, 12025550142, 1, $3, $4::text::"char", $5)""",
        record,
        priority,
        zone,
        state,
        next_at,
    )


async def take(
    connection: Connection,
    wanted: int = 10,
    *,
    zones: tuple[int, ...] = (EAST, WEST),
    newest_first: bool = False,
    strict: bool = True,
    fence: int = 7,
) -> list[int]:
    rows = await connection.fetch(
        "select record from claim_records(1, $1, $2, $3, $4, $5, 'pool/default', $6) order by ord",
        list(zones),
        [EVENING for _ in zones],
        wanted,
        newest_first,
        strict,
        fence,
    )
    return [row["record"] for row in rows]


class TestOrder:
    async def test_priorities_from_the_highest_down_then_first_in_first_out_over_all_zones(
        self, connection: Connection
    ) -> None:
        for record, (priority, zone) in enumerate([(5, WEST), (9, WEST), (5, EAST), (9, EAST), (11, EAST)], start=1):
            await item(connection, record, priority=priority, zone=zone)
        assert await take(connection) == [5, 2, 4, 1, 3]

    async def test_last_in_first_out_turns_the_list_round_and_not_the_priorities(self, connection: Connection) -> None:
        for record, priority in enumerate([5, 9, 5, 9], start=1):
            await item(connection, record, priority=priority)
        assert await take(connection, newest_first=True) == [4, 2, 3, 1]

    async def test_never_attempted_records_come_before_retries_and_those_by_their_time(
        self, connection: Connection
    ) -> None:
        await item(connection, 1, next_at=NOON)
        await item(connection, 2, next_at=NOON - timedelta(hours=1))
        await item(connection, 3)
        assert await take(connection) == [3, 2, 1]

    async def test_only_open_zones_are_asked(self, connection: Connection) -> None:
        await item(connection, 1, zone=WEST)
        await item(connection, 2, zone=EAST)
        assert await take(connection, zones=(EAST,)) == [2]

    async def test_no_more_than_wanted_and_none_twice(self, connection: Connection) -> None:
        for record in range(1, 8):
            await item(connection, record)
        assert await take(connection, 3) == [1, 2, 3]
        assert await take(connection, 3) == [4, 5, 6]
        assert await take(connection, 3) == [7]
        assert await take(connection, 3) == []


class TestStrictPriority:
    async def test_a_retry_inside_the_present_window_holds_lower_priorities_back(self, connection: Connection) -> None:
        await item(connection, 1, priority=9, state="W", next_at=EVENING - timedelta(minutes=1))
        await item(connection, 2, priority=9)
        await item(connection, 3, priority=8)
        assert await take(connection) == [2]

    async def test_a_retry_after_the_window_or_in_a_closed_zone_holds_nobody(self, connection: Connection) -> None:
        await item(connection, 1, priority=9, state="W", next_at=EVENING)
        await item(connection, 2, priority=9, state="W", next_at=NOON, zone=WEST)
        await item(connection, 3, priority=8)
        assert await take(connection, zones=(EAST,)) == [3]

    async def test_a_record_that_is_being_called_holds_nobody(self, connection: Connection) -> None:
        await item(connection, 1, priority=9, state="C")
        await item(connection, 2, priority=8)
        assert await take(connection) == [2]

    async def test_relaxed_order_dials_on(self, connection: Connection) -> None:
        await item(connection, 1, priority=9, state="W", next_at=NOON)
        await item(connection, 2, priority=8)
        assert await take(connection, strict=False) == [2]


class TestOwnership:
    @pytest.mark.parametrize("fence", [6, 8])
    async def test_only_the_present_fence_takes_anything(self, connection: Connection, fence: int) -> None:
        await item(connection, 1)
        assert await take(connection, fence=fence) == []
        assert await take(connection, fence=7) == [1]


async def test_a_claim_touches_as_many_pages_in_a_long_list_as_in_a_short_one(connection: Connection) -> None:
    async def pages(rows: int) -> int:
        await connection.execute("truncate dial_item")
        await connection.execute(
            """insert into dial_item (campaign_id, record_id, list_id, seq, priority, position, e164, phone_type,
                 zone_id, state)
               select 1, n, 1, n, 1 + n % 10, 0, 12025550142, 1, 1 + n % 20, 'R' from generate_series(1, $1::int) n""",
            rows,
        )
        await connection.execute("vacuum analyze dial_item")
        await take(connection, 40, zones=tuple(range(1, 21)))  # plans are made on the first call
        (row,) = await connection.fetch(
            """explain (analyze, buffers, format json)
               select * from claim_records(1, $1, $2, 40, false, true, 'pool/default', 7)""",
            list(range(1, 21)),
            [EVENING] * 20,
        )
        plan = row[0]
        top = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
        return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])

    short, long = await pages(2_000), await pages(60_000)
    assert long < 2 * short, f"{short} pages of a list of 2,000 rows, {long} of one of 60,000"
