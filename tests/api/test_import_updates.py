"""Files whose rows update the records that a list has already, and what the dialer has of them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from outdial.adapters.storage.database import Database
from outdial.api.services import Services
from outdial.app.importer import Importer
from outdial.domain.outcomes import Outcome
from tests.api.conftest import Parts
from tests.api.test_previews import posted, sampled, sent
from tests.api.test_record_changes import Dialer, added, running, types_in_turn
from tests.api.test_record_lists import MARTA, a_list, somebody
from tests.conftest import SetClock

HEADER = "First name,Last name,Mobile,Home,Timezone,Priority,Plan,External ID,External Provider\n"
COUNTS = ("accepted", "updated", "rejected", "duplicates", "by_kind", "on_do_not_call_lists")


@pytest.fixture
async def importer(app: FastAPI, services: Services) -> AsyncIterator[Importer]:
    reads = Importer(storage=services.storage, clock=services.wall, ids=services.ids, files=services.uploads)
    async with reads:
        app.state.importer = reads
        yield reads


@pytest.fixture
async def path(api: httpx.AsyncClient) -> str:
    """An empty list."""
    return await a_list(api)


@pytest.fixture
async def dialer(api: httpx.AsyncClient, parts: Parts, path: str, database: Database, clock: SetClock) -> Dialer:
    return await running(api, parts, path, database, clock, types_in_turn())


async def imported(
    api: httpx.AsyncClient, importer: Importer, path: str, rows: str, *, header: str = HEADER, **reading: Any
) -> dict[str, Any]:
    """What came of a file whose rows update records, and was foretold by the check of it."""
    upload = await sent(api, path, header + rows)
    reading = {"duplicates": "update"} | reading
    checked = await posted(api, f"{upload}/check", **reading)
    await posted(api, f"{upload}/import", **reading)
    await importer.idle()
    report: dict[str, Any] = (await api.get(upload)).json()
    assert {name: checked[name] for name in COUNTS} == {name: report[name] for name in COUNTS}
    return {name: report[name] for name in COUNTS if report[name]} | {"path": upload}


async def records_of(api: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get(f"{path}/records")).json()["_embedded"]["records"]
    return found


class TestARowOfARecordThatIsThere:
    async def test_gives_it_what_it_has_and_leaves_the_rest(
        self, api: httpx.AsyncClient, path: str, importer: Importer, clock: SetClock
    ) -> None:
        record = await added(api, path, MARTA)
        before = (await api.get(record)).json()
        clock.advance(60)
        report = await imported(api, importer, path, "Zoë,Kaya,,+12025550177,,9,,,\n,,,,,,,,\n")
        assert report.pop("path")
        assert report == {"updated": 1, "rejected": 1, "by_kind": {"missing_first_name": 1}}
        after = (await api.get(record)).json()
        assert {name: value for name, value in after.items() if before.get(name) != value} == {
            "first_name": "Zoë",
            "last_name": "Kaya",
            "priority": 9,
            "updated_at": "2026-06-01T09:01:00.123Z",
        }
        assert (await api.get(path)).json()["records_count"] == 1

    async def test_that_says_nothing_new_leaves_it_untouched(
        self, api: httpx.AsyncClient, path: str, importer: Importer, clock: SetClock
    ) -> None:
        row = "Ana,Costa,+12025550142,,,,gold,,\n"
        assert (await imported(api, importer, path, row))["accepted"] == 1
        (before,) = await records_of(api, path)
        clock.advance(60)
        assert (await imported(api, importer, path, row))["updated"] == 1
        assert await records_of(api, path) == [before]

    async def test_is_a_duplicate_when_its_numbers_are_of_two(
        self, api: httpx.AsyncClient, path: str, importer: Importer
    ) -> None:
        for number in ("+12025550142", "+12025550143"):
            await added(api, path, somebody(number))
        report = await imported(api, importer, path, "Ana,Costa,+12025550142,+12025550143,,,,,\n")
        assert report.pop("path")
        assert report == {"duplicates": 1}

    async def test_is_found_by_its_external_reference_where_the_list_says_so(
        self, api: httpx.AsyncClient, importer: Importer
    ) -> None:
        path = await a_list(api, unique_identifier_type="EXTERNAL")
        record = await added(api, path, MARTA)
        own = f"{MARTA['external_id']},{MARTA['external_provider']}"
        rows = f"Zoë,Kaya,+12025550101,,,,,{own}\nBea,Silva,+12025550101,,,,,K-9,crm\n"
        report = await imported(api, importer, path, rows)
        assert (report["accepted"], report["updated"]) == (1, 1)
        after = (await api.get(record)).json()
        assert after["phone_numbers"] == [
            {"phone_number": "+12025550101", "phone_type": "MOBILE"},
            {"phone_number": "+12025550177", "phone_type": "HOME"},
        ]

    async def test_is_on_do_not_call_lists_as_any_other(
        self, api: httpx.AsyncClient, path: str, importer: Importer
    ) -> None:
        await added(api, path, somebody("+12025550142"))
        blocked = (await api.post("/do-not-call-lists", json={"name": "Asked"})).json()["id"]
        await api.post(f"/do-not-call-lists/{blocked}/entries", json={"phone_number": "+12025550142"})
        report = await imported(api, importer, path, "Ana,Costa,+12025550142,,,,,,\n")
        assert (report["updated"], report["on_do_not_call_lists"]) == (1, 1)

    async def test_needs_a_list_that_tells_records_apart(self, api: httpx.AsyncClient, importer: Importer) -> None:
        path = await a_list(api, unique_identifier_type="NOTHING")
        upload = await sent(api, path, HEADER)
        for what in ("check", "import"):
            answer = await api.post(f"{upload}/{what}", json={"duplicates": "UPDATE"})
            assert answer.status_code == 400
            assert [field["name"] for field in answer.json()["fields"]] == ["duplicates"]
        assert (await api.get(upload)).json()["status"] == "INCOMPLETE"


class TestTwoRowsOfOneRecord:
    async def test_are_taken_one_after_the_other(self, api: httpx.AsyncClient, path: str, importer: Importer) -> None:
        rows = (
            "Ana,Costa,+12025550142,,,3,gold,,\n"
            "Ana,Lima,+12025550142,+12025550143,,,,,\n"
            "Ana,Lima,+12025550144,+12025550143,,,,,\n"
            "Bea,Silva,+12025550142,,,,,,\n"  # that number is free again
        )
        report = await imported(api, importer, path, rows)
        assert (report["accepted"], report["updated"]) == (2, 2)
        ana, bea = sorted(await records_of(api, path), key=lambda record: str(record["first_name"]))
        assert (ana["last_name"], ana["priority"], ana["extra_data"]) == ("Lima", 3, {"Plan": "gold"})
        assert [phone["phone_number"] for phone in ana["phone_numbers"]] == ["+12025550144", "+12025550143"]
        assert bea["phone_number"] == "+12025550142"


class TestARecordThatIsDialed:
    async def test_before_its_first_attempt_goes_behind_all_others_in_the_order_of_the_file(
        self, api: httpx.AsyncClient, path: str, importer: Importer, dialer: Dialer
    ) -> None:
        for number in range(142, 146):
            await added(api, path, somebody(f"+12025550{number}", priority=5))
        await dialer.take_in()
        await imported(api, importer, path, "New,A,+12025550144,,,,,,\nNew,B,+12025550142,,,,,,\n")
        await dialer.take_in()
        assert await dialer.rows("e164 - 12025550000") == [(143,), (145,), (144,), (142,)]

    async def test_keeps_its_attempts_state_and_place_and_follows_in_the_rest(
        self, api: httpx.AsyncClient, path: str, importer: Importer, dialer: Dialer
    ) -> None:
        await added(api, path, somebody("+12025550142", priority=5))
        await dialer.take_in()
        await dialer.end(*await dialer.call())
        what = "attempts, state, reason, next_at, seq"
        before = await dialer.rows(what)
        await imported(api, importer, path, "New,A,+12025550142,+12025550143,,8,,,\n")
        assert await dialer.rows(what) == before
        assert await dialer.rows("priority, e164") == [(8, 12025550142)]

    async def test_and_is_final_stays_so(
        self, api: httpx.AsyncClient, path: str, importer: Importer, dialer: Dialer
    ) -> None:
        record = await added(api, path, somebody("+12025550142"))
        await dialer.take_in()
        await dialer.end(*await dialer.call(), Outcome.CONNECTED)
        await imported(api, importer, path, "New,A,+12025550142,+12025550143,Europe/Lisbon,3,,,\n")
        await dialer.take_in()
        assert await dialer.rows("priority, state, reason, attempts") == [(3, "D", "connected", 1)]
        assert (await api.get(record)).json()["timezone"] == "Europe/Lisbon"

    async def test_keeps_its_numbers_while_it_is_on_a_call_and_takes_the_row_again_afterwards(
        self, api: httpx.AsyncClient, path: str, importer: Importer, dialer: Dialer
    ) -> None:
        record = await added(api, path, somebody("+12025550142"))
        await dialer.take_in()
        call = await dialer.call()
        rows = "New,A,+12025550142,,,4,,,\nNew,B,+12025550142,+12025550143,,,,,\n"
        report = await imported(api, importer, path, rows)
        assert (report["updated"], report["by_kind"]) == (1, {"record_on_call": 1})
        assert await dialer.rows("priority, state, attempt_id is not null") == [(4, "C", True)]
        assert (await api.get(record)).json()["last_name"] == "A"
        await dialer.end(*call)
        header, _, rejects = (await api.get(f"{report['path']}/rejects")).text.partition("\n")
        assert (await imported(api, importer, path, rejects, header=f"{header}\n"))["updated"] == 1
        after = (await api.get(record)).json()
        assert (after["last_name"], len(after["phone_numbers"])) == ("B", 2)

    async def test_and_goes_when_its_call_is_over_is_not_brought_back(
        self, api: httpx.AsyncClient, path: str, importer: Importer, dialer: Dialer
    ) -> None:
        record = await added(api, path, somebody("+12025550142"))
        await dialer.take_in()
        await dialer.call()
        assert (await api.delete(record)).status_code == 202
        report = await imported(api, importer, path, "New,A,+12025550142,,,,,,\n")
        assert report["by_kind"] == {"record_on_call": 1}


async def test_a_file_with_the_columns_of_an_earlier_one_is_to_update_as_that_one_did(
    api: httpx.AsyncClient, path: str, importer: Importer
) -> None:
    header = "First name,Last name,Mobile\n"
    uses = ["first_name", "last_name", "MOBILE"]
    await imported(api, importer, path, "Ana,Costa,+12025550142\n", header=header, columns=uses)
    again = await sampled(api, await sent(api, path, f"{header}Ana,Lima,+12025550142\n"))
    assert again["duplicates"] == "UPDATE"
