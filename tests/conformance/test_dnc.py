"""Do-not-call lists and their entries."""

from typing import Any

import pytest

from .conftest import AsScope
from .kit import NOBODY, Api, a_name, body_of, embedded, ids, last_of, no_body, refused, replace, us_number
from .shapes import DNC_LIST, ENTRY, FAILED, NEW_DNC_LIST, ListOf, Object, OneOf, bulk, fits, page

LONDON = "+442079460018"
UPDATED = bulk("total_updated", about="do_not_call_list_id", link="do_not_call_list")
DELETED = bulk("total_deleted", about="id", link="do_not_call_list", most=200)


def put(api: Api, path: str, number: str = LONDON, **members: Any) -> dict[str, Any]:
    return body_of(api.post(f"{path}/entries", {"phone_number": number, **members}), 201)


class TestLists:
    @pytest.mark.reading
    def test_without_a_file_one_is_ready_for_entries(self, api: Api) -> None:
        name = a_name("Conformance")
        made = body_of(api.post("/do-not-call-lists", {"name": name}), 201)
        fits(NEW_DNC_LIST, made)
        assert made["status"] == "ACCEPTED"
        found = body_of(api.get(f"/do-not-call-lists/{made['id']}"))
        fits(DNC_LIST, found)
        assert (found["name"], found["entries_count"]) == (name, 0)

    @pytest.mark.parametrize("name", [None, "", "x" * 121, 5])
    def test_a_name_has_1_to_120_characters(self, api: Api, name: object) -> None:
        assert refused(api.post("/do-not-call-lists", {"name": name}), 400, "0531500") == ["name"]

    def test_are_found_by_name(self, api: Api, dnc_list: str) -> None:
        name = body_of(api.get(dnc_list))["name"]
        body = body_of(api.get("/do-not-call-lists", name=name))
        fits(page("do_not_call_lists", DNC_LIST), body)
        assert ids(embedded(body, "do_not_call_lists")) == [last_of(dnc_list)]

    @pytest.mark.parametrize("order", ["name", "entries_count:desc", "created_at:asc,name"])
    def test_are_ordered(self, api: Api, order: str) -> None:
        fits(page("do_not_call_lists", DNC_LIST), body_of(api.get("/do-not-call-lists", order_by=order, per_page="5")))

    def test_show_teams_to_those_who_ask(self, api: Api, dnc_list: str) -> None:
        assert "teams" not in body_of(api.get(dnc_list))
        assert isinstance(body_of(api.get(dnc_list, fields="TEAMS"))["teams"], list)


class TestEntries:
    def test_are_put_looked_at_changed_and_taken_away(self, api: Api, dnc_list: str) -> None:
        made = put(api, dnc_list, expiration_date="2999-06-30", reason="asked by mail")
        fits(ENTRY, made)
        path = f"{dnc_list}/entries/{made['id']}"
        assert (made["phone_number"], made["expiration_date"], made["reason"]) == (
            LONDON,
            "2999-06-30",
            "asked by mail",
        )
        assert api.path_of(made["_links"]["do_not_call_list"]["href"]) == dnc_list
        assert body_of(api.get(path)) == made
        changed = body_of(api.patch(path, [replace("/expiration_date", "2998-12-31")]))
        fits(ENTRY, changed)
        assert changed["expiration_date"] == "2998-12-31"
        assert body_of(api.get(dnc_list))["entries_count"] == 1
        no_body(api.delete(path))
        refused(api.get(path), 404, "0531520")
        assert body_of(api.get(dnc_list))["entries_count"] == 0

    @pytest.mark.reading
    def test_without_a_date_are_for_ever(self, api: Api, dnc_list: str) -> None:
        assert put(api, dnc_list).get("expiration_date") is None

    @pytest.mark.reading
    def test_put_again_are_the_same(self, api: Api, dnc_list: str) -> None:
        first, again = put(api, dnc_list), put(api, dnc_list, expiration_date="2999-01-01", reason="again")
        assert again["id"] == first["id"]
        assert (again["expiration_date"], again["reason"]) == ("2999-01-01", "again")

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({}, "phone_number"),
            ({"phone_number": "x"}, "phone_number"),
            ({"phone_number": 5}, "phone_number"),
            ({"phone_number": LONDON, "expiration_date": "soon"}, "expiration_date"),
            ({"phone_number": LONDON, "expiration_date": "2027-02-30"}, "expiration_date"),
        ],
    )
    def test_name_the_wrong_member(self, api: Api, dnc_list: str, body: dict[str, Any], wrong: str) -> None:
        assert refused(api.post(f"{dnc_list}/entries", body), 400, "0531500") == [wrong]

    def test_only_the_date_changes(self, api: Api, dnc_list: str) -> None:
        path = f"{dnc_list}/entries/{put(api, dnc_list)['id']}"
        refused(api.patch(path, [replace("/phone_number", us_number(1))]), 422, "0531505")
        refused(api.patch(path, [{"op": "remove", "path": "/expiration_date"}]), 422, "0531505")
        refused(api.patch(path, [replace("/expiration_date", "soon")]), 400, "0531500")

    def test_are_listed_by_number_and_in_order(self, api: Api, dnc_list: str) -> None:
        dates = {us_number(1): "2999-03-01", us_number(2): "2999-01-01", us_number(3): "2999-02-01"}
        for number, day in dates.items():
            put(api, dnc_list, number, expiration_date=day)
        body = body_of(api.get(f"{dnc_list}/entries", order_by="expiration_date"))
        fits(page("entries", ENTRY), body)
        assert [one["phone_number"] for one in embedded(body, "entries")] == [us_number(2), us_number(3), us_number(1)]
        newest = embedded(body_of(api.get(f"{dnc_list}/entries")), "entries")
        assert [one["phone_number"] for one in newest] == [us_number(3), us_number(2), us_number(1)]
        one = embedded(body_of(api.get(f"{dnc_list}/entries", phone_number=us_number(3))), "entries")
        assert [entry["phone_number"] for entry in one] == [us_number(3)]

    def test_one_is_read_with_the_smaller_scope(self, api: Api, as_scope: AsScope, dnc_list: str) -> None:
        path = f"{dnc_list}/entries/{put(api, dnc_list)['id']}"
        reader = as_scope("do-not-call-lists:read")
        fits(ENTRY, body_of(reader.get(path)))
        refused(reader.get(f"{dnc_list}/entries"), 403, "0531502")
        refused(reader.delete(path), 403, "0531502")


