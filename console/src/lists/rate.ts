import { useState } from "react";

export interface Seen {
  readonly rows: number;
  /** When that was seen, in milliseconds. */
  readonly at: number;
}

const KEPT = 10;

/** The last observations of a number of rows that rises. */
export function useSeen(rows: number, at: number): readonly Seen[] {
  const [seen, setSeen] = useState<readonly Seen[]>([]);
  if (seen.at(-1)?.rows !== rows) setSeen([...seen.slice(1 - KEPT), { rows, at }]);
  return seen;
}

/** Rows per second over the observations; null before there are two. */
export function rateOf(seen: readonly Seen[]): number | null {
  const first = seen[0];
  const last = seen.at(-1);
  if (first === undefined || last === undefined || last.at <= first.at || last.rows <= first.rows) return null;
  return ((last.rows - first.rows) * 1_000) / (last.at - first.at);
}
