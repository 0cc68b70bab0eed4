/** What is known of one topic: pure; a gap in `seq` means that it must be asked for again. */

import { mergePatch, type Json } from "./merge-patch";
import type { ServerMessage } from "./messages";

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

export interface TopicState {
  readonly data: Json | undefined;
  readonly seq: number;
  /** The server's time of the figures, RFC 3339. */
  readonly ts: string | null;
  readonly refusal: Refusal | null;
  /** A delta was missed: what is shown is true for `ts`, and a snapshot has been asked for. */
  readonly behind: boolean;
}

export const NOTHING_YET: TopicState = { data: undefined, seq: 0, ts: null, refusal: null, behind: false };

/** The state after a message; `behind` turning true is the moment to subscribe again. */
export function heard(state: TopicState, message: ServerMessage): TopicState {
  switch (message.op) {
    case "snapshot":
      return { data: message.data, seq: message.seq, ts: message.ts, refusal: null, behind: false };
    case "delta":
      if (state.data === undefined || message.seq !== state.seq + 1) return { ...state, behind: true };
      if (state.behind) return state;
      return { ...state, data: mergePatch(state.data, message.patch), seq: message.seq, ts: message.ts };
    case "refused":
      return { ...state, refusal: { code: message.code, message: message.message } };
    case "heartbeat":
      return state;
  }
}
