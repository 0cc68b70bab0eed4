"""Every code of the compatible API's error table, each produced by a request; and why some cannot occur here."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from outdial.api.problems import resources_of
from outdial.api.services import Services
from outdial.domain.access import Scope
from outdial.domain.errors import Unavailable
from outdial.domain.reports import MOST_JOBS
from outdial.domain.values import AccountId
from outdial.ports.storage import UnitOfWork
from tests.api.conftest import BASE_URL, Bearer, Parts, make_ready, new_app
from tests.api.every_route import NOBODY, World, a_world

UPLOADED = {"op": "replace", "path": "/status", "value": "UPLOADED"}


@dataclass(frozen=True)
class Case:
    """A request to the things of a `World`, and the status that comes with the code."""

    status: int
    method: str
    path: str
    body: Any = None
    scopes: tuple[Scope, ...] | None = tuple(Scope)
    """None: no token."""


READER = (Scope.CAMPAIGNS_READ,)
PHONE = {"phone_number": "+12025550190", "phone_type": "MOBILE"}
PERSON = {"first_name": "Ana", "last_name": "Costa", "phone_numbers": [PHONE]}

JOBS = "/data/reports/outbound_dialer_calls/jobs"
JANUARY = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
EVENT = "/v1/record-list/{}/record/{}/schedule-callback-created"

CASES: dict[str, Case] = {
    # Campaigns
    "0530001": Case(400, "POST", "/campaigns", {"name": "x"}),
    "0530002": Case(404, "GET", f"/campaigns/{NOBODY}"),
    "0530003": Case(403, "POST", "/campaigns", {"name": "Spring"}, READER),
    "0530004": Case(401, "GET", "/campaigns", scopes=None),
    "0530008": Case(422, "PATCH", "{campaign}", {"op": "REPLACE", "path": "status", "value": "paused"}),
    # Record lists and records
    "0530900": Case(400, "POST", "/record-lists", {}),
    "0530901": Case(401, "GET", "/record-lists", scopes=None),
    "0530902": Case(403, "GET", "/record-lists", scopes=READER),
    "0530905": Case(422, "PATCH", "{record}", [{"op": "replace", "path": "/external_id", "value": "x"}]),
    "0530906": Case(413, "POST", "/record-lists", {"name": "L", "csv_metadata": {"byte_size": 100_000_001}}),
    "0530907": Case(409, "PATCH", "{list}", UPLOADED),
    "0530908": Case(413, "POST", "{list}/upload-requests", {"csv_metadata": {"byte_size": 20_000_001}}),
    "0530910": Case(404, "GET", f"/record-lists/{NOBODY}"),
    "0530920": Case(404, "GET", "{list}/records/" + NOBODY),
    "0530921": Case(400, "POST", "{list}/records", {"first_name": "Ana", "last_name": "Costa"}),
    "0530933": Case(400, "POST", "{list}/upload-requests", {}),
    "0530934": Case(400, "POST", "{list}/upload-requests", {"csv_metadata": {}, "callback_action": {"method": "POST"}}),
    "0530935": Case(
        400,
        "POST",
        "{list}/upload-requests",
        {"csv_metadata": {}, "callback_action": {"endpoint": "https://example.org/done"}},
    ),
    "0530936": Case(400, "POST", "{list}/records/bulks", {"records": [PERSON] * 101}),
    "0530937": Case(400, "POST", "{list}/records/bulks", {"records": [PERSON], "upload_request_id": NOBODY}),
    "0530940": Case(400, "POST", "{list}/records", PERSON | {"timezone": "Mars/Olympus"}),
    "0530941": Case(400, "POST", "/record-lists", {"name": "L", "unique_identifier_type": "EMAIL"}),
    "0530950": Case(404, "PATCH", "{list}/upload-requests/" + NOBODY, UPLOADED),
    "0530963": Case(400, "PATCH", "{list}/upload-requests/{upload}", UPLOADED),
    "0530964": Case(400, "DELETE", "{list}/teams", [{"id": NOBODY}]),
    # Do-not-call lists
    "0531500": Case(400, "POST", "/do-not-call-lists", {}),
    "0531501": Case(401, "GET", "/do-not-call-lists", scopes=None),
    "0531502": Case(403, "GET", "/do-not-call-lists", scopes=READER),
    "0531505": Case(422, "PATCH", "{dnc}/entries/{entry}", [{"op": "replace", "path": "/reason", "value": "x"}]),
    "0531508": Case(
        413,
        "PATCH",
        "{dnc}/entries",
        [{"op": "replace", "path": f"/{NOBODY}/expiration_date", "value": "2027-06-30"}] * 101,
    ),
    "0531510": Case(404, "GET", f"/do-not-call-lists/{NOBODY}"),
    "0531520": Case(404, "GET", "{dnc}/entries/" + NOBODY),
    "0531506": Case(413, "POST", "/do-not-call-lists", {"name": "D", "csv_metadata": {"byte_size": 100_000_001}}),
    "0531526": Case(400, "DELETE", "{dnc}/teams", [{"id": NOBODY}]),
    # Callbacks
    "0011003": Case(401, "GET", "/schedule-callbacks", scopes=None),
    "0532002": Case(404, "GET", f"/schedule-callbacks/{NOBODY}"),
    "0532003": Case(403, "GET", "/schedule-callbacks", scopes=READER),
    "0532006": Case(400, "PATCH", "{callback}", [{"op": "replace", "path": "/timezone", "value": "Mars/Olympus"}]),
    # Reports
    "1020001": Case(400, "POST", JOBS, {}),
    "1020004": Case(403, "GET", JOBS, scopes=READER),
    "1020005": Case(400, "POST", JOBS, {"timespan": {"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}}),
    "1020008": Case(404, "GET", f"/data/reports/outbound_dialer_calls/files/{NOBODY}"),
    "1020011": Case(404, "GET", f"{JOBS}/{NOBODY}"),
    "1020013": Case(400, "POST", JOBS, {"timespan": {"from": "2026-01-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}}),
    "1020016": Case(400, "POST", JOBS, {"timezone": "Mars/Olympus", "timespan": JANUARY}),
    "1020018": Case(401, "GET", JOBS, scopes=None),
}
BY_A_STORY = {
    "0530005",
    "0530951",
    "0530965",
    "0530966",
    "0531000",
    "0012001",
    "0380001",
    "0380002",
    "1020017",
    "1020019",
}
"""Those that one request alone does not cause: each has a test below."""

NEVER: Mapping[str, str] = {
    "0530904": "the patch of an upload request that cannot be carried out is a conflict, 0530951",
    "0530909": "there are no roles of users: a scope allows or it does not",
    "0531509": "as 0530909",
    "0530911": "a record list has no largest size",
    "0020017": "load is limited for each client, with 0012001",
}


@pytest.fixture
async def app(services: Services) -> AsyncIterator[FastAPI]:
    app = new_app(services)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def world(api: httpx.AsyncClient, parts: Parts) -> World:
    return await a_world(api, parts, number="+1202555014", account="default")


def paths_of(world: World) -> dict[str, str]:
    things = world.things
    record_list = f"/record-lists/{things['record-lists list_id']}"
    return {
        "campaign": f"/campaigns/{things['campaign_id']}",
        "list": record_list,
        "record": f"{record_list}/records/{things['record_id']}",
        "upload": things["upload_id"],
        "dnc": f"/do-not-call-lists/{things['do-not-call-lists list_id']}",
        "entry": things["entry_id"],
        "callback": f"/schedule-callbacks/{things['callback_id']}",
    }


FAMILIES = (
    "/campaigns",
    "/record-lists",
    "/do-not-call-lists",
    "/schedule-callbacks",
    "/dialer-integrations",
    "/v1/record-list",
    "/data/reports",
)


@dataclass(frozen=True)
class Broken:
    """A database that fails whoever asks."""

    error: Exception

    def unit_of_work(self, account: AccountId) -> UnitOfWork:
        raise self.error


async def told_by(services: Services, bearer: Bearer, error: Exception, method: str, path: str) -> tuple[int, str]:
    """Status and code of a request while the database fails like this."""
    headers = await bearer()
    transport = httpx.ASGITransport(new_app(replace(services, storage=Broken(error))))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers) as api:
        return told(await api.request(method, path.format(NOBODY, NOBODY)))


def told(answer: httpx.Response) -> tuple[int, str]:
    assert set(answer.json()) <= {"code", "message", "description", "fields"}
    return answer.status_code, answer.json()["code"]


async def test_each_code_comes_with_its_status(stranger: httpx.AsyncClient, bearer: Bearer, world: World) -> None:
    paths, wrong = paths_of(world), {}
    tokens: dict[tuple[Scope, ...] | None, dict[str, str]] = {None: {}}
    for code, case in CASES.items():
        if case.scopes is not None and case.scopes not in tokens:
            tokens[case.scopes] = await bearer(*case.scopes)
        answer = await stranger.request(
            case.method, case.path.format_map(paths), json=case.body, headers=tokens[case.scopes]
        )
        if told(answer) != (case.status, code):
            wrong[code] = answer.text
    assert wrong == {}


class TestByAStory:
    async def test_0530005_a_running_campaign_is_not_deleted(
        self, api: httpx.AsyncClient, parts: Parts, world: World
    ) -> None:
        path = paths_of(world)["campaign"]
        await make_ready(api, parts, path, number="+12025550177")
        await api.patch(path, json={"op": "REPLACE", "path": "status", "value": "running"})
        assert told(await api.delete(path)) == (409, "0530005")

    async def test_0530951_a_file_is_announced_once(self, app: FastAPI, api: httpx.AsyncClient, world: World) -> None:
        path = f"{paths_of(world)['list']}/upload-requests"
        made = (await api.post(path, json={"csv_metadata": {}})).json()
        assert (await api.put(made["signed_url"], content=b"x")).status_code == 200
        statuses = [await api.patch(f"{path}/{made['id']}", json=UPLOADED) for _ in range(2)]
        assert statuses[0].status_code == 200
        assert told(statuses[1]) == (409, "0530951")

    async def test_0530965_and_0530966_teams_of_a_list_stay_while_campaigns_need_them(
        self, api: httpx.AsyncClient, world: World
    ) -> None:
        path = f"{paths_of(world)['list']}/teams"
        other = (await api.post("/v1/teams", json={"name": "Other"})).json()["id"]
        assert told(await api.put(path, json=[{"id": other}])) == (417, "0530965")
        await api.post(path, json=[{"id": other}])
        taken = await api.request("DELETE", path, json=[{"id": world.things["team_id"]}])
        assert told(taken) == (417, "0530966")

    async def test_0012001_too_many_requests(self, services: Services, bearer: Bearer) -> None:
        limited = new_app(replace(services, rate_limit=0.5, rate_burst=1))
        transport = httpx.ASGITransport(limited)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=await bearer()) as api:
            await api.get("/campaigns")
            for path in ("/campaigns", "/record-lists", "/do-not-call-lists"):
                assert told(await api.get(path)) == (429, "0012001")

    async def test_0380001_a_fault_of_ours(self, services: Services, bearer: Bearer) -> None:
        assert await told_by(services, bearer, ZeroDivisionError(), "POST", EVENT) == (500, "0380001")

    @pytest.mark.parametrize(("method", "path", "code"), [("POST", EVENT, "0380002"), ("GET", JOBS, "1020019")])
    async def test_0380002_and_1020019_the_database_is_away(
        self, services: Services, bearer: Bearer, method: str, path: str, code: str
    ) -> None:
        away = Unavailable("the database does not answer")
        assert await told_by(services, bearer, away, method, path) == (503, code)

    async def test_1020017_more_reports_at_once_than_an_account_may_have(
        self, services: Services, bearer: Bearer
    ) -> None:
        # Nobody writes them: this application has not begun to serve.
        transport = httpx.ASGITransport(new_app(services))
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=await bearer()) as api:
            for _ in range(MOST_JOBS):
                assert (await api.post(JOBS, json={"timespan": JANUARY})).status_code == 202
            answer = await api.post(JOBS, json={"timespan": JANUARY})
        assert told(answer) == (429, "1020017")
        assert answer.headers["retry-after"] == answer.json()["fields"][0]["description"]

    async def test_0531000_more_files_than_may_wait(
        self, app: FastAPI, services: Services, api: httpx.AsyncClient, world: World
    ) -> None:
        # One that reads nothing: its turn never comes.
        app.state.importer = type(app.state.importer)(
            storage=services.storage, clock=services.wall, ids=services.ids, files=services.uploads
        )
        path = f"{paths_of(world)['list']}/upload-requests"
        for _ in range(200):
            made = (await api.post(path, json={"csv_metadata": {}})).json()
            await api.put(made["signed_url"], content=b"x")
            answer = await api.patch(f"{path}/{made['id']}", json=UPLOADED)
            if answer.status_code != 200:
                break
        assert told(answer) == (400, "0531000")


def test_every_code_that_the_api_knows_has_its_request() -> None:
    known = set()
    for prefix in FAMILIES:
        resources = resources_of(prefix)
        known |= {resources.generic, *(one if isinstance(one, str) else one[1] for one in resources.codes.values())}
    assert known - set(CASES) - BY_A_STORY - set(NEVER) == set()


def test_no_code_is_both_produced_and_said_to_be_impossible() -> None:
    assert not (set(CASES) | BY_A_STORY) & set(NEVER)
