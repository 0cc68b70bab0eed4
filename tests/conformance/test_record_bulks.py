"""Many records at once: created, changed, deleted, with those that fail beside those that do not."""

from typing import Any

import pytest

from .kit import NOBODY, Api, a_record, body_of, embedded, ids, last_of, no_body, refused, replace, us_number
from .shapes import FAILED, RECORD, REFUSED_RECORD, ListOf, Object, Text, bulk, fits

CREATED = bulk("total_created", about="record_list_id", link="record_list")
UPDATED = bulk("total_updated", about="record_list_id", link="record_list").and_also(CREATED.required)
DELETED = bulk("total_deleted", about="record_list_id", link="record_list", most=200)


@pytest.fixture
def two(api: Api, record_list: str) -> list[str]:
    """The ids of two records of the list."""
    body = body_of(api.post(f"{record_list}/records/bulks", {"records": [a_record(0), a_record(1)]}), 201)
    return ids(embedded(body, "records"))


class TestCreate:
    def test_stores_the_good_and_names_what_is_wrong_with_the_others(self, api: Api, record_list: str) -> None:
        nameless = {name: value for name, value in a_record(1).items() if name != "first_name"}
        sent = [a_record(0), nameless, a_record(0), a_record(2, phone_numbers=[]), a_record(3, priority=99)]
        body = body_of(api.post(f"{record_list}/records/bulks", {"records": sent}), 201)
        fits(CREATED, body)
        assert (body["has_errors"], body["total_errors"], body["total_created"]) == (True, 4, 1)
        assert body["record_list_id"] == last_of(record_list)
        first, *others = embedded(body, "records")
        fits(RECORD, first)
        for one in others:
            fits(REFUSED_RECORD, one)
            assert "_links" not in one
        assert [one["errors"][0] for one in others] == [
            "FIRST_NAME_MISSING",
            "PHONE_NUMBER_NOT_UNIQUE",
            "PHONE_NUMBER_MISSING",
            "PRIORITY_INVALID",
        ]
        assert body_of(api.get(record_list))["records_count"] == 1
        assert api.get(api.path_of(body["_links"]["self"]["href"])).status_code == 200

    @pytest.mark.reading
    def test_rows_without_a_priority_have_5(self, api: Api, record_list: str) -> None:
        body = body_of(api.post(f"{record_list}/records/bulks", {"records": [a_record(0)]}), 201)
        assert embedded(body, "records")[0]["priority"] == 5

    @pytest.mark.reading
    def test_is_201_even_when_every_row_fails(self, api: Api, record_list: str) -> None:
        body = body_of(api.post(f"{record_list}/records/bulks", {"records": [{}]}), 201)
        assert (body["total_errors"], body["total_created"]) == (1, 0)

    @pytest.mark.reading
    def test_takes_up_to_100(self, api: Api, record_list: str) -> None:
        rows = [a_record(place) for place in range(100)]
        assert body_of(api.post(f"{record_list}/records/bulks", {"records": rows}), 201)["total_created"] == 100
        refused(api.post(f"{record_list}/records/bulks", {"records": [*rows, a_record(0)]}), 400, "0530936")

    def test_of_an_unknown_upload_request_stores_nothing(self, api: Api, record_list: str) -> None:
        body = {"records": [a_record(0)], "upload_request_id": NOBODY}
        refused(api.post(f"{record_list}/records/bulks", body), 400, "0530937")
        assert body_of(api.get(record_list))["records_count"] == 0

    @pytest.mark.parametrize("body", [{}, [], {"records": []}, {"records": {}}, {"records": None}])
    def test_needs_records(self, api: Api, record_list: str, body: object) -> None:
        refused(api.post(f"{record_list}/records/bulks", body), 400, "0530900")


