import type { ReactNode } from "react";
import styles from "./list.module.css";
import { Pager } from "./pager.js";
import { Failure, Loading } from "./states.js";
import type { ListPlace } from "./url-state.js";

/** One page of rows, with the cursor of the next. */
export interface ListData<Row> {
  readonly rows: readonly Row[];
  /** Rows of all pages; undefined if the server does not count them. */
  readonly total?: number;
  readonly next: string | null;
}

interface ListProps<Row> {
  /** A row: `key`. */
  readonly of: string;
  /** All rows, if the plural has another form than `keys`. */
  readonly plural?: string;
  readonly place: ListPlace;
  readonly query: { readonly error: Error | null; readonly refetch: () => unknown };
  /** Undefined while the first page is loading, or if it could not be read. */
  readonly data: ListData<Row> | undefined;
  /** Shown in place of no rows. */
  readonly empty: ReactNode;
  readonly children: (rows: readonly Row[]) => ReactNode;
}

/** A list that the server returns in pages: loading, failed, empty, or its rows with the way to the other pages. */
export function List<Row>({ of, plural = `${of}s`, place, query, data, empty, children }: ListProps<Row>) {
  if (!data)
    return (
      <div className={styles.inner}>
        {query.error ? (
          <Failure what={`The ${plural} could not be read`} error={query.error} onRetry={() => query.refetch()} />
        ) : (
          <Loading rows={5} what={`the ${plural}`} />
        )}
      </div>
    );
  const { rows, total, next } = data;
  return (
    <>
      {rows.length === 0 ? <div className={styles.inner}>{empty}</div> : children(rows)}
      {(rows.length > 0 || place.after !== undefined) && (
        <Pager
          of={of}
          plural={plural}
          first={place.first}
          shown={rows.length}
          total={total}
          onPrevious={place.after === undefined ? undefined : place.previous}
          onNext={next === null ? undefined : () => place.next(next, rows.length)}
        />
      )}
    </>
  );
}
