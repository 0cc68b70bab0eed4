"""Records that are changed or deleted over HTTP, and what the dialer has of them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from outdial.adapters.storage.campaigns import extensions_to_json
from outdial.adapters.storage.database import Database
from outdial.adapters.storage.dialing import DialRows
from outdial.api.services import Services
from outdial.app import attempts
from outdial.app.attempts import Finished
from outdial.app.record_upkeep import Upkeep
from outdial.domain.calls import Call, CallState
from outdial.domain.campaigns import DateException, Extensions
from outdial.domain.outcomes import Outcome
from outdial.ports.dialing import RunningCampaign
from tests.api.conftest import BASE_URL, Parts, a_campaign, a_strategy, created, fields_of
from tests.api.test_record_lists import MARTA, NOBODY, a_list, somebody
from tests.conftest import SetClock

NOBODY_THERE = "9e2d7a64-1c3f-4d0b-8f55-6a1e2b3c4d5e"
ALL_OF_THE_US = "+18005550199"
"""A number whose holder may be in any zone of the country."""


async def added(api: httpx.AsyncClient, path: str, person: dict[str, Any]) -> str:
    """The path of a new record."""
    answer = await api.post(f"{path}/records", json=person)
    assert answer.status_code == 201, answer.text
    return f"{path}/records/{answer.json()['id']}"


async def patched(api: httpx.AsyncClient, record: str, *operations: tuple[str, str, Any]) -> httpx.Response:
    body = [{"op": op, "path": path, "value": value} for op, path, value in operations]
    return await api.patch(record, json=body, headers={"Content-Type": "application/json-patch+json"})


async def count(api: httpx.AsyncClient, path: str) -> tuple[int, int]:
    """How many records a list says it has, and how many it has."""
    shown = (await api.get(path)).json()["records_count"]
    return shown, (await api.get(f"{path}/records")).json()["total"]


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


@dataclass(frozen=True)
class Taken:
    """A record that is loaded for dialing."""

    record: int
    position: int
    e164: int


@dataclass
class Dialer:
    """The dialer's side of storage, moved by hand: what it takes in and how attempts end is its own code."""

    store: DialRows
    database: Database
    clock: SetClock

    async def campaign(self) -> RunningCampaign:
        (running,) = await self.store.running_campaigns()
        return running

    async def take_in(self) -> None:
        while await self.store.enrol(await self.campaign(), frozenset()):
            pass

    async def claim(self) -> Taken:
        """Load the record that is next."""
        async with self.database.connection() as connection:
            row = await connection.fetchrow(
                """
                update dial_item set state = 'C' where record_id = (
                  select record_id from dial_item where state = 'R' order by priority desc, seq limit 1)
                returning record_id, position, e164
                """
            )
        assert row is not None, "nothing is ready"
        return Taken(*row.values())

    async def call(self) -> tuple[Taken, int]:
        """Call the record that is next; the attempt is open."""
        claimed = await self.claim()
        key = await self.do(
            """
            with written as (
              insert into attempt (uuid, campaign_id, record_id, list_id, number, priority, e164, phone_type, zone_id,
                mode, fence, started_at)
              select $1, campaign_id, record_id, list_id, 1, priority, e164, phone_type, zone_id, 'PREDICTIVE', 1, $2
              from dial_item where record_id = $3 returning id)
            update dial_item set attempt_id = written.id from written where record_id = $3 returning written.id
            """,
            uuid4(),
            self.clock.now(),
            claimed.record,
        )
        return claimed, key

    async def give_back(self) -> None:
        """Take no call after all."""
        await self.do("update dial_item set state = 'R' where state = 'C' and attempt_id is null")

    async def do(self, sql: str, *values: object) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetchval(sql, *values)

    async def end(self, claimed: Taken, attempt: int, outcome: Outcome = Outcome.NO_ANSWER) -> None:
        now = self.clock.now()
        call = Call(False, now, CallState.ENDED, ended_at=now, outcome=outcome)
        finished = Finished(attempt, claimed.record, claimed.position, call)
        await attempts.finish(self.store, await self.campaign(), [finished])

    async def rows(self, what: str = "priority, e164, state, reason") -> list[tuple[Any, ...]]:
        async with self.database.connection() as connection:
            found = await connection.fetch(f"select {what} from dial_item order by campaign_id, seq")
        return [tuple(value.decode() if isinstance(value, bytes) else value for value in row.values()) for row in found]


