"""The judge: reads what a campaign did and says which of its own rules the dialer broke.

It is written from the documents, imports nothing of Outdial and shares no code with it, so that a rule which the engine
misunderstands is not misunderstood the same way here. Its methods are slow and plain: wall clocks are read through
`zoneinfo`, every record is walked from its first attempt to its last.

    log = await load(connection, campaign_uuid)
    assert judge(campaign_body, log.records, log.attempts, log.finals) == []

Where the documents leave room, the judge takes the milder reading:

* An outcome that the campaign does not mention is `RETRY` with the campaign's numbers. A `custom` rule without a period
  waits like one that is not custom: at least the shorter of the chain item's and the campaign's period.
* `rejected` and `no_answer` share one tally, as they share one rule.
* Uncounted attempts use up no limit at all; each waits as long as its place in its unbroken row of uncounted ones says.
* Waits run from the end of the attempt before.
* A phone whose zones share open hours in some weeks of the year only, or that is on a DNC list, may be skipped or not.
* Without a record chain only the first phone counts.
* Order is judged over what was certain: an attempt has jumped the queue only if another record was ready from
  `tolerance_seconds` before it until as long after it.
"""

import bisect
import enum
import functools
import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
import phonenumbers.timezone

Zones = tuple[str, ...]

UNCOUNTED: Final = frozenset({"congestion", "carrier_fault", "lost"})
COUNTED: Final = frozenset(
    {
        "connected",
        "abandoned",
        "hangup_before_connection",
        "agent_hangup_before_connection",
        "machine",
        "busy",
        "no_answer",
        "rejected",
        "invalid_number",
    }
)
UNCOUNTED_IN_A_ROW: Final = 20
SETTING_OF: Final = {"rejected": "no_answer", "machine": "answering_machine_detection"}
"""Outcomes that the campaign governs under another name."""

PHONE_TYPES: Final = ("MOBILE", "HOME", "OFFICE", "EXTRA_1", "EXTRA_2", "EXTRA_3")
"""In the order of their stored codes, which begin with 1."""

ALWAYS: Final = datetime.max.replace(tzinfo=UTC)
DAYS_OF_WEEK: Final = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


class Rule(enum.Enum):
    """What can be broken."""

    UNKNOWN_RECORD = "an attempt belongs to a record of the campaign and calls one of its numbers"
    UNKNOWN_OUTCOME = "an outcome is one of the closed set, and counted or not as the set says"
    NO_OUTCOME = "every attempt has an end and an outcome"
    NUMBERING = "a record's attempts are numbered 1, 2, 3 in the order of time"
    OVERLAP = "a record has one attempt at a time"
    CALLING_HOURS = "an attempt begins inside the calling hours of every zone of its number"
    MAX_ATTEMPTS = "a record has no more counted attempts than the campaign allows"
    MAX_OUTCOME_ATTEMPTS = "no more attempts end in an outcome than its own rule allows"
    MAX_TYPE_ATTEMPTS = "no more counted attempts go to a type of phone than the chain allows"
    WAIT = "the next attempt waits for the retry period"
    CHAIN_ORDER = "types are tried in the chain's order, none left out, none taken up again"
    AFTER_FINAL = "nothing follows once a record is final"
    LIST_ORDER = "never attempted records of a priority are taken first in, first out (or last in)"
    FRESH_FIRST = "within a priority, never attempted records come before retries"
    PRIORITY = "higher priorities hold lower ones back"
    NOT_FINAL = "in the end every record is final"
    FINAL_REASON = "a record is final for a reason that its attempts bear out"
    FINAL_COUNT = "a record's stored count of attempts is the count of its counted attempts"


@dataclass(frozen=True, slots=True)
class Violation:
    rule: Rule
    record: int
    detail: str


