"""Forecasts of campaigns: asked for, made in the background, read."""

from asyncio import Task, create_task
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Self

import structlog

from outdial.app.background import ended
from outdial.app.campaigns import found, uuid_of
from outdial.domain.access import Principal
from outdial.domain.campaigns import CallingWindow
from outdial.domain.errors import FieldProblem, Invalid, Unavailable
from outdial.domain.forecasts import (
    DEFAULT_FINISH,
    LONGEST_WORK,
    MOST_OPEN,
    Assumptions,
    CampaignNotForecastable,
    Forecast,
    ForecastId,
    ForecastNotFound,
    ForecastStatus,
    Material,
    Question,
    TooManyForecasts,
)
from outdial.domain.values import AccountId
from outdial.ports.clock import Clock, Ids
from outdial.ports.forecasts import Foresee
from outdial.ports.storage import Storage

log = structlog.get_logger(__name__)

LEAST_RECORDS: Final = 600
"""Up to so many the list is played as a whole: the last of them decide when it ends, and a part has fewer of those."""
RECORDS_PER_AGENT: Final = 40
MOST_RECORDS: Final = 1500


def records_for(agents: Sequence[int]) -> int:
    """How many records are played: enough for the largest team to settle in, few enough to be quick."""
    return min(MOST_RECORDS, max(LEAST_RECORDS, RECORDS_PER_AGENT * max(agents)))


class ForecastMaker:
    """Makes forecasts in the background while its block is entered; what is not done at its end has failed."""

    def __init__(self, *, storage: Storage, clock: Clock, ids: Ids, dialing: Clock, foresee: Foresee) -> None:
        self._storage, self._clock, self._ids, self._dialing, self._foresee = storage, clock, ids, dialing, foresee
        self._tasks: set[Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await ended(self._tasks)

    async def ask(
        self,
        campaign_id: str,
        *,
        agents: Sequence[int],
        finish_by: datetime | None,
        cap: float | None,
        ratio: float | None,
        hours: tuple[CallingWindow, ...] | None,
        assumed: Assumptions,
        asked: Mapping[str, Any],
        by: Principal,
    ) -> Forecast:
        """Begin a forecast. Without `agents` as many are taken as are assigned to the campaign.

        Raises:
            CampaignNotFound: no such campaign.
            CampaignNotForecastable: it lacks something without which it could not dial.
            Invalid: it is to be done by a time that has passed.
            TooManyForecasts: ask again later.
        """
        now = self._dialing.now()
        if finish_by is not None and finish_by <= now:
            raise Invalid("Invalid input", [FieldProblem("finish_by", "must be in the future")])
        async with self._storage.unit_of_work(by.account) as uow:
            campaign = await found(uow, campaign_id)
            lacks = [name for name in ("configuration", "strategy") if getattr(campaign, name) is None]
            if not agents and not campaign.assigned.users:
                lacks.append("agents")
            if lacks:
                raise CampaignNotForecastable(lacks)
            if await uow.forecasts.count_open(self._clock.now()) >= MOST_OPEN:
                raise TooManyForecasts
            question = Question(
                agents=tuple(dict.fromkeys(agents)) or (campaign.assigned.users,),
                finish_by=finish_by or now + DEFAULT_FINISH,
                cap=cap,
                ratio=ratio,
                hours=hours,
                assumed=assumed,
            )
            material = await uow.forecasts.material(campaign, now, records_for(question.agents))
            began = self._clock.now()
            forecast = Forecast(
                ForecastId(self._ids.new("forecast")),
                campaign.id,
                ForecastStatus.RUNNING,
                asked,
                began,
                began + LONGEST_WORK,
            )
            await uow.forecasts.add(forecast)
        task = create_task(self._make(by.account, forecast, material, question), name=f"forecast {forecast.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return forecast

    async def _make(self, account: AccountId, forecast: Forecast, material: Material, question: Question) -> None:
        try:
            result: Mapping[str, Any] | None = await self._foresee(material, question)
            status = ForecastStatus.DONE
        except Exception:
            # One bad campaign must not keep the others from being foreseen; the log has what we did wrong.
            log.exception("forecast_failed", forecast_id=str(forecast.id))
            result, status = None, ForecastStatus.FAILED
        done = replace(forecast, status=status, result=result, done_at=self._clock.now())
        try:
            async with self._storage.unit_of_work(account) as uow:
                await uow.forecasts.finish(done)
        except Unavailable as exc:  # it counts as failed when its time is over
            log.warning("forecast_not_stored", forecast_id=str(forecast.id), why=exc.code)


async def get(campaign_id: str, forecast_id: str, *, by: Principal, storage: Storage) -> Forecast:
    """Raises `CampaignNotFound`, `ForecastNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        campaign = await found(uow, campaign_id)
        uuid = uuid_of(forecast_id)
        if uuid is None:
            raise ForecastNotFound(forecast_id)
        return await uow.forecasts.get(campaign.id, ForecastId(uuid))


async def listed(
    campaign_id: str, *, offset: int, limit: int, by: Principal, storage: Storage
) -> tuple[int, Sequence[Forecast]]:
    """How many forecasts a campaign has, and one page of them, the newest first. Raises `CampaignNotFound`."""
    async with storage.unit_of_work(by.account) as uow:
        campaign = await found(uow, campaign_id)
        return await uow.forecasts.page(campaign.id, offset=offset, limit=limit)
