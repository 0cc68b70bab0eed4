"""All settings of a campaign in one document: shown, changed as a whole, never lost, held to presets."""

from typing import Any

import httpx
import pytest

from tests.api.conftest import Parts, a_campaign, a_strategy, created, fields_of, make_ready

ALWAYS = [{"from": "00:00:00", "to": "00:00:00", "week_days": ["MONDAY", "SUNDAY"]}]


def settings(**changes: Any) -> dict[str, Any]:
    """What is required of a campaign that can run, and changes to it."""
    return {
        "name": "Renewals north",
        "mode": "PREDICTIVE",
        "dialing_mode_configuration": {
            "max_ring_time_in_secs": 25,
            "max_abandonment_rate": 2.5,
            "max_dialing_ratio": 1.5,
            "abandonment_timeout": {"amount": 2},
        },
        "dialing_strategy": a_strategy(),
        **changes,
    }


async def put(api: httpx.AsyncClient, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    return await api.put(f"/v1{path}", json=body, headers=headers)


class TestTheDocument:
    async def test_what_was_read_can_be_sent_back_and_changes_nothing(
        self, api: httpx.AsyncClient, parts: Parts
    ) -> None:
        path = await created(api)
        await make_ready(api, parts, path)
        exceptions = [{"date": "2026-12-24", "windows": [{"from": "09:00:00", "to": "12:00:00"}]}]
        full = settings(strict_priority=False, holidays=["US", "DE-BY"], exceptions=exceptions, presets=["us-wa"])
        assert (await put(api, path, full)).status_code == 200
        before = await api.get(f"/v1{path}")
        after = await put(api, path, before.json(), **{"If-Match": before.headers["etag"]})
        assert after.json() == before.json()
        assert after.headers["etag"] == before.headers["etag"]

    async def test_all_that_is_new_is_kept(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        new = {
            "strict_priority": False,
            "run_once": True,
            "priority": 9,
            "holidays": ["US", "DE-BY"],
            "exceptions": [{"date": "2026-12-24", "windows": []}],
            "abandonment_periods": ["24h", "month"],
            "mode": "PROGRESSIVE",
            "shadow": True,
            "detection": {"profile": "business", "pause_in_ms": 900, "sample_rate": 2.5},
            "safety_message": "north",
        }
        assert (await put(api, path, settings(**new))).status_code == 200
        shown = (await api.get(f"/v1{path}")).json()
        assert {name: shown[name] for name in new} == new

    async def test_a_shadow_needs_a_progressive_campaign_and_periods_are_known_ones(
        self, api: httpx.AsyncClient
    ) -> None:
        path = await created(api)
        refused = await put(api, path, settings(mode="PREDICTIVE", shadow=True))
        assert refused.status_code == 400
        assert "PROGRESSIVE" in refused.text
        assert fields_of(await put(api, path, settings(abandonment_periods=["24h", "fortnight"]))) == {
            "abandonment_periods.1"
        }

    @pytest.mark.parametrize(
        ("sent", "named"),
        [
            ({"detection": {"profile": "LOUD", "limit_in_ms": 8000}}, {"detection.profile", "detection.limit_in_ms"}),
            ({"detection": {"pause_in_ms": 700}}, {"detection"}),  # of whose rules?
            ({"detection": {"profile": "private", "pause_in_ms": 300}}, {"detection"}),  # under the short pause
            ({"detection": {"sample_rate": 101}}, {"detection.sample_rate"}),
            ({"safety_message": "../secret"}, {"safety_message"}),
        ],
    )
    async def test_rules_of_detection_make_sense_together(
        self, api: httpx.AsyncClient, sent: dict[str, Any], named: set[str]
    ) -> None:
        path = await created(api)
        assert fields_of(await put(api, path, settings(**sent))) == named

    async def test_what_is_said_of_detection_is_in_the_audit_and_can_be_left_out_again(
        self, api: httpx.AsyncClient
    ) -> None:
        path = await created(api)
        await put(api, path, settings(detection={"profile": "business"}, safety_message="north"))
        changed = await put(api, path, settings(safety_message="south"))
        assert "detection" not in changed.json()
        [last, *_] = (await api.get(f"/v1{path}/audit")).json()["_embedded"]["changes"]
        assert set(last["fields"]) == {"detection.profile", "safety_message"}
        assert (last["before"], last["after"]) == (
            {"detection.profile": "business", "safety_message": "north"},
            {"safety_message": "south"},
        )

    async def test_the_compatible_api_shows_decimals_as_whole_numbers(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        changed = await put(api, path, settings())
        assert changed.json()["dialing_mode_configuration"]["max_abandonment_rate"] == 2.5
        shown = (await api.get(path)).json()["dialing_mode_configuration"]
        assert (shown["max_abandonment_rate"], shown["max_dialing_ratio"]) == (3, 2)
        tiny = settings()
        tiny["dialing_mode_configuration"]["max_abandonment_rate"] = 0.2
        await put(api, path, tiny)
        assert (await api.get(path)).json()["dialing_mode_configuration"]["max_abandonment_rate"] == 1

    async def test_progressive_is_predictive_with_a_ratio_of_1_for_the_compatible_api(
        self, api: httpx.AsyncClient
    ) -> None:
        path = await created(api)
        body = settings(mode="PROGRESSIVE", dialing_mode_configuration={"max_ring_time_in_secs": 25})
        changed = await put(api, path, body)
        assert changed.json()["mode"] == "PROGRESSIVE"
        shown = (await api.get(path)).json()
        assert shown["dialing_mode"] == "PREDICTIVE"
        assert shown["dialing_mode_configuration"]["max_dialing_ratio"] == 1

    async def test_every_wrong_member_is_named(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        body = settings(
            name="no",
            mode="LOUD",
            priority=11,
            exceptions=[{"date": "2026-13-01", "windows": [{"from": "9", "to": "12:00:00"}]}],
        )
        body["dialing_mode_configuration"]["max_abandonment_rate"] = 0
        answer = await put(api, path, body)
        assert answer.status_code == 400
        assert fields_of(answer) == {
            "name",
            "mode",
            "priority",
            "exceptions.0.date",
            "exceptions.0.windows.0.from",
            "dialing_mode_configuration.max_abandonment_rate",
        }

    async def test_a_date_comes_once_and_a_region_must_be_known(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        twice = [{"date": "2026-12-24", "windows": []}] * 2
        assert fields_of(await put(api, path, settings(exceptions=twice))) == {"exceptions"}
        assert fields_of(await put(api, path, settings(holidays=["US", "Atlantis"]))) == {"holidays.1"}


class TestAssignments:
    async def test_they_are_replaced_as_a_whole_where_they_are_given(
        self, api: httpx.AsyncClient, parts: Parts
    ) -> None:
        path = await created(api)
        ids = await make_ready(api, parts, path)
        other = await parts.user()
        changed = await put(api, path, settings(users=[{"id": other}]))
        assert changed.json()["users"] == [{"id": other}]
        assert changed.json()["numbers"] == [{"id": ids["numbers"]}]
        assert changed.json()["status"] == "READY"

    async def test_a_part_that_is_taken_away_makes_the_campaign_incomplete(
        self, api: httpx.AsyncClient, parts: Parts
    ) -> None:
        path = await created(api)
        await make_ready(api, parts, path)
        changed = await put(api, path, settings(users=[]))
        assert (changed.json()["status"], changed.json()["missing"]) == ("INCOMPLETE", ["users"])

    async def test_what_does_not_exist_is_named_and_nothing_changes(self, api: httpx.AsyncClient, parts: Parts) -> None:
        path = await created(api)
        await make_ready(api, parts, path)
        before = (await api.get(f"/v1{path}")).json()
        answer = await put(api, path, settings(name="Another name", users=[{"id": "nobody"}]))
        assert fields_of(answer) == {"users.0.id"}
        assert (await api.get(f"/v1{path}")).json() == before

    async def test_every_change_of_what_is_assigned_is_a_new_version_for_the_dialer(
        self, api: httpx.AsyncClient, parts: Parts
    ) -> None:
        path = await created(api)
        await make_ready(api, parts, path)
        version = (await api.get(f"/v1{path}")).json()["version"]
        assert (await api.post(f"{path}/users", json=[{"id": await parts.user()}])).status_code == 204
        assert (await api.get(f"/v1{path}")).json()["version"] > version


class TestLostUpdates:
    async def test_who_read_before_another_wrote_is_refused(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        tag = (await api.get(f"/v1{path}")).headers["etag"]
        assert (await put(api, path, settings(name="First"), **{"If-Match": tag})).status_code == 200
        late = await put(api, path, settings(name="Second"), **{"If-Match": tag})
        assert (late.status_code, late.json()["code"]) == (412, "precondition-failed")
        assert (await api.get(f"/v1{path}")).json()["name"] == "First"

    async def test_a_change_over_the_compatible_api_counts(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        tag = (await api.get(f"/v1{path}")).headers["etag"]
        await api.patch(path, json={"op": "REPLACE", "path": "priority", "value": "7"})
        assert (await put(api, path, settings(), **{"If-Match": tag})).status_code == 412


class TestWhileItRuns:
    @pytest.fixture
    async def path(self, api: httpx.AsyncClient, parts: Parts) -> str:
        path = await created(api)
        await make_ready(api, parts, path)
        started = await api.patch(path, json={"op": "REPLACE", "path": "status", "value": "running"})
        assert started.status_code == 200
        return path

    async def test_settings_change_and_it_runs_on(self, api: httpx.AsyncClient, path: str) -> None:
        changed = await put(api, path, settings(mode="PROGRESSIVE"))
        assert (changed.status_code, changed.json()["status"]) == (200, "RUNNING")

    async def test_it_cannot_lose_a_setting_that_it_needs(self, api: httpx.AsyncClient, path: str) -> None:
        body = settings()
        del body["dialing_strategy"], body["dialing_mode_configuration"]["max_dialing_ratio"]
        answer = await put(api, path, body)
        assert answer.status_code == 400
        assert fields_of(answer) == {"dialing_strategy", "dialing_mode_configuration.max_dialing_ratio"}


class TestPresets:
    async def test_they_are_listed_with_what_they_ask(self, api: httpx.AsyncClient) -> None:
        answer = (await api.get("/v1/presets")).json()
        presets = {preset["id"]: preset for preset in answer["_embedded"]["presets"]}
        assert answer["total"] == len(presets) >= 20
        assert presets["us-federal-tsr-tcpa"]["shortest_ring_time_in_secs"] == 15
        assert presets["fr-2026"]["since"] == "2026-08-11"
        assert all(preset["source"] and preset["version"] for preset in presets.values())

    async def test_ruling_34_what_a_preset_forbids_is_refused_with_every_field(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        hours = [{"from": "09:00:00", "to": "22:00:00", "week_days": ["MONDAY"]}]
        body = settings(presets=["us-federal-tsr-tcpa"], dialing_strategy=a_strategy(calling_hours=hours))
        body["dialing_mode_configuration"] = {
            "max_ring_time_in_secs": 14,
            "max_abandonment_rate": 3.1,
            "max_dialing_ratio": 2,
            "abandonment_timeout": {"amount": 3},
        }
        assert fields_of(await put(api, path, body)) == {
            "dialing_strategy.calling_hours.0",
            "dialing_mode_configuration.max_ring_time_in_secs",
            "dialing_mode_configuration.max_abandonment_rate",
            "dialing_mode_configuration.abandonment_timeout.amount",
        }
        # Without the preset the shortest time to ring is 6 s.
        body["presets"] = []
        assert (await put(api, path, body)).status_code == 200

    async def test_a_copy_is_held_to_the_presets_of_what_it_copies(self, api: httpx.AsyncClient) -> None:
        path = await created(api)
        assert (await put(api, path, settings(presets=["us-federal-tsr-tcpa"]))).status_code == 200
        short = a_campaign()
        short["dialing_mode_configuration"]["max_ring_time_in_secs"] = 6
        answer = await api.post("/campaigns", params={"source_id": path.split("/")[-1]}, json=short)
        assert answer.status_code == 400
        assert fields_of(answer) == {"dialing_mode_configuration.max_ring_time_in_secs"}

    async def test_a_preset_that_is_none_is_named(self, api: httpx.AsyncClient) -> None:
        assert fields_of(await put(api, await created(api), settings(presets=["mars"]))) == {"presets.0"}


async def test_a_campaign_that_is_not_there_is_not_found_before_the_body_is_read(api: httpx.AsyncClient) -> None:
    nowhere = "/v1/campaigns/00000000-0000-4000-8000-000000000000"
    assert (await api.get(nowhere)).status_code == 404
    assert (await api.put(nowhere, content=b"{")).status_code == 404
