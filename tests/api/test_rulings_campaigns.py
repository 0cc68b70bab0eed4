"""Where the published descriptions of campaigns contradict each other: what each ruling decides, by its number.

Those on the bodies of campaigns are tested in `test_campaigns.py`; `test_rulings_index.py` finds them all.
"""

from datetime import UTC, datetime, time

import httpx
import pytest

from outdial.domain.calling_hours import CallingHours
from outdial.domain.campaigns import CallingWindow, WeekDay
from tests.api.conftest import BASE_URL, Parts, a_campaign, a_strategy, created, make_ready
from tests.api.test_record_lists import a_list


async def test_ruling_1_campaigns_are_listed_under_the_word_that_is_spelled_right(api: httpx.AsyncClient) -> None:
    await created(api)
    assert set((await api.get("/campaigns")).json()["_embedded"]) == {"campaigns"}


async def test_ruling_2_the_number_of_pages_is_called_total_pages(api: httpx.AsyncClient) -> None:
    for _ in range(3):
        await created(api)
    body = (await api.get("/campaigns?per_page=2")).json()
    assert (body["total_pages"], "total_page" in body) == (2, False)


async def test_ruling_3_created_at_is_an_instant_in_the_list_too(api: httpx.AsyncClient) -> None:
    details = (await api.get(await created(api))).json()
    (listed,) = (await api.get("/campaigns")).json()["_embedded"]["campaigns"]
    assert listed["created_at"] == details["created_at"] == "2026-06-01T09:00:00.123Z"


async def test_ruling_7_a_patch_answers_with_the_whole_campaign_in_its_own_types(
    api: httpx.AsyncClient, parts: Parts
) -> None:
    path = await created(api)
    await make_ready(api, parts, path)
    body = (await api.patch(path, json={"op": "REPLACE", "path": "status", "value": "running"})).json()
    assert body == (await api.get(path)).json()
    assert body["status"] == "RUNNING"


@pytest.mark.parametrize(("length", "status"), [(35, 200), (36, 400)])
async def test_ruling_7_the_name_in_a_patch_has_35_characters(api: httpx.AsyncClient, length: int, status: int) -> None:
    answer = await api.patch(await created(api), json={"op": "REPLACE", "path": "name", "value": "x" * length})
    assert answer.status_code == status


def test_ruling_15_calling_hours_are_those_of_each_record() -> None:
    hours = CallingHours((CallingWindow(time(9), time(17), tuple(WeekDay)),))
    nine_in_lisbon = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
    assert hours.opening(("Europe/Lisbon",), nine_in_lisbon).is_open
    assert not hours.opening(("America/New_York",), nine_in_lisbon).is_open


async def test_ruling_19_members_that_one_source_lacks_are_taken_and_shown_when_they_are_set(
    api: httpx.AsyncClient,
) -> None:
    rule = {"status_after_call": "RETRY", "custom": False}
    outcomes = a_strategy()["dispositions"]
    extra = {"hangup_before_connection": rule, "agent_hangup_before_connection": rule}
    configuration = a_campaign()["dialing_mode_configuration"]
    body = a_campaign(
        dialing_mode_configuration=configuration | {"amd_metadata": True},
        dialing_strategy=a_strategy(dispositions=outcomes | extra, ivr_enabled=False),
    )
    shown = (await api.post("/campaigns", json=body)).json()
    assert shown["dialing_mode_configuration"]["amd_metadata"] is True
    assert shown["dialing_strategy"]["ivr_enabled"] is False
    assert {name: shown["dialing_strategy"]["dispositions"][name] for name in extra} == extra
    plain = (await api.post("/campaigns", json=a_campaign())).json()
    assert "amd_metadata" not in plain["dialing_mode_configuration"]
    assert "ivr_enabled" not in plain["dialing_strategy"]
    assert not set(plain["dialing_strategy"]["dispositions"]) & set(extra)


@pytest.mark.parametrize("length", [1, 26, 32, 35, 36])
@pytest.mark.parametrize(
    "path", ["/campaigns/{}", "/campaigns/{}/users", "/record-lists/{}", "/do-not-call-lists/{}/entries"]
)
async def test_ruling_21_an_id_of_any_published_length_is_an_id(api: httpx.AsyncClient, path: str, length: int) -> None:
    assert (await api.get(path.format("f" * length))).status_code == 404


async def test_ruling_21_ids_of_upload_requests_are_no_exception(api: httpx.AsyncClient) -> None:
    path = f"{await a_list(api)}/upload-requests"
    made = (await api.post(path, json={"csv_metadata": {}})).json()
    assert len(made["id"]) == 36
    answer = await api.patch(f"{path}/{made['id']}", json=[{"op": "replace", "path": "/status", "value": "UPLOADED"}])
    assert answer.status_code != 404


async def test_ruling_22_of_the_descriptions_links_are_as_long_as_they_are(
    api: httpx.AsyncClient, parts: Parts
) -> None:
    path = await created(api)
    user = await parts.user()
    await api.post(f"{path}/users", json=[{"id": user}])
    (one,) = (await api.get(f"{path}/users")).json()["_embedded"]["users"]
    assert one["_links"]["self"]["href"].startswith(f"{BASE_URL}/")
    assert one["_links"]["self"]["href"].endswith(f"/users/{user}")


@pytest.mark.parametrize("spelling", ["do_no_call_list_id", "do_not_call_list_id"])
async def test_ruling_25_of_the_descriptions_the_filter_has_two_spellings(
    api: httpx.AsyncClient, parts: Parts, spelling: str
) -> None:
    path, dnc_list = await created(api), await parts.dnc_list()
    await created(api)
    await api.post(f"{path}/do-not-call-lists", json=[{"id": dnc_list}])
    found = (await api.get("/campaigns", params={spelling: dnc_list})).json()["_embedded"]["campaigns"]
    assert [f"/campaigns/{one['id']}" for one in found] == [path]


async def test_ruling_49_a_campaign_always_has_its_id(api: httpx.AsyncClient) -> None:
    path = await created(api)
    (listed,) = (await api.get("/campaigns?fields=dialing_strategy")).json()["_embedded"]["campaigns"]
    named = (await api.get(f"{path}?fields=dialing_strategy")).json()
    patched = (await api.patch(path, json={"op": "REPLACE", "path": "priority", "value": 2})).json()
    assert {path} == {f"/campaigns/{body['id']}" for body in (listed, named, patched)}


@pytest.mark.parametrize("misprint", [" status_after_call", "status_after_call "])
async def test_ruling_52_a_key_with_a_blank_in_it_is_another_key(api: httpx.AsyncClient, misprint: str) -> None:
    outcomes = a_strategy()["dispositions"]
    outcomes["no_answer"] = {misprint: "RETRY", "custom": False}
    answer = await api.post("/campaigns", json=a_campaign(dialing_strategy=a_strategy(dispositions=outcomes)))
    assert answer.status_code == 400
    (wrong,) = answer.json()["fields"]
    assert wrong["name"] == "dialing_strategy.dispositions.no_answer.status_after_call"


async def test_ruling_52_the_unit_of_a_period_is_a_word(api: httpx.AsyncClient) -> None:
    answer = await api.post("/campaigns", json=a_campaign(dialing_strategy=a_strategy(retry_time_unit=3600)))
    assert [field["name"] for field in answer.json()["fields"]] == ["dialing_strategy.retry_time_unit"]
