"""Campaigns: listed, created, duplicated, looked at, changed, deleted."""

from typing import Any

import pytest

from .kit import (
    NOBODY,
    PHONE_TYPES,
    Api,
    a_full_campaign,
    a_name,
    a_strategy,
    body_of,
    embedded,
    ids,
    last_of,
    no_body,
    refused,
)
from .shapes import CAMPAIGN, CAMPAIGN_PAGE, fits


def patch(api: Api, path: str, member: str, value: object, op: str = "REPLACE") -> Any:
    return api.patch(path, {"op": op, "path": member, "value": value}, "application/json")


class TestCreate:
    def test_answers_with_the_campaign_as_it_was_sent(self, api: Api) -> None:
        sent = a_full_campaign(a_name("Conformance"))
        made = body_of(api.post("/campaigns", sent), 201)
        fits(CAMPAIGN, made)
        assert made["status"] == "INCOMPLETE"
        assert (made["action_required"], made["run_once"]) == (False, False)
        for member in ("name", "dialing_mode", "priority", "dialing_mode_configuration"):
            assert made[member] == sent[member]
        strategy, wanted = made["dialing_strategy"], sent["dialing_strategy"]
        for member in set(wanted) - {"record_chain"}:
            assert strategy[member] == wanted[member], member
        shown = [
            {name: item[name] for name in ("type", "max_attempts", "retry_period")} for item in strategy["record_chain"]
        ]
        assert shown == [{"type": kind, "max_attempts": 2, "retry_period": 1} for kind in PHONE_TYPES]
        assert body_of(api.get(f"/campaigns/{made['id']}")) == made
        no_body(api.delete(f"/campaigns/{made['id']}"))

    @pytest.mark.reading
    def test_a_name_is_enough_and_the_priority_is_5(self, api: Api) -> None:
        made = body_of(api.post("/campaigns", {"name": a_name("Conformance")}), 201)
        fits(CAMPAIGN, made)
        assert (made["status"], made["priority"]) == ("INCOMPLETE", 5)
        assert None not in made.values()
        no_body(api.delete(f"/campaigns/{made['id']}"))

    @pytest.mark.parametrize(
        ("changes", "wrong"),
        [
            ({"name": None}, "name"),
            ({"name": "x" * 36}, "name"),
            ({"name": 5}, "name"),
            ({"dialing_mode": "POWER"}, "dialing_mode"),
            ({"priority": 0}, "priority"),
            ({"priority": 11}, "priority"),
            ({"priority": "high"}, "priority"),
            ({"dialing_mode_configuration": {}}, "dialing_mode_configuration.max_ring_time_in_secs"),
            (
                {"dialing_mode_configuration": {"max_ring_time_in_secs": 5}},
                "dialing_mode_configuration.max_ring_time_in_secs",
            ),
            (
                {"dialing_mode_configuration": {"max_ring_time_in_secs": 121}},
                "dialing_mode_configuration.max_ring_time_in_secs",
            ),
            (
                {"dialing_mode_configuration": {"max_ring_time_in_secs": 20, "max_abandonment_rate": 101}},
                "dialing_mode_configuration.max_abandonment_rate",
            ),
            (
                {"dialing_mode_configuration": {"max_ring_time_in_secs": 20, "max_dialing_ratio": 4}},
                "dialing_mode_configuration.max_dialing_ratio",
            ),
            (
                {"dialing_mode_configuration": {"max_ring_time_in_secs": 20, "abandonment_timeout": {"amount": 1}}},
                "dialing_mode_configuration.abandonment_timeout.amount",
            ),
            ({"dialing_strategy": a_strategy(max_attempts=0)}, "dialing_strategy.max_attempts"),
            ({"dialing_strategy": a_strategy(max_attempts=101)}, "dialing_strategy.max_attempts"),
            ({"dialing_strategy": a_strategy(retry_period=0)}, "dialing_strategy.retry_period"),
            ({"dialing_strategy": a_strategy(retry_period=2592001)}, "dialing_strategy.retry_period"),
            ({"dialing_strategy": a_strategy(retry_time_unit="WEEKS")}, "dialing_strategy.retry_time_unit"),
            ({"dialing_strategy": a_strategy(max_skip_attempts=21)}, "dialing_strategy.max_skip_attempts"),
            ({"dialing_strategy": a_strategy(strategy_type="NEVER")}, "dialing_strategy.strategy_type"),
            ({"dialing_strategy": a_strategy(preview_timeout=5)}, "dialing_strategy.preview_timeout"),
            ({"dialing_strategy": a_strategy(preview_timeout=301)}, "dialing_strategy.preview_timeout"),
            (
                {"dialing_strategy": a_strategy(lists_sorting_criteria="RANDOM")},
                "dialing_strategy.lists_sorting_criteria",
            ),
        ],
    )
    def test_names_the_wrong_member(self, api: Api, changes: dict[str, Any], wrong: str) -> None:
        body = {**a_full_campaign("Never made"), **changes}
        assert refused(api.post("/campaigns", body), 400, "0530001") == [wrong]

    @pytest.mark.parametrize("lacking", ["max_attempts", "retry_period", "calling_hours", "dispositions"])
    def test_a_strategy_needs_its_required_members(self, api: Api, lacking: str) -> None:
        strategy = {name: value for name, value in a_strategy().items() if name != lacking}
        body = {"name": "Never made", "dialing_strategy": strategy}
        assert refused(api.post("/campaigns", body), 400, "0530001") == [f"dialing_strategy.{lacking}"]

    @pytest.mark.parametrize("lacking", ["busy", "no_answer", "invalid_number"])
    def test_three_outcomes_are_required(self, api: Api, lacking: str) -> None:
        outcomes = {name: value for name, value in a_strategy()["dispositions"].items() if name != lacking}
        body = {"name": "Never made", "dialing_strategy": a_strategy(dispositions=outcomes)}
        assert refused(api.post("/campaigns", body), 400, "0530001") == [f"dialing_strategy.dispositions.{lacking}"]

    def test_a_chain_has_one_item_for_each_phone_type(self, api: Api) -> None:
        chain = [{"type": kind, "max_attempts": 1} for kind in PHONE_TYPES[1:]]
        body = {"name": "Never made", "dialing_strategy": a_strategy(record_chain=chain)}
        refused(api.post("/campaigns", body), 400, "0530001")

    def test_all_wrong_members_are_named_together(self, api: Api) -> None:
        body = {"name": "x" * 36, "priority": 99, "dialing_mode": "POWER"}
        assert set(refused(api.post("/campaigns", body), 400, "0530001")) == {"name", "priority", "dialing_mode"}

    @pytest.mark.reading
    def test_enumerations_are_taken_in_any_case_and_shown_in_upper(self, api: Api) -> None:
        body = {
            "name": a_name("Conformance"),
            "dialing_mode": "preview",
            "dialing_strategy": a_strategy(
                strategy_type="manual", retry_time_unit="days", lists_sorting_criteria="lifo"
            ),
        }
        made = body_of(api.post("/campaigns", body), 201)
        fits(CAMPAIGN, made)
        assert (made["dialing_mode"], made["dialing_strategy"]["retry_time_unit"]) == ("PREVIEW", "DAYS")
        no_body(api.delete(f"/campaigns/{made['id']}"))


