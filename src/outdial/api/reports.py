"""The log of calls as a report: jobs that are asked for, looked at, and whose files are fetched."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, FastAPI
from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from outdial.api.auth import needs
from outdial.api.bodies import read_json
from outdial.api.describe import Id, InstantShown, LinkShown, Raw, Shown, described, pages_of
from outdial.api.hal import Link, hal, instant, link, url
from outdial.api.media import JSON
from outdial.api.paging import PageQuery, page_of
from outdial.api.problems import Refused
from outdial.api.services import Services, services_of
from outdial.api.shapes import Shape, WholeNumber, any_case, read_as, read_query, wrong
from outdial.app import reports
from outdial.app.reports import ReportWriter
from outdial.domain.access import Principal, Scope
from outdial.domain.errors import FieldProblem
from outdial.domain.reports import (
    ReportAddressRefused,
    ReportBoundsReversed,
    ReportFileNotFound,
    ReportFormat,
    ReportJob,
    ReportJobNotFound,
    ReportSpanTooLong,
    ReportStatus,
    ReportTimezoneUnknown,
    TooManyReportJobs,
)

Read = Annotated[Principal, needs(Scope.REPORTS_READ)]
Write = Annotated[Principal, needs(Scope.REPORTS_WRITE)]

BASE: Final = "/data/reports/outbound_dialer_calls"
_TRY_AGAIN_SECONDS: Final = 30


@contextlib.asynccontextmanager
async def _writing(app: FastAPI) -> AsyncIterator[None]:
    """Write the files of jobs while the application serves."""
    services: Services = app.state.services
    async with ReportWriter(storage=services.storage, access=services.access, clock=services.wall) as writer:
        app.state.report_writer = writer
        yield


router = APIRouter(tags=["Reports"], lifespan=_writing)


# What may be sent ----------------------------------------------------------------------------------------------------


def _date_time(value: object) -> object:
    """A date-time; one without an offset stays so, as it is meant in the report's time zone."""
    if isinstance(value, str) and len(value) <= 35 and "T" in value.upper():
        try:
            at = datetime.fromisoformat(value)
            # Centuries away an offset leads out of the calendar, and nobody called anybody.
            if 1970 <= at.year <= 2900:
                return at
        except ValueError:
            pass
    raise wrong("must be a date-time such as 2026-02-03T09:15:27.410Z")


DateTime = Annotated[
    datetime,
    BeforeValidator(_date_time),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-02-03T09:15:27.410Z"]}),
]


class TimespanIn(Shape):
    """Calls that started at `from` or later and before `to`."""

    from_: DateTime = Field(alias="from")
    to: DateTime


class ReportIn(Shape):
    name: Annotated[str, StringConstraints(min_length=1, max_length=255)] = "outbound_dialer_calls"
    timezone: Annotated[str, StringConstraints(min_length=1, max_length=64)] = "UTC"
    format: Annotated[ReportFormat, any_case(ReportFormat)] = ReportFormat.CSV
    timespan: TimespanIn


class JobsQuery(PageQuery):
    per_page: Annotated[WholeNumber, Field(ge=1, le=200)] = 20


# What is shown -------------------------------------------------------------------------------------------------------


class TimespanShown(Shown):
    from_: InstantShown = Field(alias="from")
    to: InstantShown


class JobShown(Shown):
    id: Id
    name: str
    timezone: Annotated[str, Field(examples=["Europe/Lisbon"])]
    status: ReportStatus
    format: ReportFormat
    timespan: TimespanShown


class JobLinks(Shown):
    self_: LinkShown = Field(alias="self")
    files: LinkShown


class ReportJobShown(Shown):
    job: JobShown
    links: JobLinks = Field(alias="_links")


class ListedJobShown(JobShown):
    links: JobLinks = Field(alias="_links")


def _shown(job: ReportJob) -> dict[str, Any]:
    return {
        "id": str(job.id),
        "name": job.name,
        "timezone": job.timezone,
        "status": job.status.value,
        "format": job.format.value,
        "timespan": {"from": instant(job.begins), "to": instant(job.ends)},
    }


def _links(request: Request, job: ReportJob) -> dict[str, Link]:
    return {"self": link(request, f"{BASE}/jobs/{job.id}"), "files": link(request, f"{BASE}/files/{job.id}")}


