"""The last instant before a call: an insert into a DNC list is answered only when no call to the number can start."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from outdial.adapters.storage.database import Database, open_database
from outdial.adapters.storage.dialing import DialRows
from outdial.domain.campaigns import Campaign
from outdial.domain.dnc import lock_key
from outdial.domain.values import AccountId, CampaignId, PhoneNumber, PhoneType
from outdial.ports.dialing import Claimed, RunningCampaign

ANA, BEN = PhoneNumber("+12025550142"), PhoneNumber("+12025550143")
TODAY = date(2026, 6, 1)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def claimed(number: PhoneNumber, record: int = 1) -> Claimed:
    return Claimed(record, 1, 5, 0, number, PhoneType.MOBILE, 1, 0, 1)


@dataclass
class Lists:
    """A campaign with one DNC list."""

    database: Database
    dial: DialRows
    campaign: RunningCampaign

    async def put(self, number: PhoneNumber, expires_on: date | None = None) -> None:
        """As the API's insert does: the number's lock first, the answer after the commit."""
        async with self.database.transaction() as connection:
            await connection.execute("select pg_advisory_xact_lock($1)", lock_key(number))
            await connection.execute(
                """insert into dnc_entry (uuid, list_id, e164, expires_on, created_at, updated_at)
                   values ($1, (select id from dnc_list), $2, $3, $4, $4)""",
                uuid4(),
                int(number[1:]),
                expires_on,
                NOON,
            )

    async def somebody_waits(self) -> None:
        """Returns once a transaction waits for an advisory lock."""
        while True:
            async with self.database.connection() as connection:
                if await connection.fetchval(
                    "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
                ):
                    return
            await asyncio.sleep(0.01)


@pytest.fixture
async def lists(fresh_database: dict[str, Any]) -> AsyncIterator[Lists]:
    async with open_database(fresh_database, size=4) as database:
        async with database.connection() as connection:
            account = await connection.fetchval(
                "insert into account (name, created_at) values ('acme', $1) returning id", NOON
            )
            key = await connection.fetchval(
                """insert into campaign (uuid, account_id, name, name_folded, priority, status, created_at, updated_at)
                   values ($1, $2, 'C', 'c', 5, 'RUNNING', $3, $3) returning id""",
                uuid4(),
                account,
                NOON,
            )
            await connection.execute(
                """insert into dnc_list (uuid, account_id, name, status, created_at, updated_at)
                   values ($1, $2, 'Opt-outs', 'ACCEPTED', $3, $3)""",
                uuid4(),
                account,
                NOON,
            )
            await connection.execute("insert into campaign_dnc_list select $1, id from dnc_list", key)
        campaign = Campaign(CampaignId(uuid4()), "C", NOON, NOON)
        running = RunningCampaign(key, AccountId(account), campaign, (), (), None)
        yield Lists(database, DialRows(database), running)


async def test_an_insert_waits_until_the_call_that_was_being_placed_is_accepted(lists: Lists) -> None:
    async with lists.dial.placing(lists.campaign, [claimed(ANA)], [TODAY]) as placing:
        assert placing.on_dnc == frozenset()
        insert = asyncio.create_task(lists.put(ANA))
        await lists.somebody_waits()
        assert not insert.done()
    await insert


async def test_after_the_answer_to_an_insert_the_number_is_blocked(lists: Lists) -> None:
    await lists.put(ANA)
    async with lists.dial.placing(lists.campaign, [claimed(ANA, 1), claimed(BEN, 2)], [TODAY, TODAY]) as placing:
        assert placing.on_dnc == {1}


async def test_an_insert_of_another_number_does_not_wait(lists: Lists) -> None:
    async with lists.dial.placing(lists.campaign, [claimed(ANA)], [TODAY]):
        await lists.put(BEN)


async def test_a_number_that_is_being_listed_is_looked_up_only_afterwards(lists: Lists) -> None:
    async with lists.database.transaction() as connection:
        await connection.execute("select pg_advisory_xact_lock($1)", lock_key(ANA))

        async def place() -> frozenset[int]:
            async with lists.dial.placing(lists.campaign, [claimed(ANA)], [TODAY]) as placing:
                return placing.on_dnc

        placing = asyncio.create_task(place())
        await lists.somebody_waits()
        await connection.execute(
            """insert into dnc_entry (uuid, list_id, e164, created_at, updated_at)
               values ($1, (select id from dnc_list), $2, $3, $3)""",
            uuid4(),
            int(ANA[1:]),
            NOON,
        )
    assert await placing == {1}


@pytest.mark.parametrize(("ends", "blocked"), [(TODAY, {1}), (TODAY - timedelta(days=1), set())])
async def test_an_entry_holds_through_its_last_day(lists: Lists, ends: date, blocked: set[int]) -> None:
    await lists.put(ANA, ends)
    async with lists.dial.placing(lists.campaign, [claimed(ANA)], [TODAY]) as placing:
        assert placing.on_dnc == blocked


async def test_the_numbers_are_free_again_when_placing_fails(lists: Lists) -> None:
    with pytest.raises(RuntimeError):
        async with lists.dial.placing(lists.campaign, [claimed(ANA)], [TODAY]):
            raise RuntimeError
    await lists.put(ANA)