@dataclass(frozen=True, slots=True)
class Phone:
    """A number of a record; `blocked`: it is on a DNC list of the campaign, so that it may be passed over."""

    number: str
    phone_type: str
    zones: Zones
    position: int = 0
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """A record as imported: `phones` in its own order; `since`: from when it could be dialed, if not always."""

    record: int
    phones: tuple[Phone, ...]
    priority: int
    seq: int
    timezone: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoggedAttempt:
    """One attempt; `at` and `ended` are aware instants, `number` counts the record's attempts from 1.

    `priority` is the record's when it was taken; `ended` and `outcome` are None while it is in flight.
    """

    record: int
    number: int
    at: datetime
    ended: datetime | None
    outcome: str | None
    phone: str
    phone_type: str
    position: int
    zones: Zones
    priority: int
    seq: int
    counted: bool | None


@dataclass(frozen=True, slots=True)
class Ending:
    """What is stored of a record at the end; `state` as in the table: R, W, C, D (done) or X (suppressed).

    `attempts` is the stored count of counted attempts.
    """

    record: int
    state: str
    reason: str | None
    attempts: int

    @property
    def final(self) -> bool:
        return self.state in {"D", "X"}


class Log(NamedTuple):
    """All that `judge` needs besides the campaign."""

    records: list[RecordFacts]
    attempts: list[LoggedAttempt]
    finals: list[Ending]


def judge(
    campaign: Mapping[str, Any],
    records: Iterable[RecordFacts],
    attempts: Iterable[LoggedAttempt],
    finals: Iterable[Ending],
    *,
    tolerance_seconds: float = 2.0,
    strict: bool = True,
    finished: bool = True,
) -> list[Violation]:
    """All that is wrong with a campaign's attempts.

    Args:
        campaign: the body of the campaign as the API takes it, with `dialing_strategy`.
        attempts: in any order.
        finals: one for each record.
        tolerance_seconds: how long before an attempt begins its record may have been claimed. Calls that were claimed
            in the same decision may begin in any order within this time.
        strict: a record that waits for its retry holds lower priorities back too, not only one that is due.
        finished: the list is said to be exhausted, so that every record must be final and no attempt open.
    """
    facts = {record.record: record for record in records}
    endings = {ending.record: ending for ending in finals}
    ordered = sorted(attempts, key=lambda attempt: (attempt.at, attempt.number, attempt.record))
    plan = _Plan(campaign["dialing_strategy"])
    tolerance = timedelta(seconds=tolerance_seconds)
    found = [
        Violation(Rule.UNKNOWN_RECORD, attempt.record, "no such record in the campaign")
        for attempt in ordered
        if attempt.record not in facts
    ]
    ordered = [attempt for attempt in ordered if attempt.record in facts]
    hours = _Hours(campaign["dialing_strategy"]["calling_hours"], ordered)
    found += _calling_hours(ordered, facts, hours)

    of_record: defaultdict[int, list[LoggedAttempt]] = defaultdict(list)
    for attempt in ordered:
        of_record[attempt.record].append(attempt)
    stories = {record: _tell(fact, of_record[record], plan, hours) for record, fact in facts.items()}
    for record, story in stories.items():
        found += story.found
        found += _one_at_a_time(of_record[record], finished)
        found += _ending(record, story, endings.get(record), finished)
    queue = {
        record: story
        for record, story in stories.items()
        # What is on a DNC list or claimed when the run was stopped has its own reasons to stay behind.
        if not any(phone.blocked for phone in facts[record].phones)
        and not (record in endings and endings[record].state == "C")
    }
    found += _list_order(ordered, facts, queue, hours, tolerance, newest_first=plan.newest_first)
    found += _priority_order(ordered, facts, queue, hours, tolerance, strict=strict)
    return found


# --- what the campaign says -------------------------------------------------------------------------------------------


def _period(item: Mapping[str, Any]) -> timedelta | None:
    amount = item.get("retry_period")
    unit = item.get("retry_time_unit") or item.get("retry_period_time_unit")
    if amount is None or unit is None:
        return None
    return timedelta(**{unit.lower(): amount})


@dataclass(frozen=True, slots=True)
class _OutcomeRule:
    final: bool = False
    most: int | None = None
    """Own limit, of a custom rule only."""
    period: timedelta | None = None
    """Own wait, of a custom rule only."""


@dataclass(frozen=True, slots=True)
class _Link:
    phone_type: str
    most: int | None
    period: timedelta | None


