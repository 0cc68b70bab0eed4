"""Each promise can be broken, and the judge of the carrier's log says so; where all is well it says nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.judge.carrier_log import Promise, Row, StoredAttempt, judge_calls

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
NUMBER = "+12025550142"


def row(second: float, what: str, call: str = "a", **facts: object) -> Row:
    return Row(NOON + timedelta(seconds=second), what, call, facts)


def placed(second: float, call: str = "a", key: str = "1/1", number: str = NUMBER) -> Row:
    return row(second, "originate", call, key=key, number=number)


def failed(second: float, outcome: str = "busy", call: str = "a") -> Row:
    return row(second, "failed", call, outcome=outcome)


def hung_up(second: float, by: str = "callee", call: str = "a") -> Row:
    return row(second, "hung_up", call, by=by)


def stored(outcome: str | None, call: str = "a", key: str = "1/1") -> StoredAttempt:
    return StoredAttempt(call, key, outcome)


def answered(until: float = 5.0) -> list[Row]:
    return [placed(0), row(until, "answered")]


TALKED = [*answered(), row(6, "judged", machine=False), row(7, "bridged"), hung_up(60)]
KILLED = Row(NOON + timedelta(seconds=30), "killed")

ALL_WELL: dict[str, tuple[list[Row], list[StoredAttempt]]] = {
    "busy": ([placed(0), failed(3)], [stored("busy")]),
    "a conversation": (TALKED, [stored("connected")]),
    "a machine": (
        [*answered(), row(6, "judged", machine=True), row(6, "hang_up"), hung_up(6, "us")],
        [stored("machine")],
    ),
    "the message": ([*answered(), row(8, "message"), hung_up(12, "us")], [stored("abandoned")]),
    "one after the other": (
        [placed(0), failed(3), placed(9, "b", "1/2"), failed(12, call="b")],
        [stored("busy"), stored("busy", "b", "1/2")],
    ),
    "never sent": ([], [stored("congestion")]),
    "lost in a crash": (
        [placed(28), KILLED, row(40, "message"), hung_up(40, "us")],
        [stored("lost")],
    ),
    "a number that was listed after its call": (
        [placed(0), Row(NOON + timedelta(seconds=1), "listed", facts={"number": NUMBER}), failed(3)],
        [stored("busy")],
    ),
}

BROKEN: dict[str, tuple[Promise, list[Row], list[StoredAttempt]]] = {
    "originated twice": (Promise.ONE_CALL_PER_ATTEMPT, [placed(0), placed(1), failed(3)], [stored("busy")]),
    "two calls of one attempt": (
        Promise.ONE_CALL_PER_ATTEMPT,
        [placed(0), failed(3), placed(9, "b"), failed(12, call="b")],
        [stored("busy"), stored("busy", "b")],
    ),
    "a second call beside the first": (
        Promise.ONE_CALL_AT_A_TIME,
        [placed(0), placed(2, "b", "1/2"), failed(3), failed(4, call="b")],
        [stored("busy"), stored("busy", "b", "1/2")],
    ),
    "a call that nobody wrote down": (Promise.NO_CALL_WITHOUT_ATTEMPT, [placed(0), failed(3)], []),
    "an attempt that is still open": (Promise.NO_ATTEMPT_WITHOUT_OUTCOME, [placed(0), failed(3)], [stored(None)]),
    "a lost outcome without a crash": (Promise.NO_OUTCOME_LOST, [placed(0), failed(3)], [stored("lost")]),
    "a conversation that was forgotten": (
        Promise.NO_OUTCOME_LOST,
        sorted([*TALKED, KILLED], key=lambda one: one.at),
        [stored("lost")],
    ),
    "another outcome than the carrier's": (Promise.OUTCOME_IS_TRUE, [placed(0), failed(3)], [stored("no_answer")]),
    "an outcome of a call that never was": (Promise.OUTCOME_IS_TRUE, [], [stored("busy")]),
    "a conversation told as abandoned": (Promise.OUTCOME_IS_TRUE, TALKED, [stored("abandoned")]),
    "hung up on a person": (
        Promise.AGENT_OR_MESSAGE,
        [*answered(), row(8, "hang_up"), hung_up(8, "us")],
        [stored("abandoned")],
    ),
    "left in silence until they gave up": (
        Promise.AGENT_OR_MESSAGE,
        [*answered(), hung_up(95)],
        [stored("hangup_before_connection")],
    ),
    "let wait for too long": (
        Promise.NOBODY_WAITS_LONG,
        [*answered(), row(50, "bridged"), hung_up(60)],
        [stored("connected")],
    ),
    "forgotten at the carrier": (Promise.EVERY_CALL_ENDS, [placed(0), row(2, "ringing")], [stored("no_answer")]),
    "called after they asked not to be": (
        Promise.DO_NOT_CALL,
        [Row(NOON, "listed", facts={"number": NUMBER}), placed(1), failed(3)],
        [stored("busy")],
    ),
}


@pytest.mark.parametrize(("rows", "attempts"), ALL_WELL.values(), ids=ALL_WELL)
def test_nothing_is_said_where_all_is_well(rows: list[Row], attempts: list[StoredAttempt]) -> None:
    assert judge_calls(rows, attempts, silence_seconds=30.0) == []


@pytest.mark.parametrize(("promise", "rows", "attempts"), BROKEN.values(), ids=BROKEN)
def test_a_broken_promise_is_named(promise: Promise, rows: list[Row], attempts: list[StoredAttempt]) -> None:
    found = judge_calls(rows, attempts, silence_seconds=30.0)
    assert {one.promise for one in found} == {promise}


def test_every_promise_is_shown_to_be_breakable() -> None:
    assert {promise for promise, _, _ in BROKEN.values()} == set(Promise)


def test_who_leaves_soon_left_on_their_own_account() -> None:
    left = [*answered(), hung_up(6)]
    told = [stored("hangup_before_connection")]
    assert judge_calls(left, told, impatient_after=2.0) == []
    assert judge_calls(left, told, impatient_after=0.5) != []


def test_where_events_are_lost_an_outcome_may_be_unknown_but_not_made_up() -> None:
    rows = [placed(0), failed(3)]
    assert judge_calls(rows, [stored("lost")], unheard=True) == []
    assert [one.promise for one in judge_calls(rows, [stored("connected")], unheard=True)] == [Promise.OUTCOME_IS_TRUE]
