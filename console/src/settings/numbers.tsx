import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { api, told } from "../api/client";
import { numbersQuery } from "../api/things";
import { asE164 } from "../lib/phone";
import { useMayChange } from "../session/session";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { ConfirmAction } from "../ui/confirm-action";
import { DataTable } from "../ui/data-table";
import { Field } from "../ui/field";
import { Empty, Loaded, Panel } from "../ui/panel";
import { fieldsOf, ProblemOf } from "../ui/problem-of";

/** The numbers that campaigns call from. */
export function Numbers() {
  const text = useText();
  const mayChange = useMayChange();
  const numbers = useQuery(numbersQuery);
  const writes = mayChange("numbers:write");
  return (
    <>
      {writes && <NewNumber />}
      <Panel title={text.settings.parts.numbers} flush>
        <Loaded query={numbers} what={text.settings.parts.numbers}>
          {(found) =>
            found.length === 0 ? (
              <Empty>{text.settings.noNumbers}</Empty>
            ) : (
              <DataTable
                label={text.settings.parts.numbers}
                rows={found}
                idOf={(number) => number.id}
                columns={[
                  { id: "number", label: text.dnc.number, cell: (number) => number.name },
                  { id: "actions", label: text.campaigns.actions, cell: (number) => writes && <RemoveNumber id={number.id} number={number.name} /> },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
    </>
  );
}

function NewNumber() {
  const text = useText();
  const queries = useQueryClient();
  const [number, setNumber] = useState("");
  const adding = useMutation({
    mutationFn: () => told(api.POST("/v1/numbers", { body: { phone_number: asE164(number) } })),
    onSuccess: () => {
      setNumber("");
      return queries.invalidateQueries({ queryKey: numbersQuery.queryKey });
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    adding.mutate();
  };
  return (
    <Panel title={text.settings.addNumber}>
      <ProblemOf of={adding} what={text.settings.addNumber} />
      <form className="filters" onSubmit={submit}>
        <Field label={text.dnc.number} hint={text.dnc.numberHint} error={fieldsOf(adding.error)[0]?.description}>
          {(control) => <input {...control} type="tel" required value={number} onChange={(event) => setNumber(event.target.value)} />}
        </Field>
        <Button type="submit" look="primary" isPending={adding.isPending}>
          {text.actions.add}
        </Button>
      </form>
    </Panel>
  );
}

function RemoveNumber({ id, number }: { readonly id: string; readonly number: string }) {
  const text = useText();
  const queries = useQueryClient();
  const removing = useMutation({
    mutationFn: () => told(api.DELETE("/v1/numbers/{number_id}", { params: { path: { number_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: numbersQuery.queryKey }),
  });
  return (
    <ConfirmAction
      label={text.actions.remove}
      aria-label={`${text.actions.remove}: ${number}`}
      title={text.settings.removeNumber(number)}
      consequence={text.settings.removeNumberAbout}
      verb={text.actions.remove}
      look="danger"
      small
      act={() => removing.mutateAsync()}
    />
  );
}
