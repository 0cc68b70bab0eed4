"""How well a watching pacer foresaw a campaign: `GET /v1/campaigns/{id}/calibration`."""

import json

import httpx

from outdial.adapters.storage.database import Database
from outdial.domain.pacing.shadow import ShadowPacer
from outdial.simulation.pacing.world import World, play
from tests.api.conftest import a_campaign, created


async def test_what_was_foreseen_and_what_came_by_tenths(api: httpx.AsyncClient, database: Database) -> None:
    campaign = await created(api, a_campaign())
    pacer = ShadowPacer()
    play(World(agents=4, p=0.3, talk=30.0, hours=0.5, seed=2), pacer)
    async with database.connection() as connection:
        await connection.execute("update campaign set pacer_state = $1", json.loads(json.dumps(pacer.state())))
    answer = await api.get(f"/v1{campaign}/calibration")
    assert answer.status_code == 200
    body = answer.json()
    assert body["live_calls"] == pacer.calibration.live > 50
    assert body["abandoned"] == {
        "expected": round(pacer.calibration.risk, 3),
        "seen": pacer.calibration.abandoned,
    }
    assert len(body["answer_times"]) == 4
    assert abs(sum(body["answer_times"]) - 1) < 0.001
    assert sum(row["count"] for row in body["answers"]) >= pacer.calibration.live
    assert all(row["from"] <= row["expected"] <= row["to"] for row in body["answers"] + body["agents_free"])
    assert body["decisions"]["wanted"] > body["decisions"]["launched"] > 0
    assert body["last"]


async def test_a_campaign_that_nothing_watched_has_none(api: httpx.AsyncClient) -> None:
    answer = await api.get(f"/v1{await created(api, a_campaign())}/calibration")
    assert (answer.status_code, answer.json()["code"]) == (404, "calibration-not-found")
