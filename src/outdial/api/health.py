"""Whether an installation works, for load balancers and those who watch: open to all, so it names no thing of it."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.describe import Shown, described
from outdial.api.hal import hal, without_absent
from outdial.app.health import Condition, Health

router = APIRouter(tags=["Health"])


class ChecksShown(Shown):
    """`carrier` is told by the process that dials, and left out by every other."""

    database: Condition
    migrations: Annotated[Condition, Field(description="Whether the database has the schema of this release")]
    dialer: Annotated[Condition, Field(description="Whether an engine, in this process or another, may place calls")]
    carrier: Condition | None = None


class HealthShown(Shown):
    """`degraded`: requests are answered, and no calls are placed. `down` comes with status 503."""

    status: Condition
    checks: ChecksShown


class AliveShown(Shown):
    status: Condition


@router.get("/health", summary="Whether requests can be answered, and calls placed")
@described(HealthShown, also={503: HealthShown})
async def health(request: Request) -> Response:
    found = await request.app.state.health.look()
    return _no_store(hal(request, _shown(found), 503 if found.whole is Condition.DOWN else 200))


@router.get("/health/live", summary="Whether this process answers at all; nothing else is asked")
@described(AliveShown)
async def alive(request: Request) -> Response:
    return _no_store(hal(request, {"status": Condition.OK.value}))


def _shown(found: Health) -> dict[str, Any]:
    checks = {
        "database": found.database.value,
        "migrations": found.migrations.value,
        "dialer": found.dialer.value,
        "carrier": None if found.carrier is None else found.carrier.value,
    }
    return {"status": found.whole.value, "checks": without_absent(checks)}


def _no_store(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
