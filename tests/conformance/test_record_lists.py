"""Record lists: listed, created, filled from files."""

import hashlib

import httpx
import pytest

from .kit import TIMEOUT, Api, a_name, body_of, embedded, ids, last_of, refused, replace, us_number, within_patience
from .shapes import NEW_RECORD_LIST, RECORD_LIST, UPLOAD_REQUEST, fits, page

CSV = f"First name,Last name,Mobile\nMarta,Moreau,{us_number(42)}\nBram,Okafor,{us_number(43)}\n".encode()
FINAL = ("ACCEPTED", "REJECTED", "CORRUPTED")
UPLOADED = [replace("/status", "UPLOADED")]


def described(content: bytes, name: str = "people.csv") -> dict[str, object]:
    return {
        "filename": name,
        "byte_size": len(content),
        "checksum": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "content_type": "text/csv",
    }


def send(signed_url: str, content: bytes) -> httpx.Response:
    return httpx.put(signed_url, content=content, headers={"Content-Type": "text/csv"}, timeout=TIMEOUT)


class TestCreate:
    @pytest.mark.reading
    def test_without_a_file_it_is_ready_for_records(self, api: Api) -> None:
        name = a_name("Conformance")
        made = body_of(api.post("/record-lists", {"name": name}), 201)
        fits(NEW_RECORD_LIST, made)
        assert (made["name"], made["status"], made["unique_identifier_type"]) == (name, "ACCEPTED", "PHONE_NUMBER")
        assert made.get("signed_url") is None
        found = body_of(api.get(f"/record-lists/{made['id']}"))
        fits(RECORD_LIST, found)
        assert (found["records_count"], found["name"]) == (0, name)

    def test_for_a_file_it_says_where_to_send_it(self, api: Api) -> None:
        made = body_of(api.post("/record-lists", {"name": a_name("Conformance"), "csv_metadata": described(CSV)}), 201)
        fits(NEW_RECORD_LIST, made)
        assert made["status"] == "INCOMPLETE"
        assert made["signed_url"] == made["_links"]["upload"]["href"]

    @pytest.mark.parametrize("kind", ["PHONE_NUMBER", "EXTERNAL", "NOTHING"])
    def test_duplicates_are_told_in_one_of_three_ways(self, api: Api, kind: str) -> None:
        body = {"name": a_name("Conformance"), "unique_identifier_type": kind}
        assert body_of(api.post("/record-lists", body), 201)["unique_identifier_type"] == kind

    def test_any_other_way_has_a_code_of_its_own(self, api: Api) -> None:
        refused(api.post("/record-lists", {"name": "x", "unique_identifier_type": "EMAIL"}), 400, "0530941")

    @pytest.mark.parametrize("name", [None, "", "x" * 121, 5])
    def test_a_name_has_1_to_120_characters(self, api: Api, name: object) -> None:
        assert refused(api.post("/record-lists", {"name": name}), 400, "0530900") == ["name"]

    def test_a_file_has_at_most_100_megabytes(self, api: Api) -> None:
        body = {"name": a_name("Conformance"), "csv_metadata": {"byte_size": 100_000_001}}
        refused(api.post("/record-lists", body), 413, "0530906")
        body["csv_metadata"] = {"byte_size": 100_000_000}
        body_of(api.post("/record-lists", body), 201)

    @pytest.mark.parametrize(
        "metadata", [{"filename": "x" * 36}, {"byte_size": 0}, {"checksum": "x" * 33}, {"content_type": ""}]
    )
    def test_a_file_is_described_within_limits(self, api: Api, metadata: dict[str, object]) -> None:
        refused(api.post("/record-lists", {"name": "x", "csv_metadata": metadata}), 400, "0530900")


