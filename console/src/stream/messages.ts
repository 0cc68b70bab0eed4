/** What the server says on the socket. */

import type { Json } from "./merge-patch";

export type ServerMessage =
  | { readonly op: "snapshot"; readonly topic: string; readonly seq: number; readonly ts: string; readonly data: Json }
  | { readonly op: "delta"; readonly topic: string; readonly seq: number; readonly ts: string; readonly patch: Json }
  | { readonly op: "heartbeat"; readonly ts: string }
  | { readonly op: "refused"; readonly topic?: string; readonly code: string; readonly message: string };

export const CLOSED_SESSION_OVER = 4401;

/** Null for what is no message of ours, which is passed over: a newer server may say more. */
export function readMessage(text: string): ServerMessage | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof message !== "object" || message === null || !("op" in message)) return null;
  return ["snapshot", "delta", "heartbeat", "refused"].includes(message.op as string) ? (message as ServerMessage) : null;
}