class _Plan:
    """The dialing strategy, read as the API's reference and the rulings describe it."""

    def __init__(self, strategy: Mapping[str, Any]) -> None:
        self.most: int = strategy["max_attempts"]
        period = _period(strategy)
        assert period is not None, "a campaign always has a retry period"
        self.period = period
        self.newest_first = strategy.get("lists_sorting_criteria") == "LIFO"
        chain = strategy.get("record_chain")
        self.chain = [_Link(item["type"], item["max_attempts"], _period(item)) for item in chain] if chain else None
        self._custom = {name for name, rule in strategy["dispositions"].items() if rule and rule.get("custom")}
        self._rules = {
            name: _OutcomeRule(
                final=rule["status_after_call"] == "FINAL",
                most=rule.get("max_attempts") if rule.get("custom") else None,
                period=_period(rule) if rule.get("custom") else None,
            )
            for name, rule in strategy["dispositions"].items()
            if rule is not None
        }

    def rule(self, outcome: str) -> _OutcomeRule:
        return self._rules.get(governing(outcome), _OutcomeRule())

    def custom_without_period(self, outcome: str) -> bool:
        return governing(outcome) in self._custom and self.rule(outcome).period is None


def governing(outcome: str) -> str:
    """The name under which a campaign has the rule for an outcome."""
    return SETTING_OF.get(outcome, outcome)


# --- calling hours: what the clocks on the walls show -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Window:
    opens: time
    closes: time
    days: frozenset[int]


@functools.cache
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


class _Common(enum.Enum):
    """Whether the zones of a number are ever open together."""

    EVERY_WEEK = enum.auto()
    SOME_WEEKS = enum.auto()
    NEVER = enum.auto()


