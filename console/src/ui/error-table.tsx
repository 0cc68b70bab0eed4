import { useText } from "../text/text";

export interface RowError {
  readonly row?: number;
  readonly column?: string;
  readonly value?: string;
  /** How many rows have it, where they are not told one by one. */
  readonly rows?: string;
  readonly code: string;
  readonly message: string;
}

interface ErrorTableProps {
  readonly caption: string;
  readonly errors: readonly RowError[];
}

const NUMBERS = new Set(["row", "rows"]);

/** What is wrong where: row, column, value, code and message, as far as they are known. */
export function ErrorTable({ caption, errors }: ErrorTableProps) {
  const { errorTable } = useText();
  const has = (member: "row" | "column" | "value" | "rows") => errors.some((error) => error[member] !== undefined);
  const columns = (["row", "column", "value", "rows"] as const).filter(has);
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={caption}>
      <table className="table">
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" className={NUMBERS.has(column) ? "number" : undefined}>
                {errorTable[column]}
              </th>
            ))}
            <th scope="col">{errorTable.message}</th>
            <th scope="col">{errorTable.code}</th>
          </tr>
        </thead>
        <tbody>
          {errors.map((error, index) => (
            <tr key={index}>
              {columns.map((column) => (
                <td key={column} className={NUMBERS.has(column) ? "number" : undefined}>
                  {error[column]}
                </td>
              ))}
              <td>{error.message}</td>
              <td>
                <code>{error.code}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
