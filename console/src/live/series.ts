/** The dashboard's lines, out of the streamed series. */

import type { SeriesPoint } from "../stream/topics";

export interface SeriesColumns {
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly inFlight: readonly number[];
  readonly ready: readonly number[];
}

export function columns(series: Readonly<Record<string, SeriesPoint>>): SeriesColumns {
  // Whole numbers as keys come in ascending order; the server promises them in no order.
  const points = Object.entries(series)
    .map(([second, point]) => [Number(second), point] as const)
    .toSorted(([one], [other]) => one - other);
  return {
    times: points.map(([second]) => second),
    inFlight: points.map(([, point]) => point[0]),
    ready: points.map(([, point]) => point[2]),
  };
}

export interface RateHistory {
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly rates: readonly (number | null)[];
}

export const NO_RATES: RateHistory = { times: [], rates: [] };

const MOST_POINTS = 600;

/** The rates seen so far, with one more; of a second that is there already, and of one before it, nothing is added. */
export function withRate(history: RateHistory, second: number, rate: number | null): RateHistory {
  const last = history.times.at(-1);
  if (last !== undefined && second <= last) return history;
  return {
    times: [...history.times.slice(1 - MOST_POINTS), second],
    rates: [...history.rates.slice(1 - MOST_POINTS), rate],
  };
}
