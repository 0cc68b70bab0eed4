"""The API in this process over a database of its own, and the few things that campaigns need to become complete."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import uuid4

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.routing import BaseRoute

from outdial.adapters.bus.memory import MemoryBus
from outdial.adapters.clock import RandomIds
from outdial.adapters.holidays import PublicHolidays
from outdial.adapters.oauth.tokens import JwtTokens
from outdial.adapters.passwords import Argon2Passwords
from outdial.adapters.storage.clients import AccessRows
from outdial.adapters.storage.database import Database
from outdial.adapters.storage.grants import GrantRows
from outdial.adapters.storage.health import HealthRows
from outdial.adapters.storage.logins import LoginRows
from outdial.adapters.storage.migrate import newest_revision
from outdial.adapters.storage.unit_of_work import SqlStorage
from outdial.adapters.uploads import UploadFolder
from outdial.api.http import create_app
from outdial.api.services import Services
from outdial.app.access import create_account, create_client, ensure_installed
from outdial.domain.access import DEFAULT_ACCOUNT, Scope
from outdial.domain.forecasts import Material, Question
from outdial.simulation.pacing import twin
from tests.api.held_against import Described
from tests.api.seats import Seats
from tests.conftest import SetClock

BASE_URL = "http://outdial.test"


class Bearer(Protocol):
    """Makes request headers with a token: of all scopes unless some are named, of the default account unless told."""

    def __call__(self, *scopes: Scope, account: str = DEFAULT_ACCOUNT) -> Awaitable[dict[str, str]]: ...


async def foresee_at_once(material: Material, question: Question) -> dict[str, Any]:
    """The real answer from a few runs of a few records, in this process."""
    few = replace(material, records=material.records[:20])
    return twin.foresee(few, question, runs=2)


@pytest.fixture
async def services(database: Database, storage: SqlStorage, clock: SetClock, tmp_path: Path) -> Services:
    access = AccessRows(database)
    tokens = JwtTokens(access, clock)
    await ensure_installed(access, tokens, clock)
    return Services(
        storage=storage,
        access=access,
        tokens=tokens,
        logins=LoginRows(database),
        grants=GrantRows(database),
        passwords=Argon2Passwords(PasswordHasher(time_cost=1, memory_cost=32)),
        clock=clock,
        wall=clock,
        ids=RandomIds(),
        holidays=PublicHolidays(),
        uploads=UploadFolder(tmp_path / "uploads"),
        bus=MemoryBus(),
        desk=Seats(clock),
        foresee=foresee_at_once,
        health=HealthRows(database, newest_revision()),
    )


_ROUTES: Final[list[BaseRoute]] = []


def new_app(services: Services) -> FastAPI:
    """An application around services, with routes that all applications of the process have in common.

    Routes hold nothing of the services, and what FastAPI works out when one is first asked for takes longer than most
    tests do.
    """
    app = create_app(services)
    if not _ROUTES:
        _ROUTES.extend(app.router.routes)
    app.router.routes[:] = _ROUTES
    return app


@pytest.fixture
def app(services: Services) -> FastAPI:
    return new_app(services)


@pytest.fixture
def bearer(services: Services, clock: SetClock) -> Bearer:
    async def headers(*scopes: Scope, account: str = DEFAULT_ACCOUNT) -> dict[str, str]:
        if account not in {known.name for known in await services.access.accounts()}:
            await create_account(account, access=services.access, clock=clock)
        made = await create_client(
            account, name="test", scopes=scopes or tuple(Scope), access=services.access, clock=clock
        )
        token = await services.tokens.issue(made.client, made.client.scopes)
        return {"Authorization": f"Bearer {token}"}

    return headers


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token. Every answer that it gets is held against the document of the API."""
    async with httpx.AsyncClient(transport=Described(httpx.ASGITransport(app)), base_url=BASE_URL) as client:
        yield client


@pytest.fixture
async def api(app: FastAPI, bearer: Bearer) -> AsyncIterator[httpx.AsyncClient]:
    """A client that may do everything in the default account. Every answer is held against the document of the API."""
    transport = Described(httpx.ASGITransport(app))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=await bearer()) as client:
        yield client


