/** The server's time on the page.
 *
 * The server's clock may run faster than ours (a demo's does), so its pace is taken from what it says. Between two
 * messages the time is carried on, but never further than a little beyond the last: when nothing is heard, it stops.
 */

export interface ServerClock {
  readonly serverMs: number;
  readonly heardAtMs: number;
  /** Seconds of the server per second of ours. */
  readonly pace: number;
}

const CARRIED_ON_FOR_MS = 2_500;
const LEAST_GAP_MS = 400;
const FASTEST = 200;

export function heardTime(clock: ServerClock | null, serverMs: number, heardAtMs: number): ServerClock {
  if (clock === null) return { serverMs, heardAtMs, pace: 1 };
  const gap = heardAtMs - clock.heardAtMs;
  if (gap < LEAST_GAP_MS) return serverMs > clock.serverMs ? { ...clock, serverMs, heardAtMs } : clock;
  const pace = Math.min(FASTEST, Math.max(0, (serverMs - clock.serverMs) / gap));
  // Messages arrive unevenly: half of the last pace is kept.
  return { serverMs, heardAtMs, pace: clock.pace / 2 + pace / 2 };
}

export function timeAt(clock: ServerClock, nowMs: number): number {
  const since = Math.min(CARRIED_ON_FOR_MS, Math.max(0, nowMs - clock.heardAtMs));
  return clock.serverMs + since * clock.pace;
}
