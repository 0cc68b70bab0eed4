"""What a campaign is really doing: `GET /v1/campaigns/{id}/activity`."""

import httpx

from outdial.adapters.storage.database import Database
from outdial.domain.access import Scope
from tests.api.conftest import Bearer, a_campaign, created


async def test_a_campaign_that_nobody_started_says_so(api: httpx.AsyncClient) -> None:
    campaign = await created(api, a_campaign())
    answer = await api.get(f"/v1{campaign}/activity")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], "activity" in body) == ("INCOMPLETE", False)
    assert body["reason"] == "the campaign is INCOMPLETE: nobody asked for it to run"
    assert body["records"] == {"total": 0, "final": 0, "reasons": {}}
    assert body["_links"]["campaign"]["href"].endswith(campaign)


async def test_a_running_campaign_without_an_engine_is_not_called_dialing(
    api: httpx.AsyncClient, database: Database
) -> None:
    campaign = await created(api, a_campaign())
    async with database.connection() as connection:
        await connection.execute("""update campaign set status = 'RUNNING', activity = '{"activity": "dialing"}'""")
    body = (await api.get(f"/v1{campaign}/activity")).json()
    assert (body["status"], body["activity"], body["reason"]) == ("RUNNING", "no_engine", "no dialer is running")


async def test_while_an_engine_owns_the_dialing_its_note_is_shown(api: httpx.AsyncClient, database: Database) -> None:
    campaign = await created(api, a_campaign())
    async with database.connection() as connection:
        await connection.execute(
            """update campaign set status = 'RUNNING', activity = '{"activity": "dialing", "reason": "dialing"}';
               insert into lease values ('pool/default', 'somebody', 1, now() + interval '1 minute')"""
        )
    body = (await api.get(f"/v1{campaign}/activity")).json()
    assert (body["activity"], body["reason"]) == ("dialing", "dialing")


async def test_another_accounts_campaign_does_not_exist(api: httpx.AsyncClient, bearer: Bearer) -> None:
    campaign = await created(api, a_campaign())
    stranger = await bearer(Scope.CAMPAIGNS_READ, account="other")
    answer = await api.get(f"/v1{campaign}/activity", headers=stranger)
    assert (answer.status_code, answer.json()["code"]) == (404, "campaign-not-found")
