"""The log of calls as a report over HTTP: asked for, written in the background, fetched, forgotten."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from outdial.adapters.storage.database import Database
from outdial.adapters.storage.unit_of_work import SqlStorage
from outdial.api.services import Services
from outdial.app.reports import ReportWriter
from outdial.domain.access import Scope
from outdial.domain.reports import ADDRESS_LIFETIME, FILE_LIFETIME, MOST_JOBS, MOST_TRIES
from outdial.domain.values import AccountId
from outdial.ports.clock import Clock
from tests.api.conftest import BASE_URL, Bearer, Parts, created, fields_of, new_app
from tests.api.test_record_lists import MARTA, a_list
from tests.conftest import SetClock

JOBS = "/data/reports/outbound_dialer_calls/jobs"
FILES = "/data/reports/outbound_dialer_calls/files"
NOBODY = "9e2d7a64-1c3f-4d0b-8f55-6a1e2b3c4d5e"
JUNE = {"from": "2026-06-01T00:00:00Z", "to": "2026-07-01T00:00:00Z"}


@pytest.fixture
def writer(services: Services) -> ReportWriter:
    """What the server does in the background, to be done when the test says so."""
    return ReportWriter(storage=services.storage, access=services.access, clock=services.wall)


async def a_job(api: httpx.AsyncClient, **members: Any) -> str:
    """The path of a new job."""
    answer = await api.post(JOBS, json={"name": "June", "timespan": JUNE, **members})
    assert answer.status_code == 202, answer.text
    return f"{JOBS}/{answer.json()['job']['id']}"


async def file_of(api: httpx.AsyncClient, job: str) -> httpx.Response:
    """The file of a job that is done: by the way that clients go who follow what they are told."""
    answer = await api.get(job, follow_redirects=True)
    assert [step.status_code for step in answer.history] == [303, 302]
    assert answer.status_code == 200, answer.text
    return answer


@dataclass(frozen=True)
class Calls:
    """Calls of a campaign to one record, written straight into the table."""

    database: Database
    clock: Clock
    campaign: str
    record: str

    async def add(self, *, minutes: float = 0, outcome: str | None = "busy", user: str | None = None) -> str:
        """A call that started so many minutes from now; without an outcome it is still going on."""
        uuid, start = uuid4(), self.clock.now() + timedelta(minutes=minutes)
        async with self.database.transaction() as connection:
            await connection.execute(
                """
                insert into attempt (uuid, campaign_id, record_id, list_id, number, priority, e164, phone_type, zone_id,
                  mode, fence, started_at, ended_at, outcome, user_id)
                select $1, c.id, r.id, r.list_id, 1, 5, 12025550142, 1, 1, 'progressive', 1, $4, $5, $6,
                  (select id from app_user where uuid = $7)
                from campaign c, record r where c.uuid = $2 and r.uuid = $3
                """,
                uuid,
                UUID(self.campaign),
                UUID(self.record),
                start,
                None if outcome is None else start + timedelta(seconds=20),
                outcome,
                None if user is None else UUID(user),
            )
        return str(uuid)


@pytest.fixture
async def calls(api: httpx.AsyncClient, database: Database, clock: SetClock) -> Calls:
    path = await a_list(api)
    record = (await api.post(f"{path}/records", json=MARTA)).json()["id"]
    return Calls(database, clock, (await created(api)).rpartition("/")[2], record)


class TestAsking:
    async def test_a_job_is_answered_at_once_and_begins_as_created(self, api: httpx.AsyncClient) -> None:
        body = {"name": "June", "timezone": "europe/lisbon", "format": "json", "timespan": JUNE}
        answer = await api.post(JOBS, json=body)
        job = answer.json()["job"]
        assert (answer.status_code, answer.headers["content-type"]) == (202, "application/json")
        address = f"{BASE_URL}{JOBS}/{job['id']}"
        assert answer.headers["location"] == address
        assert answer.json() == {
            "job": {
                "id": job["id"],
                "name": "June",
                "timezone": "Europe/Lisbon",
                "status": "created",
                "format": "json",
                "timespan": {"from": "2026-06-01T00:00:00.000Z", "to": "2026-07-01T00:00:00.000Z"},
            },
            "_links": {"self": {"href": address}, "files": {"href": f"{BASE_URL}{FILES}/{job['id']}"}},
        }
        shown = await api.get(address)
        assert (shown.status_code, shown.json()) == (200, answer.json())

    async def test_what_may_be_left_out_has_a_default(self, api: httpx.AsyncClient) -> None:
        job = (await api.post(JOBS, json={"timespan": JUNE})).json()["job"]
        assert (job["name"], job["timezone"], job["format"]) == ("outbound_dialer_calls", "UTC", "csv")

    async def test_bounds_without_an_offset_are_in_the_time_zone_of_the_report(self, api: httpx.AsyncClient) -> None:
        bounds = {"from": "2026-06-01T00:00:00", "to": "2026-06-02T00:00:00+02:00"}
        answer = await api.post(JOBS, json={"timezone": "Europe/Lisbon", "timespan": bounds})
        assert answer.json()["job"]["timespan"] == {
            "from": "2026-05-31T23:00:00.000Z",
            "to": "2026-06-01T22:00:00.000Z",
        }

    @pytest.mark.parametrize(
        ("members", "code", "wrong"),
        [
            ({"timespan": None}, "1020001", {"timespan"}),
            ({"timespan": {}}, "1020001", {"timespan.from", "timespan.to"}),
            ({"timespan": {"from": "2026-06-01", "to": 5}}, "1020001", {"timespan.from", "timespan.to"}),
            ({"timespan": JUNE | {"from": "0001-01-01T00:00:00+14:00"}}, "1020001", {"timespan.from"}),
            ({"timespan": JUNE | {"to": "9999-12-31T23:59:59-14:00"}}, "1020001", {"timespan.to"}),
            ({"format": "xml"}, "1020001", {"format"}),
            ({"name": ""}, "1020001", {"name"}),
            ({"timezone": 5}, "1020001", {"timezone"}),
            ({"timezone": "Mars/Base"}, "1020016", {"timezone"}),
            ({"timespan": {"from": JUNE["to"], "to": JUNE["from"]}}, "1020005", {"timespan.to"}),
            ({"timespan": JUNE | {"to": "2026-07-02T00:00:01Z"}}, "1020013", {"timespan.to"}),
        ],
    )
    async def test_each_mistake_has_its_code(
        self, api: httpx.AsyncClient, members: dict[str, Any], code: str, wrong: set[str]
    ) -> None:
        answer = await api.post(JOBS, json={"timespan": JUNE} | members)
        assert (answer.status_code, answer.json()["code"], fields_of(answer)) == (400, code, wrong)
        assert answer.headers["content-type"] == "application/json"

    async def test_so_many_jobs_of_an_account_may_be_open_at_once(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer, writer: ReportWriter
    ) -> None:
        for _ in range(MOST_JOBS):
            await a_job(api)
        again = {"Idempotency-Key": "sixteen"}
        answer = await api.post(JOBS, json={"timespan": JUNE}, headers=again)
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (429, "1020017", "30")
        assert fields_of(answer) == {"retry-after"}
        other = await stranger.post(JOBS, json={"timespan": JUNE}, headers=await bearer(account="acme"))
        assert other.status_code == 202
        await writer.once()
        assert (await api.post(JOBS, json={"timespan": JUNE}, headers=again)).status_code == 202

    async def test_who_is_refused_has_the_codes_of_reports(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        job = await a_job(api)
        file = job.replace("jobs", "files")
        reads, writes = await bearer(Scope.REPORTS_READ), await bearer(Scope.REPORTS_WRITE)
        foreign = await bearer(account="acme")
        for method, path, headers, status, code in (
            ("POST", JOBS, {}, 401, "1020018"),
            ("GET", job, {}, 401, "1020018"),
            ("POST", JOBS, reads, 403, "1020004"),
            ("GET", JOBS, writes, 403, "1020004"),
            ("GET", job, writes, 403, "1020004"),
            ("GET", file, writes, 403, "1020004"),
            ("GET", job, foreign, 404, "1020011"),
            ("GET", f"{JOBS}/{NOBODY}", reads, 404, "1020011"),
            ("GET", f"{JOBS}/x", reads, 404, "1020011"),
            ("GET", file, foreign, 404, "1020008"),
            ("GET", file, reads, 404, "1020008"),
            ("GET", f"{FILES}/x", reads, 404, "1020008"),
        ):
            answer = await stranger.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (status, code), (method, path)
        assert (await stranger.get(JOBS, headers=foreign)).json()["total"] == 0

    async def test_without_the_database_it_is_503(self, services: Services, bearer: Bearer) -> None:
        class Away(SqlStorage):
            def unit_of_work(self, account: AccountId) -> Any:
                raise OSError

        headers = await bearer()
        app = new_app(replace(services, storage=Away(None, services.clock), database_away=(OSError,)))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL, headers=headers) as client:
            answer = await client.get(f"{JOBS}/{NOBODY}")
        assert (answer.status_code, answer.json()["code"]) == (503, "1020019")

    async def test_jobs_are_listed_twenty_a_page_the_newest_first(
        self, api: httpx.AsyncClient, writer: ReportWriter
    ) -> None:
        first = await a_job(api, name="First")
        await writer.once()
        second = await a_job(api, name="Second")
        page = (await api.get(JOBS)).json()
        assert (page["total"], page["per_page"]) == (2, 20)
        found = page["_embedded"]["jobs"]
        assert [(job["name"], job["status"]) for job in found] == [("Second", "created"), ("First", "done")]
        assert [job["_links"]["self"]["href"] for job in found] == [BASE_URL + second, BASE_URL + first]
        assert (await api.get(JOBS, params={"per_page": 200})).status_code == 200
        assert (await api.get(JOBS, params={"per_page": 201})).json()["code"] == "1020001"


class TestTheFile:
    @pytest.mark.parametrize(
        ("form", "media_type"),
        [
            ("csv", "text/csv; charset=utf-8"),
            ("json", "application/json"),
            ("json_bulk", "application/x-ndjson"),
        ],
    )
    async def test_has_the_calls_of_the_span_in_their_order(
        self, api: httpx.AsyncClient, writer: ReportWriter, calls: Calls, parts: Parts, form: str, media_type: str
    ) -> None:
        user, team = await parts.user(), (await api.post("/v1/teams", json={"name": "North"})).json()["id"]
        await api.post(f"/v1/teams/{team}/users", json=[{"id": user}])
        late = await calls.add(minutes=30, outcome="connected", user=user)
        early = await calls.add(minutes=-30)
        await calls.add(minutes=5, outcome=None)
        await calls.add(minutes=-60 * 24 * 30)
        job = await a_job(api, format=form, timespan={"from": "2026-06-01T08:30:00Z", "to": "2026-06-01T10:00:00Z"})
        assert await writer.once() == 1
        answer = await file_of(api, job)
        assert answer.headers["content-type"] == media_type
        assert "attachment" in answer.headers["content-disposition"]
        match form:
            case "csv":
                rows = list(csv.DictReader(io.StringIO(answer.text)))
                assert json.loads(rows[0]["record_extra_data"]) == MARTA["extra_data"]
            case "json":
                rows = answer.json()
            case _:
                rows = [json.loads(line) for line in answer.text.splitlines()]
        assert [row["interaction_id"] for row in rows] == [early, late]
        assert [row["system_disposition"] for row in rows] == ["BUSY", "CONNECTED"]
        assert (rows[1]["agent_id"], rows[1]["team_name"]) == (user, "North")
        assert (rows[0]["record_id"], rows[0]["campaign_id"]) == (calls.record, calls.campaign)
        assert rows[0]["customer_phone_number"] == "+12025550142"

    async def test_begins_with_its_span_and_ends_before_the_end_of_it(
        self, api: httpx.AsyncClient, writer: ReportWriter, calls: Calls
    ) -> None:
        first = await calls.add()
        await calls.add(minutes=60)
        start = calls.clock.now()
        bounds = {"from": start.isoformat(), "to": (start + timedelta(minutes=60)).isoformat()}
        job = await a_job(api, format="json", timespan=bounds)
        await writer.once()
        assert [row["interaction_id"] for row in (await file_of(api, job)).json()] == [first]

    async def test_of_many_calls_is_written_and_read_in_pieces(
        self, api: httpx.AsyncClient, services: Services, calls: Calls
    ) -> None:
        writer = ReportWriter(storage=services.storage, access=services.access, clock=services.wall, rows_at_once=2)
        wanted = [await calls.add(minutes=place // 2) for place in range(6)]
        jobs = [await a_job(api, format=form) for form in ("csv", "json", "json_bulk")]
        assert await writer.once() == 3
        text, whole, lines = [await file_of(api, job) for job in jobs]
        assert [row["interaction_id"] for row in csv.DictReader(io.StringIO(text.text))] == wanted
        assert [row["interaction_id"] for row in whole.json()] == wanted
        assert [json.loads(line)["interaction_id"] for line in lines.text.splitlines()] == wanted

    @pytest.mark.parametrize(("form", "text"), [("json", "[]\n"), ("json_bulk", "")])
    async def test_of_no_calls_is_whole_all_the_same(
        self, api: httpx.AsyncClient, writer: ReportWriter, form: str, text: str
    ) -> None:
        job = await a_job(api, format=form)
        await writer.once()
        assert (await file_of(api, job)).text == text

    async def test_has_the_calls_of_the_account_alone(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer, writer: ReportWriter, calls: Calls
    ) -> None:
        await calls.add()
        headers = await bearer(account="acme")
        answer = await stranger.post(JOBS, json={"format": "json", "timespan": JUNE}, headers=headers)
        assert await writer.once() == 1
        found = await stranger.get(answer.headers["location"], headers=headers, follow_redirects=True)
        assert found.json() == []

    async def test_goes_on_naming_a_record_that_is_gone_by_its_number(
        self, api: httpx.AsyncClient, writer: ReportWriter, calls: Calls, database: Database
    ) -> None:
        await calls.add()
        async with database.transaction() as connection:
            await connection.execute("delete from record where uuid = $1", UUID(calls.record))
        job = await a_job(api, format="json")
        await writer.once()
        (row,) = (await file_of(api, job)).json()
        assert (row["record_id"], row["record_extra_data"]) == (None, None)
        assert row["customer_phone_number"] == "+12025550142"


class TestTheAddress:
    @pytest.fixture
    async def address(self, api: httpx.AsyncClient, writer: ReportWriter) -> str:
        job = await a_job(api)
        await writer.once()
        answer = await api.get(job.replace("jobs", "files"))
        assert answer.status_code == 302
        return answer.headers["location"]

    async def test_needs_no_token_and_can_be_used_again(self, stranger: httpx.AsyncClient, address: str) -> None:
        for _ in range(2):
            assert (await stranger.get(address)).status_code == 200

    async def test_is_good_for_a_while(self, stranger: httpx.AsyncClient, address: str, clock: SetClock) -> None:
        clock.advance(ADDRESS_LIFETIME.total_seconds() - 1)
        assert (await stranger.get(address)).status_code == 200
        clock.advance(2)
        answer = await stranger.get(address)
        assert (answer.status_code, answer.json()["code"]) == (403, "1020004")

    async def test_cannot_be_forged(self, stranger: httpx.AsyncClient, address: str) -> None:
        way, _, token = address.rpartition("/")
        forged = ["x", "", token[:-4], token + "AAAA", "A" * len(token), "_" * len(token)]
        # Another account, job or hour under the same signature.
        forged += [
            token[:place] + ("B" if token[place] == "A" else "A") + token[place + 1 :] for place in (0, 9, 15, 40)
        ]
        for one in forged:
            assert (await stranger.get(f"{way}/{one}")).status_code in (403, 404)
        assert (await stranger.get(f"{way}/{'A' * len(token)}")).json()["code"] == "1020004"


class TestTime:
    async def test_a_file_is_kept_for_a_week(
        self,
        api: httpx.AsyncClient,
        stranger: httpx.AsyncClient,
        bearer: Bearer,
        writer: ReportWriter,
        clock: SetClock,
        database: Database,
    ) -> None:
        job = await a_job(api)
        file = job.replace("jobs", "files")
        await writer.once()
        clock.advance(FILE_LIFETIME.total_seconds() - 60)
        await writer.once()
        # A token of now: the first one is a week old.
        headers = await bearer()
        address = (await stranger.get(file, headers=headers)).headers["location"]
        clock.advance(61)
        await writer.once()
        shown = await stranger.get(job, headers=headers)
        assert (shown.status_code, shown.json()["job"]["status"]) == (200, "deleted")
        for gone in (await stranger.get(file, headers=headers), await stranger.get(address)):
            assert (gone.status_code, gone.json()["code"]) == (404, "1020008")
        async with database.connection() as connection:
            assert await connection.fetchval("select count(*) from report_piece") == 0

    async def test_a_job_whose_writer_died_is_written_by_another_one(
        self, api: httpx.AsyncClient, services: Services, writer: ReportWriter, calls: Calls, clock: SetClock
    ) -> None:
        wanted = await calls.add()
        job = await a_job(api, format="json")
        account = (await services.access.accounts())[0].id
        async with services.storage.unit_of_work(account) as uow:
            dead = await uow.reports.claim(clock.now(), clock.now() + timedelta(minutes=1))
            assert dead is not None
            await uow.reports.put(dead, 0, b"half", clock.now() + timedelta(minutes=1))
        assert (await api.get(job)).json()["job"]["status"] == "processing"
        assert await writer.once() == 0
        clock.advance(61)
        assert await writer.once() == 1
        async with services.storage.unit_of_work(account) as uow:
            assert not await uow.reports.put(dead, 1, b"the other half", clock.now())
            await uow.reports.finish(dead)
        assert [row["interaction_id"] for row in (await file_of(api, job)).json()] == [wanted]

    async def test_a_job_that_cannot_be_written_fails_and_keeps_no_other_from_being_written(
        self, api: httpx.AsyncClient, writer: ReportWriter, database: Database
    ) -> None:
        bad, good = await a_job(api, timezone="Europe/Lisbon"), await a_job(api)
        async with database.transaction() as connection:
            # A zone that has gone out of the zone database since it was asked for.
            await connection.execute("update report_job set timezone = 'Mars/Base' where timezone <> 'UTC'")
        with capture_logs() as logs:
            assert await writer.once() == 1
        assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["report_failed"]
        assert (await api.get(bad)).json()["job"]["status"] == "failed"
        assert (await api.get(bad.replace("jobs", "files"))).json()["code"] == "1020008"
        assert (await api.get(good)).status_code == 303

    async def test_a_job_that_kills_its_writers_is_given_up(
        self, api: httpx.AsyncClient, services: Services, writer: ReportWriter, clock: SetClock
    ) -> None:
        job = await a_job(api)
        account = (await services.access.accounts())[0].id
        for _ in range(MOST_TRIES):
            async with services.storage.unit_of_work(account) as uow:
                assert await uow.reports.claim(clock.now(), clock.now() + timedelta(minutes=1)) is not None
            clock.advance(61)
        assert await writer.once() == 0
        assert (await api.get(job)).json()["job"]["status"] == "failed"


class TestTheServer:
    @pytest.fixture
    async def app(self, services: Services) -> AsyncIterator[FastAPI]:
        """The application with its background work running."""
        app = new_app(services)
        async with app.router.lifespan_context(app):
            yield app

    async def test_writes_what_is_asked_for_by_itself(self, api: httpx.AsyncClient) -> None:
        job = await a_job(api)
        async with asyncio.timeout(60):
            # Each look lets the background work on.
            while (answer := await api.get(job)).status_code == 200:
                assert answer.json()["job"]["status"] in ("created", "processing")
        assert (await file_of(api, job)).text.startswith("interaction_id,")
