/** The dashboard's lines, out of the streamed series. */

import type { SeriesPoint } from "../stream/topics";

export interface SeriesColumns {
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly inFlight: readonly number[];
  readonly ready: readonly number[];
  readonly rate: readonly (number | null)[];
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
    rate: points.map(([, point]) => point[4]),
  };
}
