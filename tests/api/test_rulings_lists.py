"""Where the published descriptions of records and do-not-call lists contradict each other, by the ruling's number.

Rulings 26 to 54 on record lists are in `test_record_rulings.py`; `test_rulings_index.py` finds them all.
"""

import httpx

from outdial.domain.access import Scope
from tests.api import test_dnc as dnc
from tests.api.conftest import BASE_URL, Bearer
from tests.api.every_route import NOBODY
from tests.api.test_record_lists import a_list, somebody


async def test_ruling_28_numbers_are_asked_after_with_the_scope_in_the_plural(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
) -> None:
    address = f"{await dnc.a_list(api)}/entries/queries"
    body = {"phone_numbers": [{"phone_number": dnc.LONDON, "timezone": "Europe/London"}]}
    headers = await bearer(Scope.DNC_LISTS_MANAGE)
    assert (await stranger.post(address, json=body, headers=headers)).status_code == 200
    assert Scope.DNC_LISTS_MANAGE.value == "do-not-call-lists:manage"


async def test_ruling_36_rows_that_cannot_be_changed_say_why_in_words_of_the_enumeration(
    api: httpx.AsyncClient,
) -> None:
    path = await a_list(api)
    record = (await api.post(f"{path}/records", json=somebody("+12025550142"))).json()["id"]
    patch = [
        {"op": "replace", "path": f"/records/{record}", "value": {"priority": 99}},
        {"op": "replace", "path": f"/records/{record}", "value": {"first_name": "x" * 81}},
        {"op": "replace", "path": f"/records/{NOBODY}", "value": {"priority": 1}},
    ]
    rows = (await api.patch(f"{path}/records/bulks", json=patch)).json()["_embedded"]["records"]
    assert [row["errors"] for row in rows] == [["PRIORITY_INVALID"], ["FIRST_NAME_INVALID"], ["OTHER"]]


async def test_ruling_38_a_bulk_deletion_of_entries_links_to_its_list_and_lists_what_failed_under_one_name(
    api: httpx.AsyncClient,
) -> None:
    path = await dnc.a_list(api)
    body = (await dnc.delete(api, path, [{"id": NOBODY}])).json()
    assert body["_links"]["do_not_call_list"] == {"href": f"{BASE_URL}{path}"}
    assert "record_list" not in body["_links"]
    assert [one["id"] for one in body["_embedded"]["failed_records"]] == [NOBODY]
    assert "failed_entries" not in body["_embedded"]


async def test_ruling_39_an_entry_links_to_its_list_under_the_name_with_underscores(api: httpx.AsyncClient) -> None:
    path = await dnc.a_list(api)
    assert set((await dnc.put(api, path))["_links"]) == {"self", "do_not_call_list"}


async def test_ruling_26_total_counts_all_do_not_call_lists_and_count_those_of_the_page(api: httpx.AsyncClient) -> None:
    for _ in range(2):
        await dnc.a_list(api)
    body = (await api.get("/do-not-call-lists?per_page=1")).json()
    assert (body["total"], body["count"]) == (2, 1)


async def test_ruling_41_a_do_not_call_list_for_too_large_a_file_is_413(api: httpx.AsyncClient) -> None:
    body = {"name": "Opt-outs", "csv_metadata": {"byte_size": 100_000_001}}
    answer = await api.post("/do-not-call-lists", json=body)
    assert (answer.status_code, answer.json()["code"]) == (413, "0531506")
    body["csv_metadata"] = {"byte_size": 100_000_000}
    assert (await api.post("/do-not-call-lists", json=body)).status_code == 201
