"""Whether an installation works, and its figures: what is told, to whom, and what is never told."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from outdial.adapters.storage.database import Database, DatabaseUnavailable
from outdial.api.services import Services
from outdial.domain.activity import Activity, Doing
from outdial.domain.agents import AgentState
from outdial.domain.calls import CallState
from outdial.domain.outcomes import Outcome
from outdial.domain.values import AccountId, CampaignId
from outdial.ports.carrier import MediaLoad, WayOut
from outdial.ports.health import DatabaseState
from outdial.ports.live import LiveCampaign, LiveEngine
from tests.api.conftest import a_campaign, created, new_app
from tests.api.held_against import Described
from tests.conftest import SetClock

HERE = "http://127.0.0.1:8000"


@dataclass
class Wall:
    """The board of an engine, as the test has it."""

    seen: LiveEngine | None = None
    dialed: dict[CampaignId, LiveCampaign] = field(default_factory=dict)

    def campaigns(self, account: AccountId) -> dict[CampaignId, LiveCampaign]:
        return self.dialed

    def everything(self) -> dict[CampaignId, LiveCampaign]:
        return self.dialed

    def engine(self) -> LiveEngine | None:
        return self.seen


@dataclass
class Asked:
    """A database that answers what the test says, and counts how often it is asked."""

    state: DatabaseState | None
    times: int = 0

    async def look(self) -> DatabaseState:
        self.times += 1
        if self.state is None:
            raise DatabaseUnavailable("the database does not answer")
        return self.state


DOWN: Final = WayOut("main", "no sign of life", False, 0, 0, 20)


def a_state(**of: Any) -> DatabaseState:
    return replace(DatabaseState("0042", "0042", True, 0, 0, {}), **of)


def visitor(services: Services, *, site: str = HERE, peer: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
    """A client at an address; every answer is held against the document of the API."""
    transport = httpx.ASGITransport(new_app(services), client=(peer, 40000))
    return httpx.AsyncClient(transport=Described(transport), base_url=site, headers=headers)


async def health(services: Services) -> tuple[int, dict[str, Any]]:
    async with visitor(services) as client:
        answer = await client.get("/health")
    return answer.status_code, answer.json()


class TestHealth:
    async def test_a_fresh_installation_answers_requests_and_dials_nothing(self, services: Services) -> None:
        checks = {"database": "ok", "migrations": "ok", "dialer": "down"}
        assert await health(services) == (200, {"status": "degraded", "checks": checks})

    async def test_with_an_engine_that_holds_the_lease_all_is_well(
        self, services: Services, database: Database
    ) -> None:
        async with database.transaction() as connection:
            await connection.execute(
                "insert into lease (name, holder, fence, until) values ('pool/default', 'here', 1, $1)",
                services.wall.now() + timedelta(days=36500),
            )
        board = Wall(LiveEngine(owns=True, lines_free=8, silent_seconds=0.0))
        status, body = await health(replace(services, board=board))
        assert (status, body["status"], body["checks"]["carrier"]) == (200, "ok", "ok")

    @pytest.mark.parametrize(
        ("state", "engine", "status", "whole"),
        [
            (None, None, 503, "down"),
            (a_state(schema="0041"), None, 503, "down"),
            (a_state(dialed=False), None, 200, "degraded"),
            (a_state(), LiveEngine(owns=True, lines_free=0, silent_seconds=60.0), 200, "degraded"),
            (a_state(), LiveEngine(owns=True, lines_free=0, silent_seconds=None, ways=(DOWN,)), 200, "degraded"),
            (a_state(), LiveEngine(owns=False, lines_free=0, silent_seconds=60.0), 200, "ok"),
            (a_state(), LiveEngine(owns=True, lines_free=3, silent_seconds=None), 200, "ok"),
        ],
    )
    async def test_what_is_missing_decides(
        self, services: Services, state: DatabaseState | None, engine: LiveEngine | None, status: int, whole: str
    ) -> None:
        told, body = await health(replace(services, health=Asked(state), board=Wall(engine)))
        assert (told, body["status"]) == (status, whole)

    async def test_a_process_whose_database_is_away_is_still_alive(self, services: Services) -> None:
        async with visitor(replace(services, health=Asked(None))) as client:
            assert (await client.get("/health/live")).json() == {"status": "ok"}

    async def test_many_who_ask_at_once_cost_the_database_one_question(
        self, services: Services, clock: SetClock
    ) -> None:
        store = Asked(a_state())
        async with visitor(replace(services, health=store)) as client:
            for _ in range(5):
                await client.get("/health")
            assert store.times == 1
            clock.advance(1.0)
            await client.get("/health")
            assert store.times == 2


async def figures(client: httpx.AsyncClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def of(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


class TestFigures:
    async def test_requests_are_counted_by_route_and_never_by_address(
        self, api: httpx.AsyncClient, services: Services
    ) -> None:
        campaign = await created(api, a_campaign(name="Quercus"))
        async with visitor(services) as client:
            assert (await client.get(campaign, headers=api.headers)).status_code == 200
            assert (await client.get(f"/nowhere/{campaign}")).status_code == 404
            found = await figures(client)
            text = (await client.get("/metrics")).text
        route = "/campaigns/{campaign_id}"
        assert found[of("outdial_http_requests_total", method="GET", route=route, status="200")] == 1
        assert found[of("outdial_http_requests_total", method="GET", route="none", status="404")] == 1
        assert found[of("outdial_http_request_seconds_count", method="GET", route=route)] == 1
        assert found[of("outdial_campaigns", status="incomplete")] == 1
        assert campaign.rpartition("/")[2] not in text and "Quercus" not in text

    async def test_what_is_dialed_is_told_by_campaign(self, services: Services) -> None:
        north = CampaignId(services.ids.new("campaign"))
        dialed = LiveCampaign(
            Activity(Doing.LIMITED_BY_LINES, services.wall.now()),
            {CallState.DIALING: 3},
            {AgentState.READY: 2},
            dialing_ratio=1.5,
            lines_free=0,
            occupancy=0.8,
            points={},
            events=(),
            attempts=41,
            outcomes={Outcome.CONNECTED: 30, Outcome.ABANDONED: 1},
        )
        ways = (WayOut("main", None, False, 12, 8, 20), WayOut("spare", "no sign of life", False, 0, 0, 20))
        media = MediaLoad(ports=24, tick_busy=0.15, tick_late_seconds=0.004, ticks_skipped=3)
        board = Wall(LiveEngine(True, lines_free=0, silent_seconds=0.5, ways=ways, media=media), {north: dialed})
        async with visitor(replace(services, health=Asked(a_state(events=7)), board=board, release="1.2.3")) as client:
            found = await figures(client)
        campaign = str(north)
        assert found[of("outdial_calls", campaign=campaign, state="dialing")] == 3
        assert found[of("outdial_agents", campaign=campaign, state="ready")] == 2
        assert found[of("outdial_dialing_ratio", campaign=campaign)] == 1.5
        assert found[of("outdial_activity", campaign=campaign, activity="limited_by_lines")] == 1
        assert found[of("outdial_attempts_total", campaign=campaign)] == 41
        assert found[of("outdial_outcomes_total", campaign=campaign, outcome="abandoned")] == 1
        assert found[of("outdial_carrier_silent_seconds")] == 0.5
        assert [found[of("outdial_way_out_up", way=name)] for name in ("main", "spare")] == [1, 0]
        assert found[of("outdial_way_out_calls", way="main")] == 12
        assert found[of("outdial_media_ports")] == 24
        assert found[of("outdial_media_tick_busy_ratio")] == 0.15
        assert found[of("outdial_media_tick_late_seconds")] == 0.004
        assert found[of("outdial_media_ticks_skipped_total")] == 3
        assert found[of("outdial_events_waiting")] == 7
        assert found[of("outdial_info", version="1.2.3")] == 1

    async def test_a_database_that_is_away_is_a_figure_and_no_error(self, services: Services) -> None:
        async with visitor(replace(services, health=Asked(None))) as client:
            found = await figures(client)
        assert found[of("outdial_database_up")] == 0
        assert of("outdial_events_waiting") not in found


class TestWhoMayReadFigures:
    @pytest.mark.parametrize(
        ("where", "public"),
        [
            ({"peer": "203.0.113.9"}, None),
            ({"site": "http://dialer.example"}, None),
            ({"x_forwarded_for": "127.0.0.1"}, None),
            ({}, "https://dialer.example"),
        ],
    )
    async def test_without_a_token_only_this_machine_and_not_through_a_proxy(
        self, services: Services, where: dict[str, str], public: str | None
    ) -> None:
        headers = {name.replace("_", "-"): where.pop(name) for name in list(where) if name.startswith("x_")}
        async with visitor(replace(services, public_url=public), **where) as client:
            answer = await client.get("/metrics", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "metrics-closed")

    async def test_with_a_token_whoever_has_it_wherever_they_are(self, services: Services) -> None:
        async with visitor(
            replace(services, metrics_token="a long and secret word"), site="http://dialer.example", peer="203.0.113.9"
        ) as client:
            for given in ({}, {"Authorization": "Bearer another"}, {"Authorization": "Basic a long and secret word"}):
                answer = await client.get("/metrics", headers=given)
                assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
            answer = await client.get("/metrics", headers={"Authorization": "Bearer a long and secret word"})
            assert answer.status_code == 200
