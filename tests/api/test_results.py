"""`/v1/campaigns/{id}/results`: what came of the calls, counted, and the same as CSV."""

from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from outdial.adapters.storage.database import Database
from outdial.domain.access import Scope
from tests.api.conftest import Bearer, Parts, a_campaign, created
from tests.conftest import SetClock

SECOND = timedelta(seconds=1)

CALL = """
insert into attempt (uuid, campaign_id, record_id, list_id, number, priority, e164, phone_type, zone_id, mode, fence,
  started_at, answered_at, bridged_at, ended_at, outcome, counted, left_early, disposition_id)
select $1, c.id, $3, (select min(id) from record_list), 1, 5, 12025550142, 1, 1, 'PREDICTIVE', 1,
  $4, $5, $6, $7, $8, true, $9, (select id from disposition where name = $10)
from campaign c where c.uuid::text = $2
"""


class Calls:
    """Writes calls of a campaign down."""

    def __init__(self, database: Database, campaign: str) -> None:
        self._database, self.path = database, f"/v1/campaigns/{campaign}"
        self._campaign = campaign
        self._records = 0

    async def made(
        self,
        at: datetime,
        outcome: str | None,
        *,
        talk: float = 0,
        record: int | None = None,
        left: bool = False,
        said: str | None = None,
    ) -> None:
        """Answers come after 10 s, an agent 1 s later."""
        self._records += 1
        answered = at + 10 * SECOND if outcome in ("connected", "abandoned", "machine") or left else None
        bridged = at + 11 * SECOND if outcome == "connected" else None
        ended = None if outcome is None else at + 11 * SECOND + timedelta(seconds=talk)
        async with self._database.connection() as connection:
            await connection.execute(
                CALL,
                uuid4(),
                self._campaign,
                record or self._records,
                at,
                answered,
                bridged,
                ended,
                outcome,
                left,
                said,
            )


@pytest.fixture
async def calls(api: httpx.AsyncClient, parts: Parts, database: Database) -> Calls:
    await parts.record_list()
    return Calls(database, (await created(api, a_campaign())).rpartition("/")[2])


async def test_nothing_dialed_has_counts_and_no_rates(api: httpx.AsyncClient, calls: Calls) -> None:
    body = (await api.get(f"{calls.path}/results")).json()
    assert body["total"] == dict.fromkeys(
        ("dials", "answered", "machine", "live", "connected", "abandoned", "left_early"), 0
    )
    assert (body["hours"], body["outcomes"], body["dispositions"], body["lists"]) == ([], [], [], [])
    assert body["records"] == {"total": 0, "tried": 0, "contacted": 0}


async def test_each_rate_has_its_own_denominator(api: httpx.AsyncClient, calls: Calls, clock: SetClock) -> None:
    at = clock.now() - timedelta(hours=2)
    await calls.made(at, "connected", talk=60, record=1)
    await calls.made(at, "connected", talk=120, record=1)
    await calls.made(at, "connected", talk=30, record=2)
    await calls.made(at, "abandoned")
    await calls.made(at, "hangup_before_connection", left=True)
    await calls.made(at, "hangup_before_connection")
    await calls.made(at, "machine")
    await calls.made(at, "busy")
    await calls.made(at, None)  # in flight: not counted
    body = (await api.get(f"{calls.path}/results")).json()
    assert body["total"] == {
        "dials": 8,
        "answered": 6,
        "machine": 1,
        "live": 5,
        "connected": 3,
        "abandoned": 1,
        "left_early": 1,
        "answer_rate": 0.75,
        "live_answer_rate": 0.625,
        "connect_rate": 0.375,
        "abandonment_rate": 0.25,
        "mean_talk_seconds": 70.0,
        "mean_wait_seconds": 1.0,
    }
    assert body["records"] == {
        "total": 0,
        "tried": 7,
        "contacted": 2,
        "contact_rate": round(2 / 7, 4),
        "attempts_per_contact": 4.0,
    }
    assert body["outcomes"] == [
        {"outcome": "connected", "calls": 3},
        {"outcome": "hangup_before_connection", "calls": 2},
        {"outcome": "abandoned", "calls": 1},
        {"outcome": "busy", "calls": 1},
        {"outcome": "machine", "calls": 1},
    ]
    assert [(one["name"], one["dials"]) for one in body["lists"]] == [("Renewals", 8)]