class TestBulks:
    def test_change_the_good_and_name_what_is_wrong_with_the_others(self, api: Api, dnc_list: str) -> None:
        one = put(api, dnc_list)["id"]
        patch = [
            replace(f"/{one}/expiration_date", "2998-01-31"),
            replace(f"/{one}/expiration_date", "soon"),
            replace(f"/{NOBODY}/expiration_date", "2998-01-31"),
            replace(f"/{one}/reason", "x"),
        ]
        body = body_of(api.patch(f"{dnc_list}/entries", patch))
        fits(UPDATED, body)
        assert (body["has_errors"], body["total_errors"], body["total_updated"]) == (True, 3, 1)
        rows = embedded(body, "entries")
        fits(ENTRY, rows[0])
        known = ListOf(OneOf(("EXPIRATION_DATE_INVALID", "ENTRY_NOT_FOUND")), 1, 1)
        fits(ListOf(Object({"errors": known})), rows[1:3])
        assert [row["errors"][0] for row in rows[1:3]] == ["EXPIRATION_DATE_INVALID", "ENTRY_NOT_FOUND"]
        assert rows[3]["un_allowed_patch"] == patch[3]

    @pytest.mark.reading
    def test_change_up_to_100(self, api: Api, dnc_list: str) -> None:
        patch = [replace(f"/{NOBODY}/expiration_date", "2998-01-31")] * 101
        refused(api.patch(f"{dnc_list}/entries", patch), 413, "0531508")
        assert body_of(api.patch(f"{dnc_list}/entries", patch[:100]))["total_errors"] == 100

    def test_delete_the_known_and_name_the_others(self, api: Api, dnc_list: str) -> None:
        one = put(api, dnc_list)["id"]
        body = body_of(api.delete(f"{dnc_list}/entries", [{"id": one}, {"id": NOBODY}]))
        fits(DELETED, body)
        assert (body["id"], body["total_errors"], body["total_deleted"]) == (last_of(dnc_list), 1, 1)
        fits(FAILED, body["_embedded"]["failed_records"])
        assert ids(body["_embedded"]["failed_records"]) == [NOBODY]

    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    @pytest.mark.parametrize("body", [{}, [], [5]])
    def test_need_an_array(self, api: Api, dnc_list: str, method: str, body: object) -> None:
        refused(api.ask(method, f"{dnc_list}/entries", json=body), 400, "0531500")

    def test_delete_up_to_200(self, api: Api, dnc_list: str) -> None:
        keys = [{"id": f"{NOBODY[:-4]}{place:04}"} for place in range(201)]
        refused(api.delete(f"{dnc_list}/entries", keys), 400, "0531500")
        assert body_of(api.delete(f"{dnc_list}/entries", keys[:200]))["total_errors"] == 200


class TestQueries:
    def asked(self, api: Api, dnc_list: str, *numbers: str, timezone: str = "Europe/London") -> list[str]:
        body = {"phone_numbers": [{"phone_number": number, "timezone": timezone} for number in numbers]}
        found = body_of(api.post(f"{dnc_list}/entries/queries", body))
        fits(page("entries", ENTRY), found)
        return [entry["phone_number"] for entry in embedded(found, "entries")]

    def test_find_the_entries_that_are_in_force(self, api: Api, dnc_list: str) -> None:
        put(api, dnc_list, LONDON)
        put(api, dnc_list, us_number(1), expiration_date="2001-01-01")
        put(api, dnc_list, us_number(2), expiration_date="2999-01-01")
        assert set(self.asked(api, dnc_list, LONDON, us_number(1), us_number(2), us_number(3))) == {
            LONDON,
            us_number(2),
        }
        assert self.asked(api, dnc_list, us_number(3)) == []

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"phone_numbers": []},
            {"phone_numbers": [{"phone_number": LONDON}]},
            {"phone_numbers": [{"timezone": "UTC"}]},
            {"phone_numbers": [{"phone_number": "1" * 21, "timezone": "UTC"}]},
            {"phone_numbers": [{"phone_number": LONDON, "timezone": "Mars/Olympus"}]},
        ],
    )
    def test_need_numbers_with_their_zones(self, api: Api, dnc_list: str, body: dict[str, Any]) -> None:
        refused(api.post(f"{dnc_list}/entries/queries", body), 400, "0531500")
