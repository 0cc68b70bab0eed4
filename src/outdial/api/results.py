"""What came of a campaign's calls: counts and rates by hour, by outcome, by what agents said, by list; also as CSV."""

import csv
import enum
import io
from collections.abc import Iterator, Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from outdial.api.answers.results import ResultsShown
from outdial.api.auth import needs
from outdial.api.describe import Raw, described
from outdial.api.hal import hal, instant, link, without_absent
from outdial.api.reports import DateTime
from outdial.api.services import services_of
from outdial.api.shapes import Query, any_case, read_query
from outdial.app import results
from outdial.domain.access import Principal, Scope
from outdial.domain.campaigns import CampaignNotFound
from outdial.domain.results import CallResults, Counts

router = APIRouter(tags=["Results"])

Read = Annotated[Principal, needs(Scope.CAMPAIGNS_READ)]


class By(enum.Enum):
    """What the rows of a file are."""

    HOUR = "hour"
    OUTCOME = "outcome"
    DISPOSITION = "disposition"
    LIST = "list"


class SpanQuery(Query):
    """Calls that began at `from` or later and before `to`: without them, in the last seven days."""

    from_: DateTime | None = Field(None, alias="from")
    to: DateTime | None = None
    timezone: Annotated[str, StringConstraints(min_length=1, max_length=64), Field(examples=["Europe/Lisbon"])] = "UTC"


class FileQuery(SpanQuery):
    by: Annotated[By, any_case(By)] = By.HOUR


@router.get("/v1/campaigns/{campaign_id}/results", summary="What came of a campaign's calls, counted")
@described(ResultsShown, query=SpanQuery, refuses=(CampaignNotFound,))
async def campaign_results(request: Request, campaign_id: str, who: Read) -> Response:
    found = await _found(request, campaign_id, read_query(request, SpanQuery), who)
    here = f"/v1/campaigns/{campaign_id}"
    body = {
        "from": instant(found.begins),
        "to": instant(found.ends),
        "timezone": found.timezone,
        "total": _counts(found.total),
        "records": without_absent(
            {
                "total": found.records,
                "tried": found.tried,
                "contacted": found.contacted,
                "contact_rate": _rate(found.contact_rate),
                "attempts_per_contact": _rate(found.attempts_per_contact),
            }
        ),
        "hours": [{"hour": instant(one.begins), **_counts(one.counts)} for one in found.hours],
        "outcomes": [{"outcome": outcome.value, "calls": calls} for outcome, calls in found.outcomes],
        "dispositions": [
            without_absent(
                {
                    "disposition_id": None if one.disposition is None else str(one.disposition),
                    "name": one.name,
                    "calls": one.calls,
                }
            )
            for one in found.dispositions
        ],
        "lists": [
            {"record_list_id": str(one.record_list), "name": one.name, **_counts(one.counts)} for one in found.lists
        ],
        "_links": {
            "self": link(request, f"{here}/results"),
            "campaign": link(request, here),
            "csv": link(request, f"{here}/results.csv"),
        },
    }
    return hal(request, body)


@router.get("/v1/campaigns/{campaign_id}/results.csv", summary="The same as a CSV file, row by row")
@described(
    Raw("text/csv"),
    says={200: "A header and the rows. Rates are fractions; one of nothing is empty"},
    query=FileQuery,
    refuses=(CampaignNotFound,),
)
async def campaign_results_file(request: Request, campaign_id: str, who: Read) -> Response:
    query = read_query(request, FileQuery)
    found = await _found(request, campaign_id, query, who)
    headers = {
        "Content-Disposition": f'attachment; filename="results-by-{query.by.value}.csv"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(_lines(found, query.by), media_type="text/csv; charset=utf-8", headers=headers)


async def _found(request: Request, campaign_id: str, query: SpanQuery, who: Principal) -> CallResults:
    services = services_of(request)
    return await results.of_campaign(
        campaign_id,
        begins=query.from_,
        ends=query.to,
        timezone=query.timezone,
        by=who,
        storage=services.storage,
        clock=services.clock,
    )


def _counts(counts: Counts) -> dict[str, Any]:
    return without_absent(dict(zip(COUNTED, _values(counts), strict=True)))


COUNTED = (
    *("dials", "answered", "machine", "live", "connected", "abandoned", "left_early"),
    *("answer_rate", "live_answer_rate", "connect_rate", "abandonment_rate", "mean_talk_seconds", "mean_wait_seconds"),
)


def _values(counts: Counts) -> Sequence[float | None]:
    return (
        counts.dials,
        counts.answered,
        counts.machine,
        counts.live,
        counts.connected,
        counts.abandoned,
        counts.left_early,
        _rate(counts.answer_rate),
        _rate(counts.live_answer_rate),
        _rate(counts.connect_rate),
        _rate(counts.abandonment_rate),
        _rate(counts.mean_talk_seconds),
        _rate(counts.mean_wait_seconds),
    )


def _rate(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _lines(found: CallResults, by: By) -> Iterator[str]:
    """The file, line by line."""
    yield _line((by.value, *(COUNTED if by in (By.HOUR, By.LIST) else ("calls", "share"))))
    match by:
        case By.HOUR:
            zone = ZoneInfo(found.timezone)
            for hour in found.hours:
                yield _line((hour.begins.astimezone(zone).isoformat(), *_values(hour.counts)))
        case By.LIST:
            for one in found.lists:
                yield _line((one.name, *_values(one.counts)))
        case By.OUTCOME:
            for outcome, calls in found.outcomes:
                yield _line((outcome.value, calls, _rate(calls / found.total.dials)))
        case By.DISPOSITION:
            said = sum(one.calls for one in found.dispositions)
            for what in found.dispositions:
                yield _line((what.name, what.calls, _rate(what.calls / said)))


def _line(values: Sequence[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()
