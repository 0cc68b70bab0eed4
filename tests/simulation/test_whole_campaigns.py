"""Seeded campaigns from import to the last outcome; an independent judge reads the log."""

import os
from typing import Any

import pytest

from tests.builders.lists import make_list
from tests.judge.attempt_log import judge
from tests.simulation.conftest import EVERY_DAY, Simulate, a_campaign

SEEDS = range(200 if os.environ.get("OUTDIAL_TEST_LONG") else 20)
WORKDAYS = EVERY_DAY[:5]
DAYTIME = [
    {"from": "09:00:00", "to": "20:00:00", "week_days": WORKDAYS},
    {"from": "10:00:00", "to": "17:00:00", "week_days": ["SATURDAY"]},
]
CHAIN = [
    {"type": "MOBILE", "max_attempts": 3, "retry_period": 2, "retry_time_unit": "HOURS"},
    {"type": "HOME", "max_attempts": 2, "retry_period": 1, "retry_time_unit": "DAYS"},
    {"type": "OFFICE", "max_attempts": 1, "retry_period": 1, "retry_time_unit": "DAYS"},
    {"type": "EXTRA_1", "max_attempts": 1},
    {"type": "EXTRA_2", "max_attempts": 1},
    {"type": "EXTRA_3", "max_attempts": 1},
]
OWN_RULES: dict[str, Any] = {
    "busy": {
        "status_after_call": "RETRY",
        "custom": True,
        "max_attempts": 2,
        "retry_period": 20,
        "retry_period_time_unit": "MINUTES",
    },
    "no_answer": {"status_after_call": "RETRY", "custom": False},
    "abandoned": {
        "status_after_call": "RETRY",
        "custom": True,
        "max_attempts": 1,
        "retry_period": 3,
        "retry_period_time_unit": "DAYS",
    },
    "answering_machine_detection": {"status_after_call": "RETRY", "custom": False},
    "invalid_number": {"status_after_call": "FINAL"},
}
BODIES = {
    "chain and hours": a_campaign(
        max_attempts=6,
        retry_period=4,
        retry_time_unit="HOURS",
        calling_hours=DAYTIME,
        dispositions=OWN_RULES,
        record_chain=CHAIN,
        lists_sorting_criteria="FIFO",
    ),
    "newest first": a_campaign(lists_sorting_criteria="LIFO"),
    "first phone only": a_campaign(dispositions=OWN_RULES, max_attempts=3),
    "night shift": a_campaign(
        calling_hours=[{"from": "22:00:00", "to": "06:30:00", "week_days": ["FRIDAY", "SUNDAY"]}]
    ),
}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_record_ends_and_every_attempt_obeys_the_campaigns_rules(simulate: Simulate, seed: int) -> None:
    body = list(BODIES.values())[seed % len(BODIES)]
    rows = (60, 150, 300)[seed % 3]
    given = make_list(rows, seed)
    ran = simulate(given.csv_bytes, body, agents=2 + seed % 11, seed=seed)
    assert ran.reached
    expected = given.expected
    assert {key: ran.report.as_json()[key] for key in expected} == expected
    assert judge(body, ran.log.records, ran.log.attempts, ran.log.finals) == []
    assert ran.summary["records"]["final"] == ran.summary["records"]["total"] == expected["accepted"]
    assert sum(ran.summary["records"]["reasons"].values()) == expected["accepted"]
    assert sum(ran.summary["outcomes"].values()) == ran.summary["attempts"]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_list_of_a_thousand_rows(simulate: Simulate, body: dict[str, Any]) -> None:
    ran = simulate(make_list(1000, 11).csv_bytes, body, seed=11)
    assert ran.reached
    assert judge(body, ran.log.records, ran.log.attempts, ran.log.finals) == []


def test_the_same_seed_gives_the_same_bytes_and_the_same_log(simulate: Simulate, fresh_database: Any) -> None:
    given = make_list(150, 7).csv_bytes
    body = BODIES["chain and hours"]
    first = simulate(given, body, seed=7)
    _empty_again(fresh_database)
    second = simulate(given, body, seed=7)
    assert first.text == second.text
    assert first.log.attempts == second.log.attempts


def test_another_seed_gives_another_day(simulate: Simulate, fresh_database: Any) -> None:
    given = make_list(60, 7).csv_bytes
    first = simulate(given, BODIES["newest first"], seed=1)
    _empty_again(fresh_database)
    assert simulate(given, BODIES["newest first"], seed=2).text != first.text


def test_relaxed_priorities_dial_on_while_higher_ones_wait(simulate: Simulate) -> None:
    body = BODIES["newest first"]
    ran = simulate(make_list(150, 5).csv_bytes, body, seed=5, strict_priority=False)
    assert judge(body, ran.log.records, ran.log.attempts, ran.log.finals, strict=False) == []


def test_the_progressive_pacer_abandons_nobody(simulate: Simulate) -> None:
    ran = simulate(make_list(150, 3).csv_bytes, a_campaign(), seed=3, pacer="progressive")
    assert ran.summary["abandoned"] == 0
    assert ran.summary["connected"] > 0


def _empty_again(connect: dict[str, Any]) -> None:
    import asyncio

    from tests.conftest import _EMPTY, _script

    asyncio.run(_script(connect, _EMPTY))
