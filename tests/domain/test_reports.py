"""The log of calls: which spans may be asked for, and how a call is written."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from outdial.domain.outcomes import Outcome
from outdial.domain.reports import (
    COLUMNS,
    LoggedCall,
    ReportBoundsReversed,
    ReportFormat,
    ReportSpanTooLong,
    ReportText,
    check_span,
    row_of,
)
from outdial.domain.values import PhoneNumber, PhoneType

LISBON = ZoneInfo("Europe/Lisbon")
START = datetime(2026, 6, 1, 9, tzinfo=UTC)
CALL = LoggedCall(
    place=7,
    attempt=UUID(int=1),
    campaign=UUID(int=2),
    record=UUID(int=3),
    record_list=UUID(int=4),
    number=2,
    e164=PhoneNumber("+12025550142"),
    phone_type=PhoneType.MOBILE,
    caller_id=PhoneNumber("+12025550100"),
    outcome=Outcome.CONNECTED,
    started_at=START,
    ringing_at=START + timedelta(seconds=1),
    answered_at=START + timedelta(seconds=5.25),
    bridged_at=START + timedelta(seconds=6),
    ended_at=START + timedelta(seconds=66),
    agent=UUID(int=5),
    teams=("North", "South"),
    sip_status=None,
    cause=None,
    callback_mode="SPECIFIC_AGENT",
    agent_disposition="Sold",
    note='said "yes"',
    extra_data={"plan": "gold, large"},
)
UNANSWERED = replace(
    CALL,
    place=8,
    record=None,
    outcome=Outcome.BUSY,
    answered_at=None,
    bridged_at=None,
    agent=None,
    teams=(),
    sip_status=486,
    cause="Busy Here",
    agent_disposition=None,
    note=None,
    extra_data=None,
)


def written(form: ReportFormat, *pages: list[LoggedCall]) -> str:
    text = ReportText(form, "Europe/Lisbon")
    return text.opening() + "".join(text.rows(page) for page in pages) + text.closing()


class TestSpan:
    @pytest.mark.parametrize(("month", "following"), [(1, 2), (2, 3), (3, 4), (10, 11)])
    def test_every_month_fits_also_one_in_which_clocks_change(self, month: int, following: int) -> None:
        check_span(datetime(2026, month, 1, tzinfo=LISBON), datetime(2026, following, 1, tzinfo=LISBON), LISBON)

    def test_a_moment_more_than_31_days_is_too_long(self) -> None:
        with pytest.raises(ReportSpanTooLong):
            check_span(START, START + timedelta(days=31, microseconds=1), ZoneInfo("UTC"))

    def test_bounds_may_be_equal_and_not_reversed(self) -> None:
        check_span(START, START, LISBON)
        with pytest.raises(ReportBoundsReversed):
            check_span(START, START - timedelta(microseconds=1), LISBON)


class TestRow:
    def test_a_connected_call_has_its_agent_and_its_times_in_the_zone_of_the_report(self) -> None:
        row = row_of(CALL, LISBON)
        assert tuple(row) == COLUMNS
        assert (row["call_started_at"], row["call_finished_at"]) == (
            "2026-06-01T10:00:00.000+01:00",
            "2026-06-01T10:01:06.000+01:00",
        )
        assert (row["total_duration"], row["customer_ringing_time"], row["time_in_queue"]) == (66.0, 4.25, 0.75)
        assert (row["agent_id"], row["team_name"], row["system_disposition"]) == (
            str(UUID(int=5)),
            "North, South",
            "CONNECTED",
        )

    def test_a_call_that_nobody_answered_rang_until_its_end_and_was_in_no_queue(self) -> None:
        row = row_of(UNANSWERED, LISBON)
        assert (row["customer_ringing_time"], row["time_in_queue"]) == (65.0, None)
        assert (row["agent_id"], row["team_name"], row["record_id"]) == (None, None, None)
        assert (row["sip_hangup_code"], row["hangup_cause"]) == (486, "Busy Here")

    def test_who_was_abandoned_was_in_the_queue_until_the_end(self) -> None:
        row = row_of(replace(CALL, outcome=Outcome.ABANDONED, bridged_at=None, agent=None), LISBON)
        assert row["time_in_queue"] == 60.75


class TestText:
    def test_csv_has_a_header_and_a_line_for_each_call(self) -> None:
        lines = list(csv.DictReader(io.StringIO(written(ReportFormat.CSV, [CALL], [UNANSWERED]))))
        assert tuple(lines[0]) == COLUMNS
        assert (lines[0]["customer_phone_number"], lines[0]["description"]) == ("+12025550142", 'said "yes"')
        assert json.loads(lines[0]["record_extra_data"]) == {"plan": "gold, large"}
        assert (lines[1]["system_disposition"], lines[1]["agent_id"]) == ("BUSY", "")

    @pytest.mark.parametrize("pages", [[], [[CALL]], [[CALL, UNANSWERED]], [[CALL], [UNANSWERED]], [[CALL], []]])
    def test_json_is_one_array(self, pages: list[list[LoggedCall]]) -> None:
        found = json.loads(written(ReportFormat.JSON, *pages))
        assert found == [row_of(call, LISBON) for page in pages for call in page]

    def test_json_bulk_has_an_object_on_each_line(self) -> None:
        lines = written(ReportFormat.JSON_BULK, [CALL], [UNANSWERED]).splitlines()
        assert [json.loads(line) for line in lines] == [row_of(call, LISBON) for call in (CALL, UNANSWERED)]