@pytest.mark.reading
class TestDuplicate:
    def test_starts_from_the_source_and_the_body_goes_before_it(self, api: Api, campaign: str) -> None:
        source = body_of(api.get(campaign))
        name = a_name("Copy")
        copy = body_of(api.post("/campaigns", {"name": name, "priority": 2}, source_id=source["id"]), 201)
        fits(CAMPAIGN, copy)
        assert copy["id"] != source["id"]
        assert (copy["name"], copy["priority"]) == (name, 2)
        for member in ("dialing_mode", "dialing_mode_configuration", "dialing_strategy"):
            assert copy[member] == source[member]
        no_body(api.delete(f"/campaigns/{copy['id']}"))

    def test_copies_what_is_assigned(self, api: Api, campaign: str, record_list: str) -> None:
        no_body(api.post(f"{campaign}/record-lists", [{"id": last_of(record_list)}]))
        copy = body_of(api.post("/campaigns", {"name": a_name("Copy")}, source_id=last_of(campaign)), 201)
        assigned = body_of(api.get(f"/campaigns/{copy['id']}/record-lists"))
        assert ids(embedded(assigned, "record_lists")) == [last_of(record_list)]
        no_body(api.delete(f"/campaigns/{copy['id']}"))

    def test_of_nothing_is_refused(self, api: Api) -> None:
        refused(api.post("/campaigns", {"name": "Never made"}, source_id=NOBODY), 404, "0530002")