@pytest.fixture
async def path(api: httpx.AsyncClient) -> str:
    """An empty list."""
    return await a_list(api)


@pytest.fixture
async def dialer(api: httpx.AsyncClient, parts: Parts, path: str, database: Database, clock: SetClock) -> Dialer:
    """A dialer with one running campaign for the list, that tries mobile phones first and then those at home."""
    return await running(api, parts, path, database, clock, types_in_turn())


def types_in_turn() -> dict[str, Any]:
    """A strategy that tries mobile phones first and then those at home."""
    types = ("MOBILE", "HOME", "OFFICE", "EXTRA_1", "EXTRA_2", "EXTRA_3")
    chain = [{"type": kind, "max_attempts": 2} for kind in types]
    hours = [{"from": "09:00:00", "to": "10:00:00", "week_days": ["MONDAY"]}]
    return a_strategy(record_chain=chain, calling_hours=hours)


async def running(
    api: httpx.AsyncClient, parts: Parts, path: str, database: Database, clock: SetClock, strategy: dict[str, Any]
) -> Dialer:
    campaign = await created(api, a_campaign(dialing_strategy=strategy))
    for kind, thing in (
        ("record-lists", id_of(path)),
        ("users", await parts.user()),
        ("numbers", await parts.number("+12025550100")),
    ):
        assert (await api.post(f"{campaign}/{kind}", json=[{"id": thing}])).status_code == 204
    answer = await api.patch(campaign, json=[{"op": "replace", "path": "/status", "value": "running"}])
    assert answer.status_code == 200, answer.text
    return Dialer(DialRows(database), database, clock)


@pytest.fixture
def upkeep(services: Services) -> Upkeep:
    """What the server does every few seconds, to be done when the test says so."""
    return Upkeep(storage=services.storage, access=services.access, clock=services.wall, files=services.uploads)


