"""For systems beside the dialer: the record behind a call, and what they report of records."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from outdial.adapters.storage.unit_of_work import SqlStorage
from outdial.api.http import create_app
from outdial.api.services import Services
from outdial.domain.access import Scope
from outdial.domain.values import AccountId
from tests.api.conftest import BASE_URL, Bearer, Parts, created, fields_of
from tests.api.test_record_lists import MARTA, a_list, somebody

NOBODY = "9e2d7a64-1c3f-4d0b-8f55-6a1e2b3c4d5e"


async def a_record(api: httpx.AsyncClient, **changes: Any) -> str:
    """The path of a record on a new list."""
    path = await a_list(api)
    answer = await api.post(f"{path}/records", json=MARTA | changes)
    assert answer.status_code == 201, answer.text
    return f"{path}/records/{answer.json()['id']}"


async def contact_of(api: httpx.AsyncClient, record: str, **query: Any) -> httpx.Response:
    """The contact behind a record, whose list a new campaign uses."""
    campaign = await created(api)
    _, _, list_id, _, record_id = record.split("/")
    await api.post(f"{campaign}/record-lists", json=[{"id": list_id}])
    return await api.get(f"/dialer-integrations{campaign}/contacts/{record_id}", **query)


class TestContact:
    async def test_names_the_person_and_what_the_source_system_said(self, api: httpx.AsyncClient) -> None:
        answer = await contact_of(api, await a_record(api))
        body = answer.json()
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert body == {
            "id": answer.headers["x-request-id"],
            "campaign_id": body["campaign_id"],
            "contact_name": "Marta Moreau",
            "campaign_records": [
                {"key": "external_provider", "value": "crm-x"},
                {"key": "external_id", "value": "K-20418"},
                {"key": "external_url", "value": "https://crm.example.org/k/20418"},
                {"key": "plan", "value": "gold"},
                {"key": "renewal", "value": "2026-03-01"},
            ],
        }

    async def test_keys_and_values_have_1_to_255_characters(self, api: httpx.AsyncClient) -> None:
        extra = {"": "x", "k" * 300: "v" * 300, "empty": "", "none": None, "n": 5, "deep": {"a": [1]}}
        record = await a_record(api, extra_data=extra, external_id=None, external_provider=None, external_url=None)
        facts = (await contact_of(api, record)).json()["campaign_records"]
        assert {fact["key"]: fact["value"] for fact in facts} == {
            "k" * 255: "v" * 255,
            "n": "5",
            "deep": '{"a":[1]}',
        }

    async def test_a_record_that_the_campaign_does_not_have_is_404(self, api: httpx.AsyncClient) -> None:
        campaign = await created(api)
        record = (await a_record(api)).rpartition("/")[2]
        for path in (
            f"{campaign}/contacts/{record}",
            f"/campaigns/{NOBODY}/contacts/{record}",
            "/campaigns/a/contacts/b",
        ):
            answer = await api.get(f"/dialer-integrations{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "0530910")
            assert answer.headers["content-type"] == "application/json"

    async def test_another_accounts_campaign_is_404_and_scopes_are_demanded(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        answer = await contact_of(api, await a_record(api))
        path = str(answer.url)
        allowed = {Scope.INTEGRATION_RECORDS_READ}
        for headers, status, code in (
            ({}, 401, "0530901"),
            (await bearer(*(set(Scope) - allowed)), 403, "0530902"),
            (await bearer(*allowed, account="acme"), 404, "0530910"),
        ):
            refused = await stranger.get(path, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert (await stranger.get(path, headers=await bearer(*allowed))).status_code == 200


def hook(record: str, tail: str) -> str:
    _, _, list_id, _, record_id = record.split("/")
    return f"/v1/record-list/{list_id}/record/{record_id}/{tail}"


@pytest.fixture
async def ours(api: httpx.AsyncClient) -> dict[str, str]:
    """The header that names the account."""
    return {"account-id": (await api.get(await a_list(api))).json()["account_id"]}


async def events(api: httpx.AsyncClient, record: str) -> list[dict[str, Any]]:
    answer = await api.get(f"/v1{record}/events")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["_embedded"]["events"]
    return found


class TestEvents:
    @pytest.mark.parametrize(
        ("tail", "kept"),
        [
            ("call-attempt-disposition/EXHAUSTED", ("call_attempt", "EXHAUSTED", None)),
            ("call-attempt-disposition/connected", ("call_attempt", "CONNECTED", None)),
            ("schedule-callback-created", ("callback_created", None, None)),
            ("callback-attempt-disposition/SUCCESS", ("callback_attempt", "SUCCESS", None)),
            (
                "callback-attempt-disposition/UNREACHABLE?is_final_attempt=true",
                ("callback_attempt", "UNREACHABLE", True),
            ),
        ],
    )
    async def test_what_is_reported_is_kept_and_told_on(
        self,
        api: httpx.AsyncClient,
        parts: Parts,
        ours: dict[str, str],
        tail: str,
        kept: tuple[str, str | None, bool | None],
    ) -> None:
        record = await a_record(api)
        answer = await api.post(hook(record, tail), headers=ours)
        assert (answer.status_code, answer.content) == (204, b"")
        (event,) = await events(api, record)
        assert (event["kind"], event.get("disposition"), event.get("final_attempt")) == kept
        assert event["_links"]["record"] == {"href": f"{BASE_URL}{record}"}
        topic, told = (await parts.events())[-1]
        assert (topic, told["record_id"], told["kind"]) == ("record_event.added", record.rpartition("/")[2], kept[0])

    @pytest.mark.parametrize(
        "word",
        [
            "SUCCESS",
            "INVALID_NUMBER",
            "NO_ANSWER",
            "AGENT_HANGUP_BEFORE_CONNECTION",
            "BUSY",
            "RESCHEDULED",
            "FINALIZED",
            "UNREACHABLE",
        ],
    )
    async def test_every_word_for_a_callback_is_known(
        self, api: httpx.AsyncClient, ours: dict[str, str], word: str
    ) -> None:
        answer = await api.post(hook(await a_record(api), f"callback-attempt-disposition/{word}"), headers=ours)
        assert answer.status_code == 204

    @pytest.mark.parametrize(
        ("tail", "header", "wrong"),
        [
            ("call-attempt-disposition/BUSY", True, {"disposition"}),
            ("callback-attempt-disposition/EXHAUSTED", True, {"disposition"}),
            ("callback-attempt-disposition/BUSY?is_final_attempt=perhaps", True, {"is_final_attempt"}),
            ("schedule-callback-created", False, {"account-id"}),
            ("call-attempt-disposition/X", False, {"account-id", "disposition"}),
        ],
    )
    async def test_what_is_wrong_is_named_and_nothing_is_kept(
        self, api: httpx.AsyncClient, ours: dict[str, str], tail: str, header: bool, wrong: set[str]
    ) -> None:
        record = await a_record(api)
        answer = await api.post(hook(record, tail), headers=ours if header else {})
        assert (answer.status_code, answer.json()["code"], fields_of(answer)) == (400, "0530900", wrong)
        assert await events(api, record) == []

    async def test_the_header_must_name_the_account_of_the_token(self, api: httpx.AsyncClient) -> None:
        answer = await api.post(hook(await a_record(api), "schedule-callback-created"), headers={"account-id": "7777"})
        assert (answer.status_code, fields_of(answer)) == (400, {"account-id"})

    async def test_an_event_with_an_idempotency_key_is_kept_once(
        self, api: httpx.AsyncClient, ours: dict[str, str]
    ) -> None:
        record = await a_record(api)
        for _ in range(2):
            headers = ours | {"Idempotency-Key": "one"}
            answer = await api.post(hook(record, "schedule-callback-created"), headers=headers)
            assert answer.status_code == 204
        assert len(await events(api, record)) == 1

    async def test_unknown_records_and_foreign_tokens_are_refused(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        record = await a_record(api)
        path = hook(record, "schedule-callback-created")
        nowhere = hook(f"/record-lists/{NOBODY}/records/{NOBODY}", "schedule-callback-created")
        nobody = hook(record.rpartition("/")[0] + f"/{NOBODY}", "schedule-callback-created")
        allowed = {Scope.RECORD_LIST_AUTOMATIONS_WRITE}
        mine = await bearer(*allowed)
        for where, headers, status, code in (
            (path, {}, 401, "0530901"),
            (path, await bearer(*(set(Scope) - allowed)), 403, "0530902"),
            (path, await bearer(*allowed, account="acme"), 404, "0530910"),
            (nowhere, mine, 404, "0530910"),
            (nobody, mine, 404, "0530920"),
        ):
            refused = await stranger.post(where, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (status, code)
            assert refused.headers["content-type"] == "application/json"

    @pytest.mark.parametrize(
        ("failure", "status", "code"), [(ZeroDivisionError(), 500, "0380001"), (OSError(), 503, "0380002")]
    )
    async def test_failures_have_codes_of_their_own(
        self, services: Services, bearer: Bearer, failure: Exception, status: int, code: str
    ) -> None:
        class Broken(SqlStorage):
            def unit_of_work(self, account: AccountId) -> Any:
                raise failure

        headers = await bearer()
        app = create_app(replace(services, storage=Broken(None, services.clock), database_away=(OSError,)))  # type: ignore[arg-type]
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers) as client:
            with capture_logs():
                answer = await client.post(
                    hook(f"/record-lists/{NOBODY}/records/{NOBODY}", "schedule-callback-created")
                )
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    async def test_events_are_listed_in_pages_and_go_with_their_record(
        self, api: httpx.AsyncClient, ours: dict[str, str]
    ) -> None:
        record = await a_record(api)
        for word in ("BUSY", "NO_ANSWER", "SUCCESS"):
            await api.post(hook(record, f"callback-attempt-disposition/{word}"), headers=ours)
        page = (await api.get(f"/v1{record}/events", params={"per_page": 2, "page": 2})).json()
        assert (page["total"], [event["disposition"] for event in page["_embedded"]["events"]]) == (3, ["SUCCESS"])
        assert (await api.delete(record)).status_code == 204
        answer = await api.get(f"/v1{record}/events")
        assert (answer.status_code, answer.json()["code"]) == (404, "record-not-found")


async def test_events_of_several_records_are_kept_apart(api: httpx.AsyncClient, ours: dict[str, str]) -> None:
    path = await a_list(api)
    records = []
    for number in ("+12025550142", "+12025550143"):
        answer = await api.post(f"{path}/records", json=somebody(number))
        records.append(f"{path}/records/{answer.json()['id']}")
    await api.post(hook(records[0], "schedule-callback-created"), headers=ours)
    assert [len(await events(api, record)) for record in records] == [1, 0]
