"""Everything belongs to an account: a token of another finds nothing of it, changes nothing and learns nothing."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from outdial.adapters.storage.database import Database
from tests.api.conftest import BASE_URL, Bearer, Parts, created
from tests.api.every_route import MARK, World, a_world, doors

EVERYBODYS = {"/v1/presets"}
"""What each account sees alike."""
DAYS = {"/v1/agent-days/{day}"}
"""What has a day as its address: each account has all of them."""
THEIRS, OURS = "+1202555014", "+1202555015"


@pytest.fixture
async def theirs(api: httpx.AsyncClient, parts: Parts) -> World:
    """What the account has that must not be found out."""
    return await a_world(api, parts, number=THEIRS, account="default")


@pytest.fixture
async def other(app: FastAPI, bearer: Bearer) -> AsyncIterator[httpx.AsyncClient]:
    """A client that may do everything, in another account."""
    headers = await bearer(account="other")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL, headers=headers) as client:
        yield client


async def everything(database: Database) -> dict[str, list[str]]:
    """The rows of every table."""
    async with database.connection() as connection:
        names = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
        return {
            name: sorted(str(tuple(row)) for row in await connection.fetch(f'select * from "{name}"'))
            for (name,) in names
        }


def leaks(answer: httpx.Response) -> bool:
    """Whether an answer has a word or a number of the account that was asked about."""
    return MARK in answer.text or THEIRS in answer.text


BODIES: tuple[Any, ...] = (
    [{"op": "replace", "path": "/priority", "value": 9}],
    [{"op": "replace", "path": "/status", "value": "UPLOADED"}],
    [{"op": "replace", "path": "/expiration_date", "value": "2027-06-30"}],
    {"op": "REPLACE", "path": "name", "value": "Taken over"},
    [{"phone_number": f"{THEIRS}1"}],
)


async def test_nothing_of_another_account_is_found_changed_or_shown(
    other: httpx.AsyncClient, theirs: World, database: Database
) -> None:
    before = await everything(database)
    wrong = []
    for door in doors():
        if door.parameters and theirs.known(door):
            for body in BODIES if door.method != "GET" else (None,):
                query = {"phone_number": f"{THEIRS}1", "external_provider": "x", "external_id": "x"}
                answer = await other.request(door.method, theirs.address(door), json=body, params=query)
                if answer.status_code != (200 if door.path in DAYS else 404) or leaks(answer):
                    wrong.append(f"{door}: {answer.status_code} {answer.text}")
    assert wrong == []
    assert await everything(database) == before


async def test_collections_have_nothing_of_another_account(other: httpx.AsyncClient, theirs: World) -> None:
    collections = [
        door
        for door in doors()
        if door.method == "GET" and not door.parameters and door.has_an_end and door.path not in EVERYBODYS
    ]
    assert len(collections) >= 3
    for door in collections:
        answer = await other.get(door.path, params={"number": f"{THEIRS}2"})
        assert answer.status_code == 200, f"{door}: {answer.text}"
        if door.path.endswith("/export"):
            assert not leaks(answer), f"{door}: {answer.text}"
            continue
        if "phone_number" in answer.json():
            assert answer.json()["entries"] == [], "the number that was asked for is on a list of theirs alone"
            continue
        assert not leaks(answer), f"{door}: {answer.text}"
        own = 1 if door.path == "/v1/clients" else 0  # the client that asks
        assert answer.json().get("total", own) == own, f"{door}: {answer.text}"


async def test_what_is_theirs_is_not_under_what_is_ours(
    other: httpx.AsyncClient, parts: Parts, theirs: World, database: Database
) -> None:
    ours = await a_world(other, parts, number=OURS, account="other")
    before = await everything(database)
    wrong = []
    for door in doors():
        if len(door.parameters) > 1 and ours.known(door):
            last = door.parameters[-1]
            address = ours.address(door, **{last: theirs.thing(door, last) or ""})
            for body in BODIES if door.method != "GET" else (None,):
                answer = await other.request(door.method, address, json=body)
                if answer.status_code != 404 or THEIRS in answer.text:
                    wrong.append(f"{door}: {answer.status_code} {answer.text}")
    assert wrong == []
    assert await everything(database) == before


async def test_what_is_theirs_is_not_found_by_asking_for_it(other: httpx.AsyncClient, theirs: World) -> None:
    things = theirs.things
    for address in (
        f"/campaigns?record_list_id={things['record-lists list_id']}",
        f"/campaigns?do_not_call_list_id={things['do-not-call-lists list_id']}",
        f"/campaigns?user_id={things['user_id']}",
        f"/record-lists?campaign_ids={things['campaign_id']}",
        f"/do-not-call-lists?campaign_ids={things['campaign_id']}",
        f"/campaigns?search={MARK}",
        f"/record-lists?name={MARK}",
        f"/do-not-call-lists?name={MARK}",
    ):
        answer = await other.get(address)
        assert (answer.status_code, answer.json()["total"]) == (200, 0), f"{address}: {answer.text}"


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("record-lists", "record-lists list_id"),
        ("do-not-call-lists", "do-not-call-lists list_id"),
        ("users", "user_id"),
        ("numbers", "number_id"),
    ],
)
async def test_what_is_theirs_cannot_be_assigned_to_ours(
    other: httpx.AsyncClient, theirs: World, kind: str, thing: str
) -> None:
    path = await created(other)
    assert (await other.post(f"{path}/{kind}", json=[{"id": theirs.things[thing]}])).status_code == 400
    assert (await other.get(f"{path}/{kind}")).json()["total"] == 0


async def test_their_numbers_cannot_be_assigned_by_their_digits(other: httpx.AsyncClient, theirs: World) -> None:
    path = await created(other)
    assert (await other.post(f"{path}/numbers", json=[{"phone_number": f"{THEIRS}3"}])).status_code == 400


async def test_their_campaigns_cannot_be_duplicated(other: httpx.AsyncClient, theirs: World) -> None:
    answer = await other.post(f"/campaigns?source_id={theirs.things['campaign_id']}", json={"name": "Taken over"})
    assert (answer.status_code, leaks(answer)) == (404, False)


async def test_bulks_leave_what_is_theirs_alone(
    api: httpx.AsyncClient, other: httpx.AsyncClient, parts: Parts, theirs: World
) -> None:
    ours, their = await a_world(other, parts, number=OURS, account="other"), theirs.things
    record, entry = their["record_id"], their["entry_id"]
    records, entries = (
        f"/record-lists/{ours.things['record-lists list_id']}/records/bulks",
        (f"/do-not-call-lists/{ours.things['do-not-call-lists list_id']}/entries"),
    )
    for method, path, body in (
        ("PATCH", records, [{"op": "replace", "path": f"/records/{record}", "value": {"priority": 1}}]),
        ("DELETE", records, [{"id": record}]),
        ("DELETE", records, [{"phone_number": f"{THEIRS}1"}]),
        ("PATCH", entries, [{"op": "replace", "path": f"/{entry}/expiration_date", "value": "2027-06-30"}]),
        ("DELETE", entries, [{"id": entry}]),
    ):
        answer = await other.request(method, path, json=body)
        assert (answer.status_code, answer.json()["total_errors"]) == (200, 1), answer.text
    upload = {"upload_request_id": their["upload_id"], "records": [{}]}
    assert (await other.post(records, json=upload)).json()["code"] == "0530937"
    assert (await api.get(f"/record-lists/{their['record-lists list_id']}/records/{record}")).status_code == 200
    assert (
        await api.get(f"/do-not-call-lists/{their['do-not-call-lists list_id']}/entries/{entry}")
    ).status_code == 200
