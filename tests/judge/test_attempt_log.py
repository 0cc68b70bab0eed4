"""The judge finds each kind of fault in a log made for it, and has nothing to say about a right one."""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.judge.attempt_log import (
    UNCOUNTED,
    Ending,
    LoggedAttempt,
    Phone,
    RecordFacts,
    Rule,
    Violation,
    judge,
    zones_of,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""A Monday."""

WEEK = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
ALL_WEEK = [{"from": "00:00:00", "to": "00:00:00", "week_days": WEEK}]
NINE_TO_FIVE = [{"from": "09:00:00", "to": "17:00:00", "week_days": WEEK[:5]}]
RETRY = {"status_after_call": "RETRY", "custom": False}
CHAIN = ["MOBILE", "HOME", "OFFICE", "EXTRA_1", "EXTRA_2", "EXTRA_3"]

LONDON, BERLIN, NEW_YORK, SYDNEY = "Europe/London", "Europe/Berlin", "America/New_York", "Australia/Sydney"


def custom(most: int, minutes: int) -> dict[str, Any]:
    return {
        "status_after_call": "RETRY",
        "custom": True,
        "max_attempts": most,
        "retry_period": minutes,
        "retry_period_time_unit": "MINUTES",
    }


def a_campaign(hours: Any = ALL_WEEK, chain: bool = True, **strategy: Any) -> dict[str, Any]:
    """Ten minutes between attempts, five on a mobile phone and thirty elsewhere; five attempts, at most two a type."""
    body: dict[str, Any] = {
        "max_attempts": 5,
        "retry_period": 10,
        "retry_time_unit": "MINUTES",
        "calling_hours": hours,
        "dispositions": {
            "busy": custom(2, 20),
            "no_answer": RETRY,
            "abandoned": {"status_after_call": "FINAL", "custom": False},
            "invalid_number": {"status_after_call": "FINAL"},
        },
        "lists_sorting_criteria": "FIFO",
    }
    if chain:
        body["record_chain"] = [
            {
                "type": kind,
                "max_attempts": 2,
                "retry_period": 5 if kind == "MOBILE" else 30,
                "retry_time_unit": "MINUTES",
            }
            for kind in CHAIN
        ]
    body |= strategy
    return {"name": "Judged", "dialing_mode": "PREDICTIVE", "dialing_strategy": body}


class Logbook:
    """Writes logs by hand: times are minutes after noon on a Monday, UTC."""

    def __init__(self) -> None:
        self.records: dict[int, RecordFacts] = {}
        self.attempts: list[LoggedAttempt] = []
        self.endings: dict[int, Ending] = {}

    def record(
        self,
        key: int = 1,
        *types: str,
        zones: tuple[str, ...] = (LONDON,),
        priority: int = 5,
        blocked: Sequence[str] = (),
        seq: int | None = None,
        since: float | None = None,
        zones_by_type: dict[str, tuple[str, ...]] | None = None,
    ) -> None:
        phones = tuple(
            Phone(f"+12025550{key}{index}", kind, (zones_by_type or {}).get(kind, zones), index, kind in blocked)
            for index, kind in enumerate(types or ("MOBILE",))
        )
        begin = None if since is None else NOON + timedelta(minutes=since)
        self.records[key] = RecordFacts(key, phones, priority, key if seq is None else seq, since=begin)

    def call(
        self,
        at: float,
        outcome: str | None,
        key: int = 1,
        kind: str | None = None,
        *,
        lasts: float = 1,
        number: int | None = None,
        counted: bool | None = None,
    ) -> None:
        record = self.records[key]
        phone = next(phone for phone in record.phones if kind in (None, phone.phone_type))
        begin = NOON + timedelta(minutes=at)
        self.attempts.append(
            LoggedAttempt(
                record=key,
                number=number or 1 + sum(attempt.record == key for attempt in self.attempts),
                at=begin,
                ended=begin + timedelta(minutes=lasts) if outcome else None,
                outcome=outcome,
                phone=phone.number,
                phone_type=phone.phone_type,
                position=phone.position,
                zones=phone.zones,
                priority=record.priority,
                seq=record.seq,
                counted=(outcome not in UNCOUNTED if outcome else None) if counted is None else counted,
            )
        )

    def end(self, reason: str | None, key: int = 1, state: str = "D", attempts: int | None = None) -> None:
        mine = sum(attempt.record == key and attempt.counted is True for attempt in self.attempts)
        self.endings[key] = Ending(key, state, reason, mine if attempts is None else attempts)

    def judged(self, campaign: dict[str, Any] | None = None, **options: Any) -> list[Violation]:
        campaign = a_campaign() if campaign is None else campaign
        return judge(campaign, self.records.values(), self.attempts, self.endings.values(), **options)

    def broken(self, campaign: dict[str, Any] | None = None, **options: Any) -> set[Rule]:
        return {violation.rule for violation in self.judged(campaign, **options)}


@pytest.fixture
def book() -> Logbook:
    return Logbook()


class TestARightLog:
    def test_of_one_record_through_its_whole_chain(self, book: Logbook) -> None:
        book.record(1, "OFFICE", "MOBILE", "HOME")
        book.call(0, "no_answer", kind="MOBILE")
        book.call(6, "machine", kind="MOBILE")  # five minutes after the end: the chain item's period
        book.call(7, "busy", kind="HOME")  # another type: at once
        book.call(28, "invalid_number", kind="HOME")  # busy has its own period of 20
        book.call(29, "connected", kind="OFFICE")
        book.end("connected")
        assert book.judged() == []

    def test_without_a_chain_keeps_to_the_first_phone_and_the_campaigns_period(self, book: Logbook) -> None:
        book.record(1, "HOME", "MOBILE")
        for attempt in range(5):
            book.call(attempt * 11, "no_answer", kind="HOME")
        book.end("max_attempts")
        assert book.judged(a_campaign(chain=False)) == []

    def test_of_a_record_without_common_hours_has_no_attempt(self, book: Logbook) -> None:
        book.record(zones=(NEW_YORK, SYDNEY))
        book.end("no_common_calling_hours")
        assert book.judged(a_campaign(NINE_TO_FIVE)) == []

    def test_of_nothing_is_in_order(self, book: Logbook) -> None:
        assert book.judged() == []


class TestCallingHours:
    @pytest.mark.parametrize(
        ("clock", "fine"), [("08:59:59", False), ("09:00:00", True), ("16:59:59", True), ("17:00:00", False)]
    )
    def test_begin_with_their_first_second_and_end_before_their_last(
        self, book: Logbook, clock: str, fine: bool
    ) -> None:
        book.record(zones=(BERLIN,))
        at = datetime.fromisoformat(f"2026-06-01T{clock}").replace(tzinfo=ZoneInfo(BERLIN))
        book.call((at - NOON) / timedelta(minutes=1), "connected")
        book.end("connected")
        assert book.broken(a_campaign(NINE_TO_FIVE)) == (set() if fine else {Rule.CALLING_HOURS})

    def test_hold_in_every_zone_of_the_number(self, book: Logbook) -> None:
        book.record(zones=(LONDON, NEW_YORK))
        book.call(0, "connected")  # 13:00 in London, 08:00 in New York
        book.end("connected")
        assert book.broken(a_campaign(NINE_TO_FIVE)) == {Rule.CALLING_HOURS}

    def test_are_those_of_the_numbers_zones_also_when_the_attempt_was_logged_with_another(self, book: Logbook) -> None:
        book.record(zones=(SYDNEY,))
        book.call(0, "connected")
        book.end("connected")
        book.attempts = [dataclasses.replace(attempt, zones=(LONDON,)) for attempt in book.attempts]
        assert book.broken(a_campaign(NINE_TO_FIVE)) == {Rule.CALLING_HOURS}

    @pytest.mark.parametrize(("weekday", "hour", "fine"), [(0, 23, True), (1, 1, True), (1, 3, False), (0, 1, False)])
    def test_may_run_past_midnight_into_the_next_day(self, book: Logbook, weekday: int, hour: int, fine: bool) -> None:
        hours = [{"from": "22:00:00", "to": "02:00:00", "week_days": ["MONDAY"]}]
        book.record(zones=("UTC",))
        book.call(weekday * 1440 + (hour - 12) * 60, "connected")
        book.end("connected")
        assert (Rule.CALLING_HOURS not in book.broken(a_campaign(hours))) is fine

    def test_of_midnight_to_midnight_are_the_whole_day_and_no_other(self, book: Logbook) -> None:
        hours = [{"from": "00:00:00", "to": "00:00:00", "week_days": ["MONDAY"]}]
        book.record(1, zones=("UTC",))
        book.record(2, zones=("UTC",))
        book.call(719, "connected", 1)
        book.call(720, "connected", 2)
        book.end("connected", 1)
        book.end("connected", 2)
        assert [(v.rule, v.record) for v in book.judged(a_campaign(hours))] == [(Rule.CALLING_HOURS, 2)]

    def test_follow_the_wall_clock_when_the_clocks_go_back(self, book: Logbook) -> None:
        """On 2026-11-01 New York leaves summer time: 09:00 there is 14:00 UTC, an hour later than the day before."""
        hours = [{"from": "09:00:00", "to": "17:00:00", "week_days": ["SATURDAY", "SUNDAY"]}]
        book.record(1, zones=(NEW_YORK,))
        book.record(2, zones=(NEW_YORK,))
        for key, at in ((1, datetime(2026, 10, 31, 13, tzinfo=UTC)), (2, datetime(2026, 11, 1, 13, tzinfo=UTC))):
            book.call((at - NOON) / timedelta(minutes=1), "connected", key)
            book.end("connected", key)
        assert [(v.rule, v.record) for v in book.judged(a_campaign(hours))] == [(Rule.CALLING_HOURS, 2)]

    def test_cannot_hold_in_a_zone_that_does_not_exist(self, book: Logbook) -> None:
        book.record(zones=("Etc/Unknown",))
        book.call(0, "connected")
        book.end("connected")
        assert Rule.CALLING_HOURS in book.broken()


class TestLimits:
    def test_the_campaigns_is_found_to_be_passed(self, book: Logbook) -> None:
        book.record()
        for attempt in range(6):
            book.call(attempt * 11, "no_answer")
        book.end("max_attempts")
        assert book.broken(a_campaign(chain=False)) == {Rule.MAX_ATTEMPTS}

    def test_an_outcomes_own_is_found_to_be_passed_over_all_phones(self, book: Logbook) -> None:
        book.record(1, "MOBILE", "HOME")
        book.call(0, "busy", kind="MOBILE")
        book.call(21, "no_answer", kind="MOBILE")
        book.call(22, "busy", kind="HOME")
        book.call(60, "no_answer", kind="HOME")
        book.end("no_phone_left")
        assert book.broken() == {Rule.MAX_OUTCOME_ATTEMPTS}

    def test_an_outcomes_numbers_mean_nothing_unless_it_is_custom(self, book: Logbook) -> None:
        campaign = a_campaign(chain=False)
        campaign["dialing_strategy"]["dispositions"]["busy"] |= {"custom": False, "max_attempts": 1}
        book.record()
        book.call(0, "busy")
        book.call(11, "connected")
        book.end("connected")
        assert book.judged(campaign) == []

    def test_a_types_own_is_found_to_be_passed(self, book: Logbook) -> None:
        book.record(1, "MOBILE", "HOME")
        for attempt in range(3):
            book.call(attempt * 11, "no_answer", kind="MOBILE")
        book.call(40, "connected", kind="HOME")
        book.end("connected")
        assert book.broken() == {Rule.MAX_TYPE_ATTEMPTS}

    def test_a_types_own_is_found_to_be_passed_on_the_last_type(self, book: Logbook) -> None:
        book.record(1, "HOME")
        for attempt in range(3):
            book.call(attempt * 40, "no_answer")
        book.end("no_phone_left")
        assert book.broken() == {Rule.MAX_TYPE_ATTEMPTS}

    def test_retry_with_a_maximum_of_one_allows_no_further_attempt(self, book: Logbook) -> None:
        campaign = a_campaign()
        campaign["dialing_strategy"]["dispositions"]["busy"] = custom(1, 20)
        book.record()
        book.call(0, "busy")
        book.call(30, "connected")
        book.end("connected")
        assert book.broken(campaign) == {Rule.MAX_OUTCOME_ATTEMPTS}

    def test_rejected_follows_the_rule_of_no_answer(self, book: Logbook) -> None:
        campaign = a_campaign()
        campaign["dialing_strategy"]["dispositions"]["no_answer"] = custom(1, 20)
        book.record()
        book.call(0, "rejected")
        book.end("max_outcome_attempts")
        assert book.judged(campaign) == []

    def test_uncounted_attempts_use_up_none(self, book: Logbook) -> None:
        book.record(1, "MOBILE")
        book.call(0, "no_answer")
        book.call(6, "congestion")
        book.call(8, "lost")
        book.call(10, "no_answer")
        book.end("no_phone_left")
        assert book.judged() == []


class TestWaits:
    @pytest.mark.parametrize(("minutes", "fine"), [(5.99, False), (6, True)])
    def test_on_the_same_type_are_the_chain_items(self, book: Logbook, minutes: float, fine: bool) -> None:
        book.record()
        book.call(0, "no_answer")
        book.call(minutes, "connected")
        book.end("connected")
        assert book.broken() == (set() if fine else {Rule.WAIT})

    @pytest.mark.parametrize(("minutes", "fine"), [(10.99, False), (11, True)])
    def test_are_the_campaigns_when_the_chain_item_has_none(self, book: Logbook, minutes: float, fine: bool) -> None:
        campaign = a_campaign()
        del campaign["dialing_strategy"]["record_chain"][0]["retry_period"]
        book.record()
        book.call(0, "no_answer")
        book.call(minutes, "connected")
        book.end("connected")
        assert book.broken(campaign) == (set() if fine else {Rule.WAIT})

    def test_of_a_chain_item_may_be_given_under_either_name_of_the_unit(self, book: Logbook) -> None:
        campaign = a_campaign()
        item = campaign["dialing_strategy"]["record_chain"][0]
        item["retry_period_time_unit"] = item.pop("retry_time_unit")
        book.record()
        book.call(0, "no_answer")
        book.call(6, "connected")
        book.end("connected")
        assert book.judged(campaign) == []

    @pytest.mark.parametrize(("minutes", "fine"), [(27.99, False), (28, True)])
    def test_of_a_custom_outcome_apply_across_types_too(self, book: Logbook, minutes: float, fine: bool) -> None:
        book.record(1, "MOBILE", "HOME")
        book.call(0, "no_answer", kind="MOBILE")
        book.call(7, "busy", kind="MOBILE")
        book.call(minutes, "connected", kind="HOME")
        book.end("connected")
        assert book.broken() == (set() if fine else {Rule.WAIT})

    @pytest.mark.parametrize("row", range(1, 9))
    @pytest.mark.parametrize("early", [0, 1])
    def test_after_uncounted_outcomes_double_up_to_half_an_hour(self, book: Logbook, row: int, early: int) -> None:
        book.record()
        at = 0.0
        for wait in [30, 60, 120, 240, 480, 960, 1800, 1800][:row]:
            book.call(at, "congestion", lasts=0)
            at += wait / 60
        book.call(at - early / 60, "connected")
        book.end("connected")
        assert book.broken() == ({Rule.WAIT} if early else set())

    def test_after_uncounted_outcomes_begin_anew_after_a_counted_one(self, book: Logbook) -> None:
        book.record()
        book.call(0, "lost", lasts=0)
        book.call(0.5, "lost", lasts=0)
        book.call(1.5, "no_answer")
        book.call(7.5, "lost", lasts=0)
        book.call(8, "connected")
        book.end("connected")
        assert book.judged() == []

    def test_after_an_invalid_number_that_may_be_retried_are_none(self, book: Logbook) -> None:
        campaign = a_campaign()
        campaign["dialing_strategy"]["dispositions"]["invalid_number"] = {"status_after_call": "RETRY"}
        book.record()
        book.call(0, "invalid_number")
        book.call(1, "connected")
        book.end("connected")
        assert book.judged(campaign) == []


class TestChain:
    def test_starts_with_its_first_type_that_the_record_has(self, book: Logbook) -> None:
        book.record(1, "OFFICE", "HOME")
        book.call(0, "connected", kind="OFFICE")
        book.end("connected")
        assert book.broken() == {Rule.CHAIN_ORDER}

    def test_does_not_leave_a_type_before_its_limit(self, book: Logbook) -> None:
        book.record(1, "MOBILE", "HOME")
        book.call(0, "no_answer", kind="MOBILE")
        book.call(60, "connected", kind="HOME")
        book.end("connected")
        assert book.broken() == {Rule.CHAIN_ORDER}

    def test_does_not_go_back_to_a_type_that_was_left(self, book: Logbook) -> None:
        book.record(1, "MOBILE", "HOME")
        book.call(0, "invalid_number", kind="MOBILE")
        book.call(1, "no_answer", kind="HOME")
        book.call(60, "connected", kind="MOBILE")
        book.end("connected")
        assert book.broken() == {Rule.CHAIN_ORDER}

    def test_skips_a_type_whose_zones_are_never_open_together(self, book: Logbook) -> None:
        book.record(1, "MOBILE", "HOME", zones_by_type={"MOBILE": (NEW_YORK, SYDNEY)})
        book.call(0, "connected", kind="HOME")
        book.end("connected")
        assert book.judged(a_campaign(NINE_TO_FIVE)) == []

    def test_does_not_leave_a_type_because_its_zone_is_closed_just_now(self, book: Logbook) -> None:
        book.record(1, "MOBILE", "HOME", zones_by_type={"MOBILE": (SYDNEY,)})
        book.call(0, "connected", kind="HOME")
        book.end("connected")
        assert book.broken(a_campaign(NINE_TO_FIVE)) == {Rule.CHAIN_ORDER}

    def test_may_pass_over_a_number_on_a_dnc_list(self, book: Logbook) -> None:
        book.record(1, "MOBILE", "HOME", blocked=["MOBILE"])
        book.call(0, "connected", kind="HOME")
        book.end("connected")
        assert book.judged() == []

    def test_of_a_campaign_without_one_is_the_first_phone(self, book: Logbook) -> None:
        book.record(1, "HOME", "MOBILE")
        book.call(0, "connected", kind="MOBILE")
        book.end("connected")
        assert book.broken(a_campaign(chain=False)) == {Rule.CHAIN_ORDER}


class TestAfterTheEnd:
    @pytest.mark.parametrize("outcome", ["connected", "abandoned"])
    def test_nothing_follows_a_final_outcome(self, book: Logbook, outcome: str) -> None:
        book.record()
        book.call(0, outcome)
        book.call(60, "no_answer")
        book.end("connected")
        assert book.broken() == {Rule.AFTER_FINAL}

    def test_nothing_follows_the_twentieth_uncounted_outcome_in_a_row(self, book: Logbook) -> None:
        book.record()
        for attempt in range(20):
            book.call(attempt * 31, "carrier_fault")
        book.end("carrier_gave_up")
        assert book.judged() == []
        book.call(20 * 31, "connected")
        assert book.broken() == {Rule.AFTER_FINAL}

    def test_nineteen_in_a_row_are_not_the_end(self, book: Logbook) -> None:
        book.record()
        for attempt in range(19):
            book.call(attempt * 31, "carrier_fault")
        book.end("carrier_gave_up")
        assert book.broken() == {Rule.FINAL_REASON}

    def test_an_invalid_number_ends_its_type_only(self, book: Logbook) -> None:
        book.record(1, "MOBILE", "HOME")
        book.call(0, "invalid_number", kind="MOBILE")
        book.end("invalid_number")
        assert book.broken() == {Rule.FINAL_REASON}


class TestOneRecord:
    def test_has_one_attempt_at_a_time(self, book: Logbook) -> None:
        book.record(1, "MOBILE", "HOME")
        book.call(0, "invalid_number", kind="MOBILE", lasts=5)
        book.call(4, "connected", kind="HOME")
        book.end("connected")
        assert Rule.OVERLAP in book.broken()

    def test_has_no_attempt_beside_one_that_is_still_open(self, book: Logbook) -> None:
        book.record()
        book.call(0, None)
        book.call(60, "connected")
        book.end("connected")
        assert Rule.OVERLAP in book.broken(finished=False)

    @pytest.mark.parametrize("numbers", [(1, 3), (2, 3), (1, 1), (2, 1)])
    def test_numbers_its_attempts_without_a_gap(self, book: Logbook, numbers: tuple[int, int]) -> None:
        book.record()
        book.call(0, "no_answer", number=numbers[0])
        book.call(6, "connected", number=numbers[1])
        book.end("connected")
        assert book.broken() == {Rule.NUMBERING}

    def test_has_an_outcome_for_every_attempt_when_the_list_is_done(self, book: Logbook) -> None:
        book.record()
        book.call(0, None)
        book.end("in_call", state="C")
        assert book.broken() == {Rule.NO_OUTCOME, Rule.NOT_FINAL}
        assert book.judged(finished=False) == []

    @pytest.mark.parametrize(("outcome", "counted"), [("lost", True), ("busy", False), ("answered", True)])
    def test_has_outcomes_of_the_closed_set_only(self, book: Logbook, outcome: str, counted: bool) -> None:
        book.record()
        book.call(0, outcome, counted=counted)
        book.end("connected")
        assert book.broken() == {Rule.UNKNOWN_OUTCOME}

    def test_is_called_on_its_own_numbers(self, book: Logbook) -> None:
        book.record(1)
        book.record(2)
        book.call(0, "connected", 1)
        book.call(1, "connected", 2)
        book.end("connected", 1)
        book.end("connected", 2)
        book.records[1] = RecordFacts(1, book.records[2].phones, 5, 1)
        assert book.broken() == {Rule.UNKNOWN_RECORD}

    def test_belongs_to_the_campaign(self, book: Logbook) -> None:
        book.record()
        book.call(0, "connected")
        del book.records[1]
        assert book.broken() == {Rule.UNKNOWN_RECORD}


class TestEnding:
    def test_every_record_is_final_when_the_list_is_done(self, book: Logbook) -> None:
        book.record()
        book.call(0, "no_answer")
        book.end("waiting_for_retry", state="W")
        assert book.broken() == {Rule.NOT_FINAL}
        assert book.judged(finished=False) == []

    def test_a_record_without_a_stored_state_is_missed(self, book: Logbook) -> None:
        book.record()
        assert book.broken() == {Rule.NOT_FINAL}

    @pytest.mark.parametrize("reason", ["max_attempts", "connected", "no_common_calling_hours", None])
    def test_the_reason_must_be_borne_out(self, book: Logbook, reason: str | None) -> None:
        book.record()
        book.call(0, "no_answer")
        book.call(6, "no_answer")
        book.end(reason)
        assert book.broken() == {Rule.FINAL_REASON}
        book.end("no_phone_left")
        assert book.judged() == []

    def test_a_record_that_could_still_be_dialed_is_not_final(self, book: Logbook) -> None:
        book.record()
        book.call(0, "no_answer")
        book.end("max_attempts")
        assert book.broken() == {Rule.FINAL_REASON}

    def test_of_a_record_on_a_dnc_list_needs_the_list(self, book: Logbook) -> None:
        book.record(1)
        book.record(2, blocked=["MOBILE"])
        book.end("on_dnc_list", 1)
        book.end("on_dnc_list", 2, state="X")
        assert [(v.rule, v.record) for v in book.judged()] == [(Rule.FINAL_REASON, 1)]

    def test_the_stored_count_is_that_of_the_counted_attempts(self, book: Logbook) -> None:
        book.record()
        book.call(0, "congestion")
        book.call(2, "connected")
        book.end("connected", attempts=2)
        assert book.broken() == {Rule.FINAL_COUNT}


class TestListOrder:
    def fill(self, book: Logbook, order: Sequence[int], *, apart: float = 1.0, **record: Any) -> None:
        for key in sorted(order):
            book.record(key, **record)
        for place, key in enumerate(order):
            book.call(place * apart, "connected", key)
            book.end("connected", key)

    def test_first_in_first_out(self, book: Logbook) -> None:
        self.fill(book, [1, 2, 3])
        assert book.judged() == []
        assert book.broken(a_campaign(lists_sorting_criteria="LIFO")) == {Rule.LIST_ORDER}

    def test_last_in_first_out(self, book: Logbook) -> None:
        self.fill(book, [3, 2, 1])
        assert book.judged(a_campaign(lists_sorting_criteria="LIFO")) == []
        assert book.broken() == {Rule.LIST_ORDER}

    def test_names_the_record_that_came_too_early(self, book: Logbook) -> None:
        self.fill(book, [1, 3, 2])
        assert [(v.rule, v.record) for v in book.judged()] == [(Rule.LIST_ORDER, 3)]

    def test_calls_of_one_decision_may_begin_in_any_order(self, book: Logbook) -> None:
        self.fill(book, [2, 1], apart=1 / 60)
        assert book.judged() == []
        assert book.broken(tolerance_seconds=0.5) == {Rule.LIST_ORDER}

    def test_a_record_whose_zone_was_closed_is_passed_by(self, book: Logbook) -> None:
        book.record(1, zones=(NEW_YORK,))
        book.record(2, zones=(LONDON,))
        book.call(0, "connected", 2)  # 08:00 in New York
        book.call(60, "connected", 1)
        book.end("connected", 1)
        book.end("connected", 2)
        assert book.judged(a_campaign(NINE_TO_FIVE)) == []

    def test_a_record_that_came_later_is_not_missed_before(self, book: Logbook) -> None:
        book.record(1, since=30)
        book.record(2)
        book.call(0, "connected", 2)
        book.call(31, "connected", 1)
        book.end("connected", 1)
        book.end("connected", 2)
        assert book.judged() == []

    def test_other_priorities_have_a_row_of_their_own(self, book: Logbook) -> None:
        book.record(1, priority=3)
        book.record(2, priority=7)
        book.call(0, "connected", 2)
        book.call(1, "connected", 1)
        book.end("connected", 1)
        book.end("connected", 2)
        assert book.judged() == []

    def test_one_that_is_never_attempted_is_missed(self, book: Logbook) -> None:
        book.record(1)
        book.record(2)
        book.call(0, "connected", 2)
        book.end("ready", 1, state="R")
        book.end("connected", 2)
        assert book.broken(finished=False) == {Rule.LIST_ORDER}

    def test_one_that_was_claimed_when_the_run_stopped_is_not(self, book: Logbook) -> None:
        book.record(1)
        book.record(2)
        book.call(0, "connected", 2)
        book.end("in_call", 1, state="C")
        book.end("connected", 2)
        assert book.judged(finished=False) == []

    def test_fresh_records_come_before_retries(self, book: Logbook) -> None:
        book.record(1)
        book.record(2)
        book.call(0, "no_answer", 1)
        book.call(6, "connected", 1)
        book.call(7, "connected", 2)
        book.end("connected", 1)
        book.end("connected", 2)
        assert book.broken() == {Rule.FRESH_FIRST}


class TestPriorityOrder:
    def two(self, book: Logbook, *, high: str = LONDON) -> None:
        book.record(1, priority=5)
        book.record(2, priority=9, zones=(high,))

    def finish(self, book: Logbook) -> None:
        book.end("connected", 1)
        book.end("connected", 2)

    def test_a_ready_record_holds_lower_ones_back(self, book: Logbook) -> None:
        self.two(book)
        book.call(0, "connected", 1)
        book.call(1, "connected", 2)
        self.finish(book)
        assert [(v.rule, v.record) for v in book.judged()] == [(Rule.PRIORITY, 1)]
        assert book.broken(strict=False) == {Rule.PRIORITY}

    def test_a_record_in_a_call_does_not(self, book: Logbook) -> None:
        self.two(book)
        book.call(0, "connected", 2, lasts=10)
        book.call(3, "connected", 1)
        self.finish(book)
        assert book.judged() == []

    def test_a_record_that_waits_for_its_retry_does_only_under_strict_order(self, book: Logbook) -> None:
        self.two(book)
        book.call(0, "no_answer", 2)
        book.call(3, "connected", 1)
        book.call(6, "connected", 2)
        self.finish(book)
        assert book.broken() == {Rule.PRIORITY}
        assert book.judged(strict=False) == []

    def test_a_record_that_is_due_does_under_relaxed_order_too(self, book: Logbook) -> None:
        self.two(book)
        book.call(0, "no_answer", 2)
        book.call(7, "connected", 1)
        book.call(9, "connected", 2)
        self.finish(book)
        assert book.broken(strict=False) == {Rule.PRIORITY}

    def test_a_record_in_a_closed_zone_does_not(self, book: Logbook) -> None:
        self.two(book, high=NEW_YORK)
        book.call(0, "connected", 1)
        book.call(60, "connected", 2)
        self.finish(book)
        assert book.judged(a_campaign(NINE_TO_FIVE)) == []

    def test_a_record_that_is_due_after_its_zone_closes_does_not(self, book: Logbook) -> None:
        """In London it is 16:56 when the first call ends: the retry after five minutes has to wait for tomorrow."""
        self.two(book)
        book.call(235, "no_answer", 2)
        book.call(238, "connected", 1)
        book.call(21 * 60, "connected", 2)
        self.finish(book)
        assert Rule.PRIORITY not in book.broken(a_campaign(NINE_TO_FIVE))

    def test_a_record_that_is_due_just_before_its_zone_closes_does(self, book: Logbook) -> None:
        self.two(book)
        book.call(230, "no_answer", 2)
        book.call(233, "connected", 1)
        book.call(237, "connected", 2)
        self.finish(book)
        assert book.broken(a_campaign(NINE_TO_FIVE)) == {Rule.PRIORITY}

    def test_calls_of_one_decision_may_begin_in_any_order(self, book: Logbook) -> None:
        self.two(book)
        book.call(0, "connected", 1)
        book.call(1 / 60, "connected", 2)
        self.finish(book)
        assert book.judged() == []

    def test_retries_of_lower_priorities_are_held_back_too(self, book: Logbook) -> None:
        book.record(1, priority=5)
        book.record(2, priority=9, since=3)
        book.call(0, "no_answer", 1)
        book.call(6, "connected", 1)
        book.call(8, "connected", 2)
        self.finish(book)
        assert book.broken() == {Rule.PRIORITY}


class TestZonesOfANumber:
    def test_the_records_own_wins(self) -> None:
        assert zones_of("+12025550142", "Asia/Tokyo", ("America/New_York",)) == ("Asia/Tokyo",)

    def test_a_zone_that_the_import_forgot_is_missed(self) -> None:
        forgotten = zones_of("+61491570006", None, ("Australia/Sydney",))
        assert {"Australia/Sydney", "Australia/Perth"} <= set(forgotten)

    def test_what_was_stored_stands_for_a_number_that_public_data_do_not_know(self) -> None:
        assert zones_of("+447700900123", None, ("Europe/London",)) == ("Europe/London",)


# --- a little dialer of one line, as plain as can be, must please the judge; what is done to its log must not ---------

OUTCOMES = [
    "no_answer",
    "busy",
    "machine",
    "rejected",
    "invalid_number",
    "connected",
    "congestion",
    "hangup_before_connection",
]


def one_line(book: Logbook, outcomes: Callable[[], str]) -> None:
    """Dial every record of the book on one line, open all week: the next is the foremost that is ready.

    A record goes through MOBILE, then HOME, as the chain of `a_campaign` has them.
    """
    minute = 0.0
    due: dict[int, tuple[float, str] | None] = dict.fromkeys(book.records)  # None: fresh
    busy_count = dict.fromkeys(book.records, 0)
    in_a_row = dict.fromkeys(book.records, 0)
    tried: dict[tuple[int, str], int] = {}
    counted = dict.fromkeys(book.records, 0)
    while due:
        top = max(book.records[key].priority for key in due)
        mine = {key: when for key, when in due.items() if book.records[key].priority == top}
        fresh = sorted(key for key, when in mine.items() if when is None)
        key = fresh[0] if fresh else min(mine, key=lambda key: (mine[key] or (0.0, ""), key))
        when = mine[key]
        types = [phone.phone_type for phone in book.records[key].phones]
        kind = types[0] if when is None else when[1]
        minute = minute if when is None else max(minute, when[0])
        outcome = outcomes()
        book.call(minute, outcome, key, kind)
        minute += 1
        if outcome in UNCOUNTED:
            in_a_row[key] += 1
            if in_a_row[key] == 20:
                book.end("carrier_gave_up", key)
                del due[key]
            else:
                due[key] = (minute + min(0.5 * 2 ** (in_a_row[key] - 1), 30), kind)
            continue
        in_a_row[key] = 0
        counted[key] += 1
        tried[key, kind] = tried.get((key, kind), 0) + 1
        busy_count[key] += outcome == "busy"
        left = types[types.index(kind) + 1 :]
        spent = outcome == "invalid_number" or tried[key, kind] == 2
        reason = (
            "connected"
            if outcome == "connected"
            else "max_attempts"
            if counted[key] == 5
            else "max_outcome_attempts"
            if busy_count[key] == 2
            else "no_phone_left"
            if spent and not left
            else None
        )
        if reason:
            book.end(reason, key)
            del due[key]
            continue
        period = 20 if outcome == "busy" else 0 if spent else 5 if kind == "MOBILE" else 30
        due[key] = (minute + period, left[0] if spent else kind)


@st.composite
def right_logs(draw: st.DrawFn) -> Logbook:
    book = Logbook()
    for key in range(1, draw(st.integers(1, 8)) + 1):
        types = draw(st.sampled_from([("MOBILE",), ("HOME",), ("MOBILE", "HOME")]))
        book.record(key, *types, priority=draw(st.sampled_from([5, 7])))
    one_line(book, lambda: draw(st.sampled_from(OUTCOMES)))
    return book


@settings(max_examples=60)
@given(right_logs())
def test_what_a_plain_dialer_does_is_right(book: Logbook) -> None:
    assert book.judged() == []


@settings(max_examples=60)
@given(right_logs(), st.data())
def test_an_attempt_that_is_missing_or_made_twice_is_found(book: Logbook, data: st.DataObject) -> None:
    victim = data.draw(st.integers(0, len(book.attempts) - 1))
    taken = book.attempts.pop(victim)
    assert book.judged() != []
    book.attempts += [taken, taken]
    assert book.judged() != []


@settings(max_examples=60)
@given(right_logs(), st.data())
def test_an_ending_that_is_swapped_for_another_is_found(book: Logbook, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(book.records)))
    book.end("final_outcome", key)
    assert [(v.rule, v.record) for v in book.judged()] == [(Rule.FINAL_REASON, key)]
