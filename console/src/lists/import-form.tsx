import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { Panel } from "../ui/panel";
import { ProblemOf } from "../ui/problem-of";
import { sendToList } from "./upload";
import { useImportText } from "./words";

/** A file for a list: sent to the server, which shows on its own page what it sees in it. */
export function ImportForm({ list, title, label }: { readonly list: string; readonly title?: string; readonly label?: string }) {
  const words = useImportText();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [file, setFile] = useState<File | null>(null);
  const sending = useMutation({
    mutationFn: (chosen: File) => sendToList(list, chosen),
    onSuccess: async (id) => {
      await queries.invalidateQueries({ queryKey: ["record-lists"] });
      navigate(`/lists/${list}/import/${id}`);
    },
  });
  return (
    <Panel title={title ?? words.title}>
      <ProblemOf of={sending} what={words.send} />
      <div className="filters">
        <Field label={label ?? words.choose} hint={words.chooseHint}>
          {(control) => <input {...control} type="file" accept=".csv,.txt,text/csv" onChange={(event) => setFile(event.target.files?.[0] ?? null)} />}
        </Field>
        <Button look="primary" isDisabled={file === null} isPending={sending.isPending} onPress={() => file && sending.mutate(file)}>
          {words.send}
        </Button>
      </div>
    </Panel>
  );
}
