"""Scheduled callbacks over HTTP: `/schedule-callbacks` as the compatible API has it, and their making under `/v1`."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outdial.domain.access import Scope
from tests.api.conftest import BASE_URL, Bearer, Parts, a_campaign, a_strategy, created, fields_of
from tests.conftest import SetClock

CALLBACKS, MAKING = "/schedule-callbacks", "/v1/schedule-callbacks"
NOBODY = "c3a9d5e2-8b47-46f1-a0ce-2d4f6b8190aa"
WASHINGTON, LONDON = "+12025550142", "+442079460018"
ALL_WEEK = [{"from": "00:00:00", "to": "00:00:00", "week_days": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY"]}]
AT_TEN, AT_NOON = "2026-06-01T10:00:00.000Z", "2026-06-01T12:00:00.000Z"
"""An hour and three hours from now, in tests."""


@dataclass
class Desk:
    """A campaign with one list; makes records and callbacks."""

    api: httpx.AsyncClient
    campaign: str
    record_list: str
    number: int = 42

    async def record(self, phone: str | None = None, **members: Any) -> str:
        """The id of a new record."""
        if phone is None:
            self.number += 1
            phone = f"+120255501{self.number:02}"
        body = {"first_name": "Ida", "last_name": "Moreau", "phone_number": phone, **members}
        answer = await self.api.post(f"/record-lists/{self.record_list}/records", json=body)
        assert answer.status_code == 201, answer.text
        record: str = answer.json()["id"]
        return record

    async def ask(self, **members: Any) -> httpx.Response:
        body = {"campaign_id": self.campaign, "time_to_call": AT_TEN, **members}
        if "record_id" not in body:
            body["record_id"] = await self.record()
        return await self.api.post(MAKING, json=body)

    async def callback(self, **members: Any) -> dict[str, Any]:
        answer = await self.ask(**members)
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def show(self, callback: dict[str, Any]) -> dict[str, Any]:
        answer = await self.api.get(f"{CALLBACKS}/{callback['callback_id']}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def patch(self, callback: dict[str, Any], *operations: tuple[str, Any]) -> httpx.Response:
        body = [{"op": "replace", "path": path, "value": value} for path, value in operations]
        return await self.api.patch(f"{CALLBACKS}/{callback['callback_id']}", json=body)

    async def listed(self, **query: Any) -> list[str]:
        answer = await self.api.get(CALLBACKS, params=query)
        assert answer.status_code == 200, answer.text
        return [item["callback_id"] for item in answer.json()["_embedded"]["callbacks"]]


async def a_desk(api: httpx.AsyncClient, hours: list[dict[str, Any]] = ALL_WEEK) -> Desk:
    campaign = await created(api, a_campaign(dialing_strategy=a_strategy(calling_hours=hours)))
    record_list = (await api.post("/record-lists", json={"name": "Renewals"})).json()["id"]
    (await api.post(f"{campaign}/record-lists", json=[{"id": record_list}])).raise_for_status()
    return Desk(api, campaign.rpartition("/")[2], record_list)


@pytest.fixture
async def desk(api: httpx.AsyncClient) -> Desk:
    return await a_desk(api)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


class TestSchedulingOne:
    async def test_shows_the_promise_with_its_record_and_campaign(self, desk: Desk, parts: Parts) -> None:
        await desk.api.post(f"/campaigns/{desk.campaign}/numbers", json=[{"id": await parts.number("+12025550199")}])
        record = await desk.record(WASHINGTON, extra_data={"plan": "gold"})
        answer = await desk.ask(record_id=record)
        body = answer.json()
        assert answer.status_code == 201
        assert answer.headers["location"] == f"{BASE_URL}{MAKING}/{body['callback_id']}"
        assert body["status"] == "UNATTEMPTED"
        assert body["scheduled_time_to_call"] == body["next_time_to_call"] == body["time_to_call"] == AT_TEN
        assert (body["campaign_id"], body["record_id"], body["record_list_id"]) == (
            desk.campaign,
            record,
            desk.record_list,
        )
        assert (body["phone_number"], body["caller_id"]) == (WASHINGTON, "+12025550199")
        assert (body["timezone"], body["zones"]) == ("America/New_York", ["America/New_York"])
        assert (body["record_first_name"], body["record_last_name"]) == ("Ida", "Moreau")
        assert body["record_extra_data"] == {"plan": "gold"}
        assert (body["assign_type"], body["from_call_type"]) == ("ANY_ELIGIBLE_AGENT", "PROACTIVE_OUTBOUND")
        assert body["dialing_model"] == "PREDICTIVE"
        assert "reason" not in body

    async def test_is_for_an_agent_when_one_is_named(self, desk: Desk, parts: Parts) -> None:
        ana = await parts.user()
        body = await desk.callback(assign_type="specific_agent", agents=[ana])
        assert (body["assign_type"], body["agents"]) == ("SPECIFIC_AGENT", [{"agent_id": ana}])

    async def test_has_an_owner_whom_myself_means(self, desk: Desk, parts: Parts) -> None:
        ana = await parts.user()
        body = await desk.callback(assign_type="MYSELF_ONLY", owner=ana)
        assert (body["agents"], body["created_by"]) == ([{"agent_id": ana}], ana)

    async def test_happens_once_for_a_record_and_campaign_at_a_time(self, desk: Desk) -> None:
        record = await desk.record()
        first = await desk.callback(record_id=record)
        again = await desk.ask(record_id=record)
        assert refusal(again) == (409, "callback-exists")
        await desk.api.delete(f"{CALLBACKS}/{first['callback_id']}")
        await desk.callback(record_id=record)

    async def test_outside_the_calling_hours_of_the_number_is_refused_with_the_next_opening(
        self, api: httpx.AsyncClient
    ) -> None:
        office = [{"from": "09:00:00", "to": "18:30:00", "week_days": ["MONDAY", "SATURDAY"]}]
        desk = await a_desk(api, office)
        record = await desk.record(WASHINGTON)
        answer = await desk.ask(record_id=record, time_to_call=AT_NOON)  # 08:00 in Washington
        assert refusal(answer) == (400, "callback-refused")
        (field,) = answer.json()["fields"]
        assert field["name"] == "time_to_call"
        assert "2026-06-01T13:00:00Z" in field["description"]
        await desk.callback(record_id=record, time_to_call=AT_NOON, timezone="Europe/London")

    async def test_a_number_on_a_dnc_list_of_the_campaign_is_refused(self, desk: Desk) -> None:
        dnc = (await desk.api.post("/do-not-call-lists", json={"name": "Opt-outs"})).json()["id"]
        await desk.api.post(f"/campaigns/{desk.campaign}/do-not-call-lists", json=[{"id": dnc}])
        entry = {"phone_number": WASHINGTON, "expiration_date": "2026-06-02"}
        (await desk.api.post(f"/do-not-call-lists/{dnc}/entries", json=entry)).raise_for_status()
        record = await desk.record(WASHINGTON)
        answer = await desk.ask(record_id=record)
        assert refusal(answer) == (400, "callback-refused")
        assert fields_of(answer) == {"phone_number"}
        # The entry's last day is over by then.
        await desk.callback(record_id=record, time_to_call="2026-06-03T12:00:00Z")

    @pytest.mark.parametrize(
        ("members", "wrong"),
        [
            ({"time_to_call": "2026-06-01T08:00:00Z"}, {"time_to_call"}),
            ({"time_to_call": "tomorrow"}, {"time_to_call"}),
            ({"time_to_call": 5}, {"time_to_call"}),
            ({"time_to_call": None}, {"time_to_call"}),
            ({"record_id": NOBODY}, {"record_id"}),
            ({"record_id": "x"}, {"record_id"}),
            ({"phone_number": "12"}, {"phone_number"}),
            ({"timezone": "Mars/Olympus"}, {"timezone"}),
            ({"assign_type": "SOMEBODY"}, {"assign_type"}),
            ({"assign_type": "MYSELF_ONLY"}, {"assign_type"}),
            ({"assign_type": "SPECIFIC_AGENT"}, {"agents"}),
            ({"assign_type": "SPECIFIC_AGENT", "agents": [NOBODY, "x"]}, {"agents.0", "agents.1"}),
            ({"owner": NOBODY}, {"owner"}),
            ({"phone_number": "+88212345678"}, {"timezone"}),  # a satellite has no time zone
        ],
    )
    async def test_names_what_is_wrong(self, desk: Desk, members: dict[str, Any], wrong: set[str]) -> None:
        answer = await desk.ask(**members)
        assert answer.status_code == 400
        assert fields_of(answer) == wrong

    async def test_needs_a_campaign_and_a_record_of_it(self, desk: Desk) -> None:
        assert refusal(await desk.ask(campaign_id=NOBODY)) == (404, "campaign-not-found")
        other = await a_desk(desk.api)
        answer = await desk.ask(record_id=await other.record("+12025550111"))
        assert (answer.status_code, fields_of(answer)) == (400, {"record_id"})

    async def test_tells_those_who_listen(self, desk: Desk, parts: Parts) -> None:
        body = await desk.callback()
        topic, payload = (await parts.events())[-1]
        assert topic == "callback.scheduled"
        assert payload == {
            "callback_id": body["callback_id"],
            "campaign_id": desk.campaign,
            "status": "UNATTEMPTED",
        }


class TestLookingAtOne:
    async def test_adds_to_the_list_what_only_a_detail_has(self, desk: Desk) -> None:
        made = await desk.callback()
        body = await desk.show(made)
        (listed,) = (await desk.api.get(CALLBACKS)).json()["_embedded"]["callbacks"]
        assert body.items() >= listed.items()
        assert body.keys() - listed.keys() == {
            "record_list_name",
            "time_to_call",
            "current_retry_attempts",
            "current_rescheduled_attempts",
            "max_rescheduled_attempts",
        }
        assert (body["record_list_name"], body["max_rescheduled_attempts"]) == ("Renewals", 3)

    async def test_ruling_44_the_link_leads_back_to_it(self, desk: Desk) -> None:
        made = await desk.callback()
        body = await desk.show(made)
        href = f"{BASE_URL}{CALLBACKS}/{made['callback_id']}"
        assert body["_links"]["self"]["href"] == href
        assert (await desk.api.get(href)).json() == body

    @pytest.mark.parametrize("callback_id", [NOBODY, "x", "x" * 36])
    async def test_ruling_21_an_unknown_id_is_not_found_whatever_its_length(
        self, api: httpx.AsyncClient, callback_id: str
    ) -> None:
        for method in ("GET", "PATCH", "DELETE"):
            answer = await api.request(method, f"{CALLBACKS}/{callback_id}", content=b"{")
            assert refusal(answer) == (404, "0532002")

    async def test_why_it_is_as_it_is_is_told_under_v1(self, desk: Desk) -> None:
        made = await desk.callback()
        await desk.api.delete(f"{CALLBACKS}/{made['callback_id']}")
        body = (await desk.api.get(f"{MAKING}/{made['callback_id']}")).json()
        assert (body["status"], body["reason"]) == ("CANCELED", "canceled")
        assert (await desk.api.get(body["_links"]["record"]["href"])).json()["id"] == made["record_id"]


class TestListing:
    async def test_ruling_2_and_44_pages_lead_through_all_by_the_time_they_are_due(self, desk: Desk) -> None:
        hours = ("13", "11", "12")
        made = {hour: await desk.callback(time_to_call=f"2026-06-01T{hour}:00:00Z") for hour in hours}
        page = (await desk.api.get(CALLBACKS, params={"per_page": 2, "status": "UNATTEMPTED"})).json()
        assert (page["total"], page["count"], page["page"], page["per_page"], page["total_pages"]) == (3, 2, 1, 2, 2)
        assert page["_links"].keys() == {"self", "first", "last", "next"}
        assert "status=UNATTEMPTED" in page["_links"]["next"]["href"]
        rest = (await desk.api.get(page["_links"]["next"]["href"])).json()
        found = [item["callback_id"] for item in page["_embedded"]["callbacks"] + rest["_embedded"]["callbacks"]]
        assert found == [made[hour]["callback_id"] for hour in sorted(hours)]
        assert "next" not in rest["_links"]

    async def test_ruling_42_the_first_page_of_fifty_is_the_default_and_zero_means_the_first(
        self, api: httpx.AsyncClient
    ) -> None:
        for query in ({}, {"page": "0"}):
            page = (await api.get(CALLBACKS, params=query)).json()
            assert (page["page"], page["per_page"], page["total_pages"], page["total"]) == (1, 50, 1, 0)
            assert page["_embedded"] == {"callbacks": []}

    @pytest.mark.parametrize(
        ("query", "wrong"),
        [
            ({"per_page": "501"}, "per_page"),
            ({"per_page": "0"}, "per_page"),
            ({"page": "-1"}, "page"),
            ({"page": "x"}, "page"),
            ({"status": "SCHEDULED"}, "status"),
            ({"time_to_call": "noon"}, "time_to_call"),
            ({"start_time": "noon"}, "start_time"),
            ({"next_time_to_call_end": "5"}, "next_time_to_call_end"),
            ({"from_call_type": "INBOUND,FAX"}, "from_call_type"),
            ({"agent_id": ""}, "agent_id"),
            ({"agent_id": "x" * 51}, "agent_id"),
            ({"ring_group": "x" * 101}, "ring_group"),
            ({"campaign_id": "x" * 37}, "campaign_id"),
        ],
    )
    async def test_names_the_wrong_parameter(self, api: httpx.AsyncClient, query: dict[str, str], wrong: str) -> None:
        answer = await api.get(CALLBACKS, params=query)
        assert refusal(answer) == (400, "0532006")
        assert fields_of(answer) == {wrong}

    async def test_finds_by_time(self, desk: Desk) -> None:
        ten, noon = await desk.callback(), await desk.callback(time_to_call=AT_NOON)
        both = [ten["callback_id"], noon["callback_id"]]
        assert await desk.listed(time_to_call="2026-06-01T12:00:00+02:00") == both[:1]
        assert await desk.listed(next_time_to_call_end=AT_TEN) == both[:1]
        assert await desk.listed(start_time=AT_NOON) == both[1:]
        assert await desk.listed(start_time=AT_TEN, end_time=AT_NOON) == both
        await desk.api.delete(f"{CALLBACKS}/{ten['callback_id']}")
        assert await desk.listed(next_time_to_call_end=AT_NOON) == both[1:]  # only those still to be called
        assert await desk.listed(end_time=AT_NOON) == both

    async def test_ruling_53_finds_by_campaign_record_and_number(self, desk: Desk) -> None:
        made = await desk.callback(record_id=await desk.record(WASHINGTON))
        await desk.callback()
        other = await a_desk(desk.api)
        away = await other.callback(record_id=await other.record("+12025550111"))
        assert await desk.listed(campaign_id=other.campaign) == [away["callback_id"]]
        assert await desk.listed(record_id=made["record_id"]) == [made["callback_id"]]
        assert await desk.listed(phone_number=WASHINGTON) == [made["callback_id"]]
        assert (await desk.api.get(f"{CALLBACKS}?phone_number={WASHINGTON}")).json()["total"] == 1  # plus not escaped
        assert await desk.listed(contact_id=NOBODY) == []
        for name in ("campaign_id", "record_id", "phone_number"):
            assert await desk.listed(**{name: "nothing"}) == []

    async def test_ruling_43_finds_by_status_in_any_case(self, desk: Desk) -> None:
        made, gone = await desk.callback(), await desk.callback()
        await desk.api.delete(f"{CALLBACKS}/{gone['callback_id']}")
        assert await desk.listed(status="unattempted") == [made["callback_id"]]
        assert await desk.listed(status="CANCELED") == [gone["callback_id"]]

    async def test_finds_by_assignee(self, desk: Desk, parts: Parts) -> None:
        ana, ben = await parts.user(), await parts.user()
        owned = await desk.callback(assign_type="MYSELF_IF_AVAILABLE", owner=ana)
        named = await desk.callback(assign_type="SPECIFIC_AGENT", agents=[ana, ben])
        grouped = await desk.callback(assign_type="SPECIFIC_RING_GROUP", ring_groups=["retention"], owner=ana)
        assert await desk.listed(agent_id=ana) == [owned["callback_id"], named["callback_id"]]
        assert await desk.listed(agent_id=f"{NOBODY},{ben}") == [named["callback_id"]]
        assert await desk.listed(ring_group="sales,retention") == [grouped["callback_id"]]
        assert await desk.listed(ring_group="sales") == []

    async def test_a_ring_group_is_the_team_of_its_name(self, desk: Desk) -> None:
        team = (await desk.api.post("/v1/teams", json={"name": "retention"})).json()["id"]
        made = await desk.callback(assign_type="SPECIFIC_RING_GROUP", ring_groups=["retention"])
        await desk.callback(assign_type="SPECIFIC_RING_GROUP", ring_groups=["sales"])
        assert made["teams"] == [{"team_id": team}]
        assert await desk.listed(team_id=team) == [made["callback_id"]]
        assert await desk.listed(team_id=NOBODY) == []

    async def test_finds_by_the_kind_of_call_it_came_from(self, desk: Desk) -> None:
        made = await desk.callback()
        assert await desk.listed(from_call_type="inbound,proactive_outbound") == [made["callback_id"]]
        assert await desk.listed(from_call_type="INBOUND") == []


class TestRescheduling:
    async def test_moves_it_and_counts(self, desk: Desk) -> None:
        made = await desk.callback()
        answer = await desk.patch(made, ("/timeToCall", "2026-06-02T16:30:00Z"))
        assert answer.status_code == 200
        body = answer.json()
        assert body["scheduled_time_to_call"] == body["next_time_to_call"] == "2026-06-02T16:30:00.000Z"
        assert (body["status"], body["current_rescheduled_attempts"]) == ("UNATTEMPTED", 1)
        assert await desk.show(made) == body

    async def test_three_times_is_enough(self, desk: Desk) -> None:
        made = await desk.callback()
        for _ in range(3):
            assert (await desk.patch(made, ("timeToCall", AT_NOON))).status_code == 200
        assert refusal(await desk.patch(made, ("timeToCall", AT_NOON))) == (400, "0532006")

    @pytest.mark.parametrize("path", ["/timeToCall", "timeToCall", "/time_to_call", "time_to_call"])
    async def test_ruling_45_paths_have_both_spellings(self, desk: Desk, path: str) -> None:
        body = (await desk.patch(await desk.callback(), (path, AT_NOON))).json()
        assert body["next_time_to_call"] == AT_NOON

    async def test_the_published_sample_does_all_it_says(self, desk: Desk) -> None:
        answer = await desk.patch(
            await desk.callback(),
            ("/timeToCall", "2026-06-02T16:30:00Z"),
            ("/timezone", "America/New_York"),
            ("/assignType", "SPECIFIC_RING_GROUP"),
            ("/ringGroups", ["retention"]),
        )
        body = answer.json()
        assert answer.status_code == 200
        assert (body["timezone"], body["assign_type"]) == ("America/New_York", "SPECIFIC_RING_GROUP")
        assert body["ring_groups"] == [{"ring_group": "retention"}]

    async def test_another_number_may_be_called(self, desk: Desk) -> None:
        body = (await desk.patch(await desk.callback(), ("/phoneNumber", LONDON))).json()
        assert (body["phone_number"], body["timezone"]) == (LONDON, "Europe/London")
        assert body["current_rescheduled_attempts"] == 0

    async def test_agents_change_with_and_without_the_type(self, desk: Desk, parts: Parts) -> None:
        ana, ben = await parts.user(), await parts.user()
        made = await desk.callback(assign_type="SPECIFIC_AGENT", agents=[ana])
        assert (await desk.patch(made, ("/agents", [ben]))).json()["agents"] == [{"agent_id": ben}]
        assert (await desk.patch(made, ("/assignType", "SPECIFIC_AGENT"))).json()["agents"] == [{"agent_id": ben}]
        anyone = (await desk.patch(made, ("/assignType", "ANY_ELIGIBLE_AGENT"))).json()
        assert (anyone["assign_type"], anyone["agents"]) == ("ANY_ELIGIBLE_AGENT", [])

    @pytest.mark.parametrize(
        ("operations", "wrong"),
        [
            ([("/agents", [NOBODY])], {"agents.0"}),
            ([("/ringGroups", ["retention"])], {"ring_groups"}),
            ([("/assignType", "SPECIFIC_AGENT")], {"agents"}),
            ([("/assignType", "SPECIFIC_RING_GROUP")], {"ring_groups"}),
            ([("/assignType", "MYSELF_ONLY")], {"assign_type"}),
            ([("/timeToCall", "2026-06-01T08:00:00Z")], {"time_to_call"}),
            ([("/timeToCall", "2026-06-05T12:00:00Z")], {"time_to_call"}),  # a Friday, when nobody is called
            ([("/status", "CANCELED"), ("/timeToCall", 5)], {"0.path", "1.value"}),
            ([("/phoneNumber", "abc"), ("/timezone", "Mars")], {"0.value", "1.value"}),
            ([("/agents", "x")], {"0.value"}),
            ([("/agents", [5])], {"0.value.0"}),
            ([("x" * 36, 1)], {"0.path"}),
            ([], {"body"}),
        ],
    )
    async def test_names_what_is_wrong_and_changes_nothing(
        self, desk: Desk, operations: list[tuple[str, Any]], wrong: set[str]
    ) -> None:
        made = await desk.callback()
        before = await desk.show(made)
        answer = await desk.patch(made, *operations)
        assert refusal(answer) == (400, "0532006")
        assert fields_of(answer) == wrong
        assert await desk.show(made) == before

    @pytest.mark.parametrize(
        "body",
        [{}, 5, [5], [{"op": "replace", "path": "/timeToCall"}], [{"op": "add", "path": "/agents", "value": []}]],
    )
    async def test_a_patch_is_an_array_of_replacements(self, desk: Desk, body: object) -> None:
        made = await desk.callback()
        answer = await desk.api.patch(f"{CALLBACKS}/{made['callback_id']}", json=body)
        assert refusal(answer) == (400, "0532006")

    async def test_one_that_is_over_cannot_be_changed(self, desk: Desk) -> None:
        made = await desk.callback()
        await desk.api.delete(f"{CALLBACKS}/{made['callback_id']}")
        assert refusal(await desk.patch(made, ("/timeToCall", AT_NOON))) == (400, "0532006")

    # The fixtures are shared by all examples: each tries the same callback.
    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        value=st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
            max_leaves=8,
        ),
        path=st.sampled_from(["/timeToCall", "/phoneNumber", "/timezone", "/assignType", "/agents", "/ringGroups"]),
    )
    async def test_whatever_is_sent_is_answered_with_a_reason(self, desk: Desk, value: Any, path: str) -> None:
        found = await desk.listed()
        made = {"callback_id": found[0]} if found else await desk.callback()
        assert (await desk.patch(made, (path, value))).status_code in (200, 400)


class TestCanceling:
    async def test_leaves_it_canceled_and_may_be_repeated(self, desk: Desk, parts: Parts) -> None:
        made = await desk.callback()
        for _ in range(2):
            answer = await desk.api.delete(f"{CALLBACKS}/{made['callback_id']}")
            assert (answer.status_code, answer.content) == (204, b"")
        assert (await desk.show(made))["status"] == "CANCELED"
        assert [topic for topic, _ in await parts.events()].count("callback.canceled") == 1

    async def test_an_active_one_goes_with_its_campaign(self, desk: Desk) -> None:
        made = await desk.callback()
        assert (await desk.api.delete(f"/campaigns/{desk.campaign}")).status_code == 204
        assert (await desk.api.get(f"{CALLBACKS}/{made['callback_id']}")).status_code == 404

    async def test_an_active_one_goes_with_its_record(self, desk: Desk) -> None:
        made = await desk.callback()
        record = f"/record-lists/{desk.record_list}/records/{made['record_id']}"
        assert (await desk.api.delete(record)).status_code == 204
        assert (await desk.api.get(f"{CALLBACKS}/{made['callback_id']}")).status_code == 404

    async def test_it_outlives_the_assignment_of_its_list(self, desk: Desk) -> None:
        made = await desk.callback()
        lists = f"/campaigns/{desk.campaign}/record-lists"
        (await desk.api.request("DELETE", lists, json=[{"id": desk.record_list}])).raise_for_status()
        assert (await desk.show(made))["status"] == "UNATTEMPTED"
        assert (await desk.patch(made, ("/timeToCall", AT_NOON))).status_code == 200


class TestWhyTheRecordIsNotDialed:
    async def test_a_promised_callback_is_the_reason(self, desk: Desk) -> None:
        made = await desk.callback()
        path = f"/v1/campaigns/{desk.campaign}/records/{made['record_id']}/why"
        assert (await desk.api.get(path)).json()["reason"] == "callback_pending"
        reasons = (await desk.api.get(f"/v1/campaigns/{desk.campaign}/reasons")).json()
        assert {row["reason"]: row["records"] for row in reasons["reasons"]} == {"callback_pending": 1}
        await desk.api.delete(f"{CALLBACKS}/{made['callback_id']}")
        assert (await desk.api.get(path)).json()["reason"] != "callback_pending"


class TestWhoMay:
    @pytest.mark.parametrize(
        ("method", "path", "scope"),
        [
            ("GET", CALLBACKS, Scope.CALLBACKS_READ),
            ("GET", f"{CALLBACKS}/{NOBODY}", Scope.CALLBACKS_READ),
            ("PATCH", f"{CALLBACKS}/{NOBODY}", Scope.CALLBACKS_WRITE),
            ("DELETE", f"{CALLBACKS}/{NOBODY}", Scope.CALLBACKS_WRITE),
        ],
    )
    async def test_scopes_are_checked_first(
        self, stranger: httpx.AsyncClient, bearer: Bearer, method: str, path: str, scope: Scope
    ) -> None:
        assert refusal(await stranger.request(method, path, content=b"{")) == (401, "0011003")
        others = await bearer(*(set(Scope) - {scope}))
        assert refusal(await stranger.request(method, path, content=b"{", headers=others)) == (403, "0532003")

    async def test_another_accounts_callback_does_not_exist(
        self, desk: Desk, stranger: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        made = await desk.callback()
        stranger.headers.update(await bearer(account="other"))
        path = f"{CALLBACKS}/{made['callback_id']}"
        for method in ("GET", "PATCH", "DELETE"):
            assert refusal(await stranger.request(method, path)) == (404, "0532002")
        assert (await stranger.get(f"{MAKING}/{made['callback_id']}")).status_code == 404
        assert (await stranger.get(CALLBACKS)).json()["total"] == 0
        body = {"campaign_id": desk.campaign, "record_id": made["record_id"], "time_to_call": AT_TEN}
        assert (await stranger.post(MAKING, json=body)).status_code == 404
        assert (await desk.show(made))["status"] == "UNATTEMPTED"

    async def test_a_foreign_record_and_agent_do_not_exist(
        self, desk: Desk, stranger: httpx.AsyncClient, bearer: Bearer, parts: Parts
    ) -> None:
        record = await desk.record()
        stranger.headers.update(await bearer(account="other"))
        theirs = await a_desk(stranger)
        answer = await theirs.ask(record_id=record)
        assert (answer.status_code, fields_of(answer)) == (400, {"record_id"})
        ana = await parts.user()
        answer = await theirs.ask(assign_type="SPECIFIC_AGENT", agents=[ana])
        assert (answer.status_code, fields_of(answer)) == (400, {"agents.0"})


async def test_a_time_that_passes_does_not_hinder_other_changes(desk: Desk, clock: SetClock, parts: Parts) -> None:
    soon = "2026-06-01T09:01:00.000Z"
    made = await desk.callback(time_to_call=soon)
    clock.advance(300)
    ana = await parts.user()
    answer = await desk.patch(made, ("/assignType", "SPECIFIC_AGENT"), ("/agents", [ana]))
    assert (answer.status_code, answer.json()["next_time_to_call"]) == (200, soon)


async def test_the_same_post_twice_under_a_key_makes_one(desk: Desk) -> None:
    body = {"campaign_id": desk.campaign, "record_id": await desk.record(), "time_to_call": AT_TEN}
    key = {"Idempotency-Key": str(uuid4())}
    first = await desk.api.post(MAKING, json=body, headers=key)
    again = await desk.api.post(MAKING, json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
