/** Calling hours as the engine keeps them, to show what a week means in a contact's zone.
 *
 * Windows follow the clock on the wall: from `from` up to `to`; `to` at or before `from` runs into the next day, and the
 * same time twice is a whole day. A day with an exception has the exception's windows alone. Public holidays, which only
 * the server knows, are not looked at.
 */

import { parseDateTime, toZoned } from "@internationalized/date";

export const WEEK_DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"] as const;
export type WeekDay = (typeof WEEK_DAYS)[number];

/** Times are `HH:MM:SS`. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

export interface CallingWindow extends Span {
  readonly week_days: readonly WeekDay[];
}

export interface DateException {
  /** `YYYY-MM-DD` */
  readonly date: string;
  readonly windows: readonly Span[];
}

export interface Hours {
  readonly windows: readonly CallingWindow[];
  readonly exceptions: readonly DateException[];
}

/** Hours with the regions on whose public holidays they are closed: all that a campaign has of them. */
export interface YearHours extends Hours {
  readonly holidays: readonly string[];
}

export interface Opening {
  readonly isOpen: boolean;
  /** When that ends, in milliseconds since the epoch; null when no end is in sight. */
  readonly until: number | null;
}

const DAY_MS = 86_400_000;
/** Every weekday comes by in eight days, whatever the hour now. */
const DAYS_AHEAD = 8;

export function opening(hours: Hours, zone: string, now: number): Opening {
  const open = isOpen(hours, zone, now);
  const end = edges(hours, zone, now).find((edge) => isOpen(hours, zone, edge) !== open);
  return { isOpen: open, until: end ?? null };
}

export function isOpen(hours: Hours, zone: string, at: number): boolean {
  const wall = wallClock(at, zone);
  const before = dayAfter(wall.date, -1);
  if (spansOn(hours, wall.date).some((span) => span.from <= wall.time && (wall.time < span.to || span.to <= span.from))) return true;
  // What runs on from the day before, which nothing does into a day that is an exception.
  if (hours.exceptions.some((exception) => exception.date === wall.date)) return false;
  return spansOn(hours, before).some((span) => span.to <= span.from && wall.time < span.to);
}

function spansOn({ windows, exceptions }: Hours, date: string): readonly Span[] {
  const exception = exceptions.find((one) => one.date === date);
  if (exception) return exception.windows;
  const day = weekDayOf(date);
  return windows.filter((window) => window.week_days.includes(day));
}

/** Every instant after `now` at which something may begin or end, ascending. */
function edges(hours: Hours, zone: string, now: number): number[] {
  const today = wallClock(now, zone).date;
  const found = new Set<number>();
  for (let ahead = -1; ahead <= DAYS_AHEAD; ahead += 1) {
    const date = dayAfter(today, ahead);
    const next = dayAfter(date, 1);
    for (const local of [`${date}T00:00:00`, ...spansOn(hours, date).flatMap(({ from, to }) => [`${date}T${from}`, `${to > from ? date : next}T${to}`])]) {
      // A time that clocks show twice is two instants.
      for (const choice of ["earlier", "later"] as const) found.add(toZoned(parseDateTime(local), zone, choice).toDate().getTime());
    }
  }
  for (let from = now; from < now + DAYS_AHEAD * DAY_MS; from += DAY_MS) {
    const change = clockChange(zone, from, from + DAY_MS);
    if (change !== null) found.add(change);
  }
  return [...found].filter((edge) => edge > now).toSorted((one, other) => one - other);
}

/** When the zone's clock is put forward or back between two instants; null when it is not. */
function clockChange(zone: string, from: number, to: number): number | null {
  const before = offsetAt(zone, from);
  if (offsetAt(zone, to) === before) return null;
  let same = from;
  let changed = to;
  while (changed - same > 1) {
    const middle = Math.floor((same + changed) / 2);
    if (offsetAt(zone, middle) === before) same = middle;
    else changed = middle;
  }
  return changed;
}

/** How far the zone's clock is before UTC, in milliseconds. */
function offsetAt(zone: string, at: number): number {
  const { date, time } = wallClock(at, zone);
  return Date.parse(`${date}T${time}Z`) - Math.floor(at / 1_000) * 1_000;
}

export function weekDayOf(date: string): WeekDay {
  const day = new Date(`${date}T00:00:00Z`).getUTCDay();
  return WEEK_DAYS[(day + 6) % 7] ?? "MONDAY";
}

function dayAfter(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** What a clock in the zone shows: `{date: "2026-06-01", time: "16:42:00"}`. */
export function wallClock(at: number, zone: string): { readonly date: string; readonly time: string } {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat("sv-SE", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    clocks.set(zone, clock);
  }
  const [date = "", time = ""] = clock.format(at).split(" ");
  return { date, time };
}

/** The instant of a wall clock's `date` and `time` (`HH:MM`) in a zone; of one that is shown twice, the first. */
export function instantOf(date: string, time: string, zone: string): Date {
  return toZoned(parseDateTime(`${date}T${time}`), zone, "earlier").toDate();
}

/** The spans of each day, in the order of the day. */
export function byDay(windows: readonly CallingWindow[]): Readonly<Record<WeekDay, readonly Span[]>> {
  const spans = (day: WeekDay) =>
    windows
      .filter((window) => window.week_days.includes(day))
      .map(({ from, to }) => ({ from, to }))
      .toSorted((one, other) => one.from.localeCompare(other.from));
  return Object.fromEntries(WEEK_DAYS.map((day) => [day, spans(day)])) as Record<WeekDay, Span[]>;
}

/** Days with the same span share one window, in the order in which they first appear. */
export function windowsOf(days: Readonly<Record<WeekDay, readonly Span[]>>): CallingWindow[] {
  const found = new Map<string, { span: Span; week_days: WeekDay[] }>();
  for (const day of WEEK_DAYS) {
    for (const span of days[day]) {
      const key = `${span.from} ${span.to}`;
      const window = found.get(key) ?? { span, week_days: [] };
      window.week_days.push(day);
      found.set(key, window);
    }
  }
  return [...found.values()].map(({ span, week_days }) => ({ from: span.from, to: span.to, week_days }));
}

/** A week in words: `Mon, Tue 09:00–18:00 · Sat 10:00–14:00`. */
export function weekInWords(windows: readonly CallingWindow[], days: Readonly<Record<WeekDay, string>>): string {
  return windows
    .map(({ from, to, week_days }) => `${week_days.map((day) => days[day]).join(", ")} ${from.slice(0, 5)}–${to.slice(0, 5)}`)
    .join(" · ");
}

/** The share of a day's 24 hours at which a span begins and ends; of one that runs on, the part in its own day. */
export function placeInDay({ from, to }: Span): readonly [number, number] {
  const share = (time: string) => {
    const [hours = 0, minutes = 0] = time.split(":").map(Number);
    return (hours * 60 + minutes) / 1_440;
  };
  return [share(from), to <= from ? 1 : share(to)];
}
