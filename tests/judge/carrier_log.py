"""The second judge: holds what the carrier saw against what the database says, and against the promises.

Like the first (`attempt_log`) it imports nothing of Outdial. The carrier's log is made where the calls are, outside of
the engine: it goes on when an engine dies. One row for each thing that happened, in the order of time:

    originate (number, key = "record/attempt number"), ringing, answered, judged (machine), bridged,
    message (the safety message was asked for), hang_up (asked for), failed (outcome), hung_up (by)

and two that the test adds: `killed` (an engine is gone with all it knew) and `listed` (number: from now on nobody may
call it, and whoever asked for that has been told so).
"""

import enum
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

NEVER_SENT: Final = frozenset({"lost", "congestion", "carrier_fault"})
"""Outcomes of an attempt that the carrier need not know of: none of them counts."""


class Promise(enum.Enum):
    """What architecture and issue promise, as far as the two logs can tell."""

    ONE_CALL_PER_ATTEMPT = "an attempt is called once"
    ONE_CALL_AT_A_TIME = "a record is not called while a call of it exists"
    NO_CALL_WITHOUT_ATTEMPT = "no call is made that the database does not know of"
    NO_ATTEMPT_WITHOUT_OUTCOME = "every attempt gets an outcome"
    NO_OUTCOME_LOST = "an outcome is lost only in a crash"
    OUTCOME_IS_TRUE = "the outcome is what the carrier saw"
    AGENT_OR_MESSAGE = "whoever answers hears an agent or the message"
    NOBODY_WAITS_LONG = "and hears it in time"
    EVERY_CALL_ENDS = "no call is forgotten at the carrier"
    DO_NOT_CALL = "who asked not to be called is not called"


class Broken(NamedTuple):
    promise: Promise
    call: str
    detail: str


@dataclass(frozen=True, slots=True)
class Row:
    at: datetime
    what: str
    call: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredAttempt:
    """An attempt as the database has it; `id` is the call's."""

    id: str
    key: str
    outcome: str | None


def judge_calls(
    rows: Sequence[Row],
    attempts: Iterable[StoredAttempt],
    *,
    crash_seconds: float = 2.0,
    impatient_after: float = 0.0,
    silence_seconds: float | None = None,
    unheard: bool = False,
) -> list[Broken]:
    """Every promise that was broken; the run is over, and nothing is in progress any more.

    Args:
        rows: the carrier's log, with what the test added.
        crash_seconds: how long what happened may be on its way to the database: an outcome may be lost, and a
            conversation unknown, only if an engine was killed within this time after it.
        impatient_after: whoever hangs up before having waited for so many seconds left on their own account.
        silence_seconds: how long a person may wait for agent or message; `None` = it was not measured.
        unheard: the carrier's events may have been lost on the way, so that outcomes can be `lost` without a crash.
    """
    stored = {attempt.id: attempt for attempt in attempts}
    kills = [row.at for row in rows if row.what == "killed"]
    calls: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.call:
            calls[row.call].append(row)
    found = [*_called_once(calls), *_one_at_a_time(calls), *_not_listed(rows)]
    for call, story in calls.items():
        if call not in stored:
            found.append(Broken(Promise.NO_CALL_WITHOUT_ATTEMPT, call, f"{_key(story)} is not in the database"))
        if _last(story, "failed", "hung_up") is None:
            found.append(Broken(Promise.EVERY_CALL_ENDS, call, f"its last row is {story[-1].what}"))
        found += _heard_somebody(call, story, impatient_after, silence_seconds)
    for attempt in stored.values():
        if attempt.outcome is None:
            found.append(Broken(Promise.NO_ATTEMPT_WITHOUT_OUTCOME, attempt.id, f"attempt {attempt.key} is open"))
        elif attempt.id not in calls:
            if attempt.outcome not in NEVER_SENT:
                detail = f"{attempt.outcome}, and the carrier never saw it"
                found.append(Broken(Promise.OUTCOME_IS_TRUE, attempt.id, detail))
        else:
            found += _outcome(attempt, calls[attempt.id], kills, timedelta(seconds=crash_seconds), unheard)
    return found


def _called_once(calls: Mapping[str, Sequence[Row]]) -> Iterator[Broken]:
    by_key: defaultdict[str, set[str]] = defaultdict(set)
    for call, story in calls.items():
        placed = sum(row.what == "originate" for row in story)
        if placed != 1:
            yield Broken(Promise.ONE_CALL_PER_ATTEMPT, call, f"it was originated {placed} times")
        by_key[_key(story)].add(call)
    for key, same in by_key.items():
        if len(same) > 1:
            yield Broken(Promise.ONE_CALL_PER_ATTEMPT, min(same), f"{key} is the attempt of {len(same)} calls")


