"""Reports: the log of calls over a span of time, as a job that writes a file."""

import csv
import enum
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NewType
from uuid import UUID
from zoneinfo import ZoneInfo

from outdial.domain.errors import FieldProblem, Invalid, NotFound, Unavailable
from outdial.domain.outcomes import Outcome
from outdial.domain.values import PhoneNumber, PhoneType

ReportJobId = NewType("ReportJobId", UUID)

LONGEST_SPAN: Final = timedelta(days=31)
"""Of local time between the bounds of a report: every month fits, also one in which clocks change."""
FILE_LIFETIME: Final = timedelta(days=7)
"""How long the file of a report can be fetched after it was written."""
ADDRESS_LIFETIME: Final = timedelta(minutes=15)
"""How long the signed address of a file is good; a new one is had by asking again."""
MOST_JOBS: Final = 15
"""Jobs of an account that may wait or run at a time."""
MOST_TRIES: Final = 3


class ReportFormat(enum.Enum):
    """How the file is written. `json` is one array of objects, `json_bulk` has an object on each line."""

    CSV = "csv"
    JSON = "json"
    JSON_BULK = "json_bulk"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPE[self]

    @property
    def extension(self) -> str:
        return _EXTENSION[self]


_MEDIA_TYPE: Final = {
    ReportFormat.CSV: "text/csv; charset=utf-8",
    ReportFormat.JSON: "application/json",
    ReportFormat.JSON_BULK: "application/x-ndjson",
}
_EXTENSION: Final = {ReportFormat.CSV: "csv", ReportFormat.JSON: "json", ReportFormat.JSON_BULK: "ndjson"}


class ReportStatus(enum.Enum):
    CREATED = "created"
    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"
    DELETED = "deleted"
    """Its file was kept as long as files are, and is gone."""


@dataclass(frozen=True, slots=True)
class ReportJob:
    """A report that was asked for: calls that started at `begins` or later, and before `ends`.

    `secret` signs the addresses of the file. `tries` counts how often its file was begun.
    """

    id: ReportJobId
    name: str
    timezone: str
    format: ReportFormat
    begins: datetime
    ends: datetime
    status: ReportStatus
    secret: bytes
    created_at: datetime
    tries: int = 0
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """An attempt that is over, with what the log says beside it. `place` orders calls that started at once."""

    place: int
    attempt: UUID
    campaign: UUID
    record: UUID | None
    record_list: UUID
    number: int
    e164: PhoneNumber
    phone_type: PhoneType
    caller_id: PhoneNumber | None
    outcome: Outcome
    started_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime
    agent: UUID | None
    teams: tuple[str, ...]
    sip_status: int | None
    cause: str | None
    callback_mode: str | None
    agent_disposition: str | None
    note: str | None
    extra_data: Mapping[str, Any] | None


def check_span(begins: datetime, ends: datetime, zone: ZoneInfo) -> None:
    """Raises `ReportBoundsReversed` or `ReportSpanTooLong`."""
    if begins > ends:
        raise ReportBoundsReversed
    # Both wall clocks of the same zone: a month with a change of clocks is as long as any.
    first, last = (at.astimezone(zone).replace(tzinfo=None) for at in (begins, ends))
    if last - first > LONGEST_SPAN:
        raise ReportSpanTooLong


COLUMNS: Final = (
    "interaction_id",
    "campaign_id",
    "record_list_id",
    "record_id",
    "attempt_number",
    "call_started_at",
    "call_finished_at",
    "total_duration",
    "customer_ringing_time",
    "time_in_queue",
    "customer_phone_number",
    "phone_type",
    "caller_id",
    "callback_mode",
    "agent_id",
    "team_name",
    "system_disposition",
    "agent_disposition",
    "description",
    "sip_hangup_code",
    "hangup_cause",
    "record_extra_data",
)
"""The columns of a report. Durations are seconds with milliseconds; instants have the offset of the report's zone.

`callback_mode` is set for calls of a callback: who was to take it. `description` is what the agent noted,
`agent_disposition` the agent's own word for the end of the call.
"""


