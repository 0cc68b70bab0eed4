"""Record lists and their records over HTTP: `/record-lists` and what is under it."""

from typing import Any

import httpx
import pytest

from outdial.domain.access import Scope
from outdial.domain.record_lists import LARGEST_FIRST_FILE, LARGEST_LATER_FILE
from tests.api.conftest import BASE_URL, Bearer, Parts, created, fields_of

NOBODY = "/record-lists/9e2d7a64-1c3f-4d0b-8f55-6a1e2b3c4d5e"
MARTA: dict[str, Any] = {
    "phone_numbers": [
        {"phone_number": "+12025550142", "phone_type": "MOBILE"},
        {"phone_number": "+12025550177", "phone_type": "HOME"},
    ],
    "first_name": "Marta",
    "last_name": "Moreau",
    "timezone": "America/New_York",
    "priority": 7,
    "external_provider": "crm-x",
    "external_id": "K-20418",
    "external_url": "https://crm.example.org/k/20418",
    "sync_external_id": False,
    "extra_data": {"plan": "gold", "renewal": "2026-03-01"},
}


def somebody(number: str, **changes: Any) -> dict[str, Any]:
    phones = [{"phone_number": number, "phone_type": "MOBILE"}]
    return {"first_name": "Bram", "last_name": "Okafor", "phone_numbers": phones} | changes


async def a_list(api: httpx.AsyncClient, name: str = "February renewals", **members: Any) -> str:
    """The path of a new, empty list."""
    answer = await api.post("/record-lists", json={"name": name, **members})
    assert answer.status_code == 201, answer.text
    return f"/record-lists/{answer.json()['id']}"


class TestCreatingAList:
    async def test_with_only_a_name_makes_one_that_is_ready_for_records(self, api: httpx.AsyncClient) -> None:
        answer = await api.post("/record-lists", json={"name": "February renewals"})
        body = answer.json()
        assert answer.status_code == 201
        assert (body["status"], body["unique_identifier_type"], body["records_count"]) == (
            "ACCEPTED",
            "PHONE_NUMBER",
            0,
        )
        assert "signed_url" not in body
        assert body["_links"] == {"self": {"href": f"{BASE_URL}/record-lists/{body['id']}"}}
        assert answer.headers["location"] == body["_links"]["self"]["href"]

    async def test_with_a_file_in_prospect_makes_one_that_waits_for_it(self, api: httpx.AsyncClient) -> None:
        facts = {"filename": "feb.csv", "byte_size": 9, "checksum": "0" * 32, "content_type": "text/csv"}
        body = (await api.post("/record-lists", json={"name": "February", "csv_metadata": facts})).json()
        assert body["status"] == "INCOMPLETE"
        assert body["signed_url"].startswith(f"{BASE_URL}/uploads/")
        assert body["_links"]["upload"] == {"href": body["signed_url"]}

    @pytest.mark.parametrize("given", ["EXTERNAL", "external", "NOTHING"])
    async def test_takes_the_identifier_type_in_any_case(self, api: httpx.AsyncClient, given: str) -> None:
        path = await a_list(api, unique_identifier_type=given)
        assert (await api.get(path)).json()["unique_identifier_type"] == given.upper()

    async def test_has_a_code_of_its_own_for_a_wrong_identifier_type(self, api: httpx.AsyncClient) -> None:
        answer = await api.post("/record-lists", json={"name": "L", "unique_identifier_type": "EMAIL"})
        assert (answer.status_code, answer.json()["code"]) == (400, "0530941")
        answer = await api.post("/record-lists", json={"name": "", "unique_identifier_type": "EMAIL"})
        assert (answer.json()["code"], fields_of(answer)) == ("0530900", {"name", "unique_identifier_type"})

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({}, {"name"}),
            ({"name": "x" * 121}, {"name"}),
            ({"name": 5}, {"name"}),
            ({"name": "L", "csv_metadata": {"byte_size": 0, "filename": "x" * 36}}, None),
            ([], {"body"}),
        ],
    )
    async def test_names_every_wrong_member(self, api: httpx.AsyncClient, body: object, wrong: set[str] | None) -> None:
        answer = await api.post("/record-lists", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "0530900")
        assert fields_of(answer) == (wrong or {"csv_metadata.byte_size", "csv_metadata.filename"})

    async def test_refuses_a_file_of_more_than_100_megabytes(self, api: httpx.AsyncClient) -> None:
        facts = {"byte_size": LARGEST_FIRST_FILE + 1}
        answer = await api.post("/record-lists", json={"name": "L", "csv_metadata": facts})
        assert (answer.status_code, answer.json()["code"]) == (413, "0530906")


