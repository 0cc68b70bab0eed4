"""What is assigned to a campaign: added, taken away, shown in pages, and what that makes of its status."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from outdial.adapters.storage.unit_of_work import SqlStorage, SqlUnitOfWork
from outdial.app.campaigns import resettle
from outdial.domain.values import AccountId
from outdial.ports.campaigns import Part
from tests.api.conftest import BASE_URL, Bearer, Parts, created, fields_of, make_ready
from tests.conftest import SetClock

KINDS = ["record-lists", "do-not-call-lists", "users", "numbers"]
RUN = {"op": "REPLACE", "path": "status", "value": "running"}
PAUSE = {"op": "REPLACE", "path": "status", "value": "paused"}


async def a_thing(parts: Parts, kind: str, place: int = 0, **of: str) -> str:
    match kind:
        case "record-lists":
            return await parts.record_list(**of)
        case "do-not-call-lists":
            return await parts.dnc_list(**of)
        case "users":
            return await parts.user(**of)
    return await parts.number(f"+120255501{place:02}", **of)


async def assigned(api: httpx.AsyncClient, url: str, **query: Any) -> list[str]:
    answer = await api.get(url, params=query)
    assert answer.status_code == 200, answer.text
    (items,) = answer.json()["_embedded"].values()
    return [item["id"] for item in items]


async def take(api: httpx.AsyncClient, url: str, *ids: str) -> httpx.Response:
    return await api.request("DELETE", url, json=[{"id": one} for one in ids])


@pytest.mark.parametrize("kind", KINDS)
class TestEveryKind:
    async def test_assigning_and_unassigning_are_idempotent(
        self, api: httpx.AsyncClient, parts: Parts, kind: str
    ) -> None:
        url = f"{await created(api)}/{kind}"
        thing = await a_thing(parts, kind)
        for _ in range(2):
            answer = await api.post(url, json=[{"id": thing}])
            assert (answer.status_code, answer.content) == (204, b"")
            assert await assigned(api, url) == [thing]
        for _ in range(2):
            assert (await take(api, url, thing)).status_code == 204
            assert await assigned(api, url) == []

    async def test_items_link_to_the_thing_and_its_collection(
        self, api: httpx.AsyncClient, parts: Parts, kind: str
    ) -> None:
        url = f"{await created(api)}/{kind}"
        thing = await a_thing(parts, kind)
        await api.post(url, json=[{"id": thing}])
        body = (await api.get(url)).json()
        name = kind.replace("-", "_")
        (item,) = body["_embedded"][name]
        assert item["_links"] == {
            "self": {"href": f"{BASE_URL}/{kind}/{thing}"},
            name: {"href": f"{BASE_URL}/{kind}"},
        }
        assert body["_links"]["self"]["href"] == f"{BASE_URL}{url}?page=1&per_page=50"
        assert item.get("phone_number") == ("+12025550100" if kind == "numbers" else None)

    async def test_an_unknown_id_is_named_and_nothing_is_applied(
        self, api: httpx.AsyncClient, bearer: Bearer, parts: Parts, kind: str
    ) -> None:
        url = f"{await created(api)}/{kind}"
        await bearer(account="acme")
        foreign = await a_thing(parts, kind, 1, account="acme")
        good = [] if kind == "do-not-call-lists" else [await a_thing(parts, kind)]
        for bad in (str(uuid4()), foreign, "59df62c81507b35a7cf2bbaa"):
            for method in ("POST", "DELETE"):
                answer = await api.request(method, url, json=[{"id": one} for one in [*good, bad]])
                assert (answer.status_code, answer.json()["code"]) == (400, "0530001")
                assert fields_of(answer) == {f"{len(good)}.id"}
        assert await assigned(api, url) == []

    @pytest.mark.parametrize("body", [[], {}, [{}], ["x"], [{"id": 7}], [{"id": ""}], [{"id": "x" * 37}], "x", 5])
    async def test_another_body_is_refused(self, api: httpx.AsyncClient, kind: str, body: object) -> None:
        answer = await api.post(f"{await created(api)}/{kind}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "0530001")

    async def test_no_more_than_so_many_at_once(self, api: httpx.AsyncClient, kind: str) -> None:
        most = {"record-lists": 100, "do-not-call-lists": 1, "users": 50, "numbers": 100}[kind]
        answer = await api.post(f"{await created(api)}/{kind}", json=[{"id": "x"}] * (most + 1))
        assert fields_of(answer) == {"body"}

    async def test_ruling_23_of_the_spec_filter_takes_ids_joined_by_or(
        self, api: httpx.AsyncClient, parts: Parts, kind: str
    ) -> None:
        url = f"{await created(api)}/{kind}"
        things = [await a_thing(parts, kind, place) for place in range(3)]
        for thing in things:
            await api.post(url, json=[{"id": thing}])
        first, second, third = things
        assert await assigned(api, url, filter=f"id eq '{second}'") == [second]
        both = f"id eq '{third}' or id eq '{first}'"
        assert await assigned(api, url, filter=both) == [first, third]
        assert await assigned(api, url, filter="id eq 'nothing'") == []
        for wrong in ("", "id", f"id ne '{first}'", f"id eq '{first}' and id eq '{second}'", "x" * 2084):
            answer = await api.get(url, params={"filter": wrong})
            assert (answer.status_code, fields_of(answer)) == (400, {"filter"})

    async def test_ruling_24_of_the_spec_pages_have_up_to_100_items(
        self, api: httpx.AsyncClient, parts: Parts, kind: str
    ) -> None:
        url = f"{await created(api)}/{kind}"
        things = [await a_thing(parts, kind, place) for place in range(3)]
        for thing in things:
            await api.post(url, json=[{"id": thing}])
        pages = [await assigned(api, url, page=page, per_page=2) for page in (1, 2, 3)]
        assert pages == [things[:2], things[2:], []]
        assert (await api.get(url, params={"per_page": 101})).status_code == 400


class TestNumbers:
    async def test_a_caller_id_may_be_named_by_its_phone_number(self, api: httpx.AsyncClient, parts: Parts) -> None:
        url = f"{await created(api)}/numbers"
        number = await parts.number("+12025550142")
        assert (await api.post(url, json=[{"phone_number": "+12025550142"}])).status_code == 204
        assert await assigned(api, url) == [number]
        gone = await api.request("DELETE", url, json=[{"phone_number": "+12025550142"}])
        assert (gone.status_code, await assigned(api, url)) == (204, [])

    @pytest.mark.parametrize(
        ("item", "field"),
        [
            ({}, "0"),
            ({"id": None}, "0"),
            ({"phone_number": "+12025550199"}, "0.phone_number"),
            ({"phone_number": "12025550142"}, "0.phone_number"),
            ({"phone_number": "+1202555014x"}, "0.phone_number"),
            ({"phone_number": "+" + "1" * 16}, "0.phone_number"),
            ({"phone_number": 12025550142}, "0.phone_number"),
        ],
    )
    async def test_other_numbers_are_refused(
        self, api: httpx.AsyncClient, parts: Parts, item: dict[str, Any], field: str
    ) -> None:
        await parts.number("+12025550142")
        answer = await api.post(f"{await created(api)}/numbers", json=[item])
        assert (answer.status_code, fields_of(answer)) == (400, {field})


class TestStatus:
    async def test_the_last_missing_part_makes_a_campaign_ready(self, api: httpx.AsyncClient, parts: Parts) -> None:
        campaign = await created(api)
        kinds = ["record-lists", "users", "numbers"]
        for kind in kinds:
            assert (await api.get(campaign)).json()["status"] == "INCOMPLETE"
            await api.post(f"{campaign}/{kind}", json=[{"id": await a_thing(parts, kind)}])
        assert (await api.get(campaign)).json()["status"] == "READY"

    @pytest.mark.parametrize("kind", ["record-lists", "users", "numbers"])
    async def test_losing_a_part_makes_a_ready_campaign_incomplete(
        self, api: httpx.AsyncClient, parts: Parts, kind: str
    ) -> None:
        campaign = await created(api)
        ids = await make_ready(api, parts, campaign)
        await take(api, f"{campaign}/{kind}", ids[kind])
        assert (await api.get(campaign)).json()["status"] == "INCOMPLETE"

    async def test_a_running_campaign_that_loses_a_part_runs_on_and_asks_for_attention(
        self, api: httpx.AsyncClient, parts: Parts
    ) -> None:
        campaign = await created(api)
        ids = await make_ready(api, parts, campaign)
        await api.patch(campaign, json=RUN)
        await take(api, f"{campaign}/users", ids["users"])
        body = (await api.get(campaign)).json()
        assert (body["status"], body["action_required"]) == ("RUNNING", True)
        await api.post(f"{campaign}/users", json=[{"id": ids["users"]}])
        body = (await api.get(campaign)).json()
        assert (body["status"], body["action_required"]) == ("RUNNING", False)

    async def test_a_paused_campaign_that_loses_a_part_becomes_incomplete_until_it_is_back(
        self, api: httpx.AsyncClient, parts: Parts
    ) -> None:
        campaign = await created(api)
        ids = await make_ready(api, parts, campaign)
        await api.patch(campaign, json=RUN)
        await api.patch(campaign, json=PAUSE)
        await take(api, f"{campaign}/numbers", ids["numbers"])
        body = (await api.get(campaign)).json()
        assert (body["status"], body["action_required"]) == ("INCOMPLETE", True)
        await api.post(f"{campaign}/numbers", json=[{"id": ids["numbers"]}])
        body = (await api.get(campaign)).json()
        assert (body["status"], body["action_required"]) == ("READY", False)

    async def test_a_list_counts_once_it_is_accepted(
        self, api: httpx.AsyncClient, parts: Parts, storage: SqlStorage, clock: SetClock
    ) -> None:
        campaign = await created(api)
        waiting = await parts.record_list("VALIDATION_STARTED")
        await api.post(f"{campaign}/record-lists", json=[{"id": waiting}])
        for kind in ("users", "numbers"):
            await api.post(f"{campaign}/{kind}", json=[{"id": await a_thing(parts, kind)}])
        assert (await api.get(campaign)).json()["status"] == "INCOMPLETE"
        async with parts.database.transaction() as connection:
            await connection.execute("update record_list set status = 'ACCEPTED'")
            account = AccountId(await connection.fetchval("select id from account"))
        async with storage.unit_of_work(account) as uow:
            (list_id,) = await uow.campaigns.known(Part.RECORD_LISTS, [UUID(waiting)])
            await resettle(uow, await uow.campaigns.using(Part.RECORD_LISTS, list_id), clock)
        assert (await api.get(campaign)).json()["status"] == "READY"

    async def test_a_list_that_is_accepted_while_it_is_assigned_counts(
        self, api: httpx.AsyncClient, parts: Parts, clock: SetClock
    ) -> None:
        campaign = await created(api)
        waiting = await parts.record_list("VALIDATION_STARTED")
        for kind in ("users", "numbers"):
            await api.post(f"{campaign}/{kind}", json=[{"id": await a_thing(parts, kind)}])
        async with parts.database.transaction() as importing:
            account = AccountId(await importing.fetchval("select id from account"))
            await importing.execute("select from record_list for no key update")
            await importing.execute("update record_list set status = 'ACCEPTED'")
            uow = SqlUnitOfWork.on(importing, account, clock)
            await resettle(uow, await uow.campaigns.using(Part.RECORD_LISTS, UUID(waiting)), clock)
            assigning = asyncio.create_task(api.post(f"{campaign}/record-lists", json=[{"id": waiting}]))
            blocked = False
            while not blocked and not assigning.done():
                # The assignment cannot look past the import; were it to, it would be done before the commit below.
                blocked = await importing.fetchval("select exists (select from pg_locks where not granted)")
                await asyncio.sleep(0)
        assert (await assigning).status_code == 204
        assert (await api.get(campaign)).json()["status"] == "READY"


async def test_records_of_a_list_that_leaves_are_no_longer_work_of_the_campaign(
    api: httpx.AsyncClient, parts: Parts
) -> None:
    campaign = await created(api)
    ids = await make_ready(api, parts, campaign)
    async with parts.database.transaction() as connection:
        await connection.execute(
            """
            with list as (select id from record_list),
            zones as (insert into zone (names) values ('{UTC}') returning id),
            one as (insert into record (uuid, list_id, seq, first_name, last_name, priority, created_at, updated_at)
                    select $1, id, 1, 'Ana', 'Lima', 5, $2, $2 from list returning id, list_id)
            insert into dial_item (campaign_id, record_id, list_id, seq, priority, position, e164, phone_type, zone_id)
            select c.id, one.id, one.list_id, 1, 5, 0, 12025550143, 1, zones.id from campaign c, one, zones
            """,
            uuid4(),
            parts.clock.now(),
        )
    await take(api, f"{campaign}/record-lists", ids["record-lists"])
    async with parts.database.connection() as connection:
        assert await connection.fetchval("select count(*) from dial_item") == 0
