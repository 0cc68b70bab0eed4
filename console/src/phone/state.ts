/** What a phone in the browser knows of itself: pure. It claims nothing that was not told by the server or the browser. */

import type { PageLink } from "../desk/use-desk-phone";

/** `listening`: the microphone is open, and nothing was heard from it yet. */
export type Microphone = "asking" | "listening" | "heard" | "refused" | "missing";

export type Registration = "connecting" | "registered" | "failed";

/** `connecting`: answered, and no sound can pass yet. `silent`: the way of the sound broke. */
export type Stage = "ringing" | "connecting" | "up" | "silent";

export interface Line {
  readonly registration: Registration;
  readonly why: string | null;
}

export interface Call {
  readonly id: string;
  readonly server: string;
  readonly from: string;
  readonly stage: Stage;
}

export interface PhoneState {
  readonly microphone: Microphone;
  /** By the server's address. */
  readonly lines: Readonly<Record<string, Line>>;
  readonly calls: readonly Call[];
  readonly muted: boolean;
  /** Why the last call ended, where it did not end as calls do. */
  readonly trouble: string | null;
}

export type PhoneEvent =
  | { readonly type: "microphone"; readonly is: Microphone }
  | { readonly type: "line"; readonly server: string; readonly is: Registration; readonly why?: string }
  | { readonly type: "invited"; readonly id: string; readonly server: string; readonly from: string }
  | { readonly type: "stage"; readonly id: string; readonly is: Stage }
  | { readonly type: "over"; readonly id: string; readonly why: string | null }
  | { readonly type: "muted"; readonly is: boolean };

export function atFirst(servers: readonly string[]): PhoneState {
  const lines = Object.fromEntries(servers.map((server) => [server, { registration: "connecting", why: null } as const]));
  return { microphone: "asking", lines, calls: [], muted: false, trouble: null };
}

export function step(state: PhoneState, event: PhoneEvent): PhoneState {
  switch (event.type) {
    case "microphone":
      return { ...state, microphone: event.is };
    case "line":
      return { ...state, lines: { ...state.lines, [event.server]: { registration: event.is, why: event.why ?? null } } };
    case "invited":
      return { ...state, trouble: null, calls: [...state.calls, { id: event.id, server: event.server, from: event.from, stage: "ringing" }] };
    case "stage":
      return { ...state, calls: state.calls.map((call) => (call.id === event.id ? { ...call, stage: event.is } : call)) };
    case "over":
      return withoutCall(state, event.id, event.why);
    case "muted":
      return isTalking(state) ? { ...state, muted: event.is } : state;
  }
}

/** Nobody finds themselves muted in a call that comes later. */
function withoutCall(state: PhoneState, id: string, why: string | null): PhoneState {
  const calls = state.calls.filter((call) => call.id !== id);
  if (calls.length === state.calls.length) return state;
  const after = { ...state, calls, trouble: why };
  return isTalking(after) ? after : { ...after, muted: false };
}

const some = (state: PhoneState, ...stages: Stage[]) => state.calls.some((call) => stages.includes(call.stage));

export const isTalking = (state: PhoneState): boolean => some(state, "connecting", "up", "silent");

/** Whether calls can come: an agent may be ready. */
export function isReady(state: PhoneState): boolean {
  return state.microphone === "heard" && registered(state) > 0;
}

/** The same for the desk, which does something about a microphone that is not there. */
export function linkOf(state: PhoneState): PageLink {
  if (state.microphone === "refused" || state.microphone === "missing") return "no-microphone";
  return isReady(state) ? "ready" : "unready";
}

/** With how many servers it is registered. */
export function registered(state: PhoneState): number {
  return Object.values(state.lines).filter((line) => line.registration === "registered").length;
}

export type Phase = "silent" | "onCall" | "answering" | "ringing" | "unheard" | "registered" | "partly" | "connecting" | "failed";

/** The one word for all of it; what needs the agent most comes first. */
export function phaseOf(state: PhoneState): Phase {
  if (some(state, "silent")) return "silent";
  if (some(state, "ringing")) return "ringing";
  if (some(state, "connecting")) return "answering";
  if (some(state, "up")) return "onCall";
  const lines = Object.values(state.lines);
  if (registered(state) > 0 && state.microphone !== "heard") return "unheard";
  if (registered(state) > 0) return registered(state) === lines.length ? "registered" : "partly";
  return lines.some((line) => line.registration === "connecting") ? "connecting" : "failed";
}

/** What the servers that refuse the phone, or are not reached, say. */
export function troubles(state: PhoneState): string[] {
  return Object.values(state.lines).flatMap((line) => (line.registration === "failed" && line.why !== null ? [line.why] : []));
}
