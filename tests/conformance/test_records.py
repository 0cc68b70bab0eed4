"""Records of a list, one by one."""

from typing import Any

import pytest

from .kit import Api, a_record, body_of, embedded, ids, last_of, no_body, refused, replace, us_number, within_patience
from .shapes import RECORD, Text, fits, page


def add(api: Api, path: str, place: int = 0, **members: Any) -> dict[str, Any]:
    return body_of(api.post(f"{path}/records", a_record(place, **members)), 201)


class TestAdd:
    def test_answers_with_the_record(self, api: Api, record_list: str) -> None:
        sent = a_record(
            1,
            timezone="America/New_York",
            priority=7,
            external_provider="crm-x",
            external_id="K-20418",
            external_url="https://crm.example.org/k/20418",
            sync_external_id=False,
            extra_data={"plan": "gold", "nested": {"a": [1, None]}},
        )
        made = body_of(api.post(f"{record_list}/records", sent), 201)
        fits(RECORD, made)
        assert {name: made[name] for name in sent} == sent
        assert (made["phone_number"], made["record_list_id"]) == (us_number(1), last_of(record_list))
        assert body_of(api.get(f"{record_list}/records/{made['id']}")) == made
        assert api.path_of(made["_links"]["record_list"]["href"]) == record_list
        assert body_of(api.get(record_list))["records_count"] == 1

    def test_without_a_priority_it_is_a_hot_lead(self, api: Api, record_list: str) -> None:
        assert add(api, record_list, 0)["priority"] == 11
        assert add(api, record_list, 1, priority=None)["priority"] == 11

    @pytest.mark.reading
    def test_one_number_is_a_mobile_one(self, api: Api, record_list: str) -> None:
        sent = {"first_name": "Marta", "last_name": "Moreau", "phone_number": us_number(2)}
        made = body_of(api.post(f"{record_list}/records", sent), 201)
        assert made["phone_numbers"] == [{"phone_number": us_number(2), "phone_type": "MOBILE"}]

    def test_without_a_number_it_has_a_code_of_its_own(self, api: Api, record_list: str) -> None:
        sent = {"first_name": "Marta", "last_name": "Moreau"}
        refused(api.post(f"{record_list}/records", sent), 400, "0530921")

    def test_without_a_zone_that_can_be_worked_out_it_has_a_code_of_its_own(self, api: Api, record_list: str) -> None:
        refused(api.post(f"{record_list}/records", a_record(0, timezone="Mars/Olympus")), 400, "0530940")

    @pytest.mark.parametrize(
        "changes",
        [
            {"first_name": None},
            {"last_name": ""},
            {"first_name": "x" * 81},
            {"priority": 0},
            {"priority": 11},
            {"phone_numbers": []},
            {"phone_numbers": [{"phone_number": "12", "phone_type": "MOBILE"}]},
            {"phone_numbers": [{"phone_number": us_number(0), "phone_type": "FAX"}]},
            {"phone_numbers": [{"phone_type": "HOME"}]},
            {"extra_data": []},
        ],
    )
    def test_refuses_what_is_no_record(self, api: Api, record_list: str, changes: dict[str, Any]) -> None:
        refused(api.post(f"{record_list}/records", a_record(0, **changes)), 400, "0530900", "0530921")
        assert body_of(api.get(record_list))["records_count"] == 0

    @pytest.mark.reading
    def test_a_second_time_is_refused(self, api: Api, record_list: str) -> None:
        add(api, record_list)
        refused(api.post(f"{record_list}/records", a_record(0)), 400, "0530900")

    @pytest.mark.reading
    def test_a_list_without_a_check_takes_it_twice(self, api: Api) -> None:
        made = body_of(api.post("/record-lists", {"name": "All", "unique_identifier_type": "NOTHING"}), 201)
        path = f"/record-lists/{made['id']}"
        assert add(api, path)["id"] != add(api, path)["id"]

    def test_a_list_by_reference_demands_both_parts_of_it(self, api: Api) -> None:
        made = body_of(api.post("/record-lists", {"name": "Refs", "unique_identifier_type": "EXTERNAL"}), 201)
        path = f"/record-lists/{made['id']}"
        add(api, path, external_provider="crm", external_id="1")
        refused(api.post(f"{path}/records", a_record(1, external_id="2")), 400, "0530900")


