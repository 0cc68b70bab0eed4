"""Rule sets of jurisdictions that a campaign's settings can be held to.

They are defaults gathered from public pages of differing age, not legal advice: each names its source, and `duties`
says what it asks for that no setting can show. Several presets hold together: each forbids what it forbids.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from outdial.domain.campaigns import CallingWindow, Campaign, DialingStrategy, Mode, WeekDay
from outdial.domain.errors import FieldProblem, Invalid

_DAY: Final = 24 * 60
"""Minutes."""


@dataclass(frozen=True, slots=True)
class Frequency:
    """At most so many attempts on a record within a period."""

    attempts: int
    period: timedelta


@dataclass(frozen=True, slots=True)
class Preset:
    """What settings may be; `None` = anything.

    Attributes:
        version: when it was put together or changed, as a date.
        since: the day from which its rules are in force, where that was found.
        hours: all windows in which calls are allowed, in the called party's time.
        holidays: the region on whose public holidays nobody may be called.
        shortest_ring: seconds.
        highest_abandonment: percent.
        longest_timeout: seconds from the answer until an abandoned call must be over or hear a message.
        duties: what else is asked of whoever calls.
    """

    id: str
    name: str
    version: date
    source: str
    since: date | None = None
    hours: tuple[CallingWindow, ...] | None = None
    holidays: str | None = None
    frequency: Frequency | None = None
    shortest_ring: int | None = None
    highest_abandonment: float | None = None
    longest_timeout: int | None = None
    duties: tuple[str, ...] = ()

    def problems(self, campaign: Campaign) -> Iterator[FieldProblem]:
        """Every setting of the campaign that the preset forbids."""
        yield from self._of_hours(campaign)
        if self.holidays is not None and self.holidays not in campaign.extensions.holidays:
            yield self._problem("holidays", f"must have {self.holidays}")
        strategy, configuration = campaign.strategy, campaign.configuration
        if self.frequency is not None and strategy is not None and not _keeps(strategy, self.frequency):
            most, hours = self.frequency.attempts, int(self.frequency.period.total_seconds() // 3600)
            yield self._problem(
                "dialing_strategy.max_attempts",
                f"must be at most {most}, or without a record chain every wait so long that no more than {most}"
                f" attempts fall within {hours} hours",
            )
        if configuration is None:
            return
        if self.shortest_ring is not None and configuration.max_ring_time_in_secs < self.shortest_ring:
            yield self._problem(
                "dialing_mode_configuration.max_ring_time_in_secs", f"must be at least {self.shortest_ring}"
            )
        if campaign.mode is Mode.PREVIEW:
            return
        rate, timeout = configuration.max_abandonment_rate, configuration.abandonment_timeout
        if self.highest_abandonment is not None and rate is not None and rate > self.highest_abandonment:
            yield self._problem(
                "dialing_mode_configuration.max_abandonment_rate", f"must be at most {self.highest_abandonment:g}"
            )
        if self.longest_timeout is not None and timeout is not None and timeout > self.longest_timeout:
            yield self._problem(
                "dialing_mode_configuration.abandonment_timeout.amount", f"must be at most {self.longest_timeout}"
            )

    def _of_hours(self, campaign: Campaign) -> Iterator[FieldProblem]:
        if self.hours is None:
            return
        allowed = _minutes_of(self.hours)
        for place, window in enumerate(campaign.strategy.calling_hours if campaign.strategy else ()):
            if not _minutes_of([window]) <= allowed:
                yield self._problem(f"dialing_strategy.calling_hours.{place}", f"must lie within {self._said()}")
        for place, exception in enumerate(campaign.extensions.exceptions):
            for number, (start, to) in enumerate(exception.windows):
                own = CallingWindow(start, to, (tuple(WeekDay)[exception.on.weekday()],))
                if not _minutes_of([own]) <= allowed:
                    yield self._problem(f"exceptions.{place}.windows.{number}", f"must lie within {self._said()}")

    def _said(self) -> str:
        return "; ".join(
            f"{window.start:%H:%M}-{window.to:%H:%M} on {', '.join(day.value for day in window.week_days)}"
            for window in self.hours or ()
        )

    def _problem(self, name: str, description: str) -> FieldProblem:
        return FieldProblem(name, f"{description} ({self.id})")


def check_presets(campaign: Campaign) -> None:
    """Raises `Invalid` with every setting that one of the campaign's presets forbids, or a preset that is none."""
    problems = []
    for place, preset_id in enumerate(campaign.extensions.presets):
        preset = PRESETS.get(preset_id)
        if preset is None:
            problems.append(FieldProblem(f"presets.{place}", "is no preset"))
        else:
            problems += preset.problems(campaign)
    if problems:
        raise Invalid("the settings are not allowed by the campaign's presets", problems)