class TestList:
    def test_finds_parts_of_names(self, api: Api, record_list: str) -> None:
        name = body_of(api.get(record_list))["name"]
        body = body_of(api.get("/record-lists", name=name[2:-1]))
        fits(page("record_lists", RECORD_LIST), body)
        assert ids(embedded(body, "record_lists")) == [last_of(record_list)]

    @pytest.mark.parametrize(
        ("query", "hit"),
        [
            ({"status": "ACCEPTED"}, True),
            ({"status": "INCOMPLETE"}, False),
            ({"created_at_from": "2000-01-01T00:00:00Z", "created_at_to": "2100-01-01T00:00:00Z"}, True),
            ({"updated_at_from": "2099-01-01T00:00:00Z", "updated_at_to": "2100-01-01T00:00:00Z"}, False),
            ({"campaign_ids": "00000000-0000-4000-8000-000000000000"}, False),
        ],
    )
    def test_filters(self, api: Api, record_list: str, query: dict[str, str], hit: bool) -> None:
        name = body_of(api.get(record_list))["name"]
        assert body_of(api.get("/record-lists", name=name, **query))["total"] == (1 if hit else 0)

    @pytest.mark.parametrize("bound", ["created_at_from", "created_at_to", "updated_at_from", "updated_at_to"])
    def test_bounds_come_in_pairs(self, api: Api, bound: str) -> None:
        refused(api.get("/record-lists", **{bound: "2026-01-01T00:00:00Z"}), 400, "0530900")

    @pytest.mark.reading
    def test_team_id_and_team_ids_exclude_each_other(self, api: Api) -> None:
        refused(api.get("/record-lists", team_id="x", team_ids="y"), 400, "0530900")

    @pytest.mark.parametrize("order", ["name", "records_count:desc", "updated_at:asc,name"])
    def test_orders(self, api: Api, order: str) -> None:
        fits(page("record_lists", RECORD_LIST), body_of(api.get("/record-lists", order_by=order, per_page="5")))

    @pytest.mark.parametrize("query", [{"status": "DONE"}, {"order_by": "age"}, {"fields": "ALL"}])
    def test_refuses_what_cannot_be_meant(self, api: Api, query: dict[str, str]) -> None:
        assert refused(api.get("/record-lists", **query), 400, "0530900") == list(query)

    def test_shows_teams_to_those_who_ask(self, api: Api, record_list: str) -> None:
        assert "teams" not in body_of(api.get(record_list))
        assert isinstance(body_of(api.get(record_list, fields="TEAMS"))["teams"], list)


