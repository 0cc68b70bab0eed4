"""`/v1/dispositions` and what is said of attempts."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from outdial.adapters.storage.database import Database
from outdial.domain.access import Scope
from tests.api.conftest import Bearer, Parts, a_campaign, created

SOLD = {"name": "Sold", "effect": "FINAL"}


async def made(api: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    answer = await api.post("/v1/dispositions", json=SOLD | members)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def an_attempt(
    api: httpx.AsyncClient, parts: Parts, database: Database, *, agent: bool = True
) -> tuple[str, str]:
    """A connected call of a campaign; the paths of the campaign and the attempt."""
    campaign = await created(api, a_campaign())
    user, attempt = await parts.user(), uuid4()
    async with database.connection() as connection:
        await connection.execute(
            """insert into attempt (uuid, campaign_id, record_id, list_id, number, priority, e164, phone_type, zone_id,
                                    mode, fence, started_at, ended_at, outcome, counted, user_id)
               select $1, id, 1, 1, 1, 5, 12025550142, 1, 1, 'PREDICTIVE', 1, created_at, created_at, $3, true,
                 case when $4 then (select id from app_user where uuid = $2) end
               from campaign""",
            attempt,
            user,
            "connected" if agent else "no_answer",
            agent,
        )
    return campaign, f"/v1/attempts/{attempt}"


class TestTheWords:
    async def test_they_are_listed_by_name(self, api: httpx.AsyncClient) -> None:
        for name in ("sold", "Call later", "Wrong number"):
            await made(api, name=name)
        body = (await api.get("/v1/dispositions")).json()
        assert [item["name"] for item in body["_embedded"]["dispositions"]] == ["Call later", "sold", "Wrong number"]
        assert body["total"] == 3

    async def test_one_can_be_described_anew(self, api: httpx.AsyncClient) -> None:
        path = (await made(api))["_links"]["self"]["href"]
        answer = await api.put(path, json={"name": "Later", "effect": "RETRY", "retry_after_in_secs": 3600})
        assert answer.status_code == 200
        assert answer.json() == (await api.get(path)).json()
        assert (answer.json()["effect"], answer.json()["retry_after_in_secs"]) == ("RETRY", 3600)

    async def test_a_name_is_taken_until_its_disposition_is_out_of_use(self, api: httpx.AsyncClient) -> None:
        path = (await made(api))["_links"]["self"]["href"]
        again = await api.post("/v1/dispositions", json=SOLD | {"name": "SOLD"})
        assert (again.status_code, again.json()["code"]) == (409, "disposition-name-taken")
        assert (await api.delete(path)).status_code == 204
        assert (await api.get(path)).status_code == 404
        await made(api)

    async def test_who_made_changed_and_retired_them_is_written_down(self, api: httpx.AsyncClient) -> None:
        path = (await made(api))["_links"]["self"]["href"]
        await api.put(path, json={"name": "Sold", "effect": "RETRY", "retry_after_in_secs": 3600})
        await api.delete(path)
        changes = (await api.get("/v1/audit?kind=disposition")).json()["_embedded"]["changes"]
        assert [change["action"] for change in changes] == ["deleted", "changed", "created"]
        assert changes[1]["before"] == {"effect": "FINAL"}
        assert changes[1]["after"] == {"effect": "RETRY", "retry_after_in_secs": 3600}

    async def test_one_is_the_default_at_most(self, api: httpx.AsyncClient) -> None:
        first = await made(api, default=True)
        await made(api, name="Other", default=True)
        assert (await api.get(first["_links"]["self"]["href"])).json()["default"] is False

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"effect": "FINAL"}, "name"),
            ({"name": " ", "effect": "FINAL"}, "name"),
            ({"name": "Sold", "effect": "MAYBE"}, "effect"),
            ({"name": "Sold", "effect": "FINAL", "retry_after_in_secs": 60}, "retry_after_in_secs"),
            ({"name": "Later", "effect": "RETRY", "retry_after_in_secs": 0}, "retry_after_in_secs"),
            ({"name": "Never", "effect": "DO_NOT_CALL"}, "do_not_call_list_id"),
            ({"name": "Never", "effect": "DO_NOT_CALL", "do_not_call_list_id": "x"}, "do_not_call_list_id"),
            ({"name": "Sold", "effect": "FINAL", "do_not_call_list_id": "x"}, "do_not_call_list_id"),
        ],
    )
    async def test_what_makes_no_sense_is_refused_at_its_member(
        self, api: httpx.AsyncClient, body: dict[str, Any], field: str
    ) -> None:
        answer = await api.post("/v1/dispositions", json=body)
        assert (answer.status_code, [problem["name"] for problem in answer.json()["fields"]]) == (400, [field])

    async def test_another_accounts_words_do_not_exist(self, api: httpx.AsyncClient, bearer: Bearer) -> None:
        path = (await made(api))["_links"]["self"]["href"]
        stranger = await bearer(Scope.CAMPAIGNS_READ, account="other")
        answer = await api.get(path, headers=stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "disposition-not-found")
        assert (await api.get("/v1/dispositions", headers=stranger)).json()["total"] == 0


class TestWhatIsSaid:
    async def test_it_is_shown_with_the_attempt(self, api: httpx.AsyncClient, parts: Parts, database: Database) -> None:
        _, attempt = await an_attempt(api, parts, database)
        sold = await made(api)
        answer = await api.put(f"{attempt}/disposition", json={"disposition_id": sold["id"], "note": "two seats"})
        assert answer.status_code == 200, answer.text
        said = (await api.get(attempt)).json()["disposition"]
        assert {name: said[name] for name in ("id", "name", "note")} == {
            "id": sold["id"],
            "name": "Sold",
            "note": "two seats",
        }

    async def test_an_unknown_word_is_a_wrong_member(
        self, api: httpx.AsyncClient, parts: Parts, database: Database
    ) -> None:
        _, attempt = await an_attempt(api, parts, database)
        answer = await api.put(f"{attempt}/disposition", json={"disposition_id": str(uuid4())})
        assert (answer.status_code, answer.json()["fields"][0]["name"]) == (400, "disposition_id")

    async def test_an_attempt_without_an_agent_is_not_spoken_of(
        self, api: httpx.AsyncClient, parts: Parts, database: Database
    ) -> None:
        _, attempt = await an_attempt(api, parts, database, agent=False)
        answer = await api.put(f"{attempt}/disposition", json={"disposition_id": (await made(api))["id"]})
        assert (answer.status_code, answer.json()["code"]) == (422, "attempt-without-agent")

    async def test_a_campaigns_attempts_can_be_looked_through(
        self, api: httpx.AsyncClient, parts: Parts, database: Database
    ) -> None:
        campaign, attempt = await an_attempt(api, parts, database)
        page = (await api.get(f"/v1{campaign}/attempts?outcome=connected")).json()
        assert [item["_links"]["self"]["href"].endswith(attempt) for item in page["_embedded"]["attempts"]] == [True]
        assert (await api.get(f"/v1{campaign}/attempts?outcome=busy")).json()["total"] == 0
        wrong = await api.get(f"/v1{campaign}/attempts?record_id=7")
        assert (wrong.status_code, wrong.json()["fields"][0]["name"]) == (400, "record_id")

    async def test_another_accounts_attempt_does_not_exist(
        self, api: httpx.AsyncClient, parts: Parts, database: Database, bearer: Bearer
    ) -> None:
        _, attempt = await an_attempt(api, parts, database)
        stranger = await bearer(account="other")
        for answer in (
            await api.get(attempt, headers=stranger),
            await api.put(f"{attempt}/disposition", json={"disposition_id": str(uuid4())}, headers=stranger),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "attempt-not-found")


class TestWhoAnswered:
    """`GET /v1/campaigns/{id}/verdicts`: detection's verdicts held against what agents say."""

    @staticmethod
    async def calls(database: Database, *rows: tuple[str | None, bool, str | None, float]) -> None:
        """Calls of the only campaign: verdict, whether an agent was in it, what was said, seconds to the verdict."""
        async with database.connection() as connection:
            await connection.executemany(
                """insert into attempt (uuid, campaign_id, record_id, list_id, number, priority, e164, phone_type,
                                        zone_id, mode, fence, started_at, answered_at, verdict_at, verdict, bridged_at,
                                        disposition_id)
                   select $1, id, 1, 1, 1, 5, 12025550142, 1, 1, 'PREDICTIVE', 1, created_at, created_at,
                     created_at + make_interval(secs => $5), $2, case when $3 then created_at end,
                     (select d.id from disposition d where d.name = $4)
                   from campaign""",
                [(uuid4(), *row) for row in rows],
            )

    async def test_the_sample_and_those_that_passed_give_what_went_wrong(
        self, api: httpx.AsyncClient, database: Database
    ) -> None:
        campaign = await created(api, a_campaign())
        assert (await made(api, name="Talked", answered_by="PERSON"))["answered_by"] == "PERSON"
        await made(api, name="Voicemail", answered_by="machine")
        assert "answered_by" not in await made(api, name="Unclear")
        await self.calls(
            database,
            *[("machine", False, None, 2.0)] * 16,
            *[("machine", True, "Voicemail", 2.0)] * 3,
            ("machine", True, "Talked", 2.0),
            *[("human", True, "Talked", 1.0)] * 8,
            ("not_sure", True, "Voicemail", 1.0),
            ("human", True, "Unclear", 1.0),
            ("human", False, None, 1.0),
            (None, True, "Talked", 1.0),  # made for its agent: nothing was judged
        )
        body = (await api.get(f"/v1{campaign}/verdicts")).json()
        assert body["judged"] == {"machine": 20, "person": 10, "not_sure": 1}
        assert body["sample"] == {"calls": 4, "said": 4, "persons": 1}
        assert body["passed"] == {"calls": 10, "said": 9, "machines": 1}
        assert body["false_discovery_rate"]["seen"] == 0.25
        people = 11 * 8 / 9
        assert body["false_positive_rate"]["seen"] == round(5 / (5 + people), 4)
        assert body["missed_rate"]["seen"] == round((11 / 9) / (11 / 9 + 15), 4)
        assert body["delay_seconds"] == {"p50": 2.0, "p95": 2.0}
        later = await api.get(f"/v1{campaign}/verdicts", params={"started_from": "2100-01-01T00:00:00Z"})
        assert later.json()["judged"] == {"machine": 0, "person": 0, "not_sure": 0}

    async def test_what_is_not_known_is_left_out(self, api: httpx.AsyncClient) -> None:
        body = (await api.get(f"/v1{await created(api, a_campaign())}/verdicts")).json()
        assert set(body) == {"judged", "sample", "passed", "_links"}

    async def test_a_word_says_person_or_machine(self, api: httpx.AsyncClient) -> None:
        answer = await api.post("/v1/dispositions", json={**SOLD, "answered_by": "FAX"})
        assert (answer.status_code, answer.json()["fields"][0]["name"]) == (400, "answered_by")
