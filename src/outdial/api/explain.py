"""Why nothing dials, why one record is not dialed, and who is next."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.activity import doing
from outdial.api.answers.dialing import NextRecordsShown, ReasonsShown, RecordWhyShown
from outdial.api.auth import needs
from outdial.api.describe import described
from outdial.api.hal import hal, instant, link, without_absent
from outdial.api.services import services_of
from outdial.api.shapes import Query, WholeNumber, read_query
from outdial.app import explain
from outdial.app.explain import MOST_AT_ONCE
from outdial.domain.access import Principal, Scope
from outdial.domain.campaigns import CampaignNotFound
from outdial.domain.explain import Why, sentence
from outdial.domain.records import RecordNotFound
from outdial.ports.explain import RecordStanding

router = APIRouter(tags=["Activity"])

Reader = Annotated[Principal, needs(Scope.CAMPAIGNS_READ)]


class NextQuery(Query):
    count: Annotated[WholeNumber, Field(ge=1, le=MOST_AT_ONCE)] = 20


@router.get("/v1/campaigns/{campaign_id}/reasons", summary="How many records each rule binds; the counts sum to all")
@described(ReasonsShown, refuses=(CampaignNotFound,))
async def campaign_reasons(request: Request, campaign_id: str, who: Reader) -> Response:
    services = services_of(request)
    found = await explain.reasons(
        campaign_id, by=who, storage=services.storage, clock=services.clock, holidays=services.holidays
    )
    rows = [
        without_absent(
            {
                "reason": rule.value,
                "description": sentence(rule),
                "records": found.counts[rule],
                "next_at": _at(found.next_at.get(rule)),
            }
        )
        for rule in sorted(found.counts, key=lambda rule: (-found.counts[rule], rule.value))
    ]
    links = _links(request, campaign_id, "reasons")
    status = {"status": found.watched.status.value, **doing(found.watched)}
    return hal(request, {"total": found.total, "campaign": status, "reasons": rows, "_links": links})


@router.get(
    "/v1/campaigns/{campaign_id}/records/{record_id}/why",
    summary="Why one record is or is not dialed, and when it can be",
)
@described(RecordWhyShown, refuses=(CampaignNotFound, RecordNotFound))
async def record_why(request: Request, campaign_id: str, record_id: str, who: Reader) -> Response:
    services = services_of(request)
    found = await explain.record_why(
        campaign_id, record_id, by=who, storage=services.storage, clock=services.clock, holidays=services.holidays
    )
    strategy, last = found.campaign.strategy, found.record.last
    body = {
        **_shown(found.record, found.why),
        "max_attempts": None if strategy is None else strategy.max_attempts,
        "timezones": list(found.zones) or None,
        "last_attempt": None
        if last is None
        else without_absent(
            {
                "number": last.number,
                "phone_number": last.phone,
                "started_at": instant(last.started_at),
                "ended_at": _at(last.ended_at),
                "outcome": None if last.outcome is None else last.outcome.value,
            }
        ),
        "campaign": {"status": found.watched.status.value, **doing(found.watched)},
        "_links": _links(request, campaign_id, f"records/{record_id}/why"),
    }
    return hal(request, without_absent(body))


@router.get("/v1/campaigns/{campaign_id}/next", summary="Who is dialed next, in order, each with the rule that binds")
@described(NextRecordsShown, query=NextQuery, refuses=(CampaignNotFound,))
async def campaign_next(request: Request, campaign_id: str, who: Reader) -> Response:
    services = services_of(request)
    query = read_query(request, NextQuery)
    found = await explain.next_records(
        campaign_id,
        query.count,
        by=who,
        storage=services.storage,
        clock=services.clock,
        holidays=services.holidays,
    )
    rows = [{"place": place, **_shown(record, why)} for place, (record, why) in enumerate(found, 1)]
    return hal(request, {"count": len(rows), "records": rows, "_links": _links(request, campaign_id, "next")})


def _shown(record: RecordStanding, why: Why) -> dict[str, Any]:
    return without_absent(
        {
            "record_id": str(record.record),
            "record_list_id": str(record.record_list),
            "first_name": record.first_name,
            "last_name": record.last_name,
            "reason": why.name,
            "description": sentence(why.rule),
            "next_at": _at(why.at),
            "priority": record.standing.priority,
            "attempts": record.attempts,
            "phone_number": record.phone,
            "phone_type": None if record.phone_type is None else record.phone_type.value,
        }
    )


def _at(at: datetime | None) -> str | None:
    return None if at is None else instant(at)


def _links(request: Request, campaign_id: str, what: str) -> Mapping[str, Any]:
    return {
        "self": link(request, f"/v1/campaigns/{campaign_id}/{what}"),
        "campaign": link(request, f"/campaigns/{campaign_id}"),
    }
