import { UnstyledButton } from "@mantine/core";
import type { Sheet } from "../../api/promises.js";
import styles from "./not-kept.module.css";
import { faultName, notKept } from "./verdicts.js";

interface NotKeptProps {
  readonly sheet: Sheet;
  /** The fault, `availability` or `latency` that alone is shown. */
  readonly selected: string | null;
  readonly onChange: (kind: string | undefined) => void;
}

/** Where promises are not kept, with their number: each shows this part of the sheet alone. Nothing where all are kept. */
export function NotKept({ sheet, selected, onChange }: NotKeptProps) {
  const counts = notKept(sheet);
  if (selected !== null && !counts.has(selected)) counts.set(selected, 0);
  if (counts.size === 0) return null;
  return (
    <fieldset className={styles.kinds}>
      <legend className={styles.legend}>Not kept</legend>
      {[...counts].map(([kind, number]) => (
        <UnstyledButton
          key={kind}
          className={styles.kind}
          aria-pressed={selected === kind}
          onClick={() => onChange(selected === kind ? undefined : kind)}
        >
          {faultName(kind)} <span className={styles.number}>{number}</span>
        </UnstyledButton>
      ))}
    </fieldset>
  );
}
