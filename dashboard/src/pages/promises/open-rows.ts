import { useState } from "react";
import type { Row } from "../../api/promises.js";

/** Which rows are expanded. Shared by table and cards, so that rotating a phone does not collapse them. */
export interface OpenRows {
  isOpen(row: Row): boolean;
  toggle(row: Row): void;
}

export function useOpenRows(): OpenRows {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const key = ({ fault, subject }: Row) => `${fault}/${subject}`;
  return {
    isOpen: (row) => open.has(key(row)),
    toggle: (row) =>
      setOpen((before) => {
        const after = new Set(before);
        if (!after.delete(key(row))) after.add(key(row));
        return after;
      }),
  };
}