@dataclass(frozen=True)
class Parts:
    """Things that can be assigned to campaigns, written straight into the tables."""

    database: Database
    clock: SetClock

    async def _add(self, sql: str, *values: object, account: str = DEFAULT_ACCOUNT) -> str:
        uuid = uuid4()
        async with self.database.transaction() as connection:
            account_id = await connection.fetchval("select id from account where name = $1", account)
            await connection.execute(sql, uuid, account_id, self.clock.now(), *values)
        return str(uuid)

    async def user(self, **of: str) -> str:
        return await self._add(
            "insert into app_user (uuid, account_id, created_at, name) values ($1, $2, $3, 'Ana')", **of
        )

    async def number(self, e164: str = "+12025550142", **of: str) -> str:
        sql = "insert into caller_number (uuid, account_id, created_at, e164) values ($1, $2, $3, $4)"
        return await self._add(sql, int(e164), **of)

    async def record_list(self, status: str = "ACCEPTED", **of: str) -> str:
        sql = """
            insert into record_list
              (uuid, account_id, created_at, updated_at, name, name_folded, unique_identifier_type, status)
            values ($1, $2, $3, $3, 'Renewals', 'renewals', 'PHONE_NUMBER', $4)
            """
        return await self._add(sql, status, **of)

    async def dnc_list(self, **of: str) -> str:
        sql = """
            insert into dnc_list (uuid, account_id, created_at, updated_at, name, status)
            values ($1, $2, $3, $3, 'Do not call', 'ACCEPTED')
            """
        return await self._add(sql, **of)

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        async with self.database.connection() as connection:
            rows = await connection.fetch("select topic, payload from outbox order by id")
        return [(row["topic"], row["payload"]) for row in rows]


@pytest.fixture
def parts(database: Database, clock: SetClock, services: Services) -> Parts:
    return Parts(database, clock)


def a_strategy(**changes: Any) -> dict[str, Any]:
    """A dialing strategy with what is required, and changes to it."""
    return {
        "max_attempts": 6,
        "retry_period": 4,
        "retry_time_unit": "HOURS",
        "calling_hours": [{"from": "09:00:00", "to": "18:30:00", "week_days": ["MONDAY", "SATURDAY"]}],
        "dispositions": {
            "busy": {"status_after_call": "RETRY", "custom": False},
            "no_answer": {"status_after_call": "RETRY", "custom": False},
            "invalid_number": {"status_after_call": "FINAL"},
        },
        **changes,
    }


def a_campaign(**changes: Any) -> dict[str, Any]:
    """A predictive campaign that lacks nothing but what is assigned to it, and changes to it."""
    return {
        "name": "Renewals north",
        "dialing_mode": "PREDICTIVE",
        "dialing_mode_configuration": {
            "max_ring_time_in_secs": 25,
            "max_abandonment_rate": 3,
            "max_dialing_ratio": 2,
            "abandonment_timeout": {"amount": 2},
        },
        "dialing_strategy": a_strategy(),
        **changes,
    }


async def make_ready(
    api: httpx.AsyncClient, parts: Parts, path: str, *, number: str = "+12025550142"
) -> dict[str, str]:
    """Assign to the campaign at `path` what it needs to run; the ids of what was assigned."""
    ids = {
        "record-lists": await parts.record_list(),
        "users": await parts.user(),
        "numbers": await parts.number(number),
    }
    for kind, uuid in ids.items():
        answer = await api.post(f"{path}/{kind}", json=[{"id": uuid}])
        assert answer.status_code == 204, answer.text
    return ids


async def created(api: httpx.AsyncClient, body: dict[str, Any] | None = None) -> str:
    """The path of a new campaign."""
    answer = await api.post("/campaigns", json=body or a_campaign())
    assert answer.status_code == 201, answer.text
    return f"/campaigns/{answer.json()['id']}"


def fields_of(answer: httpx.Response) -> set[str]:
    """The names of the wrong members in an error."""
    return {field["name"] for field in answer.json()["fields"]}