class TestChangingARecord:
    async def test_changes_what_the_patch_names_and_nothing_else(self, api: httpx.AsyncClient, path: str) -> None:
        record = await added(api, path, MARTA)
        before = (await api.get(record)).json()
        phones = [{"phone_number": "+442079460958", "phone_type": "HOME"}]
        answer = await patched(
            api,
            record,
            ("replace", "/priority", 9),
            ("replace", "/phone_numbers", phones),
            ("REPLACE", "/first_name", "Zoë"),
            ("replace", "/last_name", "Kaya"),
            ("replace", "/timezone", "europe/london"),
            ("add", "/extra_data/segment", "lapsed"),
            ("replace", "/extra_data/plan", None),
        )
        assert answer.status_code == 200, answer.text
        after = answer.json()
        assert after == (await api.get(record)).json()
        assert {name: value for name, value in after.items() if before.get(name) != value} == {
            "priority": 9,
            "phone_number": "+442079460958",
            "phone_numbers": phones,
            "first_name": "Zoë",
            "last_name": "Kaya",
            "timezone": "Europe/London",
            "extra_data": {"plan": None, "renewal": "2026-03-01", "segment": "lapsed"},
        }

    async def test_moves_the_time_of_its_last_change(self, api: httpx.AsyncClient, path: str, parts: Parts) -> None:
        record = await added(api, path, MARTA)
        parts.clock.advance(1)
        body = (await patched(api, record, ("replace", "/priority", 9))).json()
        assert (body["created_at"], body["updated_at"]) == ("2026-06-01T09:00:00.123Z", "2026-06-01T09:00:01.123Z")
        assert ("records.changed", {"record_list_id": id_of(path)}) in await parts.events()

    async def test_adds_to_extra_data_or_replaces_it(self, api: httpx.AsyncClient, path: str) -> None:
        record = await added(api, path, MARTA)
        answer = await patched(api, record, ("add", "/extra_data", {"plan": "iron", "a": 1}))
        assert answer.json()["extra_data"] == {"plan": "iron", "renewal": "2026-03-01", "a": 1}
        answer = await patched(api, record, ("replace", "/extra_data", {"b": 2}), ("add", "/extra_data/c~1d~0", 3))
        assert answer.json()["extra_data"] == {"b": 2, "c/d~": 3}

    async def test_leaves_a_hot_lead_hot_unless_its_priority_is_changed(
        self, api: httpx.AsyncClient, path: str
    ) -> None:
        record = await added(api, path, somebody("+12025550142"))
        assert (await patched(api, record, ("replace", "/first_name", "Ana"))).json()["priority"] == 11
        assert (await patched(api, record, ("replace", "/priority", 10))).json()["priority"] == 10

    @pytest.mark.parametrize(
        ("op", "target"),
        [
            ("remove", "/priority"),
            ("test", "/priority"),
            ("add", "/priority"),
            ("replace", "/external_id"),
            ("replace", "/phone_number"),
            ("replace", "priority"),
            ("add", "/extra_data/"),
            ("add", "/extra_data/a/b"),
            ("replace", "/extra_data/nowhere"),
        ],
    )
    async def test_takes_only_the_paths_of_ruling_34(
        self, api: httpx.AsyncClient, path: str, op: str, target: str
    ) -> None:
        record = await added(api, path, MARTA)
        answer = await patched(api, record, ("replace", "/first_name", "Ana"), (op, target, 5))
        assert (answer.status_code, answer.json()["code"]) == (422, "0530905")
        assert (await api.get(record)).json()["first_name"] == "Marta"

    @pytest.mark.parametrize(
        ("target", "value", "wrong"),
        [
            ("/priority", 11, "priority"),
            ("/priority", 0, "priority"),
            ("/priority", "7", "priority"),
            ("/priority", None, "priority"),
            ("/timezone", "Mars/Olympus", "timezone"),
            ("/timezone", None, "timezone"),
            ("/timezone", "", "timezone"),
            ("/first_name", "", "first_name"),
            ("/last_name", "x" * 81, "last_name"),
            ("/extra_data", [], "0.value"),
            ("/phone_numbers", [], "phone_number"),
            ("/phone_numbers", [{"phone_number": "call me", "phone_type": "HOME"}], "phone_numbers.0.phone_number"),
        ],
    )
    async def test_names_a_bad_value(
        self, api: httpx.AsyncClient, path: str, target: str, value: object, wrong: str
    ) -> None:
        record = await added(api, path, MARTA)
        answer = await patched(api, record, ("replace", target, value))
        assert (answer.status_code, answer.json()["code"]) == (400, "0530900"), answer.text
        assert fields_of(answer) == {wrong}

    @pytest.mark.parametrize("body", [{}, [], [5], [{"op": "replace", "path": "/priority"}], [{"op": 5, "path": "/"}]])
    async def test_needs_an_array_of_operations(self, api: httpx.AsyncClient, path: str, body: object) -> None:
        answer = await api.patch(await added(api, path, MARTA), json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "0530900")

    async def test_refuses_numbers_of_another_record_but_not_its_own(self, api: httpx.AsyncClient, path: str) -> None:
        record = await added(api, path, MARTA)
        await added(api, path, somebody("+12025550163"))
        other_way_round = list(reversed(MARTA["phone_numbers"]))
        answer = await patched(api, record, ("replace", "/phone_numbers", other_way_round))
        assert answer.json()["phone_number"] == "+12025550177"
        taken = [{"phone_number": "+12025550163", "phone_type": "HOME"}]
        answer = await patched(api, record, ("replace", "/phone_numbers", taken))
        assert (answer.status_code, fields_of(answer)) == (400, {"phone_numbers.0.phone_number"})

    @pytest.mark.parametrize("record", ["none", NOBODY_THERE])
    async def test_of_nobody_is_404_whatever_is_sent(self, api: httpx.AsyncClient, path: str, record: str) -> None:
        for answer in (
            await api.patch(f"{path}/records/{record}", json=5),
            await api.delete(f"{path}/records/{record}"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "0530920")
        answer = await api.patch(f"{NOBODY}/records/{record}", json=5)
        assert (answer.status_code, answer.json()["code"]) == (404, "0530910")


class TestACampaignThatDialsAChangedRecord:
    async def test_has_its_new_priority_and_number_at_once(
        self, api: httpx.AsyncClient, path: str, dialer: Dialer
    ) -> None:
        record = await added(api, path, MARTA)
        await dialer.take_in()
        phones = [{"phone_number": f"+1202555010{n}", "phone_type": t} for n, t in enumerate(("HOME", "MOBILE"), 1)]
        await patched(api, record, ("replace", "/priority", 2), ("replace", "/phone_numbers", phones))
        # The chain begins with mobile phones, wherever they stand in the record.
        assert await dialer.rows("priority, position, e164, phone_type, state") == [(2, 1, 12025550102, 1, "R")]
        assert (await dialer.claim()).e164 == 12025550102

    async def test_dials_a_record_that_changed_before_its_first_attempt_after_all_others_as_ruling_6_says(
        self, api: httpx.AsyncClient, path: str, dialer: Dialer
    ) -> None:
        first = await added(api, path, somebody("+12025550142", priority=5))
        await added(api, path, somebody("+12025550143", priority=5))
        await dialer.take_in()
        await patched(api, first, ("replace", "/first_name", "Ana"))
        await dialer.take_in()
        assert await dialer.rows("e164") == [(12025550143,), (12025550142,)]

    async def test_keeps_the_place_of_a_record_that_was_attempted(
        self, api: httpx.AsyncClient, path: str, dialer: Dialer
    ) -> None:
        first = await added(api, path, somebody("+12025550142", priority=5))
        await dialer.take_in()
        await dialer.end(*await dialer.call())
        await added(api, path, somebody("+12025550143", priority=5))
        await dialer.take_in()
        await patched(api, first, ("replace", "/priority", 6))
        await dialer.take_in()
        assert await dialer.rows("e164, priority, state") == [(12025550142, 6, "W"), (12025550143, 5, "R")]

    async def test_goes_on_with_the_new_number_of_the_type_it_had_come_to(
        self, api: httpx.AsyncClient, path: str, dialer: Dialer
    ) -> None:
        record = await added(api, path, MARTA)
        await dialer.take_in()
        await dialer.end(*await dialer.call(), Outcome.INVALID_NUMBER)
        assert await dialer.rows() == [(7, 12025550177, "W", "waiting_for_retry")]
        phones = [
            {"phone_number": "+12025550101", "phone_type": "MOBILE"},
            {"phone_number": "+12025550102", "phone_type": "HOME"},
        ]
        await patched(api, record, ("replace", "/phone_numbers", phones))
        assert await dialer.rows() == [(7, 12025550102, "W", "waiting_for_retry")]
        await patched(api, record, ("replace", "/phone_numbers", phones[:1]))
        assert await dialer.rows("state, reason") == [("D", "no_phone_left")]

    async def test_finds_out_that_a_number_has_no_common_hours_and_that_another_has(
        self, api: httpx.AsyncClient, path: str, dialer: Dialer
    ) -> None:
        record = await added(api, path, somebody("+12025550142"))
        await dialer.take_in()
        phones = [{"phone_number": ALL_OF_THE_US, "phone_type": "MOBILE"}]
        await patched(api, record, ("replace", "/phone_numbers", phones))
        assert await dialer.rows("state, reason") == [("D", "no_common_calling_hours")]
        await patched(api, record, ("replace", "/timezone", "America/Denver"))
        assert await dialer.rows("state, reason, e164") == [("R", None, int(ALL_OF_THE_US))]
        zone = "(select names from zone z where z.id = zone_id)"
        assert await dialer.rows(zone) == [(["America/Denver"],)]

    async def test_a_date_with_longer_hours_is_common_to_zones_that_have_no_others(
        self, api: httpx.AsyncClient, path: str, dialer: Dialer
    ) -> None:
        record = await added(api, path, somebody("+12025550142"))
        await dialer.take_in()
        all_day = Extensions(exceptions=(DateException(date(2026, 12, 1), ((time(0), time(0)),)),))
        await dialer.do("update campaign set extensions = $1", extensions_to_json(all_day))
        phones = [{"phone_number": ALL_OF_THE_US, "phone_type": "MOBILE"}]
        await patched(api, record, ("replace", "/phone_numbers", phones))
        assert await dialer.rows("state, reason, e164") == [("R", None, int(ALL_OF_THE_US))]

    async def test_keeps_the_number_it_is_calling(self, api: httpx.AsyncClient, path: str, dialer: Dialer) -> None:
        record = await added(api, path, MARTA)
        await dialer.take_in()
        call = await dialer.call()
        other = ("replace", "/phone_numbers", [{"phone_number": "+12025550101", "phone_type": "HOME"}])
        answer = await patched(api, record, other)
        assert (answer.status_code, answer.json()["code"]) == (422, "0530905")
        assert (await patched(api, record, ("replace", "/priority", 3))).status_code == 200
        await dialer.end(*call)
        assert (await patched(api, record, other)).status_code == 200
        assert await dialer.rows("priority, e164") == [(3, 12025550101)]

    async def test_leaves_a_final_record_final(self, api: httpx.AsyncClient, path: str, dialer: Dialer) -> None:
        record = await added(api, path, MARTA)
        await dialer.take_in()
        await dialer.end(*await dialer.call(), Outcome.CONNECTED)
        await patched(api, record, ("replace", "/timezone", "America/Denver"), ("replace", "/priority", 3))
        assert await dialer.rows("priority, state, reason") == [(3, "D", "connected")]

    async def test_is_never_left_behind_when_it_takes_records_in_meanwhile(
        self, api: httpx.AsyncClient, path: str, dialer: Dialer
    ) -> None:
        several = {"records": [somebody(f"+120255501{n:02}") for n in range(30)]}
        answer = await api.post(f"{path}/records/bulks", json=several)
        records = [record["id"] for record in answer.json()["_embedded"]["records"]]
        answers = await asyncio.gather(
            *(patched(api, f"{path}/records/{record}", ("replace", "/priority", 9)) for record in records[:10]),
            dialer.take_in(),
            *(api.delete(f"{path}/records/{record}") for record in records[10:20]),
            dialer.take_in(),
        )
        assert [one.status_code for one in answers if one is not None] == [200] * 10 + [204] * 10
        await dialer.take_in()
        differ = "select count(*) from dial_item i join record r on r.id = i.record_id where i.priority <> r.priority"
        assert await dialer.do(differ) == 0
        assert await dialer.do("select count(*) from dial_item") == 20
        assert await count(api, path) == (20, 20)


class TestChangingManyRecords:
    async def test_answers_each_with_its_record_or_its_errors_and_both_counters_as_rulings_35_and_36_say(
        self, api: httpx.AsyncClient, path: str
    ) -> None:
        marta = await added(api, path, MARTA)
        bram = await added(api, path, somebody("+12025550163"))
        wanted: list[tuple[str, str, dict[str, Any]]] = [
            ("replace", id_of(bram), {"priority": 10, "extra_data": {"wave": "2"}, "unknown": 1, "first_name": None}),
            ("add", id_of(marta), {"extra_data": {"note": "vip"}}),
            ("replace", id_of(marta), {"priority": 12, "phone_numbers": somebody("+12025550163")["phone_numbers"]}),
            ("add", id_of(marta), {"priority": 3}),
            ("replace", id_of(marta), {"external_id": "K-2"}),
            ("replace", id_of(marta), {"extra_data": 5}),
            ("replace", id_of(marta), {}),
            ("replace", NOBODY_THERE, {"priority": 3}),
        ]
        body = [{"op": op, "path": f"/records/{record}", "value": value} for op, record, value in wanted]
        answer = await api.patch(f"{path}/records/bulks", json=body)
        assert answer.status_code == 200, answer.text
        result = answer.json()
        embedded = result.pop("_embedded")["records"]
        assert result == {
            "record_list_id": id_of(path),
            "has_errors": True,
            "total_errors": 6,
            "total_created": 2,
            "total_updated": 2,
            "_links": {
                "self": {"href": f"{BASE_URL}{path}/records"},
                "record_list": {"href": f"{BASE_URL}{path}"},
            },
        }
        assert embedded[0] == (await api.get(bram)).json()
        assert (embedded[0]["priority"], embedded[0]["extra_data"]) == (10, {"wave": "2"})
        assert embedded[1]["extra_data"] == MARTA["extra_data"] | {"note": "vip"}
        assert embedded[1]["priority"] == 7
        assert [(row["id"], row["errors"]) for row in embedded[2:]] == [
            (id_of(marta), ["PRIORITY_INVALID", "PHONE_NUMBER_NOT_UNIQUE"]),
            (id_of(marta), ["OTHER"]),
            (id_of(marta), ["OTHER"]),
            (id_of(marta), ["OTHER"]),
            (id_of(marta), ["REQUIRED_FIELDS"]),
            (NOBODY_THERE, ["OTHER"]),
        ]

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({}, {"body"}),
            ([], {"body"}),
            ([{"op": "replace", "path": f"/records/{n}", "value": {}} for n in range(101)], {"body"}),
            ([5, {"op": "remove", "path": "/records/x", "value": {}}], {"0", "1.op"}),
            ([{"op": "add", "path": "/people/x", "value": []}], {"0.path", "0.value"}),
        ],
    )
    async def test_needs_an_array_of_operations_on_records(
        self, api: httpx.AsyncClient, path: str, body: object, wrong: set[str]
    ) -> None:
        answer = await api.patch(f"{path}/records/bulks", json=body)
        assert (answer.status_code, answer.json()["code"], fields_of(answer)) == (400, "0530900", wrong)


