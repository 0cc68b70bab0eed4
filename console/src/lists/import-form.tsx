import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { guessed, mappingProblems, MEMBERS, renamed, sampleOf, type Member, type Sample } from "../lib/csv";
import { useFormat, useText, type Text } from "../text/text";
import { Button } from "../ui/button";
import { ErrorTable } from "../ui/error-table";
import { Field } from "../ui/field";
import { Panel } from "../ui/panel";
import { ProblemOf } from "../ui/problem-of";
import { upload } from "./upload";

interface Chosen {
  readonly file: File;
  readonly sample: Sample;
  readonly mapping: readonly (Member | null)[];
}

const SAMPLE_BYTES = 256 * 1024;
const SHOWN_ROWS = 5;

/** A file for a list: looked at, mapped, sent. */
export function ImportForm({ list }: { readonly list: string }) {
  const text = useText();
  const format = useFormat();
  const [, navigate] = useLocation();
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [refusal, setRefusal] = useState<string | undefined>(undefined);
  const sending = useMutation({
    mutationFn: ({ file, sample, mapping }: Chosen) => upload(list, file.name, renamed(file, sample, mapping)),
    onSuccess: (id) => navigate(`/lists/${list}/import/${id}`),
  });
  const choose = async (file: File | undefined) => {
    setChosen(null);
    setRefusal(undefined);
    sending.reset();
    if (file === undefined) return;
    const bytes = new Uint8Array(await file.slice(0, SAMPLE_BYTES).arrayBuffer());
    const sample = sampleOf(bytes, file.size <= SAMPLE_BYTES);
    if (typeof sample === "string") setRefusal(text.imports.refusals[sample]);
    else if (sample.separator !== ",") setRefusal(text.imports.separator(sample.separator === "\t" ? text.imports.tab : sample.separator));
    else setChosen({ file, sample, mapping: guessed(sample.header) });
  };
  const problems = chosen === null ? [] : mappingProblems(chosen.mapping);
  return (
    <Panel title={text.imports.title}>
      <Field label={text.imports.choose} hint={text.imports.chooseHint} error={refusal}>
        {(control) => <input {...control} type="file" accept=".csv,text/csv" onChange={(event) => void choose(event.target.files?.[0])} />}
      </Field>
      {chosen !== null && (
        <>
          <p className="soft">
            {text.imports.looked(format.bytes(chosen.file.size), chosen.sample.rows.length)} {text.imports.judged}
          </p>
          <Mapping chosen={chosen} onChange={(mapping) => setChosen({ ...chosen, mapping })} />
          {problems.length > 0 && (
            <ErrorTable
              caption={text.imports.mappingProblems}
              errors={problems.map(({ code, member }) => ({
                code,
                message: text.imports.mapping[code],
                ...(member !== undefined && { column: member }),
              }))}
            />
          )}
          <ProblemOf of={sending} what={text.imports.start} />
          <div className="form-actions">
            <Button look="primary" isDisabled={problems.length > 0} isPending={sending.isPending} onPress={() => sending.mutate(chosen)}>
              {text.imports.start}
            </Button>
          </div>
        </>
      )}
    </Panel>
  );
}

interface MappingProps {
  readonly chosen: Chosen;
  readonly onChange: (mapping: readonly (Member | null)[]) => void;
}

function Mapping({ chosen: { sample, mapping }, onChange }: MappingProps) {
  const text = useText();
  return (
    <>
      <div className="table-scroll" tabIndex={0} role="group" aria-label={text.imports.columns}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{text.imports.column}</th>
              <th scope="col">{text.imports.becomes}</th>
              <th scope="col">{text.imports.examples}</th>
            </tr>
          </thead>
          <tbody>
            {sample.header.map((name, place) => (
              <tr key={place}>
                <th scope="row">{name}</th>
                <td>
                  <select
                    className="input"
                    aria-label={text.imports.becomesOf(name)}
                    value={mapping[place] ?? ""}
                    onChange={(event) => onChange(mapping.with(place, event.target.value === "" ? null : (event.target.value as Member)))}
                  >
                    <option value="">{text.imports.keep}</option>
                    {MEMBERS.map((member) => (
                      <option key={member} value={member}>
                        {memberName(text, member)}
                      </option>
                    ))}
                  </select>
                </td>
                <td className="soft">
                  {sample.rows
                    .slice(0, 3)
                    .map((row) => row.cells[place])
                    .join(" · ")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <details>
        <summary>{text.imports.raw}</summary>
        <ol className="mono small">
          {sample.rows.slice(0, SHOWN_ROWS).map((row, place) => (
            <li key={place}>{row.raw}</li>
          ))}
        </ol>
      </details>
    </>
  );
}

function memberName(text: Text, member: Member): string {
  return text.imports.members[member];
}
