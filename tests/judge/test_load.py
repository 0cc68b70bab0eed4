"""What the judge reads is what the database holds."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from outdial.adapters.storage.database import Database
from tests.judge.attempt_log import Ending, LoggedAttempt, Phone, RecordFacts, load

CAMPAIGN = UUID("00000000-0000-4000-8000-000000000001")
BEGIN = datetime(2026, 6, 1, 14, tzinfo=UTC)

ROWS = """
insert into account (id, name, created_at) values (1, 'judged', $1);
insert into campaign (id, uuid, account_id, name, name_folded, priority, status, created_at, updated_at)
  values (1, '00000000-0000-4000-8000-000000000001', 1, 'One', 'one', 5, 'RUNNING', $1, $1),
         (2, '00000000-0000-4000-8000-000000000002', 1, 'Two', 'two', 5, 'RUNNING', $1, $1);
insert into record_list (id, uuid, account_id, name, name_folded, unique_identifier_type, status, created_at,
                         updated_at)
  values (1, gen_random_uuid(), 1, 'List', 'list', 'NOTHING', 'ACCEPTED', $1, $1);
insert into zone (id, names) values (1, '{America/New_York}'), (2, '{Europe/Berlin,Europe/London}');
insert into record (id, uuid, list_id, seq, first_name, last_name, timezone, priority, created_at, updated_at)
  values (7, gen_random_uuid(), 1, 70, 'A', 'B', null, 5, $1, $1),
         (8, gen_random_uuid(), 1, 80, 'C', 'D', 'Europe/Paris', 9, $1, $1);
insert into record_phone (record_id, position, list_id, phone_type, e164, zone_id)
  values (7, 0, 1, 2, 12025550142, 1), (7, 1, 1, 1, 442079460123, 2), (8, 0, 1, 6, 33199001234, 2);
insert into dnc_list (id, uuid, account_id, name, status, created_at, updated_at)
  values (1, gen_random_uuid(), 1, 'Blocked', 'ACCEPTED', $1, $1);
insert into dnc_entry (uuid, list_id, e164, created_at, updated_at) values (gen_random_uuid(), 1, 442079460123, $1, $1);
insert into campaign_dnc_list (campaign_id, list_id) values (1, 1);
insert into dial_item (campaign_id, record_id, list_id, seq, priority, position, e164, phone_type, zone_id, attempts,
                       state, reason)
  values (1, 7, 1, 70, 5, 0, 12025550142, 2, 1, 1, 'D', 'connected'),
         (1, 8, 1, 80, 9, 0, 33199001234, 6, 2, 0, 'W', 'waiting_for_retry'),
         (2, 8, 1, 80, 9, 0, 33199001234, 6, 2, 0, 'R', 'ready');
insert into attempt (uuid, campaign_id, record_id, list_id, number, priority, e164, phone_type, zone_id, mode, fence,
                     started_at, ended_at, outcome, counted)
  values (gen_random_uuid(), 1, 7, 1, 1, 4, 12025550142, 2, 1, 'PREDICTIVE', 1, $1, $2, 'connected', true),
         (gen_random_uuid(), 2, 8, 1, 1, 9, 33199001234, 6, 2, 'PREDICTIVE', 1, $1, null, null, null)
"""


async def test_reads_one_campaigns_records_attempts_and_endings(database: Database) -> None:
    end = BEGIN + timedelta(seconds=90)
    async with database.transaction() as connection:
        for statement in ROWS.split(";\n"):
            arguments = [value for mark, value in (("$1", BEGIN), ("$2", end)) if mark in statement]
            await connection.execute(statement, *arguments)
        log = await load(connection, CAMPAIGN)
    assert sorted(log.records, key=lambda record: record.record) == [
        RecordFacts(
            record=7,
            phones=(
                Phone("+12025550142", "HOME", ("America/New_York",), 0),
                # What is publicly known of the number joins what was stored.
                Phone("+442079460123", "MOBILE", ("Europe/Berlin", "Europe/London"), 1, blocked=True),
            ),
            priority=5,
            seq=70,
        ),
        RecordFacts(8, (Phone("+33199001234", "EXTRA_3", ("Europe/Paris",), 0),), 9, 80, timezone="Europe/Paris"),
    ]
    assert log.attempts == [
        LoggedAttempt(
            record=7,
            number=1,
            at=BEGIN,
            ended=end,
            outcome="connected",
            phone="+12025550142",
            phone_type="HOME",
            position=0,
            zones=("America/New_York",),
            priority=4,
            seq=70,
            counted=True,
        )
    ]
    assert sorted(log.finals, key=lambda ending: ending.record) == [
        Ending(7, "D", "connected", 1),
        Ending(8, "W", "waiting_for_retry", 0),
    ]
