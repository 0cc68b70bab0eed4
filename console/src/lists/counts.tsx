import type { Schema } from "../api/client";
import { useFormat } from "../text/text";
import { wordFor } from "../text/words";
import { ErrorTable } from "../ui/error-table";
import { useImportText } from "./words";

type Counted = Pick<Schema["UploadShown"], "accepted" | "updated" | "rejected" | "duplicates" | "on_do_not_call_lists">;

/** What became, or would become, of the rows of a file. */
export function Counts({ of, rows }: { readonly of: Counted; readonly rows: number }) {
  const words = useImportText();
  const format = useFormat();
  return (
    <dl className="facts">
      <dt>{words.rowsOfFile}</dt>
      <dd>{format.number(rows)}</dd>
      <dt>{words.accepted}</dt>
      <dd>{format.number(of.accepted)}</dd>
      <dt>{words.updated}</dt>
      <dd>{format.number(of.updated)}</dd>
      <dt>{words.duplicates}</dt>
      <dd>{format.number(of.duplicates)}</dd>
      <dt>{words.onDnc}</dt>
      <dd>
        {format.number(of.on_do_not_call_lists ?? 0)}
        {(of.on_do_not_call_lists ?? 0) > 0 && <span className="soft"> {words.onDncAbout}</span>}
      </dd>
      <dt>{words.rejected}</dt>
      <dd>{format.number(of.rejected)}</dd>
    </dl>
  );
}

/** The rejected rows by what is wrong with them. */
export function Kinds({ of }: { readonly of: Readonly<Record<string, number>> }) {
  const format = useFormat();
  const words = useImportText();
  const kinds = Object.entries(of);
  if (kinds.length === 0) return null;
  return (
    <ErrorTable
      caption={words.byKind}
      errors={kinds.map(([kind, rows]) => ({ code: kind, rows: format.number(rows), message: wordFor(words.kinds, kind) }))}
    />
  );
}
