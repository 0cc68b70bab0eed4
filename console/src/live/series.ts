/** The dashboard's lines, out of the streamed series. */

import type { SeriesPoint } from "../stream/topics";

export interface SeriesColumns {
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly inFlight: readonly number[];
  readonly ready: readonly number[];
}

export function columns(series: Readonly<Record<string, SeriesPoint>>): SeriesColumns {
  // Whole numbers as keys come in ascending order, in whatever order the server names them.
  const points = Object.values(series);
  return {
    times: Object.keys(series).map(Number),
    inFlight: points.map((point) => point[0]),
    ready: points.map((point) => point[2]),
  };
}

export interface RateColumns {
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly rates: readonly number[];
}

/** The share of abandoned calls after each of the latest calls, and the one of now. */
export function rateColumns(rates: Readonly<Record<string, number>>, now: { readonly second: number; readonly rate: number } | null): RateColumns {
  const points = Object.entries(rates)
    .map(([second, rate]) => [Number(second), rate] as const)
    .toSorted(([one], [other]) => one - other);
  const last = points.at(-1)?.[0];
  if (now !== null && last !== undefined && now.second > last) points.push([now.second, now.rate]);
  return { times: points.map(([second]) => second), rates: points.map(([, rate]) => rate) };
}
