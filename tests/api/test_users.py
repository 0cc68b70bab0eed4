"""Users, caller ids and phone agents over HTTP: what a campaign needs can be made, changed and given up."""

from typing import Any

import httpx
import pytest

from outdial.adapters.storage.database import Database
from outdial.domain.access import Scope
from tests.api.conftest import BASE_URL, Bearer, Parts, created, fields_of, make_ready

NOBODY = "9e2d7a64-1c3f-4d0b-8f55-6a1e2b3c4d5e"
RUN = {"op": "REPLACE", "path": "status", "value": "running"}


async def a_user(api: httpx.AsyncClient, name: str = "Ana", **members: Any) -> str:
    """The path of a new user."""
    answer = await api.post("/v1/users", json={"name": name, **members})
    assert answer.status_code == 201, answer.text
    return f"/v1/users/{answer.json()['id']}"


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


async def test_all_that_a_campaign_needs_can_be_made_over_http(api: httpx.AsyncClient) -> None:
    campaign = await created(api)
    user = id_of(await a_user(api))
    number = (await api.post("/v1/numbers", json={"phone_number": "+12025550142"})).json()["id"]
    record_list = (await api.post("/record-lists", json={"name": "Renewals"})).json()["id"]
    for kind, thing in (("users", user), ("numbers", number), ("record-lists", record_list)):
        assert (await api.post(f"{campaign}/{kind}", json=[{"id": thing}])).status_code == 204
    assert (await api.get(campaign)).json()["status"] == "READY"