async def test_hours_are_those_of_the_time_zone(api: httpx.AsyncClient, calls: Calls, clock: SetClock) -> None:
    hour = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    await calls.made(hour + timedelta(minutes=10), "busy")
    await calls.made(hour + timedelta(minutes=40), "connected")
    found = (await api.get(f"{calls.path}/results", params={"timezone": "Asia/Kolkata"})).json()
    assert [(one["dials"], one["connected"]) for one in found["hours"]] == [(1, 0), (1, 1)], "it is half an hour off"
    whole = (await api.get(f"{calls.path}/results")).json()
    assert [one["dials"] for one in whole["hours"]] == [2]


async def test_what_agents_said_is_counted_and_what_they_did_not_say(
    api: httpx.AsyncClient, calls: Calls, clock: SetClock
) -> None:
    made = await api.post("/v1/dispositions", json={"name": "Sold", "effect": "FINAL"})
    at = clock.now() - timedelta(hours=1)
    for said in ("Sold", "Sold", None):
        await calls.made(at, "connected", said=said)
    await calls.made(at, "busy")
    body = (await api.get(f"{calls.path}/results")).json()
    assert body["dispositions"] == [
        {"disposition_id": made.json()["id"], "name": "Sold", "calls": 2},
        {"calls": 1},
    ]


async def test_bounds_are_taken_and_checked(api: httpx.AsyncClient, calls: Calls, clock: SetClock) -> None:
    at = clock.now() - timedelta(days=20)
    await calls.made(at, "busy")
    path = f"{calls.path}/results"
    assert (await api.get(path)).json()["total"]["dials"] == 0, "the last week"
    around = {"from": (at - SECOND).isoformat(), "to": (at + SECOND).isoformat()}
    assert (await api.get(path, params=around)).json()["total"]["dials"] == 1
    for wrong, field in (
        ({"from": around["to"], "to": around["from"]}, "to"),
        ({"from": "2020-01-01T00:00:00Z"}, "to"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"from": "yesterday"}, "from"),
    ):
        answer = await api.get(path, params=wrong)
        assert answer.status_code == 400, wrong
        assert [one["name"] for one in answer.json()["fields"]] == [field]


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        (
            "hour",
            [
                "hour,dials,answered,machine,live,connected,abandoned,left_early,"
                "answer_rate,live_answer_rate,connect_rate,abandonment_rate,mean_talk_seconds,mean_wait_seconds",
                "{hour},2,1,0,1,1,0,0,0.5,0.5,0.5,0.0,45.0,1.0",
            ],
        ),
        ("outcome", ["outcome,calls,share", "busy,1,0.5", "connected,1,0.5"]),
        ("disposition", ["disposition,calls,share", ",1,1.0"]),
    ],
)
async def test_a_file_has_a_row_for_each(
    by: str, rows: list[str], api: httpx.AsyncClient, calls: Calls, clock: SetClock
) -> None:
    hour = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    await calls.made(hour, "busy")
    await calls.made(hour, "connected", talk=45)
    answer = await api.get(f"{calls.path}/results.csv", params={"by": by})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="results-by-{by}.csv"'
    assert answer.text.splitlines() == [row.format(hour=hour.isoformat()) for row in rows]


async def test_another_account_s_campaign_is_not_there(api: httpx.AsyncClient, calls: Calls, bearer: Bearer) -> None:
    for path in (f"{calls.path}/results", f"{calls.path}/results.csv"):
        answer = await api.get(path, headers=await bearer(Scope.CAMPAIGNS_READ, account="other"))
        assert answer.status_code == 404
