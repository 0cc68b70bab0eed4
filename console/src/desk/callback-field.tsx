import type { FieldProblem } from "../api/problem";
import { instantOf, wallClock } from "../lib/calling-hours";
import { useServerNow } from "../stream/provider";
import { useFormat, useText } from "../text/text";
import { Field } from "../ui/field";
import type { CallbackDraft } from "./drafts";

interface CallbackFieldProps {
  /** That of the person, if it is known. */
  readonly zone: string | null;
  readonly callback: CallbackDraft | null;
  readonly onChange: (callback: CallbackDraft) => void;
  readonly missing: boolean;
  /** What the server refused: calling hours, do-not-call lists and the past are its to judge. */
  readonly problems: readonly FieldProblem[];
}

const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** When to call back, by the person's clock or one's own, and who. */
export function CallbackField({ zone, callback, onChange, missing, problems }: CallbackFieldProps) {
  const text = useText();
  const format = useFormat();
  const now = useServerNow();
  const first = zone ?? OWN_ZONE;
  const value = callback ?? { date: now === null ? "" : wallClock(now, first).date, time: "", zone: first, onlyMe: false };
  const change = (some: Partial<CallbackDraft>) => onChange({ ...value, ...some });
  const refused = problems.map((problem) => problem.description).join(" ");
  const error = missing ? text.desk.callback.missing : refused === "" ? undefined : refused;
  const at = value.date !== "" && value.time !== "" ? instantOf(value.date, value.time, value.zone).getTime() : null;
  return (
    <fieldset className="desk-callback">
      <legend className="field-label">{text.desk.callback.title}</legend>
      <div className="desk-callback-when">
        <Field label={text.desk.callback.date}>
          {(control) => (
            <input {...control} type="date" required value={value.date} onChange={(event) => change({ date: event.target.value })} />
          )}
        </Field>
        <Field
          label={text.desk.callback.time}
          name="time_to_call"
          error={error}
          hint={at !== null && value.zone !== OWN_ZONE ? text.desk.callback.same(format.dateTime(at)) : undefined}
        >
          {(control) => (
            <input {...control} type="time" required value={value.time} onChange={(event) => change({ time: event.target.value })} />
          )}
        </Field>
        {zone !== null && zone !== OWN_ZONE && (
          <Field label={text.desk.callback.zone}>
            {(control) => (
              <select {...control} value={value.zone} onChange={(event) => change({ zone: event.target.value })}>
                <option value={zone}>{text.desk.callback.theirs(zone)}</option>
                <option value={OWN_ZONE}>{text.desk.callback.mine(OWN_ZONE)}</option>
              </select>
            )}
          </Field>
        )}
        <Field label={text.desk.callback.who}>
          {(control) => (
            <select {...control} value={value.onlyMe ? "me" : "any"} onChange={(event) => change({ onlyMe: event.target.value === "me" })}>
              <option value="any">{text.desk.callback.me}</option>
              <option value="me">{text.desk.callback.onlyMe}</option>
            </select>
          )}
        </Field>
      </div>
    </fieldset>
  );
}
