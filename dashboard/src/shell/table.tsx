import type { ReactNode } from "react";
import table from "./table.module.css";

interface Column {
  /** Read aloud before each value; shown unless `hidden`. */
  readonly name: string;
  /** A column of numbers: aligned at the right, under its name. */
  readonly figure?: true;
  readonly hidden?: true;
  /** Where two columns have the same name. */
  readonly key?: string;
}

interface TableProps {
  /** A mere string is a column of words. */
  readonly columns: readonly (string | Column)[];
  /** The rows. */
  readonly children: ReactNode;
}

/** A table that becomes a card for each row where there is no room; a cell says its column's name in `data-label`. */
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
  /** Its column's name. */
  readonly label: string;
  /** What others are held against. */
  readonly soft?: true;
  readonly children: ReactNode;
}

/** A number, under its column's name. */
export function FigureCell({ label, soft, children }: FigureCellProps) {
  return (
    <td className={soft ? `${table.figure} ${table.soft}` : table.figure} data-label={label}>
      {children}
    </td>
  );
}
