/** What an agent has written about each call and the server does not have yet: pure. */

export interface CallbackDraft {
  /** `2026-11-24` and `10:30`, as the clocks in `zone` show them. */
  readonly date: string;
  readonly time: string;
  readonly zone: string;
  readonly onlyMe: boolean;
}

export interface Draft {
  /** Whom the call was with, for when it is no longer on the screen. */
  readonly name: string;
  readonly phone: string;
  readonly zone: string | null;
  readonly note: string;
  readonly dispositionId: string | null;
  readonly callback: CallbackDraft | null;
  /** The callback that the server has made. */
  readonly callbackId: string | null;
  /** What the server has of it. */
  readonly saved: { readonly note: string; readonly dispositionId: string } | null;
}

/** Whom a call was with. */
export type DraftOf = Pick<Draft, "name" | "phone" | "zone">;

/** By the attempt's id, the latest last. */
export type Drafts = Readonly<Record<string, Draft>>;

/** So many calls back are remembered. */
const MOST = 20;

export const emptyDraft = (of: DraftOf): Draft => ({
  ...of,
  note: "",
  dispositionId: null,
  callback: null,
  callbackId: null,
  saved: null,
});

/** Is there anything in it that would be lost? */
export function isUnsaved(draft: Draft): boolean {
  const { saved } = draft;
  if (saved === null) return draft.note.trim() !== "" || draft.dispositionId !== null;
  return draft.note !== saved.note || draft.dispositionId !== saved.dispositionId;
}

/** The drafts with one changed; the oldest that need no saving make room. */
export function withDraft(drafts: Drafts, attempt: string, draft: Draft): Drafts {
  const entries = Object.entries({ ...drafts, [attempt]: draft });
  const spare = entries.filter(([id, one]) => id !== attempt && !isUnsaved(one)).slice(0, Math.max(0, entries.length - MOST));
  const gone = new Set(spare.map(([id]) => id));
  return Object.fromEntries(entries.filter(([id]) => !gone.has(id)));
}

export function withoutDraft(drafts: Drafts, attempt: string): Drafts {
  return Object.fromEntries(Object.entries(drafts).filter(([id]) => id !== attempt));
}

/** Calls that are over and still want saving: those of a wrap-up that ran out. */
export function leftOver(drafts: Drafts, current: string | null): readonly (readonly [string, Draft])[] {
  return Object.entries(drafts).filter(([id, draft]) => id !== current && isUnsaved(draft));
}

/** Drafts as they were stored; nothing, where that is not what we stored. */
export function readDrafts(stored: string | null): Drafts {
  if (stored === null) return {};
  try {
    const read: unknown = JSON.parse(stored);
    return typeof read === "object" && read !== null && !Array.isArray(read) ? (read as Drafts) : {};
  } catch {
    return {};
  }
}
