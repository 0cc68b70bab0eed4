import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { api, told, type Schema } from "../api/client";
import { dncListsQuery } from "../api/things";
import { useMayChange } from "../session/session";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { ConfirmAction } from "../ui/confirm-action";
import { DataTable } from "../ui/data-table";
import { Field } from "../ui/field";
import { Empty, Loaded, Panel } from "../ui/panel";
import { fieldsOf, ProblemOf } from "../ui/problem-of";

type Disposition = Schema["DispositionShown"];
type Effect = Schema["Effect"];

const KEY = ["dispositions"];

/** What agents say of a call, and what follows from it. */
export function Dispositions() {
  const text = useText();
  const mayChange = useMayChange();
  const writes = mayChange("campaigns:write");
  const dispositions = useQuery({ queryKey: KEY, queryFn: () => told(api.GET("/v1/dispositions", { params: { query: { per_page: 100 } } })) });
  return (
    <>
      {writes && <NewDisposition />}
      <Panel title={text.settings.parts.dispositions} flush>
        <Loaded query={dispositions} what={text.settings.parts.dispositions}>
          {(found) =>
            found.total === 0 ? (
              <Empty>{text.settings.noDispositions}</Empty>
            ) : (
              <DataTable
                label={text.settings.parts.dispositions}
                rows={found._embedded.dispositions}
                idOf={(disposition) => disposition.id}
                columns={[
                  {
                    id: "name",
                    label: text.campaigns.name,
                    cell: (disposition) => (
                      <>
                        {disposition.name} {disposition.default && <span className="soft small">{text.settings.isDefault}</span>}
                      </>
                    ),
                  },
                  { id: "effect", label: text.settings.effect, cell: (disposition) => text.settings.effects[disposition.effect] },
                  {
                    id: "answered-by",
                    label: text.settings.answeredBy,
                    cell: (disposition) => disposition.answered_by && text.settings.answeredByWords[disposition.answered_by],
                  },
                  { id: "actions", label: text.campaigns.actions, cell: (disposition) => writes && <Remove disposition={disposition} /> },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
    </>
  );
}

function NewDisposition() {
  const text = useText();
  const queries = useQueryClient();
  const dnc = useQuery(dncListsQuery);
  const [name, setName] = useState("");
  const [effect, setEffect] = useState<Effect>("FINAL");
  const [minutes, setMinutes] = useState(60);
  const [list, setList] = useState("");
  const [answeredBy, setAnsweredBy] = useState<Schema["AnsweredBy"] | "">("");
  const making = useMutation({
    mutationFn: () =>
      told(
        api.POST("/v1/dispositions", {
          body: {
            name,
            effect,
            ...(effect === "RETRY" && { retry_after_in_secs: minutes * 60 }),
            ...(effect === "DO_NOT_CALL" && { do_not_call_list_id: list }),
            ...(answeredBy !== "" && { answered_by: answeredBy }),
          },
        }),
      ),
    onSuccess: () => {
      setName("");
      return queries.invalidateQueries({ queryKey: KEY });
    },
  });
  const errorOf = (member: string) => fieldsOf(making.error).find((field) => field.name === member)?.description;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <Panel title={text.settings.newDisposition}>
      <ProblemOf of={making} what={text.settings.newDisposition} />
      <form className="filters" onSubmit={submit}>
        <Field label={text.campaigns.name} name="name" error={errorOf("name")}>
          {(control) => <input {...control} required value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label={text.settings.effect} name="effect" error={errorOf("effect")}>
          {(control) => (
            <select {...control} value={effect} onChange={(event) => setEffect(event.target.value as Effect)}>
              {Object.entries(text.settings.effects).map(([word, label]) => (
                <option key={word} value={word}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        {effect === "RETRY" && (
          <Field label={text.settings.retryMinutes} name="retry_after_in_secs" error={errorOf("retry_after_in_secs")}>
            {(control) => <input {...control} type="number" min={1} value={minutes} onChange={(event) => setMinutes(event.target.valueAsNumber)} />}
          </Field>
        )}
        {effect === "DO_NOT_CALL" && (
          <Field label={text.settings.ontoList} name="do_not_call_list_id" error={errorOf("do_not_call_list_id")}>
            {(control) => (
              <select {...control} required value={list} onChange={(event) => setList(event.target.value)}>
                <option value="" />
                {(dnc.data ?? []).map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
        <Field label={text.settings.answeredBy} name="answered_by" error={errorOf("answered_by")}>
          {(control) => (
            <select {...control} value={answeredBy} onChange={(event) => setAnsweredBy(event.target.value as typeof answeredBy)}>
              <option value="">{text.settings.answeredByUnsaid}</option>
              {Object.entries(text.settings.answeredByWords).map(([word, label]) => (
                <option key={word} value={word}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Button type="submit" look="primary" isPending={making.isPending}>
          {text.actions.add}
        </Button>
      </form>
    </Panel>
  );
}

function Remove({ disposition }: { readonly disposition: Disposition }) {
  const text = useText();
  const queries = useQueryClient();
  const removing = useMutation({
    mutationFn: () => told(api.DELETE("/v1/dispositions/{disposition_id}", { params: { path: { disposition_id: disposition.id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  return (
    <ConfirmAction
      label={text.actions.remove}
      aria-label={`${text.actions.remove}: ${disposition.name}`}
      title={text.settings.removeDisposition(disposition.name)}
      consequence={text.settings.removeDispositionAbout}
      verb={text.actions.remove}
      look="danger"
      small
      act={() => removing.mutateAsync()}
    />
  );
}