def _keeps(strategy: DialingStrategy, frequency: Frequency) -> bool:
    """Whether no record can be attempted more often, judged by the settings alone: in doubt it can."""
    if strategy.max_attempts <= frequency.attempts:
        return True
    if strategy.record_chain:
        return False  # another type of phone is tried without a wait
    waits = [strategy.retry_period * strategy.retry_unit.length]
    waits += [
        rule.retry_period * rule.retry_unit.length
        for rule in strategy.dispositions.values()
        if rule.custom and rule.retry_period is not None and rule.retry_unit is not None
    ]
    return min(waits) * frequency.attempts >= frequency.period


def _minutes_of(windows: Sequence[CallingWindow]) -> set[int]:
    """The minutes of a week, from Monday on, that the windows have a part of."""
    found: set[int] = set()
    for window in windows:
        start = window.start.hour * 60 + window.start.minute
        end = window.to.hour * 60 + window.to.minute + (window.to.second > 0)
        for day in window.week_days:
            begin = day.number * _DAY
            last = begin + (end if window.to > window.start else end + _DAY)
            found.update(minute % (7 * _DAY) for minute in range(begin + start, last))
    return found


_WEEK: Final = tuple(WeekDay)
_WORKDAYS: Final = _WEEK[:5]
_MON_TO_SAT: Final = _WEEK[:6]
_SATURDAY: Final = _WEEK[5:6]
_WEEKEND: Final = _WEEK[5:]

_VERSION: Final = date(2026, 11, 23)
_STATES: Final = "https://www.dropcowboy.com/state-compliance (November 2025)"
_THREE_A_DAY: Final = Frequency(3, timedelta(hours=24))
_SAME_SUBJECT: Final = "the limit holds for all campaigns on the same subject together"


def _within(start: int, to: int, days: tuple[WeekDay, ...] = _WEEK) -> CallingWindow:
    return CallingWindow(time(start), time(to), days)


def _state(
    code: str,
    name: str,
    start: int,
    to: int,
    *,
    days: tuple[WeekDay, ...] = _WEEK,
    frequency: Frequency | None = None,
    holidays: str | None = None,
    since: date | None = None,
    source: str = _STATES,
    duties: tuple[str, ...] = (),
) -> Preset:
    """A state's own rules: to be used together with the federal ones."""
    return Preset(
        f"us-{code}",
        name,
        _VERSION,
        source,
        since,
        (_within(start, to, days),),
        holidays,
        frequency,
        duties=(*duties, _SAME_SUBJECT) if frequency else duties,
    )


