/** Is what the page shows true now? A pure state machine; nothing but a message that was streamed makes it `live`. */

export type Phase = "connecting" | "live" | "stale" | "offline" | "polling";

export interface Link {
  readonly phase: Phase;
  /** When the last message came, in milliseconds of the page's own monotonic clock. */
  readonly heardAt: number | null;
  /** Attempts to open the socket since the last message. */
  readonly attempts: number;
}

export type LinkEvent =
  | { readonly type: "opening" }
  | { readonly type: "message"; readonly at: number }
  | { readonly type: "tick"; readonly at: number }
  | { readonly type: "closed" }
  /** The socket is refused, yet the API answers: figures come by polling. */
  | { readonly type: "polled"; readonly at: number }
  | { readonly type: "poll-failed" };

export const STALE_AFTER_MS = 5_000;

export const AT_FIRST: Link = { phase: "connecting", heardAt: null, attempts: 0 };

export function step(link: Link, event: LinkEvent): Link {
  switch (event.type) {
    case "opening":
      return { ...link, attempts: link.attempts + 1 };
    case "message":
      return { phase: "live", heardAt: event.at, attempts: 0 };
    case "tick":
      return link.phase === "live" && link.heardAt !== null && event.at - link.heardAt >= STALE_AFTER_MS
        ? { ...link, phase: "stale" }
        : link;
    case "closed":
      return link.phase === "polling" ? link : { ...link, phase: "offline" };
    case "polled":
      return link.phase === "live" ? link : { ...link, phase: "polling", heardAt: event.at };
    case "poll-failed":
      return link.phase === "polling" ? { ...link, phase: "offline" } : link;
  }
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** How long to wait before the next attempt: doubling from half a second to 15 s, half of it by chance.
 *
 * @param chance a number in 0..1
 */
export function pauseBefore(attempts: number, chance: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, attempts - 1));
  return longest / 2 + (longest / 2) * chance;
}