class TestDetails:
    @pytest.mark.reading
    def test_show_both_larger_members_unless_some_are_named(self, api: Api, campaign: str) -> None:
        both = {"dialing_mode_configuration", "dialing_strategy"}
        assert both <= body_of(api.get(campaign)).keys()
        for wanted in (["dialing_strategy"], ["dialing_mode_configuration"], sorted(both)):
            found = body_of(api.get(campaign, fields=",".join(wanted)))
            fits(CAMPAIGN, found)
            assert found.keys() & both == set(wanted)

    def test_link_to_the_collection(self, api: Api, campaign: str) -> None:
        found = body_of(api.get(campaign))
        fits(CAMPAIGN_PAGE, body_of(api.get(api.path_of(found["_links"]["campaigns"]["href"]))))


class TestList:
    def test_leaves_the_larger_members_out_unless_they_are_asked_for(self, api: Api, campaign: str) -> None:
        name = body_of(api.get(campaign))["name"]
        (found,) = embedded(body_of(api.get("/campaigns", name=name)), "campaigns")
        assert not found.keys() & {"dialing_mode_configuration", "dialing_strategy", "teams"}
        (found,) = embedded(body_of(api.get("/campaigns", name=name, fields="dialing_strategy,teams")), "campaigns")
        assert found.keys() & {"dialing_mode_configuration", "dialing_strategy", "teams"} == {
            "dialing_strategy",
            "teams",
        }

    @pytest.mark.parametrize(
        ("query", "hit"),
        [
            ({"status": "incomplete"}, True),
            ({"status": "running"}, False),
            ({"dialing_mode": "PREDICTIVE"}, True),
            ({"dialing_mode": "PREVIEW"}, False),
            ({"priority": "9"}, True),
            ({"priority": "8"}, False),
            ({"action_required": "false"}, True),
            ({"action_required": "true"}, False),
            ({"record_list_id": NOBODY}, False),
            ({"do_no_call_list_id": NOBODY}, False),
            ({"user_id": NOBODY}, False),
            ({"team_id": NOBODY}, False),
            ({"created_at_from": "2000-01-01T00:00:00Z"}, True),
            ({"created_at_from": "2100-01-01T00:00:00Z"}, False),
            ({"created_at_to": "2000-01-01T00:00:00Z"}, False),
            ({"created_at_to": "2100-01-01T00:00:00Z"}, True),
        ],
    )
    def test_filters(self, api: Api, campaign: str, query: dict[str, str], hit: bool) -> None:
        name = body_of(api.get(campaign))["name"]
        body = body_of(api.get("/campaigns", name=name, **query))
        fits(CAMPAIGN_PAGE, body)
        assert body["total"] == (1 if hit else 0)

    def test_search_finds_parts_in_any_case(self, api: Api, campaign: str) -> None:
        name = body_of(api.get(campaign))["name"]
        body = body_of(api.get("/campaigns", search=name[3:-2].upper()))
        assert ids(embedded(body, "campaigns")) == [last_of(campaign)]

    def test_search_knows_no_diacritics(self, api: Api) -> None:
        name = a_name("Ação")
        made = body_of(api.post("/campaigns", {"name": name}), 201)
        body = body_of(api.get("/campaigns", search=name.replace("ç", "c").replace("ã", "a").lower()))
        assert ids(embedded(body, "campaigns")) == [made["id"]]
        no_body(api.delete(f"/campaigns/{made['id']}"))

    def test_newest_first_unless_ordered(self, api: Api) -> None:
        names = [a_name(f"Order {letter}") for letter in "BCA"]
        made = [body_of(api.post("/campaigns", {"name": name}), 201)["id"] for name in names]

        def order(**query: str) -> list[str]:
            found = ids(embedded(body_of(api.get("/campaigns", search="Order ", per_page="100", **query)), "campaigns"))
            return [one for one in found if one in made]

        assert order() == order(order_by="created_at:desc") == made[::-1]
        assert order(order_by="created_at") == order(order_by="created_at:asc") == made
        assert order(order_by="name") == [made[2], made[0], made[1]]
        assert order(order_by="name:desc") == [made[1], made[0], made[2]]
        for one in made:
            no_body(api.delete(f"/campaigns/{one}"))

    @pytest.mark.reading
    @pytest.mark.parametrize(
        "query",
        [
            {"status": "done"},
            {"dialing_mode": "POWER"},
            {"order_by": "age"},
            {"order_by": "name:up"},
            {"priority": "11"},
            {"action_required": "maybe"},
            {"created_at_from": "yesterday"},
            {"name": "x" * 36},
            {"fields": "everything"},
        ],
    )
    def test_refuses_what_cannot_be_meant(self, api: Api, query: dict[str, str]) -> None:
        assert refused(api.get("/campaigns", **query), 400, "0530001") == list(query)


