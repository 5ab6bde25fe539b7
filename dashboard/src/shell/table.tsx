import type { ReactNode } from "react";
import table from "./table.module.css";

interface Column {
  /** Column header; only for screen readers if `hidden`. */
  readonly name: string;
  /** A column of numbers, aligned right. */
  readonly figure?: true;
  readonly hidden?: true;
  /** Distinguishes columns with the same name. */
  readonly key?: string;
}

interface TableProps {
  /** A string is a text column. */
  readonly columns: readonly (string | Column)[];
  /** The rows. */
  readonly children: ReactNode;
}

/** A table that is shown as cards on narrow screens; `data-label` of a cell repeats the name of its column. */
export function Table({ columns, children }: TableProps) {
  return (
    <table className={`${table.table} ${table.cards}`}>
      <thead>
        <tr>
          {columns
            .map((column): Column => (typeof column === "string" ? { name: column } : column))
            .map(({ name, figure, hidden, key = name }) => (
              <th key={key} scope="col" className={figure ? table.figure : undefined}>
                {hidden ? <span className="visually-hidden">{name}</span> : name}
              </th>
            ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

interface FigureCellProps {
  /** Name of the column. */
  readonly label: string;
  /** A reference value, shown less prominently. */
  readonly soft?: true;
  readonly children: ReactNode;
}

/** A numeric cell. */
export function FigureCell({ label, soft, children }: FigureCellProps) {
  return (
    <td className={soft ? `${table.figure} ${table.soft}` : table.figure} data-label={label}>
      {children}
    </td>
  );
}
