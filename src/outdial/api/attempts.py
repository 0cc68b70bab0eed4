"""Attempts: every call as it was written down, and what the agent says of it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.dialing import AttemptShown, VerdictsShown
from outdial.api.auth import needs, needs_one_of
from outdial.api.bodies import read_json
from outdial.api.describe import AN_ID, described, pages_of
from outdial.api.hal import hal, instant, link, without_absent
from outdial.api.paging import LongPageQuery, page_of
from outdial.api.services import services_of
from outdial.api.shapes import Instant, Query, Shape, any_case, read_as, read_query
from outdial.app import dispositions
from outdial.app.campaigns import uuid_of
from outdial.domain.access import Principal, Scope
from outdial.domain.campaigns import CampaignNotFound
from outdial.domain.dispositions import LONGEST_NOTE, AttemptNotFound, AttemptWithoutAgent, DispositionNotFound
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.outcomes import Outcome
from outdial.domain.verdicts import Estimate, Verdicts
from outdial.ports.attempts import Attempt, AttemptFilter

router = APIRouter(tags=["Attempts"])

Reader = Annotated[Principal, needs(Scope.CAMPAIGNS_READ)]
ReaderOrAgent = Annotated[Principal, needs_one_of(Scope.CAMPAIGNS_READ, Scope.DESK_USE)]
WriterOrAgent = Annotated[Principal, needs_one_of(Scope.CAMPAIGNS_WRITE, Scope.DESK_USE)]


class AttemptsQuery(LongPageQuery):
    record_id: str | None = None
    user_id: str | None = None
    outcome: Annotated[Outcome, any_case(Outcome)] | None = None


class VerdictsQuery(Query):
    """Of calls that were started from one instant on, and before another."""

    started_from: Instant | None = None
    started_to: Instant | None = None


class SaidIn(Shape):
    disposition_id: str
    note: Annotated[str, StringConstraints(max_length=LONGEST_NOTE)] | None = None


@router.get("/v1/campaigns/{campaign_id}/attempts", summary="The calls of a campaign, the newest first")
@described(pages_of("attempts", AttemptShown), query=AttemptsQuery, refuses=(CampaignNotFound,))
async def list_attempts(request: Request, campaign_id: str, who: Reader) -> Response:
    query = read_query(request, AttemptsQuery)
    wanted, problems = {}, []
    for name, text in (("record_id", query.record_id), ("user_id", query.user_id)):
        wanted[name] = None if text is None else uuid_of(text)
        if text is not None and wanted[name] is None:
            problems.append(FieldProblem(name, "must be an id"))
    if problems:
        raise Invalid("Invalid query", problems)
    total, page = await dispositions.attempts(
        campaign_id,
        AttemptFilter(wanted["record_id"], wanted["user_id"], query.outcome),
        offset=query.offset,
        limit=query.per_page,
        by=who,
        storage=services_of(request).storage,
    )
    items = [shown(request, attempt) for attempt in page]
    return hal(request, page_of(request, "attempts", items, total=total, query=query))


@router.get(
    "/v1/campaigns/{campaign_id}/verdicts",
    summary="How well a campaign tells people from machines, by what agents say of its calls",
)
@described(VerdictsShown, query=VerdictsQuery, refuses=(CampaignNotFound,))
async def campaign_verdicts(request: Request, campaign_id: str, who: Reader) -> Response:
    query = read_query(request, VerdictsQuery)
    found = await dispositions.verdicts(
        campaign_id, since=query.started_from, until=query.started_to, by=who, storage=services_of(request).storage
    )
    here = f"/v1/campaigns/{campaign_id}"
    links = {"self": link(request, f"{here}/verdicts"), "campaign": link(request, here)}
    return hal(request, {**_shown_verdicts(found), "_links": links})


@router.get("/v1/attempts/{attempt_id}", summary="One call")
@described(AttemptShown, refuses=(AttemptNotFound,))
async def get_attempt(request: Request, attempt_id: str, who: ReaderOrAgent) -> Response:
    services = services_of(request)
    found = await dispositions.attempt(attempt_id, by=who, storage=services.storage, desk=services.desk)
    return hal(request, shown(request, found))


@router.put(
    "/v1/attempts/{attempt_id}/disposition", summary="Say how a call went, during it or after it; again corrects it"
)
@described(
    AttemptShown,
    body=SaidIn,
    example={"disposition_id": AN_ID, "note": "wants an offer by mail"},
    refuses=(AttemptNotFound, AttemptWithoutAgent),
)
async def dispose(request: Request, attempt_id: str, who: WriterOrAgent) -> Response:
    services = services_of(request)
    await dispositions.attempt(attempt_id, by=who, storage=services.storage, desk=services.desk)
    said = read_as(SaidIn, await read_json(request))
    try:
        after = await dispositions.dispose(
            attempt_id,
            said.disposition_id,
            said.note,
            account=who.account,
            storage=services.storage,
            clock=services.clock,
            ids=services.ids,
        )
    except DispositionNotFound as absent:
        raise Invalid("Invalid input", [FieldProblem("disposition_id", str(absent))]) from None
    return hal(request, shown(request, after))


def _shown_verdicts(found: Verdicts) -> dict[str, Any]:
    delays = {"p50": found.delay_p50, "p95": found.delay_p95}
    return without_absent(
        {
            "judged": {"machine": found.machine, "person": found.person, "not_sure": found.not_sure},
            "sample": {"calls": found.sampled, "said": found.sampled_said, "persons": found.sampled_persons},
            "passed": {"calls": found.passed, "said": found.passed_said, "machines": found.passed_machines},
            "false_positive_rate": _shown_estimate(found.false_positive),
            "false_discovery_rate": _shown_estimate(found.false_discovery),
            "missed_rate": _shown_estimate(found.missed),
            "delay_seconds": {name: round(seconds, 3) for name, seconds in delays.items() if seconds is not None}
            or None,
        }
    )


def _shown_estimate(share: Estimate | None) -> dict[str, float] | None:
    if share is None:
        return None
    return {"seen": round(share.seen, 4), "low": round(share.low, 4), "high": round(share.high, 4)}


def shown(request: Request, attempt: Attempt) -> dict[str, Any]:
    """An attempt as the API shows it."""
    return without_absent(
        {
            "id": str(attempt.id),
            "campaign_id": str(attempt.campaign),
            "record_id": None if attempt.record is None else str(attempt.record),
            "number": attempt.number,
            "phone_number": attempt.phone,
            "phone_type": attempt.phone_type.value,
            "caller_id": attempt.caller_id,
            "started_at": instant(attempt.started_at),
            "ringing_at": _at(attempt.ringing_at),
            "answered_at": _at(attempt.answered_at),
            "verdict_at": _at(attempt.verdict_at),
            "verdict": attempt.verdict,
            "connected_at": _at(attempt.bridged_at),
            "ended_at": _at(attempt.ended_at),
            "user_id": None if attempt.user is None else str(attempt.user),
            "outcome": None if attempt.outcome is None else attempt.outcome.value,
            "counted": attempt.counted,
            "hangup_by": attempt.hangup_by,
            "left_early": attempt.left_early,
            "sip_status": attempt.sip_status,
            "q850_cause": attempt.q850,
            "cause": attempt.cause,
            "disposition": None
            if attempt.disposition is None
            else without_absent(
                {
                    "id": str(attempt.disposition),
                    "name": attempt.disposition_name,
                    "said_at": _at(attempt.disposed_at),
                    "note": attempt.note,
                }
            ),
            "_links": {
                "self": link(request, f"/v1/attempts/{attempt.id}"),
                "campaign": link(request, f"/campaigns/{attempt.campaign}"),
            },
        }
    )


def _at(at: datetime | None) -> str | None:
    return None if at is None else instant(at)