class TestDeletingRecords:
    @pytest.fixture
    async def marta(self, api: httpx.AsyncClient, path: str) -> str:
        await added(api, path, somebody("+12025550163"))
        return await added(api, path, MARTA)

    @pytest.fixture(params=["id", "number", "reference"])
    async def address(self, request: pytest.FixtureRequest, path: str, marta: str) -> str:
        """The three addresses under which Marta can be deleted."""
        return {
            "id": marta,
            "number": f"{path}/records?phone_number=%2B12025550177",
            "reference": f"{path}/external-records?external_provider=crm-x&external_id=K-20418",
        }[str(request.param)]

    async def test_is_done_at_once_when_nobody_calls_them_as_2_20_rules(
        self, api: httpx.AsyncClient, path: str, address: str, dialer: Dialer, parts: Parts
    ) -> None:
        await dialer.take_in()
        answer = await api.delete(address)
        assert (answer.status_code, answer.content) == (204, b"")
        assert await count(api, path) == (1, 1)
        assert await dialer.rows("e164") == [(12025550163,)]
        assert ("records.removed", {"record_list_id": id_of(path)}) in await parts.events()
        answer = await api.delete(address)
        assert (answer.status_code, answer.json()["code"]) == (404, "0530920")

    async def test_waits_for_the_end_of_a_call_as_2_20_rules(
        self, api: httpx.AsyncClient, path: str, address: str, marta: str, dialer: Dialer, upkeep: Upkeep
    ) -> None:
        await patched(api, marta, ("replace", "/priority", 10))
        bram = (await api.get(f"{path}/records?phone_number=%2B12025550163")).json()["_embedded"]["records"][0]["id"]
        await patched(api, f"{path}/records/{bram}", ("replace", "/priority", 1))
        await dialer.take_in()
        call = await dialer.call()
        answer = await api.delete(address)
        assert (answer.status_code, answer.content) == (202, b"")
        await upkeep.once()
        assert await count(api, path) == (2, 2)
        await dialer.end(*call)
        await upkeep.once()
        assert await count(api, path) == (1, 1)
        assert await dialer.rows("e164") == [(12025550163,)]
        assert (await api.delete(address)).status_code == 404

    async def test_waits_for_a_record_that_is_loaded_for_dialing(
        self, api: httpx.AsyncClient, path: str, dialer: Dialer, upkeep: Upkeep
    ) -> None:
        record = await added(api, path, MARTA)
        await dialer.take_in()
        await dialer.claim()
        assert (await api.delete(record)).status_code == 202
        await dialer.give_back()
        await upkeep.once()
        assert await count(api, path) == (0, 0)

    async def test_takes_a_record_on_a_call_away_from_the_other_campaigns_at_once(
        self, api: httpx.AsyncClient, path: str, dialer: Dialer, parts: Parts, database: Database
    ) -> None:
        record = await added(api, path, MARTA)
        await dialer.take_in()
        await dialer.call()
        async with database.transaction() as connection:
            # A second campaign has it too, and is not calling it.
            await connection.execute("create temp table another on commit drop as table campaign")
            await connection.execute("update another set id = 2, uuid = $1, status = 'PAUSED'", uuid4())
            await connection.execute("insert into campaign overriding system value table another")
            await connection.execute(
                """insert into dial_item (campaign_id, record_id, list_id, seq, priority, position, e164, phone_type,
                     zone_id) select 2, record_id, list_id, seq, priority, position, e164, phone_type, zone_id
                   from dial_item"""
            )
            await connection.execute("insert into campaign_record_list select 2, list_id from campaign_record_list")
        assert (await api.delete(record)).status_code == 202
        assert await dialer.rows("campaign_id") == [(1,)]
        # Nor does it take the record in anew.
        await dialer.store.enrol(replace(await dialer.campaign(), key=2), frozenset())
        assert await dialer.rows("campaign_id") == [(1,)]

    async def test_finds_every_record_with_a_number_where_lists_may_repeat_them(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api, unique_identifier_type="NOTHING")
        for _ in range(2):
            await added(api, path, MARTA)
        assert (await api.delete(f"{path}/records", params={"phone_number": "+12025550142"})).status_code == 204
        assert await count(api, path) == (0, 0)

    async def test_frees_the_number_for_a_new_record(self, api: httpx.AsyncClient, path: str) -> None:
        assert (await api.delete(await added(api, path, MARTA))).status_code == 204
        await added(api, path, MARTA)
        assert await count(api, path) == (1, 1)

    @pytest.mark.parametrize(
        ("address", "wrong"),
        [
            ("records", {"phone_number"}),
            (f"records?phone_number={'1' * 21}", {"phone_number"}),
            ("external-records?external_provider=crm-x", {"external_id"}),
            ("external-records?external_id=&external_provider=crm-x", {"external_id"}),
        ],
    )
    async def test_needs_its_parameters(self, api: httpx.AsyncClient, path: str, address: str, wrong: set[str]) -> None:
        answer = await api.delete(f"{path}/{address}")
        assert (answer.status_code, answer.json()["code"], fields_of(answer)) == (400, "0530900", wrong)

    @pytest.mark.parametrize("address", ["records", "external-records", "records/bulks", "records/none"])
    async def test_of_a_list_of_nobody_is_404(self, api: httpx.AsyncClient, address: str) -> None:
        answer = await api.delete(f"{NOBODY}/{address}")
        assert (answer.status_code, answer.json()["code"]) == (404, "0530910")

    async def test_beside_an_import_keeps_the_count_right(self, api: httpx.AsyncClient, path: str) -> None:
        records = [await added(api, path, somebody(f"+1202555010{n}")) for n in range(4)]
        several = {"records": [somebody(f"+1202555011{n}") for n in range(4)]}
        await asyncio.gather(
            *(api.delete(record) for record in records), api.post(f"{path}/records/bulks", json=several)
        )
        assert await count(api, path) == (4, 4)


