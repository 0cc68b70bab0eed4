"""What pacing foresees of a campaign: forecasts, and how well it foresaw."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC
from typing import Annotated, Any, Final

from fastapi import APIRouter, FastAPI
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.pacing import CalibrationShown, ForecastShown
from outdial.api.auth import needs
from outdial.api.bodies import read_json
from outdial.api.campaigns import WindowIn
from outdial.api.describe import described, pages_of
from outdial.api.hal import hal, instant, link, without_absent
from outdial.api.paging import PageQuery, page_of
from outdial.api.reports import DateTime
from outdial.api.services import services_of
from outdial.api.shapes import Shape, read_as, read_query
from outdial.app import forecasts, pacing
from outdial.app.forecasts import ForecastMaker
from outdial.app.pacing import CalibrationNotFound
from outdial.domain.access import Principal, Scope
from outdial.domain.campaigns import CampaignNotFound
from outdial.domain.forecasts import (
    MOST_SCENARIOS,
    Assumptions,
    CampaignNotForecastable,
    Forecast,
    ForecastNotFound,
    TooManyForecasts,
)
from outdial.domain.pacing.shadow import BINS, Calibration, Reliability


@contextlib.asynccontextmanager
async def _foreseeing(app: FastAPI) -> AsyncIterator[None]:
    """Make forecasts while the application serves."""
    async with app.state.forecasts:
        yield


router = APIRouter(tags=["Pacing"], lifespan=_foreseeing)

Read = Annotated[Principal, needs(Scope.CAMPAIGNS_READ)]


_ASSUMED: Final = Assumptions()


class AssumptionsIn(Shape):
    """What is taken for true while the campaign has not shown it."""

    answer_rate: Annotated[float, Field(gt=0, lt=1)] = _ASSUMED.answer_rate
    talk_seconds: Annotated[float, Field(ge=1, le=3600)] = _ASSUMED.talk_seconds
    wrap_seconds: Annotated[float, Field(ge=1, le=3600)] = _ASSUMED.wrap_seconds


class ForecastQuestion(Shape):
    """What if. What is left out is as the campaign has it; agents are as many as are assigned to it."""

    agents: Annotated[
        list[Annotated[int, Field(ge=1, le=500, strict=True)]], Field(default_factory=list, max_length=MOST_SCENARIOS)
    ]
    max_abandonment_rate: Annotated[float, Field(gt=0, le=100)] | None = None
    max_dialing_ratio: Annotated[float, Field(ge=1, le=3)] | None = None
    calling_hours: Annotated[list[WindowIn], Field(min_length=1, max_length=100)] | None = None
    finish_by: DateTime | None = None
    assume: AssumptionsIn = AssumptionsIn()


A_FORECAST: Final = {"agents": [5, 8], "max_abandonment_rate": 2.5, "assume": {"talk_seconds": 120}}


@router.get(
    "/v1/campaigns/{campaign_id}/calibration",
    summary="How well the predictive pacer foresaw a campaign that it watched",
)
@described(CalibrationShown, refuses=(CampaignNotFound, CalibrationNotFound))
async def campaign_calibration(request: Request, campaign_id: str, who: Read) -> Response:
    found = await pacing.calibration_of(campaign_id, by=who, storage=services_of(request).storage)
    here = f"/v1/campaigns/{campaign_id}"
    links = {"self": link(request, f"{here}/calibration"), "campaign": link(request, here)}
    return hal(request, {**_shown(found), "_links": links})


def _shown(found: Calibration) -> dict[str, Any]:
    ratio = found.ratio
    answered = sum(found.quarters)
    return {
        "live_calls": found.live,
        "abandoned": without_absent(
            {
                "expected": round(found.risk, 3),
                "seen": found.abandoned,
                "ratio": None if ratio is None else round(ratio, 3),
            }
        ),
        "answers": _bins(found.answers),
        "answer_times": [round(quarter / answered, 4) for quarter in found.quarters] if answered else [],
        "agents_free": _bins(found.agents),
        "decisions": {"total": found.decisions, "launched": found.launched, "wanted": found.wanted},
        "last": [
            {
                "second": second,
                "room": room,
                "launched": calls,
                "wanted": wanted,
                "risk": risk,
                "allowed": allowed,
            }
            for second, room, calls, wanted, risk, allowed in found.last
        ],
    }


def _bins(reliability: Reliability) -> list[dict[str, Any]]:
    """The tenths in which anything was foreseen."""
    return [
        {
            "from": place / BINS,
            "to": (place + 1) / BINS,
            "count": one.count,
            "expected": round(one.expected / one.count, 4),
            "seen": round(one.seen / one.count, 4),
        }
        for place, one in enumerate(reliability.bins)
        if one.count
    ]


# Forecasts -----------------------------------------------------------------------------------------------------------


@router.post(
    "/v1/campaigns/{campaign_id}/forecasts",
    status_code=202,
    summary="Ask how a campaign will go on: when it ends, with how many calls, how busy its agents are",
)
@described(
    ForecastShown,
    body=ForecastQuestion,
    body_required=False,
    example=A_FORECAST,
    says={202: "It is being made: its own address tells when it is `DONE`"},
    makes="forecast_id",
    refuses=(CampaignNotFound, CampaignNotForecastable, TooManyForecasts),
)
async def create_forecast(request: Request, campaign_id: str, who: Read) -> Response:
    maker: ForecastMaker = request.app.state.forecasts
    services = services_of(request)
    await pacing.known(campaign_id, by=who, storage=services.storage)
    body = await read_json(request) if await request.body() else {}
    sent = read_as(ForecastQuestion, body)
    assumed = sent.assume
    forecast = await maker.ask(
        campaign_id,
        agents=sent.agents,
        finish_by=sent.finish_by
        if sent.finish_by is None or sent.finish_by.tzinfo
        else sent.finish_by.replace(tzinfo=UTC),
        cap=None if sent.max_abandonment_rate is None else sent.max_abandonment_rate / 100,
        ratio=sent.max_dialing_ratio,
        hours=None if sent.calling_hours is None else tuple(window.value() for window in sent.calling_hours),
        assumed=Assumptions(assumed.answer_rate, assumed.talk_seconds, assumed.wrap_seconds),
        asked=sent.model_dump(mode="json", by_alias=True, exclude_unset=True),
        by=who,
    )
    return hal(request, _shown_forecast(request, forecast), status=202)


@router.get("/v1/campaigns/{campaign_id}/forecasts", summary="List a campaign's forecasts, the newest first")
@described(pages_of("forecasts", ForecastShown), query=PageQuery, refuses=(CampaignNotFound,))
async def list_forecasts(request: Request, campaign_id: str, who: Read) -> Response:
    query = read_query(request, PageQuery)
    total, found = await forecasts.listed(
        campaign_id, offset=query.offset, limit=query.per_page, by=who, storage=services_of(request).storage
    )
    items = [_shown_forecast(request, one) for one in found]
    return hal(request, page_of(request, "forecasts", items, total=total, query=query))


@router.get("/v1/campaigns/{campaign_id}/forecasts/{forecast_id}", summary="A forecast, as far as it is made")
@described(ForecastShown, refuses=(CampaignNotFound, ForecastNotFound))
async def get_forecast(request: Request, campaign_id: str, forecast_id: str, who: Read) -> Response:
    found = await forecasts.get(campaign_id, forecast_id, by=who, storage=services_of(request).storage)
    return hal(request, _shown_forecast(request, found))


def _shown_forecast(request: Request, forecast: Forecast) -> dict[str, Any]:
    here = f"/v1/campaigns/{forecast.campaign_id}"
    return without_absent(
        {
            "id": str(forecast.id),
            "status": forecast.as_of(services_of(request).wall.now()).value,
            "created_at": instant(forecast.created_at),
            "done_at": None if forecast.done_at is None else instant(forecast.done_at),
            "asked": dict(forecast.asked),
            "result": None if forecast.result is None else dict(forecast.result),
            "_links": {
                "self": link(request, f"{here}/forecasts/{forecast.id}"),
                "campaign": link(request, here),
            },
        }
    )