def row_of(call: LoggedCall, zone: ZoneInfo) -> dict[str, Any]:
    """A call by column; None where there is nothing to say."""
    rang_until = call.answered_at or call.ended_at
    # Whom nobody took was in the queue until the end.
    queued_until = call.bridged_at or call.ended_at
    return {
        "interaction_id": str(call.attempt),
        "campaign_id": str(call.campaign),
        "record_list_id": str(call.record_list),
        "record_id": None if call.record is None else str(call.record),
        "attempt_number": call.number,
        "call_started_at": _instant(call.started_at, zone),
        "call_finished_at": _instant(call.ended_at, zone),
        "total_duration": _seconds(call.started_at, call.ended_at),
        "customer_ringing_time": None if call.ringing_at is None else _seconds(call.ringing_at, rang_until),
        "time_in_queue": None if call.answered_at is None else _seconds(call.answered_at, queued_until),
        "customer_phone_number": call.e164,
        "phone_type": call.phone_type.value,
        "caller_id": call.caller_id,
        "callback_mode": call.callback_mode,
        "agent_id": None if call.agent is None else str(call.agent),
        "team_name": ", ".join(call.teams) or None,
        "system_disposition": call.outcome.value.upper(),
        "agent_disposition": call.agent_disposition,
        "description": call.note,
        "sip_hangup_code": call.sip_status,
        "hangup_cause": call.cause,
        "record_extra_data": None if call.extra_data is None else dict(call.extra_data),
    }


def _instant(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="milliseconds")


def _seconds(start: datetime, end: datetime) -> float:
    return round((end - start).total_seconds(), 3)


class ReportText:
    """Writes the file piece by piece: `opening`, then `rows` for each page of calls, then `closing`."""

    def __init__(self, form: ReportFormat, timezone: str) -> None:
        self._form, self._zone = form, ZoneInfo(timezone)
        self._any = False

    def opening(self) -> str:
        match self._form:
            case ReportFormat.CSV:
                return ",".join(COLUMNS) + "\n"
            case ReportFormat.JSON:
                return "["
            case ReportFormat.JSON_BULK:
                return ""

    def rows(self, calls: Sequence[LoggedCall]) -> str:
        rows = [row_of(call, self._zone) for call in calls]
        match self._form:
            case ReportFormat.CSV:
                lines = _Lines()
                csv.writer(lines, lineterminator="\n").writerows(
                    [_cell(row[column]) for column in COLUMNS] for row in rows
                )
                return "".join(lines)
            case ReportFormat.JSON:
                before = ",\n" if self._any and rows else ""
                self._any = self._any or bool(rows)
                return before + ",\n".join(map(_json, rows))
            case ReportFormat.JSON_BULK:
                return "".join(_json(row) + "\n" for row in rows)

    def closing(self) -> str:
        return "]\n" if self._form is ReportFormat.JSON else ""


class _Lines(list[str]):
    """What the CSV writer writes, as it comes."""

    write = list[str].append


def _cell(value: object) -> object:
    return _json(value) if isinstance(value, dict) else value


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class ReportTimezoneUnknown(Invalid):
    code = "report-timezone-unknown"

    def __init__(self) -> None:
        super().__init__("Invalid input", [FieldProblem("timezone", "must be an IANA time zone")])


class ReportBoundsReversed(Invalid):
    code = "report-bounds-reversed"

    def __init__(self) -> None:
        super().__init__("Invalid input", [FieldProblem("timespan.to", "must not be before timespan.from")])


class ReportSpanTooLong(Invalid):
    code = "report-span-too-long"

    def __init__(self) -> None:
        said = f"must be at most {LONGEST_SPAN.days} days after timespan.from"
        super().__init__("Invalid input", [FieldProblem("timespan.to", said)])


class ReportJobNotFound(NotFound):
    code = "report-job-not-found"

    def __init__(self, job_id: object) -> None:
        super().__init__("there is no report job with this id")
        self.job_id = job_id


class ReportFileNotFound(NotFound):
    """The job is not done yet, has failed, or its file was kept long enough."""

    code = "report-file-not-found"

    def __init__(self, job_id: object) -> None:
        super().__init__("there is no file of a report job with this id")
        self.job_id = job_id


class TooManyReportJobs(Unavailable):
    code = "too-many-report-jobs"

    def __init__(self) -> None:
        super().__init__(f"{MOST_JOBS} report jobs of this account wait or run: please try again later")


class ReportAddressRefused(Invalid):
    """A signed address that is forged or out of date."""

    code = "report-address-refused"

    def __init__(self) -> None:
        super().__init__("this address is wrong or out of date: ask for the file again")
