import { useCallback, useState } from "react";
import { useLogin } from "../session/session";
import { emptyDraft, readDrafts, withDraft, withoutDraft, type Draft, type DraftOf, type Drafts } from "./drafts";
import { remember, remembered } from "./storage";

export interface KeptDrafts {
  readonly drafts: Drafts;
  /** Change some of what is written about a call; whom it was with is kept from the first time. */
  readonly write: (attempt: string, of: DraftOf, change: Partial<Draft>) => void;
  readonly drop: (attempt: string) => void;
}

/** What is written at this desk, kept by the tab with every key that is pressed. */
export function useDrafts(): KeptDrafts {
  const key = `drafts.${useLogin().user.id}`;
  const [drafts, setDrafts] = useState(() => readDrafts(remembered(key)));
  const change = useCallback(
    (changed: (drafts: Drafts) => Drafts) =>
      setDrafts((before) => {
        const after = changed(before);
        remember(key, JSON.stringify(after));
        return after;
      }),
    [key],
  );
  return {
    drafts,
    write: useCallback(
      (attempt, of, some) => change((before) => withDraft(before, attempt, { ...(before[attempt] ?? emptyDraft(of)), ...some })),
      [change],
    ),
    drop: useCallback((attempt) => change((before) => withoutDraft(before, attempt)), [change]),
  };
}
