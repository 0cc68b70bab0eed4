import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { api, told } from "../api/client";
import { useMayChange } from "../session/session";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { Loaded, Panel } from "../ui/panel";
import { fieldsOf, ProblemOf } from "../ui/problem-of";

interface Times {
  readonly wrap_up_seconds: number;
  readonly extension_seconds: number;
  readonly pause_reasons: readonly string[];
}

const KEY = ["agent-settings"];

/** Wrap-up times and the reasons for a pause. */
export function AgentTimes() {
  const text = useText();
  const settings = useQuery({ queryKey: KEY, queryFn: () => told(api.GET("/v1/agent-settings")), staleTime: Infinity });
  return (
    <Panel title={text.settings.parts.agents}>
      <Loaded query={settings} what={text.settings.parts.agents}>
        {(found) => <TimesForm times={found} />}
      </Loaded>
    </Panel>
  );
}

function TimesForm({ times }: { readonly times: Times }) {
  const text = useText();
  const mayChange = useMayChange();
  const queries = useQueryClient();
  const [wrapUp, setWrapUp] = useState(times.wrap_up_seconds);
  const [extension, setExtension] = useState(times.extension_seconds);
  const [reasons, setReasons] = useState(times.pause_reasons.join("\n"));
  const saving = useMutation({
    mutationFn: () =>
      told(
        api.PUT("/v1/agent-settings", {
          body: {
            wrap_up_seconds: wrapUp,
            extension_seconds: extension,
            pause_reasons: reasons.split("\n").map((reason) => reason.trim()).filter((reason) => reason !== ""),
          },
        }),
      ),
    onSuccess: (saved) => queries.setQueryData(KEY, saved),
  });
  const errorOf = (name: string) => fieldsOf(saving.error).find((field) => field.name.startsWith(name))?.description;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <form className="stack" onSubmit={submit}>
      <ProblemOf of={saving} what={text.actions.save} />
      <Field label={text.settings.wrapUp} name="wrap_up_seconds" error={errorOf("wrap_up_seconds")}>
        {(control) => (
          <input {...control} className="input input-short" type="number" min={5} max={3600} value={wrapUp} onChange={(event) => setWrapUp(event.target.valueAsNumber)} />
        )}
      </Field>
      <Field label={text.settings.extension} name="extension_seconds" error={errorOf("extension_seconds")}>
        {(control) => (
          <input
            {...control}
            className="input input-short"
            type="number"
            min={5}
            max={3600}
            value={extension}
            onChange={(event) => setExtension(event.target.valueAsNumber)}
          />
        )}
      </Field>
      <Field label={text.settings.pauseReasons} hint={text.settings.pauseReasonsHint} name="pause_reasons" error={errorOf("pause_reasons")}>
        {(control) => <textarea {...control} rows={5} value={reasons} onChange={(event) => setReasons(event.target.value)} />}
      </Field>
      {mayChange("agents:write") && (
        <div className="form-actions">
          <Button type="submit" look="primary" isPending={saving.isPending}>
            {text.actions.save}
          </Button>
          {saving.isSuccess && <span role="status">{text.states.saved}</span>}
        </div>
      )}
    </form>
  );
}