class TestLookingAtLists:
    async def test_shows_a_list_with_the_campaigns_that_use_it(self, api: httpx.AsyncClient, parts: Parts) -> None:
        path = await a_list(api)
        campaign = await created(api)
        await api.post(f"{campaign}/record-lists", json=[{"id": path.rpartition("/")[2]}])
        body = (await api.get(path)).json()
        assert {"id", "name", "status", "records_count", "account_id", "created_at", "updated_at"} <= body.keys()
        assert body["campaign_page"]["total"] == 1
        assert body["campaign_page"]["_embedded"]["campaigns"] == [
            {
                "id": campaign.rpartition("/")[2],
                "campaign_name": "Renewals north",
                "_links": {"self": {"href": f"{BASE_URL}{campaign}"}},
            }
        ]

    async def test_shows_teams_to_those_who_ask(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        assert "teams" not in (await api.get(path)).json()
        assert (await api.get(path, params={"fields": "TEAMS"})).json()["teams"] == []
        assert (await api.get(path, params={"fields": "rows"})).status_code == 400

    async def test_pages_through_all_of_them_newest_first(self, api: httpx.AsyncClient, parts: Parts) -> None:
        paths = []
        for name in ("one", "two", "three"):
            parts.clock.advance(1)
            paths.append(await a_list(api, name))
        page = (await api.get("/record-lists", params={"per_page": 2})).json()
        assert (page["total"], page["count"], page["total_pages"]) == (3, 2, 2)
        assert [item["name"] for item in page["_embedded"]["record_lists"]] == ["three", "two"]
        rest = (await api.get(page["_links"]["next"]["href"])).json()
        assert [item["name"] for item in rest["_embedded"]["record_lists"]] == ["one"]

    async def test_orders_by_several_columns(self, api: httpx.AsyncClient) -> None:
        for name in ("b", "a", "c"):
            await a_list(api, name)
        answer = await api.get("/record-lists", params={"order_by": "records_count,name:desc"})
        assert [item["name"] for item in answer.json()["_embedded"]["record_lists"]] == ["c", "b", "a"]

    async def test_filters(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api, "Übersee")
        await api.post(
            "/record-lists", json={"name": "Waiting", "csv_metadata": {"filename": "x.csv"}, "unknown": "ignored"}
        )
        campaign = await created(api)
        await api.post(f"{campaign}/record-lists", json=[{"id": path.rpartition("/")[2]}])

        async def names(**query: str) -> list[str]:
            answer = await api.get("/record-lists", params=query)
            assert answer.status_code == 200, answer.text
            return [item["name"] for item in answer.json()["_embedded"]["record_lists"]]

        assert await names(name="uber") == ["Übersee"]
        assert await names(status="incomplete") == ["Waiting"]
        assert await names(campaign_ids=campaign.rpartition("/")[2]) == ["Übersee"]
        assert await names(campaign_ids="nobody") == []
        assert await names(team_id="7c9e6679") == []
        assert await names(created_at_from="2026-06-01T09:00:00Z", created_at_to="2026-06-01T09:00:01Z") != []
        assert await names(updated_at_from="2026-07-01T09:00:00Z", updated_at_to="2026-07-02T09:00:01Z") == []

    @pytest.mark.parametrize(
        ("query", "wrong"),
        [
            ({"status": "GONE"}, "status"),
            ({"per_page": "501"}, "per_page"),
            ({"page": "0"}, "page"),
            ({"order_by": "size"}, "order_by"),
            ({"order_by": "name:up"}, "order_by"),
            ({"created_at_from": "2026-06-01T09:00:00Z"}, "created_at_to"),
            ({"updated_at_to": "2026-06-01T09:00:00Z"}, "updated_at_from"),
            ({"team_id": "a", "team_ids": "b"}, "team_ids"),
            ({"name": "x" * 121}, "name"),
        ],
    )
    async def test_names_a_wrong_parameter(self, api: httpx.AsyncClient, query: dict[str, str], wrong: str) -> None:
        answer = await api.get("/record-lists", params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, "0530900")
        assert fields_of(answer) == {wrong}

    @pytest.mark.parametrize("path", [NOBODY, "/record-lists/none"])
    async def test_of_nobody_is_404(self, api: httpx.AsyncClient, path: str) -> None:
        for answer in [await api.get(path), await api.patch(path, json=5), await api.get(f"{path}/records")]:
            assert (answer.status_code, answer.json()["code"]) == (404, "0530910")

    async def test_of_another_account_is_404(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        path = await a_list(api)
        theirs = await bearer(account="another")
        assert (await stranger.get(path, headers=theirs)).status_code == 404
        assert (await stranger.get("/record-lists", headers=theirs)).json()["total"] == 0

    async def test_needs_a_token_and_its_scope(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        path = await a_list(api)
        answer = await stranger.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "0530901")
        answer = await stranger.get(path, headers=await bearer(Scope.RECORD_LISTS_WRITE))
        assert (answer.status_code, answer.json()["code"]) == (403, "0530902")
        answer = await stranger.patch(path, headers=await bearer(Scope.RECORD_LISTS_MANAGE))
        assert (answer.status_code, answer.json()["code"]) == (403, "0530902")


class TestUploadRequests:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({}, "0530933"),
            ({"csv_metadata": {}, "callback_action": {"method": "POST"}}, "0530934"),
            ({"csv_metadata": {}, "callback_action": {"endpoint": "https://example.org/done"}}, "0530935"),
            ({"csv_metadata": {"byte_size": "9"}}, "0530900"),
            ({"csv_metadata": {}, "callback_action": 5}, "0530900"),
            ([], "0530900"),
        ],
    )
    async def test_need_facts_and_a_whole_callback(self, api: httpx.AsyncClient, body: object, code: str) -> None:
        answer = await api.post(f"{await a_list(api)}/upload-requests", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, code)

    async def test_refuse_a_file_of_more_than_20_megabytes(self, api: httpx.AsyncClient) -> None:
        facts = {"byte_size": LARGEST_LATER_FILE + 1}
        answer = await api.post(f"{await a_list(api)}/upload-requests", json={"csv_metadata": facts})
        assert (answer.status_code, answer.json()["code"]) == (413, "0530908")

    async def test_give_an_address_and_link_to_their_list(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        callback = {"endpoints": "https://example.org/done", "method": "POST"}
        answer = await api.post(f"{path}/upload-requests", json={"csv_metadata": {}, "callback_action": callback})
        body = answer.json()
        assert (answer.status_code, body["status"]) == (201, "INCOMPLETE")
        assert body["record_list_id"] == path.rpartition("/")[2]
        assert body["_links"]["self"]["href"] == f"{BASE_URL}{path}/upload-requests/{body['id']}"
        assert body["_links"]["record_list"]["href"] == f"{BASE_URL}{path}"
        assert body["_links"]["upload"]["href"] == body["signed_url"]


class TestAddingOneRecord:
    async def test_answers_with_the_record(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        answer = await api.post(f"{path}/records", json=MARTA)
        body = answer.json()
        assert answer.status_code == 201, answer.text
        assert {name: body[name] for name in MARTA} == MARTA
        assert body["phone_number"] == "+12025550142"
        assert body["created_at"] == body["updated_at"] == "2026-06-01T09:00:00.123Z"
        assert body["_links"] == {
            "self": {"href": f"{BASE_URL}{path}/records/{body['id']}"},
            "record_list": {"href": f"{BASE_URL}{path}"},
        }
        assert (await api.get(f"{path}/records/{body['id']}")).json() == body
        assert (await api.get(path)).json()["records_count"] == 1

    async def test_makes_a_hot_lead_of_one_without_a_priority_or_with_null_as_section_4_5_rules(
        self, api: httpx.AsyncClient, parts: Parts
    ) -> None:
        path = await a_list(api)
        for number, priority in (("+12025550142", {}), ("+12025550143", {"priority": None})):
            answer = await api.post(f"{path}/records", json=somebody(number, **priority))
            assert answer.json()["priority"] == 11
        assert [topic for topic, _ in await parts.events()].count("records.added") == 2

    async def test_takes_a_lone_phone_number_as_mobile(self, api: httpx.AsyncClient) -> None:
        body = {"first_name": "Bram", "last_name": "Okafor", "phone_number": "+12025550142"}
        answer = await api.post(f"{await a_list(api)}/records", json=body)
        assert answer.json()["phone_numbers"] == [{"phone_number": "+12025550142", "phone_type": "MOBILE"}]

    @pytest.mark.parametrize(
        ("change", "code", "wrong"),
        [
            ({"phone_numbers": None}, "0530921", {"phone_number"}),
            ({"phone_numbers": []}, "0530921", {"phone_number"}),
            ({"timezone": "Mars/Olympus"}, "0530940", {"timezone"}),
            ({"timezone": None, "phone_numbers": None, "phone_number": "+80012345678"}, "0530940", {"phone_number"}),
            ({"priority": 11}, "0530900", {"priority"}),
            ({"priority": "7"}, "0530900", {"priority"}),
            ({"priority": True}, "0530900", {"priority"}),
            ({"first_name": None, "last_name": 5}, "0530900", {"first_name", "last_name"}),
            ({"first_name": "x" * 81}, "0530900", {"first_name"}),
            ({"phone_numbers": "+12025550142"}, "0530900", {"phone_numbers"}),
            ({"phone_numbers": [5]}, "0530900", {"phone_numbers.0"}),
            ({"phone_numbers": [{"phone_number": "call me", "phone_type": "HOME"}]}, "0530900", None),
            ({"extra_data": [], "sync_external_id": "no"}, "0530900", {"extra_data", "sync_external_id"}),
        ],
    )
    async def test_names_what_is_wrong(
        self, api: httpx.AsyncClient, change: dict[str, Any], code: str, wrong: set[str] | None
    ) -> None:
        answer = await api.post(f"{await a_list(api)}/records", json=MARTA | change)
        assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text
        assert fields_of(answer) == (wrong or {"phone_numbers.0.phone_number"})

    async def test_refuses_what_the_list_has(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        await api.post(f"{path}/records", json=MARTA)
        answer = await api.post(f"{path}/records", json=somebody("+12025550177"))
        assert (answer.status_code, answer.json()["code"]) == (400, "0530900")
        assert fields_of(answer) == {"phone_numbers.0.phone_number"}
        assert (await api.get(path)).json()["records_count"] == 1

    async def test_needs_both_external_members_where_they_make_it_unique(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api, unique_identifier_type="EXTERNAL")
        answer = await api.post(f"{path}/records", json=somebody("+12025550142", external_id="K-1"))
        assert fields_of(answer) == {"external_provider"}

    async def test_makes_a_list_usable_whose_file_was_all_bad(self, api: httpx.AsyncClient, parts: Parts) -> None:
        path = f"/record-lists/{await parts.record_list('REJECTED')}"
        await api.post(f"{path}/records", json=MARTA)
        assert (await api.get(path)).json()["status"] == "ACCEPTED"


class TestAddingManyRecords:
    async def test_stores_the_good_and_echoes_the_bad(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        await api.post(f"{path}/records", json=MARTA)
        nameless = {"last_name": "Silva", "phone_numbers": MARTA["phone_numbers"][:1]}
        several = [somebody("+12025550163", priority=5), nameless, 5, somebody("+12025550163")]
        answer = await api.post(f"{path}/records/bulks", json={"records": several})
        body = answer.json()
        assert answer.status_code == 201, answer.text
        assert (body["has_errors"], body["total_errors"], body["total_created"]) == (True, 3, 1)
        good, bad, nothing, again = body["_embedded"]["records"]
        assert good["_links"]["self"]["href"] == f"{BASE_URL}{path}/records/{good['id']}"
        assert bad == {
            "record_list_id": path.rpartition("/")[2],
            **nameless,
            "errors": ["FIRST_NAME_MISSING", "PHONE_NUMBER_NOT_UNIQUE"],
        }
        assert nothing["errors"] == ["REQUIRED_FIELDS"]
        assert again["errors"] == ["PHONE_NUMBER_NOT_UNIQUE"]
        assert body["_links"]["self"]["href"] == f"{BASE_URL}{path}/records"
        assert (await api.get(path)).json()["records_count"] == 2

    @pytest.mark.parametrize(
        ("change", "errors"),
        [
            ({"first_name": "x" * 81}, ["FIRST_NAME_INVALID"]),
            ({"last_name": ""}, ["LAST_NAME_MISSING"]),
            ({"last_name": 5}, ["LAST_NAME_INVALID"]),
            ({"phone_numbers": []}, ["PHONE_NUMBER_MISSING"]),
            ({"phone_numbers": [{"phone_number": "+1202555", "phone_type": "HOME"}]}, ["PHONE_NUMBER_INVALID"]),
            ({"phone_numbers": [{"phone_number": "+12025550142", "phone_type": "FAX"}]}, ["PHONE_NUMBER_INVALID"]),
            ({"timezone": "Mars/Olympus"}, ["TIMEZONE_INVALID"]),
            ({"phone_numbers": [{"phone_number": "+80012345678", "phone_type": "HOME"}]}, ["TIMEZONE_UNMATCHED"]),
            ({"priority": 0}, ["PRIORITY_INVALID"]),
        ],
    )
    async def test_has_the_apis_word_for_each_problem(
        self, api: httpx.AsyncClient, change: dict[str, Any], errors: list[str]
    ) -> None:
        several = [somebody("+12025550142", **change)]
        answer = await api.post(f"{await a_list(api)}/records/bulks", json={"records": several})
        assert answer.json()["_embedded"]["records"][0]["errors"] == errors

    async def test_gives_priority_5_to_one_without_a_priority_as_section_4_5_rules(
        self, api: httpx.AsyncClient
    ) -> None:
        several = [somebody("+12025550142"), somebody("+12025550143", priority=None)]
        answer = await api.post(f"{await a_list(api)}/records/bulks", json={"records": several})
        assert [record["priority"] for record in answer.json()["_embedded"]["records"]] == [5, 5]

    async def test_takes_up_to_100_records(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        several = [somebody(f"+120255501{last:02}") for last in range(100)]
        body = (await api.post(f"{path}/records/bulks", json={"records": several})).json()
        assert (body["total_created"], body["has_errors"]) == (100, False)
        answer = await api.post(f"{path}/records/bulks", json={"records": [*several, MARTA]})
        assert (answer.status_code, answer.json()["code"]) == (400, "0530936")

    @pytest.mark.parametrize(
        "body", [[], {}, {"records": []}, {"records": {}}, {"records": [], "upload_request_id": 5}]
    )
    async def test_needs_an_array_of_records(self, api: httpx.AsyncClient, body: object) -> None:
        answer = await api.post(f"{await a_list(api)}/records/bulks", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "0530900")

    async def test_may_belong_to_an_upload_request_of_the_list(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        upload = (await api.post(f"{path}/upload-requests", json={"csv_metadata": {}})).json()
        body = {"records": [somebody("+12025550142")], "upload_request_id": upload["id"]}
        answer = await api.post(f"{path}/records/bulks", json=body)
        found = (await api.get(answer.json()["_links"]["self"]["href"])).json()
        assert found["total"] == 1
        answer = await api.post(f"{await a_list(api)}/records/bulks", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "0530937")


class TestLookingAtRecords:
    @pytest.fixture
    async def path(self, api: httpx.AsyncClient, parts: Parts) -> str:
        """A list of Marta, then Bram with a percent sign, then a hot lead."""
        path = await a_list(api)
        people = [MARTA, somebody("+442079460958", last_name="100%", priority=3), somebody("+12025550163")]
        for person in people:
            parts.clock.advance(60)
            assert (await api.post(f"{path}/records", json=person)).status_code == 201
        return path

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, [11, 3, 7]),
            ({"order_by": "priority"}, [3, 7, 11]),
            ({"order_by": "updated_at:asc"}, [7, 3, 11]),
            ({"priorities": "3, 7", "order_by": "priority:desc"}, [7, 3]),
            ({"timezones": "america/new_york,Europe/Paris"}, [7]),
            ({"phone_number": "+12025550177"}, [7]),
            ({"phone_number": "12025550177"}, [7]),
            ({"phone_number": "+12025550199"}, []),
            ({"phone_number": "nobody"}, []),
            ({"search": "marta"}, [7]),
            ({"search": "M*ta"}, [7]),
            ({"search": "00%"}, [3]),
            ({"search": "*7946*"}, [3]),
            ({"search": "7946", "search_fields": "first_name,last_name"}, []),
            ({"upload_request_id": "none"}, []),
            ({"updated_at_from": "2026-06-01T09:02:00Z", "updated_at_to": "2026-06-01T09:02:59Z"}, [3]),
            ({"page": "2", "per_page": "2"}, [7]),
            ({"page": "9"}, []),
        ],
    )
    async def test_finds_those_asked_for(
        self, api: httpx.AsyncClient, path: str, query: dict[str, str], expected: list[int]
    ) -> None:
        answer = await api.get(f"{path}/records", params=query)
        assert answer.status_code == 200, answer.text
        assert [record["priority"] for record in answer.json()["_embedded"]["records"]] == expected

    @pytest.mark.parametrize(
        "query",
        [
            {"per_page": "501"},
            {"order_by": "name"},
            {"priorities": "3,12"},
            {"search": "ab"},
            {"search_fields": "priority"},
            {"phone_number": "+1" * 11},
            {"updated_at_from": "2026-06-01T09:02:00Z"},
            {"timezones": ""},
        ],
    )
    async def test_names_a_wrong_parameter(self, api: httpx.AsyncClient, query: dict[str, str]) -> None:
        answer = await api.get(f"{await a_list(api)}/records", params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, "0530900")
        assert len(fields_of(answer)) == 1

    @pytest.mark.parametrize("record", ["none", "9e2d7a64-1c3f-4d0b-8f55-6a1e2b3c4d5e"])
    async def test_of_nobody_is_404(self, api: httpx.AsyncClient, record: str) -> None:
        answer = await api.get(f"{await a_list(api)}/records/{record}")
        assert (answer.status_code, answer.json()["code"]) == (404, "0530920")

    async def test_finds_a_record_in_its_own_list_only(self, api: httpx.AsyncClient, path: str) -> None:
        record = (await api.get(f"{path}/records")).json()["_embedded"]["records"][0]
        assert (await api.get(f"{path}/records/{record['id']}")).status_code == 200
        assert (await api.get(f"{await a_list(api)}/records/{record['id']}")).status_code == 404