class TestUsers:
    async def test_a_user_is_made_and_shown(self, api: httpx.AsyncClient) -> None:
        answer = await api.post("/v1/users", json={"name": " Ana Lima ", "email": "Ana@Example.com"})
        body = answer.json()
        address = f"{BASE_URL}/v1/users/{body['id']}"
        assert (answer.status_code, answer.headers["location"]) == (201, address)
        assert (body["name"], body["email"]) == ("Ana Lima", "ana@example.com")
        assert body["_links"] == {"self": {"href": address}, "users": {"href": f"{BASE_URL}/v1/users"}}
        assert (await api.get(address)).json() == body
        assert "email" not in (await api.get(await a_user(api, "Bea"))).json()

    async def test_users_are_listed_in_pages_the_oldest_first(self, api: httpx.AsyncClient) -> None:
        ids = [id_of(await a_user(api, name)) for name in ("Ana", "Bea", "Cai")]
        page = (await api.get("/v1/users", params={"per_page": 2, "page": 2})).json()
        assert (page["total"], page["count"], [user["id"] for user in page["_embedded"]["users"]]) == (3, 1, ids[2:])

    @pytest.mark.parametrize(
        ("change", "name", "email"),
        [
            ({"name": "Bea"}, "Bea", "ana@example.com"),
            ({"email": "bea@example.com"}, "Ana", "bea@example.com"),
            ({"email": None}, "Ana", None),
            ({}, "Ana", "ana@example.com"),
        ],
    )
    async def test_what_a_change_does_not_name_stays(
        self, api: httpx.AsyncClient, change: dict[str, Any], name: str, email: str | None
    ) -> None:
        path = await a_user(api, email="ana@example.com")
        answer = await api.patch(path, json=change)
        assert (answer.status_code, answer.json()["name"], answer.json().get("email")) == (200, name, email)
        assert (await api.get(path)).json() == answer.json()

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({}, {"name"}),
            ({"name": ""}, {"name"}),
            ({"name": " \t"}, {"name"}),
            ({"name": "x" * 101}, {"name"}),
            ({"name": 7, "email": []}, {"name", "email"}),
            ({"name": "Ana", "email": "nobody"}, {"email"}),
            ([], {"body"}),
        ],
    )
    async def test_every_wrong_member_is_named(self, api: httpx.AsyncClient, body: object, wrong: set[str]) -> None:
        answer = await api.post("/v1/users", json=body)
        assert (answer.status_code, answer.json()["code"], fields_of(answer)) == (400, "invalid", wrong)

    @pytest.mark.parametrize("body", [[], "x", None, {"name": 5}, {"email": "nobody"}])
    async def test_another_change_is_refused(self, api: httpx.AsyncClient, body: object) -> None:
        assert (await api.patch(await a_user(api), json=body)).status_code == 400

    async def test_two_users_of_an_account_cannot_share_an_address(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        await a_user(api, email="ana@example.com")
        bea = await a_user(api, "Bea")
        for answer in (
            await api.post("/v1/users", json={"name": "Ana", "email": "ANA@example.com"}),
            await api.patch(bea, json={"email": "ana@example.com"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "email-taken")
        headers = await bearer(account="acme")
        other = await stranger.post("/v1/users", json={"name": "A", "email": "ana@example.com"}, headers=headers)
        assert other.status_code == 201

    async def test_a_removed_user_is_gone_and_the_address_is_free(self, api: httpx.AsyncClient) -> None:
        path = await a_user(api, email="ana@example.com")
        assert (await api.delete(path)).status_code == 204
        for method in ("GET", "DELETE"):
            answer = await api.request(method, path)
            assert (answer.status_code, answer.json()["code"]) == (404, "user-not-found")
        assert (await api.get("/v1/users")).json()["total"] == 0
        await a_user(api, email="ana@example.com")

    async def test_a_removed_user_is_no_campaigns_agent_and_cannot_become_one(
        self, api: httpx.AsyncClient, parts: Parts
    ) -> None:
        campaign = await created(api)
        ids = await make_ready(api, parts, campaign)
        await api.patch(campaign, json=RUN)
        await api.delete(f"/v1/users/{ids['users']}")
        assert (await api.get(f"{campaign}/users")).json()["total"] == 0
        body = (await api.get(campaign)).json()
        assert (body["status"], body["action_required"]) == ("RUNNING", True)
        assert (await parts.events())[-1][0] == "campaign.changed"
        answer = await api.post(f"{campaign}/users", json=[{"id": ids["users"]}])
        assert (answer.status_code, fields_of(answer)) == (400, {"0.id"})

    async def test_what_a_removed_user_did_stays_theirs(self, api: httpx.AsyncClient, database: Database) -> None:
        path = await a_user(api)
        await api.delete(path)
        async with database.connection() as connection:
            kept = await connection.fetchval("select name from app_user where uuid = $1", id_of(path))
        assert kept == "Ana"

    async def test_another_accounts_user_does_not_exist(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        path, headers = await a_user(api), await bearer(account="acme")
        for method in ("GET", "PATCH", "DELETE"):
            answer = await stranger.request(method, path, headers=headers, content=b"{")
            assert (answer.status_code, answer.json()["code"]) == (404, "user-not-found")
        assert (await stranger.get("/v1/users", headers=headers)).json()["total"] == 0

    async def test_looking_and_changing_have_scopes_of_their_own(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        path = await a_user(api)
        reads, writes = await bearer(Scope.USERS_READ), await bearer(Scope.USERS_WRITE)
        assert (await stranger.get(path, headers=reads)).status_code == 200
        assert (await stranger.get(path, headers=writes)).status_code == 403
        for method in ("PATCH", "DELETE"):
            assert (await stranger.request(method, path, headers=reads)).status_code == 403
        assert (await stranger.delete(path, headers=writes)).status_code == 204

    async def test_an_idempotency_key_makes_one_user(self, api: httpx.AsyncClient) -> None:
        answers = [
            await api.post("/v1/users", json={"name": "Ana"}, headers={"Idempotency-Key": "one"}) for _ in range(2)
        ]
        assert answers[0].json() == answers[1].json()
        assert (await api.get("/v1/users")).json()["total"] == 1


class TestNumbers:
    async def test_a_number_is_added_shown_listed_and_given_up(self, api: httpx.AsyncClient) -> None:
        answer = await api.post("/v1/numbers", json={"phone_number": "+12025550142"})
        body = answer.json()
        address = f"{BASE_URL}/v1/numbers/{body['id']}"
        assert (answer.status_code, answer.headers["location"], body["phone_number"]) == (201, address, "+12025550142")
        assert body["_links"] == {"self": {"href": address}, "numbers": {"href": f"{BASE_URL}/v1/numbers"}}
        assert (await api.get(address)).json() == body
        assert (await api.get("/v1/numbers")).json()["_embedded"]["numbers"] == [body]
        assert (await api.delete(address)).status_code == 204
        for method in ("GET", "DELETE"):
            answer = await api.request(method, address)
            assert (answer.status_code, answer.json()["code"]) == (404, "number-not-found")

    @pytest.mark.parametrize("number", ["", "12025550142", "+1", "+1202555014x", "+" + "1" * 16, 12025550142, None])
    async def test_a_number_is_written_in_e164(self, api: httpx.AsyncClient, number: object) -> None:
        answer = await api.post("/v1/numbers", json={"phone_number": number})
        assert (answer.status_code, fields_of(answer)) == (400, {"phone_number"})

    async def test_an_account_has_a_number_once(self, api: httpx.AsyncClient) -> None:
        await api.post("/v1/numbers", json={"phone_number": "+12025550142"})
        answer = await api.post("/v1/numbers", json={"phone_number": "+12025550142"})
        assert (answer.status_code, answer.json()["code"]) == (409, "number-taken")

    async def test_campaigns_call_no_longer_from_a_number_that_is_given_up(
        self, api: httpx.AsyncClient, parts: Parts
    ) -> None:
        campaign = await created(api)
        ids = await make_ready(api, parts, campaign)
        await api.delete(f"/v1/numbers/{ids['numbers']}")
        assert (await api.get(f"{campaign}/numbers")).json()["total"] == 0
        assert (await api.get(campaign)).json()["status"] == "INCOMPLETE"

    async def test_looking_and_changing_have_scopes_of_their_own(
        self, stranger: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        reads, writes = await bearer(Scope.NUMBERS_READ), await bearer(Scope.NUMBERS_WRITE)
        number = {"phone_number": "+12025550142"}
        assert (await stranger.post("/v1/numbers", json=number, headers=reads)).status_code == 403
        made = await stranger.post("/v1/numbers", json=number, headers=writes)
        assert made.status_code == 201
        assert (await stranger.get("/v1/numbers", headers=writes)).status_code == 403
        assert (await stranger.get("/v1/numbers", headers=reads)).json()["total"] == 1
        foreign = await bearer(account="acme")
        for method in ("GET", "DELETE"):
            answer = await stranger.request(method, made.headers["location"], headers=foreign)
            assert answer.status_code == 404


class TestPhoneAgents:
    async def test_a_user_is_given_a_phone_which_changes_and_goes(self, api: httpx.AsyncClient) -> None:
        user = id_of(await a_user(api))
        answer = await api.post("/v1/phone-agents", json={"user_id": user, "address": "+12025550142"})
        body = answer.json()
        address = f"{BASE_URL}/v1/phone-agents/{body['id']}"
        assert (answer.status_code, answer.headers["location"]) == (201, address)
        assert (body["user_id"], body["address"], body["mode"]) == (user, "+12025550142", "ON_DEMAND")
        assert body["_links"]["user"] == {"href": f"{BASE_URL}/v1/users/{user}"}
        changed = await api.patch(address, json={"mode": "nailed_up", "address": "sip:ana@pbx.example.com"})
        assert changed.json() == body | {"mode": "NAILED_UP", "address": "sip:ana@pbx.example.com"}
        assert (await api.get(address)).json() == changed.json()
        assert (await api.patch(address, json={})).json() == changed.json()
        assert (await api.delete(address)).status_code == 204
        answer = await api.get(address)
        assert (answer.status_code, answer.json()["code"]) == (404, "phone-agent-not-found")
        assert (await api.get(f"/v1/users/{user}")).status_code == 200

    async def test_they_are_listed_all_or_of_a_user(self, api: httpx.AsyncClient) -> None:
        users = [id_of(await a_user(api, name)) for name in ("Ana", "Bea")]
        for user in users:
            await api.post("/v1/phone-agents", json={"user_id": user, "address": "sip:x@pbx.example.com:5060"})

        async def of(**query: str) -> list[str]:
            page = (await api.get("/v1/phone-agents", params=query)).json()
            assert page["total"] == page["count"]
            return [agent["user_id"] for agent in page["_embedded"]["phone_agents"]]

        assert await of() == users
        assert await of(user_id=users[1]) == users[1:]
        assert await of(user_id=NOBODY) == await of(user_id="59df62c81507b35a7cf2bbaa") == []

    @pytest.mark.parametrize(
        "address",
        ["", "ana", "12025550142", "sip:ana", "sip:@pbx", "http://pbx", "sip:a@b c", "sip:a@b\n", "sip:" + "a" * 260],
    )
    async def test_an_address_is_a_number_or_of_sip(self, api: httpx.AsyncClient, address: str) -> None:
        user = id_of(await a_user(api))
        answer = await api.post("/v1/phone-agents", json={"user_id": user, "address": address})
        assert (answer.status_code, fields_of(answer)) == (400, {"address"})
        good = await api.post("/v1/phone-agents", json={"user_id": user, "address": "sips:ana@192.0.2.7;transport=tls"})
        answer = await api.patch(good.headers["location"], json={"address": address})
        assert (answer.status_code, fields_of(answer)) == (400, {"address"})

    async def test_a_user_has_one_phone_at_most(self, api: httpx.AsyncClient) -> None:
        phone = {"user_id": id_of(await a_user(api)), "address": "+12025550142"}
        await api.post("/v1/phone-agents", json=phone)
        answer = await api.post("/v1/phone-agents", json=phone)
        assert (answer.status_code, answer.json()["code"]) == (409, "user-has-phone")

    async def test_only_users_of_the_account_take_calls(
        self, api: httpx.AsyncClient, bearer: Bearer, parts: Parts
    ) -> None:
        await bearer(account="acme")
        for user in (NOBODY, "ana", await parts.user(account="acme")):
            answer = await api.post("/v1/phone-agents", json={"user_id": user, "address": "+12025550142"})
            assert (answer.status_code, fields_of(answer)) == (400, {"user_id"})

    async def test_a_removed_user_takes_the_phone_along(self, api: httpx.AsyncClient) -> None:
        user = await a_user(api)
        await api.post("/v1/phone-agents", json={"user_id": id_of(user), "address": "+12025550142"})
        await api.delete(user)
        assert (await api.get("/v1/phone-agents")).json()["total"] == 0

    async def test_another_accounts_phone_agent_does_not_exist(
        self, api: httpx.AsyncClient, stranger: httpx.AsyncClient, bearer: Bearer
    ) -> None:
        phone = {"user_id": id_of(await a_user(api)), "address": "+12025550142"}
        path = (await api.post("/v1/phone-agents", json=phone)).headers["location"]
        headers = await bearer(account="acme")
        for method in ("GET", "PATCH", "DELETE"):
            answer = await stranger.request(method, path, headers=headers, content=b"{")
            assert answer.status_code == 404