class TestDeletingManyRecords:
    async def delete(self, api: httpx.AsyncClient, path: str, items: object) -> httpx.Response:
        return await api.request("DELETE", f"{path}/records/bulks", json=items)

    async def test_by_number_says_which_found_nothing(self, api: httpx.AsyncClient, path: str) -> None:
        await added(api, path, MARTA)
        await added(api, path, somebody("+12025550163"))
        numbers = ["+12025550142", "+12025550199", "nobody"]
        answer = await self.delete(api, path, [{"phone_number": number} for number in numbers])
        assert answer.status_code == 200, answer.text
        assert answer.json() == {
            "record_list_id": id_of(path),
            "has_errors": True,
            "total_errors": 2,
            "total_deleted": 1,
            "_links": {
                "self": {"href": f"{BASE_URL}{path}/records"},
                "record_list": {"href": f"{BASE_URL}{path}"},
            },
            "_embedded": {
                "failed_records": [],
                "reason": {"bad_request_param": ["nobody"], "record_not_found": ["+12025550199"]},
            },
        }
        assert await count(api, path) == (1, 1)

    async def test_by_id_links_those_that_failed(self, api: httpx.AsyncClient, path: str) -> None:
        record = await added(api, path, MARTA)
        body = (await self.delete(api, path, [{"id": id_of(record)}, {"id": NOBODY_THERE}, {"id": "a/b"}])).json()
        assert (body["total_deleted"], body["total_errors"]) == (1, 2)
        assert body["_embedded"] == {
            "failed_records": [
                {"id": NOBODY_THERE, "_links": {"self": {"href": f"{BASE_URL}{path}/records/{NOBODY_THERE}"}}},
                {"id": "a/b", "_links": {"self": {"href": f"{BASE_URL}{path}/records/a%2Fb"}}},
            ],
            "reason": {"bad_request_param": [], "record_not_found": [NOBODY_THERE, "a/b"]},
        }

    async def test_by_reference_writes_both_parts_of_it(self, api: httpx.AsyncClient, path: str) -> None:
        await added(api, path, MARTA)
        items = [{"external_provider": "crm-x", "external_id": key} for key in ("K-20418", "K-1")]
        body = (await self.delete(api, path, items)).json()
        assert body["total_deleted"] == 1
        assert body["_embedded"]["reason"]["record_not_found"] == ["external_provider=crm-x, external_id=K-1"]

    async def test_counts_past_100_and_answers_200_with_a_body_as_ruling_37_says(
        self, api: httpx.AsyncClient, path: str
    ) -> None:
        for start in (0, 100):
            several = [somebody(f"+12025550{start + last:03}") for last in range(100)]
            await api.post(f"{path}/records/bulks", json={"records": several})
        items = [{"phone_number": f"+12025550{last:03}"} for last in range(200)]
        answer = await self.delete(api, path, items)
        assert (answer.status_code, answer.json()["total_deleted"]) == (200, 200)
        assert await count(api, path) == (0, 0)

    async def test_answers_202_without_a_body_while_one_is_on_a_call_as_ruling_37_says(
        self, api: httpx.AsyncClient, path: str, dialer: Dialer, upkeep: Upkeep
    ) -> None:
        await added(api, path, somebody("+12025550142"))
        await dialer.take_in()
        call = await dialer.call()
        await added(api, path, somebody("+12025550143"))
        answer = await self.delete(api, path, [{"phone_number": f"+1202555014{n}"} for n in (2, 3)])
        assert (answer.status_code, answer.content) == (202, b"")
        assert await count(api, path) == (1, 1)
        await dialer.end(*call)
        await upkeep.once()
        assert await count(api, path) == (0, 0)

    @pytest.mark.parametrize(
        ("items", "wrong"),
        [
            ({}, {"body"}),
            ([], {"body"}),
            ([{"id": "x"}] * 201, {"body"}),
            ([{}], {"0"}),
            ([5], {"0"}),
            ([{"external_id": "K-1"}], {"0"}),
            ([{"id": "x", "phone_number": "+12025550142"}], {"0"}),
            ([{"id": "x"}, {"phone_number": "+12025550142"}, 5], {"1", "2"}),
            ([{"id": 5}, {"id": "x" * 37}], {"0.id", "1.id"}),
            ([{"phone_number": "+1" * 11}], {"0.phone_number"}),
        ],
    )
    async def test_needs_items_of_one_kind(
        self, api: httpx.AsyncClient, path: str, items: object, wrong: set[str]
    ) -> None:
        answer = await self.delete(api, path, items)
        assert (answer.status_code, answer.json()["code"], fields_of(answer)) == (400, "0530900", wrong)


