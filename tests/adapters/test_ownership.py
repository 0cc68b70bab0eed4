"""An owner who woke up too late: the fence is checked in the very transactions that begin attempts and free claims."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from outdial.adapters.storage.database import Database, open_database
from outdial.adapters.storage.dialing import DialRows
from outdial.domain.calls import Call, CallState, HangupBy
from outdial.domain.campaigns import Campaign
from outdial.domain.outcomes import Outcome, Reason
from outdial.domain.retry import NoMore
from outdial.domain.values import AccountId, CampaignId, PhoneNumber, PhoneType, UserId
from outdial.ports.dialing import Claimed, Ended, NewAttempt, RunningCampaign

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LEASE, FENCE = "pool/default", 7
CAMPAIGN = RunningCampaign(1, AccountId(1), Campaign(CampaignId(uuid4()), "C", NOON, NOON), (), (), None)
ANA = UserId(UUID(int=1))


def attempt(record: int) -> NewAttempt:
    number = PhoneNumber(f"+1202555010{record}")
    return NewAttempt(uuid4(), Claimed(record, 1, 5, 0, number, PhoneType.MOBILE, 1, 0, 1), None, NOON)


class Records:
    """Three records, each claimed under the lease's present fence."""

    def __init__(self, database: Database) -> None:
        self.database, self.dial = database, DialRows(database)

    async def do(self, statement: str) -> None:
        async with self.database.connection() as connection:
            await connection.execute(statement)

    async def begin(self, attempts: Sequence[NewAttempt], fence: int = FENCE) -> Sequence[int | None]:
        claims = [one.claimed for one in attempts]
        async with self.dial.placing(CAMPAIGN, claims, [NOON.date() for _ in claims]) as placing:
            return await placing.begin(LEASE, fence, attempts)

    async def states(self) -> list[tuple[str, bool]]:
        """For each record its state, and whether an attempt blocks it."""
        async with self.database.connection() as connection:
            rows = await connection.fetch("select state, attempt_id from dial_item order by record_id")
        return [(row["state"].decode(), row["attempt_id"] is not None) for row in rows]


@pytest.fixture
async def records(fresh_database: dict[str, Any]) -> AsyncIterator[Records]:
    async with open_database(fresh_database, size=1) as database:
        async with database.connection() as connection:
            await connection.execute("set session_replication_role = replica")  # no campaign, list or record behind
            await connection.execute("insert into lease values ($1, 'us', $2, $3)", LEASE, FENCE, NOON)
            await connection.executemany(
                """insert into dial_item (campaign_id, record_id, list_id, seq, priority, position, e164, phone_type,
                     zone_id, state, fence) values (1, $1, 1, $1, 5, 0, $2, 1, 1, 'C', $3)""",
                [(record, int(attempt(record).claimed.phone[1:]), FENCE) for record in (1, 2, 3)],
            )
        yield Records(database)


async def test_the_owner_begins_what_it_claimed(records: Records) -> None:
    assert None not in await records.begin([attempt(1), attempt(2), attempt(3)])
    assert await records.states() == [("C", True)] * 3


async def test_nothing_is_begun_under_a_fence_of_the_past(records: Records) -> None:
    await records.do("update lease set fence = 8")
    assert await records.begin([attempt(1)]) == [None]
    assert (await records.states())[0] == ("C", False)


async def test_nor_what_the_next_owner_has_claimed_or_given_back(records: Records) -> None:
    await records.do("update dial_item set fence = 8 where record_id = 1")
    await records.do("update dial_item set state = 'R' where record_id = 2")
    begun = await records.begin([attempt(1), attempt(2), attempt(3)])
    assert [key is None for key in begun] == [True, True, False]


async def test_a_record_whose_attempt_is_open_is_not_begun_again(records: Records) -> None:
    assert None not in await records.begin([attempt(1)])
    assert await records.begin([attempt(1)]) == [None]


async def test_claims_are_given_back_by_their_owner_alone_but_those_that_are_held_or_in_a_call(
    records: Records,
) -> None:
    await records.begin([attempt(1)])
    assert await records.dial.release_claims(1, LEASE, FENCE - 1) == 0
    assert await records.dial.release_claims(1, LEASE, FENCE, keep=[2]) == 1
    assert await records.states() == [("C", True), ("C", False), ("R", False)]


async def test_of_an_open_attempt_all_is_known_that_was_written_of_its_conversation(records: Records) -> None:
    silent, talking = attempt(1), attempt(2)
    keys = await records.begin([silent, talking])
    await records.do(
        f"insert into app_user (id, uuid, account_id, name, created_at) values (1, '{ANA}', 1, 'Ana', '{NOON}')"
    )
    call = Call(
        True,
        NOON,
        CallState.BRIDGED,
        ringing_at=NOON + timedelta(seconds=1),
        answered_at=NOON + timedelta(seconds=2),
        verdict_at=NOON + timedelta(seconds=3),
        verdict="human",
        bridged_at=NOON + timedelta(seconds=4),
        agent=ANA,
    )
    assert keys[1] is not None
    await records.dial.connected([(keys[1], call)])
    found = {one.about.claimed.record: one for one in await records.dial.open_attempts(1, FENCE)}
    assert (found[1].about, found[1].call) == (silent, Call(False, NOON))
    assert (found[2].about, found[2].call) == (talking, call)


async def test_an_open_attempt_of_a_later_owner_is_not_seen(records: Records) -> None:
    await records.begin([attempt(1)])
    assert await records.dial.open_attempts(1, FENCE - 1) == []


async def test_what_is_told_of_a_conversation_after_its_end_changes_nothing(records: Records) -> None:
    (key,) = await records.begin([attempt(1)])
    assert key is not None
    ended = Call(False, NOON, CallState.ENDED, ended_at=NOON, outcome=Outcome.BUSY, hangup_by=HangupBy.NETWORK)
    await records.dial.end(1, [Ended(key, 1, ended, Outcome.BUSY, NoMore(Reason.MAX_ATTEMPTS))])
    await records.dial.connected([(key, Call(False, NOON, CallState.BRIDGED, bridged_at=NOON))])
    async with records.database.connection() as connection:
        assert await connection.fetchval("select bridged_at from attempt") is None