_ALL: Final = (
    Preset(
        "us-federal-tsr-tcpa",
        "United States: telemarketing, federal rules",
        _VERSION,
        "16 CFR 310.4(b), 47 CFR 64.1200(a)(7) and (c)(1)",
        hours=(_within(8, 21),),
        shortest_ring=15,
        highest_abandonment=3,
        longest_timeout=2,
        duties=(
            "an abandoned call hears a message with name, number and a way to opt out within 2 s",
            "the national do-not-call list is taken over at least every 31 days",
            "a revoked consent is honoured within 10 business days",
        ),
    ),
    Preset(
        "us-reg-f",
        "United States: debt collection",
        _VERSION,
        "12 CFR 1006.6(b)(1) and 1006.14(b)(2)",
        hours=(_within(8, 21),),
        frequency=Frequency(7, timedelta(days=7)),
        duties=(
            "the limit holds for each person and debt, over all of the person's numbers and all campaigns",
            "nobody is called within 7 days after a conversation about the debt",
        ),
    ),
    _state(
        "fl",
        "Florida",
        8,
        20,
        frequency=_THREE_A_DAY,
        source="Fla. Stat. 501.616(6)",
    ),
    _state("ok", "Oklahoma", 8, 20, frequency=_THREE_A_DAY, since=date(2022, 11, 1)),
    _state("md", "Maryland", 8, 20, frequency=_THREE_A_DAY),
    _state(
        "wa",
        "Washington",
        8,
        20,
        since=date(2022, 6, 9),
        duties=("whoever calls says who they are within 30 s",),
    ),
    _state("al", "Alabama", 8, 20, days=_MON_TO_SAT, holidays="US-AL"),
    _state("la", "Louisiana", 8, 20, days=_MON_TO_SAT, holidays="US-LA"),
    _state("ms", "Mississippi", 8, 20, days=_MON_TO_SAT),
    _state("ct", "Connecticut", 9, 20, duties=("published tables disagree on the end of the day: 20:00 or 21:00",)),
    _state("nv", "Nevada", 9, 20),
    _state("ma", "Massachusetts", 8, 20),
    _state("ky", "Kentucky", 10, 21),
    _state("mi", "Michigan", 9, 21),
    _state("mn", "Minnesota", 9, 21),
    _state("nm", "New Mexico", 9, 21),
    Preset(
        "us-me",
        "Maine",
        _VERSION,
        "https://g2leadstosales.com/2025-state-by-state-calling-restrictions-telemarketing-call-centers.html",
        frequency=Frequency(1, timedelta(hours=8)),
        duties=("the limit holds for each number and automated call, over all campaigns",),
    ),
    Preset(
        "uk-ofcom",
        "United Kingdom",
        _VERSION,
        "Ofcom, statement on persistent misuse in force since 1 March 2017, and the guidance before it",
        since=date(2017, 3, 1),
        shortest_ring=15,
        longest_timeout=2,
        duties=(
            "no silent call at all; no share of abandoned calls is safe",
            "who was abandoned is not called for 72 h without an agent held ready, after a machine's verdict 24 h",
            "the number shown can be called back at no premium",
        ),
    ),
    *(
        Preset(
            preset_id,
            name,
            _VERSION,
            source,
            since,
            (_within(10, 13, _WORKDAYS), _within(14, 20, _WORKDAYS)),
            "FR",
            Frequency(4, timedelta(days=30)),
            duties=("the limit holds for each caller, over all campaigns", "60 days' rest after a refusal", *duties),
        )
        for preset_id, name, source, since, duties in (
            ("fr-2023", "France", "https://www.nextinpact.com/lebrief/1190", None, ()),
            (
                "fr-2026",
                "France, with prior consent",
                "https://cms.law/fr/fra/news-information/"
                "interdiction-prochaine-du-demarchage-telephonique-sans-consentement-prealable-du-consommateur",
                date(2026, 8, 11),
                ("consent before the call, that can be proved, but for offers on a running contract",),
            ),
        )
    ),
    Preset(
        "de-bnetza",
        "Germany",
        _VERSION,
        "https://bundesnetzagentur.de/DE/Vportal/TK/Aerger/Faelle/PredictiveDialer/artikel.html?nn=686258",
        hours=(_within(8, 20, _MON_TO_SAT),),
        holidays="DE",
        frequency=_THREE_A_DAY,
        shortest_ring=15,
        duties=("consumers have agreed to the call beforehand", "the number shown is the caller's own"),
    ),
    Preset(
        "it-garante",
        "Italy",
        _VERSION,
        "Garante, decision published in 2014 as 14A02670, and the voluntary code of conduct",
        hours=(_within(9, 20, _WORKDAYS), _within(10, 19, _SATURDAY)),
        holidays="IT",
        highest_abandonment=3,
        longest_timeout=3,
        duties=(
            "the day before a holiday has a Saturday's hours",
            "who was abandoned is not called for 5 days, and then an agent is there for certain",
            "reports are kept for 2 years",
        ),
    ),
    Preset(
        "es-lgdcu",
        "Spain",
        _VERSION,
        "https://www.ultimahora.es/noticias/nacional/2023/06/29/1966447/llamadas-comerciales-esta-vigor-prohibicion.html",
        since=date(2023, 6, 29),
        hours=(_within(9, 21, _WORKDAYS),),
        holidays="ES",
        duties=("consent or another legal basis", "no mobile number is shown to the callee"),
    ),
    Preset(
        "ca-crtc",
        "Canada",
        _VERSION,
        "CRTC Unsolicited Telecommunications Rules",
        hours=(
            CallingWindow(time(9), time(21, 30), _WORKDAYS),
            _within(10, 18, _WEEKEND),
        ),
        highest_abandonment=5,
        longest_timeout=2,
        duties=("the national do-not-call list is taken over at least every 31 days", "records are kept for 3 years"),
    ),
    Preset(
        "au-2017",
        "Australia: telemarketing",
        _VERSION,
        "https://www.donotcall.gov.au/consumers/consumer-overview/industry-standards/",
        hours=(_within(9, 20, _WORKDAYS), _within(9, 17, _SATURDAY)),
        holidays="AU",
        duties=("the number shown can be called back for 30 days", "name and purpose are said at the start"),
    ),
)

PRESETS: Final = {preset.id: preset for preset in _ALL}
"""In the order in which they are shown."""
