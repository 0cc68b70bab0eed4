"""Calls to clients' servers: they are made while the application serves; the secret to check their signatures with."""

import contextlib
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, FastAPI
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.auth import needs
from outdial.api.describe import SelfLink, Shown, described
from outdial.api.hal import hal, link
from outdial.api.services import Services, services_of
from outdial.app import webhooks
from outdial.app.webhooks import Deliveries
from outdial.domain.access import Principal, Scope
from outdial.domain.webhooks import secret_in_words

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
