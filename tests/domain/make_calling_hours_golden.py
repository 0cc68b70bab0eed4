"""Writes `calling_hours_golden.csv`: when campaigns are open, reckoned without any of the product's code.

The reckoning looks at the clock on the wall minute by minute, and asks of each minute whether a window covers it. What
stands in `BY_HAND` was worked out with a calendar and the zones' published clock changes, and must agree.

Run it by `python -m tests.domain.make_calling_hours_golden`; the table is looked over whenever it changes.
"""

import csv
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

TABLE = Path(__file__).with_name("calling_hours_golden.csv")
COLUMNS = ("about", "windows", "exceptions", "holidays", "zones", "now", "open", "until")
MINUTE = timedelta(minutes=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# What the table needs to know of the world, typed from a map and from the countries' own lists.
COUNTRIES: Mapping[str, str | None] = {
    "America/New_York": "US",
    "America/Chicago": "US",
    "America/Los_Angeles": "US",
    "America/Phoenix": "US",
    "Pacific/Honolulu": "US",
    "America/St_Johns": "CA",
    "America/Havana": "CU",
    "America/Santiago": "CL",
    "America/Sao_Paulo": "BR",
    "Europe/Berlin": "DE",
    "Europe/Lisbon": "PT",
    "Europe/London": "GB",
    "Africa/Casablanca": "MA",
    "Asia/Beirut": "LB",
    "Asia/Kolkata": "IN",
    "Asia/Kathmandu": "NP",
    "Asia/Tokyo": "JP",
    "Australia/Lord_Howe": "AU",
    "Australia/Sydney": "AU",
    "Pacific/Auckland": "NZ",
    "Pacific/Chatham": "NZ",
    "Pacific/Apia": "WS",
    "Pacific/Kiritimati": "KI",
    "Pacific/Pago_Pago": "AS",
    "UTC": None,
}
HOLIDAYS: Mapping[str, Sequence[str]] = {
    "US": ("2026-01-01", "2026-07-03", "2026-07-04", "2026-11-26", "2026-12-25", "2027-01-01"),
    "DE": ("2026-01-01", "2026-04-03", "2026-04-06", "2026-05-01", "2026-10-03", "2026-12-25", "2026-12-26"),
    "DE-BY": ("2026-01-06", "2026-11-01"),
    "PT": ("2026-04-25", "2026-06-10", "2026-12-08", "2026-12-25"),
}


@dataclass(frozen=True)
class Rules:
    """A campaign's hours: windows as `mon-fri 09:00-20:00`, exceptions as `2026-07-03 closed` or `… 10:00-12:00`."""

    windows: str = ""
    exceptions: str = ""
    holidays: str = ""
    week: list[tuple[frozenset[int], int, int]] = field(init=False, compare=False)
    dates: dict[date, list[tuple[int, int]]] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        week = []
        for part in filter(None, self.windows.split("; ")):
            days, _, hours = part.partition(" ")
            start, _, to = hours.partition("-")
            week.append((_days(days), _minutes(start), _minutes(to)))
        object.__setattr__(self, "week", week)
        dates: dict[date, list[tuple[int, int]]] = {}
        for part in filter(None, self.exceptions.split("; ")):
            on, _, hours = part.partition(" ")
            own = dates.setdefault(date.fromisoformat(on), [])
            if hours != "closed":
                own.append((_minutes(hours.split("-")[0]), _minutes(hours.split("-")[1])))
        object.__setattr__(self, "dates", dates)


def _days(text: str) -> frozenset[int]:
    first, _, last = text.partition("-")
    return frozenset(range(DAYS.index(first), DAYS.index(last or first) + 1))


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def open_in(rules: Rules, zone: str, now: datetime) -> bool:
    """Whether a window covers what the clock in the zone shows: one of today's, or one of yesterday's that runs on."""
    wall = now.astimezone(ZoneInfo(zone))
    minute, today = wall.hour * 60 + wall.minute, wall.date()
    yesterday = today - timedelta(days=1)
    if any(start <= minute and (minute < to or to <= start) for start, to in _of(rules, zone, today)):
        return True
    if today in rules.dates or _holiday(rules, zone, today):
        return False
    return any(to <= start and minute < to for start, to in _of(rules, zone, yesterday))


def _of(rules: Rules, zone: str, day: date) -> list[tuple[int, int]]:
    if day in rules.dates:
        return rules.dates[day]
    if _holiday(rules, zone, day):
        return []
    return [(start, to) for days, start, to in rules.week if day.weekday() in days]


def _holiday(rules: Rules, zone: str, day: date) -> bool:
    country = COUNTRIES[zone]
    return any(
        day.isoformat() in HOLIDAYS[region]
        for region in filter(None, rules.holidays.split("+"))
        if country in (None, region[:2])
    )


def is_open(rules: Rules, zones: Sequence[str], now: datetime) -> bool:
    return bool(zones) and all(open_in(rules, zone, now) for zone in zones)


def until(rules: Rules, zones: Sequence[str], now: datetime) -> datetime | None:
    """The first minute after `now` at which it is the other way round; None when there is none in 40 days."""
    before = is_open(rules, zones, now)
    at = now
    for _ in range(40 * 24 * 60):
        at += MINUTE
        if is_open(rules, zones, at) is not before:
            return at
    return None


OFFICE = "mon-fri 09:00-20:00"
SIESTA = "mon-fri 09:00-13:00; mon-fri 14:00-20:00; sat 10:00-14:00"
NIGHT = "fri-sat 22:00-02:00"
ALWAYS = "mon-sun 00:00-00:00"
SMALL_HOURS = "mon-sun 01:30-02:30"
ROUND_MIDNIGHT = "mon-sun 23:30-00:30"

# about, rules, zones, the first zone's own time (and whether it is the second of two equal times), open, until
BY_HAND: Sequence[tuple[str, Rules, str, str, bool, str]] = (
    ("a Tuesday morning", Rules(OFFICE), "Europe/Lisbon", "2026-01-13 09:00", True, "2026-01-13T20:00Z"),
    ("the minute before", Rules(OFFICE), "Europe/Lisbon", "2026-01-13 08:59", False, "2026-01-13T09:00Z"),
    ("the last minute", Rules(OFFICE), "Europe/Lisbon", "2026-01-13 19:59", True, "2026-01-13T20:00Z"),
    ("the end", Rules(OFFICE), "Europe/Lisbon", "2026-01-13 20:00", False, "2026-01-14T09:00Z"),
    ("a weekend", Rules(OFFICE), "Asia/Kolkata", "2026-01-16 20:00", False, "2026-01-19T03:30Z"),
    ("the lunch break", Rules(SIESTA), "Europe/Berlin", "2026-01-13 13:30", False, "2026-01-13T13:00Z"),
    ("over midnight", Rules(NIGHT), "America/New_York", "2026-01-17 00:10", True, "2026-01-17T07:00Z"),
    ("Sunday night is not Saturday night", Rules(NIGHT), "UTC", "2026-01-18 23:00", False, "2026-01-23T22:00Z"),
    ("spring: 02:00 is 03:00", Rules(SMALL_HOURS), "Europe/Berlin", "2026-03-29 01:59", True, "2026-03-29T01:00Z"),
    (
        "spring: 9 o'clock is an hour earlier",
        Rules(OFFICE),
        "Europe/Berlin",
        "2026-03-30 08:30",
        False,
        "2026-03-30T07:00Z",
    ),
    (
        "a window that is skipped",
        Rules("sun 02:10-02:50"),
        "Europe/Berlin",
        "2026-03-29 01:00",
        False,
        "2026-04-05T00:10Z",
    ),
    ("autumn: the first 02:15", Rules(SMALL_HOURS), "Europe/Berlin", "2026-10-25 02:15", True, "2026-10-25T00:30Z"),
    (
        "autumn: the second 02:15",
        Rules(SMALL_HOURS),
        "Europe/Berlin",
        "2026-10-25 02:15 again",
        True,
        "2026-10-25T01:30Z",
    ),
    ("autumn: the first 02:45", Rules(SMALL_HOURS), "Europe/Berlin", "2026-10-25 02:45", False, "2026-10-25T01:00Z"),
    (
        "half an hour's change",
        Rules("mon-sun 01:45-08:00"),
        "Australia/Lord_Howe",
        "2026-04-05 01:50",
        True,
        "2026-04-04T15:00Z",
    ),
    (
        "New York and Los Angeles",
        Rules(OFFICE),
        "America/New_York America/Los_Angeles",
        "2026-01-13 12:30",
        True,
        "2026-01-14T01:00Z",
    ),
    (
        "Berlin and Sydney share nothing",
        Rules("mon-fri 09:00-12:00"),
        "Europe/Berlin Australia/Sydney",
        "2026-01-13 09:30",
        False,
        "",
    ),
    (
        "Independence Day, observed",
        Rules(OFFICE, holidays="US"),
        "America/Chicago",
        "2026-07-02 20:00",
        False,
        "2026-07-06T14:00Z",
    ),
    (
        "another country's holiday",
        Rules(OFFICE, holidays="US"),
        "Europe/Lisbon",
        "2026-07-03 10:00",
        True,
        "2026-07-03T19:00Z",
    ),
    (
        "a part's holiday closes its country",
        Rules(OFFICE, holidays="DE-BY"),
        "Europe/Berlin",
        "2026-01-06 10:00",
        False,
        "2026-01-07T08:00Z",
    ),
    (
        "a zone of no country keeps all holidays",
        Rules(OFFICE, holidays="PT"),
        "UTC",
        "2026-06-10 10:00",
        False,
        "2026-06-11T09:00Z",
    ),
    (
        "a date closed",
        Rules(OFFICE, "2026-01-13 closed"),
        "Europe/Lisbon",
        "2026-01-13 10:00",
        False,
        "2026-01-14T09:00Z",
    ),
    (
        "a date with other hours",
        Rules(OFFICE, "2026-01-17 10:00-12:00"),
        "Europe/Lisbon",
        "2026-01-17 10:00",
        True,
        "2026-01-17T12:00Z",
    ),
    (
        "an exception goes before a holiday",
        Rules(OFFICE, "2026-12-25 10:00-12:00", "US"),
        "America/New_York",
        "2026-12-25 11:59",
        True,
        "2026-12-25T17:00Z",
    ),
    (
        "a holiday cuts off the evening before",
        Rules(ROUND_MIDNIGHT, holidays="US"),
        "America/New_York",
        "2026-11-25 23:59",
        True,
        "2026-11-26T05:00Z",
    ),
    (
        "a holiday's own night does not begin",
        Rules(ROUND_MIDNIGHT, holidays="US"),
        "America/New_York",
        "2026-11-26 23:40",
        False,
        "2026-11-28T04:30Z",
    ),
    ("no window at all", Rules(), "Europe/Lisbon", "2026-01-13 10:00", False, ""),
    ("all week", Rules(ALWAYS), "Asia/Tokyo", "2026-01-13 10:00", True, ""),
    (
        "all week but one date",
        Rules(ALWAYS, "2026-02-02 closed"),
        "Asia/Tokyo",
        "2026-01-13 10:00",
        True,
        "2026-02-01T15:00Z",
    ),
    (
        "three weeks closed",
        Rules(OFFICE, "; ".join(f"2026-08-{d:02} closed" for d in range(3, 25))),
        "Europe/Lisbon",
        "2026-08-01 10:00",
        False,
        "2026-08-25T08:00Z",
    ),
)


def cases() -> Iterator[tuple[str, Rules, Sequence[str], datetime]]:
    """What else is asked: the boundaries of windows in many zones, and every minute of interest at clock changes."""
    places = [zone for zone in COUNTRIES if COUNTRIES[zone]]
    for zone, rules in itertools.product(places, (Rules(OFFICE), Rules(SIESTA))):
        for clock in ("09:00", "08:59", "13:00", "19:59"):
            yield "boundaries", rules, [zone], _local(zone, datetime.fromisoformat(f"2026-05-13 {clock}"))
    changes = {
        "Europe/Berlin": ("2026-03-29 01:00", "2026-10-25 01:00"),
        "America/New_York": ("2026-03-08 07:00", "2026-11-01 06:00"),
        "America/St_Johns": ("2026-03-08 05:30", "2026-11-01 04:30"),
        "America/Havana": ("2026-03-08 05:00", "2026-11-01 05:00"),
        "America/Santiago": ("2026-09-06 04:00", "2026-04-05 03:00"),
        "Asia/Beirut": ("2026-03-28 22:00", "2026-10-24 21:00"),
        "Australia/Lord_Howe": ("2026-10-03 15:30", "2026-04-04 15:00"),
        "Pacific/Chatham": ("2026-09-26 14:00", "2026-04-04 14:00"),
    }
    for zone, instants in changes.items():
        for text, rules in itertools.product(
            instants, (Rules(SMALL_HOURS), Rules(ROUND_MIDNIGHT), Rules("sat-sun 00:15-02:45"))
        ):
            at = datetime.fromisoformat(text).replace(tzinfo=UTC)
            for minutes in (-61, -31, -1, 0, 1, 29, 59, 61):
                yield "clock change", rules, [zone], at + timedelta(minutes=minutes)
    dateline = (Rules(OFFICE), Rules("sun 00:00-00:00"), Rules(NIGHT))
    for rules, zone in itertools.product(
        dateline, ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Apia", "Pacific/Auckland")
    ):
        for hour in (0, 6, 12, 23):
            yield "by the date line", rules, [zone], datetime(2026, 6, 14, hour, 30, tzinfo=UTC)
    sets = (
        ["America/New_York", "America/Chicago", "America/Los_Angeles", "America/Phoenix", "Pacific/Honolulu"],
        ["Europe/Lisbon", "Europe/Berlin"],
        ["Australia/Sydney", "Australia/Lord_Howe"],
        ["Europe/London", "Asia/Kolkata"],
    )
    for zones, rules in itertools.product(sets, (Rules(OFFICE), Rules(SIESTA), Rules(ROUND_MIDNIGHT))):
        for day, hour in ((3, 1), (3, 15), (6, 23), (8, 12)):
            yield "several zones", rules, zones, datetime(2026, 4, day, hour, tzinfo=UTC)
    for zone, regions in itertools.product(
        ("America/New_York", "Europe/Berlin", "Europe/Lisbon", "UTC"), ("US", "DE", "US+DE", "DE-BY+PT")
    ):
        for noon in ("2026-04-03 12:00", "2026-07-03 12:00", "2026-10-31 23:45", "2026-12-25 12:00"):
            rules = Rules(f"{OFFICE}; {ROUND_MIDNIGHT}", holidays=regions)
            yield "holidays", rules, [zone], _local(zone, datetime.fromisoformat(noon))
    dates = "2026-06-10 closed; 2026-06-13 10:00-12:00; 2026-06-13 22:00-03:00; 2026-06-16 00:00-00:00"
    for zone, rules in itertools.product(
        ("Europe/Lisbon", "America/New_York", "Asia/Kathmandu"),
        (Rules(OFFICE, dates), Rules(ROUND_MIDNIGHT, dates, "PT")),
    ):
        for day, hour in itertools.product((9, 10, 13, 14, 16, 17), (0, 11, 23)):
            yield "dates", rules, [zone], _local(zone, datetime.fromisoformat(f"2026-06-{day:02} {hour:02}:15"))


def _local(zone: str, wall: datetime, *, again: bool = False) -> datetime:
    return wall.replace(tzinfo=ZoneInfo(zone), fold=int(again)).astimezone(UTC)


def rows() -> Iterator[tuple[str, ...]]:
    for about, rules, zones, wall, is_it, change in BY_HAND:
        first = zones.split()[0]
        now = _local(first, datetime.fromisoformat(wall.removesuffix(" again")), again=wall.endswith("again"))
        assert (is_open(rules, zones.split(), now), _text(until(rules, zones.split(), now))) == (is_it, change), about
        yield _row(about, rules, zones.split(), now, is_it, change)
    for about, rules, several, now in cases():
        yield _row(about, rules, several, now, is_open(rules, several, now), _text(until(rules, several, now)))


def _row(about: str, rules: Rules, zones: Sequence[str], now: datetime, is_it: bool, change: str) -> tuple[str, ...]:
    yes = "open" if is_it else "closed"
    return about, rules.windows, rules.exceptions, rules.holidays, " ".join(zones), _text(now), yes, change


def _text(at: datetime | None) -> str:
    return "" if at is None else at.strftime("%Y-%m-%dT%H:%MZ")


def main() -> None:
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(rows())


if __name__ == "__main__":
    main()
