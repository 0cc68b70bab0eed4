"""Calls to clients' servers: they are made while the application serves; the secret to check their signatures with."""

import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.auth import needs
from outdial.api.describe import Id, InstantShown, SelfLink, Shown, described, pages_of
from outdial.api.hal import hal, instant, link, without_absent
from outdial.api.paging import LongPageQuery, page_of
from outdial.api.services import Services, services_of
from outdial.api.shapes import read_query
from outdial.app import webhooks
from outdial.app.webhooks import Deliveries
from outdial.domain.access import Principal, Scope
from outdial.domain.webhooks import Webhook, WebhookStatus, secret_in_words

Manage = Annotated[Principal, needs(Scope.RECORD_LISTS_MANAGE, changes=True)]


@contextlib.asynccontextmanager
async def _delivering(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    if services.webhooks is None:
        yield
        return
    deliveries = Deliveries(
        storage=services.storage, access=services.access, clock=services.wall, caller=services.webhooks
    )
    async with deliveries:
        app.state.deliveries = deliveries
        yield


router = APIRouter(tags=["Uploads"], lifespan=_delivering)


class WebhookSecretShown(Shown):
    """Checks the `webhook-signature` of calls, as the Standard Webhooks specification describes."""

    secret: Annotated[str, Field(pattern="^whsec_", examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="])]
    links: SelfLink = Field(alias="_links")


class DeliveryShown(Shown):
    """A call to an endpoint of yours, that is due or done."""

    id: Annotated[Id, Field(description="The `webhook-id` of the call, the same at each try")]
    upload_request_id: Id
    method: Annotated[str, Field(examples=["POST"])]
    endpoint: Annotated[str, Field(examples=["https://crm.example/imports"])]
    status: WebhookStatus
    attempts: int
    last_at: InstantShown | None = None
    last_answer: Annotated[int, Field(description="The HTTP status of the last try that was answered")] | None = None
    last_problem: str | None = None
    next_at: Annotated[InstantShown, Field(description="When it is tried next")] | None = None
    created_at: InstantShown


@router.get("/v1/webhook-deliveries", summary="Calls to your endpoints, the newest first, and what came of them")
@described(pages_of("deliveries", DeliveryShown), query=LongPageQuery)
async def list_deliveries(request: Request, who: Manage) -> Response:
    query = read_query(request, LongPageQuery)
    total, found = await webhooks.listed(
        offset=query.offset, limit=query.per_page, by=who, storage=services_of(request).storage
    )
    items = [_delivery(one) for one in found]
    return hal(request, page_of(request, "deliveries", items, total=total, query=query))


def _delivery(one: Webhook) -> dict[str, Any]:
    return without_absent(
        {
            "id": str(one.id),
            "upload_request_id": str(one.upload),
            "method": one.method,
            "endpoint": one.endpoint,
            "status": one.status.value,
            "attempts": one.attempts,
            "last_at": None if one.last_at is None else instant(one.last_at),
            "last_answer": one.last_answer,
            "last_problem": one.last_problem,
            "next_at": None if one.next_at is None else instant(one.next_at),
            "created_at": instant(one.created_at),
        }
    )


@router.get("/v1/webhook-secret", summary="The secret that calls to your endpoints are signed with")
@described(WebhookSecretShown)
async def webhook_secret(request: Request, who: Manage) -> Response:
    return await _shown(request, who, replace=False)


@router.post("/v1/webhook-secret", summary="Make another secret; calls are signed with it from now on")
@described(WebhookSecretShown)
async def replace_webhook_secret(request: Request, who: Manage) -> Response:
    return await _shown(request, who, replace=True)


async def _shown(request: Request, who: Principal, *, replace: bool) -> Response:
    services = services_of(request)
    found = await webhooks.secret(who.account, storage=services.storage, clock=services.wall, replace=replace)
    body = {"secret": secret_in_words(found), "_links": {"self": link(request, "/v1/webhook-secret")}}
    return hal(request, body, headers={"Cache-Control": "no-store"})
