import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import table from "./table.module.css";

interface Column {
  /** Column header; only for screen readers if `hidden`. */
  readonly name: string;
  /** A column of numbers, aligned right. */
  readonly figure?: true;
  readonly hidden?: true;
  /** Distinguishes columns with the same name. */
  readonly key?: string;
  /** Order of the rows by this column. Absent: the column does not sort. */
  readonly sort?: { readonly order: "ascending" | "descending" | "none"; readonly onSort: () => void };
}

interface TableProps {
  /** A string is a text column. */
  readonly columns: readonly (string | Column)[];
  /** The rows. */
  readonly children: ReactNode;
}

/** Below this width in pixels the columns are too narrow to read, even if they fit. */
const MIN_TABLE_WIDTH_PX = 560;

/**
 * A table that is shown as cards where its columns do not fit its container, so that it is never wider than the page.
 * `data-label` of a cell repeats the name of its column on a card.
 */
export function Table({ columns, children }: TableProps) {
  const { box, cards } = useCards();
  return (
    <div ref={box} className={table.box}>
      <table className={table.table} data-cards={cards || undefined}>
        <thead>
          <tr>
            {columns
              .map((column): Column => (typeof column === "string" ? { name: column } : column))
              .map(({ name, figure, hidden, sort, key = name }) => (
                <th
                  key={key}
                  scope="col"
                  className={figure ? table.figure : undefined}
                  aria-sort={sort && sort.order !== "none" ? sort.order : undefined}
                >
                  {hidden ? (
                    <span className="visually-hidden">{name}</span>
                  ) : sort ? (
                    <button type="button" className={table.sort} data-order={sort.order} onClick={sort.onSort}>
                      {name}
                    </button>
                  ) : (
                    name
                  )}
                </th>
              ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** Whether the table in the box is shown as cards: measured after each render and each change of the box's width. */
function useCards() {
  const box = useRef<HTMLDivElement>(null);
  const [cards, setCards] = useState(false);
  /** Width in pixels that the table needs; known once it did not fit. */
  const needed = useRef(MIN_TABLE_WIDTH_PX);
  const measure = useRef(() => {});
  measure.current = () => {
    const element = box.current;
    if (!element) return;
    const { clientWidth, scrollWidth } = element;
    if (!cards && scrollWidth > clientWidth) needed.current = Math.max(MIN_TABLE_WIDTH_PX, scrollWidth);
    setCards(clientWidth < needed.current);
  };
  useLayoutEffect(() => measure.current());
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => measure.current());
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { box, cards };
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

/** A name that users choose: long names are broken, and do not widen the table. */
export function Name({ children }: { readonly children: string }) {
  return <span className={table.name}>{children}</span>;
}
