"""The digital twin by itself: it keeps the campaign's rules, and is as unsure as it knows little."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from outdial.api.campaigns import new_campaign
from outdial.domain.campaigns import Campaign, CampaignStatus
from outdial.domain.forecasts import Assumptions, LeftRecord, Material, Question
from outdial.domain.outcomes import Outcome
from outdial.domain.retry import Phone, Tally
from outdial.domain.values import CampaignId, PhoneType
from outdial.simulation.pacing.twin import Foreseen, foresee, interval, runs_of
from tests.simulation.conftest import EVERY_DAY, a_campaign

MONDAY_NINE = datetime(2026, 6, 1, 9, tzinfo=UTC)
ZONES = {1: ("UTC",), 2: ("America/New_York",)}
SURE = {Outcome.CONNECTED: 30_000, Outcome.NO_ANSWER: 70_000}
"""As if a hundred thousand calls had been seen."""


def a_record(zone: int = 1, **changes: Any) -> LeftRecord:
    return replace(LeftRecord((Phone(0, PhoneType.MOBILE, zone),), 0, Tally(), 5), **changes)


def material(records: list[LeftRecord], *, seen: dict[Outcome, int] | None = None, **strategy: Any) -> Material:
    body = new_campaign(a_campaign(**strategy))
    campaign = Campaign(
        CampaignId(UUID(int=1)),
        "Renewals",
        MONDAY_NINE,
        MONDAY_NINE,
        dialing_mode=body.dialing_mode,
        configuration=body.configuration,
        strategy=body.strategy,
        status=CampaignStatus.RUNNING,
    )
    known = SURE if seen is None else seen
    return Material(campaign, MONDAY_NINE, len(records), len(records), records, {}, known, known, ZONES)


def question(*agents: int, **changes: Any) -> Question:
    return replace(Question(agents or (4,), MONDAY_NINE + timedelta(hours=8)), **changes)


def played(given: Material, asked: Question | None = None, runs: int = 3) -> list[Foreseen]:
    return runs_of(given, asked or question(), runs=runs)


def test_the_same_question_has_the_same_answer() -> None:
    given = material([a_record() for _ in range(40)])
    assert played(given) == played(given)


def test_with_one_attempt_each_record_is_called_once() -> None:
    for run in played(material([a_record() for _ in range(60)], max_attempts=1)):
        assert run.attempts == 60
        assert 8 <= run.connected + run.abandoned <= 30
        assert run.finish is not None
        assert run.finish < MONDAY_NINE + timedelta(hours=2)


def test_attempts_that_were_made_count() -> None:
    tried = a_record(tally=Tally(3, {Outcome.NO_ANSWER: 3}, {PhoneType.MOBILE: 3}))
    assert all(run.attempts == 30 for run in played(material([tried] * 30)))  # of four


def test_nobody_is_called_outside_calling_hours_of_their_zone() -> None:
    """At nine UTC it is five in the morning in New York."""
    hours = [{"from": "09:00:00", "to": "12:00:00", "week_days": EVERY_DAY}]
    given = material([a_record(zone=2) for _ in range(20)], calling_hours=hours, max_attempts=1)
    for run in played(given):
        assert run.finish is not None
        assert MONDAY_NINE + timedelta(hours=4) <= run.finish <= MONDAY_NINE + timedelta(hours=7)


def test_retries_wait_their_time() -> None:
    nobody = {Outcome.NO_ANSWER: 100_000}
    given = material(
        [a_record() for _ in range(5)], seen=nobody, max_attempts=3, retry_period=2, retry_time_unit="HOURS"
    )
    for run in played(given):
        assert run.attempts == 15
        assert run.finish is not None
        assert run.finish >= MONDAY_NINE + timedelta(hours=4)
        assert run.occupancy == 0


def test_a_record_that_waits_for_its_retry_holds_lower_priorities_back_unless_order_is_relaxed() -> None:
    waits = a_record(priority=9, due_at=MONDAY_NINE + timedelta(hours=1))
    strict = material([waits, *(a_record() for _ in range(10))], max_attempts=1)
    relaxed = replace(
        strict,
        campaign=replace(strict.campaign, extensions=replace(strict.campaign.extensions, strict_priority=False)),
    )
    later, sooner = played(strict, runs=1)[0].finish, played(relaxed, runs=1)[0].finish
    assert later is not None
    assert sooner is not None
    assert later > sooner >= MONDAY_NINE + timedelta(hours=1)


def test_what_no_hours_ever_reach_is_left_out_and_told() -> None:
    hours = [{"from": "09:00:00", "to": "12:00:00", "week_days": []}]
    answer = foresee(material([a_record() for _ in range(5)], calling_hours=hours), question(), runs=2)
    assert answer["records_played"] == 0
    assert any("no calling hours" in sentence for sentence in answer["assumptions"])


def test_a_part_of_a_long_list_stands_for_the_whole() -> None:
    whole = material([a_record() for _ in range(600)], max_attempts=2)
    part = replace(whole, records=whole.records[:120], sampled=120)
    asked = question(6)
    all_of_it, fifth = played(whole, asked, runs=2), played(part, asked, runs=6)
    assert sum(run.attempts for run in fifth) / 6 == pytest.approx(sum(run.attempts for run in all_of_it) / 2, rel=0.1)
    assert sum(run.connected for run in fifth) / 6 == pytest.approx(
        sum(run.connected for run in all_of_it) / 2, rel=0.15
    )
    took, takes = (
        sum((run.finish - MONDAY_NINE).total_seconds() for run in runs if run.finish) / len(runs)
        for runs in (all_of_it, fifth)
    )
    assert takes == pytest.approx(took, rel=0.2)


def test_who_has_seen_little_is_less_sure() -> None:
    def width(seen: dict[Outcome, int]) -> float:
        low, _, high = interval(
            [run.connected for run in played(material(records, seen=seen, max_attempts=1), runs=15)]
        )
        return high - low

    records = [a_record() for _ in range(80)]
    assert width({Outcome.CONNECTED: 3, Outcome.NO_ANSWER: 7}) > 1.5 * width(SURE)


def test_more_agents_are_done_sooner_and_enough_of_them_are_named() -> None:
    given = material([a_record() for _ in range(60)], max_attempts=1)
    asked = question(2, 8, finish_by=MONDAY_NINE + timedelta(minutes=14), assumed=Assumptions(talk_seconds=60))
    answer = foresee(given, asked, runs=3)
    two, eight = answer["scenarios"]
    assert two["finishes_at"]["likely"] > eight["finishes_at"]["likely"]
    needed = answer["agents_needed"]
    assert 2 < needed["likely"] <= needed["sure"] <= needed["most_tried"]


def test_a_time_that_no_team_can_keep_has_no_team() -> None:
    nobody = {Outcome.NO_ANSWER: 100_000}
    given = material(
        [a_record() for _ in range(8)], seen=nobody, max_attempts=2, retry_period=9, retry_time_unit="HOURS"
    )
    needed = foresee(given, question(2), runs=2)["agents_needed"]
    assert needed["most_tried"] == 8
    assert "likely" not in needed
    assert "sure" not in needed
