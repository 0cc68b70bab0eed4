"""`/v1/agent-days`: what agents did on a day, out of the log of their states; and for whom one may sign in."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from outdial.adapters.storage.database import Database
from outdial.api.services import Services
from outdial.domain.access import DEFAULT_ACCOUNT, Role, Scope
from tests.api.conftest import Bearer, Parts, a_campaign, created
from tests.api.test_logins import Browser, a_person
from tests.conftest import SetClock

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def a_session(
    database: Database, user: str, states: list[tuple[datetime, str, str | None]], *, account: str = DEFAULT_ACCOUNT
) -> None:
    """A session whose states began then; one that ends with `signed_out` is over."""
    begin, (last_at, last, _) = states[0][0], states[-1]
    async with database.transaction() as connection:
        session = await connection.fetchval(
            """insert into agent_session (uuid, account_id, user_id, wrap_up_seconds, state, since, signed_in_at,
                                          signed_out_at)
               select $1, a.id, u.id, 60, $4, $5, $6, $7 from account a, app_user u
               where a.name = $2 and u.uuid::text = $3 returning id""",
            uuid4(),
            account,
            user,
            last,
            last_at,
            begin,
            last_at if last == "signed_out" else None,
        )
        await connection.executemany(
            """insert into agent_event (session_id, account_id, user_id, at, state, reason, link)
               select s.id, s.account_id, s.user_id, $2, $3, $4, 'up' from agent_session s where s.id = $1""",
            [(session, at, state, reason) for at, state, reason in states],
        )


async def test_states_are_added_up_over_the_sessions_of_a_day(
    api: httpx.AsyncClient, parts: Parts, database: Database
) -> None:
    ana = await parts.user()
    await a_session(
        database,
        ana,
        [
            (NOON, "ready", None),
            (NOON + 1 * HOUR, "talking", None),
            (NOON + 3 * HOUR, "wrap_up", None),
            (NOON + 3.5 * HOUR, "paused", "lunch"),
            (NOON + 4 * HOUR, "signed_out", None),
        ],
    )
    await a_session(database, ana, [(NOON + 5 * HOUR, "paused", None), (NOON + 5.5 * HOUR, "signed_out", None)])
    (day,) = (await api.get("/v1/agent-days/2026-06-01")).json()["agents"]
    assert day["signed_in_seconds"] == 4.5 * 3600
    assert {state: seconds / 3600 for state, seconds in day["seconds"].items() if seconds} == {
        "ready": 1.0,
        "talking": 2.0,
        "wrap_up": 0.5,
        "paused": 1.0,
    }
    assert day["pauses"] == [{"seconds": 1800.0}, {"reason": "lunch", "seconds": 1800.0}]
    assert (day["occupancy"], day["utilisation"]) == (round(2.5 / 3.5, 4), round(3.5 / 4.5, 4))
    assert (day["first_at"], day["last_at"]) == ("2026-06-01T12:00:00.000Z", "2026-06-01T17:30:00.000Z")


async def test_a_day_is_cut_at_midnight_of_its_time_zone(
    api: httpx.AsyncClient, parts: Parts, database: Database
) -> None:
    user = await parts.user()
    # From 21:00 to 02:00 in Lisbon, where it is an hour later than UTC.
    await a_session(database, user, [(NOON + 8 * HOUR, "ready", None), (NOON + 13 * HOUR, "signed_out", None)])
    for day, hours in (("2026-06-01", 3.0), ("2026-06-02", 2.0)):
        body = (await api.get(f"/v1/agent-days/{day}", params={"timezone": "Europe/Lisbon"})).json()
        assert [one["seconds"]["ready"] / 3600 for one in body["agents"]] == [hours]
    assert body["from"] == "2026-06-01T23:00:00.000Z"
    assert (await api.get("/v1/agent-days/2026-05-31")).json()["agents"] == []


async def test_the_state_that_lasts_is_counted_up_to_now(
    api: httpx.AsyncClient, parts: Parts, database: Database, clock: SetClock
) -> None:
    await a_session(database, await parts.user(), [(clock.now() - timedelta(minutes=5), "ready", None)])
    days = {(clock.now() - timedelta(minutes=minutes)).date().isoformat() for minutes in (0, 5)}
    spent = [
        one["seconds"]["ready"] for day in days for one in (await api.get(f"/v1/agent-days/{day}")).json()["agents"]
    ]
    assert sum(spent) == 300.0


@pytest.mark.parametrize(("path", "status"), [("yesterday", 404), ("0001-01-01", 404), ("2026-06-01?timezone=X", 400)])
async def test_a_day_or_zone_that_there_is_not_is_refused(api: httpx.AsyncClient, path: str, status: int) -> None:
    assert (await api.get(f"/v1/agent-days/{path}")).status_code == status


async def test_another_account_s_agents_are_not_shown(
    api: httpx.AsyncClient, parts: Parts, database: Database, bearer: Bearer
) -> None:
    await a_session(database, await parts.user(), [(NOON, "ready", None), (NOON + HOUR, "signed_out", None)])
    headers = await bearer(Scope.AGENTS_READ, account="other")
    assert (await api.get("/v1/agent-days/2026-06-01", headers=headers)).json()["agents"] == []


async def test_an_agent_is_offered_the_campaigns_they_are_assigned_to(
    api: httpx.AsyncClient, services: Services, app: FastAPI
) -> None:
    ana = await a_person(api, services, app, Role.AGENT)
    for name in ("South", "North"):
        path = await created(api, a_campaign(name=name))
        assert (await api.post(f"{path}/users", json=[{"id": ana}])).status_code == 204
    await created(api, a_campaign(name="Not hers"))
    async with Browser(app) as browser:
        await browser.sign_in()
        offered = (await browser.get("/v1/desk/campaigns")).json()["campaigns"]
    assert [(one["name"], one["mode"], one["status"]) for one in offered] == [
        ("North", "PREDICTIVE", "INCOMPLETE"),
        ("South", "PREDICTIVE", "INCOMPLETE"),
    ]
    assert (await api.get("/v1/desk/campaigns")).json()["campaigns"] == [], "a client is nobody"
