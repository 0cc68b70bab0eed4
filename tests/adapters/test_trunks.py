"""What an engine writes down of its trunks, and what it reads of people's wishes."""

from outdial.adapters.storage.database import Database
from outdial.adapters.storage.trunks import TrunkReports, told_of
from outdial.ports.carrier import WayOut
from tests.conftest import SetClock

MAIN = WayOut("main", None, False, 3, 27, 30, 10.0, "OPTIONS 200")
SPARE = WayOut("spare", "no sign of life", False, 0, 0, 30)


async def drain(database: Database, name: str) -> None:
    async with database.connection() as connection:
        await connection.execute("update trunk set drained = true where name = $1", name)


async def test_trunks_are_those_of_the_engines_file_in_its_order(database: Database, clock: SetClock) -> None:
    reports = TrunkReports(database, clock)
    assert await reports.tell([SPARE, MAIN]) == []
    assert [one.name for one in await told_of(database)] == ["spare", "main"]
    clock.advance(1)
    await reports.tell([MAIN])
    [main] = await told_of(database)
    assert (main.name, main.calls, main.most, main.sign) == ("main", 3, 30, "OPTIONS 200")


async def test_a_wish_outlives_the_trunk_in_the_file_and_the_engine(database: Database, clock: SetClock) -> None:
    await TrunkReports(database, clock).tell([MAIN, SPARE])
    await drain(database, "spare")
    await TrunkReports(database, clock).tell([MAIN])
    assert await TrunkReports(database, clock).tell([MAIN, SPARE]) == ["spare"]
    assert [one.drained for one in await told_of(database)] == [False, True]


async def test_a_trunk_as_it_was_is_only_written_as_a_sign_of_life(database: Database, clock: SetClock) -> None:
    reports, began = TrunkReports(database, clock), clock.now()
    await reports.tell([MAIN])
    clock.advance(2)
    await reports.tell([MAIN])
    assert (await told_of(database))[0].heard_at == began
    clock.advance(4)
    await reports.tell([MAIN])
    assert (await told_of(database))[0].heard_at == clock.now()
