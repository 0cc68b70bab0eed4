import type { Text } from "../text/text";

export interface Place {
  readonly href: string;
  readonly label: (text: Text) => string;
  /** The scope without which a place is neither shown nor reachable. */
  readonly needs: string;
}

export const DESK_SCOPE = "desk:use";

/** The places of supervisors, in the order of the menu. */
export const PLACES: readonly Place[] = [
  { href: "/campaigns", label: (text) => text.nav.campaigns, needs: "campaigns:read" },
  { href: "/lists", label: (text) => text.nav.lists, needs: "record-lists:manage" },
  { href: "/dnc", label: (text) => text.nav.dnc, needs: "do-not-call-lists:manage" },
  { href: "/agents", label: (text) => text.nav.agents, needs: "agents:read" },
  { href: "/callbacks", label: (text) => text.nav.callbacks, needs: "schedule-callbacks:read" },
  { href: "/audit", label: (text) => text.nav.audit, needs: "audit:read" },
  { href: "/settings", label: (text) => text.nav.settings, needs: "campaigns:read" },
];
