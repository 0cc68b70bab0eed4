"""A file of records before and while it is imported: looked at, checked, read as somebody says, taken back."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from outdial.api.services import Services
from outdial.app.importer import Importer
from tests.api.conftest import new_app
from tests.builders.lists import make_list

HEADER = "First name,Last name,Mobile\n"
ANA, BEA = "Ana,Costa,+12025550142\n", "Bea,Silva,+12025550143\n"


@pytest.fixture
async def app(services: Services) -> AsyncIterator[FastAPI]:
    """The application with its background work running."""
    app = new_app(services)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def importer(app: FastAPI) -> Importer:
    found: Importer = app.state.importer
    return found


@pytest.fixture
async def a_list(api: httpx.AsyncClient) -> str:
    """The path of a list without records."""
    return f"/record-lists/{(await api.post('/record-lists', json={'name': 'May'})).json()['id']}"


async def sent(api: httpx.AsyncClient, a_list: str, content: str | bytes) -> str:
    """The path of a file that has been sent to a list and waits."""
    made = (await api.post(f"{a_list}/upload-requests", json={"csv_metadata": {"filename": "may.csv"}})).json()
    data = content if isinstance(content, bytes) else content.encode()
    assert (await api.put(made["signed_url"], content=data)).status_code == 200
    return f"/v1/upload-requests/{made['id']}"


async def sampled(api: httpx.AsyncClient, path: str, **how: str) -> dict[str, Any]:
    answer = await api.get(f"{path}/sample", params=how)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def posted(api: httpx.AsyncClient, path: str, **reading: Any) -> dict[str, Any]:
    answer = await api.post(path, json=reading)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def uses(sample: dict[str, Any]) -> list[str]:
    return [column["use"] for column in sample["columns"]]


class TestTheSample:
    async def test_shows_each_row_as_it_stands_beside_what_it_is_taken_apart_into(
        self, api: httpx.AsyncClient, a_list: str
    ) -> None:
        path = await sent(api, a_list, f'{HEADER}{ANA}\n"Bea ""B""","Sil\nva",+12025550143\r\n')
        found = await sampled(api, path)
        assert found["rows"] == [
            {"line": 2, "raw": ANA.strip(), "cells": ["Ana", "Costa", "+12025550142"]},
            {
                "line": 4,
                "raw": '"Bea ""B""","Sil\nva",+12025550143',
                "cells": ['Bea "B"', "Sil\nva", "+12025550143"],
            },
        ]
        assert (found["encoding"], found["separator"]) == ("UTF-8", ",")

    async def test_is_of_the_first_hundred_rows(self, api: httpx.AsyncClient, a_list: str) -> None:
        found = await sampled(api, await sent(api, a_list, make_list(130, seed=1, bad=0).csv_bytes))
        assert len(found["rows"]) == 100

    async def test_guesses_what_each_column_becomes_and_each_member_once(
        self, api: httpx.AsyncClient, a_list: str
    ) -> None:
        header = "Surname;Forename;PHONE;Telefone;Plan;Time zone;"
        found = await sampled(api, await sent(api, a_list, f"{header}\nCosta;Ana;+12025550142;;gold;;\n"))
        assert found["separator"] == ";"
        assert uses(found) == [
            "last_name",
            "first_name",
            "MOBILE",
            "extra_data",
            "extra_data",
            "timezone",
            "leave_out",
        ]

    @pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
    async def test_finds_the_sign_between_columns(self, api: httpx.AsyncClient, a_list: str, separator: str) -> None:
        content = f"{HEADER}{ANA}".replace(",", separator)
        assert (await sampled(api, await sent(api, a_list, content)))["separator"] == separator

    @pytest.mark.parametrize(
        ("codec", "encoding"), [("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("cp1252", "WINDOWS-1252")]
    )
    async def test_finds_the_encoding_even_where_only_the_last_line_tells(
        self, api: httpx.AsyncClient, a_list: str, codec: str, encoding: str
    ) -> None:
        content = (HEADER + "Ana,Costa,+12025550142\n" * 300 + "Zoé,Conceição,+12025550143\n").encode(codec)
        found = await sampled(api, await sent(api, a_list, content))
        assert found["encoding"] == encoding
        assert found["columns"][0]["name"] == "First name"

    async def test_in_a_wrong_encoding_says_so_and_in_the_right_one_no_longer(
        self, api: httpx.AsyncClient, a_list: str
    ) -> None:
        path = await sent(api, a_list, f"{HEADER}Zoé,Costa,+12025550142\n".encode("cp1252"))
        wrong = await sampled(api, path, encoding="utf-8")
        assert wrong["corrupted"] == "the file is not encoded in UTF-8"
        right = await sampled(api, path, encoding="windows-1252")
        assert "corrupted" not in right
        assert right["rows"][0]["cells"][0] == "Zoé"

    async def test_of_nothing_says_so(self, api: httpx.AsyncClient, a_list: str) -> None:
        found = await sampled(api, await sent(api, a_list, "\n"))
        assert (found["corrupted"], found["columns"], found["rows"]) == ("the file is empty", [], [])

    async def test_takes_the_columns_of_an_earlier_file_with_the_same_ones(
        self, api: httpx.AsyncClient, a_list: str, importer: Importer
    ) -> None:
        first = await sent(api, a_list, "Name 1,Name 2,Number\nAna,Costa,2025550142\nBea,,2025550143\n")
        reading = {"columns": ["first_name", "last_name", "HOME"], "country": "us", "timezone": "america/new_york"}
        await posted(api, f"{first}/import", **reading)
        await importer.idle()
        rejects = (await api.get(f"{first}/rejects")).text
        again = await sampled(api, await sent(api, a_list, rejects.replace("Bea,,", "Bea,Silva,")))
        assert uses(again) == ["first_name", "last_name", "HOME", *["leave_out"] * 5]
        assert (again["country"], again["timezone"]) == ("US", "America/New_York")

    @pytest.mark.parametrize(
        ("query", "wrong"), [({"encoding": "EBCDIC"}, "encoding"), ({"separator": "!"}, "separator")]
    )
    async def test_names_a_wrong_parameter(
        self, api: httpx.AsyncClient, a_list: str, query: dict[str, str], wrong: str
    ) -> None:
        answer = await api.get(f"{await sent(api, a_list, HEADER)}/sample", params=query)
        assert answer.status_code == 400
        assert [field["name"] for field in answer.json()["fields"]] == [wrong]


class TestTheCheck:
    async def test_says_what_the_import_then_reports_and_stores_nothing(
        self, api: httpx.AsyncClient, a_list: str, importer: Importer
    ) -> None:
        made = make_list(240, seed=11, bad=40, duplicates=12)
        path = await sent(api, a_list, made.csv_bytes)
        checked = await posted(api, f"{path}/check")
        assert (await api.get(a_list)).json()["records_count"] == 0
        assert (await api.get(path)).json()["status"] == "INCOMPLETE"
        await posted(api, f"{path}/import")
        await importer.idle()
        imported = (await api.get(path)).json()
        counts = ("accepted", "rejected", "duplicates", "by_kind", "on_do_not_call_lists")
        assert {name: checked[name] for name in counts} == {name: imported[name] for name in counts}
        assert (checked["rows"], checked["rejected"], checked["duplicates"]) == (240, 40, 12)
        assert [[one["row"], one["kind"]] for one in checked["problems"]] == made.expected["lines"]

    async def test_knows_what_the_list_has_and_who_must_not_be_called(
        self, api: httpx.AsyncClient, a_list: str
    ) -> None:
        phone = {"phone_number": "+12025550142", "phone_type": "HOME"}
        person = {"first_name": "A", "last_name": "C", "phone_numbers": [phone]}
        assert (await api.post(f"{a_list}/records", json=person)).status_code == 201
        blocked = (await api.post("/do-not-call-lists", json={"name": "Asked"})).json()["id"]
        await api.post(f"/do-not-call-lists/{blocked}/entries", json={"phone_number": "+12025550143"})
        checked = await posted(api, f"{await sent(api, a_list, HEADER + ANA + BEA)}/check")
        assert (checked["accepted"], checked["duplicates"], checked["on_do_not_call_lists"]) == (1, 1, 1)
        assert checked["problems"] == [
            {
                "row": 2,
                "column": "Mobile",
                "value": "+12025550142",
                "code": "PHONE_NUMBER_NOT_UNIQUE",
                "kind": "duplicate_phone_number",
                "message": "a record of this list has this number already",
            }
        ]

    @pytest.mark.parametrize(
        ("reading", "why"),
        [
            ({"encoding": "UTF-16"}, "the file is not encoded in UTF-16"),
            ({"columns": ["first_name"]}, "the file has 3 columns, and it was said what 1 become"),
            ({"columns": ["first_name", "first_name", "HOME"]}, "the header has the column 'Last name' twice"),
            ({"columns": ["first_name", "last_name", "leave_out"]}, "the header lacks Mobile, Home, Office or Extra"),
        ],
    )
    async def test_of_a_file_that_cannot_be_read_so_says_why(
        self, api: httpx.AsyncClient, a_list: str, reading: dict[str, Any], why: str
    ) -> None:
        checked = await posted(api, f"{await sent(api, a_list, HEADER + ANA)}/check", **reading)
        assert checked["corrupted"].startswith(why)
        assert checked["rows"] == 0

    @pytest.mark.parametrize(
        ("reading", "wrong"),
        [
            ({"timezone": "Mars/Olympus"}, "timezone"),
            ({"country": "Utopia"}, "country"),
            ({"columns": ["nickname"]}, "columns.0"),
            ({"separator": ""}, "separator"),
        ],
    )
    async def test_names_what_is_wrong_with_what_is_asked(
        self, api: httpx.AsyncClient, a_list: str, reading: dict[str, Any], wrong: str
    ) -> None:
        answer = await api.post(f"{await sent(api, a_list, HEADER + ANA)}/check", json=reading)
        assert answer.status_code == 400
        assert [field["name"] for field in answer.json()["fields"]] == [wrong]


class TestTheImport:
    async def test_reads_the_file_as_it_is_told_to(
        self, api: httpx.AsyncClient, a_list: str, importer: Importer
    ) -> None:
        content = "Wer;Wie;Telefon;Büro;Sonstiges\nJörg;Groß;030 23125001;+12025550142;x\n".encode("cp1252")
        path = await sent(api, a_list, content)
        await posted(
            api,
            f"{path}/import",
            encoding="WINDOWS-1252",
            separator=";",
            columns=["first_name", "last_name", "MOBILE", "OFFICE", "leave_out"],
            country="DE",
            timezone="Europe/Berlin",
        )
        await importer.idle()
        (record,) = (await api.get(f"{a_list}/records")).json()["_embedded"]["records"]
        assert (record["first_name"], record["last_name"], record["timezone"]) == ("Jörg", "Groß", "Europe/Berlin")
        assert record["phone_numbers"] == [
            {"phone_number": "+493023125001", "phone_type": "MOBILE"},
            {"phone_number": "+12025550142", "phone_type": "OFFICE"},
        ]
        assert record.get("extra_data", {}) == {}

    async def test_of_a_repaired_list_of_rejects_leaves_the_reasons_out(
        self, api: httpx.AsyncClient, a_list: str, importer: Importer
    ) -> None:
        path = await sent(api, a_list, f"{HEADER}Ana,,+12025550142\nBea,Silva,12\n")
        await posted(api, f"{path}/import")
        await importer.idle()
        rejects = (await api.get(f"{path}/rejects")).text
        half = await sent(api, a_list, rejects.replace("Ana,,", "Ana,Costa,"))
        await posted(api, f"{half}/import")
        await importer.idle()
        rest = (await api.get(f"{half}/rejects")).text
        assert rest.splitlines()[0] == rejects.splitlines()[0]
        assert rest.splitlines()[1].startswith("Bea,Silva,12,3,Mobile,12,PHONE_NUMBER_INVALID")
        whole = await sent(api, a_list, rest.replace("Silva,12,", "Silva,+12025550143,"))
        await posted(api, f"{whole}/import")
        await importer.idle()
        records = (await api.get(f"{a_list}/records")).json()["_embedded"]["records"]
        assert {one["first_name"]: one.get("extra_data", {}) for one in records} == {"Ana": {}, "Bea": {}}

    async def test_is_asked_for_once(self, api: httpx.AsyncClient, a_list: str) -> None:
        path = await sent(api, a_list, HEADER + ANA)
        await posted(api, f"{path}/import")
        for what in ("import", "check"):
            answer = await api.post(f"{path}/{what}", json={})
            assert (answer.status_code, answer.json()["code"]) == (409, "upload-request-not-waiting")

    async def test_needs_a_file(self, api: httpx.AsyncClient, a_list: str) -> None:
        made = (await api.post(f"{a_list}/upload-requests", json={"csv_metadata": {}})).json()
        answer = await api.post(f"/v1/upload-requests/{made['id']}/import", json={})
        assert (answer.status_code, answer.json()["code"]) == (400, "no-file")

    async def test_of_a_file_of_a_do_not_call_list_is_not_asked_for(self, api: httpx.AsyncClient) -> None:
        blocked = (await api.post("/do-not-call-lists", json={"name": "Asked"})).json()["id"]
        body = {"csv_metadata": {"filename": "june.csv"}}
        made = (await api.post(f"/v1/do-not-call-lists/{blocked}/upload-requests", json=body)).json()
        for method, what in (("GET", "sample"), ("POST", "check"), ("POST", "import"), ("POST", "cancel")):
            answer = await api.request(method, f"/v1/upload-requests/{made['id']}/{what}")
            assert (answer.status_code, answer.json()["code"]) == (404, "upload-request-not-found")


class TestTakingAFileBack:
    async def test_that_waits_for_its_turn_stores_nothing(
        self, api: httpx.AsyncClient, a_list: str, importer: Importer
    ) -> None:
        path = await sent(api, a_list, HEADER + ANA)
        await posted(api, f"{path}/import")
        canceled = await posted(api, f"{path}/cancel")
        assert "cancel_asked_at" in canceled
        await importer.idle()
        over = (await api.get(path)).json()
        assert (over["status"], over["accepted"]) == ("REJECTED", 0)
        assert (await api.get(a_list)).json()["records_count"] == 0

    async def test_that_was_only_sent_removes_it(self, api: httpx.AsyncClient, a_list: str, services: Services) -> None:
        path = await sent(api, a_list, HEADER + ANA)
        assert (await posted(api, f"{path}/cancel"))["status"] == "REJECTED"
        assert await services.uploads.kept() == []
        assert (await api.get(a_list)).json()["status"] == "ACCEPTED"

    async def test_that_a_list_was_made_for_refuses_the_list(self, api: httpx.AsyncClient) -> None:
        made = (await api.post("/record-lists", json={"name": "L", "csv_metadata": {"filename": "l.csv"}})).json()
        await api.put(made["signed_url"], content=(HEADER + ANA).encode())
        files = await api.get(f"/v1/record-lists/{made['id']}/upload-requests")
        (upload,) = files.json()["_embedded"]["upload_requests"]
        await posted(api, f"/v1/upload-requests/{upload['id']}/cancel")
        assert (await api.get(f"/record-lists/{made['id']}")).json()["status"] == "REJECTED"

    async def test_that_is_over_is_refused(self, api: httpx.AsyncClient, a_list: str, importer: Importer) -> None:
        path = await sent(api, a_list, HEADER + ANA)
        await posted(api, f"{path}/import")
        await importer.idle()
        answer = await api.post(f"{path}/cancel")
        assert (answer.status_code, answer.json()["code"]) == (409, "upload-request-over")
        assert (await api.get(a_list)).json()["records_count"] == 1
