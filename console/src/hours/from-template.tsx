import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import type { YearHours } from "../lib/calling-hours";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { errorOf, fieldsOf, ProblemOf } from "../ui/problem-of";
import { draftOf } from "./draft";
import { createTemplate, hourTemplatesQuery } from "./templates";
import { useHoursText } from "./words";

interface StartProps {
  readonly hours: YearHours;
  readonly change: (part: Partial<YearHours>) => void;
}

/** Copies the hours of a template; nothing ties them to it afterwards. */
export function StartFromTemplate({ hours, change }: StartProps) {
  const words = useHoursText();
  const templates = useQuery(hourTemplatesQuery).data ?? [];
  const [chosen, setChosen] = useState("");
  const [said, setSaid] = useState("");
  const [before, setBefore] = useState<YearHours | null>(null);
  const template = templates.find((one) => one.id === chosen) ?? templates[0];
  if (template === undefined) return null;
  const now = { windows: hours.windows, exceptions: hours.exceptions, holidays: hours.holidays };
  const copy = () => {
    const { name, ...copied } = draftOf(template);
    setBefore(now);
    setSaid(words.copiedTemplate(name));
    change(copied);
  };
  // Once more brings the copied hours back.
  const undo = (to: YearHours) => {
    setBefore(now);
    setSaid(words.undone);
    change(to);
  };
  return (
    <div className="stack-tight">
      <Field label={words.startFrom} hint={words.startFromHint} optional>
        {(control) => (
          <div className="row start-from">
            <select {...control} value={template.id} onChange={(event) => setChosen(event.target.value)}>
              {templates.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
            <Button onPress={copy}>{words.copyTemplate}</Button>
          </div>
        )}
      </Field>
      <div className="row">
        <span role="status">{said}</span>
        {before !== null && (
          <Button small onPress={() => undo(before)}>
            {words.undo}
          </Button>
        )}
      </div>
    </div>
  );
}

/** Keeps the hours of this campaign for others. */
export function SaveAsTemplate({ hours }: { readonly hours: YearHours }) {
  const text = useText();
  const words = useHoursText();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const saving = useMutation({
    mutationFn: () => createTemplate({ name, windows: hours.windows, exceptions: hours.exceptions, holidays: hours.holidays }),
    onSuccess: () => {
      setOpen(false);
      setName("");
      return queries.invalidateQueries({ queryKey: hourTemplatesQuery.queryKey });
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    // The dialog stands elsewhere on the page; for React it is still inside the wizard's own form.
    event.stopPropagation();
    saving.mutate();
  };
  return (
    <div className="row">
      <Button small onPress={() => setOpen(true)}>
        {words.saveTemplate}
      </Button>
      <span role="status">{saving.data && words.savedTemplate(saving.data.name)}</span>
      <Dialog title={words.saveTemplate} isOpen={open} onClose={() => setOpen(false)}>
        <form className="stack" onSubmit={submit}>
          <ProblemOf of={saving} what={words.saveTemplate} />
          <Field label={words.templateName} name="name" error={errorOf(fieldsOf(saving.error), "name")}>
            {(control) => <input {...control} required autoFocus maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <div className="dialog-actions">
            <Button onPress={() => setOpen(false)}>{text.actions.cancel}</Button>
            <Button type="submit" look="primary" isPending={saving.isPending}>
              {text.actions.save}
            </Button>
          </div>
        </form>
      </Dialog>
    </div>
  );
}
