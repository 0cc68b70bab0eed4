import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { api, told, type Schema } from "../api/client";
import { instantOf, wallClock } from "../lib/calling-hours";
import { reschedule as en } from "../text/en/reschedule";
import { useLate } from "../text/late";
import { reschedule as pt } from "../text/pt/reschedule";
import { useFormat, useText } from "../text/text";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { fieldsOf, ProblemOf } from "../ui/problem-of";

type Callback = Schema["outdial__api__answers__callbacks__CallbackShown"];

const WORDS = { en, pt };
const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Another time for a promised call, by the clock of the person. */
export function Reschedule({ callback }: { readonly callback: Callback }) {
  const words = useLate(WORDS);
  const [isOpen, setOpen] = useState(false);
  const name = `${callback.record_first_name} ${callback.record_last_name}`;
  return (
    <>
      <Button small onPress={() => setOpen(true)} aria-label={`${words.verb}: ${name}`}>
        {words.verb}
      </Button>
      <Dialog title={words.title(name)} isOpen={isOpen} onClose={() => setOpen(false)}>
        <NewTime callback={callback} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function NewTime({ callback, onDone }: { readonly callback: Callback; readonly onDone: () => void }) {
  const text = useText();
  const words = useLate(WORDS);
  const format = useFormat();
  const queries = useQueryClient();
  const zone = callback.timezone ?? OWN_ZONE;
  const before = wallClock(Date.parse(callback.next_time_to_call), zone);
  const [date, setDate] = useState(before.date);
  const [time, setTime] = useState(before.time.slice(0, 5));
  const at = date === "" || time === "" ? null : instantOf(date, time, zone);
  const moving = useMutation({
    mutationFn: (to: Date) =>
      told(
        api.PATCH("/schedule-callbacks/{callback_id}", {
          params: { path: { callback_id: callback.callback_id } },
          body: [{ op: "replace", path: "/timeToCall", value: to.toISOString() }],
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["callbacks"] }),
  });
  // The hours and the past are told of the time; what else stands in the way, of the whole.
  const fields = fieldsOf(moving.error);
  const refused = fields.map((field) => field.description).join(" ");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (at !== null) moving.mutate(at);
  };
  if (moving.isSuccess) {
    return (
      <>
        <p role="status">{words.done(format.dateTime(moving.data.next_time_to_call))}</p>
        <div className="dialog-actions">
          <Button autoFocus onPress={onDone}>
            {text.actions.close}
          </Button>
        </div>
      </>
    );
  }
  return (
    <form className="stack" onSubmit={submit}>
      <p className="soft">{words.about}</p>
      {fields.length === 0 && <ProblemOf of={moving} what={words.verb} />}
      <Field label={words.date}>
        {(control) => <input {...control} type="date" required value={date} onChange={(event) => setDate(event.target.value)} />}
      </Field>
      <Field
        label={words.time}
        name="time_to_call"
        hint={zone === OWN_ZONE || at === null ? words.zone(zone) : `${words.zone(zone)} ${words.same(format.dateTime(at.getTime()))}`}
        error={refused === "" ? undefined : refused}
      >
        {(control) => <input {...control} type="time" required value={time} onChange={(event) => setTime(event.target.value)} />}
      </Field>
      <div className="dialog-actions">
        <Button onPress={onDone}>{text.actions.cancel}</Button>
        <Button type="submit" look="primary" isPending={moving.isPending}>
          {words.verb}
        </Button>
      </div>
    </form>
  );
}
