"""The HTTP application: which routes it has, how it refuses, what wraps every request."""

import functools
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outdial.api import (
    activity,
    agents,
    attempts,
    audit,
    authorize,
    callbacks,
    campaign_settings,
    campaigns,
    clients,
    console,
    dispositions,
    dnc,
    events,
    explain,
    files,
    health,
    hour_templates,
    idempotency,
    logins,
    metrics,
    numbers,
    oauth,
    openapi,
    openapi_page,
    openid,
    pacing,
    phone_agents,
    previews,
    record_events,
    record_lists,
    records,
    reports,
    results,
    session_calls,
    sessions,
    stream,
    teams,
    trunks,
    upload_requests,
    users,
    webhooks,
)
from outdial.api.idempotency import AnsweredBefore, AnswerOnce, on_answered_before
from outdial.api.limits import RateLimiter
from outdial.api.problems import (
    Refused,
    log,
    on_database_away,
    on_domain_error,
    on_http_error,
    on_internal_error,
    on_refused,
    on_unread_parameters,
)
from outdial.api.services import Services
from outdial.app.forecasts import ForecastMaker
from outdial.app.health import HealthWatch
from outdial.app.idempotency import Answers
from outdial.domain.errors import OutdialError

ROUTERS = (
    oauth.router,
    authorize.router,
    campaigns.router,
    campaign_settings.router,
    audit.router,
    activity.router,
    explain.router,
    pacing.router,
    attempts.router,
    dispositions.router,
    hour_templates.router,
    agents.router,
    sessions.router,
    session_calls.router,
    stream.router,
    events.router,
    record_lists.router,
    files.router,
    upload_requests.router,
    previews.router,
    webhooks.router,
    records.router,
    dnc.router,
    callbacks.router,
    record_events.router,
    reports.router,
    results.router,
    teams.router,
    users.router,
    logins.router,
    openid.router,
    clients.router,
    numbers.router,
    phone_agents.router,
    trunks.router,
    idempotency.router,
    health.router,
    metrics.router,
    openapi.router,
    openapi_page.router,
    console.router,
)
"""A module of routes joins the API with its name here."""


@functools.cache
def document() -> dict[str, Any]:
    """The OpenAPI document of the whole API."""
    return openapi.document([route for router in ROUTERS for route in router.routes])


def create_app(services: Services) -> FastAPI:
    """The application around its services; it opens and closes nothing by itself."""
    app = FastAPI(
        redirect_slashes=False,
        # The document is drawn from what the routes say about themselves: see `api/openapi.py`.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    app.state.document = document
    app.state.console = console.folder_of_package()
    app.state.limiter = None
    if services.rate_limit is not None:
        app.state.limiter = RateLimiter(services.rate_limit, services.rate_burst, services.wall)
    app.state.hub = stream.Hub(services)
    app.state.health = HealthWatch(services.health, services.board, services.wall)
    app.state.request_metrics = metrics.RequestMetrics()
    app.state.login_limits = (
        RateLimiter(
            logins.ATTEMPTS_A_SECOND * logins.FROM_A_MACHINE,
            logins.ATTEMPTS_AT_ONCE * logins.FROM_A_MACHINE,
            services.wall,
        ),
        RateLimiter(logins.ATTEMPTS_A_SECOND, logins.ATTEMPTS_AT_ONCE, services.wall),
    )
    app.state.answers = Answers(storage=services.storage, access=services.access, clock=services.wall, ids=services.ids)
    app.state.forecasts = ForecastMaker(
        storage=services.storage,
        clock=services.wall,
        ids=services.ids,
        dialing=services.clock,
        foresee=services.foresee,
    )
    app.add_exception_handler(OutdialError, on_domain_error)
    app.add_exception_handler(Refused, on_refused)
    app.add_exception_handler(AnsweredBefore, on_answered_before)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_unread_parameters)
    for away in services.database_away:
        app.add_exception_handler(away, on_database_away)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(AnswerOnce, answers=app.state.answers)
    app.add_middleware(EveryRequest, services=services, counted=app.state.request_metrics)
    return app


class EveryRequest:
    """Names and counts each request, and turns what nobody expected into an answer that gives nothing away."""

    def __init__(self, app: ASGIApp, services: Services, counted: metrics.RequestMetrics) -> None:
        self._app, self._services, self._counted = app, services, counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope["outdial.request_id"] = self._services.ids.new("request").hex
        answering, began = False, self._services.wall.monotonic()

        async def named(message: Message) -> None:
            nonlocal answering
            if message["type"] == "http.response.start":
                answering = True
                seconds = self._services.wall.monotonic() - began
                self._counted.answered(scope["method"], _route_of(scope), message["status"], seconds)
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, named)
        except Exception:
            log.exception("request_failed", request_id=request_id, method=scope["method"], path=scope["path"])
            if answering:
                raise
            await on_internal_error(Request(scope), request_id)(scope, receive, named)


def _route_of(scope: Scope) -> str:
    """The path as it was declared: addresses have no end, and name things."""
    route = scope.get("route")
    return route.path if isinstance(route, APIRoute) else "none"