class _Hours:
    def __init__(self, windows: Iterable[Mapping[str, Any]], attempts: Sequence[LoggedAttempt]) -> None:
        self._windows = [
            _Window(
                time.fromisoformat(window["from"]),
                time.fromisoformat(window["to"]),
                frozenset(DAYS_OF_WEEK.index(day) for day in window["week_days"]),
            )
            for window in windows
        ]
        instants = [attempt.at for attempt in attempts]
        instants += [attempt.ended for attempt in attempts if attempt.ended is not None]
        first = min(instants, default=datetime(2026, 1, 1, tzinfo=UTC)).astimezone(UTC)
        last = max(instants, default=first).astimezone(UTC)
        self.since, self.until = first - timedelta(days=2), last + timedelta(days=16)
        on_the_minute = all(not window.opens.second and not window.closes.second for window in self._windows)
        # Within a minute nothing opens or closes when every edge lies on one.
        self._grain = 60 if on_the_minute else 1
        self._open: dict[tuple[str, int], bool] = {}
        self._spans: dict[Zones, list[tuple[datetime, datetime]]] = {}
        self._common: dict[Zones, _Common] = {}

    def open_in(self, zone: str, at: datetime) -> bool:
        """Whether the clock on a wall of the zone shows a time inside a window: start inclusive, end exclusive."""
        place = _zone(zone)
        if place is None:
            return False
        local = at.astimezone(place)
        clock, today = local.time(), local.weekday()
        for window in self._windows:
            if window.opens < window.closes:
                if today in window.days and window.opens <= clock < window.closes:
                    return True
            elif (today in window.days and clock >= window.opens) or (
                (today - 1) % 7 in window.days and clock < window.closes
            ):
                return True  # runs past midnight; 00:00 to 00:00 is the whole day
        return False

    def open_in_all(self, zones: Zones, at: datetime) -> bool:
        moment = int(at.timestamp() // self._grain)
        for zone in zones:
            key = (zone, moment)
            if key not in self._open:
                self._open[key] = self.open_in(zone, at)
            if not self._open[key]:
                return False
        return bool(zones)

    def spans(self, zones: Zones) -> list[tuple[datetime, datetime]]:
        """When all zones are open, over the time of the log: `(from, until)`; `ALWAYS` if no end is near."""
        if zones not in self._spans:
            edges = {self.since, *(edge for zone in zones for edge in self._edges(zone, self.since, self.until))}
            spans: list[tuple[datetime, datetime]] = []
            opened: datetime | None = None
            for edge in sorted(edges):
                is_open = self.open_in_all(zones, edge)
                if is_open and opened is None:
                    opened = edge
                elif not is_open and opened is not None:
                    spans.append((opened, edge))
                    opened = None
            if opened is not None:
                spans.append((opened, ALWAYS))
            self._spans[zones] = spans
        return self._spans[zones]

    def common(self, zones: Zones) -> _Common:
        """Whether the zones are open together at some time of every, of some or of no week in the year to come."""
        if zones not in self._common:
            weeks = [self._open_in_week(zones, self.since + timedelta(weeks=week)) for week in range(53)]
            self._common[zones] = (
                _Common.EVERY_WEEK if all(weeks) else _Common.SOME_WEEKS if any(weeks) else _Common.NEVER
            )
        return self._common[zones]

    def _open_in_week(self, zones: Zones, start: datetime) -> bool:
        # If they are ever open together, then also at the moment when the last of them opens.
        if self.open_in_all(zones, start):
            return True
        end = start + timedelta(weeks=1)
        return any(self.open_in_all(zones, edge) for zone in zones for edge in self._edges(zone, start, end))

    def _edges(self, zone: str, start: datetime, end: datetime) -> Iterable[datetime]:
        """Every instant from `start` to `end` at which a zone could open or close, and some more."""
        place = _zone(zone)
        if place is None:
            return
        day = start.astimezone(place).date() - timedelta(days=1)
        while day <= end.astimezone(place).date():
            yield from (edge for edge in self._edges_of_day(place, day) if start <= edge <= end)
            day += timedelta(days=1)

    def _edges_of_day(self, place: ZoneInfo, day: date) -> Iterable[datetime]:
        for clock in {clock for window in self._windows for clock in (window.opens, window.closes)} | {time()}:
            for fold in (0, 1):
                yield datetime.combine(day, clock.replace(fold=fold), place).astimezone(UTC)
        # The clocks may be changed during the day, so that what they show leaps over an edge or past it again.
        low = datetime.combine(day, time(), place).astimezone(UTC)
        high = low + timedelta(days=1)
        before = low.astimezone(place).utcoffset()
        if before != high.astimezone(place).utcoffset():
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
                low, high = (middle, high) if middle.astimezone(place).utcoffset() == before else (low, middle)
            yield high


def _calling_hours(
    attempts: Iterable[LoggedAttempt], facts: Mapping[int, RecordFacts], hours: _Hours
) -> Iterable[Violation]:
    for attempt in attempts:
        known = next((phone for phone in facts[attempt.record].phones if phone.number == attempt.phone), None)
        zones = {*attempt.zones, *(known.zones if known else ())}
        if not zones:
            yield Violation(Rule.CALLING_HOURS, attempt.record, f"attempt {attempt.number}: no zone at all")
        for zone in sorted(zones):
            if hours.open_in(zone, attempt.at):
                continue
            place = _zone(zone)
            there = "" if place is None else f" at {attempt.at.astimezone(place):%A %H:%M:%S}"
            yield Violation(Rule.CALLING_HOURS, attempt.record, f"attempt {attempt.number}{there} in {zone}")


# --- one record, from its first attempt to its last -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Leg:
    """A type of phone that the record has, in the chain's order."""

    link: _Link
    phones: tuple[Phone, ...]
    optional: bool
    """It may be passed over: on a DNC list, or open hours in some weeks only."""


@dataclass(frozen=True, slots=True)
class _Gap:
    """A time in which a record could be claimed: from the end of one attempt to the start of the next.

    `start` None: since it was there; `end` None: for ever; `due` None: at once (no attempt yet).
    """

    start: datetime | None
    end: datetime | None
    due: datetime | None
    zones: Zones
    priority: int


@dataclass(slots=True)
class _Story:
    found: list[Violation] = field(default_factory=list)
    gaps: list[_Gap] = field(default_factory=list)
    reasons: set[str] = field(default_factory=set)
    """Why it may be final now."""
    over: bool = False
    """It must be final now."""
    counted: int = 0
    broken: bool = False
    """Something was so wrong that the rest cannot be followed."""
    first: datetime | None = None


def _legs(fact: RecordFacts, plan: _Plan, hours: _Hours) -> list[_Leg]:
    chain = plan.chain
    phones = fact.phones
    if chain is None:
        phones = phones[:1]
        chain = [_Link(phone.phone_type, None, None) for phone in phones]
    legs = []
    for link in chain:
        mine = tuple(phone for phone in phones if phone.phone_type == link.phone_type)
        common = [hours.common(phone.zones) for phone in mine]
        if all(each is _Common.NEVER for each in common):
            continue
        doubtful = all(
            each is not _Common.EVERY_WEEK or phone.blocked for phone, each in zip(mine, common, strict=True)
        )
        legs.append(_Leg(link, mine, doubtful))
    return legs


def _may_be_next(legs: Sequence[_Leg], here: int) -> list[int]:
    """The legs that may be dialed next when the chain stands at `here`."""
    allowed = []
    for index in range(here, len(legs)):
        allowed.append(index)
        if not legs[index].optional:
            break
    return allowed


def _back_off(in_a_row: int) -> timedelta:
    return timedelta(seconds=min(30 << (in_a_row - 1), 1800))


def _tell(fact: RecordFacts, attempts: Sequence[LoggedAttempt], plan: _Plan, hours: _Hours) -> _Story:
    """Follow a record through its attempts; the story tells what must have come next at each point."""
    story = _Story(first=attempts[0].at if attempts else None)

    def wrong(rule: Rule, detail: str) -> None:
        story.found.append(Violation(rule, fact.record, detail))

    legs = _legs(fact, plan, hours)
    here = 0  # where the chain stands
    last_leg: int | None = None
    wait_here = wait_further = timedelta()  # on the same type, and on a later one
    ended: datetime | None = None
    in_a_row = 0
    by_outcome: Counter[str] = Counter()
    by_leg: Counter[int] = Counter()

    def gap(end: datetime | None, priority: int) -> None:
        leg = legs[here] if here < len(legs) else None
        if leg is None or leg.optional or len(leg.phones) != 1:
            return  # not certain in which zone it waits
        due = None if ended is None else ended + (wait_here if here == last_leg else wait_further)
        story.gaps.append(_Gap(ended if ended is not None else fact.since, end, due, leg.phones[0].zones, priority))

    for attempt in attempts:
        name = f"attempt {attempt.number}"
        if not any((phone.number, phone.phone_type) == (attempt.phone, attempt.phone_type) for phone in fact.phones):
            wrong(Rule.UNKNOWN_RECORD, f"{name}: {attempt.phone} ({attempt.phone_type}) is no phone of the record")
            story.broken = True
            return story
        if story.over:
            rule = _limit_behind(story.reasons)
            wrong(rule, f"{name} follows although the record was final: {', '.join(sorted(story.reasons))}")
            story.broken = True
            return story
        gap(attempt.at, attempt.priority)
        allowed = _may_be_next(legs, here)
        leg = next((index for index, each in enumerate(legs) if each.link.phone_type == attempt.phone_type), None)
        if plan.chain is None and attempt.phone not in [phone.number for each in legs for phone in each.phones]:
            leg = None
        if leg is None or leg not in allowed:
            expected = ", ".join(legs[index].link.phone_type for index in allowed) or "none"
            spent = leg is not None and leg == last_leg and legs[leg].link.most == by_leg[leg]
            rule = Rule.MAX_TYPE_ATTEMPTS if spent else Rule.CHAIN_ORDER
            wrong(rule, f"{name} went to {attempt.phone_type}, expected {expected}")
            if leg is None:
                story.broken = True
                return story
        wait = wait_here if leg == last_leg else wait_further
        if ended is not None and attempt.at < ended + wait:
            wrong(Rule.WAIT, f"{name} came {attempt.at - ended} after the one before, not {wait}")

        outcome = attempt.outcome
        if outcome is None or attempt.ended is None:
            story.broken = True  # in flight: what comes next is not known yet
            return story
        if outcome not in UNCOUNTED | COUNTED or attempt.counted != (outcome in COUNTED):
            wrong(Rule.UNKNOWN_OUTCOME, f"{name} ended in {outcome}, counted: {attempt.counted}")
            story.broken = True
            return story

        here, last_leg, ended = leg, leg, attempt.ended
        story.reasons = set()
        if outcome in UNCOUNTED:
            in_a_row += 1
            wait_here = wait_further = _back_off(in_a_row)
            if in_a_row >= UNCOUNTED_IN_A_ROW:
                story.reasons.add("carrier_gave_up")
                story.over = True
            continue

        in_a_row = 0
        story.counted += 1
        by_outcome[governing(outcome)] += 1
        by_leg[leg] += 1
        rule_of_outcome, link = plan.rule(outcome), legs[leg].link
        if outcome == "connected":
            story.reasons.add("connected")
        elif rule_of_outcome.final and outcome != "invalid_number":
            story.reasons.add("final_outcome")
        if story.counted >= plan.most:
            story.reasons.add("max_attempts")
        if rule_of_outcome.most is not None and by_outcome[governing(outcome)] >= rule_of_outcome.most:
            story.reasons.add("max_outcome_attempts")
        invalid_for_good = outcome == "invalid_number" and rule_of_outcome.final
        if invalid_for_good or (link.most is not None and by_leg[leg] >= link.most):
            here = leg + 1
            if here == len(legs):
                story.reasons.add("no_phone_left")
                if invalid_for_good:
                    story.reasons.add("invalid_number")
        if rule_of_outcome.period is not None:
            wait_here = wait_further = rule_of_outcome.period
        elif outcome == "invalid_number":
            wait_here = wait_further = timedelta()
        else:
            wait_here, wait_further = link.period or plan.period, timedelta()
            if plan.custom_without_period(outcome):
                wait_here = min(wait_here, plan.period)
        story.over = bool(story.reasons)

    if story.over:
        return story
    if not legs:
        story.reasons, story.over = {"no_common_calling_hours"}, True
    elif all(leg.optional for leg in legs[here:]):
        # Whether the phones that are left could be dialed depends on the day and on DNC lists.
        if any(phone.blocked for leg in legs[here:] for phone in leg.phones):
            story.reasons.add("on_dnc_list")
        story.reasons |= {"no_phone_left"} if attempts else {"no_common_calling_hours"}
        if attempts and attempts[-1].outcome == "invalid_number":
            story.reasons.add("invalid_number")
    gap(None, fact.priority)
    return story


def _limit_behind(reasons: set[str]) -> Rule:
    """Which rule is broken by an attempt of a record that was final for these reasons."""
    if reasons == {"max_attempts"}:
        return Rule.MAX_ATTEMPTS
    if reasons == {"max_outcome_attempts"}:
        return Rule.MAX_OUTCOME_ATTEMPTS
    if reasons == {"no_phone_left"}:
        return Rule.MAX_TYPE_ATTEMPTS
    return Rule.AFTER_FINAL


def _one_at_a_time(attempts: Sequence[LoggedAttempt], finished: bool) -> Iterable[Violation]:
    numbers = [attempt.number for attempt in attempts]
    if numbers != list(range(1, len(numbers) + 1)):
        yield Violation(Rule.NUMBERING, attempts[0].record, f"in the order of time the numbers are {numbers}")
    for attempt in attempts:
        if attempt.ended is not None and attempt.ended < attempt.at:
            yield Violation(Rule.OVERLAP, attempt.record, f"attempt {attempt.number} ended before it began")
        if finished and (attempt.outcome is None or attempt.ended is None):
            yield Violation(Rule.NO_OUTCOME, attempt.record, f"attempt {attempt.number} is still open")
    for index, before in enumerate(attempts):
        for after in attempts[index + 1 :]:
            if before.ended is None or after.at < before.ended:
                detail = f"attempt {after.number} began while attempt {before.number} was in flight"
                yield Violation(Rule.OVERLAP, before.record, detail)


def _ending(record: int, story: _Story, ending: Ending | None, finished: bool) -> Iterable[Violation]:
    if ending is None:
        yield Violation(Rule.NOT_FINAL, record, "nothing is stored of it")
        return
    if not ending.final:
        if finished:
            yield Violation(Rule.NOT_FINAL, record, f"state {ending.state}, {ending.reason}")
        return
    if story.broken:
        return  # told already, and no reason can be expected
    if ending.reason not in story.reasons:
        expected = " or ".join(sorted(story.reasons)) or "no reason: it could still be dialed"
        yield Violation(Rule.FINAL_REASON, record, f"{ending.reason}, but its attempts say {expected}")
    if ending.attempts != story.counted:
        detail = f"{ending.attempts} attempts are stored, {story.counted} were counted"
        yield Violation(Rule.FINAL_COUNT, record, detail)


# --- order among records ----------------------------------------------------------------------------------------------


def _list_order(
    attempts: Sequence[LoggedAttempt],
    facts: Mapping[int, RecordFacts],
    queue: Mapping[int, _Story],
    hours: _Hours,
    tolerance: timedelta,
    *,
    newest_first: bool,
) -> Iterable[Violation]:
    """Attempts that began while a never attempted record of the same priority should have been taken instead."""
    # Of the records that share priority and zones, only the foremost that still waits needs to be looked at.
    waiting: defaultdict[int, dict[tuple[Zones, datetime | None], list[tuple[int, datetime, int]]]] = defaultdict(dict)
    for record, story in queue.items():
        first_gap = next((gap for gap in story.gaps if gap.due is None), None)
        if first_gap is None:
            continue
        place = -facts[record].seq if newest_first else facts[record].seq
        group = waiting[first_gap.priority].setdefault((first_gap.zones, first_gap.start), [])
        group.append((place, story.first or ALWAYS, record))
    for groups in waiting.values():
        for group in groups.values():
            heapq.heapify(group)

    for attempt in attempts:
        late, early = attempt.at + tolerance, attempt.at - tolerance
        mine = -attempt.seq if newest_first else attempt.seq
        groups = waiting.get(attempt.priority, {})
        for (zones, since), group in list(groups.items()):
            while group and group[0][1] <= late:
                heapq.heappop(group)
            if not group:
                del groups[zones, since]
                continue
            place, _, other = group[0]
            retry = attempt.number > 1
            if other == attempt.record or not (retry or place < mine) or (since is not None and since > early):
                continue
            if hours.open_in_all(zones, early) and hours.open_in_all(zones, attempt.at):
                rule = Rule.FRESH_FIRST if retry else Rule.LIST_ORDER
                detail = f"attempt {attempt.number} at {attempt.at} while record {other} was not attempted yet"
                yield Violation(rule, attempt.record, detail)
                break


def _priority_order(
    attempts: Sequence[LoggedAttempt],
    facts: Mapping[int, RecordFacts],
    queue: Mapping[int, _Story],
    hours: _Hours,
    tolerance: timedelta,
    *,
    strict: bool,
) -> Iterable[Violation]:
    """Attempts that began while a record of a higher priority held theirs back."""
    holding: defaultdict[int, list[tuple[datetime, datetime, int]]] = defaultdict(list)
    for record, story in queue.items():
        for gap in story.gaps:
            start, end = gap.start or hours.since, gap.end or hours.until
            spans = hours.spans(gap.zones)
            for opens, closes in spans[max(0, bisect.bisect_right(spans, (start, ALWAYS)) - 1) :]:
                if opens >= end:
                    break
                if gap.due is not None and gap.due >= closes:
                    continue  # it is not dialed again before the zone closes, and holds nobody back until then
                held = max(start, opens) if strict or gap.due is None else max(start, opens, gap.due)
                held, freed = held + tolerance, min(end, closes) - tolerance
                if held < freed:
                    holding[gap.priority].append((held, freed, record))
    # For each priority: starts in order, and up to each start the interval that reaches furthest.
    furthest: dict[int, tuple[list[datetime], list[tuple[datetime, int]]]] = {}
    for priority, intervals in holding.items():
        intervals.sort()
        reach: list[tuple[datetime, int]] = []
        for _, freed, record in intervals:
            reach.append(max(reach[-1], (freed, record)) if reach else (freed, record))
        furthest[priority] = ([held for held, _, _ in intervals], reach)

    for attempt in attempts:
        for priority in sorted(furthest, reverse=True):
            if priority <= attempt.priority:
                break
            starts, reach = furthest[priority]
            index = bisect.bisect_left(starts, attempt.at) - 1
            if index >= 0 and reach[index][0] > attempt.at and reach[index][1] != attempt.record:
                detail = (
                    f"attempt {attempt.number} (priority {attempt.priority}) at {attempt.at} while record "
                    f"{reach[index][1]} (priority {priority}) held it back"
                )
                yield Violation(Rule.PRIORITY, attempt.record, detail)
                break


# --- out of the database ----------------------------------------------------------------------------------------------


class Connection(Protocol):
    """As much of an asyncpg connection as is needed."""

    async def fetch(self, query: str, *args: Any) -> Any: ...


async def load(connection: Connection, campaign: UUID | int) -> Log:
    """Read a campaign's records, attempts and endings; `campaign` is its id in the API, or the key inside.

    A phone's zones are the record's time zone if it has one. Else they are what was stored of the number, together with
    what the public numbering data says of it, so that a zone which the import forgot is missed.
    """
    if isinstance(campaign, UUID):
        campaign = (await connection.fetch("select id from campaign where uuid = $1", campaign))[0]["id"]
    zones = {row["id"]: tuple(row["names"]) for row in await connection.fetch("select id, names from zone")}
    items = await connection.fetch(
        """select i.record_id, i.seq, i.priority, i.state::text, i.reason, i.attempts, r.timezone
           from dial_item i join record r on r.id = i.record_id where i.campaign_id = $1""",
        campaign,
    )
    blocked = {
        row["e164"]
        for row in await connection.fetch(
            """select e.e164 from dnc_entry e join campaign_dnc_list c on c.list_id = e.list_id
               where c.campaign_id = $1""",
            campaign,
        )
    }
    phones: defaultdict[int, list[Phone]] = defaultdict(list)
    time_zone = {row["record_id"]: row["timezone"] for row in items}
    positions: dict[tuple[int, str], int] = {}
    for row in await connection.fetch(
        """select p.record_id, p.position, p.phone_type, p.e164, p.zone_id from record_phone p
             join dial_item i on i.record_id = p.record_id
           where i.campaign_id = $1 order by p.record_id, p.position""",
        campaign,
    ):
        number = f"+{row['e164']}"
        positions[row["record_id"], number] = row["position"]
        phones[row["record_id"]].append(
            Phone(
                number=number,
                phone_type=PHONE_TYPES[row["phone_type"] - 1],
                zones=zones_of(number, time_zone[row["record_id"]], zones[row["zone_id"]]),
                position=row["position"],
                blocked=row["e164"] in blocked,
            )
        )
    seqs = {row["record_id"]: row["seq"] for row in items}
    records = [
        RecordFacts(
            record=row["record_id"],
            phones=tuple(phones[row["record_id"]]),
            priority=row["priority"],
            seq=row["seq"],
            timezone=row["timezone"],
        )
        for row in items
    ]
    attempts = [
        LoggedAttempt(
            record=row["record_id"],
            number=row["number"],
            at=row["started_at"],
            ended=row["ended_at"],
            outcome=row["outcome"],
            phone=f"+{row['e164']}",
            phone_type=PHONE_TYPES[row["phone_type"] - 1],
            position=positions.get((row["record_id"], f"+{row['e164']}"), -1),
            zones=zones[row["zone_id"]],
            priority=row["priority"],
            seq=seqs.get(row["record_id"], 0),
            counted=row["counted"],
        )
        for row in await connection.fetch(
            """select record_id, number, started_at, ended_at, outcome, e164, phone_type, zone_id, priority, counted
               from attempt where campaign_id = $1 order by id""",
            campaign,
        )
    ]
    endings = [Ending(row["record_id"], row["state"], row["reason"], row["attempts"]) for row in items]
    return Log(records, attempts, endings)


@functools.lru_cache(maxsize=100_000)
def zones_of(number: str, timezone: str | None, stored: Zones) -> Zones:
    """The zones that a number may be in, by the rule: the record's own, else all of the number's prefix."""
    if timezone is not None:
        return (timezone,)
    public = phonenumbers.timezone.time_zones_for_number(phonenumbers.parse(number))
    return tuple(sorted({*stored, *public} - {phonenumbers.timezone.UNKNOWN_TIMEZONE}))
