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

/** The names of a table's columns; a mere string is a column of words. */
export function TableHead({ columns }: { readonly columns: readonly (string | Column)[] }) {
  return (
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
  );
}
