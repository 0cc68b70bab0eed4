import { useMutation, useQuery } from "@tanstack/react-query";
import { useId, useRef, useState, type ReactNode } from "react";
import { api, told, type Schema } from "../api/client";
import { ApiProblem, type FieldProblem } from "../api/problem";
import { instantOf } from "../lib/calling-hours";
import { useKey } from "../lib/keys";
import { useErrorWords } from "../text/errors";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { Loaded } from "../ui/panel";
import { fieldsOf, ProblemOf } from "../ui/problem-of";
import { CallbackField } from "./callback-field";
import { isUnsaved, type Draft, type DraftOf } from "./drafts";
import { allows, type Session } from "./state";
import type { Desk } from "./use-desk";
import type { KeptDrafts } from "./use-drafts";

type Disposition = Schema["DispositionShown"];
type Then = "stay" | "next" | "pause";

interface FormProps {
  readonly attempt: string;
  readonly of: DraftOf;
  readonly draft: Draft;
  readonly write: KeptDrafts["write"];
  /** Null when the call is no longer on the screen. */
  readonly session: Session | null;
  readonly desk: Desk;
  readonly children?: ReactNode;
}

const LONGEST_NOTE = 4_000;
const dispositionsQuery = {
  queryKey: ["desk", "dispositions"],
  queryFn: async () => (await told(api.GET("/v1/dispositions", { params: { query: { per_page: 100 } } })))._embedded.dispositions,
  staleTime: 60_000,
};