class TestTheTimeZonesOfAList:
    @pytest.fixture
    async def filled(self, api: httpx.AsyncClient, path: str) -> AsyncIterator[str]:
        zones = ["Europe/Lisbon", "America/New_York", None, "Europe/Lisbon", "Europe/Paris"]
        for last, zone in enumerate(zones):
            await added(api, path, somebody(f"+1202555014{last}", timezone=zone))
        yield path

    @pytest.mark.parametrize(
        ("query", "total", "expected"),
        [
            ({}, 3, ["America/New_York", "Europe/Lisbon", "Europe/Paris"]),
            ({"search": "europe"}, 2, ["Europe/Lisbon", "Europe/Paris"]),
            ({"search": "a*k"}, 1, ["America/New_York"]),
            ({"search": "w_y"}, 1, ["America/New_York"]),
            ({"search": "o_e"}, 0, []),
            ({"page": "2", "per_page": "2"}, 3, ["Europe/Paris"]),
            ({"page": "9"}, 3, []),
        ],
    )
    async def test_are_names_each_once(
        self, api: httpx.AsyncClient, filled: str, query: dict[str, str], total: int, expected: list[str]
    ) -> None:
        body = (await api.get(f"{filled}/records/timezones", params=query)).json()
        assert body["_embedded"] == {"timezones": expected}
        assert (body["total"], body["count"]) == (total, len(expected))
        assert body["_links"].keys() >= {"self", "first", "last"}

    @pytest.mark.parametrize("query", [{"search": "ab"}, {"search": "x" * 36}, {"per_page": "501"}])
    async def test_name_a_wrong_parameter(self, api: httpx.AsyncClient, path: str, query: dict[str, str]) -> None:
        answer = await api.get(f"{path}/records/timezones", params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, "0530900")
