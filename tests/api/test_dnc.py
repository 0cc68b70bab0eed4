"""Do-not-call lists and their entries over HTTP: `/do-not-call-lists` and what is under it."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outdial.adapters.storage.database import Database
from outdial.domain.access import Scope
from outdial.domain.dnc import lock_key
from outdial.domain.values import PhoneNumber
from tests.api.conftest import BASE_URL, Bearer, Parts, created, fields_of
from tests.conftest import SetClock

LISTS = "/do-not-call-lists"
NOBODY = f"{LISTS}/c3a9d5e2-8b47-46f1-a0ce-2d4f6b8190aa"
NO_ENTRY = "74e1c6b8-0f2d-49a3-93b5-e8d7c6a5b413"
LONDON, WASHINGTON = "+442079460018", "+12025550142"


async def a_list(api: httpx.AsyncClient, name: str = "Opt-outs") -> str:
    """The path of a new, empty list."""
    answer = await api.post(LISTS, json={"name": name})
    assert answer.status_code == 201, answer.text
    return f"{LISTS}/{answer.json()['id']}"


async def put(api: httpx.AsyncClient, path: str, number: str = LONDON, **members: Any) -> dict[str, Any]:
    answer = await api.post(f"{path}/entries", json={"phone_number": number, **members})
    assert answer.status_code == 201, answer.text
    entry: dict[str, Any] = answer.json()
    return entry


async def numbers_on(api: httpx.AsyncClient, path: str, **query: Any) -> list[str]:
    answer = await api.get(f"{path}/entries", params=query)
    assert answer.status_code == 200, answer.text
    return [entry["phone_number"] for entry in answer.json()["_embedded"]["entries"]]


async def delete(api: httpx.AsyncClient, path: str, body: object) -> httpx.Response:
    return await api.request("DELETE", f"{path}/entries", json=body)


def replace(value: object, path: str = "/expiration_date", op: str = "replace") -> dict[str, Any]:
    return {"op": op, "path": path, "value": value}


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


class TestCreatingAList:
    async def test_makes_an_empty_one_that_is_ready_for_entries(self, api: httpx.AsyncClient) -> None:
        answer = await api.post(LISTS, json={"name": "Opt-outs"})
        body = answer.json()
        assert answer.status_code == 201
        assert (body["name"], body["status"], body["entries_count"]) == ("Opt-outs", "ACCEPTED", 0)
        assert body["_links"] == {"self": {"href": f"{BASE_URL}{LISTS}/{body['id']}"}}
        assert answer.headers["location"] == body["_links"]["self"]["href"]
        assert "signed_url" not in body

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({}, "name"),
            ({"name": ""}, "name"),
            ({"name": "x" * 121}, "name"),
            ({"name": 5}, "name"),
            ({"name": None}, "name"),
            ([], "body"),
            (5, "body"),
        ],
    )
    async def test_names_the_wrong_member(self, api: httpx.AsyncClient, body: object, wrong: str) -> None:
        answer = await api.post(LISTS, json=body)
        assert refusal(answer) == (400, "0531500")
        assert fields_of(answer) == {wrong}

    async def test_takes_120_characters_and_ignores_what_it_does_not_know(self, api: httpx.AsyncClient) -> None:
        assert (await api.post(LISTS, json={"name": "ä" * 120, "color": "red"})).status_code == 201


class TestLookingAtLists:
    async def test_shows_a_list_with_the_campaigns_that_use_it(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        campaign = await created(api)
        (await api.post(f"{campaign}/do-not-call-lists", json=[{"id": path.rpartition("/")[2]}])).raise_for_status()
        body = (await api.get(path)).json()
        assert {"id", "name", "status", "entries_count", "account_id", "created_at", "updated_at"} <= body.keys()
        page = body["campaign_page"]
        assert (page["total"], page["count"], page["total_pages"]) == (1, 1, 1)
        (using,) = page["_embedded"]["campaigns"]
        assert using["_links"] == {"self": {"href": f"{BASE_URL}{campaign}"}}
        followed = (await api.get(page["_links"]["self"]["href"])).json()
        assert [item["id"] for item in followed["_embedded"]["campaigns"]] == [using["id"]]

    async def test_shows_teams_to_those_who_ask(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        assert "teams" not in (await api.get(path)).json()
        assert (await api.get(path, params={"fields": "TEAMS"})).json()["teams"] == []
        assert refusal(await api.get(path, params={"fields": "rows"})) == (400, "0531500")

    async def test_pages_through_all_of_them_newest_first(self, api: httpx.AsyncClient, clock: SetClock) -> None:
        for name in ("one", "two", "three"):
            clock.advance(1)
            await a_list(api, name)
        page = (await api.get(LISTS, params={"per_page": 2})).json()
        assert (page["total"], page["count"], page["total_pages"]) == (3, 2, 2)
        assert [item["name"] for item in page["_embedded"]["do_not_call_lists"]] == ["three", "two"]
        rest = (await api.get(page["_links"]["next"]["href"])).json()
        assert [item["name"] for item in rest["_embedded"]["do_not_call_lists"]] == ["one"]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"order_by": "name"}, ["empty", "Übersee"]),
            ({"order_by": "entries_count:desc,name:asc"}, ["Übersee", "empty"]),
            ({"order_by": "updated_at:asc"}, ["empty", "Übersee"]),
            ({"name": "uber"}, ["Übersee"]),
            ({"status": "accepted"}, ["empty", "Übersee"]),
            ({"status": "CORRUPTED"}, []),
            ({"created_at_from": "2026-06-01T09:00:30Z"}, ["empty"]),
            ({"created_at_to": "2026-06-01T09:00:30Z"}, ["Übersee"]),
            ({"updated_at_from": "2026-06-01T09:01:30Z"}, ["Übersee"]),
            ({"team_id": "x"}, []),
            ({"include_none_team": "true"}, ["empty", "Übersee"]),
            ({"campaign_ids": "x"}, []),
            ({"page": "2", "per_page": "500"}, []),
        ],
    )
    async def test_finds_those_asked_for(
        self, api: httpx.AsyncClient, clock: SetClock, query: dict[str, str], expected: list[str]
    ) -> None:
        path = await a_list(api, "Übersee")
        clock.advance(60)
        await a_list(api, "empty")
        clock.advance(60)
        await put(api, path)
        found = (await api.get(LISTS, params=query)).json()["_embedded"]["do_not_call_lists"]
        assert [item["name"] for item in found] == expected

    async def test_finds_those_of_campaigns(self, api: httpx.AsyncClient) -> None:
        campaign, path = await created(api), await a_list(api)
        await a_list(api, "another")
        (await api.post(f"{campaign}/do-not-call-lists", json=[{"id": path.rpartition("/")[2]}])).raise_for_status()
        query = {"campaign_ids": [campaign.rpartition("/")[2], str(uuid4())]}
        found = (await api.get(LISTS, params=query)).json()["_embedded"]["do_not_call_lists"]
        assert [f"{LISTS}/{item['id']}" for item in found] == [path]

    @pytest.mark.parametrize(
        "query",
        [
            {"per_page": "501"},
            {"page": "0"},
            {"page": "x"},
            {"order_by": "records_count"},
            {"order_by": "name:up"},
            {"name": ""},
            {"name": "\0"},
            {"status": "DONE"},
            {"team_id": "x", "team_ids": "y"},
            {"created_at_from": "yesterday"},
        ],
    )
    async def test_names_a_wrong_parameter(self, api: httpx.AsyncClient, query: dict[str, str]) -> None:
        answer = await api.get(LISTS, params=query)
        assert refusal(answer) == (400, "0531500")
        assert len(fields_of(answer)) == 1


class TestPuttingANumberOnAList:
    async def test_answers_with_the_entry(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        body = {"phone_number": LONDON, "expiration_date": "2027-06-30", "reason": "asked by mail"}
        answer = await api.post(f"{path}/entries", json=body)
        entry = answer.json()
        assert answer.status_code == 201
        assert entry == body | {
            "id": entry["id"],
            "do_not_call_list_id": path.rpartition("/")[2],
            "created_at": "2026-06-01T09:00:00.123Z",
            "updated_at": "2026-06-01T09:00:00.123Z",
            "_links": {
                "self": {"href": f"{BASE_URL}{path}/entries/{entry['id']}"},
                "do_not_call_list": {"href": f"{BASE_URL}{path}"},
            },
        }
        assert (await api.get(answer.headers["location"])).json() == entry
        assert (await api.get(path)).json()["entries_count"] == 1

    async def test_without_a_date_it_never_expires_and_absent_members_are_left_out(
        self, api: httpx.AsyncClient
    ) -> None:
        entry = await put(api, await a_list(api), expiration_date=None)
        assert not {"expiration_date", "reason"} & entry.keys()

    async def test_again_updates_date_and_reason_of_the_same_entry(
        self, api: httpx.AsyncClient, clock: SetClock
    ) -> None:
        path = await a_list(api)
        first = await put(api, path, LONDON, expiration_date="2026-06-30", reason="by mail")
        clock.advance(60)
        again = await put(api, path, "+44 (0)20 7946 0018", reason="by phone")
        assert (again["id"], again["reason"]) == (first["id"], "by phone")
        assert "expiration_date" not in again
        assert (again["created_at"], again["updated_at"]) == (first["created_at"], "2026-06-01T09:01:00.123Z")
        seen = (await api.get(path)).json()
        assert (seen["entries_count"], seen["updated_at"]) == (1, "2026-06-01T09:01:00.123Z")

    async def test_another_list_has_an_entry_of_its_own(self, api: httpx.AsyncClient) -> None:
        one, other = await put(api, await a_list(api)), await put(api, await a_list(api))
        assert one["id"] != other["id"]

    @pytest.mark.parametrize(
        ("members", "wrong"),
        [
            ({"phone_number": None}, "phone_number"),
            ({"phone_number": ""}, "phone_number"),
            ({"phone_number": 442079460018}, "phone_number"),
            ({"phone_number": "2025550142"}, "phone_number"),
            ({"phone_number": "+1202555"}, "phone_number"),
            ({"phone_number": "+1202CALLNOW"}, "phone_number"),
            ({"phone_number": "+" + " " * 9 + "12025550142"}, "phone_number"),
            ({"expiration_date": "2027-02-30"}, "expiration_date"),
            ({"expiration_date": "20270630"}, "expiration_date"),
            ({"expiration_date": "2027-06-30T00:00:00Z"}, "expiration_date"),
            ({"expiration_date": "0000-01-01"}, "expiration_date"),
            ({"expiration_date": 1}, "expiration_date"),
            ({"reason": 5}, "reason"),
            ({"reason": "x" * 1001}, "reason"),
        ],
    )
    async def test_names_the_wrong_member(self, api: httpx.AsyncClient, members: dict[str, Any], wrong: str) -> None:
        path = await a_list(api)
        answer = await api.post(f"{path}/entries", json={"phone_number": LONDON} | members)
        assert refusal(answer) == (400, "0531500")
        assert fields_of(answer) == {wrong}
        assert await numbers_on(api, path) == []

    async def test_many_at_once_make_one_entry(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        entries = await asyncio.gather(*(put(api, path, reason=str(place)) for place in range(8)))
        assert len({entry["id"] for entry in entries}) == 1
        assert (await api.get(path)).json()["entries_count"] == 1

    async def test_tells_whoever_listens_without_saying_the_number(self, api: httpx.AsyncClient, parts: Parts) -> None:
        path = await a_list(api)
        await put(api, path)
        event = ("dnc_list.changed", {"dnc_list_id": path.rpartition("/")[2]})
        assert await parts.events() == [event, event]


async def until_someone_waits_for(database: Database, number: str) -> None:
    """Return as soon as a transaction waits for the lock of a number."""
    waiting = """
        select exists (select from pg_locks where locktype = 'advisory' and not granted
                         and classid::bigint << 32 | objid::bigint = $1)
        """
    async with database.connection() as connection, asyncio.timeout(60):
        while not await connection.fetchval(waiting, lock_key(PhoneNumber(number))):
            pass


class TestRuling10DncAtTheInstant:
    @pytest.mark.parametrize("again", [False, True], ids=["new", "known"])
    async def test_an_insert_answers_only_after_a_call_in_preparation_is_out(
        self, api: httpx.AsyncClient, database: Database, again: bool
    ) -> None:
        path = await a_list(api)
        if again:
            await put(api, path, expiration_date="2020-01-01")
        async with database.transaction() as dialer:
            await dialer.execute("select pg_advisory_xact_lock_shared($1)", lock_key(PhoneNumber(LONDON)))
            insert = asyncio.create_task(put(api, path, reason="now"))
            await until_someone_waits_for(database, LONDON)
            # The last look of the one who holds the lock is still the truth.
            seen = await dialer.fetchval("select count(*) from dnc_entry where expires_on is null")
            assert (seen, insert.done()) == (0, False)
        assert (await insert)["reason"] == "now"

    @pytest.mark.parametrize("bulk", [False, True], ids=["one", "bulk"])
    async def test_so_does_a_patch_that_lets_an_entry_hold_longer(
        self, api: httpx.AsyncClient, database: Database, bulk: bool
    ) -> None:
        path = await a_list(api)
        entry = await put(api, path, expiration_date="2020-01-01")
        where = f"{path}/entries" if bulk else f"{path}/entries/{entry['id']}"
        body = [replace("2030-01-01", f"/{entry['id']}/expiration_date" if bulk else "/expiration_date")]
        async with database.transaction() as dialer:
            await dialer.execute("select pg_advisory_xact_lock_shared($1)", lock_key(PhoneNumber(LONDON)))
            patch = asyncio.create_task(api.patch(where, json=body))
            await until_someone_waits_for(database, LONDON)
            assert not patch.done()
        assert (await patch).status_code == 200
        assert (await api.get(f"{path}/entries/{entry['id']}")).json()["expiration_date"] == "2030-01-01"

    async def test_calls_to_other_numbers_hold_nobody_up(self, api: httpx.AsyncClient, database: Database) -> None:
        path = await a_list(api)
        async with database.transaction() as dialer:
            await dialer.execute("select pg_advisory_xact_lock_shared($1)", lock_key(PhoneNumber(WASHINGTON)))
            await put(api, path, LONDON)

    async def test_what_was_answered_is_seen_by_who_looks_after_taking_the_lock(
        self, api: httpx.AsyncClient, database: Database
    ) -> None:
        path = await a_list(api)
        await put(api, path)
        async with database.transaction() as dialer:
            key = lock_key(PhoneNumber(LONDON))
            assert await dialer.fetchval("select pg_try_advisory_xact_lock_shared($1)", key)
            assert await dialer.fetchval("select count(*) from dnc_entry") == 1


class TestListingEntries:
    @pytest.fixture
    async def path(self, api: httpx.AsyncClient, clock: SetClock) -> str:
        """A list with London until July, then Washington for ever, then Paris until June; London changed last."""
        path = await a_list(api)
        london = await put(api, path, LONDON, expiration_date="2026-07-31")
        clock.advance(60)
        await put(api, path, WASHINGTON)
        clock.advance(60)
        await put(api, path, "+33142278186", expiration_date="2026-06-30")
        clock.advance(60)
        await api.patch(f"{path}/entries/{london['id']}", json=[replace("2026-07-30")])
        return path

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, ["+33", "+12", "+44"]),
            ({"order_by": "created_at"}, ["+44", "+12", "+33"]),
            ({"order_by": "updated_at:desc"}, ["+44", "+33", "+12"]),
            ({"order_by": "expiration_date:asc"}, ["+33", "+44", "+12"]),
            ({"order_by": "expiration_date:desc,created_at"}, ["+12", "+44", "+33"]),
            ({"phone_number": WASHINGTON}, ["+12"]),
            ({"phone_number": WASHINGTON[1:]}, ["+12"]),
            ({"phone_number": "+44 20 7946 0018"}, ["+44"]),
            ({"phone_number": "+12025550143"}, []),
            ({"phone_number": "nobody"}, []),
            ({"page": "2", "per_page": "2"}, ["+44"]),
            ({"page": "9"}, []),
        ],
    )
    async def test_finds_those_asked_for(
        self, api: httpx.AsyncClient, path: str, query: dict[str, str], expected: list[str]
    ) -> None:
        assert [number[:3] for number in await numbers_on(api, path, **query)] == expected

    async def test_counts_them(self, api: httpx.AsyncClient, path: str) -> None:
        page = (await api.get(f"{path}/entries", params={"per_page": 2})).json()
        assert (page["total"], page["count"], page["total_pages"]) == (3, 2, 2)
        page = (await api.get(f"{path}/entries", params={"phone_number": LONDON})).json()
        assert (page["total"], page["count"]) == (1, 1)

    @pytest.mark.parametrize(
        "query",
        [
            {"order_by": "reason"},
            {"per_page": "501"},
            {"phone_number": ""},
            {"phone_number": "+1" * 11},
            {"page": "-1"},
        ],
    )
    async def test_names_a_wrong_parameter(self, api: httpx.AsyncClient, path: str, query: dict[str, str]) -> None:
        answer = await api.get(f"{path}/entries", params=query)
        assert refusal(answer) == (400, "0531500")
        assert len(fields_of(answer)) == 1


class TestOneEntry:
    async def test_is_read_with_either_scope(self, api: httpx.AsyncClient, bearer: Bearer) -> None:
        entry = await put(api, await a_list(api))
        address = entry["_links"]["self"]["href"]
        for scope in (Scope.DNC_LISTS_READ, Scope.DNC_LISTS_MANAGE):
            answer = await api.get(address, headers=await bearer(scope))
            assert (answer.status_code, answer.json()) == (200, entry)
        assert refusal(await api.get(address, headers=await bearer(Scope.CAMPAIGNS_READ))) == (403, "0531502")

    @pytest.mark.parametrize("shape", [lambda one: [one], lambda one: one], ids=["array", "object"])
    @pytest.mark.parametrize("op", ["replace", "REPLACE"])
    async def test_gets_another_expiration_date(
        self, api: httpx.AsyncClient, clock: SetClock, shape: Any, op: str
    ) -> None:
        entry = await put(api, await a_list(api), reason="by mail")
        clock.advance(60)
        answer = await api.patch(
            entry["_links"]["self"]["href"],
            json=shape(replace("2026-12-31", op=op)),
            headers={"Content-Type": "application/json-patch+json"},
        )
        assert answer.status_code == 200
        assert answer.json() == entry | {"expiration_date": "2026-12-31", "updated_at": "2026-06-01T09:01:00.123Z"}
        assert (await api.get(entry["_links"]["self"]["href"])).json() == answer.json()

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ([replace("x")], (400, "0531500")),
            ([replace("2026-02-30")], (400, "0531500")),
            ([replace(None)], (400, "0531500")),
            ([{"op": "replace", "path": "/expiration_date"}], (400, "0531500")),
            ([{"path": "/expiration_date", "value": "2026-12-31"}], (400, "0531500")),
            ([{"op": 5, "path": "/expiration_date", "value": "2026-12-31"}], (400, "0531500")),
            ([], (400, "0531500")),
            ("x", (400, "0531500")),
            (["x"], (400, "0531500")),
            ([replace("x", "/reason"), replace("x")], (400, "0531500")),
            ([replace("x", "/reason")], (422, "0531505")),
            ([replace("2026-12-31", op="remove")], (422, "0531505")),
            ([replace("2026-12-31"), replace(LONDON, "/phone_number")], (422, "0531505")),
        ],
    )
    async def test_gets_nothing_else(self, api: httpx.AsyncClient, body: object, expected: tuple[int, str]) -> None:
        entry = await put(api, await a_list(api))
        assert refusal(await api.patch(entry["_links"]["self"]["href"], json=body)) == expected
        assert (await api.get(entry["_links"]["self"]["href"])).json() == entry

    async def test_is_deleted(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        entry = await put(api, path)
        address = entry["_links"]["self"]["href"]
        answer = await api.delete(address)
        assert (answer.status_code, answer.content) == (204, b"")
        assert refusal(await api.delete(address)) == (404, "0531520")
        assert refusal(await api.get(address)) == (404, "0531520")
        assert (await api.get(path)).json()["entries_count"] == 0


class TestManyEntries:
    async def test_are_updated_one_by_one(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        one, other = await put(api, path, LONDON), await put(api, path, WASHINGTON)
        not_allowed = [replace("x", f"/{one['id']}/reason"), replace("2028-01-31", op="add", path=f"/{one['id']}")]
        answer = await api.patch(
            f"{path}/entries",
            json=[
                replace("2028-01-31", f"/{one['id']}/expiration_date"),
                replace("soon", f"/{other['id']}/expiration_date"),
                replace("2028-01-31", f"/{NO_ENTRY}/expiration_date"),
                replace("2028-01-31", "/x/expiration_date"),
                *not_allowed,
            ],
        )
        body = answer.json()
        assert answer.status_code == 200
        assert (body["has_errors"], body["total_errors"], body["total_updated"]) == (True, 5, 1)
        assert body["do_not_call_list_id"] == path.rpartition("/")[2]
        assert body["_embedded"]["entries"] == [
            one | {"expiration_date": "2028-01-31"},
            {"id": other["id"], "errors": ["EXPIRATION_DATE_INVALID"]},
            {"id": NO_ENTRY, "errors": ["ENTRY_NOT_FOUND"]},
            {"id": "x", "errors": ["ENTRY_NOT_FOUND"]},
            {"un_allowed_patch": not_allowed[0]},
            {"un_allowed_patch": not_allowed[1]},
        ]
        assert (await api.get(other["_links"]["self"]["href"])).json() == other

    async def test_are_updated_up_to_100_at_once(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        entry = await put(api, path)
        several = [replace("2028-01-31", f"/{entry['id']}/expiration_date")] * 100
        body = (await api.patch(f"{path}/entries", json=several)).json()
        assert (body["total_updated"], body["has_errors"]) == (100, False)
        assert refusal(await api.patch(f"{path}/entries", json=several * 2)) == (413, "0531508")

    async def test_of_another_list_are_not_found(self, api: httpx.AsyncClient) -> None:
        path, entry = await a_list(api), await put(api, await a_list(api))
        several = [replace("2028-01-31", f"/{entry['id']}/expiration_date")]
        body = (await api.patch(f"{path}/entries", json=several)).json()
        assert body["_embedded"]["entries"] == [{"id": entry["id"], "errors": ["ENTRY_NOT_FOUND"]}]
        body = (await delete(api, path, [{"id": entry["id"]}])).json()
        assert (body["total_errors"], body["total_deleted"]) == (1, 0)
        assert (await api.get(entry["_links"]["self"]["href"])).json() == entry

    async def test_are_deleted_and_the_failed_named_as_rows_38_and_39_of_the_spec_rule(
        self, api: httpx.AsyncClient
    ) -> None:
        path = await a_list(api)
        entries = [await put(api, path, number) for number in (LONDON, WASHINGTON, "+33142278186")]
        asked = [entries[0]["id"], NO_ENTRY, entries[1]["id"], "x/y", entries[0]["id"]]
        answer = await delete(api, path, [{"id": one} for one in asked])
        assert answer.status_code == 200
        list_id, entries_url = path.rpartition("/")[2], f"{BASE_URL}{path}/entries"
        assert answer.json() == {
            "id": list_id,
            "has_errors": True,
            "total_errors": 2,
            "total_deleted": 2,
            "_links": {"self": {"href": entries_url}, "do_not_call_list": {"href": f"{BASE_URL}{path}"}},
            "_embedded": {
                "failed_records": [
                    {"id": NO_ENTRY, "_links": {"self": {"href": f"{entries_url}/{NO_ENTRY}"}}},
                    {"id": "x/y", "_links": {"self": {"href": f"{entries_url}/x%2Fy"}}},
                ],
                "reason": {"bad_request_param": ["x/y"], "record_not_found": [NO_ENTRY]},
            },
        }
        assert await numbers_on(api, path) == ["+33142278186"]
        assert (await api.get(path)).json()["entries_count"] == 1

    async def test_are_deleted_without_a_word_about_failures_when_there_are_none(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        entry = await put(api, path)
        body = (await delete(api, path, [{"id": entry["id"]}])).json()
        assert (body["has_errors"], body["total_deleted"], body["_embedded"]) == (False, 1, {"failed_records": []})

    @pytest.mark.parametrize(
        "body", [None, {}, [], ["x"], [{}], [{"id": 5}], [{"id": ""}], [{"id": "x" * 37}], [{"id": "x"}] * 201]
    )
    async def test_are_not_deleted_by_another_body(self, api: httpx.AsyncClient, body: object) -> None:
        assert refusal(await delete(api, await a_list(api), body)) == (400, "0531500")

    @pytest.mark.parametrize("body", [None, {}, [], ["x"], [{}], [{"op": "replace"}], [{"op": "replace", "path": 5}]])
    async def test_are_not_updated_by_another_body(self, api: httpx.AsyncClient, body: object) -> None:
        assert refusal(await api.patch(f"{await a_list(api)}/entries", json=body)) == (400, "0531500")


async def blocked(api: httpx.AsyncClient, path: str, *asked: tuple[str, str]) -> list[str]:
    body = {"phone_numbers": [{"phone_number": number, "timezone": zone} for number, zone in asked]}
    answer = await api.post(f"{path}/entries/queries", json=body)
    assert answer.status_code == 200, answer.text
    return [entry["phone_number"] for entry in answer.json()["_embedded"]["entries"]]


class TestAskingWhichNumbersAreBlocked:
    async def test_finds_those_on_the_list_and_no_others(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        await put(api, path, LONDON)
        await put(api, await a_list(api), WASHINGTON)
        asked = [(LONDON, "Europe/London"), (WASHINGTON, "America/New_York"), ("+44 20 7946 0018", "europe/london")]
        assert await blocked(api, path, *asked) == [LONDON]

    @pytest.mark.parametrize(
        ("seconds", "zone", "holds"),
        [
            (0, "Europe/London", True),
            (13.9 * 3600, "Europe/London", True),
            (14.1 * 3600, "Europe/London", False),
            (14.1 * 3600, "America/New_York", True),
            (5.9 * 3600, "Asia/Tokyo", True),
            (6.1 * 3600, "Asia/Tokyo", False),
        ],
    )
    async def test_an_entry_holds_through_the_whole_of_its_last_day_in_the_given_zone(
        self,
        api: httpx.AsyncClient,
        bearer: Bearer,
        clock: SetClock,
        seconds: float,
        zone: str,
        holds: bool,
    ) -> None:
        path = await a_list(api)
        await put(api, path, LONDON, expiration_date="2026-06-01")
        clock.advance(seconds)
        api.headers.update(await bearer())
        assert await blocked(api, path, (LONDON, zone)) == ([LONDON] if holds else [])

    async def test_all_answers_are_on_one_page(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        numbers = [f"+120255501{last:02}" for last in range(60)]
        for number in numbers:
            await put(api, path, number)
        body = {"phone_numbers": [{"phone_number": number, "timezone": "America/New_York"} for number in numbers]}
        page = (await api.post(f"{path}/entries/queries", json=body)).json()
        assert (page["total"], page["count"], page["page"], page["per_page"]) == (60, 60, 1, 500)
        assert [entry["phone_number"] for entry in page["_embedded"]["entries"]] == numbers
        assert "next" not in page["_links"]

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({}, {"phone_numbers"}),
            ([], {"body"}),
            ({"phone_numbers": []}, {"phone_numbers"}),
            ({"phone_numbers": {}}, {"phone_numbers"}),
            ({"phone_numbers": [5]}, {"phone_numbers.0"}),
            ({"phone_numbers": [{}]}, {"phone_numbers.0.phone_number", "phone_numbers.0.timezone"}),
            ({"phone_numbers": [{"phone_number": LONDON, "timezone": "Mars/Base"}]}, {"phone_numbers.0.timezone"}),
            ({"phone_numbers": [{"phone_number": "x", "timezone": "GMT"}]}, {"phone_numbers.0.phone_number"}),
            ({"phone_numbers": [{"phone_number": LONDON, "timezone": "GMT"}] * 501}, {"phone_numbers"}),
        ],
    )
    async def test_names_every_wrong_member(self, api: httpx.AsyncClient, body: object, wrong: set[str]) -> None:
        answer = await api.post(f"{await a_list(api)}/entries/queries", json=body)
        assert refusal(answer) == (400, "0531500")
        assert fields_of(answer) == wrong


ROUTES = [
    ("GET", "", "0531510"),
    ("GET", "/entries", "0531510"),
    ("POST", "/entries", "0531510"),
    ("PATCH", "/entries", "0531510"),
    ("DELETE", "/entries", "0531510"),
    ("POST", "/entries/queries", "0531510"),
    ("GET", f"/entries/{NO_ENTRY}", "0531520"),
    ("PATCH", f"/entries/{NO_ENTRY}", "0531520"),
    ("DELETE", f"/entries/{NO_ENTRY}", "0531520"),
]
WITH_BODY = [
    (method, rest)
    for method, rest, _ in ROUTES
    if method in ("POST", "PATCH") or (method, rest) == ("DELETE", "/entries")
]


@pytest.mark.parametrize(("method", "rest", "not_found"), ROUTES)
class TestRuling22TheOrderOfRefusals:
    async def test_a_token_comes_first(
        self, stranger: httpx.AsyncClient, method: str, rest: str, not_found: str
    ) -> None:
        assert refusal(await stranger.request(method, NOBODY + rest, content=b"{")) == (401, "0531501")

    async def test_then_the_scope(
        self, api: httpx.AsyncClient, bearer: Bearer, method: str, rest: str, not_found: str
    ) -> None:
        others = await bearer(*(scope for scope in Scope if not scope.value.startswith("do-not-call-lists")))
        answer = await api.request(method, NOBODY + rest, content=b"{", headers=others)
        assert refusal(answer) == (403, "0531502")
        if method != "GET":
            reader = await bearer(Scope.DNC_LISTS_READ)
            assert refusal(await api.request(method, NOBODY + rest, headers=reader)) == (403, "0531502")

    async def test_then_whether_it_exists_and_belongs_to_the_account(
        self, api: httpx.AsyncClient, bearer: Bearer, method: str, rest: str, not_found: str
    ) -> None:
        path = await a_list(api)
        entry = await put(api, path)
        theirs = path + rest.replace(NO_ENTRY, entry["id"])
        strangers = await bearer(account="acme")
        for address, headers in ((NOBODY + rest, None), (f"{LISTS}/x{rest}", None), (theirs, strangers)):
            answer = await api.request(method, address, content=b"{", headers=headers)
            assert refusal(answer) == (404, not_found)
        assert (await api.get(entry["_links"]["self"]["href"])).json() == entry


@pytest.mark.parametrize(("method", "rest"), WITH_BODY)
class TestRuling22TheBodyComesAfterAllThat:
    async def test_and_is_refused_when_it_is_no_json(self, api: httpx.AsyncClient, method: str, rest: str) -> None:
        path = await a_list(api)
        entry = await put(api, path)
        address = path + rest.replace(NO_ENTRY, entry["id"])
        for content in (b"", b"{", b"[" * 100_000, b"\xff", b'{"phone_number": "\\u0000"}', b"[NaN]"):
            assert refusal(await api.request(method, address, content=content)) == (400, "0531500")
        answer = await api.request(method, address, content=b"{}", headers={"Content-Type": "text/plain"})
        assert refusal(answer) == (415, "0531500")
        answer = await api.request(method, address, content=b" " * (1024 * 1024 + 1))
        assert refusal(answer) == (413, "0531500")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "id", "op", "path", "value", "phone_number", "phone_numbers", "timezone", "reason"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


class TestGarbage:
    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(body=anything)
    async def test_is_never_an_error_of_ours(self, api: httpx.AsyncClient, body: object) -> None:
        path = await a_list(api)
        entry = await put(api, path)
        answers = [
            await api.post(LISTS, json=body),
            *[
                await api.request(method, path + rest.replace(NO_ENTRY, entry["id"]), json=body)
                for method, rest in WITH_BODY
            ],
        ]
        assert {answer.status_code for answer in answers} <= {200, 201, 400, 422}

    @pytest.mark.parametrize("one", ["x" * 300, "%00", "%2e%2e", "%ff", "'; drop table dnc_list; --", "1" * 36])
    async def test_in_the_place_of_an_id_is_404(self, api: httpx.AsyncClient, one: str) -> None:
        assert (await api.get(f"{LISTS}/{one}/entries")).status_code == 404
        assert (await api.get(f"{await a_list(api)}/entries/{one}")).status_code == 404


class TestACampaignsLists:
    async def test_are_given_one_at_a_time_and_add_up_as_section_2_7_rules(self, api: httpx.AsyncClient) -> None:
        campaign = await created(api)
        lists = [{"id": (await a_list(api)).rpartition("/")[2]} for _ in range(2)]
        assert refusal(await api.post(f"{campaign}/do-not-call-lists", json=lists)) == (400, "0530001")
        for one in lists:
            assert (await api.post(f"{campaign}/do-not-call-lists", json=[one])).status_code == 204
        page = (await api.get(f"{campaign}/do-not-call-lists")).json()
        assert [item["id"] for item in page["_embedded"]["do_not_call_lists"]] == [one["id"] for one in lists]


class TestLookingANumberUp:
    async def test_asks_every_list_and_says_until_when_why_and_by_whom(self, api: httpx.AsyncClient) -> None:
        asked, over = await a_list(api, "Asked"), await a_list(api, "Over")
        await api.post(f"{asked}/entries", json={"phone_number": "+12025550142", "reason": "by mail"})
        gone = {"phone_number": "+12025550142", "expiration_date": "2020-01-31"}
        await api.post(f"{over}/entries", json=gone)
        answer = await api.get("/v1/do-not-call-lists/lookup", params={"number": "+1 (202) 555-0142"})
        body = answer.json()
        assert (body["phone_number"], body["blocked"], body["lists_asked"]) == ("+12025550142", True, 2)
        first, second = body["entries"]
        assert (first["list_name"], first["in_force"], first["entry"]["reason"]) == ("Asked", True, "by mail")
        assert (second["list_name"], second["in_force"]) == ("Over", False)
        assert second["entry"]["expiration_date"] == "2020-01-31"
        assert set(first["put_by"]) == {"client_id"}

    async def test_of_nobody_is_blocked_by_nothing(self, api: httpx.AsyncClient) -> None:
        await a_list(api, "Asked")
        body = (await api.get("/v1/do-not-call-lists/lookup?number=+12025550142")).json()
        assert body == {"phone_number": "+12025550142", "blocked": False, "lists_asked": 1, "entries": []}

    @pytest.mark.parametrize("query", [{}, {"number": "hello"}, {"number": ""}])
    async def test_needs_a_number(self, api: httpx.AsyncClient, query: dict[str, str]) -> None:
        answer = await api.get("/v1/do-not-call-lists/lookup", params=query)
        assert (answer.status_code, fields_of(answer)) == (400, {"number"})


class TestReach:
    async def test_a_list_may_bind_every_campaign_of_the_account(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        assert (await api.get(f"/v1{path}")).json()["account_wide"] is False
        changed = await api.put(f"/v1{path}", json={"account_wide": True})
        assert (changed.status_code, changed.json()["account_wide"]) == (200, True)
        assert (await api.get(f"/v1{path}")).json() == changed.json()
        (newest, *_) = (await api.get("/v1/audit?kind=do_not_call_list")).json()["_embedded"]["changes"]
        assert (newest["before"], newest["after"]) == ({}, {"account_wide": True})

    async def test_what_is_wrong_is_named_after_what_does_not_exist(self, api: httpx.AsyncClient) -> None:
        path = await a_list(api)
        assert fields_of(await api.put(f"/v1{path}", json={"account_wide": "yes"})) == {"account_wide"}
        nowhere = await api.put(f"/v1/do-not-call-lists/{uuid4()}", json={"account_wide": "yes"})
        assert (nowhere.status_code, nowhere.json()["code"]) == (404, "dnc-list-not-found")