A_REPORT: Final = {
    "name": "February",
    "timezone": "Europe/Lisbon",
    "format": "csv",
    "timespan": {"from": "2026-02-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"},
}

# The routes ----------------------------------------------------------------------------------------------------------


@router.get(f"{BASE}/jobs", summary="List report jobs, the newest first")
@described(pages_of("jobs", ListedJobShown), query=JobsQuery, answer_types=(JSON,))
async def list_report_jobs(request: Request, who: Read) -> Response:
    query = read_query(request, JobsQuery)
    total, found = await reports.listed(
        offset=query.offset, limit=query.per_page, by=who, storage=services_of(request).storage
    )
    items = [{**_shown(job), "_links": _links(request, job)} for job in found]
    return hal(request, page_of(request, "jobs", items, total=total, query=query))


@router.post(f"{BASE}/jobs", status_code=202, summary="Ask for the log of calls over a span of time")
@described(
    ReportJobShown,
    body=ReportIn,
    example=A_REPORT,
    answer_types=(JSON,),
    makes="job_id",
    made_at="/job/id",
    refuses=(ReportTimezoneUnknown, ReportBoundsReversed, ReportSpanTooLong, TooManyReportJobs),
)
async def create_report_job(request: Request, who: Write) -> Response:
    services = services_of(request)
    asked = read_as(ReportIn, await read_json(request))
    try:
        job = await reports.create(
            name=asked.name,
            timezone=asked.timezone,
            form=asked.format,
            begins=asked.timespan.from_,
            ends=asked.timespan.to,
            by=who,
            storage=services.storage,
            clock=services.wall,
            ids=services.ids,
        )
    except TooManyReportJobs as error:
        wait = str(_TRY_AGAIN_SECONDS)
        raise Refused(
            error.code,
            str(error),
            status=429,
            fields=[FieldProblem("retry-after", wait)],
            headers={"Retry-After": wait},
        ) from None
    writer: ReportWriter | None = getattr(request.app.state, "report_writer", None)
    if writer is not None:
        writer.wake()
    links = _links(request, job)
    return hal(request, {"job": _shown(job), "_links": links}, 202, {"Location": links["self"]["href"]})


@router.get(f"{BASE}/jobs/{{job_id}}", summary="How far a report job is")
@described(
    ReportJobShown,
    also={303: None},
    says={303: "The job is done: its file is at the address in `Location`"},
    headers={303: {"Location": "The address of the file"}},
    answer_types=(JSON,),
    refuses=(ReportJobNotFound,),
)
async def report_job(request: Request, job_id: str, who: Read) -> Response:
    job = await reports.get(job_id, by=who, storage=services_of(request).storage)
    links = _links(request, job)
    if job.status is ReportStatus.DONE:
        return Response(status_code=303, headers={"Location": links["files"]["href"]})
    return hal(request, {"job": _shown(job), "_links": links})


@router.get(f"{BASE}/files/{{job_id}}", status_code=302, summary="Where the file of a report job can be fetched")
@described(
    says={302: "The file is at the address in `Location`, which needs no token and is good for a quarter of an hour"},
    headers={302: {"Location": "The signed address of the file"}},
    refuses=(ReportFileNotFound,),
)
async def report_file(request: Request, job_id: str, who: Read) -> Response:
    services = services_of(request)
    token = await reports.address(job_id, by=who, storage=services.storage, clock=services.wall)
    where = url(request, f"{BASE}/downloads/{token}")
    return Response(status_code=302, headers={"Location": where, "Cache-Control": "no-store"})


@router.get(f"{BASE}/downloads/{{token}}", summary="The file of a report job, at its signed address")
@described(
    Raw("text/csv", also=("application/json", "application/x-ndjson"), schema={}),
    says={200: "The file, in the format that the job asked for"},
    refuses=(ReportAddressRefused, ReportFileNotFound),
)
async def download_report(request: Request, token: str) -> Response:
    services = services_of(request)
    job, pieces = await reports.opened(token, storage=services.storage, clock=services.wall)
    day = job.begins.astimezone(UTC).date().isoformat()
    headers = {
        "Content-Disposition": f'attachment; filename="outbound_dialer_calls-{day}.{job.format.extension}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(pieces, media_type=job.format.media_type, headers=headers)
