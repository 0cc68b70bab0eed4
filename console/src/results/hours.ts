/** The hours of a span without gaps: in those that the server left out nothing was dialed. */

export interface HourOf<T> {
  readonly at: number;
  readonly counts: T | undefined;
}

const HOUR_MS = 3_600_000;

export function allHours<T extends { readonly hour: string }>(hours: readonly T[]): readonly HourOf<T>[] {
  const known = new Map(hours.map((one) => [Date.parse(one.hour), one]));
  const times = [...known.keys()];
  if (times.length === 0) return [];
  const first = Math.min(...times);
  const count = Math.round((Math.max(...times) - first) / HOUR_MS) + 1;
  return Array.from({ length: count }, (_, place) => first + place * HOUR_MS).map((at) => ({ at, counts: known.get(at) }));
}
