import { ago, dateTime } from "../format.js";

/** A point in time in epoch milliseconds as distance from now, with the exact time and its zone as a tooltip. */
export function When({ at, now = Date.now() }: { readonly at: number; readonly now?: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={dateTime(at)}>
      {ago(at, now)}
    </time>
  );
}
