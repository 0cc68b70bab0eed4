"""The installation's trunks: for the account that operates it, and nobody else."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from outdial.adapters.storage.database import Database
from outdial.adapters.storage.trunks import TrunkReports
from outdial.domain.access import Scope
from outdial.ports.carrier import WayOut
from tests.api.conftest import BASE_URL, Bearer
from tests.conftest import SetClock

MAIN = WayOut("main", None, False, 7, 23, 30, 10.0, "OPTIONS 200")
SPARE = WayOut("spare", "no sign of life", False, 0, 0, 10)


@pytest.fixture(autouse=True)
async def reports(database: Database, clock: SetClock) -> TrunkReports:
    told = TrunkReports(database, clock)
    await told.tell([MAIN, SPARE])
    return told


async def listed(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await api.get("/v1/trunks")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["_embedded"]["trunks"]
    return found


async def test_they_are_shown_as_the_engine_told_of_them(api: httpx.AsyncClient) -> None:
    main, spare = await listed(api)
    assert {
        name: main[name] for name in ("name", "state", "calls", "max_calls", "calls_per_second", "sign_of_life")
    } == {
        "name": "main",
        "state": "TAKES_CALLS",
        "calls": 7,
        "max_calls": 30,
        "calls_per_second": 10.0,
        "sign_of_life": "OPTIONS 200",
    }
    assert (spare["state"], spare["trouble"]) == ("DOWN", "no sign of life")
    assert "calls_per_second" not in spare


async def test_one_is_drained_and_taken_back_and_the_audit_knows_who_did(
    api: httpx.AsyncClient, reports: TrunkReports
) -> None:
    main = (await listed(api))[0]
    drained = await api.post(main["_links"]["drain"]["href"])
    assert (drained.json()["state"], drained.json()["sentence"]) == ("DRAINING", "draining, 7 calls left")
    assert await reports.tell([MAIN, SPARE]) == ["main"]
    again = await api.post(f"/v1/trunks/{main['id']}/drain")
    assert again.json()["drained"] is True
    taken_back = await api.post(drained.json()["_links"]["resume"]["href"])
    assert taken_back.json()["state"] == "TAKES_CALLS"
    assert await reports.tell([MAIN, SPARE]) == []
    changes = (await api.get("/v1/audit", params={"kind": "trunk"})).json()["_embedded"]["changes"]
    assert [(one["thing_id"], one["before"], one["after"]) for one in changes] == [
        (main["id"], {"drained": True}, {"drained": False}),
        (main["id"], {"drained": False}, {"drained": True}),
    ]
    assert all(one["client_id"] for one in changes)


async def test_what_no_engine_tells_of_any_more_says_so(api: httpx.AsyncClient, clock: SetClock) -> None:
    clock.advance(60)
    assert {one["state"] for one in await listed(api)} == {"UNHEARD"}


@pytest.mark.parametrize("trunk", ["00000000-0000-4000-8000-000000000000", "main"])
async def test_one_that_is_not_there_is_not_found(api: httpx.AsyncClient, trunk: str) -> None:
    for answer in (await api.get(f"/v1/trunks/{trunk}"), await api.post(f"/v1/trunks/{trunk}/drain")):
        assert (answer.status_code, answer.json()["code"]) == (404, "trunk-not-found")


async def test_another_account_has_none(app: FastAPI, api: httpx.AsyncClient, bearer: Bearer) -> None:
    main = (await listed(api))[0]
    headers = await bearer(account="other")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL, headers=headers) as other:
        assert await listed(other) == []
        assert (await other.post(f"/v1/trunks/{main['id']}/drain")).status_code == 404
    assert (await listed(api))[0]["drained"] is False


async def test_who_may_look_may_not_drain(app: FastAPI, api: httpx.AsyncClient, bearer: Bearer) -> None:
    main = (await listed(api))[0]
    headers = await bearer(Scope.TRUNKS_READ)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL, headers=headers) as viewer:
        assert len(await listed(viewer)) == 2
        assert (await viewer.post(f"/v1/trunks/{main['id']}/drain")).status_code == 403