/** What became of a call: during it, in its wrap-up, or afterwards. */
export function DispositionForm({ attempt, of, draft, write, session, desk, children }: FormProps) {
  const text = useText();
  const words = useErrorWords();
  const id = useId();
  const notes = useRef<HTMLTextAreaElement>(null);
  const query = useQuery(dispositionsQuery);
  const [missing, setMissing] = useState<"disposition" | "callback" | null>(null);
  const [asking, setAsking] = useState<Then | null>(null);
  const change = (some: Partial<Draft>) => {
    setMissing(null);
    write(attempt, of, some);
  };
  const chosen = query.data?.find((one) => one.id === draft.dispositionId) ?? null;
  const wrapUp = session?.state === "wrap_up";
  // Afterwards the disposition alone can be saved: the page says that a supervisor makes the callback.
  const wantsCallback = chosen?.effect === "CALLBACK" && draft.callbackId === null && session !== null && allows(session, "callback");

  const saving = useMutation({
    mutationFn: async (then: Then) => {
      if (chosen !== null && isUnsaved(draft)) {
        if (wantsCallback) await promise();
        const { note } = draft;
        await told(
          api.PUT("/v1/attempts/{attempt_id}/disposition", {
            params: { path: { attempt_id: attempt } },
            body: { disposition_id: chosen.id, ...(note.trim() !== "" && { note }) },
          }),
        );
        write(attempt, of, { saved: { note, dispositionId: chosen.id } });
      }
      if (then === "pause") await desk.pause(null, true);
      if (then !== "stay") await desk.wrappedUp();
    },
    networkMode: "always",
  });
  const promise = async () => {
    const { callback } = draft;
    if (callback === null || session === null) throw new Error(text.desk.callback.tooLate);
    const made = await told(
      api.POST("/v1/sessions/{session_id}/callback", {
        params: { path: { session_id: session.id } },
        body: {
          time_to_call: instantOf(callback.date, callback.time, callback.zone).toISOString(),
          assign_type: callback.onlyMe ? "MYSELF_ONLY" : "MYSELF_IF_AVAILABLE",
        },
      }),
    );
    write(attempt, of, { callbackId: made.callback_id });
  };

  const save = (then: Then, sure = false) => {
    if (saving.isPending) return;
    const someToChoose = (query.data?.length ?? 0) > 0;
    if (chosen === null && (someToChoose || then === "stay")) setMissing("disposition");
    else if (wantsCallback && (!draft.callback?.date || !draft.callback.time)) setMissing("callback");
    else if (chosen?.effect === "DO_NOT_CALL" && draft.saved?.dispositionId !== chosen.id && !sure) setAsking(then);
    else {
      setMissing(null);
      setAsking(null);
      saving.mutate(then);
    }
  };
  useKey("mod+enter", () => save(wrapUp ? "next" : "stay"), session !== null);
  useKey("n", () => notes.current?.focus(), session !== null);

  return (
    <section className="panel desk-form" aria-labelledby={`${id}-title`}>
      <div className="panel-head">
        <h2 id={`${id}-title`}>{session === null ? text.desk.leftOverTitle(draft.name) : text.desk.dispositionTitle}</h2>
        <Saved draft={draft} dispositions={query.data ?? []} />
      </div>
      <div className="panel-body">
        {session === null && <p className="soft">{text.desk.leftOverAbout}</p>}
        <Loaded query={query} what={text.desk.dispositions} height={140}>
          {(dispositions) =>
            dispositions.length === 0 ? (
              <p className="soft">{text.desk.noDispositions}</p>
            ) : (
              <fieldset aria-describedby={missing === "disposition" ? `${id}-missing` : undefined}>
                <legend className="visually-hidden">{text.desk.disposition}</legend>
                <div className="desk-dispositions">
                  {dispositions.map((one, place) => (
                    <label key={one.id} className="desk-disposition" data-chosen={one.id === draft.dispositionId ? "" : undefined}>
                      <input
                        type="radio"
                        name={`${id}-disposition`}
                        checked={one.id === draft.dispositionId}
                        onChange={() => change({ dispositionId: one.id })}
                      />
                      <span>{one.name}</span>
                      {text.desk.effects[one.effect] !== "" && <span className="soft small">{text.desk.effects[one.effect]}</span>}
                      {session !== null && place < 9 && <kbd>{place + 1}</kbd>}
                      {session !== null && place < 9 && <Key combo={String(place + 1)} act={() => change({ dispositionId: one.id })} />}
                    </label>
                  ))}
                </div>
                {missing === "disposition" && (
                  <p className="field-error" id={`${id}-missing`} role="alert">
                    {text.desk.dispositionMissing}
                  </p>
                )}
              </fieldset>
            )
          }
        </Loaded>
        {chosen?.effect === "CALLBACK" &&
          (draft.callbackId !== null ? (
            <p className="note tone-good">{text.desk.callback.made}</p>
          ) : session === null || !allows(session, "callback") ? (
            <p className="note tone-warn">{text.desk.callback.tooLate}</p>
          ) : (
            <CallbackField
              zone={of.zone}
              callback={draft.callback}
              onChange={(callback) => change({ callback })}
              missing={missing === "callback"}
              problems={refusalsOf(saving.error, words)}
            />
          ))}
        <Field label={text.desk.notes} hint={text.desk.notesHint} optional>
          {(control) => (
            <textarea {...control} ref={notes} rows={4} maxLength={LONGEST_NOTE} value={draft.note} onChange={(event) => change({ note: event.target.value })} />
          )}
        </Field>
        <ProblemOf of={saving} what={text.desk.save} />
        <div className="form-actions">
          {wrapUp ? (
            <>
              <Button look="primary" isPending={saving.isPending} onPress={() => save("next")}>
                {isUnsaved(draft) || draft.saved === null ? text.desk.saveAndNext : text.desk.next} <kbd>Ctrl ↵</kbd>
              </Button>
              {session.leaving === undefined && (
                <Button isDisabled={saving.isPending} onPress={() => save("pause")}>
                  {text.desk.saveAndPause}
                </Button>
              )}
            </>
          ) : (
            <Button look="primary" isPending={saving.isPending} isDisabled={!isUnsaved(draft)} onPress={() => save("stay")}>
              {text.desk.save} {session !== null && <kbd>Ctrl ↵</kbd>}
            </Button>
          )}
          {children}
        </div>
      </div>
      <Dialog title={text.desk.doNotCallTitle} isOpen={asking !== null} onClose={() => setAsking(null)} role="alertdialog">
        <p>{text.desk.doNotCall(draft.phone)}</p>
        <div className="dialog-actions">
          <Button autoFocus onPress={() => setAsking(null)}>
            {text.actions.cancel}
          </Button>
          <Button look="danger" onPress={() => save(asking ?? "stay", true)}>
            {text.desk.doNotCallVerb}
          </Button>
        </div>
      </Dialog>
    </section>
  );
}

function Saved({ draft, dispositions }: { readonly draft: Draft; readonly dispositions: readonly Disposition[] }) {
  const text = useText();
  const { saved } = draft;
  if (saved === null) return null;
  const name = dispositions.find((one) => one.id === saved.dispositionId)?.name ?? "";
  return (
    <p className="small soft row-end" role="status">
      {isUnsaved(draft) ? text.desk.changed : text.desk.savedAs(name)}
    </p>
  );
}

function Key({ combo, act }: { readonly combo: string; readonly act: () => void }) {
  useKey(combo, act);
  return null;
}

const ANOTHER_CALLBACK = "callback-exists";

/** What speaks against the callback: members of it, or that the person has been promised another one. */
function refusalsOf(error: Error | null, words: Readonly<Record<string, string>> | null): readonly FieldProblem[] {
  if (!(error instanceof ApiProblem) || error.code !== ANOTHER_CALLBACK) return fieldsOf(error);
  return [{ name: "time_to_call", description: words?.[error.code] ?? error.message }];
}
