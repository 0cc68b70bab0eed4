"""Where the published descriptions of record lists contradict each other: what each ruling decides, by its number.

Rulings 33 to 37 are tested where files are sent and where records are changed and deleted.
"""

import httpx
import pytest

from outdial.domain.access import Scope
from tests.api.conftest import BASE_URL, Bearer, created, fields_of
from tests.api.test_record_lists import MARTA, a_list, somebody


async def test_ruling_26_total_is_of_all_pages_and_count_of_one(api: httpx.AsyncClient) -> None:
    path = await a_list(api)
    several = {"records": [somebody(f"+1202555014{n}") for n in range(3)]}
    await api.post(f"{path}/records/bulks", json=several)
    for page, in_page in ((1, 2), (2, 1)):
        body = (await api.get(f"{path}/records", params={"per_page": 2, "page": page})).json()
        assert (body["total"], body["count"]) == (3, in_page)
    await a_list(api)
    body = (await api.get("/record-lists?per_page=1")).json()
    assert (body["total"], body["count"]) == (2, 1)


async def test_ruling_27_records_are_listed_with_the_scope_of_record_lists(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
) -> None:
    address = f"{await a_list(api)}/records"
    assert (await stranger.get(address, headers=await bearer(Scope.RECORD_LISTS_MANAGE))).status_code == 200
    others = [scope for scope in Scope if scope is not Scope.RECORD_LISTS_MANAGE]
    assert (await stranger.get(address, headers=await bearer(*others))).status_code == 403


@pytest.mark.parametrize("status", ["accepted", "ACCEPTED"])
async def test_ruling_29_a_status_is_taken_in_any_case_and_shown_in_upper(api: httpx.AsyncClient, status: str) -> None:
    await a_list(api)
    body = (await api.get("/record-lists", params={"status": status})).json()
    assert [one["status"] for one in body["_embedded"]["record_lists"]] == ["ACCEPTED"]


async def test_ruling_30_the_page_of_campaigns_is_an_object(api: httpx.AsyncClient) -> None:
    path = await a_list(api)
    await api.post(f"{await created(api)}/record-lists", json=[{"id": path.rpartition("/")[2]}])
    page = (await api.get(path)).json()["campaign_page"]
    assert (page["total"], page["_embedded"]["campaigns"][0]["campaign_name"]) == (1, "Renewals north")


async def test_ruling_31_files_have_up_to_100_million_bytes_and_later_ones_20_million(api: httpx.AsyncClient) -> None:
    for size, status in ((100_000_000, 201), (100_000_001, 413)):
        answer = await api.post("/record-lists", json={"name": "L", "csv_metadata": {"byte_size": size}})
        assert answer.status_code == status
    path = await a_list(api)
    for size, status in ((20_000_000, 201), (20_000_001, 413)):
        answer = await api.post(f"{path}/upload-requests", json={"csv_metadata": {"byte_size": size}})
        assert answer.status_code == status


@pytest.mark.parametrize("spelling", ["endpoint", "endpoints"])
async def test_ruling_32_the_address_to_call_back_has_two_spellings(api: httpx.AsyncClient, spelling: str) -> None:
    callback = {spelling: "https://example.org/done", "method": "POST"}
    body = {"csv_metadata": {}, "callback_action": callback}
    assert (await api.post(f"{await a_list(api)}/upload-requests", json=body)).status_code == 201


async def test_ruling_40_an_upload_request_links_to_the_path_it_has(api: httpx.AsyncClient) -> None:
    path = await a_list(api)
    body = (await api.post(f"{path}/upload-requests", json={"csv_metadata": {}})).json()
    assert body["_links"]["self"]["href"] == f"{BASE_URL}{path}/upload-requests/{body['id']}"


@pytest.mark.parametrize(("sent", "shown"), [(1, 1), (10, 10), (None, 11)])
async def test_ruling_46_a_priority_is_1_to_10_or_null_and_is_shown_up_to_11(
    api: httpx.AsyncClient, sent: int | None, shown: int
) -> None:
    answer = await api.post(f"{await a_list(api)}/records", json=somebody("+12025550142", priority=sent))
    assert answer.json()["priority"] == shown


@pytest.mark.parametrize("sent", [0, 11])
async def test_ruling_46_other_priorities_are_refused(api: httpx.AsyncClient, sent: int) -> None:
    answer = await api.post(f"{await a_list(api)}/records", json=somebody("+12025550142", priority=sent))
    assert (answer.status_code, fields_of(answer)) == (400, {"priority"})


@pytest.mark.parametrize(
    ("number", "status"),
    [("+1-202--555--01--42--", 400), ("+1-202--555--01--42-", 201), ("+1234567890123456", 400), ("+1", 400)],
)
async def test_ruling_47_a_number_has_up_to_20_characters_and_is_checked_as_e164(
    api: httpx.AsyncClient, number: str, status: int
) -> None:
    path = await a_list(api)
    answer = await api.post(f"{path}/records", json=somebody(number))
    assert answer.status_code == status, answer.text
    answer = await api.request("DELETE", f"{path}/records/bulks", json=[{"phone_number": number}])
    deleted = answer.json().get("total_deleted", 0)
    assert deleted == (1 if status == 201 else 0)


@pytest.mark.parametrize(("length", "status"), [(120, 200), (121, 400)])
async def test_ruling_51_lists_are_found_by_names_as_long_as_names_are(
    api: httpx.AsyncClient, length: int, status: int
) -> None:
    answer = await api.get("/record-lists", params={"name": "x" * length})
    assert answer.status_code == status


@pytest.mark.parametrize("left_out", ["phone_number", "phone_numbers"])
async def test_ruling_54_a_record_needs_one_of_the_two_spellings_and_shows_both(
    api: httpx.AsyncClient, left_out: str
) -> None:
    person = MARTA | {"phone_number": "+12025550142", "phone_numbers": MARTA["phone_numbers"][:1]}
    del person[left_out]
    body = (await api.post(f"{await a_list(api)}/records", json=person)).json()
    assert (body["phone_number"], body["phone_numbers"]) == ("+12025550142", MARTA["phone_numbers"][:1])
