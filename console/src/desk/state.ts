/** What an agent's desk knows of its session: pure. Nothing here guesses what the telephony does; the server says it. */

import type { Schema } from "../api/client";
import type { PhoneLink } from "./use-desk-phone";

export type Session = Schema["SessionShown"];

/** What an agent may ask for, by the name of its link. */
export type Command = "pause" | "ready" | "hang-up" | "hold" | "unhold" | "digits" | "wrap-up-done" | "wrap-up-extend" | "dial" | "skip" | "callback" | "disposition";

export interface DeskState {
  /** Null: not signed in, or not known yet. */
  readonly session: Session | null;
  readonly known: boolean;
  /** Heartbeats in a row that were not answered. */
  readonly missed: number;
  /** The session ended without being asked to from here. */
  readonly ended: boolean;
}

export type DeskEvent =
  /** From the stream, or the answer to a command or a heartbeat. */
  | { readonly type: "shown"; readonly session: Session }
  | { readonly type: "unanswered" }
  | { readonly type: "nobody" }
  | { readonly type: "over"; readonly asked: boolean };

export const AT_FIRST: DeskState = { session: null, known: false, missed: 0, ended: false };

/** Heartbeats come every two seconds; the server counts an agent as lost after six without any. */
const LOST_AFTER_MISSED = 2;

export function step(state: DeskState, event: DeskEvent): DeskState {
  switch (event.type) {
    case "shown":
      if (event.session.state === "signed_out") return step(state, { type: "over", asked: state.session?.leaving === "signed_out" });
      // An answer may be overtaken by the stream: what began earlier is not believed any more.
      if (isOlder(event.session, state.session)) return { ...state, missed: 0 };
      return { session: event.session, known: true, missed: 0, ended: false };
    case "unanswered":
      return { ...state, missed: state.missed + 1 };
    case "nobody":
      return { ...AT_FIRST, known: true };
    case "over":
      return { ...AT_FIRST, known: true, ended: !event.asked };
  }
}

function isOlder(said: Session, shown: Session | null): boolean {
  return shown?.id === said.id && Date.parse(said.since) < Date.parse(shown.since);
}

export type LinkTrouble = "unanswered" | "lost" | null;

/** Why the agent gets no calls though they sit there: the server is not reached, or it has missed them. */
export function linkTrouble(state: DeskState): LinkTrouble {
  if (state.session === null) return null;
  if (state.missed >= LOST_AFTER_MISSED) return "unanswered";
  return state.session.link === "up" ? null : "lost";
}

export const allows = (session: Session, command: Command): boolean => command in session._links;

/** A preview whose time is over cannot be dialed: the server would refuse it. */
export function canDial(session: Session, now: number | null): boolean {
  return allows(session, "dial") && (session.until === undefined || now === null || now < Date.parse(session.until));
}

/** Milliseconds until the state ends by itself, by the server's clock; null where it does not, or the time is not known. */
export function timeLeft(session: Session, now: number | null): number | null {
  return session.until === undefined || now === null ? null : Math.max(0, Date.parse(session.until) - now);
}

export function timeIn(session: Session, now: number | null): number | null {
  return now === null ? null : Math.max(0, now - Date.parse(session.since));
}

/** Free to go on pause at once; whoever is in a call goes when it is wrapped up. */
export const isFree = (session: Session): boolean => session.state === "ready" || session.state === "previewing";

/** Whether an agent with such a phone may be ready. */
export const takesCalls = (phone: PhoneLink): boolean => phone === "none" || phone === "ready";

export const MICROPHONE_LOST = "microphone_lost";

/** What the desk asks for by itself, so that nobody is put through to silence: a pause without a microphone, and no pause
 * after the call for it once it is back. Whoever is on pause already says themselves when they are ready again. */
export function forMicrophone(session: Session, phone: PhoneLink): "pause" | "stay" | null {
  const { state, leaving } = session;
  if (phone === "no-microphone") {
    const gone = state === "paused" || state === "signed_out";
    return gone || (leaving !== undefined && !isFree(session)) ? null : "pause";
  }
  const leavesForIt = leaving === "paused" && session.leaving_reason === MICROPHONE_LOST;
  // Ready in wrap-up is the end of that: the agent's own to say.
  return phone === "ready" && leavesForIt && state !== "wrap_up" ? "stay" : null;
}

/** What changes when another person comes onto the screen, and only then. */
export function workKey(session: Session): string | null {
  const { work } = session;
  return work === undefined ? null : `${work.record?.id ?? work.phone_number}#${work.attempt}`;
}

export function nameOf(session: Session): string | null {
  const record = session.work?.record;
  if (record === undefined) return session.work?.phone_number ?? null;
  return `${record.first_name} ${record.last_name}`.trim() || (session.work?.phone_number ?? null);
}

/** An address of a record, if it is one that a link may lead to. */
export function safeLink(address: string | undefined): string | null {
  return address !== undefined && /^https?:\/\//i.test(address) ? address : null;
}

/** What lists bring beside the columns that are known, as lines to show. */
export function detailsOf(extra: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
  return Object.entries(extra)
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => [name.replaceAll("_", " "), typeof value === "string" ? value : JSON.stringify(value)]);
}
