"""The campaign resource: made, shown, changed and deleted, with every limit, alias and ruling of the API."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outdial.domain.access import Scope
from tests.api.conftest import BASE_URL, Bearer, Parts, a_campaign, a_strategy, created, fields_of, make_ready
from tests.conftest import SetClock

CHAIN = [
    {"type": kind, "max_attempts": place, "retry_period": 2, "retry_time_unit": "HOURS"}
    for place, kind in enumerate(["MOBILE", "HOME", "OFFICE", "EXTRA_1", "EXTRA_2", "EXTRA_3"], start=1)
]


def outcome(**changes: Any) -> dict[str, Any]:
    return {"status_after_call": "RETRY", "custom": True, **changes}


def dispositions(**changes: Any) -> dict[str, Any]:
    return {**a_strategy()["dispositions"], **changes}


async def post(api: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await api.post("/campaigns", json=a_campaign(**changes))


async def strategy_of(api: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    """The strategy that comes back when these members are sent."""
    answer = await post(api, dialing_strategy=a_strategy(**changes))
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()["dialing_strategy"]
    return shown


class TestCreating:
    async def test_every_member_comes_back_as_it_was_sent(self, api: httpx.AsyncClient) -> None:
        full = {
            "name": "Renewals north",
            "dialing_mode": "PREVIEW",
            "priority": 9,
            "dialing_mode_configuration": {
                "answering_machine_detection": True,
                "amd_metadata": False,
                "max_abandonment_rate": 100,
                "max_dialing_ratio": 3,
                "max_ring_time_in_secs": 120,
                "abandonment_timeout": {"amount": 30},
            },
            "dialing_strategy": {
                "max_skip_attempts": 0,
                "strategy_type": "AUTOMATIC",
                "preview_timeout": 300,
                "max_attempts": 100,
                "retry_period": 2592000,
                "retry_time_unit": "DAYS",
                "calling_hours": [
                    {"from": "09:00:00", "to": "18:30:15", "week_days": ["MONDAY", "FRIDAY"]},
                    {"from": "22:00:00", "to": "02:00:00", "week_days": ["SUNDAY"]},
                ],
                "dispositions": {
                    "busy": outcome(max_attempts=4, retry_period=20, retry_period_time_unit="MINUTES"),
                    "no_answer": outcome(status_after_call="FINAL", custom=False),
                    "abandoned": outcome(max_attempts=1, retry_period=3, retry_period_time_unit="DAYS"),
                    "hangup_before_connection": outcome(max_attempts=2),
                    "agent_hangup_before_connection": outcome(retry_period=30, retry_period_time_unit="SECONDS"),
                    "answering_machine_detection": outcome(custom=False),
                    "invalid_number": {"status_after_call": "FINAL"},
                },
                "record_chain": [{**item, "retry_period_time_unit": "HOURS"} for item in CHAIN],
                "lists_sorting_criteria": "LIFO",
                "ivr_enabled": True,
            },
        }
        answer = await api.post("/campaigns", json=full)
        assert answer.status_code == 201
        assert answer.headers["content-type"] == "application/hal+json"
        body = answer.json()
        assert {name: body[name] for name in full} == full
        self_link = body["_links"]["self"]["href"]
        assert self_link == f"{BASE_URL}/campaigns/{body['id']}"
        assert body["_links"] == {"self": {"href": self_link}, "campaigns": {"href": f"{BASE_URL}/campaigns"}}
        assert (await api.get(self_link)).json() == body

    async def test_ruling_23_a_name_is_enough_and_what_is_absent_is_left_out(
        self, api: httpx.AsyncClient, clock: SetClock
    ) -> None:
        answer = await api.post("/campaigns", json={"name": "Spring"})
        body = answer.json()
        assert answer.status_code == 201
        assert set(body) == {"id", "name", "priority", "run_once", "action_required", "status", "created_at", "_links"}
        assert (body["status"], body["priority"]) == ("INCOMPLETE", 5)
        assert (body["run_once"], body["action_required"]) == (False, False)
        assert body["created_at"] == "2026-06-01T09:00:00.123Z"

    async def test_ruling_23_two_campaigns_may_have_one_name(self, api: httpx.AsyncClient) -> None:
        assert await created(api) != await created(api)

    async def test_all_wrong_members_are_named_at_once(self, api: httpx.AsyncClient) -> None:
        answer = await api.post(
            "/campaigns",
            json={
                "name": "ab",
                "dialing_mode": "LOUD",
                "priority": 11,
                "dialing_mode_configuration": {"max_ring_time_in_secs": 5, "abandonment_timeout": {}},
                "dialing_strategy": {
                    "max_attempts": 0,
                    "retry_period": "4",
                    "calling_hours": [{"from": "25:00", "to": "18:00", "week_days": ["SOMEDAY"]}],
                    "dispositions": {"busy": {"status_after_call": "RETRY"}, "no_answer": 7},
                },
            },
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "0530001")
        assert fields_of(answer) == {
            "name",
            "dialing_mode",
            "priority",
            "dialing_mode_configuration.max_ring_time_in_secs",
            "dialing_mode_configuration.abandonment_timeout.amount",
            "dialing_strategy.max_attempts",
            "dialing_strategy.retry_period",
            "dialing_strategy.retry_time_unit",
            "dialing_strategy.calling_hours.0.from",
            "dialing_strategy.calling_hours.0.week_days.0",
            "dialing_strategy.dispositions.busy.custom",
            "dialing_strategy.dispositions.no_answer",
            "dialing_strategy.dispositions.invalid_number",
        }
        assert (await api.get("/campaigns")).json()["total"] == 0

    @pytest.mark.parametrize(
        ("path", "low", "high"),
        [
            ("priority", 1, 10),
            ("dialing_mode_configuration.max_abandonment_rate", 1, 100),
            ("dialing_mode_configuration.max_dialing_ratio", 1, 3),
            ("dialing_mode_configuration.max_ring_time_in_secs", 6, 120),
            ("dialing_mode_configuration.abandonment_timeout.amount", 2, 30),
            ("dialing_strategy.max_skip_attempts", 0, 20),
            ("dialing_strategy.preview_timeout", 6, 300),
            ("dialing_strategy.max_attempts", 1, 100),
            ("dialing_strategy.retry_period", 1, 2592000),
            ("dialing_strategy.dispositions.busy.max_attempts", 1, 100),
            ("dialing_strategy.dispositions.busy.retry_period", 1, 2592000),
        ],
    )
    async def test_numbers_keep_to_their_limits_and_to_their_type(
        self, api: httpx.AsyncClient, path: str, low: int, high: int
    ) -> None:
        for value in (low, high):
            assert (await api.post("/campaigns", json=with_value(path, value))).status_code == 201
        for wrong in (low - 1, high + 1, str(low), low + 0.5, True, [low], 10**30):
            answer = await api.post("/campaigns", json=with_value(path, wrong))
            assert (answer.status_code, fields_of(answer)) == (400, {path}), wrong

    @pytest.mark.parametrize(
        "path",
        ["dialing_mode_configuration.answering_machine_detection", "dialing_strategy.dispositions.busy.custom"],
    )
    @pytest.mark.parametrize("wrong", ["true", 1, 0, []])
    async def test_only_true_and_false_are_booleans(self, api: httpx.AsyncClient, path: str, wrong: object) -> None:
        answer = await api.post("/campaigns", json=with_value(path, wrong))
        assert (answer.status_code, fields_of(answer)) == (400, {path})

    @pytest.mark.parametrize("path", ["priority", "dialing_mode", "dialing_strategy.record_chain"])
    async def test_null_is_the_same_as_absent(self, api: httpx.AsyncClient, path: str) -> None:
        assert (await api.post("/campaigns", json=with_value(path, None))).status_code == 201

    async def test_unknown_members_are_ignored(self, api: httpx.AsyncClient) -> None:
        answer = await post(api, status="RUNNING", id="mine", colour="red")
        assert answer.status_code == 201
        assert "colour" not in answer.json()
        assert answer.json()["status"] == "INCOMPLETE"

    @pytest.mark.parametrize("name", ["abc", "x" * 35, "Überfälle", "日本語"])
    async def test_ruling_20_names_have_3_to_35_characters(self, api: httpx.AsyncClient, name: str) -> None:
        assert (await post(api, name=name)).json()["name"] == name

    @pytest.mark.parametrize("name", ["ab", "x" * 36, "", 123, None])
    async def test_ruling_20_other_names_are_refused(self, api: httpx.AsyncClient, name: object) -> None:
        assert fields_of(await post(api, name=name)) == {"name"}


def with_value(path: str, value: object) -> dict[str, Any]:
    """A campaign with one member changed."""
    body = a_campaign()
    *outer, last = path.split(".")
    inner = body
    for name in outer:
        inner = inner.setdefault(name, {})
    inner[last] = value
    return body


class TestAliases:
    async def test_ruling_9_the_chain_takes_both_unit_keys_and_shows_both(self, api: httpx.AsyncClient) -> None:
        chain: list[dict[str, Any]] = [dict(item) for item in CHAIN]
        del chain[0]["retry_time_unit"]
        chain[0]["retry_period_time_unit"] = "hours"
        shown = (await strategy_of(api, record_chain=chain))["record_chain"]
        assert [(item["retry_time_unit"], item["retry_period_time_unit"]) for item in shown] == [("HOURS", "HOURS")] * 6
        assert [item["type"] for item in shown] == [item["type"] for item in CHAIN], "the order is the order of trying"

    async def test_ruling_10_outcomes_take_both_unit_keys_and_show_one(self, api: httpx.AsyncClient) -> None:
        for key in ("retry_period_time_unit", "retry_time_unit"):
            shown = await strategy_of(api, dispositions=dispositions(busy=outcome(**{key: "MINUTES"})))
            assert shown["dispositions"]["busy"]["retry_period_time_unit"] == "MINUTES"
            assert "retry_time_unit" not in shown["dispositions"]["busy"]

    async def test_ruling_11_outcomes_may_be_written_in_capitals(self, api: httpx.AsyncClient) -> None:
        old = {
            "BUSY": outcome(),
            "NO_ANSWER": outcome(),
            "ABANDONMENT": outcome(max_attempts=7),
            "HANGUP_BEFORE_CONNECTION": outcome(),
            "INVALID_NUMBER": {"status_after_call": "FINAL"},
        }
        shown = (await strategy_of(api, dispositions=old))["dispositions"]
        assert set(shown) == {"busy", "no_answer", "abandoned", "hangup_before_connection", "invalid_number"}
        assert shown["abandoned"]["max_attempts"] == 7

    async def test_ruling_12_predictive_mode_counts_when_the_configuration_is_missing(
        self, api: httpx.AsyncClient
    ) -> None:
        old, new = {"max_ring_time_in_secs": 20}, {"max_ring_time_in_secs": 30}
        alone = await api.post("/campaigns", json={"name": "Spring", "predictive_mode": old})
        assert alone.json()["dialing_mode_configuration"] == old
        assert "predictive_mode" not in alone.json()
        both = {"name": "Spring", "predictive_mode": old, "dialing_mode_configuration": new}
        assert (await api.post("/campaigns", json=both)).json()["dialing_mode_configuration"] == new

    async def test_ruling_13_caller_ids_are_assigned_like_numbers(self, api: httpx.AsyncClient, parts: Parts) -> None:
        first, second = await parts.number("+12025550142"), await parts.number("+12025550143")
        callers = [{"id": first}, {"phone_number": "+12025550143"}]
        answer = await post(api, dialing_strategy=a_strategy(caller_ids=callers))
        assert "caller_ids" not in answer.json()["dialing_strategy"]
        numbers = (await api.get(f"/campaigns/{answer.json()['id']}/numbers")).json()["_embedded"]["numbers"]
        assert {number["id"] for number in numbers} == {first, second}
        assert (await post(api, dialing_strategy=a_strategy(caller_ids=[]))).status_code == 201

    async def test_ruling_13_a_foreign_caller_id_leaves_no_campaign(self, api: httpx.AsyncClient) -> None:
        answer = await post(api, dialing_strategy=a_strategy(caller_ids=[{"phone_number": "+12025550199"}]))
        assert fields_of(answer) == {"dialing_strategy.caller_ids.0.phone_number"}
        assert (await api.get("/campaigns")).json()["total"] == 0

    @pytest.mark.parametrize(
        ("written", "shown"),
        [
            ("09:05", "09:05:00"),
            ("09:05:07", "09:05:07"),
            ("2020-01-31T09:05:07Z", "09:05:07"),
            ("2020-01-31T09:05:07.123+05:30", "09:05:07"),
            ("2020-01-31T23:59:00-11:00", "23:59:00"),
            ("00:00:00", "00:00:00"),
        ],
    )
    async def test_ruling_14_calling_hours_are_times_or_the_time_of_a_date_time(
        self, api: httpx.AsyncClient, written: str, shown: str
    ) -> None:
        windows = [{"from": written, "to": written, "week_days": ["monday"]}]
        assert (await strategy_of(api, calling_hours=windows))["calling_hours"] == [
            {"from": shown, "to": shown, "week_days": ["MONDAY"]}
        ]

    @pytest.mark.parametrize(
        "written", ["9:05", "24:00", "09:60", "0905", "09:05Z", "2020-02-31T09:05:07Z", "", 9, "09:05:07 ", "٠٩:٠٥"]
    )
    async def test_ruling_14_other_times_are_refused(self, api: httpx.AsyncClient, written: object) -> None:
        windows = [{"from": written, "to": "10:00", "week_days": ["MONDAY"]}]
        answer = await post(api, dialing_strategy=a_strategy(calling_hours=windows))
        assert fields_of(answer) == {"dialing_strategy.calling_hours.0.from"}

    @pytest.mark.parametrize("after", ["FINAL", "RETRY"])
    async def test_ruling_16_an_invalid_number_may_be_retried(self, api: httpx.AsyncClient, after: str) -> None:
        shown = await strategy_of(api, dispositions=dispositions(invalid_number={"status_after_call": after}))
        assert shown["dispositions"]["invalid_number"] == {"status_after_call": after}

    async def test_ruling_17_busy_always_shows_its_attempts(self, api: httpx.AsyncClient) -> None:
        shown = (await strategy_of(api, max_attempts=8))["dispositions"]
        assert shown["busy"]["max_attempts"] == 8
        assert "max_attempts" not in shown["no_answer"]

    async def test_ruling_18_invalid_number_and_week_days_are_demanded(self, api: httpx.AsyncClient) -> None:
        without = dispositions()
        del without["invalid_number"]
        windows = [{"from": "09:00", "to": "10:00"}]
        answer = await post(api, dialing_strategy=a_strategy(dispositions=without, calling_hours=windows))
        assert fields_of(answer) == {
            "dialing_strategy.dispositions.invalid_number",
            "dialing_strategy.calling_hours.0.week_days",
        }

    @pytest.mark.parametrize("chain", [CHAIN[:5], [*CHAIN, CHAIN[0]], [*CHAIN[:5], CHAIN[0]]])
    async def test_the_chain_has_exactly_one_item_per_phone_type(
        self, api: httpx.AsyncClient, chain: list[dict[str, Any]]
    ) -> None:
        answer = await post(api, dialing_strategy=a_strategy(record_chain=chain))
        assert fields_of(answer) == {"dialing_strategy.record_chain"}

    async def test_enumerations_are_read_in_any_case_and_shown_in_capitals(self, api: httpx.AsyncClient) -> None:
        body = (await post(api, dialing_mode="predictive", dialing_strategy=a_strategy(strategy_type="Manual"))).json()
        assert (body["dialing_mode"], body["dialing_strategy"]["strategy_type"]) == ("PREDICTIVE", "MANUAL")


class TestDuplicating:
    async def test_a_copy_starts_from_the_source_and_the_body_overrides(
        self, api: httpx.AsyncClient, parts: Parts
    ) -> None:
        source = await created(api, a_campaign(priority=9))
        ids = await make_ready(api, parts, source)
        before = (await api.get(source)).json()
        answer = await api.post(
            "/campaigns", params={"source_id": before["id"]}, json={"name": "Copy", "dialing_mode": "PREVIEW"}
        )
        copy = answer.json()
        assert answer.status_code == 201
        assert (copy["name"], copy["dialing_mode"], copy["priority"]) == ("Copy", "PREVIEW", 9)
        assert copy["dialing_strategy"] == before["dialing_strategy"]
        assert copy["id"] != before["id"]
        for kind, uuid in ids.items():
            items = (await api.get(f"/campaigns/{copy['id']}/{kind}")).json()["_embedded"]
            assert [item["id"] for item in items[kind.replace("-", "_")]] == [uuid]

    async def test_a_copy_of_a_complete_campaign_is_ready_and_not_running(
        self, api: httpx.AsyncClient, parts: Parts
    ) -> None:
        source = await created(api)
        await make_ready(api, parts, source)
        await api.patch(source, json={"op": "REPLACE", "path": "status", "value": "running"})
        copy = await api.post("/campaigns", params={"source_id": source.rpartition("/")[2]}, json={"name": "Copy"})
        assert copy.json()["status"] == "READY"

    async def test_an_unknown_source_is_404_before_the_body_is_looked_at(self, api: httpx.AsyncClient) -> None:
        for source in (str(uuid4()), "nonsense"):
            answer = await api.post("/campaigns", params={"source_id": source}, content=b"{")
            assert (answer.status_code, answer.json()["code"]) == (404, "0530002")


class TestShowing:
    async def test_ruling_50_without_fields_both_large_members_are_shown_with_it_only_those_named(
        self, api: httpx.AsyncClient
    ) -> None:
        path = await created(api)
        large = {"dialing_mode_configuration", "dialing_strategy"}
        assert large <= set((await api.get(path)).json())
        only = (await api.get(path, params={"fields": "dialing_strategy"})).json()
        assert large & set(only) == {"dialing_strategy"}
        both = (await api.get(path, params={"fields": "dialing_strategy, dialing_mode_configuration"})).json()
        assert large <= set(both)

    async def test_fields_that_do_not_exist_are_refused(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        for fields in ("colour", "dialing_strategy," * 200):
            answer = await api.get(path, params={"fields": fields})
            assert (answer.status_code, fields_of(answer)) == (400, {"fields"})

    @pytest.mark.parametrize(
        "campaign_id", ["0b0c4f1e-7d1a-4c58-9a42-0f6a3f6c2d11", "1", "x" * 36, "%00", "..%2f", "a" * 500]
    )
    async def test_ruling_48_a_campaign_that_is_not_there_is_404(
        self, api: httpx.AsyncClient, campaign_id: str
    ) -> None:
        for method in ("GET", "PATCH", "DELETE"):
            answer = await api.request(method, f"/campaigns/{campaign_id}", content=b"{")
            assert (answer.status_code, answer.json()["code"]) == (404, "0530002")


class TestPatching:
    @pytest.mark.parametrize("path", ["name", "/name"])
    @pytest.mark.parametrize("op", ["REPLACE", "replace", "Replace"])
    async def test_ruling_6_paths_may_start_with_a_slash(self, api: httpx.AsyncClient, path: str, op: str) -> None:
        campaign = await created(api)
        answer = await api.patch(campaign, json={"op": op, "path": path, "value": "Renamed"})
        assert (answer.status_code, answer.json()["name"]) == (200, "Renamed")
        assert (await api.get(campaign)).json() == answer.json()

    async def test_ruling_5_a_patch_is_an_object_or_an_array_applied_in_order(self, api: httpx.AsyncClient) -> None:
        campaign = await created(api)
        patch = [
            {"op": "replace", "path": "name", "value": "First"},
            {"op": "REPLACE", "path": "/name", "value": "Second"},
            {"op": "replace", "path": "priority", "value": 2},
        ]
        body = (await api.patch(campaign, json=patch)).json()
        assert (body["name"], body["priority"]) == ("Second", 2)

    @pytest.mark.parametrize("value", ["7", 7])
    async def test_ruling_8_a_priority_is_a_number_or_its_text(self, api: httpx.AsyncClient, value: object) -> None:
        answer = await api.patch(await created(api), json={"op": "REPLACE", "path": "priority", "value": value})
        assert answer.json()["priority"] == 7

    @pytest.mark.parametrize(
        ("path", "word"), [("status", "running"), ("/status", "RUNNING"), ("state", "Running"), ("/state", "running")]
    )
    async def test_rulings_4_and_6_status_is_read_in_any_case_under_either_name(
        self, api: httpx.AsyncClient, parts: Parts, path: str, word: str
    ) -> None:
        campaign = await created(api)
        await make_ready(api, parts, campaign)
        answer = await api.patch(campaign, json={"op": "REPLACE", "path": path, "value": word})
        assert (answer.status_code, answer.json()["status"]) == (200, "RUNNING")

    async def test_starting_and_pausing_twice_changes_nothing(self, api: httpx.AsyncClient, parts: Parts) -> None:
        campaign = await created(api)
        await make_ready(api, parts, campaign)
        for value, status in [("running", "RUNNING")] * 2 + [("paused", "PAUSED")] * 2 + [("running", "RUNNING")]:
            answer = await api.patch(campaign, json={"op": "REPLACE", "path": "status", "value": value})
            assert (answer.status_code, answer.json()["status"]) == (200, status)

    async def test_ruling_23_an_incomplete_campaign_cannot_start_and_says_what_it_lacks(
        self, api: httpx.AsyncClient
    ) -> None:
        answer = await api.patch(await created(api), json={"op": "REPLACE", "path": "status", "value": "running"})
        assert (answer.status_code, answer.json()["code"]) == (422, "0530008")
        assert "record_lists, numbers, users" in answer.json()["message"]

    async def test_only_a_running_campaign_can_be_paused(self, api: httpx.AsyncClient, parts: Parts) -> None:
        campaign = await created(api)
        pause = {"op": "REPLACE", "path": "status", "value": "paused"}
        assert (await api.patch(campaign, json=pause)).json()["code"] == "0530008"
        await make_ready(api, parts, campaign)
        assert (await api.patch(campaign, json=pause)).status_code == 422

    async def test_a_patch_is_applied_whole_or_not_at_all(self, api: httpx.AsyncClient) -> None:
        campaign = await created(api)
        before = (await api.get(campaign)).json()
        rename = {"op": "replace", "path": "name", "value": "Renamed"}
        start = {"op": "replace", "path": "status", "value": "running"}
        assert (await api.patch(campaign, json=[rename, start])).status_code == 422
        assert (await api.patch(campaign, json=[rename, {**start, "value": "maybe"}])).status_code == 400
        assert (await api.get(campaign)).json() == before

    async def test_a_running_campaign_may_be_renamed(self, api: httpx.AsyncClient, parts: Parts) -> None:
        campaign = await created(api)
        await make_ready(api, parts, campaign)
        await api.patch(campaign, json={"op": "REPLACE", "path": "status", "value": "running"})
        answer = await api.patch(campaign, json={"op": "REPLACE", "path": "name", "value": "Renamed"})
        assert (answer.json()["status"], answer.json()["name"]) == ("RUNNING", "Renamed")

    @pytest.mark.parametrize(
        ("patch", "fields"),
        [
            ({}, {"op", "path", "value"}),
            ({"op": "add", "path": "name", "value": "Renamed"}, {"op"}),
            ({"op": "REPLACE", "path": "colour", "value": "red"}, {"path"}),
            ({"op": "REPLACE", "path": "name", "value": "ab"}, {"value"}),
            ({"op": "REPLACE", "path": "name", "value": "x" * 36}, {"value"}),
            ({"op": "REPLACE", "path": "priority", "value": "11"}, {"value"}),
            ({"op": "REPLACE", "path": "priority", "value": 0}, {"value"}),
            ({"op": "REPLACE", "path": "priority", "value": 7.0}, {"value"}),
            ({"op": "REPLACE", "path": "priority", "value": True}, {"value"}),
            ({"op": "REPLACE", "path": "status", "value": "ready"}, {"value"}),
            ({"op": "REPLACE", "path": "status", "value": {}}, {"value"}),
            ([{"op": "add", "path": "x", "value": 1}, {"op": "replace"}], {"1.path", "1.value"}),
            ([{"op": "add", "path": "x", "value": 1}], {"0.op", "0.path"}),
            ([], {"body"}),
            (["replace"], {"0"}),
            ("running", {"body"}),
        ],
    )
    async def test_a_wrong_patch_names_what_is_wrong(
        self, api: httpx.AsyncClient, patch: object, fields: set[str]
    ) -> None:
        answer = await api.patch(await created(api), json=patch)
        assert (answer.status_code, answer.json()["code"], fields_of(answer)) == (400, "0530001", fields)


class TestDeleting:
    async def test_a_deleted_campaign_is_gone(self, api: httpx.AsyncClient, parts: Parts) -> None:
        campaign = await created(api)
        await make_ready(api, parts, campaign)
        answer = await api.delete(campaign)
        assert (answer.status_code, answer.content) == (204, b"")
        assert (await api.get(campaign)).status_code == 404
        assert (await api.delete(campaign)).status_code == 404

    async def test_ruling_23_a_running_campaign_cannot_be_deleted(self, api: httpx.AsyncClient, parts: Parts) -> None:
        campaign = await created(api)
        await make_ready(api, parts, campaign)
        await api.patch(campaign, json={"op": "REPLACE", "path": "status", "value": "running"})
        answer = await api.delete(campaign)
        assert (answer.status_code, answer.json()["code"]) == (409, "0530005")
        await api.patch(campaign, json={"op": "REPLACE", "path": "status", "value": "paused"})
        assert (await api.delete(campaign)).status_code == 204


class TestEvents:
    async def test_every_change_leaves_an_event_and_a_refusal_none(self, api: httpx.AsyncClient, parts: Parts) -> None:
        campaign = await created(api)
        await api.patch(campaign, json={"op": "REPLACE", "path": "name", "value": "Renamed"})
        await api.patch(campaign, json={"op": "REPLACE", "path": "status", "value": "running"})
        await api.delete(campaign)
        events = await parts.events()
        assert [topic for topic, _ in events] == ["campaign.created", "campaign.changed", "campaign.deleted"]
        assert {payload["campaign_id"] for _, payload in events} == {campaign.rpartition("/")[2]}


class TestWhoMayDoWhat:
    @pytest.mark.parametrize(
        ("method", "path", "scopes"),
        [
            ("GET", "/campaigns", {Scope.CAMPAIGNS_READ}),
            ("POST", "/campaigns", {Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_WRITE}),
            ("GET", "/campaigns/{id}", {Scope.CAMPAIGNS_READ}),
            ("PATCH", "/campaigns/{id}", {Scope.CAMPAIGNS_WRITE}),
            ("DELETE", "/campaigns/{id}", {Scope.CAMPAIGNS_WRITE}),
            *(
                (
                    method,
                    f"/campaigns/{{id}}/{kind}",
                    {Scope.CAMPAIGNS_READ if method == "GET" else Scope.CAMPAIGNS_WRITE},
                )
                for method in ("GET", "POST", "DELETE")
                for kind in ("record-lists", "do-not-call-lists", "users", "numbers")
            ),
        ],
    )
    async def test_ruling_22_the_token_comes_first_then_the_scope_then_the_campaign_then_the_body(
        self, stranger: httpx.AsyncClient, bearer: Bearer, method: str, path: str, scopes: set[Scope]
    ) -> None:
        url = path.format(id=uuid4())
        broken: dict[str, Any] = {"content": b"{"}
        assert (await stranger.request(method, url, **broken)).json()["code"] == "0530004"
        for lacking in scopes:
            rest = set(Scope) - {lacking}
            answer = await stranger.request(method, url, headers=await bearer(*rest), **broken)
            assert (answer.status_code, answer.json()["code"]) == (403, "0530003")
        allowed = await stranger.request(method, url, headers=await bearer(*scopes), **broken)
        expected = {"GET": 200, "POST": 400}[method] if path == "/campaigns" else 404
        assert allowed.status_code == expected

    async def test_the_campaigns_of_another_account_do_not_exist(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer, parts: Parts
    ) -> None:
        campaign = await created(api)
        other = await bearer(account="acme")
        rename = {"op": "REPLACE", "path": "name", "value": "Stolen"}
        assert (await stranger.get(campaign, headers=other)).status_code == 404
        assert (await stranger.patch(campaign, headers=other, json=rename)).status_code == 404
        assert (await stranger.delete(campaign, headers=other)).status_code == 404
        assert (await stranger.get(f"{campaign}/users", headers=other)).status_code == 404
        copy = {"params": {"source_id": campaign.rpartition("/")[2]}, "json": {"name": "Copy"}}
        assert (await stranger.post("/campaigns", headers=other, **copy)).status_code == 404  # type: ignore[arg-type]
        assert (await api.get(campaign)).json()["name"] == "Renewals north"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
GARBAGE = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@GARBAGE
@given(
    body=st.fixed_dictionaries(
        {"name": st.text(max_size=40) | ANYTHING},
        optional={
            "dialing_mode": st.sampled_from(["PREDICTIVE", "preview"]) | ANYTHING,
            "priority": st.integers(-1, 12) | ANYTHING,
            "dialing_mode_configuration": st.fixed_dictionaries(
                {"max_ring_time_in_secs": st.integers(5, 121) | ANYTHING}, optional={"abandonment_timeout": ANYTHING}
            ),
            "dialing_strategy": st.fixed_dictionaries(
                {
                    "max_attempts": st.integers(0, 101) | ANYTHING,
                    "retry_period": st.just(1) | ANYTHING,
                    "retry_time_unit": st.just("DAYS") | ANYTHING,
                    "calling_hours": st.just([]) | ANYTHING,
                    "dispositions": st.just(a_strategy()["dispositions"]) | ANYTHING,
                },
                optional={"record_chain": ANYTHING, "caller_ids": ANYTHING, "ivr_enabled": ANYTHING},
            )
            | ANYTHING,
        },
    )
    | ANYTHING
)
async def test_whatever_is_posted_is_made_or_refused(api: httpx.AsyncClient, body: object) -> None:
    answer = await api.post("/campaigns", json=body)
    assert answer.status_code in {201, 400}, answer.text
    if answer.status_code == 201:
        shown = answer.json()
        assert (await api.get(f"/campaigns/{shown['id']}")).json() == shown


@GARBAGE
@given(
    patch=st.fixed_dictionaries(
        {
            "op": st.sampled_from(["replace", "add"]) | ANYTHING,
            "path": st.sampled_from(["name", "/priority", "status"]) | ANYTHING,
            "value": ANYTHING,
        }
    )
    | ANYTHING
)
async def test_whatever_is_patched_is_done_or_refused(api: httpx.AsyncClient, patch: object) -> None:
    page = (await api.get("/campaigns")).json()["_embedded"]["campaigns"]
    campaign = f"/campaigns/{page[0]['id']}" if page else await created(api)
    assert (await api.patch(campaign, json=patch)).status_code in {200, 400, 422}