class TestChange:
    def test_changes_the_good_and_names_what_is_wrong_with_the_others(
        self, api: Api, record_list: str, two: list[str]
    ) -> None:
        patch = [
            replace(f"/records/{two[0]}", {"priority": 10, "extra_data": {"wave": "2"}}),
            {"op": "add", "path": f"/records/{two[1]}", "value": {"extra_data": {"note": "vip"}}},
            replace(f"/records/{NOBODY}", {"priority": 1}),
            replace(f"/records/{two[1]}", {"priority": 99}),
        ]
        body = body_of(api.patch(f"{record_list}/records/bulks", patch))
        fits(UPDATED, body)
        assert (body["total_errors"], body["total_updated"], body["total_created"]) == (2, 2, 2)
        rows = embedded(body, "records")
        for one in rows[:2]:
            fits(RECORD, one)
        for one, record_id in zip(rows[2:], (NOBODY, two[1]), strict=True):
            fits(Object({"id": Text(1, 36), "errors": ListOf(Text(1), 1)}), one)
            assert one["id"] == record_id
        assert body_of(api.get(f"{record_list}/records/{two[0]}"))["priority"] == 10
        assert body_of(api.get(f"{record_list}/records/{two[1]}"))["extra_data"] == {"note": "vip"}

    @pytest.mark.parametrize(
        "body",
        [
            {},
            [],
            [5],
            [replace("/priority", {})],
            [replace(f"/records/{NOBODY}", 5)],
            [{"op": "move", "path": f"/records/{NOBODY}", "value": {}}],
        ],
    )
    def test_refuses_what_is_no_patch(self, api: Api, record_list: str, body: object) -> None:
        refused(api.patch(f"{record_list}/records/bulks", body), 400, "0530900")


class TestDelete:
    def test_by_id(self, api: Api, record_list: str, two: list[str]) -> None:
        body = body_of(api.delete(f"{record_list}/records/bulks", [{"id": two[0]}, {"id": NOBODY}]))
        fits(DELETED, body)
        assert (body["has_errors"], body["total_errors"], body["total_deleted"]) == (True, 1, 1)
        fits(FAILED, body["_embedded"]["failed_records"])
        assert ids(body["_embedded"]["failed_records"]) == [NOBODY]
        assert body_of(api.get(record_list))["records_count"] == 1

    @pytest.mark.parametrize("named", ["phone_number", "reference"])
    def test_by_number_or_by_reference(self, api: Api, record_list: str, named: str) -> None:
        sent = a_record(0, external_provider="crm", external_id="1")
        body_of(api.post(f"{record_list}/records/bulks", {"records": [sent]}), 201)
        keys: dict[str, list[dict[str, Any]]] = {
            "phone_number": [{"phone_number": us_number(0)}, {"phone_number": us_number(9)}],
            "reference": [{"external_provider": "crm", "external_id": one} for one in ("1", "2")],
        }
        body = body_of(api.delete(f"{record_list}/records/bulks", keys[named]))
        fits(DELETED, body)
        assert (body["total_errors"], body["total_deleted"]) == (1, 1)
        assert len(body["_embedded"]["reason"]["record_not_found"]) == 1

    def test_of_everything_leaves_nothing(self, api: Api, record_list: str, two: list[str]) -> None:
        answer = api.delete(f"{record_list}/records/bulks", [{"id": one} for one in two])
        if answer.status_code == 202:
            no_body(answer, 202)
        else:
            assert body_of(answer)["has_errors"] is False

    @pytest.mark.parametrize("body", [{}, [], [{}], [5], [{"id": ""}], [{"id": "x" * 37}], [{"external_id": "1"}]])
    def test_needs_keys(self, api: Api, record_list: str, body: object) -> None:
        refused(api.delete(f"{record_list}/records/bulks", body), 400, "0530900")

    @pytest.mark.reading
    def test_takes_keys_of_one_kind_and_up_to_200(self, api: Api, record_list: str) -> None:
        mixed = [{"id": NOBODY}, {"phone_number": us_number(0)}]
        refused(api.delete(f"{record_list}/records/bulks", mixed), 400, "0530900")
        keys = [{"id": f"{NOBODY[:-4]}{place:04}"} for place in range(201)]
        refused(api.delete(f"{record_list}/records/bulks", keys), 400, "0530900")
        assert body_of(api.delete(f"{record_list}/records/bulks", keys[:200]))["total_errors"] == 200
