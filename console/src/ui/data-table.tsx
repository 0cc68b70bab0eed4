import type { ReactNode } from "react";

export interface Column<T> {
  readonly id: string;
  readonly label: string;
  readonly number?: boolean;
  readonly cell: (row: T) => ReactNode;
}

interface DataTableProps<T> {
  readonly label: string;
  /** The first is the row's own name. */
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly idOf: (row: T) => string;
}

/** A table that scrolls in itself where it is too wide, also by keyboard. */
export function DataTable<T>({ label, columns, rows, idOf }: DataTableProps<T>) {
  const [first, ...rest] = columns;
  if (first === undefined) return null;
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={label}>
      <table className="table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" className={column.number ? "number" : undefined}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={idOf(row)}>
              <th scope="row">{first.cell(row)}</th>
              {rest.map((column) => (
                <td key={column.id} className={column.number ? "number" : undefined}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