class TestAFile:
    @pytest.fixture
    def waiting(self, api: Api) -> tuple[str, str]:
        """The path of a list that waits for `CSV`, and where to send it."""
        made = body_of(api.post("/record-lists", {"name": a_name("Conformance"), "csv_metadata": described(CSV)}), 201)
        return f"/record-lists/{made['id']}", made["signed_url"]

    def test_becomes_the_records_of_its_list(self, api: Api, waiting: tuple[str, str]) -> None:
        path, signed_url = waiting
        sent = send(signed_url, CSV)
        assert (sent.status_code, sent.content) == (200, b"")
        patched = body_of(api.patch(path, UPLOADED))
        assert {"id", "name", "unique_identifier_type", "created_at", "records_count", "account_id"} <= patched.keys()
        assert patched["status"] == "UPLOADED"
        found = within_patience(lambda: api.get(path), lambda body: body["status"] in FINAL)
        fits(RECORD_LIST, found)
        assert (found["status"], found["records_count"]) == ("ACCEPTED", 2)
        records = embedded(body_of(api.get(f"{path}/records")), "records")
        assert {record["phone_number"] for record in records} == {us_number(42), us_number(43)}
        assert {record["priority"] for record in records} == {5}
        refused(api.patch(path, UPLOADED), 409, "0530907")

    @pytest.mark.parametrize("body", [UPLOADED, UPLOADED[0]])
    @pytest.mark.reading
    def test_is_announced_by_one_operation_or_an_array_of_one(
        self, api: Api, waiting: tuple[str, str], body: object
    ) -> None:
        path, signed_url = waiting
        assert send(signed_url, CSV).status_code == 200
        assert body_of(api.patch(path, body))["status"] == "UPLOADED"

    def test_that_never_came_cannot_be_announced(self, api: Api, waiting: tuple[str, str]) -> None:
        refused(api.patch(waiting[0], UPLOADED), 400, "0530963")

    @pytest.mark.reading
    @pytest.mark.parametrize("content", [CSV[:-1], CSV + b"\n", CSV.replace(b"Marta", b"Marla")])
    def test_that_differs_from_its_description_is_not_taken(self, waiting: tuple[str, str], content: bytes) -> None:
        assert send(waiting[1], content).status_code == 400

    @pytest.mark.reading
    def test_an_address_that_was_changed_takes_nothing(self, waiting: tuple[str, str]) -> None:
        assert send(f"{waiting[1][:-4]}AAAA", CSV).status_code == 403

    @pytest.mark.parametrize(
        "body",
        [
            [replace("/status", "ACCEPTED")],
            [replace("/name", "UPLOADED")],
            [{"op": "replace"}],
            [],
            [UPLOADED[0], UPLOADED[0]],
        ],
    )
    def test_only_the_one_patch_is_known(self, api: Api, waiting: tuple[str, str], body: object) -> None:
        refused(api.patch(waiting[0], body), 400, "0530900")

    @pytest.mark.parametrize(
        ("content", "status"),
        [
            (b"First name,Last name,Mobile\n,Moreau,+12025550142\n", "REJECTED"),
            (b"\x89PNG\r\n\x1a\n\x00\x00", "CORRUPTED"),
        ],
    )
    @pytest.mark.reading
    def test_of_no_use_ends_in_a_state_of_its_own(self, api: Api, content: bytes, status: str) -> None:
        body = {"name": a_name("Conformance"), "csv_metadata": described(content)}
        made = body_of(api.post("/record-lists", body), 201)
        path = f"/record-lists/{made['id']}"
        assert send(made["signed_url"], content).status_code == 200
        body_of(api.patch(path, UPLOADED))
        assert within_patience(lambda: api.get(path), lambda found: found["status"] in FINAL)["status"] == status


class TestAnotherFile:
    def test_is_asked_for_sent_and_announced(self, api: Api, record_list: str) -> None:
        requests = f"{record_list}/upload-requests"
        made = body_of(api.post(requests, {"csv_metadata": described(CSV)}), 201)
        fits(UPLOAD_REQUEST, made)
        assert (made["status"], made["record_list_id"]) == ("INCOMPLETE", last_of(record_list))
        assert made["signed_url"] == made["_links"]["upload"]["href"]
        assert api.path_of(made["_links"]["self"]["href"]) == f"{requests}/{made['id']}"
        path = f"{requests}/{made['id']}"
        refused(api.patch(path, UPLOADED), 400, "0530963")
        assert send(made["signed_url"], CSV).status_code == 200
        patched = body_of(api.patch(path, UPLOADED))
        fits(UPLOAD_REQUEST, patched)
        within_patience(lambda: api.get(record_list), lambda found: found["records_count"] == 2)
        assert body_of(api.get(f"{record_list}/records", upload_request_id=made["id"]))["total"] == 2
        refused(api.patch(path, UPLOADED), 409, "0530951")

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({}, "0530933"),
            ({"csv_metadata": {}, "callback_action": {"method": "POST"}}, "0530934"),
            ({"csv_metadata": {}, "callback_action": {"endpoint": "https://example.org/done"}}, "0530935"),
        ],
    )
    def test_lacks_something(self, api: Api, record_list: str, body: dict[str, object], code: str) -> None:
        refused(api.post(f"{record_list}/upload-requests", body), 400, code)

    def test_has_at_most_20_megabytes(self, api: Api, record_list: str) -> None:
        body = {"csv_metadata": {"byte_size": 20_000_001}}
        refused(api.post(f"{record_list}/upload-requests", body), 413, "0530908")
