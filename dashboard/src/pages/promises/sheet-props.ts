import type { Row } from "../../api/promises.js";
import type { OpenRows } from "./open-rows.js";

/** Properties of the sheet as a table and as cards. */
export interface SheetProps {
  readonly rows: readonly Row[];
  readonly open: OpenRows;
}

export interface RowProps {
  readonly row: Row;
  /** The value at the end of the bars, in milliseconds: one scale for all rows of a fault. */
  readonly scaleMs: number;
  readonly open: boolean;
  readonly onToggle: () => void;
}