def _one_at_a_time(calls: Mapping[str, Sequence[Row]]) -> Iterator[Broken]:
    of_record: defaultdict[str, list[tuple[datetime, datetime | None, str]]] = defaultdict(list)
    for call, story in calls.items():
        end = _last(story, "failed", "hung_up")
        of_record[_key(story).partition("/")[0]].append((story[0].at, None if end is None else end.at, call))
    for record, spans in of_record.items():
        spans.sort(key=lambda span: span[0])
        for (_, over_at, _), (start, _, call) in itertools.pairwise(spans):
            if over_at is None or start < over_at:
                detail = f"record {record} was called at {start} while it was in a call"
                yield Broken(Promise.ONE_CALL_AT_A_TIME, call, detail)


def _not_listed(rows: Iterable[Row]) -> Iterator[Broken]:
    listed: set[str] = set()
    for row in rows:
        if row.what == "listed":
            listed.add(row.facts["number"])
        elif row.what == "originate" and row.facts["number"] in listed:
            yield Broken(Promise.DO_NOT_CALL, row.call, f"{row.facts['number']} was called at {row.at}")


def _heard_somebody(
    call: str, story: Sequence[Row], impatient_after: float, silence_seconds: float | None
) -> Iterator[Broken]:
    answered = _first(story, "answered")
    if answered is None:
        return
    after = [row for row in story if row.at >= answered.at]
    judged = _first(after, "judged")
    if judged is not None and judged.facts["machine"]:
        return  # nobody is there to be left in silence
    somebody = _first(after, "bridged", "message")
    end = _last(after, "failed", "hung_up")
    if somebody is None:
        if end is None:
            return  # told already: the call never ended
        waited = (end.at - answered.at).total_seconds()
        if end.facts.get("by") == "us":
            yield Broken(Promise.AGENT_OR_MESSAGE, call, f"we hung up on a person after {waited:.1f} s")
        elif waited >= impatient_after:
            yield Broken(Promise.AGENT_OR_MESSAGE, call, f"a person waited for {waited:.1f} s and gave up")
    elif silence_seconds is not None and (somebody.at - answered.at).total_seconds() > silence_seconds:
        waited = (somebody.at - answered.at).total_seconds()
        yield Broken(Promise.NOBODY_WAITS_LONG, call, f"a person waited for {waited:.1f} s")


def _outcome(
    attempt: StoredAttempt, story: Sequence[Row], kills: Sequence[datetime], late: timedelta, unheard: bool
) -> Iterator[Broken]:
    end = _last(story, "failed", "hung_up")
    if end is None:
        return
    bridged, judged = _first(story, "bridged"), _first(story, "judged")
    crashed = any(story[0].at <= kill + late and kill <= end.at + late for kill in kills)
    if attempt.outcome == "lost":
        if not crashed and not unheard and _first(story, "message", "hang_up") is None:
            detail = f"the carrier saw {_told(end)}, and no engine was killed meanwhile"
            yield Broken(Promise.NO_OUTCOME_LOST, attempt.id, detail)
        just_now = bridged is not None and any(bridged.at - late <= kill <= bridged.at + late for kill in kills)
        if bridged is not None and not just_now and not unheard:
            yield Broken(Promise.NO_OUTCOME_LOST, attempt.id, "a conversation was forgotten")
        return
    truth: set[str]
    if bridged is not None:
        truth = {"connected"}
    elif end.what == "failed":
        truth = {end.facts["outcome"]}
    elif judged is not None and judged.facts["machine"]:
        truth = {"machine", "hangup_before_connection"}
    else:
        truth = {"abandoned", "hangup_before_connection", "agent_hangup_before_connection"}
    if unheard:
        # What was not heard is not known: then only what was never there may not be told.
        truth |= {"hangup_before_connection", "abandoned", "no_answer"} | NEVER_SENT
        truth |= {"machine"} if judged is not None and judged.facts["machine"] else set()
    if attempt.outcome not in truth:
        detail = f"it is stored as {attempt.outcome}, the carrier saw {_told(end)}"
        yield Broken(Promise.OUTCOME_IS_TRUE, attempt.id, detail)


def _told(end: Row) -> str:
    return f"{end.what} ({', '.join(str(value) for value in end.facts.values())})"


def _key(story: Sequence[Row]) -> str:
    return str(story[0].facts.get("key", "?"))


def _first(rows: Iterable[Row], *kinds: str) -> Row | None:
    return next((row for row in rows if row.what in kinds), None)


def _last(rows: Sequence[Row], *kinds: str) -> Row | None:
    return next((row for row in reversed(rows) if row.what in kinds), None)