class TestList:
    @pytest.fixture
    def three(self, api: Api, record_list: str) -> str:
        add(api, record_list, 10, first_name="Ana", priority=1, timezone="America/Chicago")
        add(api, record_list, 11, first_name="Bea", priority=2, timezone="America/New_York")
        add(api, record_list, 12, first_name="Ciro", priority=3, timezone="America/New_York")
        return f"{record_list}/records"

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({}, "CBA"),
            ({"order_by": "updated_at"}, "ABC"),
            ({"order_by": "priority"}, "ABC"),
            ({"order_by": "priority:desc"}, "CBA"),
            ({"phone_number": us_number(11)}, "B"),
            ({"search": "*55011*"}, "CBA"),
            ({"search": "*5501 nobody*"}, ""),
            ({"search": "ciro"}, "C"),
            ({"search": "ciro", "search_fields": "last_name"}, ""),
            ({"search": "more", "search_fields": "last_name,first_name"}, "CBA"),
            ({"priorities": "1,3"}, "CA"),
            ({"timezones": "America/New_York"}, "CB"),
            ({"timezones": "America/New_York,America/Chicago"}, "CBA"),
            ({"upload_request_id": "00000000-0000-4000-8000-000000000000"}, ""),
            ({"updated_at_from": "2000-01-01T00:00:00Z", "updated_at_to": "2100-01-01T00:00:00Z"}, "CBA"),
            ({"updated_at_from": "2099-01-01T00:00:00Z", "updated_at_to": "2100-01-01T00:00:00Z"}, ""),
        ],
    )
    def test_filters_and_orders(self, api: Api, three: str, query: dict[str, str], found: str) -> None:
        body = body_of(api.get(three, **query))
        fits(page("records", RECORD), body)
        names = "".join(record["first_name"][0] for record in embedded(body, "records"))
        assert (names, body["total"]) == (found, len(found))

    @pytest.mark.parametrize(
        "query",
        [
            {"search": "ab"},
            {"search": "x" * 81},
            {"order_by": "age"},
            {"priorities": "high"},
            {"search_fields": "age"},
            {"phone_number": "1" * 21},
        ],
    )
    def test_refuses_what_cannot_be_meant(self, api: Api, three: str, query: dict[str, str]) -> None:
        assert refused(api.get(three, **query), 400, "0530900") == list(query)

    def test_bounds_come_in_pairs(self, api: Api, three: str) -> None:
        refused(api.get(three, updated_at_from="2026-01-01T00:00:00Z"), 400, "0530900")

    def test_time_zones_are_listed_once_each(self, api: Api, three: str) -> None:
        body = body_of(api.get(f"{three}/timezones"))
        fits(page("timezones", Text(1, 35)), body)
        assert sorted(body["_embedded"]["timezones"]) == ["America/Chicago", "America/New_York"]
        assert body_of(api.get(f"{three}/timezones", search="*york*"))["_embedded"]["timezones"] == ["America/New_York"]
        refused(api.get(f"{three}/timezones", search="x"), 400, "0530900")


class TestPatch:
    @pytest.fixture
    def record(self, api: Api, record_list: str) -> str:
        return f"{record_list}/records/{add(api, record_list, 0, priority=3, extra_data={'plan': 'gold'})['id']}"

    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("priority", 9),
            ("first_name", "Ana"),
            ("last_name", "Lopes"),
            ("timezone", "America/Denver"),
            ("extra_data", {"wave": "2"}),
            ("phone_numbers", [{"phone_number": us_number(5), "phone_type": "HOME"}]),
        ],
    )
    def test_replaces(self, api: Api, record: str, member: str, value: object) -> None:
        found = body_of(api.patch(record, [replace(f"/{member}", value)]))
        fits(RECORD, found)
        assert found[member] == value
        assert body_of(api.get(record)) == found

    def test_adds_to_the_extra_data(self, api: Api, record: str) -> None:
        patch = [{"op": "add", "path": "/extra_data/segment", "value": "lapsed"}, replace("/extra_data/plan", "tin")]
        assert body_of(api.patch(record, patch))["extra_data"] == {"plan": "tin", "segment": "lapsed"}

    @pytest.mark.parametrize(
        "operation",
        [
            {"op": "remove", "path": "/extra_data/plan"},
            {"op": "add", "path": "/priority", "value": 5},
            replace("/id", "x"),
            replace("/external_id", "x"),
            replace("/created_at", "x"),
        ],
    )
    def test_other_operations_are_not_available(self, api: Api, record: str, operation: dict[str, Any]) -> None:
        refused(api.patch(record, [operation]), 422, "0530905")

    @pytest.mark.parametrize(
        "body",
        [
            {},
            [],
            [5],
            [{"op": "replace"}],
            [replace("/priority", 12)],
            [replace("/first_name", "")],
            [replace("/phone_numbers", [])],
            [replace("/phone_numbers", [{"phone_number": "5", "phone_type": "HOME"}])],
        ],
    )
    def test_wrong_values_are_400(self, api: Api, record: str, body: object) -> None:
        before = body_of(api.get(record))
        refused(api.patch(record, body), 400, "0530900", "0530921")
        assert body_of(api.get(record)) == before


class TestDelete:
    def gone(self, api: Api, path: str) -> None:
        within_patience(lambda: api.get(path), lambda body: body.get("code") == "0530920")

    def test_by_id(self, api: Api, record_list: str) -> None:
        path = f"{record_list}/records/{add(api, record_list)['id']}"
        no_body(api.delete(path), 202, 204)
        self.gone(api, path)
        refused(api.delete(path), 404, "0530920")

    def test_by_number(self, api: Api, record_list: str) -> None:
        kept, path = add(api, record_list, 1), f"{record_list}/records/{add(api, record_list, 0)['id']}"
        no_body(api.delete(f"{record_list}/records", phone_number=us_number(0)), 202, 204)
        self.gone(api, path)
        assert ids(embedded(body_of(api.get(f"{record_list}/records")), "records")) == [kept["id"]]
        refused(api.delete(f"{record_list}/records", phone_number=us_number(0)), 404, "0530920")
        refused(api.delete(f"{record_list}/records"), 400, "0530900")

    def test_by_reference(self, api: Api, record_list: str) -> None:
        made = add(api, record_list, external_provider="crm", external_id="1")
        query = {"external_provider": "crm", "external_id": "1"}
        no_body(api.delete(f"{record_list}/external-records", **query), 202, 204)
        self.gone(api, f"{record_list}/records/{made['id']}")
        for lacking in query:
            rest = {name: value for name, value in query.items() if name != lacking}
            assert refused(api.delete(f"{record_list}/external-records", **rest), 400, "0530900") == [lacking]