class TestPatch:
    def test_renames(self, api: Api, campaign: str) -> None:
        name = a_name("Renamed")
        found = body_of(patch(api, campaign, "name", name))
        fits(CAMPAIGN, found)
        assert found["name"] == body_of(api.get(campaign))["name"] == name

    @pytest.mark.parametrize("value", ["7", 7])
    @pytest.mark.reading
    def test_sets_the_priority(self, api: Api, campaign: str, value: object) -> None:
        assert body_of(patch(api, campaign, "priority", value))["priority"] == 7

    def test_an_incomplete_campaign_cannot_start(self, api: Api, campaign: str) -> None:
        refused(patch(api, campaign, "status", "running"), 422, "0530008")
        assert body_of(api.get(campaign))["status"] == "INCOMPLETE"

    @pytest.mark.reading
    def test_what_does_not_run_cannot_be_paused(self, api: Api, campaign: str) -> None:
        refused(patch(api, campaign, "status", "paused"), 422, "0530008")

    @pytest.mark.parametrize(
        ("member", "value", "op"),
        [
            ("name", "xy", "REPLACE"),
            ("name", "x" * 36, "REPLACE"),
            ("priority", "0", "REPLACE"),
            ("priority", "11", "REPLACE"),
            ("status", "ready", "REPLACE"),
            ("dialing_mode", "PREVIEW", "REPLACE"),
            ("name", "Fine name", "REMOVE"),
        ],
    )
    def test_refuses_what_is_none_of_the_three(self, api: Api, campaign: str, member: str, value: str, op: str) -> None:
        before = body_of(api.get(campaign))
        assert refused(patch(api, campaign, member, value, op), 400, "0530001")
        assert body_of(api.get(campaign)) == before

    @pytest.mark.reading
    @pytest.mark.parametrize(
        "spelled",
        [
            {"op": "replace", "path": "/name"},
            {"op": "Replace", "path": "name"},
            [{"op": "REPLACE", "path": "/name"}],
        ],
    )
    def test_takes_the_spellings_of_the_documents(self, api: Api, campaign: str, spelled: Any) -> None:
        name = a_name("Spelled")
        body = [one | {"value": name} for one in spelled] if isinstance(spelled, list) else spelled | {"value": name}
        assert body_of(api.patch(campaign, body, "application/json"))["name"] == name


class TestRun:
    @pytest.fixture
    def ready(self, api: Api, campaign: str, record_list: str) -> str:
        """A campaign that can start; it has no record, so nobody is called."""
        user = api.settings.user_id
        number: dict[str, str | None] = {"id": api.settings.number_id}
        if api.settings.number_id is None:
            number = {"phone_number": api.settings.phone_number}
        if user is None or None in number.values():
            pytest.skip("CONFORMANCE_USER_ID, and CONFORMANCE_NUMBER_ID or CONFORMANCE_PHONE_NUMBER, are not set")
        no_body(api.post(f"{campaign}/record-lists", [{"id": last_of(record_list)}]))
        no_body(api.post(f"{campaign}/users", [{"id": user}]))
        no_body(api.post(f"{campaign}/numbers", [number]))
        assert body_of(api.get(campaign))["status"] == "READY"
        return campaign

    def test_from_ready_to_running_to_paused(self, api: Api, ready: str) -> None:
        for wanted in ("running", "running", "paused", "paused", "running"):
            assert body_of(patch(api, ready, "status", wanted))["status"] == wanted.upper()

    def test_a_running_campaign_is_not_deleted(self, api: Api, ready: str) -> None:
        body_of(patch(api, ready, "status", "running"))
        refused(api.delete(ready), 409, "0530005")
        assert body_of(api.get(ready))["status"] == "RUNNING"

    @pytest.mark.reading
    def test_a_campaign_that_lost_a_needed_part_is_incomplete_again(
        self, api: Api, ready: str, record_list: str
    ) -> None:
        no_body(api.delete(f"{ready}/record-lists", [{"id": last_of(record_list)}]))
        assert body_of(api.get(ready))["status"] == "INCOMPLETE"


def test_a_deleted_campaign_is_gone(api: Api) -> None:
    path = f"/campaigns/{body_of(api.post('/campaigns', {'name': a_name('Gone')}), 201)['id']}"
    no_body(api.delete(path))
    refused(api.get(path), 404, "0530002")
    refused(api.delete(path), 404, "0530002")
