/** Numbers and instants as people read them. All rates are 0..1; instants are RFC 3339 or milliseconds since the epoch. */

export type InstantLike = string | number;

export interface Formats {
  readonly locale: string;
  readonly number: (value: number) => string;
  readonly decimal: (value: number, digits?: number) => string;
  readonly percent: (rate: number, digits?: number) => string;
  readonly bytes: (value: number) => string;
  /** 16:31:02 */
  readonly clock: (at: InstantLike, zone?: string) => string;
  /** 16:31 */
  readonly time: (at: InstantLike, zone?: string) => string;
  readonly date: (at: InstantLike, zone?: string) => string;
  readonly dateTime: (at: InstantLike, zone?: string) => string;
  /** The time, with the day in front if that is another one than `now`'s. */
  readonly near: (at: InstantLike, now: InstantLike, zone?: string) => string;
  readonly list: (words: readonly string[]) => string;
}

export function formats(locale: string): Formats {
  const number = new Intl.NumberFormat(locale);
  const decimals = remembered((digits: number) => new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  const percents = remembered(
    (digits: number) => new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  const dates = (options: Intl.DateTimeFormatOptions) =>
    remembered((zone: string | undefined) => new Intl.DateTimeFormat(locale, zone === undefined ? options : { ...options, timeZone: zone }));
  const clock = dates({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const time = dates({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const date = dates({ day: "numeric", month: "short", year: "numeric" });
  const dateTime = dates({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const list = new Intl.ListFormat(locale, { style: "short", type: "unit" });
  return {
    locale,
    number: (value) => number.format(value),
    decimal: (value, digits = 2) => decimals(digits).format(value),
    percent: (rate, digits = 1) => percents(digits).format(rate),
    bytes: (value) => {
      const power = value < 1_000 ? 0 : Math.min(4, Math.floor(Math.log10(value) / 3));
      return `${number.format(Math.round((value / 1_000 ** power) * 10) / 10)} ${["B", "kB", "MB", "GB", "TB"][power] ?? "B"}`;
    },
    clock: (at, zone) => clock(zone).format(instant(at)),
    time: (at, zone) => time(zone).format(instant(at)),
    date: (at, zone) => date(zone).format(instant(at)),
    dateTime: (at, zone) => dateTime(zone).format(instant(at)),
    near: (at, now, zone) =>
      date(zone).format(instant(at)) === date(zone).format(instant(now)) ? time(zone).format(instant(at)) : dateTime(zone).format(instant(at)),
    list: (words) => list.format(words),
  };
}

export function instant(at: InstantLike): number {
  return typeof at === "number" ? at : Date.parse(at);
}

/** `1:06`, or `2:03:09` from an hour on; of a negative span, `0:00`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (n: number) => String(n).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${two(seconds % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

function remembered<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    let value = made.get(key);
    if (value === undefined) {
      value = make(key);
      made.set(key, value);
    }
    return value;
  };
}
